//! Buildings.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("house", "houses", house)
        .views(&[Front, Side])
        .aspects(&[
            Part("a chimney"),
            State("lit", "dark"),
            Made("a pointed roof", "a flat roof"),
            Part("a door"),
        ]),
    Kind::new("castle", "castles", castle)
        .views(&[Front])
        .aspects(&[
            Part("a flag"),
            State("open", "closed"),
            Made("pointed towers", "flat towers"),
        ]),
    Kind::new("lighthouse", "lighthouses", lighthouse)
        .patterned()
        .aspects(&[
            Part("a door"),
            State("lit", "unlit"),
            Shape("tall", "short"),
        ]),
    Kind::new("church", "churches", church)
        .views(&[Side, Front])
        .aspects(&[
            Part("a cross"),
            Part("a clock"),
            Made("a high tower", "a low tower"),
        ]),
    Kind::new("tent", "tents", tent).patterned().aspects(&[
        Part("a flag"),
        State("open", "closed"),
        Shape("round", "pointed"),
    ]),
    Kind::new("windmill", "windmills", windmill)
        .patterned()
        .aspects(&[Part("a door"), Made("four sails", "three sails")]),
    Kind::new("bridge", "bridges", bridge).aspects(&[
        Part("lamps"),
        State("whole", "broken"),
        Shape("curved", "straight"),
    ]),
    Kind::new("tower", "towers", tower)
        .views(&[Front])
        .patterned()
        .aspects(&[
            Part("an antenna"),
            State("lit", "dark"),
            Shape("wide", "narrow"),
        ]),
    Kind::new("fence", "fences", fence)
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            State("whole", "broken"),
            Made("pointed posts", "flat posts"),
            Shape("tall", "low"),
        ]),
];

fn house(a: &mut Art<'_>) {
    let (chimney, lit, pointed, door) = (a.on(0), a.on(1), a.on(2), a.on(3));
    let glass = Is(if lit { GLOW } else { NIGHT });
    if chimney {
        a.rect(
            Is(BARK),
            68.0,
            if pointed { 10.0 } else { 22.0 },
            13.0,
            32.0,
        );
    }
    if a.view() == Side {
        // The long wall: the roof's slope is seen, not its gable.
        a.rect(Main, 6.0, 46.0, 88.0, 50.0);
        match pointed {
            true => a.fill(Is(CRIMSON), "M14 18 L86 18 L99 48 L1 48 Z"),
            false => a.rect(Is(CRIMSON), 1.0, 38.0, 98.0, 10.0),
        }
        for x in [14.0, 34.0] {
            a.rect(glass, x, 58.0, 13.0, 15.0);
        }
        match door {
            true => a.rect(Is(WOOD), 58.0, 60.0, 16.0, 36.0),
            false => a.rect(glass, 58.0, 58.0, 13.0, 15.0),
        }
        a.rect(glass, 78.0, 58.0, 12.0, 15.0);
        return;
    }
    a.rect(Main, 16.0, 46.0, 68.0, 50.0);
    match pointed {
        true => a.fill(Is(CRIMSON), "M50 4 L95 50 L5 50 Z"),
        false => a.rect(Is(CRIMSON), 8.0, 36.0, 84.0, 12.0),
    }
    if pointed {
        a.oval(glass, 50.0, 34.0, 7.0, 7.0);
    }
    a.both_sides(|a| {
        a.rect(glass, 23.0, 58.0, 14.0, 16.0);
        a.line(Is(CREAM), 2.0, "M30 58 L30 74 M23 66 L37 66");
    });
    if door {
        a.rect(Is(WOOD), 42.0, 64.0, 16.0, 32.0);
        a.spot(Is(GLOW), 54.0, 80.0, 2.0, 2.0);
    }
}

fn castle(a: &mut Art<'_>) {
    let (flag, open, pointed) = (a.on(0), a.on(1), a.on(2));
    let tower = |a: &mut Art<'_>, x: f32, top: f32, w: f32| {
        a.rect(Main, x, top, w, 96.0 - top);
        match pointed {
            true => a.fill(
                Is(CRIMSON),
                &format!(
                    "M{} {} L{} {} L{} {} Z",
                    x - 4.0,
                    top + 2.0,
                    x + w / 2.0,
                    top - 26.0,
                    x + w + 4.0,
                    top + 2.0
                ),
            ),
            false => {
                let step = w / 5.0;
                for tooth in [0.0, 2.0, 4.0] {
                    a.rect(Main, x + tooth * step, top - 8.0, step, 9.0);
                }
            }
        }
        a.slab(Is(NIGHT), [x + w / 2.0 - 3.5, top + 10.0, 7.0, 12.0], 3.0);
    };
    let top = if pointed { 2.0 } else { 16.0 };
    if flag {
        a.line(Is(BLACK), 2.5, &format!("M50 34 L50 {}", top - 18.0));
        a.fill(
            Is(GLOW),
            &format!("M50 {} L72 {} L50 {} Z", top - 18.0, top - 11.0, top - 4.0),
        );
    }
    tower(a, 38.0, 30.0, 24.0);
    a.rect(Main, 14.0, 54.0, 72.0, 42.0);
    tower(a, 4.0, 40.0, 22.0);
    tower(a, 74.0, 40.0, 22.0);
    let arch = "M38 96 L38 76 C38 60 62 60 62 76 L62 96 Z";
    a.fill(if open { a.hollow() } else { Is(WOOD) }, arch);
    if !open {
        a.line(Is(BARK), 2.2, "M50 65 L50 95 M39 76 L61 76 M39 86 L61 86");
    }
}

