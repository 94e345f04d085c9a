//! Signs, shapes, the sky and toys.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("arrow", "arrows", arrow)
        .points()
        .patterned()
        .aspects(&[Shape("thick", "thin"), Shape("straight", "curved")]),
    Kind::new("star", "stars", star)
        .any_way_up()
        .patterned()
        .aspects(&[Part("a face"), Made("five points", "eight points")]),
    Kind::new("heart", "hearts", heart).patterned().aspects(&[
        Part("an arrow"),
        State("whole", "broken"),
        Shape("wide", "narrow"),
    ]),
    Kind::new("sun", "suns", sun)
        .any_way_up()
        .aspects(&[Part("a face"), Made("long rays", "short rays")]),
    Kind::new("moon", "moons", moon)
        .any_way_up()
        .aspects(&[Part("a hat"), State("full", "half")]),
    Kind::new("cloud", "clouds", cloud).aspects(&[
        Part("rain"),
        Part("lightning"),
        Shape("round", "long"),
    ]),
    Kind::new("ball", "balls", ball)
        .any_way_up()
        .patterned()
        .aspects(&[Part("a star"), State("full", "flat")]),
    Kind::new("balloon", "balloons", balloon)
        .lettered()
        .patterned()
        .aspects(&[Part("a string"), Shape("round", "long")]),
    Kind::new("flag", "flags", flag)
        .lettered()
        .patterned()
        .aspects(&[Part("a star"), Shape("square", "triangular")]),
    Kind::new("sign", "signs", sign)
        .views(&[Front])
        .lettered()
        .aspects(&[
            Part("lamps"),
            Made("two posts", "one post"),
            Shape("round", "square"),
        ]),
    Kind::new("kite", "kites", kite)
        .patterned()
        .any_way_up()
        .aspects(&[Part("a face"), Made("a long tail", "a short tail")]),
    Kind::new("hand", "hands", hand)
        .points()
        .aspects(&[Part("a ring"), Made("one finger", "two fingers")]),
];

fn arrow(a: &mut Art<'_>) {
    let (thick, straight) = (a.on(0), a.on(1));
    let half = if thick { 15.0 } else { 5.5 };
    if straight {
        let (top, low) = (50.0 - half, 50.0 + half);
        let head = if thick { 32.0 } else { 20.0 };
        a.fill(
            Main,
            &format!(
                "M2 {top} L62 {top} L62 {} L99 50 L62 {} L62 {low} L2 {low} Z",
                50.0 - head,
                50.0 + head
            ),
        );
    } else {
        let width = 2.0 * half;
        a.limb(Main, width, "M8 84 Q6 42 58 42");
        let head = half + 15.0;
        a.fill(
            Main,
            &format!("M58 {} L99 42 L58 {} Z", 42.0 - head, 42.0 + head),
        );
    }
}

fn smile(a: &mut Art<'_>, y: f32, size: f32) {
    let ink = a.ink();
    a.both_sides(|a| a.spot(ink, 50.0 - size, y, size * 0.28, size * 0.4));
    a.line(
        ink,
        size * 0.24,
        &format!(
            "M{} {} Q50 {} {} {}",
            50.0 - size,
            y + size * 0.9,
            y + size * 2.1,
            50.0 + size,
            y + size * 0.9
        ),
    );
}

fn star(a: &mut Art<'_>) {
    let (face, five) = (a.on(0), a.on(1));
    match five {
        true => a.star(Main, [50.0, 52.0], 5, 50.0, 22.0),
        false => a.star(Main, [50.0, 50.0], 8, 49.0, 30.0),
    }
    if face {
        smile(a, 46.0, 9.0);
    }
}

fn heart(a: &mut Art<'_>) {
    let (pierced, whole, wide) = (a.on(0), a.on(1), a.on(2));
    let squeeze = if wide { 1.0 } else { 0.6 };
    let place = Transform::from_row(squeeze, 0.0, 0.0, 1.0, 50.0 - 50.0 * squeeze, 0.0);
    if whole {
        a.moved(place, |a| a.fill(Main, "M50 94 C10 66 -2 36 12 18 C26 2 46 10 50 28 C54 10 74 2 88 18 C102 36 90 66 50 94 Z"));
    } else {
        a.moved(place, |a| {
            a.turned(-9.0, [30.0, 94.0], |a| {
                a.fill(Main, "M50 94 C10 66 -2 36 12 18 C26 2 46 10 50 28 L42 42 L54 54 L44 66 L54 78 Z");
            });
            a.turned(9.0, [70.0, 94.0], |a| {
                a.fill(Main, "M52 94 L58 78 L48 66 L58 54 L46 42 L50 28 C54 10 74 2 88 18 C102 36 92 66 52 94 Z");
            });
        });
    }
    if pierced {
        a.limb(Is(WOOD), 5.0, "M-4 76 L100 26");
        a.fill(Is(STEEL), "M94 18 L110 21 L102 36 Z");
        a.line(
            Is(CREAM),
            4.0,
            "M-4 76 L-12 70 M-4 76 L-6 87 M4 72 L-4 66 M4 72 L2 83",
        );
    }
}

