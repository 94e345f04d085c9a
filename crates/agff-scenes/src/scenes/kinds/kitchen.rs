//! What one cooks and eats with.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("teapot", "teapots", teapot)
        .faces()
        .views(&[Side, Above])
        .patterned()
        .aspects(&[Part("a lid"), Part("steam"), Shape("round", "square")]),
    Kind::new("pot", "pots", pot)
        .views(&[Side, Above])
        .aspects(&[Part("a lid"), Shape("tall", "low")]),
    Kind::new("pan", "pans", pan)
        .any_way_up()
        .views(&[Above, Side])
        .aspects(&[
            Part("an egg"),
            Made("a long handle", "a short handle"),
            Shape("round", "square"),
        ]),
    Kind::new("spoon", "spoons", spoon).any_way_up().aspects(&[
        Made("a long handle", "a short handle"),
        Shape("wide", "narrow"),
    ]),
    Kind::new("fork", "forks", fork)
        .any_way_up()
        .aspects(&[State("straight", "bent"), Made("four points", "two points")]),
    Kind::new("vase", "vases", vase).patterned().aspects(&[
        Part("flowers"),
        State("whole", "broken"),
        Shape("round", "narrow"),
    ]),
];

fn teapot(a: &mut Art<'_>) {
    let (lid, hot, round) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        a.limb(Main, 8.0, "M20 50 L0 50");
        a.fill(Main, "M74 42 L98 46 L98 54 L74 58 Z");
        match round {
            true => a.oval(Main, 48.0, 50.0, 34.0, 34.0),
            false => a.slab(Main, [14.0, 18.0, 66.0, 64.0], 6.0),
        }
        match lid {
            true => {
                a.oval(Dark, 47.0, 50.0, 20.0, 20.0);
                a.oval(Light, 47.0, 50.0, 6.5, 6.5);
            }
            false => a.oval(Is(BARK), 47.0, 50.0, 19.0, 19.0),
        }
        if hot {
            a.line(
                Is(WHITE),
                3.2,
                "M40 58 Q34 50 40 44 Q46 38 40 32 M54 58 Q48 50 54 44 Q60 38 54 32",
            );
        }
        return;
    }
    a.limb(Main, 7.0, "M22 46 C-4 42 -4 82 24 80");
    a.fill(
        Main,
        "M70 84 Q84 78 82 56 L80 44 L96 36 L98 44 Q94 50 94 60 Q92 84 70 92 Z",
    );
    match round {
        true => a.oval(Main, 48.0, 66.0, 33.0, 29.0),
        false => a.slab(Main, [16.0, 40.0, 64.0, 56.0], 5.0),
    }
    match lid {
        true => {
            a.fill(Dark, "M28 42 Q48 22 68 42 Z");
            a.oval(Dark, 48.0, 27.0, 6.0, 5.5);
        }
        false => a.oval(Is(BARK), 48.0, 41.0, 20.0, 4.5),
    }
    if hot {
        a.limb(
            Is(Rgb(232, 234, 238)),
            3.6,
            "M96 30 Q90 22 96 16 Q102 10 96 2",
        );
    }
}

fn pot(a: &mut Art<'_>) {
    let (lid, tall) = (a.on(0), a.on(1));
    if a.view() == Above {
        a.both_sides(|a| a.limb(Dark, 7.0, "M14 42 L2 42 L2 58 L14 58"));
        a.oval(Main, 50.0, 50.0, 40.0, 40.0);
        match lid {
            true => {
                a.oval(Light, 50.0, 50.0, 34.0, 34.0);
                a.oval(Is(BLACK), 50.0, 50.0, 8.0, 8.0);
            }
            false => {
                a.oval(Is(FLAME), 50.0, 50.0, 33.0, 33.0);
                a.spot(Is(CREAM), 40.0, 42.0, 6.0, 5.0);
                a.spot(Is(LEAF), 60.0, 56.0, 6.0, 5.0);
                a.spot(Is(CREAM), 56.0, 36.0, 4.0, 4.0);
            }
        }
        return;
    }
    let top = if tall { 26.0 } else { 52.0 };
    a.both_sides(|a| {
        a.limb(
            Dark,
            6.5,
            &format!(
                "M14 {} L1 {} L1 {} L14 {}",
                top + 10.0,
                top + 10.0,
                top + 24.0,
                top + 24.0
            ),
        )
    });
    a.fill(
        Main,
        &format!("M12 {top} L88 {top} L88 84 Q88 96 76 96 L24 96 Q12 96 12 84 Z"),
    );
    if lid {
        a.fill(Light, &format!("M10 {top} Q50 {} 90 {top} Z", top - 34.0));
        a.oval(Is(BLACK), 50.0, top - 19.0, 7.0, 5.5);
    } else {
        a.oval(Dark, 50.0, top, 38.0, 5.0);
    }
}

