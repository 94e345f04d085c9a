//! People.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("man", "men", man)
        .coloured("in")
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
        .coloured("in")
        .looks()
        .views(&[Front, Side, Behind])
        .patterned()
        .aspects(&[
            Part("a hat"),
            Made("long hair", "short hair"),
            Made("raised arms", "hanging arms"),
            State("happy", "sad"),
        ]),
    Kind::new("snowman", "snowmen", snowman)
        .coloured("in")
        .looks()
        .views(&[Front, Side])
        .aspects(&[
            Part("a hat"),
            Part("a broom"),
            State("happy", "sad"),
            Shape("tall", "short"),
        ]),
];

/// A mouth whose ends go up or down.
pub(super) fn mouth(a: &mut Art<'_>, ink: Ink, [x, y]: [f32; 2], half: f32, happy: bool) {
    let (end, middle) = if happy {
        (y, y + half)
    } else {
        (y + half * 0.6, y - half * 0.5)
    };
    a.line(
        ink,
        half * 0.32,
        &format!("M{} {end} Q{x} {middle} {} {end}", x - half, x + half),
    );
}

fn top_hat(a: &mut Art<'_>, x: f32, y: f32) {
    a.slab(Is(BLACK), [x - 11.0, y - 20.0, 22.0, 20.0], 2.0);
    a.rect(Is(CRIMSON), x - 11.0, y - 8.0, 22.0, 5.0);
    a.slab(Is(BLACK), [x - 18.0, y - 4.0, 36.0, 5.5], 2.5);
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
        a.line(
            Is(if beard { ROSE } else { BLACK }),
            1.9,
            &format!("M56 32 Q60 33 63 {bend}"),
        );
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
        a.fill(
            Is(BARK),
            "M34 24 C32 2 68 2 66 24 Q62 36 50 36 Q38 36 34 24 Z",
        );
    } else {
        a.fill(
            Is(BARK),
            "M34 20 C34 2 66 2 66 20 Q58 12 50 13 Q42 12 34 20 Z",
        );
        if beard {
            a.fill(
                Is(BARK),
                "M35 24 Q42 29 50 28 Q58 29 65 24 C66 48 34 48 35 24 Z",
            );
            a.bare(Is(SKIN), "M40 29 Q50 26 60 29 Q60 39 50 39 Q40 39 40 29 Z");
        }
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, 20.0, 2.2, 2.7));
        mouth(a, Is(BLACK), [50.0, 28.5], 8.0, happy);
    }
    if hat {
        top_hat(a, 50.0, 11.0);
    }
}

fn woman(a: &mut Art<'_>) {
    let (hat, long, raised, happy) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let hair = Is(STRAW);
    let straw_hat = |a: &mut Art<'_>, x: f32| {
        a.fill(
            Is(ROSE),
            &format!(
                "M{} 11 C{} -8 {} -8 {} 11 Z",
                x - 14.0,
                x - 12.0,
                x + 12.0,
                x + 14.0
            ),
        );
        a.oval(Is(ROSE), x, 11.0, 25.0, 4.0);
    };
    if a.view() == Side {
        a.limb(Is(SKIN), 7.0, "M46 80 L42 94 M56 80 L58 94");
        a.limb(Is(BLACK), 6.0, "M42 95 L47 95 M58 95 L63 95");
        a.fill(Main, "M42 38 L60 38 L60 56 L70 84 L32 84 L42 56 Z");
        a.oval(Is(SKIN), 52.0, 22.0, 14.0, 15.0);
        match long {
            true => a.fill(
                hair,
                "M36 58 C28 40 30 2 54 5 Q64 8 64 15 Q50 14 48 26 Q50 44 44 58 Z",
            ),
            false => a.fill(hair, "M38 32 C32 4 56 2 64 12 Q52 14 47 20 L46 32 Z"),
        }
        a.fill(Is(SKIN), "M65 20 L70 25 L64 27 Z");
        a.spot(Is(BLACK), 60.0, 20.0, 2.2, 2.6);
        a.line(
            Is(CRIMSON),
            2.2,
            &format!("M58 32 Q62 33 65 {}", if happy { 30.0 } else { 34.0 }),
        );
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
            a.fill(
                hair,
                "M33 28 C30 0 70 0 67 28 L62 26 Q62 14 50 13 Q38 14 38 26 Z",
            );
        }
    }
    if !behind {
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, 21.0, 2.2, 2.7));
        mouth(a, Is(BLACK), [50.0, 28.5], 8.0, happy);
    }
    if hat {
        straw_hat(a, 50.0);
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
        a.fill(
            Is(STRAW),
            &format!(
                "M80 {} L92 {} L97 {} L75 {} Z",
                head + 4.0,
                head + 4.0,
                head - 20.0,
                head - 20.0
            ),
        );
    }
    a.oval(snow, 50.0, 80.0, 27.0, 19.0);
    if tall {
        a.oval(snow, 50.0, 52.0, 21.0, 18.0);
    }
    a.oval(snow, 50.0, head, 16.0, 15.0);
    if !side {
        a.both_sides(|a| {
            a.line(
                Is(BARK),
                3.2,
                &format!(
                    "M32 {} L10 {} M18 {} L14 {}",
                    neck + 14.0,
                    neck + 2.0,
                    neck + 6.5,
                    neck - 4.0
                ),
            )
        });
    }
    a.slab(Main, [34.0, neck - 3.0, 32.0, 11.0], 5.0);
    a.slab(
        Main,
        [if side { 36.0 } else { 53.0 }, neck + 1.0, 11.0, 24.0],
        2.0,
    );
    if side {
        a.spot(Is(BLACK), 58.0, head - 3.0, 2.4, 2.6);
        a.fill(
            Is(FLAME),
            &format!("M63 {} L86 {} L63 {} Z", head - 2.0, head + 2.0, head + 5.0),
        );
        let bend = if happy { head + 5.0 } else { head + 11.0 };
        a.line(
            Is(BLACK),
            2.0,
            &format!("M52 {} Q58 {} 62 {bend}", head + 8.0, head + 9.0),
        );
    } else {
        a.both_sides(|a| a.spot(Is(BLACK), 44.0, head - 4.0, 2.5, 2.7));
        a.fill(
            Is(FLAME),
            &format!("M48 {} L60 {} L49 {} Z", head - 1.0, head + 2.5, head + 4.0),
        );
        mouth(a, Is(BLACK), [50.0, head + 6.5], 8.5, happy);
        for y in [70.0, 80.0, 90.0] {
            a.spot(Is(BLACK), 50.0, y, 2.4, 2.4);
        }
    }
    if hat {
        top_hat(a, 50.0, head - 11.0);
    }
}
