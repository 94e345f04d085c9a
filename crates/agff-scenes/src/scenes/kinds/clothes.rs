//! What people wear and carry.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("shirt", "shirts", shirt)
        .views(&[Front, Behind])
        .patterned()
        .lettered()
        .aspects(&[
            Part("a pocket"),
            State("clean", "dirty"),
            Made("long sleeves", "short sleeves"),
        ]),
    Kind::new("hat", "hats", hat)
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("a feather"),
            Part("a ribbon"),
            Shape("tall", "flat"),
            Made("a wide brim", "a narrow brim"),
        ]),
    Kind::new("shoe", "shoes", shoe)
        .faces()
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("laces"),
            State("clean", "dirty"),
            Made("a high heel", "a flat heel"),
        ]),
    Kind::new("boot", "boots", boot).faces().aspects(&[
        Part("a buckle"),
        State("clean", "dirty"),
        Shape("tall", "short"),
    ]),
    Kind::new("sock", "socks", sock)
        .faces()
        .patterned()
        .aspects(&[Part("a hole"), Shape("long", "short")]),
    Kind::new("dress", "dresses", dress)
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[
            Part("a belt"),
            Shape("long", "short"),
            Made("a wide skirt", "a narrow skirt"),
        ]),
    Kind::new("pair of trousers", "pairs of trousers", trousers)
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[Part("a belt"), Part("holes"), Shape("long", "short")]),
    Kind::new("bag", "bags", bag)
        .lettered()
        .role(Role::Container)
        .aspects(&[
            Part("a pocket"),
            State("full", "empty"),
            Made("long handles", "short handles"),
        ]),
    Kind::new("crown", "crowns", crown)
        .aspects(&[Part("stones"), Made("five points", "three points")]),
    Kind::new("pair of glasses", "pairs of glasses", spectacles)
        .any_way_up()
        .views(&[Front])
        .aspects(&[State("whole", "broken"), Shape("round", "square")]),
    Kind::new("glove", "gloves", glove)
        .any_way_up()
        .patterned()
        .aspects(&[Part("a button"), Shape("long", "short")]),
];

fn mud(a: &mut Art<'_>, spots: &[[f32; 3]]) {
    for &[x, y, r] in spots {
        a.spot(Is(BARK), x, y, r * 1.25, r);
    }
}

fn shirt(a: &mut Art<'_>) {
    let (pocket, clean, long) = (a.on(0), a.on(1), a.on(2));
    match long {
        true => a.fill(
            Main,
            "M36 6 L18 12 L-2 80 L14 86 L24 46 L24 96 L76 96 L76 46 L86 86 L102 80 L82 12 L64 6 Q50 20 36 6 Z",
        ),
        false => a.fill(
            Main,
            "M36 6 L18 12 L0 40 L16 50 L24 40 L24 96 L76 96 L76 40 L84 50 L100 40 L82 12 L64 6 Q50 20 36 6 Z",
        ),
    }
    if a.view() == Behind {
        a.line(Dark, 3.0, "M37 8 Q50 12 63 8");
        a.line(Dark, 2.4, "M50 18 L50 90");
    } else {
        a.line(Dark, 3.2, "M36 7 Q50 24 64 7");
    }
    if pocket && a.figure.lettering.is_none() {
        a.fill(Dark, "M54 36 L70 36 L70 50 L62 56 L54 50 Z");
    }
    if !clean {
        mud(
            a,
            &[
                [36.0, 72.0, 7.0],
                [60.0, 80.0, 5.0],
                [44.0, 52.0, 4.0],
                [66.0, 66.0, 4.0],
            ],
        );
    }
    a.letters(a.ink(), [27.0, 34.0, 46.0, 30.0]);
}

fn hat(a: &mut Art<'_>) {
    let (feather, ribbon, tall, wide) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let (rx, top) = (
        if wide { 48.0 } else { 33.0 },
        if tall { 14.0 } else { 46.0 },
    );
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, rx, rx * 0.86);
        a.oval(Dark, 50.0, 50.0, 25.0, 22.0);
        a.oval(
            Main,
            50.0,
            50.0,
            if tall { 21.0 } else { 16.0 },
            if tall { 18.0 } else { 13.0 },
        );
        if ribbon {
            a.ring(Accent, 4.0, 50.0, 50.0, 25.0, 22.0);
        }
        if feather {
            a.fill(Is(WATER), "M68 58 Q84 58 98 80 Q78 78 66 64 Z");
        }
        return;
    }
    if feather {
        a.fill(
            Is(WATER),
            &format!(
                "M66 80 Q74 {} 98 {} Q96 {} 72 82 Z",
                top + 6.0,
                top - 12.0,
                top + 40.0
            ),
        );
    }
    a.fill(
        Main,
        &format!(
            "M27 84 L29 {} Q30 {top} 36 {top} L64 {top} Q70 {top} 71 {} L73 84 Z",
            top + 7.0,
            top + 7.0
        ),
    );
    if ribbon {
        a.rect(Accent, 27.0, 72.0, 46.0, 10.0);
    }
    a.oval(Main, 50.0, 86.0, rx, 8.0);
}

