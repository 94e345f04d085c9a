//! What goes on roads and rails.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("car", "cars", car)
        .goes()
        .views(&[Side, Front, Above, Behind])
        .aspects(&[
            Part("a suitcase on the roof"),
            State("clean", "dirty"),
            Made("a round roof", "a flat roof"),
        ]),
    Kind::new("bus", "buses", bus)
        .goes()
        .views(&[Side, Front])
        .lettered()
        .aspects(&[Part("a stripe"), Shape("tall", "low")]),
    Kind::new("truck", "trucks", truck)
        .goes()
        .views(&[Side, Behind])
        .aspects(&[State("full", "empty"), Shape("long", "short")]),
    Kind::new("bicycle", "bicycles", bicycle)
        .goes()
        .views(&[Side, Front, Above])
        .aspects(&[Part("a basket"), Made("large wheels", "small wheels")]),
    Kind::new("train", "trains", train)
        .goes()
        .views(&[Side, Front])
        .aspects(&[Part("smoke"), Shape("long", "short")]),
    Kind::new("tractor", "tractors", tractor)
        .goes()
        .views(&[Side, Front])
        .aspects(&[Part("smoke"), Part("a roof")]),
];

fn wheel(a: &mut Art<'_>, x: f32, y: f32, r: f32) {
    a.oval(Is(BLACK), x, y, r, r);
    a.spot(Is(SILVER), x, y, r * 0.5, r * 0.5);
}

fn smoke(a: &mut Art<'_>, x: f32, y: f32) {
    for (dx, dy, r) in [(0.0, 0.0, 5.0), (-8.0, -8.0, 7.0), (-20.0, -13.0, 9.0)] {
        a.oval(Is(Rgb(214, 214, 218)), x + dx, y + dy, r, r * 0.85);
    }
}

fn suitcase(a: &mut Art<'_>, x: f32, y: f32, w: f32) {
    a.slab(Is(WOOD), [x, y, w, 14.0], 2.0);
    a.line(
        Is(BARK),
        2.5,
        &format!("M{} {y} L{} {}", x + w * 0.3, x + w * 0.3, y + 14.0),
    );
    a.line(
        Is(BARK),
        2.5,
        &format!("M{} {y} L{} {}", x + w * 0.7, x + w * 0.7, y + 14.0),
    );
}

