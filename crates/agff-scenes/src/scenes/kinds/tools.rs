//! Tools.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("hammer", "hammers", hammer)
        .aspects(&[Part("a string"), Made("a long handle", "a short handle")]),
    Kind::new("key", "keys", key).points().aspects(&[
        Part("a ribbon"),
        Made("a round head", "a square head"),
        Shape("thick", "thin"),
    ]),
    Kind::new("pencil", "pencils", pencil)
        .points()
        .patterned()
        .aspects(&[
            Part("an eraser"),
            State("whole", "broken"),
            Shape("long", "short"),
        ]),
    Kind::new("brush", "brushes", brush)
        .points()
        .patterned()
        .aspects(&[Part("paint"), Shape("wide", "narrow")]),
    Kind::new("pair of scissors", "pairs of scissors", scissors)
        .any_way_up()
        .aspects(&[State("open", "closed"), Shape("long", "short")]),
    Kind::new("ladder", "ladders", ladder)
        .any_way_up()
        .aspects(&[State("whole", "broken"), Shape("wide", "narrow")]),
    Kind::new("saw", "saws", saw)
        .points()
        .aspects(&[Part("teeth"), Shape("long", "short")]),
    Kind::new("axe", "axes", axe).aspects(&[Part("a ribbon"), Made("two blades", "one blade")]),
];

fn hammer(a: &mut Art<'_>) {
    let (string, long) = (a.on(0), a.on(1));
    let end = if long { 97.0 } else { 66.0 };
    a.slab(Is(WOOD), [43.0, 22.0, 13.0, end - 22.0], 4.0);
    a.fill(Main, "M22 8 L62 8 Q82 10 92 28 Q76 22 64 32 L22 32 Z");
    a.slab(Dark, [12.0, 4.0, 14.0, 32.0], 3.0);
    if string {
        let y = end - 8.0;
        a.line(
            Is(CRIMSON),
            3.5,
            &format!(
                "M49 {y} C76 {} 82 {} 66 {} C58 {} 54 {} 50 {y}",
                y - 14.0,
                y + 2.0,
                y + 4.0,
                y + 2.0,
                y
            ),
        );
    }
}

fn key(a: &mut Art<'_>) {
    let (ribbon, round, thick) = (a.on(0), a.on(1), a.on(2));
    let width = if thick { 12.0 } else { 6.0 };
    if ribbon {
        a.limb(Is(ROSE), 5.0, "M18 50 C-2 60 -8 76 2 90");
        a.limb(Is(ROSE), 5.0, "M18 50 C10 66 12 80 20 92");
    }
    a.limb(Main, width, "M40 50 L94 50");
    a.limb(Main, width * 0.8, "M76 50 L76 66 M90 50 L90 70");
    if round {
        a.limb(Main, 9.0, "M24 32 C48 32 48 68 24 68 C0 68 0 32 24 32");
    } else {
        a.limb(Main, 9.0, "M8 32 L42 32 L42 68 L8 68 L8 32");
    }
}

fn pencil(a: &mut Art<'_>) {
    let (eraser, whole, long) = (a.on(0), a.on(1), a.on(2));
    let left = if long { 6.0 } else { 38.0 };
    if eraser {
        a.slab(Is(ROSE), [left - 7.0, 41.0, 14.0, 18.0], 4.0);
        a.rect(Is(SILVER), left + 2.0, 40.0, 7.0, 20.0);
    }
    let start = if eraser { left + 9.0 } else { left };
    let body = |a: &mut Art<'_>, from: f32, to: f32| {
        a.rect(Main, from, 40.0, to - from, 20.0);
        a.line(
            Dark,
            2.0,
            &format!(
                "M{} 46.5 L{} 46.5 M{} 53.5 L{} 53.5",
                from + 1.0,
                to - 1.0,
                from + 1.0,
                to - 1.0
            ),
        );
    };
    let tip = |a: &mut Art<'_>| {
        a.fill(Is(STRAW), "M78 40 L99 50 L78 60 Z");
        a.fill(Is(BLACK), "M90 45.7 L99 50 L90 54.3 Z");
    };
    if whole {
        body(a, start, 78.0);
        tip(a);
    } else {
        let middle = (start + 78.0) / 2.0;
        a.turned(14.0, [middle, 50.0], |a| {
            body(a, start, middle - 7.0);
            a.fill(
                Is(STRAW),
                &format!(
                    "M{} 40 L{} 44 L{} 48 L{} 54 L{} 60 Z",
                    middle - 7.0,
                    middle - 1.0,
                    middle - 6.0,
                    middle,
                    middle - 7.0
                ),
            );
        });
        a.turned(-14.0, [middle, 50.0], |a| {
            body(a, middle + 6.0, 78.0);
            a.fill(
                Is(STRAW),
                &format!(
                    "M{} 40 L{} 46 L{} 51 L{} 56 L{} 60 Z",
                    middle + 6.0,
                    middle,
                    middle + 5.0,
                    middle + 1.0,
                    middle + 6.0
                ),
            );
            tip(a);
        });
    }
}