fn sun(a: &mut Art<'_>) {
    let (face, long) = (a.on(0), a.on(1));
    let reach = if long { 49.0 } else { 36.0 };
    for ray in 0..12u8 {
        a.turned(f32::from(ray) * 30.0, [50.0, 50.0], |a| {
            a.fill(Dark, &format!("M44 28 L50 {} L56 28 Z", 50.0 - reach));
        });
    }
    a.oval(Main, 50.0, 50.0, 27.0, 27.0);
    if face {
        smile(a, 45.0, 9.0);
    }
}

fn moon(a: &mut Art<'_>) {
    let (hat, full) = (a.on(0), a.on(1));
    match full {
        true => {
            a.oval(Main, 50.0, 54.0, 43.0, 43.0);
            for (x, y, r) in [
                (36.0, 42.0, 8.0),
                (62.0, 60.0, 10.0),
                (36.0, 72.0, 6.0),
                (66.0, 36.0, 5.0),
            ] {
                a.spot(Dark, x, y, r, r);
            }
        }
        false => {
            a.fill(Main, "M62 10 C8 14 8 92 62 97 C34 78 34 32 62 10 Z");
            a.spot(Dark, 31.0, 62.0, 4.0, 5.0);
        }
    }
    if hat {
        a.fill(Is(CRIMSON), "M30 22 L64 12 L34 -16 Z");
        a.oval(Is(CREAM), 34.0, -15.0, 5.5, 5.5);
    }
}

fn cloud(a: &mut Art<'_>) {
    let (rain, lightning, round) = (a.on(0), a.on(1), a.on(2));
    if lightning {
        a.fill(
            Is(GLOW),
            "M54 56 L38 80 L50 79 L42 99 L66 72 L54 73 L62 56 Z",
        );
    }
    if rain {
        for (x, y) in [
            (22.0, 72.0),
            (36.0, 84.0),
            (64.0, 86.0),
            (78.0, 72.0),
            (50.0, 72.0),
        ] {
            a.limb(
                Is(WATER),
                4.0,
                &format!("M{x} {y} L{} {}", x - 4.0, y + 10.0),
            );
        }
    }
    match round {
        true => a.fill(Main, "M24 62 C4 62 4 36 24 36 C22 10 56 2 64 22 C84 14 96 32 86 44 C94 56 82 64 74 62 Z"),
        false => a.fill(Main, "M16 62 C-4 62 -6 46 12 44 C14 32 30 32 36 40 C44 28 62 30 66 40 C80 32 92 40 90 46 C108 48 104 62 88 62 Z"),
    }
}

fn ball(a: &mut Art<'_>) {
    let (starred, full) = (a.on(0), a.on(1));
    match full {
        true => {
            a.oval(Main, 50.0, 50.0, 46.0, 46.0);
            if a.figure.surface == super::super::look::Surface::Plain {
                a.line(Dark, 2.6, "M12 26 Q50 50 88 26 M12 74 Q50 50 88 74");
            }
        }
        false => a.fill(Main, "M6 72 C6 48 30 52 38 56 Q50 62 62 54 C74 46 96 52 94 74 C92 88 70 90 50 90 C30 90 8 88 6 72 Z"),
    }
    if starred {
        let (y, r) = if full { (50.0, 22.0) } else { (74.0, 13.0) };
        a.star(Accent, [50.0, y], 5, r, r * 0.45);
    }
}

fn balloon(a: &mut Art<'_>) {
    let (string, round) = (a.on(0), a.on(1));
    if string {
        a.line(Is(BLACK), 2.2, "M50 78 C40 88 60 96 50 112");
    }
    let rx = if round { 38.0 } else { 24.0 };
    a.fill(Dark, "M50 72 L43 82 L57 82 Z");
    a.oval(Main, 50.0, 38.0, rx, 38.0);
    if a.figure.lettering.is_some() {
        a.letters(a.ink(), [50.0 - rx * 0.84, 24.0, rx * 1.68, 28.0]);
    } else {
        a.spot(Light, 50.0 - rx * 0.45, 22.0, rx * 0.16, 8.0);
    }
}