fn car(a: &mut Art<'_>) {
    let (luggage, clean, round) = (a.on(0), a.on(1), a.on(2));
    let mud = |a: &mut Art<'_>, spots: &[[f32; 3]]| {
        for &[x, y, r] in spots.iter().filter(|_| !clean) {
            a.spot(Is(BARK), x, y, r * 1.3, r);
        }
    };
    match a.view() {
        Side => {
            match round {
                true => {
                    a.fill(Main, "M18 52 C24 20 66 16 76 52 Z");
                    a.fill(Is(PANE), "M26 50 C30 30 44 28 45 28 L45 50 Z");
                    a.fill(Is(PANE), "M50 28 C58 28 66 34 69 50 L50 50 Z");
                }
                false => {
                    a.fill(Main, "M18 52 L24 28 L64 28 L76 52 Z");
                    a.fill(Is(PANE), "M26 50 L30 33 L45 33 L45 50 Z");
                    a.fill(Is(PANE), "M50 33 L62 33 L69 50 L50 50 Z");
                }
            }
            a.fill(
                Main,
                "M2 54 Q2 48 10 48 L76 48 C88 50 98 52 98 62 L98 72 L2 72 Z",
            );
            a.oval(Is(GLOW), 94.0, 58.0, 3.5, 4.5);
            a.rect(Is(CRIMSON), 2.0, 54.0, 4.0, 8.0);
            a.line(Dark, 1.8, "M47 52 L47 70 M52 56 L58 56");
            wheel(a, 24.0, 72.0, 12.0);
            wheel(a, 76.0, 72.0, 12.0);
            mud(
                a,
                &[
                    [38.0, 66.0, 5.0],
                    [62.0, 63.0, 6.0],
                    [14.0, 58.0, 4.0],
                    [86.0, 66.0, 3.5],
                    [47.0, 56.0, 4.0],
                ],
            );
            if luggage {
                suitcase(a, 32.0, if round { 14.0 } else { 13.0 }, 28.0);
            }
        }
        Front | Behind => {
            let front = a.view() == Front;
            a.both_sides(|a| a.slab(Is(BLACK), [12.0, 66.0, 16.0, 24.0], 4.0));
            match round {
                true => a.fill(Main, "M20 48 C24 14 76 14 80 48 Z"),
                false => a.fill(Main, "M20 48 L26 22 L74 22 L80 48 Z"),
            }
            match (round, front) {
                (true, true) => a.fill(Is(PANE), "M26 46 C30 22 70 22 74 46 Z"),
                (true, false) => a.fill(Is(PANE), "M32 42 C36 26 64 26 68 42 Z"),
                (false, true) => a.fill(Is(PANE), "M26 46 L31 27 L69 27 L74 46 Z"),
                (false, false) => a.fill(Is(PANE), "M32 42 L36 28 L64 28 L68 42 Z"),
            }
            a.slab(Main, [8.0, 46.0, 84.0, 32.0], 8.0);
            if front {
                a.both_sides(|a| a.oval(Is(GLOW), 20.0, 58.0, 7.0, 7.0));
                a.slab(Is(STEEL), [34.0, 54.0, 32.0, 10.0], 3.0);
            } else {
                a.both_sides(|a| a.slab(Is(CRIMSON), [12.0, 52.0, 12.0, 10.0], 2.0));
                a.line(Dark, 2.0, "M26 66 L74 66 M44 54 L56 54");
            }
            a.slab(Is(WHITE), [38.0, 68.0, 24.0, 8.0], 1.0);
            mud(
                a,
                &[
                    [30.0, 70.0, 5.0],
                    [72.0, 68.0, 6.0],
                    [84.0, 60.0, 4.0],
                    [16.0, 70.0, 4.0],
                ],
            );
            if luggage {
                suitcase(a, 34.0, if round { 10.0 } else { 7.0 }, 32.0);
            }
        }
        Above => {
            for (x, y) in [(22.0, 20.0), (66.0, 20.0), (22.0, 73.0), (66.0, 73.0)] {
                a.slab(Is(BLACK), [x, y, 15.0, 7.0], 2.0);
            }
            a.slab(
                Main,
                [2.0, 23.0, 96.0, 54.0],
                if round { 22.0 } else { 9.0 },
            );
            a.fill(Is(PANE), "M62 30 Q74 50 62 70 L54 66 L54 34 Z");
            a.fill(Is(PANE), "M18 32 Q12 50 18 68 L25 65 L25 35 Z");
            a.rect(Dark, 27.0, 32.0, 25.0, 36.0);
            a.spot(Is(GLOW), 95.0, 34.0, 2.5, 4.5);
            a.spot(Is(GLOW), 95.0, 66.0, 2.5, 4.5);
            mud(
                a,
                &[
                    [80.0, 40.0, 5.0],
                    [84.0, 62.0, 5.0],
                    [12.0, 44.0, 4.0],
                    [40.0, 28.0, 4.0],
                ],
            );
            if luggage {
                suitcase(a, 29.0, 43.0, 21.0);
            }
        }
    }
}

