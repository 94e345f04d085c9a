//! Animals of house and garden.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("cat", "cats", cat)
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            Part("a collar"),
            State("awake", "asleep"),
            Made("a long tail", "a short tail"),
        ]),
    Kind::new("dog", "dogs", dog)
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[
            Part("a collar"),
            Part("a bone"),
            Made("pointed ears", "hanging ears"),
        ]),
    Kind::new("pig", "pigs", pig)
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            State("clean", "dirty"),
            Made("a curly tail", "a straight tail"),
        ]),
    Kind::new("rabbit", "rabbits", rabbit)
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            Part("a carrot"),
            State("awake", "asleep"),
            Made("long ears", "short ears"),
        ]),
];

fn cat(a: &mut Art<'_>) {
    let (collar, awake, long) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Side {
        let tail = match long {
            true => "M20 58 C2 56 4 36 10 16",
            false => "M20 58 Q12 56 9 48",
        };
        a.limb(Main, 7.0, tail);
        a.limb(Dark, 8.0, "M30 64 L26 92");
        a.limb(Dark, 8.0, "M62 64 L66 92");
        a.fill(
            Main,
            "M16 62 C16 42 34 46 50 46 C62 46 74 44 74 60 C74 76 60 76 45 76 C26 76 16 76 16 62 Z",
        );
        a.limb(Main, 8.5, "M36 68 L38 92");
        a.limb(Main, 8.5, "M56 68 L56 92");
        if collar {
            a.limb(Is(CRIMSON), 5.0, "M62 50 Q70 60 84 56");
        }
        a.fill(Main, "M62 34 L63 10 L78 24 Z");
        a.fill(Main, "M80 24 L95 10 L96 34 Z");
        a.oval(Main, 79.0, 37.0, 18.0, 16.0);
        a.eye(73.0, 35.0, 4.0, awake);
        a.eye(87.0, 35.0, 4.0, awake);
        a.bare(Is(ROSE), "M78 42 L84 42 L81 46 Z");
        return;
    }
    let behind = a.view() == Behind;
    a.limb(
        Main,
        7.0,
        match (long, behind) {
            (true, false) => "M70 86 C92 86 90 64 88 52",
            (false, false) => "M70 86 Q84 88 84 80",
            (true, true) => "M50 80 C60 96 84 92 84 66",
            (false, true) => "M50 80 Q54 90 66 88",
        },
    );
    a.fill(
        Main,
        "M28 92 C20 60 34 48 50 48 C66 48 80 60 72 92 Q50 98 28 92 Z",
    );
    if !behind {
        a.limb(Light, 8.0, "M42 66 L42 90");
        a.limb(Light, 8.0, "M58 66 L58 90");
    } else {
        let tail = match long {
            true => "M50 86 C64 98 88 90 82 62",
            false => "M50 86 Q56 94 66 90",
        };
        a.limb(Dark, 7.0, tail);
    }
    a.both_sides(|a| a.fill(Main, "M27 30 L28 4 L46 16 Z"));
    if collar {
        a.slab(Is(CRIMSON), [34.0, 48.0, 32.0, 7.0], 3.0);
    }
    a.oval(Main, 50.0, 32.0, 24.0, 20.0);
    if !behind {
        a.eye(41.0, 30.0, 5.0, awake);
        a.eye(59.0, 30.0, 5.0, awake);
        a.bare(Is(ROSE), "M46 38 L54 38 L50 43 Z");
        a.line(Dark, 1.5, "M50 43 Q46 47 43 44 M50 43 Q54 47 57 44");
    } else {
        a.both_sides(|a| a.line(Dark, 2.0, "M36 20 Q42 26 40 32"));
    }
}