fn flag(a: &mut Art<'_>) {
    let (starred, square) = (a.on(0), a.on(1));
    a.limb(Is(BARK), 5.5, "M8 4 L8 98");
    a.oval(Is(GLOW), 8.0, 3.0, 4.5, 4.5);
    // A word needs the room of the square one.
    let square = square || a.figure.lettering.is_some();
    match square {
        true => a.fill(
            Main,
            "M11 8 Q34 0 56 8 Q78 16 99 8 L99 58 Q78 66 56 58 Q34 50 11 58 Z",
        ),
        false => a.fill(Main, "M11 8 L98 34 L11 60 Z"),
    }
    if a.figure.lettering.is_some() {
        a.letters(a.ink(), [18.0, 16.0, 76.0, 34.0]);
    } else if starred {
        let x = if square { 54.0 } else { 36.0 };
        a.star(Accent, [x, 34.0], 5, 15.0, 6.5);
    }
}

fn sign(a: &mut Art<'_>) {
    let (lamps, two, round) = (a.on(0), a.on(1), a.on(2));
    match two {
        true => a.both_sides(|a| a.slab(Is(WOOD), [20.0, 56.0, 7.0, 43.0], 2.0)),
        false => a.slab(Is(WOOD), [46.0, 56.0, 8.0, 43.0], 2.0),
    }
    if lamps {
        a.both_sides(|a| {
            a.line(Is(BLACK), 2.6, "M26 16 L26 4");
            a.oval(Is(GLOW), 26.0, 2.0, 5.5, 5.5);
        });
    }
    match round {
        true => {
            a.oval(Main, 50.0, 40.0, 46.0, 33.0);
            a.ring(a.ink(), 2.4, 50.0, 40.0, 41.0, 28.0);
        }
        false => a.slab(Main, [2.0, 10.0, 96.0, 58.0], 5.0),
    }
    match a.figure.lettering.is_some() {
        true => a.letters(
            a.ink(),
            if round {
                [16.0, 25.0, 68.0, 30.0]
            } else {
                [9.0, 18.0, 82.0, 42.0]
            },
        ),
        false => a.line(a.ink(), 5.0, "M26 32 L74 32 M26 46 L60 46"),
    }
}

fn kite(a: &mut Art<'_>) {
    let (face, long) = (a.on(0), a.on(1));
    match long {
        true => {
            a.line(Is(BLACK), 2.4, "M50 68 Q36 80 50 90 Q64 100 50 112");
            for y in [80.0, 96.0, 110.0] {
                a.fill(
                    Is(CRIMSON),
                    &format!("M50 {y} L38 {} L38 {} Z", y - 6.0, y + 6.0),
                );
                a.fill(
                    Is(CRIMSON),
                    &format!("M50 {y} L62 {} L62 {} Z", y - 6.0, y + 6.0),
                );
            }
        }
        false => a.line(Is(BLACK), 3.0, "M50 68 Q44 74 50 80"),
    }
    a.fill(Main, "M50 0 L84 30 L50 70 L16 30 Z");
    a.line(Dark, 2.6, "M50 2 L50 68 M18 30 L82 30");
    if face {
        a.eye(40.0, 22.0, 5.0, true);
        a.eye(60.0, 22.0, 5.0, true);
        a.line(a.ink(), 3.0, "M40 38 Q50 48 60 38");
    }
}

fn hand(a: &mut Art<'_>) {
    let (ring, one) = (a.on(0), a.on(1));
    a.slab(Accent, [0.0, 38.0, 16.0, 42.0], 3.0);
    a.slab(Main, [12.0, 36.0, 46.0, 46.0], 13.0);
    a.limb(Main, 11.0, "M48 43 L93 43");
    if !one {
        a.limb(Main, 11.0, "M48 56 L92 56");
    }
    a.limb(Main, 11.0, "M26 40 L38 24");
    for y in if one {
        [57.0, 68.0, 78.0]
    } else {
        [68.0, 78.0, 78.0]
    } {
        a.limb(Main, 9.0, &format!("M44 {y} L56 {y}"));
    }
    if ring {
        a.line(
            if a.figure.main.distance(GLOW) < 0.5 {
                Is(WATER)
            } else {
                Is(GLOW)
            },
            8.0,
            "M70 37.5 L70 48.5",
        );
    }
}
