//! Birds.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("bird", "birds", bird)
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[
            Part("a worm"),
            State("flying", "sitting"),
            Made("a long tail", "a short tail"),
        ]),
    Kind::new("duck", "ducks", duck)
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("a scarf"), State("awake", "asleep")]),
    Kind::new("owl", "owls", owl)
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[State("awake", "asleep"), Made("pointed ears", "round ears")]),
    Kind::new("penguin", "penguins", penguin)
        .looks()
        .views(&[Front, Side, Behind])
        .aspects(&[Part("a scarf"), Made("raised wings", "hanging wings")]),
];

fn bird(a: &mut Art<'_>) {
    let (worm, flying, long) = (a.on(0), a.on(1), a.on(2));
    let beak = Is(FLAME);
    if a.view() == Front {
        if flying {
            a.both_sides(|a| a.fill(Dark, "M36 56 C20 56 4 44 0 24 C18 26 34 34 40 46 Z"));
        }
        a.oval(Main, 50.0, 62.0, 22.0, 26.0);
        a.oval(Light, 50.0, 70.0, 13.0, 15.0);
        if !flying {
            a.both_sides(|a| a.fill(Dark, "M30 54 C22 64 26 80 36 82 C32 70 34 62 34 56 Z"));
        }
        a.oval(Main, 50.0, 32.0, 17.0, 16.0);
        a.both_sides(|a| a.limb(beak, 3.0, "M43 87 L43 96 L37 97"));
        a.eye(42.0, 30.0, 4.0, true);
        a.eye(58.0, 30.0, 4.0, true);
        a.fill(beak, "M45 35 L55 35 L50 45 Z");
        if worm {
            a.limb(Is(ROSE), 3.5, "M42 46 Q46 40 50 44 Q55 48 60 43");
        }
        return;
    }
    match long {
        true => a.fill(Dark, "M30 52 L0 40 L2 54 L32 64 Z"),
        false => a.fill(Dark, "M30 52 L14 47 L15 58 L32 64 Z"),
    }
    if flying {
        a.fill(Dark, "M54 48 C60 30 56 14 46 4 C40 20 40 36 42 48 Z");
    } else {
        a.limb(beak, 2.8, "M46 76 L46 92 L53 92 M56 76 L56 92 L63 92");
    }
    a.fill(
        Main,
        "M26 56 C34 42 54 44 62 38 L78 40 C82 62 66 78 48 78 C36 78 28 68 26 56 Z",
    );
    a.oval(Main, 72.0, 34.0, 15.0, 14.0);
    a.fill(beak, "M85 30 L99 36 L84 41 Z");
    a.eye(75.0, 31.0, 3.6, true);
    match flying {
        true => a.fill(Dark, "M48 54 C44 36 30 18 18 12 C18 34 26 52 38 60 Z"),
        false => a.fill(Dark, "M34 54 C44 50 58 52 62 56 C58 68 42 70 34 54 Z"),
    }
    if worm {
        a.limb(Is(ROSE), 3.5, "M92 36 Q84 44 90 50 Q96 54 92 60");
    }
}

fn duck(a: &mut Art<'_>) {
    let (scarf, awake) = (a.on(0), a.on(1));
    let beak = Is(FLAME);
    if a.view() == Front {
        a.both_sides(|a| a.fill(beak, "M42 88 L30 98 L46 98 Z"));
        a.oval(Main, 50.0, 68.0, 28.0, 24.0);
        a.both_sides(|a| a.fill(Dark, "M26 56 C14 66 20 84 32 84 C28 74 28 64 30 58 Z"));
        a.oval(Main, 50.0, 30.0, 20.0, 20.0);
        if scarf {
            a.slab(Is(CRIMSON), [34.0, 45.0, 32.0, 8.0], 4.0);
            a.slab(Is(CRIMSON), [54.0, 48.0, 8.0, 20.0], 2.0);
        }
        a.eye(42.0, 26.0, 4.2, awake);
        a.eye(58.0, 26.0, 4.2, awake);
        a.oval(beak, 50.0, 38.0, 12.0, 5.5);
        return;
    }
    a.fill(beak, "M40 86 L40 94 L52 94 L46 86 Z");
    a.fill(
        Main,
        "M4 50 C14 58 28 52 44 56 L62 48 C84 56 80 88 52 88 C24 90 8 76 4 50 Z",
    );
    a.fill(Dark, "M24 62 C36 56 52 60 58 66 C52 80 32 80 24 62 Z");
    a.fill(
        Main,
        "M58 54 C60 44 58 40 58 30 L78 36 C78 46 76 50 78 60 Z",
    );
    a.oval(Main, 68.0, 26.0, 16.0, 16.0);
    if scarf {
        a.limb(Is(CRIMSON), 7.0, "M58 44 Q68 50 78 43");
        a.limb(Is(CRIMSON), 6.0, "M60 46 L54 62");
    }
    a.fill(beak, "M81 22 L98 26 Q100 32 94 33 L80 33 Z");
    a.eye(71.0, 22.0, 5.4, awake);
}