fn lighthouse(a: &mut Art<'_>) {
    let (door, lit, tall) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 26.0 } else { 52.0 };
    if lit {
        a.bare(
            Clear(GLOW, 0.75),
            &format!(
                "M56 {} L108 {} L108 {} Z",
                top - 8.0,
                top - 28.0,
                top + 14.0
            ),
        );
        a.bare(
            Clear(GLOW, 0.75),
            &format!("M44 {} L-8 {} L-8 {} Z", top - 8.0, top - 28.0, top + 14.0),
        );
    }
    a.fill(Main, &format!("M40 {top} L60 {top} L70 96 L30 96 Z"));
    a.rect(Is(BLACK), 36.0, top - 3.0, 28.0, 5.0);
    a.rect(
        Is(if lit { GLOW } else { NIGHT }),
        42.0,
        top - 16.0,
        16.0,
        14.0,
    );
    a.fill(
        Is(CRIMSON),
        &format!("M37 {} L63 {} L50 {} Z", top - 15.0, top - 15.0, top - 27.0),
    );
    if door {
        a.slab(Is(BARK), [43.0, 76.0, 14.0, 20.0], 6.0);
    }
}

fn church(a: &mut Art<'_>) {
    let (cross, clock, high) = (a.on(0), a.on(1), a.on(2));
    let top = if high { 30.0 } else { 54.0 };
    let (x, centre) = if a.view() == Front {
        (37.0, 50.0)
    } else {
        (10.0, 23.0)
    };
    if cross {
        let tip = top - 24.0;
        a.line(
            Is(BLACK),
            3.5,
            &format!(
                "M{centre} {} L{centre} {} M{} {} L{} {}",
                tip + 4.0,
                tip - 14.0,
                centre - 6.0,
                tip - 8.0,
                centre + 6.0,
                tip - 8.0
            ),
        );
    }
    if a.view() == Front {
        a.fill(Is(BARK), "M8 66 L50 40 L92 66 Z");
        a.rect(Main, 14.0, 65.0, 72.0, 31.0);
        a.both_sides(|a| a.slab(Is(PANE), [20.0, 72.0, 10.0, 16.0], 5.0));
    } else {
        a.fill(Is(BARK), "M34 42 L90 42 L99 62 L30 62 Z");
        a.rect(Main, 34.0, 60.0, 62.0, 36.0);
        for left in [44.0, 60.0, 76.0] {
            a.slab(Is(PANE), [left, 68.0, 10.0, 20.0], 5.0);
        }
    }
    a.rect(Main, x, top, 26.0, 96.0 - top);
    a.fill(
        Is(BARK),
        &format!(
            "M{} {} L{centre} {} L{} {} Z",
            x - 3.0,
            top + 2.0,
            top - 24.0,
            x + 29.0,
            top + 2.0
        ),
    );
    if clock {
        a.oval(Is(WHITE), centre, top + 13.0, 8.5, 8.5);
        a.line(
            Is(BLACK),
            2.0,
            &format!(
                "M{centre} {} L{centre} {} L{} {}",
                top + 7.0,
                top + 13.0,
                centre + 4.5,
                top + 13.0
            ),
        );
    }
    a.slab(Is(WOOD), [centre - 6.0, 80.0, 12.0, 16.0], 5.0);
}

fn tent(a: &mut Art<'_>) {
    let (flag, open, round) = (a.on(0), a.on(1), a.on(2));
    if flag {
        a.line(Is(BARK), 3.0, "M50 24 L50 -6");
        a.fill(Is(CRIMSON), "M50 -6 L72 1 L50 8 Z");
    }
    match round {
        true => a.fill(Main, "M4 90 C4 6 96 6 96 90 Z"),
        false => a.fill(Main, "M50 12 L98 90 L2 90 Z"),
    }
    match open {
        true => {
            a.fill(a.hollow(), "M50 34 Q56 66 68 90 L32 90 Q44 66 50 34 Z");
            a.fill(Light, "M50 34 Q46 66 32 90 L22 90 Q36 70 50 34 Z");
            a.fill(Light, "M50 34 Q54 66 68 90 L78 90 Q64 70 50 34 Z");
        }
        false => a.line(Dark, 3.0, "M50 30 L50 90"),
    }
}