fn shoe(a: &mut Art<'_>) {
    let (laces, clean, high) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        a.fill(
            Main,
            "M10 50 Q6 28 30 30 Q52 36 70 28 Q98 28 98 50 Q98 72 70 72 Q52 64 30 70 Q6 72 10 50 Z",
        );
        a.fill(
            Is(NIGHT),
            "M16 50 Q14 38 30 38 Q44 42 46 50 Q44 58 30 62 Q14 62 16 50 Z",
        );
        if laces {
            a.line(
                Is(WHITE),
                3.2,
                "M50 42 L58 58 M58 42 L50 58 M60 41 L68 59 M68 41 L60 59",
            );
        }
        if high {
            a.slab(Dark, [4.0, 42.0, 8.0, 16.0], 2.0);
        }
        if !clean {
            mud(
                a,
                &[[80.0, 44.0, 5.0], [88.0, 56.0, 4.0], [72.0, 62.0, 4.0]],
            );
        }
        return;
    }
    match high {
        true => {
            a.fill(Main, "M8 36 Q4 52 12 60 L16 92 L22 92 L24 64 Q46 66 60 88 L96 90 Q100 78 82 74 Q62 68 46 44 Q30 52 18 32 Z");
            if laces {
                a.line(Is(WHITE), 3.4, "M52 62 L62 56 M60 70 L70 63");
            }
            if !clean {
                mud(
                    a,
                    &[[84.0, 83.0, 4.5], [70.0, 78.0, 3.5], [26.0, 54.0, 4.0]],
                );
            }
        }
        false => {
            a.fill(
                Main,
                "M6 44 Q6 38 14 40 Q28 48 40 38 L44 36 L66 58 Q96 58 98 80 L4 80 Z",
            );
            a.slab(Is(WHITE), [2.0, 78.0, 97.0, 10.0], 4.0);
            if laces {
                a.line(Is(WHITE), 3.4, "M42 50 L54 42 M48 57 L60 49 M54 63 L66 55");
            }
            if !clean {
                mud(
                    a,
                    &[
                        [82.0, 71.0, 5.0],
                        [24.0, 66.0, 5.0],
                        [56.0, 73.0, 4.0],
                        [40.0, 82.0, 3.5],
                    ],
                );
            }
        }
    }
}

fn boot(a: &mut Art<'_>) {
    let (buckle, clean, tall) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 4.0 } else { 40.0 };
    a.fill(
        Main,
        &format!("M20 {top} L58 {top} L58 58 Q66 66 84 68 Q98 72 98 88 L20 88 Z"),
    );
    a.rect(Light, 18.0, top, 42.0, 9.0);
    a.slab(Is(BLACK), [18.0, 86.0, 82.0, 8.0], 2.0);
    a.rect(Is(BLACK), 18.0, 90.0, 22.0, 8.0);
    if buckle {
        a.rect(Dark, 20.0, 62.0, 39.0, 8.0);
        a.slab(Is(GLOW), [34.0, 59.0, 13.0, 14.0], 2.0);
    }
    if !clean {
        mud(
            a,
            &[
                [80.0, 79.0, 5.5],
                [30.0, 78.0, 5.0],
                [56.0, 78.0, 4.0],
                [48.0, 54.0, 4.0],
            ],
        );
    }
}

fn sock(a: &mut Art<'_>) {
    let (hole, long) = (a.on(0), a.on(1));
    let top = if long { 2.0 } else { 38.0 };
    a.fill(Main, &format!("M24 {top} L58 {top} L58 54 Q64 66 82 66 Q98 68 98 82 Q96 96 80 96 L46 96 Q24 94 24 70 Z"));
    a.slab(Accent, [22.0, top - 2.0, 38.0, 11.0], 3.0);
    a.fill(Accent, "M80 67 Q98 68 98 82 Q96 96 80 96 Q74 82 80 67 Z");
    if hole {
        a.oval(Is(SKIN), 40.0, 78.0, 8.5, 7.5);
    }
}

fn dress(a: &mut Art<'_>) {
    let (belt, long, wide) = (a.on(0), a.on(1), a.on(2));
    let low = if long { 98.0 } else { 70.0 };
    let half = if wide { 42.0 } else { 22.0 };
    a.fill(
        Main,
        &format!(
            "M34 2 L40 2 Q50 22 60 2 L66 2 L70 24 L66 42 L{} {low} L{} {low} L34 42 L30 24 Z",
            50.0 + half,
            50.0 - half
        ),
    );
    let (left, right) = (50.0 - half * 0.36, 50.0 + half * 0.36);
    a.line(
        Dark,
        2.2,
        &format!("M44 48 L{left} {} M56 48 L{right} {}", low - 4.0, low - 4.0),
    );
    if a.view() == Behind {
        a.line(Dark, 2.6, "M50 14 L50 38");
        a.fill(Accent, "M50 42 L34 34 L34 52 Z");
        a.fill(Accent, "M50 42 L66 34 L66 52 Z");
    }
    if belt {
        a.rect(Is(BARK), 32.0, 38.0, 36.0, 8.0);
        a.slab(Is(GLOW), [44.0, 36.0, 12.0, 12.0], 2.0);
    }
}