fn dog(a: &mut Art<'_>) {
    let (collar, bone, pointed) = (a.on(0), a.on(1), a.on(2));
    let bone_at = |a: &mut Art<'_>, x: f32, y: f32| {
        a.limb(
            Is(CREAM),
            5.0,
            &format!("M{} {y} L{} {y}", x - 10.0, x + 10.0),
        );
        for side in [-11.0, 11.0] {
            a.oval(Is(CREAM), x + side, y - 3.0, 3.6, 3.6);
            a.oval(Is(CREAM), x + side, y + 3.0, 3.6, 3.6);
        }
    };
    if a.view() == Side {
        a.limb(Main, 6.0, "M18 52 Q6 44 6 28");
        a.limb(Dark, 9.0, "M26 66 L24 94");
        a.limb(Dark, 9.0, "M62 66 L66 94");
        a.fill(
            Main,
            "M14 58 C14 42 28 46 44 46 L60 40 C76 40 74 72 64 74 L26 76 C16 76 14 68 14 58 Z",
        );
        a.limb(Main, 9.5, "M32 68 L34 94");
        a.limb(Main, 9.5, "M55 68 L56 94");
        a.fill(Main, "M54 50 C52 26 58 16 72 16 C80 16 82 24 84 28 L94 31 C99 33 98 43 92 44 L78 46 L72 58 Z");
        if collar {
            a.limb(Is(CRIMSON), 6.0, "M56 48 Q64 58 74 54");
        }
        match pointed {
            true => a.fill(Dark, "M58 26 L55 2 L72 16 Z"),
            false => a.fill(Dark, "M60 18 C46 20 48 44 56 46 C64 44 66 26 66 20 Z"),
        }
        a.eye(77.0, 26.0, 3.6, true);
        a.oval(Is(BLACK), 95.0, 33.0, 4.0, 3.4);
        if bone {
            bone_at(a, 88.0, 47.0);
        }
        return;
    }
    a.fill(Main, "M28 94 C22 66 34 54 50 54 C66 54 78 66 72 94 Z");
    a.limb(Light, 9.0, "M42 70 L42 92");
    a.limb(Light, 9.0, "M58 70 L58 92");
    if collar {
        a.slab(Is(CRIMSON), [34.0, 56.0, 32.0, 7.0], 3.0);
    }
    a.oval(Main, 50.0, 34.0, 22.0, 24.0);
    a.both_sides(|a| match pointed {
        true => a.fill(Dark, "M29 24 L24 0 L44 12 Z"),
        false => a.fill(Dark, "M36 12 C18 10 18 44 26 50 C34 46 34 28 38 18 Z"),
    });
    a.oval(Light, 50.0, 44.0, 13.0, 11.0);
    a.eye(42.0, 28.0, 4.0, true);
    a.eye(58.0, 28.0, 4.0, true);
    a.oval(Is(BLACK), 50.0, 38.0, 5.5, 4.0);
    a.line(
        Is(BLACK),
        1.8,
        "M50 42 L50 47 Q45 51 41 47 M50 47 Q55 51 59 47",
    );
    if bone {
        bone_at(a, 50.0, 52.0);
    }
}

fn pig(a: &mut Art<'_>) {
    let (clean, curly) = (a.on(0), a.on(1));
    let mud = |a: &mut Art<'_>, spots: &[[f32; 4]]| {
        for &[x, y, rx, ry] in spots.iter().filter(|_| !clean) {
            a.spot(Is(BARK), x, y, rx, ry);
        }
    };
    if a.view() == Side {
        let tail = match curly {
            true => "M16 52 C2 52 2 38 10 40 C16 42 10 50 4 44",
            false => "M16 52 L2 46",
        };
        a.limb(Main, 3.5, tail);
        a.limb(Dark, 10.0, "M30 72 L30 88");
        a.limb(Dark, 10.0, "M66 72 L66 88");
        a.oval(Main, 46.0, 56.0, 33.0, 23.0);
        mud(
            a,
            &[
                [28.0, 62.0, 9.0, 6.0],
                [52.0, 70.0, 12.0, 5.0],
                [46.0, 46.0, 6.0, 5.0],
            ],
        );
        a.limb(Main, 10.5, "M38 76 L38 88");
        a.limb(Main, 10.5, "M58 76 L58 88");
        a.oval(Main, 76.0, 48.0, 17.0, 17.0);
        a.fill(Dark, "M62 36 L66 20 L78 31 Z");
        a.oval(Light, 92.0, 51.0, 6.0, 8.5);
        a.spot(Is(BLACK), 92.0, 48.0, 1.5, 2.0);
        a.spot(Is(BLACK), 92.0, 54.0, 1.5, 2.0);
        a.eye(81.0, 41.0, 3.4, true);
        mud(a, &[[72.0, 56.0, 6.0, 5.0]]);
        return;
    }
    a.both_sides(|a| a.limb(Dark, 11.0, "M36 78 L36 92"));
    a.oval(Main, 50.0, 58.0, 34.0, 30.0);
    mud(a, &[[30.0, 70.0, 9.0, 7.0], [66.0, 78.0, 9.0, 5.0]]);
    if a.view() == Behind {
        let tail = match curly {
            true => "M50 52 C66 52 64 36 52 38 C42 40 48 52 60 46",
            false => "M50 54 L58 28",
        };
        a.limb(Dark, 4.0, tail);
        a.both_sides(|a| a.fill(Dark, "M28 34 L26 16 L42 27 Z"));
        return;
    }
    a.both_sides(|a| a.fill(Dark, "M28 30 L26 8 L44 20 Z"));
    a.oval(Main, 50.0, 40.0, 26.0, 24.0);
    a.oval(Light, 50.0, 48.0, 12.0, 9.0);
    a.spot(Is(BLACK), 46.0, 48.0, 2.2, 3.4);
    a.spot(Is(BLACK), 54.0, 48.0, 2.2, 3.4);
    a.eye(40.0, 33.0, 4.0, true);
    a.eye(60.0, 33.0, 4.0, true);
    mud(a, &[[66.0, 48.0, 6.0, 5.0]]);
}

