//! Boxes, books, instruments and what else lies about.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("box", "boxes", open_box)
        .views(&[Side, Above])
        .lettered()
        .role(Role::Container)
        .aspects(&[Part("holes"), State("open", "closed"), Shape("tall", "flat")]),
    Kind::new("book", "books", book)
        .views(&[Front, Above, Side])
        .lettered()
        .role(Role::Surface)
        .aspects(&[Part("a bookmark"), State("open", "closed"), Shape("thick", "thin")]),
    Kind::new("present", "presents", present)
        .views(&[Side, Above])
        .patterned()
        .role(Role::Surface)
        .aspects(&[Part("a bow"), Shape("tall", "flat")]),
    Kind::new("bell", "bells", bell)
        .patterned()
        .aspects(&[Part("a ribbon"), Part("a handle")]),
    Kind::new("drum", "drums", drum)
        .views(&[Side, Above])
        .role(Role::Surface)
        .aspects(&[Part("sticks"), Shape("tall", "flat")]),
    Kind::new("guitar", "guitars", guitar)
        .any_way_up()
        .aspects(&[Part("strings"), Made("a long neck", "a short neck"), Shape("round", "square")]),
    Kind::new("envelope", "envelopes", envelope)
        .views(&[Behind, Front])
        .aspects(&[Part("a stamp"), State("open", "closed")]),
    Kind::new("phone", "phones", phone)
        .views(&[Front, Behind])
        .aspects(&[Part("an antenna"), State("on", "off"), Shape("wide", "narrow")]),
    Kind::new("laptop", "laptops", laptop)
        .views(&[Front, Behind, Above])
        .lettered()
        .aspects(&[Part("a sticker"), State("on", "off")]),
    Kind::new("camera", "cameras", camera)
        .views(&[Front, Behind])
        .aspects(&[Part("a flash"), Part("a strap"), Made("a large lens", "a small lens")]),
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
    Kind::new("trumpet", "trumpets", trumpet)
        .faces()
        .aspects(&[Part("notes"), Part("a flag")]),
];

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
        a.fill(Dark, &format!("M10 {top} L0 {} L28 {} L44 {top} Z", top - 18.0, top - 22.0));
        a.fill(Dark, &format!("M90 {top} L100 {} L72 {} L56 {top} Z", top - 18.0, top - 22.0));
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
                a.fill(Main, &format!("M0 84 L50 92 L100 84 L100 {} L50 {} L0 {} Z", 78.0 - depth * 0.3, 90.0, 78.0 - depth * 0.3));
                a.fill(Is(CREAM), &format!("M2 80 Q26 {} 50 88 Q74 {} 98 80 L98 {} Q74 {} 50 82 Q26 {} 2 {} Z",
                    72.0 - depth, 72.0 - depth, 76.0 - depth, 62.0 - depth, 62.0 - depth, 76.0 - depth));
            } else {
                a.slab(Main, [4.0, 70.0 - depth, 92.0, 24.0 + depth], 4.0);
                a.rect(Is(CREAM), 12.0, 75.0 - depth, 85.0, 14.0 + depth);
                a.line(Is(STEEL), 1.5, &format!("M14 {} L95 {} M14 {} L95 {}", 80.0 - depth * 0.6, 80.0 - depth * 0.6, 84.0, 84.0));
            }
            if mark {
                a.slab(Is(CRIMSON), [70.0, 80.0 - depth * 0.5, 10.0, 22.0 + depth * 0.5], 1.0);
            }
        }
        Front | Above => {
            if open {
                a.fill(Main, "M0 14 L50 20 L100 14 L100 86 L50 92 L0 86 Z");
                a.fill(Is(CREAM), "M4 14 Q28 8 50 18 L50 86 Q28 76 4 82 Z");
                a.fill(Is(CREAM), "M96 14 Q72 8 50 18 L50 86 Q72 76 96 82 Z");
                if a.figure.lettering.is_none() {
                    for y in [26.0, 36.0, 46.0, 56.0, 66.0] {
                        a.line(Is(STEEL), 2.0, &format!("M12 {y} L42 {} M58 {} L88 {y}", y + 2.0, y + 2.0));
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

fn bow(a: &mut Art<'_>, x: f32, y: f32) {
    for side in [-1.0, 1.0] {
        a.fill(Accent, &format!("M{x} {y} C{} {} {} {} {} {y} C{} {} {} {} {x} {y} Z",
            x + side * 8.0, y - 20.0, x + side * 26.0, y - 18.0, x + side * 24.0, x + side * 20.0, y + 8.0, x + side * 8.0, y + 6.0));
    }
    a.oval(Accent, x, y, 5.5, 5.5);
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

fn bell(a: &mut Art<'_>) {
    let (ribbon, handle) = (a.on(0), a.on(1));
    if handle {
        a.slab(Is(WOOD), [44.0, -14.0, 12.0, 30.0], 5.0);
    }
    a.oval(Dark, 50.0, 88.0, 10.0, 9.0);
    a.fill(Main, "M50 10 C70 10 74 30 76 54 Q78 70 92 80 Q92 86 86 86 L14 86 Q8 86 8 80 Q22 70 24 54 C26 30 30 10 50 10 Z");
    a.line(Dark, 3.0, "M20 74 L80 74");
    if ribbon {
        a.fill(Is(CRIMSON), "M50 18 L26 6 L26 30 Z");
        a.fill(Is(CRIMSON), "M50 18 L74 6 L74 30 Z");
        a.oval(Is(CRIMSON), 50.0, 18.0, 6.0, 6.0);
    }
}

fn drum(a: &mut Art<'_>) {
    let (sticks, tall) = (a.on(0), a.on(1));
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, 46.0, 46.0);
        a.oval(Is(CREAM), 50.0, 50.0, 38.0, 38.0);
        if sticks {
            a.limb(Is(WOOD), 5.0, "M40 46 L4 8 M60 46 L96 8");
            a.oval(Is(WOOD), 40.0, 46.0, 5.0, 5.0);
            a.oval(Is(WOOD), 60.0, 46.0, 5.0, 5.0);
        }
        return;
    }
    let top = if tall { 28.0 } else { 56.0 };
    if sticks {
        a.limb(Is(WOOD), 5.0, &format!("M40 {top} L16 {} M60 {top} L84 {}", top - 32.0, top - 32.0));
    }
    a.fill(Main, &format!("M6 {top} L94 {top} L94 88 Q50 104 6 88 Z"));
    let (upper, lower) = (top + 10.0, 88.0);
    a.line(Is(CREAM), 2.8, &format!("M8 {upper} L22 {lower} L36 {} L50 {} L64 {} L78 {lower} L92 {upper}", upper + 4.0, lower + 4.0, upper + 4.0));
    a.oval(Is(CREAM), 50.0, top, 44.0, 9.0);
}

fn guitar(a: &mut Art<'_>) {
    let (strings, long, round) = (a.on(0), a.on(1), a.on(2));
    let top = if long { -6.0 } else { 22.0 };
    a.slab(Is(BARK), [45.5, top, 9.0, 52.0 - top], 1.0);
    a.slab(Is(BLACK), [42.0, top - 12.0, 16.0, 14.0], 3.0);
    match round {
        true => a.fill(Main, "M50 40 C68 38 74 52 68 60 C82 66 80 98 50 98 C20 98 18 66 32 60 C26 52 32 38 50 40 Z"),
        false => a.slab(Main, [22.0, 42.0, 56.0, 56.0], 5.0),
    }
    a.oval(a.hollow(), 50.0, 66.0, 10.0, 10.0);
    a.rect(Is(BARK), 38.0, 83.0, 24.0, 5.0);
    if strings {
        a.line(Is(WHITE), 1.4, &format!("M47 {top} L47 84 M50 {top} L50 84 M53 {top} L53 84"));
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

fn phone(a: &mut Art<'_>) {
    let (antenna, on, wide) = (a.on(0), a.on(1), a.on(2));
    let half = if wide { 32.0 } else { 19.0 };
    if antenna {
        a.limb(Is(BLACK), 5.0, &format!("M{} 6 L{} -16", 50.0 + half - 7.0, 50.0 + half - 7.0));
    }
    a.slab(Main, [50.0 - half, 2.0, 2.0 * half, 96.0], 8.0);
    if a.view() == Behind {
        a.oval(Is(BLACK), 50.0 - half * 0.45, 18.0, 7.0, 7.0);
        a.spot(Is(PANE), 50.0 - half * 0.45, 18.0, 3.0, 3.0);
        a.line(Dark, 3.0, "M42 84 L58 84");
        return;
    }
    let (x, w) = (50.0 - half + 5.0, 2.0 * half - 10.0);
    match on {
        true => {
            a.rect(Is(PANE), x, 14.0, w, 66.0);
            for (row, y) in [22.0, 40.0, 58.0].into_iter().enumerate() {
                for column in 0..2u8 {
                    let rgb = [CRIMSON, LEAF, FLAME, WATER, GLOW, ROSE][(row * 2 + usize::from(column)) % 6];
                    a.slab(Is(rgb), [x + w * (0.1 + 0.48 * f32::from(column)), y, w * 0.32, 12.0], 3.0);
                }
            }
        }
        false => {
            a.rect(Is(BLACK), x, 14.0, w, 66.0);
            a.line(Is(STEEL), 2.5, &format!("M{} 40 L{} 24", x + 6.0, x + 18.0));
        }
    }
    a.oval(Is(SILVER), 50.0, 89.0, 4.5, 4.5);
}

fn laptop(a: &mut Art<'_>) {
    let (sticker, on) = (a.on(0), a.on(1));
    match a.view() {
        Above => {
            a.slab(Main, [6.0, 6.0, 88.0, 30.0], 3.0);
            a.slab(Is(if on { WATER } else { BLACK }), [12.0, 11.0, 76.0, 20.0], 1.0);
            a.slab(Main, [6.0, 34.0, 88.0, 62.0], 4.0);
            a.rect(Is(BLACK), 13.0, 41.0, 74.0, 28.0);
            a.line(Is(STEEL), 1.6, "M13 50 L87 50 M13 60 L87 60 M28 41 L28 69 M43 41 L43 69 M58 41 L58 69 M73 41 L73 69");
            a.slab(Dark, [36.0, 75.0, 28.0, 15.0], 2.0);
            if sticker {
                a.oval(Is(CRIMSON), 78.0, 83.0, 6.5, 6.5);
            }
        }
        Behind => {
            a.slab(Main, [8.0, 14.0, 84.0, 62.0], 5.0);
            if sticker {
                a.oval(Is(CRIMSON), 50.0, 44.0, 12.0, 12.0);
            }
            a.fill(Dark, "M4 76 L96 76 L92 86 L8 86 Z");
        }
        Front | Side => {
            a.slab(Main, [8.0, 8.0, 84.0, 62.0], 4.0);
            let lettered = a.figure.lettering.is_some();
            match (on || lettered, lettered) {
                (_, true) => {
                    a.rect(Is(WHITE), 14.0, 14.0, 72.0, 50.0);
                    a.letters(Is(BLACK), [18.0, 22.0, 64.0, 34.0]);
                }
                (true, false) => {
                    a.rect(Is(WATER), 14.0, 14.0, 72.0, 50.0);
                    a.rect(Is(WHITE), 24.0, 22.0, 34.0, 26.0);
                    a.line(Is(STEEL), 2.2, "M29 29 L52 29 M29 36 L46 36");
                }
                (false, false) => {
                    a.rect(Is(BLACK), 14.0, 14.0, 72.0, 50.0);
                    a.line(Is(STEEL), 2.5, "M22 34 L34 22");
                }
            }
            a.fill(Dark, "M8 70 L92 70 L102 90 L-2 90 Z");
            a.fill(Is(BLACK), "M16 74 L84 74 L88 81 L12 81 Z");
            if sticker {
                a.oval(Is(CRIMSON), 84.0, 86.0, 5.0, 3.0);
            }
        }
    }
}

fn camera(a: &mut Art<'_>) {
    let (flash, strap, large) = (a.on(0), a.on(1), a.on(2));
    if strap {
        a.line(Is(BARK), 5.0, "M8 36 C-12 -14 112 -14 92 36");
    }
    if flash {
        a.star(Is(GLOW), [78.0, 14.0], 8, 15.0, 7.0);
    }
    a.fill(Dark, "M34 28 L40 16 L60 16 L66 28 Z");
    a.slab(Main, [2.0, 27.0, 96.0, 62.0], 7.0);
    if a.view() == Behind {
        a.slab(Is(BLACK), [12.0, 38.0, 56.0, 42.0], 3.0);
        a.bare(Is(WATER), "M15 41 L65 41 L65 66 L15 66 Z");
        a.bare(Is(LEAF), "M15 62 Q30 52 42 62 Q54 54 65 64 L65 77 L15 77 Z");
        a.oval(Is(STEEL), 83.0, 46.0, 6.0, 6.0);
        a.oval(Is(STEEL), 83.0, 66.0, 8.0, 8.0);
        return;
    }
    let r = if large { 27.0 } else { 15.0 };
    a.slab(Light, [10.0, 34.0, 16.0, 9.0], 2.0);
    a.oval(Is(STEEL), 52.0, 58.0, r, r);
    a.oval(Is(BLACK), 52.0, 58.0, r * 0.72, r * 0.72);
    a.oval(Is(WATER), 52.0, 58.0, r * 0.42, r * 0.42);
    a.spot(Is(WHITE), 52.0 - r * 0.2, 58.0 - r * 0.25, r * 0.13, r * 0.13);
}

fn basket(a: &mut Art<'_>) {
    let (handle, full) = (a.on(0), a.on(1));
    let fruit = [(CRIMSON, 0.0), (GLOW, 1.0), (LEAF, 2.0), (FLAME, 3.0)];
    if a.view() == Above {
        a.oval(Main, 50.0, 50.0, 46.0, 40.0);
        a.oval(Is(BARK), 50.0, 50.0, 37.0, 31.0);
        if full {
            for ((rgb, _), (x, y)) in fruit.into_iter().zip([(36.0, 42.0), (60.0, 40.0), (40.0, 62.0), (63.0, 60.0)]) {
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
    a.line(Dark, 2.4, "M8 62 L92 62 M10 74 L90 74 M12 86 L88 86 M28 54 L32 96 M50 54 L50 96 M72 54 L68 96");
    a.slab(Main, [0.0, 46.0, 100.0, 9.0], 4.0);
}

fn board(a: &mut Art<'_>) {
    let (wheels, wide) = (a.on(0), a.on(1));
    // A word needs the width.
    let half = if wide || a.figure.lettering.is_some() { 49.0 } else { 31.0 };
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
        a.line(Is(BARK), 4.0, &format!("M{left} 8 L{right} 70 M{right} 8 L{left} 70"));
        return;
    }
    a.rect(Main, left + 5.0, 13.0, 2.0 * half - 10.0, 52.0);
    let ink = a.ink();
    match a.figure.lettering.is_some() {
        true => a.letters(ink, [left + 10.0, 20.0, 2.0 * half - 20.0, 38.0]),
        false => a.line(ink, 3.0, &format!("M{} 28 L{} 28 M{} 42 L{} 42", left + 14.0, right - 14.0, left + 14.0, right - 26.0)),
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
    a.limb(Main, 20.0, &format!("M{left} 84 L{left} 48 C{left} 6 {right} 6 {right} 48 L{right} 84"));
    for x in [left, right] {
        a.rect(Is(SILVER), x - 10.0, 76.0, 20.0, 20.0);
    }
    if sparks {
        for x in [left, right] {
            a.line(Is(FLAME), 3.6, &format!("M{} 102 L{} 108 L{} 112 L{} 120", x - 4.0, x + 3.0, x - 3.0, x + 4.0));
        }
    }
}

fn trumpet(a: &mut Art<'_>) {
    let (notes, flag) = (a.on(0), a.on(1));
    a.limb(Main, 5.0, "M22 62 C10 62 10 78 24 78 L56 78 C70 78 70 62 56 62");
    a.limb(Main, 6.0, "M4 62 L70 62");
    a.fill(Main, "M64 58 Q84 56 94 40 L94 84 Q84 68 64 66 Z");
    a.oval(Dark, 94.0, 62.0, 5.0, 22.0);
    a.slab(Dark, [0.0, 57.0, 6.0, 10.0], 2.0);
    for x in [34.0, 43.0, 52.0] {
        a.slab(Light, [x - 3.0, 50.0, 6.0, 32.0], 2.0);
    }
    if flag {
        a.fill(Is(CRIMSON), "M26 66 L58 66 L58 98 L42 90 L26 98 Z");
    }
    if notes {
        for (x, y) in [(72.0, 28.0), (90.0, 20.0)] {
            a.oval(Is(BLACK), x, y, 5.5, 4.2);
            a.line(Is(BLACK), 3.0, &format!("M{} {y} L{} {} Q{} {} {} {}", x + 5.0, x + 5.0, y - 20.0, x + 12.0, y - 16.0, x + 11.0, y - 9.0));
        }
    }
}