fn windmill(a: &mut Art<'_>) {
    let (door, four) = (a.on(0), a.on(1));
    a.fill(Main, "M36 38 L64 38 L74 97 L26 97 Z");
    a.fill(Is(CRIMSON), "M33 40 C34 18 66 18 67 40 Z");
    a.rect(Is(PANE), 44.0, 56.0, 12.0, 11.0);
    if door {
        a.slab(Is(BARK), [42.0, 76.0, 16.0, 21.0], 7.0);
    }
    let count: u8 = if four { 4 } else { 3 };
    for sail in 0..count {
        let degrees = f32::from(sail) * 360.0 / f32::from(count) + 20.0;
        a.turned(degrees, [50.0, 34.0], |a| {
            a.line(Is(BARK), 3.0, "M50 34 L50 -10");
            a.fill(Is(CREAM), "M51 26 L66 24 L66 -10 L51 -10 Z");
            a.line(Is(BARK), 1.6, "M51 15 L66 14 M51 3 L66 2");
        });
    }
    a.oval(Is(BARK), 50.0, 34.0, 4.5, 4.5);
}

fn bridge(a: &mut Art<'_>) {
    let (lamps, whole, curved) = (a.on(0), a.on(1), a.on(2));
    let deck = |x: f32| {
        let t = (x - 50.0) / 50.0;
        if curved { 28.0 + 20.0 * t * t } else { 40.0 }
    };
    if lamps {
        for x in [16.0, 84.0] {
            a.line(
                Is(BLACK),
                2.5,
                &format!("M{x} {} L{x} {}", deck(x), deck(x) - 22.0),
            );
            a.oval(Is(GLOW), x, deck(x) - 25.0, 5.0, 5.0);
        }
    }
    let (rise, flat) = if curved { (8.0, 48.0) } else { (40.0, 40.0) };
    match whole {
        true => a.fill(Main, &format!("M0 {flat} Q50 {rise} 100 {flat} L100 82 L86 82 C84 54 58 54 56 82 L44 82 C42 54 16 54 14 82 L0 82 Z")),
        false => {
            let (inner, edge) = (deck(40.0), deck(62.0));
            a.fill(Main, &format!("M0 {flat} Q20 {} 40 {inner} L36 {} L42 {} L34 62 C28 58 16 60 14 82 L0 82 Z", deck(20.0) - 1.0, inner + 8.0, inner + 14.0));
            a.fill(Main, &format!("M100 {flat} Q80 {} 62 {edge} L66 {} L60 {} L68 62 C74 58 84 60 86 82 L100 82 Z", deck(80.0) - 1.0, edge + 8.0, edge + 14.0));
        }
    }
}

fn tower(a: &mut Art<'_>) {
    let (antenna, lit, wide) = (a.on(0), a.on(1), a.on(2));
    let half = if wide { 28.0 } else { 15.0 };
    let left = 50.0 - half;
    let glass = Is(if lit { GLOW } else { NIGHT });
    if antenna {
        a.line(Is(STEEL), 3.5, "M50 16 L50 -8");
        a.oval(Is(CRIMSON), 50.0, -9.0, 3.5, 3.5);
    }
    a.rect(Main, left, 14.0, 2.0 * half, 83.0);
    let columns: u8 = if wide { 4 } else { 2 };
    let step = 2.0 * half / f32::from(columns);
    for row in 0..5u8 {
        for column in 0..columns {
            let x = left + step * (f32::from(column) + 0.5) - 4.5;
            a.rect(glass, x, 21.0 + 13.0 * f32::from(row), 9.0, 8.0);
        }
    }
    a.rect(Is(BARK), 44.0, 86.0, 12.0, 11.0);
}

fn fence(a: &mut Art<'_>) {
    let (whole, pointed, tall) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 8.0 } else { 42.0 };
    let (upper, lower) = (top + (96.0 - top) * 0.3, top + (96.0 - top) * 0.7);
    a.rect(Dark, 0.0, upper, 100.0, 8.0);
    a.rect(Dark, 0.0, lower, 100.0, 8.0);
    for post in 0..5u8 {
        let x = 2.0 + 21.0 * f32::from(post);
        if !whole && (post == 1 || post == 3) {
            a.fill(
                Main,
                &format!(
                    "M{x} 96 L{x} {} L{} {} L{} {} L{} 96 Z",
                    upper + 14.0,
                    x + 6.0,
                    upper + 22.0,
                    x + 12.0,
                    upper + 10.0,
                    x + 12.0
                ),
            );
            continue;
        }
        match pointed {
            true => a.fill(
                Main,
                &format!(
                    "M{x} 96 L{x} {} L{} {top} L{} {} L{} 96 Z",
                    top + 12.0,
                    x + 6.0,
                    x + 12.0,
                    top + 12.0,
                    x + 12.0
                ),
            ),
            false => a.rect(Main, x, top, 12.0, 96.0 - top),
        }
    }
}
