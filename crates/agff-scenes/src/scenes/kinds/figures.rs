//! What is not alive and has a face.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("robot", "robots", robot)
        .looks()
        .views(&[Front, Side, Behind])
        .aspects(&[
            Part("an antenna"),
            State("happy", "sad"),
            Made("a round head", "a square head"),
            Made("wheels", "legs"),
        ]),
    Kind::new("face", "faces", face).aspects(&[
        Part("a hat"),
        State("happy", "sad"),
        State("awake", "asleep"),
        Shape("round", "square"),
    ]),
    Kind::new("ghost", "ghosts", ghost).aspects(&[
        Part("a bow tie"),
        State("happy", "sad"),
        Made("raised arms", "hanging arms"),
    ]),
    Kind::new("teddy bear", "teddy bears", teddy)
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[
            Part("a bow tie"),
            State("awake", "asleep"),
            Made("raised arms", "hanging arms"),
        ]),
    Kind::new("mask", "masks", mask)
        .patterned()
        .aspects(&[Part("feathers"), State("happy", "sad")]),
];

fn bow_tie(a: &mut Art<'_>, y: f32) {
    a.both_sides(|a| {
        a.fill(
            Is(CRIMSON),
            &format!("M50 {y} L36 {} L36 {} Z", y - 7.0, y + 7.0),
        )
    });
    a.oval(Is(CRIMSON), 50.0, y, 4.0, 4.0);
}

fn robot(a: &mut Art<'_>) {
    let (antenna, happy, round, wheels) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let side = a.view() == Side;
    if antenna {
        a.line(Is(BLACK), 3.0, "M50 12 L50 -4");
        a.oval(Is(CRIMSON), 50.0, -6.0, 5.0, 5.0);
    }
    let (x, w) = if side { (36.0, 28.0) } else { (28.0, 44.0) };
    match (wheels, side) {
        (true, true) => a.oval(Is(BLACK), 50.0, 90.0, 9.0, 9.0),
        (true, false) => a.both_sides(|a| a.oval(Is(BLACK), 36.0, 90.0, 9.0, 9.0)),
        (false, true) => {
            a.slab(Is(STEEL), [45.0, 78.0, 11.0, 20.0], 1.0);
            a.slab(Is(BLACK), [44.0, 92.0, 20.0, 7.0], 2.0);
        }
        (false, false) => a.both_sides(|a| {
            a.slab(Is(STEEL), [33.0, 78.0, 10.0, 16.0], 1.0);
            a.slab(Is(BLACK), [29.0, 92.0, 17.0, 7.0], 2.0);
        }),
    }
    if !side {
        a.both_sides(|a| {
            a.limb(Is(STEEL), 7.0, "M28 50 L14 54 L14 68");
            a.oval(Is(BLACK), 14.0, 71.0, 5.5, 5.5);
        });
    }
    a.slab(Main, [x, 44.0, w, 38.0], 4.0);
    match (round, side) {
        (true, true) => a.oval(Main, 50.0, 26.0, 17.0, 16.0),
        (true, false) => a.oval(Main, 50.0, 26.0, 21.0, 17.0),
        (false, true) => a.slab(Main, [36.0, 10.0, 28.0, 32.0], 3.0),
        (false, false) => a.slab(Main, [28.0, 10.0, 44.0, 32.0], 3.0),
    }
    match a.view() {
        Side => {
            a.oval(Is(GLOW), 60.0, 22.0, 5.0, 5.0);
            a.slab(Is(BLACK), [54.0, 32.0, 12.0, 4.0], 1.0);
            a.limb(Is(STEEL), 7.0, "M50 52 L52 62 L72 62");
            a.oval(Is(BLACK), 75.0, 62.0, 5.0, 5.0);
        }
        Behind => {
            a.slab(Dark, [38.0, 52.0, 24.0, 22.0], 2.0);
            a.line(Is(BLACK), 2.4, "M42 58 L58 58 M42 64 L58 64 M42 70 L58 70");
        }
        Front | Above => {
            a.both_sides(|a| {
                a.oval(Is(GLOW), 42.0, 22.0, 5.5, 5.5);
                a.spot(Is(BLACK), 42.0, 22.0, 2.4, 2.4);
            });
            people::mouth(a, a.ink(), [50.0, 33.0], 8.0, happy);
            a.slab(Light, [38.0, 54.0, 24.0, 16.0], 2.0);
            a.spot(Is(CRIMSON), 44.0, 62.0, 3.0, 3.0);
            a.spot(Is(LEAF), 55.0, 62.0, 3.0, 3.0);
        }
    }
}