fn pan(a: &mut Art<'_>) {
    let (egg, long, round) = (a.on(0), a.on(1), a.on(2));
    let end = if long { 100.0 } else { 78.0 };
    if a.view() == Side {
        a.limb(Is(BLACK), 7.0, &format!("M56 56 L{end} 48"));
        if egg {
            a.fill(Is(WHITE), "M10 52 Q16 42 26 44 Q40 40 50 52 Z");
            a.oval(Is(GLOW), 30.0, 43.0, 7.0, 5.0);
        }
        a.fill(Main, "M2 52 L60 52 L54 72 L8 72 Z");
        return;
    }
    a.limb(Is(BLACK), 9.0, &format!("M58 50 L{end} 50"));
    match round {
        true => {
            a.oval(Main, 32.0, 50.0, 31.0, 31.0);
            a.oval(Dark, 32.0, 50.0, 25.0, 25.0);
        }
        false => {
            a.slab(Main, [2.0, 20.0, 60.0, 60.0], 6.0);
            a.slab(Dark, [8.0, 26.0, 48.0, 48.0], 4.0);
        }
    }
    if egg {
        a.fill(
            Is(WHITE),
            "M18 48 C12 36 28 32 34 36 C46 32 52 46 46 54 C46 66 30 68 26 62 C16 62 14 54 18 48 Z",
        );
        a.oval(Is(GLOW), 33.0, 49.0, 7.5, 7.5);
    }
}

fn spoon(a: &mut Art<'_>) {
    let (long, wide) = (a.on(0), a.on(1));
    let end = if long { 99.0 } else { 66.0 };
    let half = if wide { 20.0 } else { 10.0 };
    a.limb(Main, 7.0, &format!("M50 40 L50 {end}"));
    a.oval(Main, 50.0, 24.0, half, 23.0);
    a.spot(Light, 50.0 - half * 0.25, 20.0, half * 0.35, 11.0);
}

fn fork(a: &mut Art<'_>) {
    let (straight, four) = (a.on(0), a.on(1));
    let course = match straight {
        true => "M50 44 L50 97",
        false => "M50 44 L50 62 Q52 78 74 92",
    };
    a.limb(Main, 7.5, course);
    let points: &[f32] = if four {
        &[32.0, 44.0, 56.0, 68.0]
    } else {
        &[36.0, 64.0]
    };
    for x in points {
        a.limb(Main, 5.5, &format!("M{x} 34 L{x} 4"));
    }
    let (left, right) = (points[0], points[points.len() - 1]);
    a.limb(Main, 6.0, &format!("M{left} 32 Q50 58 {right} 32"));
}

fn vase(a: &mut Art<'_>) {
    let (flowers, whole, round) = (a.on(0), a.on(1), a.on(2));
    if flowers {
        for (x, y, rgb) in [(28.0, 12.0, CRIMSON), (50.0, 2.0, GLOW), (72.0, 12.0, ROSE)] {
            a.line(Is(LEAF), 3.2, &format!("M50 54 Q50 30 {x} {y}"));
            a.oval(Is(rgb), x, y, 9.0, 9.0);
            a.spot(Is(CREAM), x, y, 3.4, 3.4);
        }
    }
    let half = if round { 34.0 } else { 17.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    if whole {
        a.fill(Main, &format!("M38 40 L62 40 L60 50 C{right} 58 {right} 86 62 97 L38 97 C{left} 86 {left} 58 40 50 Z"));
        a.slab(Dark, [34.0, 36.0, 32.0, 7.0], 3.0);
    } else {
        let edge = tableware::jagged(50.0 - half * 0.78, 50.0 + half * 0.78, 56.0, 16.0);
        a.fill(
            Main,
            &format!(
                "{edge} C{right} 78 {right} 88 62 97 L38 97 C{left} 88 {left} 78 {} 62 Z",
                50.0 - half * 0.78
            ),
        );
        a.fill(
            Main,
            &format!(
                "M{} 97 L{} 82 L{} 97 Z",
                right + 2.0,
                right + 10.0,
                right + 20.0
            ),
        );
        a.fill(
            Main,
            &format!(
                "M{} 97 L{} 86 L{} 97 Z",
                left - 18.0,
                left - 8.0,
                left - 3.0
            ),
        );
    }
}
