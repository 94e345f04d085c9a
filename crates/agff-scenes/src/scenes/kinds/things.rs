//! Boxes, books and other things to put something in or on.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("box", "boxes", open_box)
        .views(&[Side, Above])
        .lettered()
        .role(Role::Container)
        .aspects(&[
            Part("holes"),
            State("open", "closed"),
            Shape("tall", "flat"),
        ]),
    Kind::new("book", "books", book)
        .views(&[Above, Side])
        .any_way_up()
        .lettered()
        .role(Role::Surface)
        .aspects(&[
            Part("a bookmark"),
            State("open", "closed"),
            Shape("thick", "thin"),
        ]),
    Kind::new("present", "presents", present)
        .views(&[Side, Above])
        .patterned()
        .role(Role::Surface)
        .aspects(&[Part("a bow"), Shape("tall", "flat")]),
    Kind::new("envelope", "envelopes", envelope)
        .views(&[Behind, Front])
        .aspects(&[Part("a stamp"), State("open", "closed")]),
    Kind::new("basket", "baskets", basket)
        .views(&[Side, Above])
        .role(Role::Container)
        .aspects(&[Part("a handle"), State("full", "empty")]),
    Kind::new("board", "boards", board)
        .views(&[Front, Behind])
        .lettered()
        .aspects(&[Part("wheels"), Shape("wide", "narrow")]),
    Kind::new("suitcase", "suitcases", suitcase)
        .lettered()
        .role(Role::Surface)
        .aspects(&[Part("wheels"), State("open", "closed")]),
    Kind::new("magnet", "magnets", magnet)
        .any_way_up()
        .aspects(&[Part("sparks"), Shape("wide", "narrow")]),
];

fn bow(a: &mut Art<'_>, x: f32, y: f32) {
    for side in [-1.0, 1.0] {
        a.fill(
            Accent,
            &format!(
                "M{x} {y} C{} {} {} {} {} {y} C{} {} {} {} {x} {y} Z",
                x + side * 8.0,
                y - 20.0,
                x + side * 26.0,
                y - 18.0,
                x + side * 24.0,
                x + side * 20.0,
                y + 8.0,
                x + side * 8.0,
                y + 6.0
            ),
        );
    }
    a.oval(Accent, x, y, 5.5, 5.5);
}

fn open_box(a: &mut Art<'_>) {
    let (holes, open, tall) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        if open {
            a.fill(Light, "M14 14 L-4 4 L-4 96 L14 86 Z");
            a.fill(Light, "M86 14 L104 4 L104 96 L86 86 Z");
            a.rect(Main, 12.0, 12.0, 76.0, 76.0);
            a.rect(a.hollow(), 19.0, 19.0, 62.0, 62.0);
        } else {
            a.rect(Main, 12.0, 12.0, 76.0, 76.0);
            a.rect(Light, 12.0, 45.0, 76.0, 10.0);
        }
        if holes {
            for (x, y) in [(30.0, 30.0), (70.0, 30.0), (30.0, 70.0), (70.0, 70.0)] {
                a.oval(if open { Dark } else { a.hollow() }, x, y, 5.0, 5.0);
            }
        }
        return;
    }
    let top = if tall { 26.0 } else { 54.0 };
    if open {
        a.fill(
            Dark,
            &format!("M10 {top} L0 {} L28 {} L44 {top} Z", top - 18.0, top - 22.0),
        );
        a.fill(
            Dark,
            &format!(
                "M90 {top} L100 {} L72 {} L56 {top} Z",
                top - 18.0,
                top - 22.0
            ),
        );
    }
    a.rect(Main, 8.0, top, 84.0, 97.0 - top);
    if !open {
        a.rect(Light, 4.0, top - 3.0, 92.0, 12.0);
    }
    let room = 97.0 - top;
    if a.figure.lettering.is_some() {
        a.letters(a.ink(), [14.0, top + room * 0.3, 72.0, room * 0.5]);
    } else if holes {
        for x in [26.0, 50.0, 74.0] {
            a.oval(a.hollow(), x, top + room * 0.6, 6.0, 6.0);
        }
    } else {
        a.slab(Dark, [38.0, top + room * 0.45, 24.0, 7.0], 3.5);
    }
}

