//! Fruit and vegetables.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("apple", "apples", apple)
        .patterned()
        .aspects(&[Part("a leaf"), State("whole", "bitten")]),
    Kind::new("pear", "pears", pear).patterned().aspects(&[
        Part("a leaf"),
        State("whole", "cut"),
        Shape("thick", "thin"),
    ]),
    Kind::new("banana", "bananas", banana)
        .any_way_up()
        .aspects(&[
            Part("spots"),
            State("peeled", "unpeeled"),
            Shape("curved", "straight"),
        ]),
    Kind::new("pair of cherries", "pairs of cherries", cherries)
        .aspects(&[Part("a leaf"), Made("a long stem", "a short stem")]),
    Kind::new("strawberry", "strawberries", strawberry).aspects(&[
        Part("leaves"),
        State("whole", "bitten"),
        Shape("pointed", "round"),
    ]),
    Kind::new("pineapple", "pineapples", pineapple)
        .any_way_up()
        .aspects(&[Part("leaves"), Shape("tall", "short")]),
    Kind::new("carrot", "carrots", carrot).points().aspects(&[
        Part("leaves"),
        Shape("thick", "thin"),
        Shape("pointed", "blunt"),
    ]),
    Kind::new("pumpkin", "pumpkins", pumpkin)
        .patterned()
        .aspects(&[
            Part("a face"),
            Shape("round", "flat"),
            Made("a long stem", "a short stem"),
        ]),
];

fn leaf(a: &mut Art<'_>, x: f32, y: f32) {
    a.fill(
        Is(LEAF),
        &format!(
            "M{x} {y} C{} {} {} {} {} {} C{} {} {} {} {x} {y} Z",
            x + 4.0,
            y - 14.0,
            x + 18.0,
            y - 16.0,
            x + 26.0,
            y - 10.0,
            x + 22.0,
            y + 2.0,
            x + 10.0,
            y + 4.0
        ),
    );
}

fn apple(a: &mut Art<'_>) {
    let (leafy, whole) = (a.on(0), a.on(1));
    a.line(Is(BARK), 4.0, "M50 30 Q50 16 56 8");
    if leafy {
        leaf(a, 53.0, 20.0);
    }
    match whole {
        true => a.fill(
            Main,
            "M50 28 C62 18 92 22 90 52 C88 82 66 100 50 92 C34 100 12 82 10 52 C8 22 38 18 50 28 Z",
        ),
        false => {
            a.fill(Main, "M50 28 C60 20 78 20 86 34 C74 34 70 46 76 52 C68 56 70 70 82 74 C74 90 62 98 50 92 C34 100 12 82 10 52 C8 22 38 18 50 28 Z");
            a.fill(Is(CREAM), "M86 34 C74 34 70 46 76 52 C68 56 70 70 82 74 C86 68 80 62 82 58 C88 50 84 44 86 34 Z");
        }
    }
    a.bare(
        Light,
        "M22 48 C22 38 28 34 34 34 C28 40 26 48 27 58 C23 56 22 52 22 48 Z",
    );
}

