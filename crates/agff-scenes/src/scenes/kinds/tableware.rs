//! What one drinks and eats from.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("mug", "mugs", mug)
        .views(&[Side, Above])
        .patterned()
        .lettered()
        .aspects(&[
            Part("steam"),
            Part("a spoon"),
            State("whole", "broken"),
            Shape("tall", "short"),
        ]),
    Kind::new("glass", "glasses", glass)
        .views(&[Side, Above])
        .aspects(&[
            Part("a straw"),
            State("full", "empty"),
            Shape("tall", "short"),
        ]),
    Kind::new("bottle", "bottles", bottle)
        .views(&[Side, Above])
        .aspects(&[
            Part("a label"),
            State("open", "closed"),
            Made("a long neck", "a short neck"),
        ]),
    Kind::new("plate", "plates", plate)
        .any_way_up()
        .views(&[Above, Side])
        .patterned()
        .aspects(&[
            Part("a fork"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
    Kind::new("bowl", "bowls", bowl)
        .views(&[Side, Above])
        .patterned()
        .role(Role::Container)
        .aspects(&[
            Part("a spoon"),
            State("full", "empty"),
            Shape("deep", "flat"),
        ]),
    Kind::new("jar", "jars", jar).aspects(&[
        Part("a label"),
        State("full", "empty"),
        State("open", "closed"),
        Shape("tall", "short"),
    ]),
];

/// Three waves that rise from a point.
fn steam(a: &mut Art<'_>, x: f32, y: f32) {
    for dx in [-14.0, 0.0, 14.0] {
        let x = x + dx;
        a.limb(
            Is(Rgb(232, 234, 238)),
            3.6,
            &format!(
                "M{x} {y} Q{} {} {x} {} Q{} {} {x} {}",
                x - 7.0,
                y - 7.0,
                y - 13.0,
                x + 7.0,
                y - 19.0,
                y - 26.0
            ),
        );
    }
}

/// Glass in the thing's colour, so that what is empty has a colour too.
fn tinted(a: &Art<'_>) -> Ink {
    let main = a.figure.main;
    match main.brightness() {
        215.0.. => Clear(main.mix(STEEL, 0.6), 0.85),
        _ => Clear(main.mix(WHITE, 0.5), 0.8),
    }
}

/// A zigzag as the upper edge of something broken, from `left` to `right` at `y`.
pub(super) fn jagged(left: f32, right: f32, y: f32, depth: f32) -> String {
    let step = (right - left) / 6.0;
    let mut edge = format!("M{left} {}", y + 0.4 * depth);
    for (i, drop) in [1.0, 0.1, 0.8, 0.0, 1.1, 0.3].into_iter().enumerate() {
        edge += &format!(" L{} {}", left + step * (i as f32 + 1.0), y + depth * drop);
    }
    edge
}

fn mug(a: &mut Art<'_>) {
    let (hot, spoon, whole, tall) = (a.on(0), a.on(1), a.on(2), a.on(3));
    if a.view() == Above {
        a.limb(Main, 9.0, "M76 50 L98 50");
        a.oval(Main, 46.0, 50.0, 38.0, 38.0);
        a.oval(Is(BARK), 46.0, 50.0, 30.0, 30.0);
        if hot {
            for x in [34.0, 46.0, 58.0] {
                a.line(
                    Is(CREAM),
                    3.0,
                    &format!("M{x} 62 Q{} 54 {x} 48 Q{} 42 {x} 36", x - 6.0, x + 6.0),
                );
            }
        }
        if spoon {
            a.limb(Is(SILVER), 5.0, "M34 64 L-2 98");
            a.oval(Is(SILVER), 37.0, 61.0, 7.0, 7.0);
        }
        if !whole {
            a.fill(Is(NIGHT), "M40 8 L50 24 L44 34 L56 26 L66 18 Z");
            a.fill(Main, "M64 2 L80 6 L74 16 Z");
        }
        return;
    }
    let top = if tall { 10.0 } else { 40.0 };
    let middle = (top + 96.0) / 2.0;
    let reach = (96.0 - top) * 0.3;
    a.limb(
        Main,
        7.5,
        &format!(
            "M72 {} C100 {} 100 {} 72 {}",
            middle - reach,
            middle - reach - 2.0,
            middle + reach + 2.0,
            middle + reach
        ),
    );
    if spoon {
        a.limb(
            Is(SILVER),
            4.5,
            &format!("M40 {} L22 {}", top + 10.0, top - 20.0),
        );
        a.oval(Is(SILVER), 21.0, top - 23.0, 5.0, 7.0);
    }
    match whole {
        true => {
            a.fill(
                Main,
                &format!("M14 {top} L74 {top} L72 90 Q70 97 62 97 L26 97 Q18 97 16 90 Z"),
            );
            a.oval(Dark, 44.0, top, 30.0, 5.0);
        }
        false => {
            let edge = jagged(14.0, 74.0, top + 6.0, 22.0);
            a.fill(
                Main,
                &format!("{edge} L72 90 Q70 97 62 97 L26 97 Q18 97 16 90 Z"),
            );
            a.fill(Main, "M80 97 L92 82 L99 97 Z");
        }
    }
    let area = [20.0, top + 14.0, 48.0, 72.0 - top];
    a.letters(a.ink(), area);
    if hot {
        steam(a, 44.0, top - 4.0);
    }
}

fn glass(a: &mut Art<'_>) {
    let (straw, full, tall) = (a.on(0), a.on(1), a.on(2));
    let clear = tinted(a);
    if a.view() == Above {
        a.oval(Light, 50.0, 50.0, 40.0, 40.0);
        match full {
            true => a.oval(Main, 50.0, 50.0, 33.0, 33.0),
            false => a.ring(Main, 5.0, 50.0, 50.0, 24.0, 24.0),
        }
        a.line(Is(WHITE), 3.0, "M26 40 Q32 26 46 22");
        if straw {
            a.limb(Is(CRIMSON), 6.0, "M50 56 L92 10");
        }
        return;
    }
    let top = if tall { 8.0 } else { 46.0 };
    if straw {
        a.limb(
            Is(CRIMSON),
            5.0,
            &format!("M46 90 L58 {} L76 {}", top - 12.0, top - 20.0),
        );
    }
    let inset = |y: f32| 20.0 + 8.0 * (y - top) / (97.0 - top);
    let level = top + (97.0 - top) * 0.18;
    a.fill(clear, &format!("M20 {top} L80 {top} L72 97 L28 97 Z"));
    if full {
        let (left, right) = (inset(level) + 2.0, 98.0 - inset(level));
        a.bare(
            Main,
            &format!("M{left} {level} L{right} {level} L70 93 L30 93 Z"),
        );
        a.spot(Light, 50.0, level, (right - left) / 2.0, 3.5);
    } else {
        a.bare(Main, "M29.5 89 L70.5 89 L70 94 L30 94 Z");
    }
    a.line(Is(WHITE), 3.0, &format!("M30 {} L34 86", top + 10.0));
}

fn bottle(a: &mut Art<'_>) {
    let (label, open, long) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, 42.0, 42.0);
        a.oval(Dark, 50.0, 50.0, 26.0, 26.0);
        match open {
            true => {
                a.oval(Main, 50.0, 50.0, 15.0, 15.0);
                a.oval(Is(BLACK), 50.0, 50.0, 9.0, 9.0);
            }
            false => a.oval(Is(WOOD), 50.0, 50.0, 14.0, 14.0),
        }
        if label {
            a.line(Is(CREAM), 6.0, "M17 68 Q50 102 83 68");
        }
        return;
    }
    let neck = if long { 16.0 } else { 34.0 };
    let shoulder = if long { 50.0 } else { 48.0 };
    if !open {
        a.rect(Is(WOOD), 43.0, neck - 10.0, 14.0, 14.0);
    }
    a.fill(
        Main,
        &format!(
            "M41 {neck} L59 {neck} L59 {} Q60 {} 72 {} Q76 {} 76 {} L76 92 Q76 97 70 97 L30 97 Q24 97 24 92 L24 {} Q24 {} 28 {} Q40 {} 41 {} Z",
            shoulder - 12.0, shoulder, shoulder + 4.0, shoulder + 8.0, shoulder + 14.0,
            shoulder + 14.0, shoulder + 8.0, shoulder + 4.0, shoulder, shoulder - 12.0
        ),
    );
    a.slab(Dark, [39.0, neck - 1.0, 22.0, 6.0], 2.0);
    if open {
        a.oval(Is(BLACK), 50.0, neck, 8.0, 2.6);
    }
    a.line(Light, 3.5, "M31 66 L31 88");
    if label {
        a.rect(Is(CREAM), 24.0, 68.0, 52.0, 18.0);
        a.line(Is(STEEL), 2.2, "M40 74 L68 74 M40 80 L60 80");
    }
}