fn book(a: &mut Art<'_>) {
    let (mark, open, thick) = (a.on(0), a.on(1), a.on(2));
    let depth = if thick { 16.0 } else { 6.0 };
    match a.view() {
        // Lying flat, seen by its edge.
        Side | Behind => {
            if open {
                a.fill(
                    Main,
                    &format!(
                        "M0 84 L50 92 L100 84 L100 {} L50 {} L0 {} Z",
                        78.0 - depth * 0.3,
                        90.0,
                        78.0 - depth * 0.3
                    ),
                );
                a.fill(
                    Is(CREAM),
                    &format!(
                        "M2 80 Q26 {} 50 88 Q74 {} 98 80 L98 {} Q74 {} 50 82 Q26 {} 2 {} Z",
                        72.0 - depth,
                        72.0 - depth,
                        76.0 - depth,
                        62.0 - depth,
                        62.0 - depth,
                        76.0 - depth
                    ),
                );
            } else {
                a.slab(Main, [4.0, 70.0 - depth, 92.0, 24.0 + depth], 4.0);
                a.rect(Is(CREAM), 12.0, 75.0 - depth, 85.0, 14.0 + depth);
                a.line(
                    Is(STEEL),
                    1.5,
                    &format!(
                        "M14 {} L95 {} M14 {} L95 {}",
                        80.0 - depth * 0.6,
                        80.0 - depth * 0.6,
                        84.0,
                        84.0
                    ),
                );
            }
            if mark {
                a.slab(
                    Is(CRIMSON),
                    [70.0, 80.0 - depth * 0.5, 10.0, 22.0 + depth * 0.5],
                    1.0,
                );
            }
        }
        Above | Front => {
            if open {
                let (side, middle) = (84.0 + depth, 90.0 + depth);
                a.fill(
                    Main,
                    &format!("M0 14 L50 20 L100 14 L100 {side} L50 {middle} L0 {side} Z"),
                );
                // The edges of the pages below.
                a.fill(
                    Is(SILVER),
                    &format!(
                        "M4 80 L50 84 L96 80 L96 {} Q72 {} 50 {} Q28 {} 4 {} Z",
                        side - 4.0,
                        side - 8.0,
                        middle - 4.0,
                        side - 8.0,
                        side - 4.0
                    ),
                );
                a.fill(Is(CREAM), "M4 14 Q28 8 50 18 L50 86 Q28 76 4 82 Z");
                a.fill(Is(CREAM), "M96 14 Q72 8 50 18 L50 86 Q72 76 96 82 Z");
                if a.figure.lettering.is_none() {
                    for y in [26.0, 36.0, 46.0, 56.0, 66.0] {
                        a.line(
                            Is(STEEL),
                            2.0,
                            &format!("M12 {y} L42 {} M58 {} L88 {y}", y + 2.0, y + 2.0),
                        );
                    }
                }
                a.letters(Is(BLACK), [10.0, 32.0, 80.0, 34.0]);
                if mark && a.figure.lettering.is_none() {
                    a.fill(Is(CRIMSON), "M46 14 L56 16 L56 100 L51 94 L46 100 Z");
                }
            } else {
                a.slab(Is(CREAM), [18.0, 6.0, 68.0 + depth * 0.4, 90.0], 2.0);
                a.slab(Main, [14.0, 3.0, 66.0, 94.0], 3.0);
                a.rect(Dark, 14.0, 3.0, 9.0, 94.0);
                if a.figure.lettering.is_some() {
                    a.letters(a.ink(), [26.0, 24.0, 51.0, 34.0]);
                } else {
                    a.rect(Light, 32.0, 20.0, 38.0, 20.0);
                }
                if thick {
                    a.line(Dark, 2.0, "M86 8 L86 94 M90 8 L90 94");
                }
                if mark {
                    a.fill(Is(CRIMSON), "M62 96 L72 96 L72 112 L67 106 L62 112 Z");
                }
            }
        }
    }
}