fn trousers(a: &mut Art<'_>) {
    let (belt, holes, long) = (a.on(0), a.on(1), a.on(2));
    let low = if long { 98.0 } else { 58.0 };
    a.fill(
        Main,
        &format!("M24 6 L76 6 L84 {low} L56 {low} L50 34 L44 {low} L16 {low} Z"),
    );
    if a.view() == Behind {
        a.both_sides(|a| a.fill(Dark, "M29 20 L43 20 L43 32 L36 36 L29 32 Z"));
    } else {
        a.line(
            Dark,
            2.6,
            "M50 8 L50 32 M27 20 Q34 20 36 10 M73 20 Q66 20 64 10",
        );
    }
    if belt {
        a.rect(Is(BARK), 22.0, 4.0, 56.0, 9.0);
        a.slab(Is(GLOW), [44.0, 2.0, 12.0, 13.0], 2.0);
    }
    if holes {
        let y = if long { 66.0 } else { 46.0 };
        a.oval(Is(SKIN), 30.0, y, 7.0, 6.0);
        a.oval(Is(SKIN), 70.0, y + 2.0, 7.0, 6.0);
    }
}

fn bag(a: &mut Art<'_>) {
    let (pocket, full, long) = (a.on(0), a.on(1), a.on(2));
    let reach = if long { -6.0 } else { 20.0 };
    a.limb(Dark, 5.0, &format!("M32 44 C32 {reach} 68 {reach} 68 44"));
    if full {
        a.fill(Is(LEAF), "M22 40 C14 24 30 18 36 38 Z");
        a.fill(Is(STRAW), "M40 42 L46 16 L56 18 L52 42 Z");
        a.oval(Is(CRIMSON), 66.0, 36.0, 11.0, 11.0);
    }
    a.fill(Main, "M12 40 L88 40 L94 97 L6 97 Z");
    if a.figure.lettering.is_some() {
        a.letters(a.ink(), [16.0, 52.0, 68.0, 34.0]);
    } else if pocket {
        a.slab(Light, [32.0, 60.0, 36.0, 26.0], 3.0);
        a.line(Dark, 2.5, "M32 68 L68 68");
    }
}

fn crown(a: &mut Art<'_>) {
    let (stones, five) = (a.on(0), a.on(1));
    match five {
        true => a.fill(
            Main,
            "M14 84 L2 28 L22 54 L28 16 L42 50 L50 8 L58 50 L72 16 L78 54 L98 28 L86 84 Z",
        ),
        false => a.fill(Main, "M14 84 L2 24 L32 56 L50 8 L68 56 L98 24 L86 84 Z"),
    }
    a.slab(Dark, [12.0, 76.0, 76.0, 14.0], 2.0);
    if stones {
        a.oval(Is(WATER), 26.0, 83.0, 5.0, 5.0);
        a.oval(Is(CRIMSON), 50.0, 83.0, 5.0, 5.0);
        a.oval(Is(WATER), 74.0, 83.0, 5.0, 5.0);
        a.oval(Is(CRIMSON), 50.0, 60.0, 6.0, 8.0);
    }
}

fn spectacles(a: &mut Art<'_>) {
    let (whole, round) = (a.on(0), a.on(1));
    a.both_sides(|a| a.limb(Main, 5.5, "M6 44 L0 36"));
    a.limb(Main, 6.0, "M42 46 Q50 38 58 46");
    let glass = Clear(Rgb(196, 226, 240), 0.75);
    a.both_sides(|a| match round {
        true => {
            a.spot(glass, 25.0, 52.0, 19.0, 19.0);
            a.ring(Flat, 6.5, 25.0, 52.0, 20.0, 20.0);
        }
        false => {
            a.bare(glass, "M6 38 L44 38 L44 66 L6 66 Z");
            a.limb(Flat, 6.5, "M6 38 L44 38 L44 66 L6 66 L6 38");
        }
    });
    if !whole {
        a.line(
            Is(BLACK),
            2.4,
            "M75 52 L62 40 M75 52 L88 40 M75 52 L90 58 M75 52 L72 70 M75 52 L60 58",
        );
        a.star(Is(NIGHT), [75.0, 52.0], 6, 9.0, 4.5);
    }
}

fn glove(a: &mut Art<'_>) {
    let (button, long) = (a.on(0), a.on(1));
    let low = if long { 99.0 } else { 80.0 };
    for (x, top) in [(32.0, 20.0), (45.0, 8.0), (58.0, 10.0), (71.0, 22.0)] {
        a.limb(Main, 12.0, &format!("M{x} 50 L{x} {top}"));
    }
    a.limb(Main, 12.0, "M34 64 L14 44");
    a.fill(
        Main,
        &format!(
            "M26 46 L77 46 L76 {} L74 {low} L30 {low} L28 {} Z",
            low - 16.0,
            low - 16.0
        ),
    );
    a.slab(Dark, [27.0, low - 10.0, 50.0, 10.0], 3.0);
    if button {
        a.oval(Is(GLOW), 52.0, 64.0, 7.0, 7.0);
    }
}