fn owl(a: &mut Art<'_>) {
    let (awake, pointed) = (a.on(0), a.on(1));
    a.both_sides(|a| match pointed {
        true => a.fill(Dark, "M26 30 L22 2 L46 16 Z"),
        false => a.oval(Dark, 32.0, 16.0, 9.0, 9.0),
    });
    a.both_sides(|a| a.limb(Is(FLAME), 4.0, "M42 88 L42 95"));
    a.fill(Main, "M22 40 C22 2 78 2 78 40 L76 70 C72 96 28 96 24 70 Z");
    if a.view() == Behind {
        a.line(Dark, 2.0, "M36 28 Q40 34 44 28 M56 28 Q60 34 64 28");
        a.both_sides(|a| a.fill(Dark, "M22 44 C34 50 48 64 44 86 C28 84 22 66 22 44 Z"));
        return;
    }
    a.oval(Light, 50.0, 70.0, 17.0, 18.0);
    a.line(
        Dark,
        2.0,
        "M40 64 Q44 69 48 64 M52 64 Q56 69 60 64 M46 74 Q50 79 54 74",
    );
    a.both_sides(|a| a.fill(Dark, "M22 44 C14 58 18 78 30 82 C30 68 28 56 28 48 Z"));
    a.both_sides(|a| {
        a.oval(Light, 37.0, 34.0, 14.0, 14.0);
        match awake {
            true => {
                a.spot(Is(GLOW), 37.0, 34.0, 9.5, 9.5);
                a.spot(Is(BLACK), 37.0, 34.0, 5.0, 5.0);
            }
            false => a.line(Is(BLACK), 2.8, "M28 34 Q37 43 46 34"),
        }
    });
    a.fill(Is(FLAME), "M45 42 L55 42 L50 53 Z");
}

fn penguin(a: &mut Art<'_>) {
    let (scarf, raised) = (a.on(0), a.on(1));
    let orange = Is(FLAME);
    if a.view() == Side {
        a.fill(orange, "M44 90 L66 90 L70 97 L44 97 Z");
        a.fill(
            Main,
            "M30 92 C22 70 28 40 36 26 C40 8 62 4 68 20 L72 40 C78 62 76 84 66 93 Z",
        );
        a.fill(
            Is(WHITE),
            "M58 38 C72 50 74 82 62 91 L52 91 C60 74 58 56 54 42 Z",
        );
        match raised {
            true => a.fill(Dark, "M42 46 L14 34 L16 24 L50 38 Z"),
            false => a.fill(Dark, "M42 42 C34 56 36 70 42 78 C52 68 54 52 50 42 Z"),
        }
        a.fill(orange, "M67 18 L88 23 L67 28 Z");
        a.eye(60.0, 18.0, 3.6, true);
        if scarf {
            a.limb(Is(CRIMSON), 6.5, "M38 34 Q54 42 70 34");
            a.limb(Is(CRIMSON), 6.0, "M42 37 L36 54");
        }
        return;
    }
    let behind = a.view() == Behind;
    a.both_sides(|a| a.fill(orange, "M46 88 L28 97 L48 97 Z"));
    a.both_sides(|a| match raised {
        true => a.fill(Dark, "M30 46 L4 26 L10 18 L38 36 Z"),
        false => a.fill(Dark, "M30 42 C18 54 18 72 26 80 C32 68 34 54 34 44 Z"),
    });
    a.fill(
        Main,
        "M26 70 C26 46 32 34 34 26 C36 4 64 4 66 26 C68 34 74 46 74 70 C74 98 26 98 26 70 Z",
    );
    if behind {
        a.fill(Dark, "M44 88 L56 88 L50 98 Z");
    } else {
        a.oval(Is(WHITE), 50.0, 66.0, 17.0, 24.0);
        a.both_sides(|a| a.spot(Is(WHITE), 43.0, 24.0, 7.0, 8.0));
        a.eye(44.0, 22.0, 3.6, true);
        a.eye(56.0, 22.0, 3.6, true);
        a.fill(orange, "M44 28 L56 28 L50 36 Z");
    }
    if scarf {
        a.slab(Is(CRIMSON), [31.0, 36.0, 38.0, 8.0], 4.0);
        a.slab(Is(CRIMSON), [56.0, 40.0, 8.0, 20.0], 2.0);
    }
}
