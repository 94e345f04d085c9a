//! People, and things with a face.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("man", "men", man)
        .looks()
        .views(&[Front, Side, Behind])
        .patterned()
        .aspects(&[
            Part("a hat"),
            Part("a beard"),
            Made("raised arms", "hanging arms"),
            State("happy", "sad"),
        ]),
    Kind::new("woman", "women", woman)
        .looks()
        .views(&[Front, Side, Behind])
        .patterned()
        .aspects(&[
            Part("a hat"),
            Made("long hair", "short hair"),
            Made("raised arms", "hanging arms"),
            State("happy", "sad"),
        ]),
    Kind::new("robot", "robots", robot)
        .looks()
        .views(&[Front, Side, Behind])
        .aspects(&[
            Part("an antenna"),
            State("happy", "sad"),
            Made("a round head", "a square head"),
            Made("wheels", "legs"),
        ]),
    Kind::new("snowman", "snowmen", snowman)
        .looks()
        .views(&[Front, Side])
        .aspects(&[
            Part("a hat"),
            Part("a broom"),
            State("happy", "sad"),
            Shape("tall", "short"),
        ]),
    Kind::new("face", "faces", face)
        .aspects(&[
            Part("a hat"),
            State("happy", "sad"),
            State("awake", "asleep"),
            Shape("round", "square"),
        ]),
    Kind::new("ghost", "ghosts", ghost)
        .aspects(&[
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

/// A mouth whose ends go up or down.
fn mouth(a: &mut Art<'_>, ink: Ink, [x, y]: [f32; 2], half: f32, happy: bool) {
    let (end, middle) = if happy { (y, y + half) } else { (y + half * 0.6, y - half * 0.5) };
    a.line(ink, half * 0.32, &format!("M{} {end} Q{x} {middle} {} {end}", x - half, x + half));
}

fn top_hat(a: &mut Art<'_>, x: f32, y: f32) {
    a.slab(Is(BLACK), [x - 11.0, y - 20.0, 22.0, 20.0], 2.0);
    a.rect(Is(CRIMSON), x - 11.0, y - 8.0, 22.0, 5.0);
    a.slab(Is(BLACK), [x - 18.0, y - 4.0, 36.0, 5.5], 2.5);
}

fn bow_tie(a: &mut Art<'_>, y: f32) {
    a.both_sides(|a| a.fill(Is(CRIMSON), &format!("M50 {y} L36 {} L36 {} Z", y - 7.0, y + 7.0)));
    a.oval(Is(CRIMSON), 50.0, y, 4.0, 4.0);
}

/// Arms and legs of a person seen from the front or from behind.
fn limbs(a: &mut Art<'_>, raised: bool) {
    a.both_sides(|a| {
        a.limb(Is(NIGHT), 9.0, "M43 68 L41 94");
        a.limb(Is(BLACK), 7.0, "M41 95 L36 96");
        match raised {
            true => {
                a.limb(Main, 8.0, "M36 46 L18 22");
                a.oval(Is(SKIN), 16.0, 19.0, 5.0, 5.0);
            }
            false => {
                a.limb(Main, 8.0, "M35 46 L26 66");
                a.oval(Is(SKIN), 25.0, 69.0, 5.0, 5.0);
            }
        }
    });
}

fn man(a: &mut Art<'_>) {
    let (hat, beard, raised, happy) = (a.on(0), a.on(1), a.on(2), a.on(3));
    if a.view() == Side {
        a.limb(Is(NIGHT), 9.0, "M47 66 L36 92");
        a.limb(Is(BLACK), 7.0, "M36 93 L42 94");
        a.limb(Is(NIGHT), 9.0, "M52 66 L60 92");
        a.limb(Is(BLACK), 7.0, "M60 93 L67 94");
        a.slab(Main, [39.0, 38.0, 22.0, 34.0], 8.0);
        a.oval(Is(SKIN), 52.0, 22.0, 14.0, 15.0);
        a.fill(Is(BARK), "M36 24 C34 4 56 2 64 12 Q52 14 46 18 L44 28 Z");
        a.fill(Is(SKIN), "M65 20 L71 25 L64 27 Z");
        if beard {
            a.fill(Is(BARK), "M48 27 Q56 30 66 28 Q66 42 54 42 Q46 38 48 27 Z");
        }
        a.spot(Is(BLACK), 60.0, 20.0, 2.2, 2.6);
        let bend = if happy { 30.0 } else { 34.0 };
        a.line(Is(if beard { ROSE } else { BLACK }), 1.9, &format!("M56 32 Q60 33 63 {bend}"));
        match raised {
            true => a.limb(Main, 8.0, "M50 46 L72 30"),
            false => a.limb(Main, 8.0, "M50 46 L56 66"),
        }
        let hand = if raised { (75.0, 28.0) } else { (57.0, 69.0) };
        a.oval(Is(SKIN), hand.0, hand.1, 5.0, 5.0);
        if hat {
            top_hat(a, 51.0, 11.0);
        }
        return;
    }
    limbs(a, raised);
    a.slab(Main, [34.0, 38.0, 32.0, 36.0], 8.0);
    a.oval(Is(SKIN), 50.0, 22.0, 15.0, 16.0);
    if a.view() == Behind {
        a.fill(Is(BARK), "M34 24 C32 2 68 2 66 24 Q62 36 50 36 Q38 36 34 24 Z");
    } else {
        a.fill(Is(BARK), "M34 20 C34 2 66 2 66 20 Q58 12 50 13 Q42 12 34 20 Z");
        if beard {
            a.fill(Is(BARK), "M35 24 Q42 29 50 28 Q58 29 65 24 C66 48 34 48 35 24 Z");
            a.bare(Is(SKIN), "M43 30 Q50 28 57 30 Q57 36 50 36 Q43 36 43 30 Z");
        }
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, 20.0, 2.2, 2.7));
        mouth(a, Is(BLACK), [50.0, 29.0], 5.5, happy);
    }
    if hat {
        top_hat(a, 50.0, 11.0);
    }
}