fn plate(a: &mut Art<'_>) {
    let (fork, whole, round) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Side {
        a.fill(Main, "M2 56 L98 56 Q90 72 66 72 L34 72 Q10 72 2 56 Z");
        a.rect(Dark, 36.0, 72.0, 28.0, 5.0);
        if !whole {
            a.fill(Is(NIGHT), "M48 55 L56 62 L50 66 L58 73 L64 62 L58 55 Z");
        }
        if fork {
            a.limb(Is(SILVER), 4.0, "M20 50 L84 46");
            a.line(Is(SILVER), 2.5, "M84 46 L98 42 M84 46 L99 46 M84 46 L98 50");
        }
        return;
    }
    match (round, whole) {
        (true, true) => {
            a.oval(Main, 50.0, 50.0, 46.0, 46.0);
            a.ring(Dark, 2.8, 50.0, 50.0, 31.0, 31.0);
        }
        (false, true) => {
            a.slab(Main, [5.0, 5.0, 90.0, 90.0], 8.0);
            a.limb(Dark, 1.4, "M20 20 L80 20 L80 80 L20 80 L20 20");
        }
        (true, false) => {
            a.turned(-9.0, [20.0, 50.0], |a| {
                a.fill(
                    Main,
                    "M42 2 L50 20 L38 36 L50 52 L36 70 L44 96 C20 94 2 76 2 50 C2 24 20 4 42 2 Z",
                );
            });
            a.turned(9.0, [80.0, 50.0], |a| {
                a.fill(Main, "M56 3 L62 20 L52 36 L62 52 L50 70 L58 97 C82 94 98 76 98 50 C98 26 80 6 56 3 Z");
            });
        }
        (false, false) => {
            a.turned(-8.0, [20.0, 50.0], |a| {
                a.fill(
                    Main,
                    "M42 5 L50 22 L38 38 L50 54 L36 72 L44 95 L12 95 Q5 95 5 88 L5 12 Q5 5 12 5 Z",
                );
            });
            a.turned(8.0, [80.0, 50.0], |a| {
                a.fill(Main, "M56 5 L62 22 L52 38 L62 54 L50 72 L58 95 L88 95 Q95 95 95 88 L95 12 Q95 5 88 5 Z");
            });
        }
    }
    if fork {
        a.limb(Is(SILVER), 5.0, "M30 78 L58 42");
        a.line(
            Is(SILVER),
            3.2,
            "M54 38 L64 24 M58 42 L70 28 M62 46 L76 32 M54 38 L62 46",
        );
    }
}