fn present(a: &mut Art<'_>) {
    let (ribbon, tall) = (a.on(0), a.on(1));
    if a.view() == Above {
        a.rect(Main, 8.0, 8.0, 84.0, 84.0);
        a.rect(Accent, 44.0, 8.0, 12.0, 84.0);
        a.rect(Accent, 8.0, 44.0, 84.0, 12.0);
        if ribbon {
            a.turned(35.0, [50.0, 50.0], |a| bow(a, 50.0, 50.0));
        }
        return;
    }
    let top = if tall { 24.0 } else { 56.0 };
    a.rect(Main, 12.0, top, 76.0, 97.0 - top);
    a.rect(Accent, 44.0, top, 12.0, 97.0 - top);
    a.rect(Main, 7.0, top - 4.0, 86.0, 14.0);
    a.rect(Accent, 44.0, top - 4.0, 12.0, 14.0);
    if ribbon {
        bow(a, 50.0, top - 6.0);
    }
}

fn envelope(a: &mut Art<'_>) {
    let (stamp, open) = (a.on(0), a.on(1));
    if a.view() == Front {
        if open {
            a.fill(Light, "M2 32 L50 0 L98 32 Z");
        }
        a.rect(Main, 2.0, 30.0, 96.0, 60.0);
        a.line(a.ink(), 3.5, "M14 62 L50 62 M14 74 L42 74");
        if stamp {
            a.rect(Is(CRIMSON), 76.0, 36.0, 16.0, 20.0);
            a.spot(Is(CREAM), 84.0, 46.0, 5.0, 6.0);
        }
        return;
    }
    if open {
        a.fill(Dark, "M2 38 L50 -4 L98 38 Z");
        a.rect(Is(WHITE), 12.0, 10.0, 76.0, 50.0);
        a.line(Is(STEEL), 2.6, "M22 22 L78 22 M22 32 L64 32");
        a.fill(Main, "M2 36 L50 68 L98 36 L98 96 L2 96 Z");
        a.line(Dark, 2.6, "M4 94 L42 64 M96 94 L58 64");
    } else {
        a.rect(Main, 2.0, 30.0, 96.0, 66.0);
        a.line(Dark, 2.6, "M4 94 L42 62 M96 94 L58 62");
        a.fill(Light, "M2 30 L98 30 L50 70 Z");
    }
    if stamp {
        a.oval(Is(CRIMSON), 50.0, 68.0, 9.0, 9.0);
    }
}

fn basket(a: &mut Art<'_>) {
    let (handle, full) = (a.on(0), a.on(1));
    let fruit = [(CRIMSON, 0.0), (GLOW, 1.0), (LEAF, 2.0), (FLAME, 3.0)];
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, 46.0, 40.0);
        a.oval(Is(BARK), 50.0, 50.0, 37.0, 31.0);
        if full {
            for ((rgb, _), (x, y)) in
                fruit
                    .into_iter()
                    .zip([(36.0, 42.0), (60.0, 40.0), (40.0, 62.0), (63.0, 60.0)])
            {
                a.oval(Is(rgb), x, y, 13.0, 13.0);
            }
        }
        if handle {
            a.limb(Dark, 7.0, "M50 10 L50 90");
        }
        return;
    }
    if handle {
        a.limb(Dark, 6.0, "M12 54 C12 -12 88 -12 88 54");
    }
    if full {
        for (rgb, place) in fruit {
            a.oval(Is(rgb), 23.0 + 18.0 * place, 46.0, 12.5, 12.5);
        }
    }
    a.fill(Main, "M4 50 L96 50 L86 97 L14 97 Z");
    a.line(
        Dark,
        2.4,
        "M8 62 L92 62 M10 74 L90 74 M12 86 L88 86 M28 54 L32 96 M50 54 L50 96 M72 54 L68 96",
    );
    a.slab(Main, [0.0, 46.0, 100.0, 9.0], 4.0);
}