fn woman(a: &mut Art<'_>) {
    let (hat, long, raised, happy) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let hair = Is(STRAW);
    let straw_hat = |a: &mut Art<'_>, x: f32| {
        a.fill(Is(ROSE), &format!("M{} 11 C{} -8 {} -8 {} 11 Z", x - 14.0, x - 12.0, x + 12.0, x + 14.0));
        a.oval(Is(ROSE), x, 11.0, 25.0, 4.0);
    };
    if a.view() == Side {
        a.limb(Is(SKIN), 7.0, "M46 80 L42 94 M56 80 L58 94");
        a.limb(Is(BLACK), 6.0, "M42 95 L47 95 M58 95 L63 95");
        a.fill(Main, "M42 38 L60 38 L60 56 L70 84 L32 84 L42 56 Z");
        a.oval(Is(SKIN), 52.0, 22.0, 14.0, 15.0);
        match long {
            true => a.fill(hair, "M36 58 C28 40 30 2 54 5 Q64 8 64 15 Q50 14 48 26 Q50 44 44 58 Z"),
            false => a.fill(hair, "M38 32 C32 4 56 2 64 12 Q52 14 47 20 L46 32 Z"),
        }
        a.fill(Is(SKIN), "M65 20 L70 25 L64 27 Z");
        a.spot(Is(BLACK), 60.0, 20.0, 2.2, 2.6);
        a.line(Is(CRIMSON), 2.2, &format!("M58 32 Q62 33 65 {}", if happy { 30.0 } else { 34.0 }));
        match raised {
            true => a.limb(Main, 7.0, "M50 44 L72 28"),
            false => a.limb(Main, 7.0, "M50 44 L56 62"),
        }
        let hand = if raised { (75.0, 26.0) } else { (57.0, 65.0) };
        a.oval(Is(SKIN), hand.0, hand.1, 4.6, 4.6);
        if hat {
            straw_hat(a, 51.0);
        }
        return;
    }
    let behind = a.view() == Behind;
    if long && !behind {
        a.fill(hair, "M32 20 C32 0 68 0 68 20 L72 56 L28 56 Z");
    }
    a.both_sides(|a| {
        a.limb(Is(SKIN), 7.0, "M44 80 L43 93");
        a.limb(Is(BLACK), 6.0, "M43 95 L38 95");
        match raised {
            true => {
                a.limb(Main, 7.0, "M38 44 L20 22");
                a.oval(Is(SKIN), 18.0, 19.0, 4.6, 4.6);
            }
            false => {
                a.limb(Main, 7.0, "M38 44 L28 62");
                a.oval(Is(SKIN), 27.0, 65.0, 4.6, 4.6);
            }
        }
    });
    a.fill(Main, "M37 38 L63 38 L61 56 L76 84 L24 84 L39 56 Z");
    a.oval(Is(SKIN), 50.0, 22.0, 15.0, 16.0);
    match (behind, long) {
        (true, true) => a.fill(hair, "M33 22 C32 0 68 0 67 22 L70 58 L30 58 Z"),
        (true, false) => a.fill(hair, "M33 22 C32 2 68 2 67 22 Q64 36 50 36 Q36 36 33 22 Z"),
        (false, true) => a.fill(hair, "M33 26 C32 2 68 2 67 26 Q62 12 50 13 Q38 12 33 26 Z"),
        (false, false) => {
            a.fill(hair, "M33 28 C30 0 70 0 67 28 L62 26 Q62 14 50 13 Q38 14 38 26 Z");
        }
    }
    if !behind {
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, 21.0, 2.2, 2.7));
        mouth(a, Is(BLACK), [50.0, 29.0], 5.0, happy);
    }
    if hat {
        straw_hat(a, 50.0);
    }
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
            mouth(a, a.ink(), [50.0, 33.0], 8.0, happy);
            a.slab(Light, [38.0, 54.0, 24.0, 16.0], 2.0);
            a.spot(Is(CRIMSON), 44.0, 62.0, 3.0, 3.0);
            a.spot(Is(LEAF), 55.0, 62.0, 3.0, 3.0);
        }
    }
}