fn bus(a: &mut Art<'_>) {
    let (stripe, tall) = (a.on(0), a.on(1));
    let top = if tall { 8.0 } else { 30.0 };
    if a.view() == Front {
        a.both_sides(|a| a.slab(Is(BLACK), [18.0, 80.0, 15.0, 16.0], 3.0));
        a.slab(Main, [14.0, top, 72.0, 80.0 - top + 6.0], 7.0);
        a.slab(Is(PANE), [20.0, 42.0, 60.0, 24.0], 3.0);
        if tall {
            a.slab(Is(PANE), [20.0, 14.0, 60.0, 18.0], 3.0);
        }
        if stripe {
            a.rect(Accent, 14.0, 69.0, 72.0, 5.0);
        }
        a.both_sides(|a| a.oval(Is(GLOW), 24.0, 79.0, 5.0, 4.5));
        a.letters(Is(WHITE), [30.0, 33.0, 40.0, 7.0]);
        return;
    }
    // The front slopes, so that one sees where it goes.
    a.fill(
        Main,
        &format!(
            "M6 {top} L84 {top} Q90 {top} 92 {} L99 58 L99 78 L2 78 L2 {} Q2 {top} 6 {top} Z",
            top + 5.0,
            top + 5.0
        ),
    );
    a.rect(Is(CRIMSON), 2.0, 62.0, 4.0, 9.0);
    let lettered = a.figure.lettering.is_some();
    let panes = |a: &mut Art<'_>, y: f32| {
        for i in 0..4 {
            a.slab(Is(PANE), [7.0 + 17.0 * i as f32, y, 13.0, 16.0], 2.0);
        }
    };
    let shield = |a: &mut Art<'_>| a.fill(Is(PANE), "M76 36 L93 36 L98 58 L76 58 Z");
    if tall {
        panes(a, 13.0);
    }
    if lettered {
        shield(a);
        a.letters(a.ink(), [7.0, 35.0, 65.0, 30.0]);
    } else {
        panes(a, 36.0);
        shield(a);
        if stripe {
            a.rect(Accent, 2.0, 61.0, 96.0, 6.0);
        }
    }
    a.oval(Is(GLOW), 95.0, 71.0, 4.0, 4.5);
    wheel(a, 22.0, 79.0, 11.0);
    wheel(a, 76.0, 79.0, 11.0);
}

fn truck(a: &mut Art<'_>) {
    let (full, long) = (a.on(0), a.on(1));
    let load = |a: &mut Art<'_>, left: f32, right: f32| {
        let middle = (left + right) / 2.0;
        a.fill(
            Is(WOOD),
            &format!(
                "M{left} 50 C{left} 36 {} 22 {middle} 24 C{} 22 {right} 36 {right} 50 Z",
                left + 8.0,
                right - 8.0
            ),
        );
        for (dx, y) in [(-9.0, 42.0), (1.0, 34.0), (9.0, 43.0)] {
            a.spot(Is(BARK), middle + dx, y, 3.4, 2.8);
        }
    };
    if a.view() == Behind {
        a.both_sides(|a| a.slab(Is(BLACK), [16.0, 72.0, 18.0, 22.0], 4.0));
        if full {
            a.fill(Is(WOOD), "M14 40 C20 12 80 12 86 40 Z");
            a.spot(Is(BARK), 40.0, 30.0, 5.0, 4.0);
            a.spot(Is(BARK), 60.0, 27.0, 5.0, 4.0);
        } else {
            a.slab(Is(PANE), [30.0, 14.0, 40.0, 22.0], 4.0);
            a.rect(Dark, 22.0, 30.0, 56.0, 12.0);
        }
        a.slab(Main, [10.0, 38.0, 80.0, 38.0], 3.0);
        a.line(Dark, 2.5, "M16 50 L84 50 M16 62 L84 62");
        a.both_sides(|a| a.rect(Is(CRIMSON), 13.0, 66.0, 10.0, 7.0));
        return;
    }
    let left = if long { 2.0 } else { 28.0 };
    if full {
        load(a, left + 3.0, 60.0);
    }
    a.rect(Main, left, 46.0, 62.0 - left, 26.0);
    a.line(
        Dark,
        2.0,
        &format!("M{} 54 L58 54 M{} 63 L58 63", left + 4.0, left + 4.0),
    );
    a.fill(
        Main,
        "M64 30 L82 30 Q88 30 90 38 L93 50 Q98 52 98 60 L98 74 L64 74 Z",
    );
    a.fill(Is(PANE), "M69 36 L81 36 L86 50 L69 50 Z");
    a.rect(Is(STEEL), left, 71.0, 98.0 - left, 6.0);
    a.oval(Is(GLOW), 95.0, 63.0, 3.0, 4.0);
    wheel(a, left + 14.0, 79.0, 11.0);
    if long {
        wheel(a, 42.0, 79.0, 11.0);
    }
    wheel(a, 80.0, 79.0, 11.0);
}

