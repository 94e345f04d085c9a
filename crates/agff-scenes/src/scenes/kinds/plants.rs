//! Trees, flowers and other plants.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("tree", "trees", tree)
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("apples"),
            Part("a bird"),
            Made("a round crown", "a pointed crown"),
        ]),
    Kind::new("flower", "flowers", flower)
        .views(&[Side, Above])
        .aspects(&[
            Part("leaves"),
            State("fresh", "wilted"),
            Made("round petals", "pointed petals"),
        ]),
    Kind::new("cactus", "cactuses", cactus)
        .any_way_up()
        .patterned()
        .aspects(&[Part("a flower"), Part("a pot"), Made("two arms", "no arms")]),
    Kind::new("mushroom", "mushrooms", mushroom)
        .views(&[Side, Above])
        .aspects(&[
            Part("spots"),
            State("whole", "bitten"),
            Made("a pointed cap", "a flat cap"),
        ]),
    Kind::new("palm tree", "palm trees", palm)
        .aspects(&[Part("coconuts"), Made("a curved trunk", "a straight trunk")]),
    Kind::new("leaf", "leaves", big_leaf)
        .any_way_up()
        .patterned()
        .aspects(&[Part("a hole"), Shape("round", "narrow")]),
];

fn tree(a: &mut Art<'_>) {
    let (apples, bird, round) = (a.on(0), a.on(1), a.on(2));
    let red = Is(CRIMSON);
    if a.view() == Above {
        match round {
            true => a.fill(Main, "M50 6 C64 -2 76 10 76 18 C92 18 98 34 90 44 C100 56 92 72 82 74 C82 90 66 98 54 92 C42 100 26 94 24 80 C8 78 2 62 10 50 C2 36 12 20 26 20 C28 6 40 2 50 6 Z"),
            false => a.star(Main, [50.0, 50.0], 9, 48.0, 30.0),
        }
        match round {
            true => a.line(
                Dark,
                3.0,
                "M34 36 Q42 28 50 36 M56 56 Q64 48 72 56 M28 62 Q36 54 44 62",
            ),
            false => a.star(Dark, [50.0, 50.0], 9, 26.0, 13.0),
        }
        if apples {
            for (x, y) in [
                (36.0, 30.0),
                (66.0, 34.0),
                (30.0, 60.0),
                (62.0, 68.0),
                (48.0, 48.0),
            ] {
                a.oval(red, x, y, 5.5, 5.5);
            }
        }
        if bird {
            a.oval(Is(WATER), 74.0, 26.0, 9.0, 6.0);
            a.fill(Is(FLAME), "M83 24 L91 26 L83 29 Z");
        }
        return;
    }
    a.fill(Is(BARK), "M43 56 L57 56 L61 97 L39 97 Z");
    match round {
        true => a.fill(Main, "M28 68 C8 70 4 48 18 40 C10 22 28 8 42 14 C54 -2 78 6 78 24 C96 28 98 50 84 56 C82 70 64 74 54 66 C46 74 34 74 28 68 Z"),
        false => {
            a.fill(Main, "M50 26 L82 76 L18 76 Z");
            a.fill(Main, "M50 12 L76 54 L24 54 Z");
            a.fill(Main, "M50 0 L68 32 L32 32 Z");
        }
    }
    if apples {
        let places = match round {
            true => [
                (30.0, 32.0),
                (56.0, 22.0),
                (70.0, 44.0),
                (42.0, 52.0),
                (24.0, 54.0),
            ],
            false => [
                (50.0, 20.0),
                (42.0, 44.0),
                (58.0, 46.0),
                (34.0, 66.0),
                (64.0, 67.0),
            ],
        };
        for (x, y) in places {
            a.oval(red, x, y, 5.5, 5.5);
        }
    }
    if bird {
        let y = if round { 4.0 } else { -5.0 };
        a.fill(
            Is(FLAME),
            &format!("M60 {} L70 {} L60 {} Z", y - 6.0, y - 3.0, y - 1.0),
        );
        a.oval(Is(WATER), 50.0, y, 12.0, 7.0);
        a.fill(
            Is(WATER),
            &format!("M40 {y} L26 {} L38 {} Z", y - 7.0, y + 5.0),
        );
        a.spot(Is(BLACK), 57.0, y - 2.0, 1.6, 1.6);
    }
}