fn bowl(a: &mut Art<'_>) {
    let (spoon, full, deep) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, 45.0, 45.0);
        a.oval(if full { Is(FLAME) } else { Dark }, 50.0, 50.0, 36.0, 36.0);
        if full {
            for (x, y) in [(40.0, 40.0), (60.0, 36.0), (62.0, 58.0), (42.0, 62.0)] {
                a.spot(Is(LEAF), x, y, 5.0, 4.0);
            }
        } else {
            a.ring(
                Main,
                3.0,
                50.0,
                50.0,
                if deep { 16.0 } else { 26.0 },
                if deep { 16.0 } else { 26.0 },
            );
        }
        if spoon {
            a.limb(Is(SILVER), 5.5, "M60 44 L98 6");
            a.oval(Is(SILVER), 57.0, 47.0, 8.0, 8.0);
        }
        return;
    }
    let (top, low) = if deep { (38.0, 92.0) } else { (60.0, 90.0) };
    if spoon {
        a.limb(
            Is(SILVER),
            5.0,
            &format!("M56 {} L86 {}", top + 6.0, top - 30.0),
        );
    }
    if full {
        a.fill(
            Is(FLAME),
            &format!(
                "M12 {top} Q24 {} 36 {} Q50 {} 62 {} Q80 {} 88 {top} Z",
                top - 18.0,
                top - 14.0,
                top - 24.0,
                top - 15.0,
                top - 17.0
            ),
        );
        a.spot(Is(LEAF), 38.0, top - 8.0, 4.5, 3.5);
        a.spot(Is(LEAF), 60.0, top - 9.0, 4.5, 3.5);
    }
    a.fill(
        Main,
        &format!(
            "M4 {top} L96 {top} C94 {low} 74 {low} 64 {low} L36 {low} C26 {low} 6 {low} 4 {top} Z"
        ),
    );
    a.slab(Dark, [34.0, low - 1.0, 32.0, 6.0], 2.0);
    a.slab(Main, [1.0, top - 4.0, 98.0, 7.0], 3.5);
}

fn jar(a: &mut Art<'_>) {
    let (label, full, open, tall) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let top = if tall { 24.0 } else { 48.0 };
    let clear = tinted(a);
    a.slab(clear, [16.0, top, 68.0, 97.0 - top], 11.0);
    match full {
        true => a.slab(Main, [20.0, top + 9.0, 60.0, 84.0 - top], 8.0),
        false => a.slab(Main, [20.0, 87.0, 60.0, 6.0], 3.0),
    }
    a.slab(Light, [24.0, top - 8.0, 52.0, 10.0], 2.0);
    if open {
        a.oval(Is(NIGHT), 50.0, top - 8.0, 24.0, 3.5);
    } else {
        a.slab(Dark, [20.0, top - 20.0, 60.0, 14.0], 3.0);
    }
    if label {
        let y = (top + 97.0) / 2.0 - 8.0;
        a.rect(Is(CREAM), 28.0, y, 44.0, 20.0);
        a.line(
            Is(STEEL),
            2.4,
            &format!(
                "M34 {} L66 {} M34 {} L58 {}",
                y + 7.0,
                y + 7.0,
                y + 13.0,
                y + 13.0
            ),
        );
    }
    a.line(Is(WHITE), 3.0, &format!("M24 {} L24 86", top + 14.0));
}
