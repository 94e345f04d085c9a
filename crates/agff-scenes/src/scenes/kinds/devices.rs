//! Instruments and devices.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("bell", "bells", bell)
        .patterned()
        .aspects(&[Part("a ribbon"), Part("a handle")]),
    Kind::new("drum", "drums", drum)
        .views(&[Side, Above])
        .role(Role::Surface)
        .aspects(&[Part("sticks"), Shape("tall", "flat")]),
    Kind::new("guitar", "guitars", guitar)
        .any_way_up()
        .aspects(&[
            Part("strings"),
            Made("a long neck", "a short neck"),
            Shape("round", "square"),
        ]),
    Kind::new("trumpet", "trumpets", trumpet)
        .faces()
        .aspects(&[Part("notes"), Part("a flag")]),
    Kind::new("phone", "phones", phone)
        .any_way_up()
        .views(&[Front, Behind])
        .aspects(&[
            Part("an antenna"),
            State("on", "off"),
            Shape("wide", "narrow"),
        ]),
    Kind::new("laptop", "laptops", laptop)
        .views(&[Front, Behind, Above])
        .lettered()
        .aspects(&[Part("a sticker"), State("on", "off")]),
    Kind::new("camera", "cameras", camera)
        .views(&[Front, Behind])
        .aspects(&[
            Part("a flash"),
            Part("a strap"),
            Made("a large lens", "a small lens"),
        ]),
];

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
        a.limb(
            Is(WOOD),
            5.0,
            &format!("M40 {top} L16 {} M60 {top} L84 {}", top - 32.0, top - 32.0),
        );
    }
    a.fill(Main, &format!("M6 {top} L94 {top} L94 88 Q50 104 6 88 Z"));
    let (upper, lower) = (top + 10.0, 88.0);
    a.line(
        Is(CREAM),
        2.8,
        &format!(
            "M8 {upper} L22 {lower} L36 {} L50 {} L64 {} L78 {lower} L92 {upper}",
            upper + 4.0,
            lower + 4.0,
            upper + 4.0
        ),
    );
    a.oval(Is(CREAM), 50.0, top, 44.0, 9.0);
}

fn guitar(a: &mut Art<'_>) {
    let (strings, long, round) = (a.on(0), a.on(1), a.on(2));
    let top = if long { -6.0 } else { 22.0 };
    a.slab(Is(BARK), [45.5, top, 9.0, 52.0 - top], 1.0);
    a.slab(Is(BLACK), [42.0, top - 12.0, 16.0, 14.0], 3.0);
    match round {
        true => a.fill(
            Main,
            "M50 40 C68 38 74 52 68 60 C82 66 80 98 50 98 C20 98 18 66 32 60 C26 52 32 38 50 40 Z",
        ),
        false => a.slab(Main, [22.0, 42.0, 56.0, 56.0], 5.0),
    }
    a.oval(a.hollow(), 50.0, 66.0, 10.0, 10.0);
    a.rect(Is(BARK), 38.0, 83.0, 24.0, 5.0);
    if strings {
        a.line(
            Is(WHITE),
            1.4,
            &format!("M47 {top} L47 84 M50 {top} L50 84 M53 {top} L53 84"),
        );
    }
}

fn trumpet(a: &mut Art<'_>) {
    let (notes, flag) = (a.on(0), a.on(1));
    a.limb(
        Main,
        5.0,
        "M22 62 C10 62 10 78 24 78 L56 78 C70 78 70 62 56 62",
    );
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
            a.line(
                Is(BLACK),
                3.0,
                &format!(
                    "M{} {y} L{} {} Q{} {} {} {}",
                    x + 5.0,
                    x + 5.0,
                    y - 20.0,
                    x + 12.0,
                    y - 16.0,
                    x + 11.0,
                    y - 9.0
                ),
            );
        }
    }
}

fn phone(a: &mut Art<'_>) {
    let (antenna, on, wide) = (a.on(0), a.on(1), a.on(2));
    let half = if wide { 32.0 } else { 19.0 };
    if antenna {
        a.limb(
            Is(BLACK),
            5.0,
            &format!("M{} 6 L{} -16", 50.0 + half - 7.0, 50.0 + half - 7.0),
        );
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
                    let rgb = [CRIMSON, LEAF, FLAME, WATER, GLOW, ROSE]
                        [(row * 2 + usize::from(column)) % 6];
                    a.slab(
                        Is(rgb),
                        [x + w * (0.1 + 0.48 * f32::from(column)), y, w * 0.32, 12.0],
                        3.0,
                    );
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
            a.slab(
                Is(if on { WATER } else { BLACK }),
                [12.0, 11.0, 76.0, 20.0],
                1.0,
            );
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
                a.oval(Is(CRIMSON), 85.0, 85.0, 8.0, 4.5);
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
    a.spot(
        Is(WHITE),
        52.0 - r * 0.2,
        58.0 - r * 0.25,
        r * 0.13,
        r * 0.13,
    );
}