fn face(a: &mut Art<'_>) {
    let (hat, happy, awake, round) = (a.on(0), a.on(1), a.on(2), a.on(3));
    match round {
        true => a.oval(Main, 50.0, 52.0, 44.0, 44.0),
        false => a.slab(Main, [8.0, 10.0, 84.0, 84.0], 6.0),
    }
    a.eye(34.0, 42.0, 8.0, awake);
    a.eye(66.0, 42.0, 8.0, awake);
    let ink = a.ink();
    match happy {
        true => a.line(ink, 5.0, "M28 64 Q50 90 72 64"),
        false => a.line(ink, 5.0, "M30 78 Q50 56 70 78"),
    }
    if hat {
        a.fill(Is(CRIMSON), "M26 14 L74 14 L50 -28 Z");
        a.oval(Is(GLOW), 50.0, -27.0, 6.0, 6.0);
    }
}

fn ghost(a: &mut Art<'_>) {
    let (tie, happy, raised) = (a.on(0), a.on(1), a.on(2));
    a.both_sides(|a| match raised {
        true => a.limb(Main, 13.0, "M28 52 L8 30"),
        false => a.limb(Main, 13.0, "M26 52 L12 74"),
    });
    a.fill(Main, "M18 96 L18 44 C18 -6 82 -6 82 44 L82 96 Q76 84 66 94 Q58 84 50 94 Q42 84 34 94 Q24 84 18 96 Z");
    a.eye(40.0, 34.0, 6.5, true);
    a.eye(60.0, 34.0, 6.5, true);
    let ink = a.ink();
    match happy {
        true => a.line(ink, 4.0, "M38 50 Q50 64 62 50"),
        false => a.line(ink, 4.0, "M38 58 Q50 46 62 58"),
    }
    if tie {
        bow_tie(a, 70.0);
    }
}

fn teddy(a: &mut Art<'_>) {
    let (tie, awake, raised) = (a.on(0), a.on(1), a.on(2));
    let behind = a.view() == Behind;
    a.both_sides(|a| {
        a.oval(Main, 30.0, 90.0, 13.0, 9.0);
        if !behind {
            a.spot(Light, 28.0, 90.0, 7.0, 5.0);
        }
        a.oval(Main, 30.0, 12.0, 10.0, 10.0);
        match raised {
            true => a.limb(Main, 13.0, "M32 58 L12 38"),
            false => a.limb(Main, 13.0, "M32 58 L16 74"),
        }
    });
    a.oval(Main, 50.0, 70.0, 25.0, 25.0);
    a.oval(Main, 50.0, 28.0, 25.0, 22.0);
    if behind {
        a.oval(Light, 50.0, 84.0, 6.0, 6.0);
        a.line(Dark, 2.4, "M50 50 L50 74");
    } else {
        a.oval(Light, 50.0, 72.0, 14.0, 15.0);
        a.oval(Light, 50.0, 35.0, 11.0, 9.0);
        a.eye(40.0, 23.0, 4.5, awake);
        a.eye(60.0, 23.0, 4.5, awake);
        a.oval(Is(BLACK), 50.0, 31.0, 4.5, 3.4);
        a.line(
            Is(BLACK),
            1.8,
            "M50 34 L50 38 Q46 42 43 39 M50 38 Q54 42 57 39",
        );
    }
    if tie {
        bow_tie(a, 51.0);
    }
}

fn mask(a: &mut Art<'_>) {
    let (feathers, happy) = (a.on(0), a.on(1));
    if feathers {
        for (degrees, rgb) in [(-36.0, WATER), (-12.0, CRIMSON), (12.0, GLOW), (36.0, LEAF)] {
            a.turned(degrees, [50.0, 70.0], |a| {
                a.fill(Is(rgb), "M50 24 Q36 2 50 -16 Q64 2 50 24 Z")
            });
        }
    }
    a.fill(
        Main,
        "M10 14 Q50 26 90 14 C94 56 78 90 50 97 C22 90 6 56 10 14 Z",
    );
    a.both_sides(|a| a.fill(a.hollow(), "M22 40 Q32 28 44 42 Q32 50 22 40 Z"));
    match happy {
        true => a.fill(
            a.hollow(),
            "M28 62 Q50 74 72 62 Q66 86 50 86 Q34 86 28 62 Z",
        ),
        false => a.fill(
            a.hollow(),
            "M30 82 Q34 62 50 62 Q66 62 70 82 Q50 70 30 82 Z",
        ),
    }
}