fn blossom(a: &mut Art<'_>, [x, y]: [f32; 2], size: f32, round: bool) {
    for petal in 0..6u8 {
        a.turned(f32::from(petal) * 60.0, [x, y], |a| match round {
            true => a.oval(Main, x, y - size * 0.62, size * 0.34, size * 0.4),
            false => a.fill(
                Main,
                &format!(
                    "M{x} {y} L{} {} L{x} {} L{} {} Z",
                    x - size * 0.3,
                    y - size * 0.5,
                    y - size,
                    x + size * 0.3,
                    y - size * 0.5
                ),
            ),
        });
    }
    a.oval(Accent, x, y, size * 0.3, size * 0.3);
}

fn flower(a: &mut Art<'_>) {
    let (leaves, fresh, round) = (a.on(0), a.on(1), a.on(2));
    let green = Is(LEAF);
    if a.view() == Above {
        if leaves {
            for degrees in [30.0, 150.0, 270.0] {
                a.turned(degrees, [50.0, 50.0], |a| {
                    a.fill(green, "M50 50 Q36 16 50 -2 Q64 16 50 50 Z")
                });
            }
        }
        let size = if fresh { 42.0 } else { 26.0 };
        blossom(a, [50.0, 50.0], size, round);
        if !fresh {
            a.fill(Main, "M78 74 Q86 66 94 76 Q88 86 78 74 Z");
            a.fill(Main, "M16 80 Q26 76 28 88 Q18 92 16 80 Z");
        }
        return;
    }
    if leaves {
        a.fill(green, "M50 78 Q22 76 16 56 Q40 54 50 78 Z");
        a.fill(green, "M50 84 Q78 82 84 62 Q60 60 50 84 Z");
    }
    match fresh {
        true => {
            a.limb(green, 4.5, "M50 98 L50 34");
            blossom(a, [50.0, 30.0], 29.0, round);
        }
        false => {
            a.limb(green, 4.5, "M50 98 L50 46 C50 20 74 20 76 44");
            a.turned(160.0, [77.0, 50.0], |a| {
                blossom(a, [77.0, 50.0], 21.0, round)
            });
            a.fill(Main, "M66 92 Q74 84 84 92 Q76 100 66 92 Z");
            a.fill(Main, "M28 94 Q34 88 42 94 Q36 100 28 94 Z");
        }
    }
}

fn cactus(a: &mut Art<'_>) {
    let (bloom, pot, arms) = (a.on(0), a.on(1), a.on(2));
    if arms {
        a.limb(Main, 12.0, "M50 56 L26 56 Q20 56 20 48 L20 34");
        a.limb(Main, 12.0, "M50 48 L74 48 Q80 48 80 40 L80 24");
    }
    a.slab(Main, [37.0, 8.0, 26.0, 88.0], 13.0);
    a.line(Dark, 2.2, "M45 18 L45 70 M50 14 L50 74 M55 18 L55 70");
    if bloom {
        for degrees in [-60.0, -30.0, 0.0, 30.0, 60.0] {
            a.turned(degrees, [50.0, 12.0], |a| {
                a.oval(Is(ROSE), 50.0, 1.0, 4.5, 9.0)
            });
        }
        a.oval(Is(GLOW), 50.0, 10.0, 5.0, 4.0);
    }
    if pot {
        a.fill(Is(CRIMSON), "M28 76 L72 76 L66 99 L34 99 Z");
        a.rect(Is(CRIMSON), 24.0, 70.0, 52.0, 9.0);
    }
}