fn brush(a: &mut Art<'_>) {
    let (paint, wide) = (a.on(0), a.on(1));
    let half = if wide { 23.0 } else { 10.0 };
    let (top, low) = (50.0 - half, 50.0 + half);
    a.fill(
        Main,
        &format!(
            "M2 50 Q2 44 10 44 L40 43 Q48 42 52 {} L52 {} Q48 58 40 57 L10 56 Q2 56 2 50 Z",
            top + 1.0,
            low - 1.0
        ),
    );
    a.rect(Is(SILVER), 52.0, top, 13.0, low - top);
    a.fill(
        Is(STRAW),
        &format!(
            "M65 {top} L90 {} Q98 50 90 {} L65 {low} Z",
            top + 2.0,
            low - 2.0
        ),
    );
    if paint {
        a.fill(
            Is(WATER),
            &format!(
                "M78 {} L90 {} Q99 50 90 {} L78 {} Q84 {} 76 50 Q84 {} 78 {} Z",
                top + 1.0,
                top + 2.0,
                low - 2.0,
                low - 1.0,
                50.0 + half * 0.5,
                50.0 - half * 0.5,
                top + 1.0
            ),
        );
    } else {
        a.line(
            Is(WOOD),
            1.5,
            &format!(
                "M68 {} L88 {} M68 50 L92 50 M68 {} L88 {}",
                50.0 - half * 0.5,
                50.0 - half * 0.5,
                50.0 + half * 0.5,
                50.0 + half * 0.5
            ),
        );
    }
}

fn scissors(a: &mut Art<'_>) {
    let (open, long) = (a.on(0), a.on(1));
    let angle = if open { 30.0 } else { 5.0 };
    let tip = if long { -6.0 } else { 20.0 };
    for side in [-1.0, 1.0] {
        a.turned(side * angle, [50.0, 52.0], |a| {
            a.fill(
                Is(SILVER),
                &format!(
                    "M{} 58 L{} 48 L50 {tip} L{} 50 Z",
                    50.0 - side * 5.0,
                    50.0 - side * 5.0,
                    50.0 + side * 4.0
                ),
            );
            a.limb(Main, 7.0, &format!("M50 56 L{} 70", 50.0 + side * 4.0));
            let (x, reach) = (50.0 + side * 8.0, 11.0);
            a.limb(
                Main,
                6.0,
                &format!(
                    "M{} 68 C{} 66 {} 94 {x} 94 C{} 94 {} 68 {} 68",
                    x,
                    x + reach * 1.3,
                    x + reach * 1.3,
                    x - reach * 1.3,
                    x - reach * 1.3,
                    x
                ),
            );
        });
    }
    a.oval(Is(STEEL), 50.0, 54.0, 4.0, 4.0);
}

fn ladder(a: &mut Art<'_>) {
    let (whole, wide) = (a.on(0), a.on(1));
    let half = if wide { 27.0 } else { 13.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    for rung in 0..5u8 {
        let y = 16.0 + 17.0 * f32::from(rung);
        if whole || rung % 2 == 0 {
            a.limb(Main, 6.0, &format!("M{left} {y} L{right} {y}"));
        } else {
            a.limb(
                Main,
                6.0,
                &format!("M{left} {y} L{} {}", 50.0 - half * 0.4, y + 8.0),
            );
            a.limb(
                Main,
                6.0,
                &format!("M{right} {y} L{} {}", 50.0 + half * 0.4, y + 8.0),
            );
        }
    }
    a.limb(Main, 8.0, &format!("M{left} 4 L{left} 97"));
    a.limb(Main, 8.0, &format!("M{right} 4 L{right} 97"));
}

fn saw(a: &mut Art<'_>) {
    let (teeth, long) = (a.on(0), a.on(1));
    let tip = if long { 99.0 } else { 70.0 };
    let mut blade = format!("M30 34 L{tip} 46 L{tip} 58");
    if teeth {
        let count = if long { 11 } else { 6 };
        let step = (tip - 30.0) / count as f32;
        for tooth in 0..count {
            let x = tip - step * tooth as f32;
            blade += &format!(" L{} 68 L{} 58", x - step * 0.4, x - step);
        }
    } else {
        blade += " L30 62";
    }
    a.fill(Is(SILVER), &(blade + " Z"));
    a.fill(
        Main,
        "M34 28 Q36 60 30 74 L8 76 Q0 74 2 60 L6 36 Q8 26 18 26 Z",
    );
    a.slab(Is(CREAM), [11.0, 38.0, 12.0, 24.0], 6.0);
}

fn axe(a: &mut Art<'_>) {
    let (ribbon, two) = (a.on(0), a.on(1));
    a.slab(Is(WOOD), [44.0, 4.0, 12.0, 94.0], 4.0);
    a.fill(Main, "M40 14 L62 14 L92 4 Q100 28 92 54 L62 40 L40 40 Z");
    a.bare(Is(SILVER), "M84 7 L92 4 Q100 28 92 54 L84 51 Q90 28 84 7 Z");
    if two {
        a.fill(Main, "M60 14 L38 14 L8 4 Q0 28 8 54 L38 40 L60 40 Z");
        a.bare(Is(SILVER), "M16 7 L8 4 Q0 28 8 54 L16 51 Q10 28 16 7 Z");
    }
    if ribbon {
        a.slab(Is(ROSE), [41.0, 66.0, 18.0, 8.0], 3.0);
        a.limb(Is(ROSE), 5.0, "M58 70 Q72 74 76 90 M56 72 Q64 82 62 94");
    }
}