fn board(a: &mut Art<'_>) {
    let (wheels, wide) = (a.on(0), a.on(1));
    // A word needs the width.
    let half = if wide || a.figure.lettering.is_some() {
        49.0
    } else {
        31.0
    };
    let (left, right) = (50.0 - half, 50.0 + half);
    for x in [left + 12.0, right - 12.0] {
        a.limb(Is(WOOD), 5.0, &format!("M{x} 66 L{x} 92"));
        match wheels {
            true => a.oval(Is(BLACK), x, 94.0, 5.5, 5.5),
            false => a.limb(Is(WOOD), 5.0, &format!("M{} 95 L{} 95", x - 7.0, x + 7.0)),
        }
    }
    a.rect(Is(WOOD), left, 8.0, 2.0 * half, 62.0);
    if a.view() == Behind {
        a.rect(Dark, left + 5.0, 13.0, 2.0 * half - 10.0, 52.0);
        a.line(
            Is(BARK),
            4.0,
            &format!("M{left} 8 L{right} 70 M{right} 8 L{left} 70"),
        );
        return;
    }
    a.rect(Main, left + 5.0, 13.0, 2.0 * half - 10.0, 52.0);
    let ink = a.ink();
    match a.figure.lettering.is_some() {
        true => a.letters(ink, [left + 10.0, 20.0, 2.0 * half - 20.0, 38.0]),
        false => a.line(
            ink,
            3.0,
            &format!(
                "M{} 28 L{} 28 M{} 42 L{} 42",
                left + 14.0,
                right - 14.0,
                left + 14.0,
                right - 26.0
            ),
        ),
    }
}

fn suitcase(a: &mut Art<'_>) {
    let (wheels, open) = (a.on(0), a.on(1));
    if wheels {
        a.both_sides(|a| a.oval(Is(BLACK), 22.0, 96.0, 6.0, 6.0));
    }
    if open && a.figure.lettering.is_none() {
        a.fill(Dark, "M6 48 L14 4 L86 4 L94 48 Z");
        a.fill(Is(CREAM), "M14 46 L20 10 L80 10 L86 46 Z");
        a.fill(Is(WATER), "M16 48 Q30 30 46 44 Q60 30 82 48 Z");
    } else {
        a.limb(Is(BLACK), 6.0, "M36 32 L36 18 L64 18 L64 32");
        a.slab(Main, [4.0, 28.0, 92.0, 36.0], 8.0);
    }
    a.slab(Main, [4.0, 44.0, 92.0, 48.0], 8.0);
    if a.figure.lettering.is_some() {
        a.slab(Main, [4.0, 28.0, 92.0, 64.0], 8.0);
        a.letters(a.ink(), [13.0, 40.0, 74.0, 40.0]);
    } else {
        a.line(Dark, 3.0, "M24 48 L24 90 M76 48 L76 90");
        a.both_sides(|a| a.slab(Is(GLOW), [28.0, 46.0, 10.0, 9.0], 2.0));
    }
}

fn magnet(a: &mut Art<'_>) {
    let (sparks, wide) = (a.on(0), a.on(1));
    let half = if wide { 33.0 } else { 20.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    a.limb(
        Main,
        20.0,
        &format!("M{left} 84 L{left} 48 C{left} 6 {right} 6 {right} 48 L{right} 84"),
    );
    for x in [left, right] {
        a.rect(Is(SILVER), x - 10.0, 76.0, 20.0, 20.0);
    }
    if sparks {
        for x in [left, right] {
            a.line(
                Is(FLAME),
                3.6,
                &format!(
                    "M{} 102 L{} 108 L{} 112 L{} 120",
                    x - 4.0,
                    x + 3.0,
                    x - 3.0,
                    x + 4.0
                ),
            );
        }
    }
}