fn bicycle(a: &mut Art<'_>) {
    let (basket, large) = (a.on(0), a.on(1));
    let r = if large { 21.0 } else { 13.0 };
    match a.view() {
        Front => {
            a.slab(Is(BLACK), [46.0, 46.0, 8.0, 52.0], 4.0);
            a.line(Main, 6.0, "M43 74 L43 34 M57 74 L57 34 M50 40 L50 22");
            a.line(Is(BLACK), 5.5, "M14 28 L30 20 L70 20 L86 28");
            a.oval(Is(GLOW), 50.0, 40.0, 6.0, 6.0);
            a.line(Is(STEEL), 4.0, "M28 80 L72 80");
            if basket {
                a.fill(Is(WOOD), "M30 24 L70 24 L65 44 L35 44 Z");
                a.line(
                    Is(BARK),
                    1.8,
                    "M33 31 L67 31 M35 38 L65 38 M44 24 L45 44 M56 24 L55 44",
                );
            }
        }
        Above => {
            a.slab(Is(BLACK), [2.0, 46.0, 36.0, 8.0], 4.0);
            a.slab(Is(BLACK), [62.0, 46.0, 36.0, 8.0], 4.0);
            a.line(Main, 5.5, "M20 50 L80 50");
            a.line(Is(STEEL), 3.5, "M44 38 L44 62");
            a.fill(Is(BLACK), "M24 42 L42 48 L42 52 L24 58 Z");
            a.line(Is(BLACK), 5.0, "M60 26 Q74 34 74 50 Q74 66 60 74");
            if basket {
                a.slab(Is(WOOD), [76.0, 38.0, 20.0, 24.0], 3.0);
                a.line(
                    Is(BARK),
                    1.8,
                    "M82 38 L82 62 M89 38 L89 62 M76 46 L96 46 M76 54 L96 54",
                );
            }
        }
        Side | Behind => {
            for x in [23.0, 77.0] {
                a.ring(Is(BLACK), 4.0, x, 92.0 - r, r, r);
                for (dx, dy) in [(0.7, 0.7), (0.7, -0.7), (1.0, 0.0), (0.0, 1.0)] {
                    let (dx, dy) = (dx * r, dy * r);
                    a.line(
                        Is(SILVER),
                        1.0,
                        &format!(
                            "M{} {} L{} {}",
                            x - dx,
                            92.0 - r - dy,
                            x + dx,
                            92.0 - r + dy
                        ),
                    );
                }
            }
            let axle = 92.0 - r;
            a.line(Main, 5.0, &format!("M23 {axle} L38 46 L66 42 L48 {axle} L23 {axle} M48 {axle} L36 38 M77 {axle} L64 32"));
            a.line(Is(BLACK), 5.0, "M28 36 L44 36 M64 32 L60 26 L72 24");
            a.oval(Is(STEEL), 48.0, axle, 5.0, 5.0);
            if basket {
                a.fill(Is(WOOD), "M70 28 L94 28 L90 46 L73 46 Z");
                a.line(
                    Is(BARK),
                    1.8,
                    "M72 34 L92 34 M73 40 L91 40 M78 28 L79 46 M86 28 L84 46",
                );
            }
        }
    }
}