fn pear(a: &mut Art<'_>) {
    let (leafy, whole, thick) = (a.on(0), a.on(1), a.on(2));
    let half = if thick { 32.0 } else { 20.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    a.line(Is(BARK), 4.0, "M50 18 Q52 8 58 2");
    if leafy {
        leaf(a, 53.0, 12.0);
    }
    let shape = format!(
        "M50 14 C62 14 62 34 66 44 C{right} 52 {} 96 50 96 C{} 96 {left} 52 34 44 C38 34 38 14 50 14 Z",
        right + 4.0,
        left - 4.0
    );
    a.fill(Main, &shape);
    if !whole {
        let inner = half * 0.72;
        a.bare(Is(CREAM), &format!("M50 22 C57 22 56 40 60 50 C{} 58 {} 88 50 89 C{} 88 {} 58 40 50 C44 40 43 22 50 22 Z",
            50.0 + inner, 50.0 + inner + 3.0, 50.0 - inner - 3.0, 50.0 - inner));
        a.both_sides(|a| a.oval(Is(BARK), 46.0, 70.0, 3.0, 6.0));
    } else {
        let x = 50.0 - half * 0.5;
        a.spot(Light, x, 64.0, 4.0, 9.0);
    }
}

fn banana(a: &mut Art<'_>) {
    let (spots, peeled, curved) = (a.on(0), a.on(1), a.on(2));
    if curved {
        a.fill(Is(BARK), "M88 12 L96 14 L92 28 L84 24 Z");
        if peeled {
            a.fill(
                Is(CREAM),
                "M20 60 C6 66 0 76 8 80 C26 80 44 70 54 56 L44 44 Z",
            );
            a.fill(
                Main,
                "M84 24 L93 26 C96 52 78 76 56 76 L40 48 C62 50 78 40 84 24 Z",
            );
            a.fill(Main, "M42 46 C30 42 18 46 14 54 C26 54 36 58 44 64 Z");
            a.fill(Main, "M46 60 C48 76 44 88 36 94 C50 96 62 88 62 74 Z");
        } else {
            a.fill(
                Main,
                "M84 22 L94 25 C100 62 64 90 20 86 Q6 84 8 74 C44 74 78 58 84 22 Z",
            );
            a.line(Dark, 2.4, "M88 30 C84 58 58 78 18 80");
            a.fill(Is(BARK), "M8 74 L8 86 L18 86 L16 74 Z");
        }
    } else {
        a.fill(Is(BARK), "M88 44 L99 46 L99 54 L88 56 Z");
        if peeled {
            a.fill(
                Is(CREAM),
                "M4 50 Q6 36 20 37 L56 38 L56 62 L20 63 Q6 64 4 50 Z",
            );
            a.fill(Main, "M46 38 L84 36 Q92 50 84 64 L46 62 Z");
            a.fill(Main, "M50 38 Q40 20 26 18 Q36 30 44 42 Z");
            a.fill(Main, "M50 62 Q40 80 26 82 Q36 70 44 58 Z");
        } else {
            a.fill(
                Main,
                "M8 50 Q10 36 24 36 L82 36 Q92 44 90 50 Q92 56 82 64 L24 64 Q10 64 8 50 Z",
            );
            a.line(Dark, 2.4, "M14 47 L86 47");
            a.fill(Is(BARK), "M4 46 L12 44 L12 56 L4 54 Z");
        }
    }
    if spots {
        let ink = if a.figure.main.distance(BARK) < 0.7 {
            STRAW
        } else {
            BARK
        };
        let places: [(f32, f32); 4] = match curved {
            true => [(84.0, 42.0), (76.0, 58.0), (66.0, 66.0), (88.0, 34.0)],
            false => [(62.0, 54.0), (74.0, 44.0), (80.0, 56.0), (68.0, 42.0)],
        };
        for (x, y) in places {
            a.spot(Is(ink), x, y, 3.8, 3.2);
        }
    }
}

fn cherries(a: &mut Art<'_>) {
    let (leafy, long) = (a.on(0), a.on(1));
    let top = if long { 4.0 } else { 30.0 };
    a.line(
        Is(LEAF),
        4.0,
        &format!(
            "M30 66 Q40 {} 58 {top} M70 72 Q70 {} 58 {top}",
            top + 22.0,
            top + 26.0
        ),
    );
    if leafy {
        leaf(a, 57.0, top + 6.0);
    }
    a.oval(Main, 29.0, 76.0, 22.0, 21.0);
    a.oval(Main, 71.0, 78.0, 21.0, 20.0);
    a.spot(Light, 22.0, 68.0, 5.0, 6.0);
    a.spot(Light, 64.0, 70.0, 5.0, 6.0);
}

fn strawberry(a: &mut Art<'_>) {
    let (leaves, whole, pointed) = (a.on(0), a.on(1), a.on(2));
    match (pointed, whole) {
        (true, true) => a.fill(Main, "M50 24 C66 14 92 22 88 46 C84 70 62 92 50 98 C38 92 16 70 12 46 C8 22 34 14 50 24 Z"),
        (true, false) => a.fill(Main, "M50 24 C66 14 92 22 88 46 C80 42 72 50 76 58 C66 56 60 66 66 76 C60 84 54 94 50 98 C38 92 16 70 12 46 C8 22 34 14 50 24 Z"),
        (false, true) => a.oval(Main, 50.0, 58.0, 38.0, 37.0),
        (false, false) => a.fill(Main, "M50 21 C74 21 88 36 88 54 C78 50 70 58 76 66 C66 66 62 74 70 84 C64 92 58 95 50 95 C26 95 12 76 12 58 C12 38 28 21 50 21 Z"),
    }
    for (x, y) in [
        (34.0, 40.0),
        (50.0, 44.0),
        (26.0, 54.0),
        (42.0, 58.0),
        (58.0, 62.0),
        (50.0, 76.0),
        (36.0, 70.0),
        (64.0, 44.0),
    ] {
        a.spot(Is(GLOW), x, y, 2.2, 3.0);
    }
    if leaves {
        a.fill(
            Is(LEAF),
            "M50 10 L58 18 L78 14 L70 26 L84 34 L62 32 L50 42 L38 32 L16 34 L30 26 L22 14 L42 18 Z",
        );
    }
}

fn pineapple(a: &mut Art<'_>) {
    let (leaves, tall) = (a.on(0), a.on(1));
    let (top, rx) = if tall { (30.0, 24.0) } else { (46.0, 28.0) };
    if leaves {
        let base = top + 10.0;
        for (dx, dy) in [
            (-24.0, -18.0),
            (24.0, -18.0),
            (-14.0, -30.0),
            (14.0, -30.0),
            (0.0, -36.0),
        ] {
            a.fill(
                Is(LEAF),
                &format!(
                    "M{} {base} L{} {} L{} {base} Z",
                    42.0 + dx * 0.2,
                    50.0 + dx,
                    base + dy,
                    58.0 + dx * 0.2
                ),
            );
        }
    }
    let (cy, ry) = ((top + 98.0) / 2.0, (98.0 - top) / 2.0);
    a.oval(Main, 50.0, cy, rx, ry);
    for step in -2i8..=2 {
        let x = f32::from(step) * rx * 0.36;
        let reach = ry * (1.0 - f32::from(step * step) * 0.13);
        let (low, high) = (cy + reach * 0.8, cy - reach * 0.8);
        a.line(
            Dark,
            2.0,
            &format!(
                "M{} {low} L{} {high}",
                50.0 + x - rx * 0.24,
                50.0 + x + rx * 0.24
            ),
        );
        a.line(
            Dark,
            2.0,
            &format!(
                "M{} {low} L{} {high}",
                50.0 + x + rx * 0.24,
                50.0 + x - rx * 0.24
            ),
        );
    }
}

fn carrot(a: &mut Art<'_>) {
    let (leaves, thick, pointed) = (a.on(0), a.on(1), a.on(2));
    let half = if thick { 19.0 } else { 10.0 };
    let (top, low) = (50.0 - half, 50.0 + half);
    if leaves {
        for end in ["2 30", "-2 50", "2 70", "8 40", "8 62"] {
            a.limb(Is(LEAF), 4.0, &format!("M26 50 L{end}"));
        }
    }
    match pointed {
        true => a.fill(
            Main,
            &format!(
                "M24 50 Q22 {top} 34 {top} Q70 {} 99 50 Q70 {} 34 {low} Q22 {low} 24 50 Z",
                top + 2.0,
                low - 2.0
            ),
        ),
        false => a.fill(
            Main,
            &format!(
                "M24 50 Q22 {top} 34 {top} L84 {} Q94 50 84 {} L34 {low} Q22 {low} 24 50 Z",
                50.0 - half * 0.7,
                50.0 + half * 0.7
            ),
        ),
    }
    a.line(
        Dark,
        2.2,
        &format!(
            "M40 {} L40 {} M54 50 L54 {} M66 {} L66 50",
            top + 3.0,
            50.0,
            low - 5.0,
            50.0 - half * 0.55
        ),
    );
}

fn pumpkin(a: &mut Art<'_>) {
    let (face, round, long) = (a.on(0), a.on(1), a.on(2));
    let ry = if round { 36.0 } else { 22.0 };
    let cy = 94.0 - ry;
    let top = cy - ry;
    match long {
        true => a.limb(
            Is(LEAF),
            7.0,
            &format!("M50 {} Q48 {} 60 {}", top + 8.0, top - 10.0, top - 18.0),
        ),
        false => a.limb(
            Is(LEAF),
            8.0,
            &format!("M50 {} L51 {}", top + 8.0, top - 2.0),
        ),
    }
    a.oval(Main, 26.0, cy, 24.0, ry * 0.93);
    a.oval(Main, 74.0, cy, 24.0, ry * 0.93);
    a.oval(Main, 38.0, cy, 22.0, ry);
    a.oval(Main, 62.0, cy, 22.0, ry);
    a.oval(Main, 50.0, cy, 16.0, ry);
    if face {
        let dark = a.ink();
        let (eye, mouth) = (cy - ry * 0.3, cy + ry * 0.25);
        a.both_sides(|a| {
            a.bare(
                dark,
                &format!("M24 {} L44 {} L34 {} Z", eye + 8.0, eye + 8.0, eye - 8.0),
            )
        });
        a.bare(
            dark,
            &format!(
                "M22 {mouth} L32 {} L40 {} L50 {} L60 {} L68 {} L78 {mouth} Q50 {} 22 {mouth} Z",
                mouth + 6.0,
                mouth + 1.0,
                mouth + 7.0,
                mouth + 1.0,
                mouth + 6.0,
                mouth + 22.0
            ),
        );
    }
}