fn mushroom(a: &mut Art<'_>) {
    let (spots, whole, pointed) = (a.on(0), a.on(1), a.on(2));
    let pale = a.figure.main.distance(CREAM) < 0.6;
    let dots = Is(if pale { CRIMSON } else { CREAM });
    if a.view() == Above {
        match whole {
            true => a.oval(Main, 50.0, 50.0, 44.0, 44.0),
            false => a.fill(Main, "M50 6 C60 6 70 9 77 15 C66 22 70 34 80 32 C76 44 84 50 93 46 C96 72 76 94 50 94 C24 94 6 74 6 50 C6 26 24 6 50 6 Z"),
        }
        if pointed {
            a.oval(Light, 50.0, 50.0, 10.0, 10.0);
        } else {
            a.ring(Dark, 3.0, 50.0, 50.0, 32.0, 32.0);
        }
        if spots {
            for (x, y, r) in [
                (30.0, 32.0, 7.0),
                (54.0, 26.0, 5.5),
                (28.0, 62.0, 6.0),
                (56.0, 76.0, 7.0),
                (74.0, 62.0, 6.0),
            ] {
                a.spot(dots, x, y, r, r);
            }
        }
        return;
    }
    a.fill(
        Is(CREAM),
        "M40 54 Q42 74 36 92 Q50 100 64 92 Q58 74 60 54 Z",
    );
    match (pointed, whole) {
        (true, true) => a.fill(Main, "M6 62 Q30 46 50 2 Q70 46 94 62 Q50 72 6 62 Z"),
        (true, false) => a.fill(Main, "M6 62 Q30 46 50 2 Q56 18 64 30 C58 36 62 44 70 42 C68 50 72 56 80 54 Q86 58 94 62 Q50 72 6 62 Z"),
        (false, true) => a.fill(Main, "M4 58 C4 24 96 24 96 58 Q50 68 4 58 Z"),
        (false, false) => a.fill(Main, "M4 58 C4 30 44 28 62 35 C58 41 64 47 71 44 C68 52 76 56 82 52 L96 58 Q50 68 4 58 Z"),
    }
    if spots {
        let places = match pointed {
            true => [
                (50.0, 26.0, 5.0),
                (38.0, 48.0, 5.5),
                (57.0, 52.0, 5.0),
                (24.0, 59.0, 3.5),
            ],
            false => [
                (30.0, 44.0, 6.0),
                (50.0, 40.0, 5.0),
                (56.0, 54.0, 5.0),
                (16.0, 54.0, 4.0),
            ],
        };
        for (x, y, r) in places {
            a.spot(dots, x, y, r, r * 0.85);
        }
    }
}

fn palm(a: &mut Art<'_>) {
    let (coconuts, curved) = (a.on(0), a.on(1));
    let trunk = if curved {
        "M34 97 Q34 60 54 32"
    } else {
        "M52 97 L52 32"
    };
    a.limb(Is(WOOD), 9.0, trunk);
    for end in [
        "Q70 0 98 22",
        "Q78 24 94 54",
        "Q40 -4 10 14",
        "Q30 14 8 46",
        "Q54 -8 66 -4",
    ] {
        a.limb(Main, 6.5, &format!("M53 32 {end}"));
    }
    if coconuts {
        for (x, y) in [(46.0, 40.0), (58.0, 41.0), (52.0, 48.0)] {
            a.oval(Is(BARK), x, y, 6.0, 6.0);
        }
    }
}

fn big_leaf(a: &mut Art<'_>) {
    let (hole, round) = (a.on(0), a.on(1));
    let half = if round { 42.0 } else { 20.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    a.limb(Is(BARK), 4.5, "M50 78 L50 99");
    a.fill(
        Main,
        &format!("M50 2 C{right} 20 {right} 70 50 82 C{left} 70 {left} 20 50 2 Z"),
    );
    let reach = half * 0.5;
    a.line(
        Dark,
        2.4,
        &format!(
            "M50 12 L50 80 M50 36 L{} 26 M50 36 L{} 26 M50 54 L{} 44 M50 54 L{} 44",
            50.0 + reach,
            50.0 - reach,
            50.0 + reach,
            50.0 - reach
        ),
    );
    if hole {
        a.oval(a.hollow(), 50.0 + half * 0.3, 60.0, half * 0.24 + 1.0, 6.5);
    }
}