fn rabbit(a: &mut Art<'_>) {
    let (carrot, awake, long) = (a.on(0), a.on(1), a.on(2));
    let root = |a: &mut Art<'_>, x: f32, y: f32| {
        let orange = Is(FLAME);
        let (left, right, low) = (x - 5.0, x + 5.0, y + 22.0);
        a.limb(
            Is(LEAF),
            3.0,
            &format!("M{x} {y} L{left} {} M{x} {y} L{right} {}", y - 9.0, y - 9.0),
        );
        a.fill(orange, &format!("M{left} {y} L{right} {y} L{x} {low} Z"));
    };
    if a.view() == Side {
        a.oval(Light, 14.0, 70.0, 8.0, 8.0);
        a.fill(
            Main,
            "M14 74 C12 48 40 40 58 54 C70 62 72 84 62 88 L24 90 C16 88 14 82 14 74 Z",
        );
        a.oval(Main, 32.0, 80.0, 16.0, 10.0);
        a.limb(Main, 7.0, "M62 76 L66 90");
        match long {
            true => {
                a.fill(Dark, "M62 40 C48 24 46 4 54 4 C62 4 68 24 68 38 Z");
                a.fill(Main, "M68 38 C60 18 64 0 72 2 C80 4 78 24 76 38 Z");
            }
            false => {
                a.fill(Dark, "M62 40 C54 34 52 24 58 24 C64 24 68 30 68 38 Z");
                a.fill(Main, "M68 38 C64 28 68 20 74 22 C80 24 78 32 76 38 Z");
            }
        }
        a.oval(Main, 73.0, 48.0, 17.0, 15.0);
        a.eye(78.0, 44.0, 5.5, awake);
        a.spot(Is(ROSE), 89.0, 49.0, 3.0, 2.5);
        if carrot {
            root(a, 84.0, 66.0);
        }
        return;
    }
    a.oval(Main, 50.0, 76.0, 26.0, 22.0);
    a.both_sides(|a| match long {
        true => {
            a.fill(Main, "M34 40 C24 20 24 0 33 0 C44 0 48 24 46 38 Z");
        }
        false => a.fill(Main, "M34 40 C26 32 26 20 33 20 C42 20 46 30 45 38 Z"),
    });
    a.oval(Main, 50.0, 46.0, 22.0, 19.0);
    if a.view() == Behind {
        a.oval(Light, 50.0, 82.0, 11.0, 11.0);
        return;
    }
    a.oval(Light, 50.0, 80.0, 15.0, 15.0);
    a.eye(41.0, 43.0, 5.0, awake);
    a.eye(59.0, 43.0, 5.0, awake);
    a.bare(Is(ROSE), "M46 50 L54 50 L50 55 Z");
    a.slab(Is(WHITE), [46.5, 57.0, 7.0, 7.0], 1.0);
    a.both_sides(|a| a.oval(Main, 32.0, 95.0, 9.0, 5.0));
    if carrot {
        root(a, 50.0, 70.0);
    }
}