fn snowman(a: &mut Art<'_>) {
    let (hat, broom, happy, tall) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let side = a.view() == Side;
    // The scarf has the colour: snow is white.
    let snow = Is(Rgb(246, 249, 252));
    let (head, neck) = if tall { (22.0, 36.0) } else { (44.0, 58.0) };
    if broom {
        a.limb(Is(WOOD), 4.0, &format!("M86 98 L86 {}", head + 2.0));
        a.fill(Is(STRAW), &format!("M80 {} L92 {} L97 {} L75 {} Z", head + 4.0, head + 4.0, head - 20.0, head - 20.0));
    }
    a.oval(snow, 50.0, 80.0, 27.0, 19.0);
    if tall {
        a.oval(snow, 50.0, 52.0, 21.0, 18.0);
    }
    a.oval(snow, 50.0, head, 16.0, 15.0);
    if !side {
        a.both_sides(|a| a.line(Is(BARK), 3.2, &format!("M32 {} L10 {} M18 {} L14 {}", neck + 14.0, neck + 2.0, neck + 6.5, neck - 4.0)));
    }
    a.slab(Main, [36.0, neck - 2.0, 28.0, 8.0], 4.0);
    a.slab(Main, [if side { 38.0 } else { 54.0 }, neck + 1.0, 8.0, 18.0], 2.0);
    if side {
        a.spot(Is(BLACK), 58.0, head - 3.0, 2.4, 2.6);
        a.fill(Is(FLAME), &format!("M63 {} L86 {} L63 {} Z", head - 2.0, head + 2.0, head + 5.0));
        let bend = if happy { head + 5.0 } else { head + 11.0 };
        a.line(Is(BLACK), 2.0, &format!("M52 {} Q58 {} 62 {bend}", head + 8.0, head + 9.0));
    } else {
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, head - 4.0, 2.5, 2.7));
        a.fill(Is(FLAME), &format!("M48 {} L60 {} L49 {} Z", head - 1.0, head + 2.5, head + 4.0));
        mouth(a, Is(BLACK), [50.0, head + 7.0], 6.0, happy);
        for y in [70.0, 80.0, 90.0] {
            a.spot(Is(BLACK), 50.0, y, 2.4, 2.4);
        }
    }
    if hat {
        top_hat(a, 50.0, head - 11.0);
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
        a.line(Is(BLACK), 1.8, "M50 34 L50 38 Q46 42 43 39 M50 38 Q54 42 57 39");
    }
    if tie {
        bow_tie(a, 51.0);
    }
}

fn mask(a: &mut Art<'_>) {
    let (feathers, happy) = (a.on(0), a.on(1));
    if feathers {
        for (degrees, rgb) in [(-36.0, WATER), (-12.0, CRIMSON), (12.0, GLOW), (36.0, LEAF)] {
            a.turned(degrees, [50.0, 70.0], |a| a.fill(Is(rgb), "M50 24 Q36 2 50 -16 Q64 2 50 24 Z"));
        }
    }
    a.fill(Main, "M10 14 Q50 26 90 14 C94 56 78 90 50 97 C22 90 6 56 10 14 Z");
    a.both_sides(|a| a.fill(a.hollow(), "M22 40 Q32 28 44 42 Q32 50 22 40 Z"));
    match happy {
        true => a.fill(a.hollow(), "M28 62 Q50 74 72 62 Q66 86 50 86 Q34 86 28 62 Z"),
        false => a.fill(a.hollow(), "M30 82 Q34 62 50 62 Q66 62 70 82 Q50 70 30 82 Z"),
    }
}