fn train(a: &mut Art<'_>) {
    let (puffs, long) = (a.on(0), a.on(1));
    if a.view() == Front {
        a.slab(Is(BLACK), [38.0, 10.0, 24.0, 22.0], 3.0);
        a.rect(Main, 18.0, 68.0, 64.0, 14.0);
        a.oval(Main, 50.0, 52.0, 28.0, 28.0);
        a.oval(Dark, 50.0, 52.0, 20.0, 20.0);
        a.oval(Is(GLOW), 50.0, 52.0, 9.0, 9.0);
        a.fill(Is(BLACK), "M22 82 L78 82 L88 97 L12 97 Z");
        a.line(Is(STEEL), 2.5, "M36 84 L30 96 M50 84 L50 96 M64 84 L70 96");
        if puffs {
            smoke(a, 50.0, 6.0);
        }
        return;
    }
    if long {
        a.slab(Dark, [-62.0, 46.0, 54.0, 30.0], 3.0);
        for x in [-56.0, -40.0, -24.0] {
            a.slab(Is(PANE), [x, 51.0, 11.0, 12.0], 2.0);
        }
        a.line(Is(BLACK), 4.0, "M-8 72 L6 72");
        wheel(a, -50.0, 79.0, 8.0);
        wheel(a, -20.0, 79.0, 8.0);
    }
    a.rect(Main, 6.0, 30.0, 32.0, 44.0);
    a.rect(Dark, 2.0, 25.0, 40.0, 6.0);
    a.slab(Is(PANE), [12.0, 36.0, 18.0, 16.0], 2.0);
    a.slab(Main, [34.0, 46.0, 56.0, 28.0], 8.0);
    a.line(Dark, 3.0, "M52 47 L52 73 M70 47 L70 73");
    a.fill(Is(BLACK), "M70 46 L68 28 L84 28 L82 46 Z");
    a.oval(Accent, 56.0, 45.0, 6.0, 5.0);
    a.fill(Is(STEEL), "M84 72 L99 86 L80 86 Z");
    a.oval(Is(GLOW), 90.0, 55.0, 4.0, 4.0);
    wheel(a, 20.0, 76.0, 12.0);
    wheel(a, 48.0, 79.0, 9.0);
    wheel(a, 70.0, 79.0, 9.0);
    if puffs {
        smoke(a, 74.0, 20.0);
    }
}

fn tractor(a: &mut Art<'_>) {
    let (puffs, roof) = (a.on(0), a.on(1));
    let yellow = Is(GLOW);
    if a.view() == Front {
        a.both_sides(|a| {
            a.slab(Is(BLACK), [4.0, 42.0, 20.0, 52.0], 6.0);
            a.line(Is(SILVER), 2.5, "M6 54 L22 54 M6 66 L22 66 M6 78 L22 78");
        });
        a.slab(Is(STEEL), [22.0, 62.0, 56.0, 8.0], 2.0);
        if roof {
            a.line(Is(BLACK), 4.0, "M30 46 L30 14 M70 46 L70 14");
            a.slab(Dark, [22.0, 6.0, 56.0, 9.0], 3.0);
        }
        a.slab(Main, [30.0, 36.0, 40.0, 42.0], 6.0);
        a.line(Dark, 2.8, "M38 54 L62 54 M38 61 L62 61 M38 68 L62 68");
        a.both_sides(|a| a.oval(yellow, 38.0, 44.0, 4.5, 4.5));
        if puffs {
            a.line(Is(BLACK), 5.0, "M64 36 L64 24");
            smoke(a, 62.0, 14.0);
        }
        return;
    }
    if roof {
        a.line(Is(BLACK), 4.0, "M14 48 L14 16 M48 50 L44 16");
        a.slab(Dark, [8.0, 9.0, 44.0, 9.0], 3.0);
    }
    a.line(Is(BLACK), 4.5, "M76 46 L76 26");
    a.slab(Main, [44.0, 44.0, 50.0, 26.0], 5.0);
    a.fill(Main, "M12 44 L50 50 L54 72 L14 72 Z");
    a.line(Is(BLACK), 3.5, "M40 50 L48 38 M42 34 L52 42");
    a.line(Dark, 2.2, "M66 52 L88 52 M66 58 L88 58");
    a.oval(yellow, 92.0, 52.0, 3.0, 4.0);
    wheel(a, 26.0, 68.0, 24.0);
    wheel(a, 80.0, 78.0, 14.0);
    if puffs {
        smoke(a, 76.0, 20.0);
    }
}
