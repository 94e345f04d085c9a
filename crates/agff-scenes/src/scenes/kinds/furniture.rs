//! Furniture.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("chair", "chairs", chair)
        .faces()
        .views(&[Side, Front, Behind, Above])
        .patterned()
        .aspects(&[
            Part("a cushion"),
            Part("armrests"),
            Made("a high back", "a low back"),
        ]),
    Kind::new("table", "tables", table)
        .views(&[Side, Above])
        .role(Role::Table)
        .aspects(&[
            Part("a drawer"),
            Made("four legs", "one leg"),
            Shape("long", "short"),
        ]),
    Kind::new("bench", "benches", bench)
        .patterned()
        .role(Role::Table)
        .aspects(&[Part("a back"), Made("thick legs", "thin legs")]),
    Kind::new("stool", "stools", stool)
        .views(&[Side, Above])
        .patterned()
        .role(Role::Table)
        .aspects(&[Part("a cushion"), Made("four legs", "three legs")]),
    Kind::new("lamp", "lamps", lamp).patterned().aspects(&[
        State("lit", "unlit"),
        Shape("tall", "short"),
        Made("a round shade", "a pointed shade"),
    ]),
    Kind::new("bed", "beds", bed)
        .views(&[Side, Above])
        .patterned()
        .aspects(&[Part("a pillow"), Made("a high back", "a low back")]),
    Kind::new("sofa", "sofas", sofa)
        .views(&[Front, Behind, Above])
        .patterned()
        .aspects(&[Part("cushions"), Made("round arms", "square arms")]),
    Kind::new("shelf", "shelves", shelf)
        .any_way_up()
        .views(&[Front])
        .aspects(&[State("full", "empty"), Shape("tall", "low")]),
    Kind::new("bathtub", "bathtubs", bathtub)
        .views(&[Side, Above])
        .role(Role::Container)
        .aspects(&[Part("a duck"), State("full", "empty")]),
];

fn chair(a: &mut Art<'_>) {
    let (cushion, arms, high) = (a.on(0), a.on(1), a.on(2));
    let top = if high { 4.0 } else { 30.0 };
    match a.view() {
        Side => {
            a.limb(Dark, 6.0, "M28 60 L24 96");
            a.limb(Dark, 6.0, "M74 60 L78 96");
            a.limb(Main, 8.0, &format!("M28 56 L22 {}", top + 4.0));
            a.slab(Main, [22.0, 54.0, 60.0, 10.0], 4.0);
            if cushion {
                a.slab(Accent, [30.0, 44.0, 50.0, 11.0], 5.0);
            }
            if arms {
                a.limb(Dark, 5.5, "M24 36 L68 36 L68 56");
            }
        }
        Front | Behind => {
            let back = |a: &mut Art<'_>| {
                a.slab(Main, [24.0, top, 52.0, 60.0 - top], 7.0);
                a.line(
                    Dark,
                    3.0,
                    &format!(
                        "M38 {} L38 54 M50 {} L50 54 M62 {} L62 54",
                        top + 8.0,
                        top + 8.0,
                        top + 8.0
                    ),
                );
            };
            let behind = a.view() == Behind;
            if !behind {
                back(a);
            }
            a.both_sides(|a| a.limb(Dark, 6.5, "M27 66 L25 97"));
            a.slab(Main, [18.0, 58.0, 64.0, 11.0], 4.0);
            if cushion {
                a.slab(Accent, [24.0, 49.0, 52.0, 11.0], 5.0);
            }
            if arms {
                a.both_sides(|a| a.limb(Dark, 6.0, "M18 60 L15 38 L24 36"));
            }
            if behind {
                back(a);
            }
        }
        Above => {
            a.slab(Main, [14.0, 16.0, 72.0, 70.0], 8.0);
            if cushion {
                a.slab(Accent, [26.0, 26.0, 54.0, 50.0], 12.0);
            }
            let width = if high { 18.0 } else { 10.0 };
            a.slab(Dark, [8.0, 12.0, width, 78.0], 6.0);
            if arms {
                a.slab(Dark, [20.0, 10.0, 52.0, 8.0], 4.0);
                a.slab(Dark, [20.0, 84.0, 52.0, 8.0], 4.0);
            }
        }
    }
}

fn table(a: &mut Art<'_>) {
    let (drawer, four, long) = (a.on(0), a.on(1), a.on(2));
    let half = if long { 49.0 } else { 32.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    if a.view() == Above {
        a.slab(Main, [left, 26.0, 2.0 * half, 48.0], 4.0);
        for y in [36.0, 48.0, 60.0] {
            a.line(
                Dark,
                1.8,
                &format!("M{} {y} L{} {y}", left + 5.0, right - 5.0),
            );
        }
        if drawer {
            a.slab(Dark, [36.0, 74.0, 28.0, 7.0], 1.0);
            a.oval(Is(GLOW), 50.0, 79.0, 3.0, 3.0);
        }
        if four {
            for x in [left + 7.0, right - 7.0] {
                for y in [32.0, 68.0] {
                    a.spot(Dark, x, y, 3.5, 3.5);
                }
            }
        } else {
            a.ring(Dark, 3.0, 50.0, 50.0, 8.0, 8.0);
        }
        return;
    }
    if four {
        for x in [left + 14.0, right - 14.0] {
            a.limb(Dark, 6.0, &format!("M{x} 46 L{x} 88"));
        }
        for x in [left + 5.0, right - 5.0] {
            a.limb(Main, 7.0, &format!("M{x} 46 L{x} 96"));
        }
    } else {
        a.slab(Main, [45.0, 44.0, 10.0, 48.0], 2.0);
        a.fill(Main, "M28 97 Q30 86 50 86 Q70 86 72 97 Z");
    }
    if drawer {
        a.rect(Dark, 34.0, 46.0, 32.0, 13.0);
        a.oval(Is(GLOW), 50.0, 52.5, 3.0, 3.0);
    }
    a.slab(Main, [left, 38.0, 2.0 * half, 10.0], 3.0);
}

fn bench(a: &mut Art<'_>) {
    let (back, thick) = (a.on(0), a.on(1));
    let width = if thick { 11.0 } else { 5.0 };
    for x in [10.0, 90.0] {
        a.limb(Dark, width, &format!("M{x} 52 L{x} 94"));
    }
    if back {
        a.line(Dark, 5.0, "M16 46 L16 12 M84 46 L84 12");
        a.slab(Main, [2.0, 8.0, 96.0, 9.0], 3.0);
        a.slab(Main, [2.0, 24.0, 96.0, 9.0], 3.0);
    }
    a.slab(Main, [0.0, 44.0, 100.0, 11.0], 3.0);
}

fn stool(a: &mut Art<'_>) {
    let (cushion, four) = (a.on(0), a.on(1));
    if a.view() == Above {
        let angles: &[f32] = if four {
            &[45.0, 135.0, 225.0, 315.0]
        } else {
            &[0.0, 120.0, 240.0]
        };
        for &degrees in angles {
            a.turned(degrees, [50.0, 50.0], |a| {
                a.slab(Dark, [45.0, 2.0, 10.0, 16.0], 3.0)
            });
        }
        a.oval(Main, 50.0, 50.0, 38.0, 38.0);
        match cushion {
            true => a.oval(Accent, 50.0, 50.0, 30.0, 30.0),
            false => a.ring(Dark, 2.5, 50.0, 50.0, 30.0, 30.0),
        }
        return;
    }
    if four {
        a.both_sides(|a| a.limb(Dark, 6.0, "M32 38 L30 88"));
    } else {
        a.limb(Dark, 6.0, "M50 38 L50 88");
    }
    a.both_sides(|a| a.limb(Main, 7.0, "M14 38 L6 96"));
    if cushion {
        a.fill(Accent, "M8 30 Q10 16 50 16 Q90 16 92 30 Z");
    }
    a.slab(Main, [2.0, 28.0, 96.0, 11.0], 4.0);
}

fn lamp(a: &mut Art<'_>) {
    let (lit, tall, round) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 2.0 } else { 34.0 };
    let shade = top + 32.0;
    if lit {
        a.bare(
            Clear(GLOW, 0.75),
            &format!("M24 {} L2 99 L98 99 L76 {} Z", shade - 2.0, shade - 2.0),
        );
    }
    a.slab(Is(STEEL), [46.5, shade - 4.0, 7.0, 94.0 - shade], 1.0);
    a.slab(Is(STEEL), [28.0, 89.0, 44.0, 8.0], 3.0);
    if lit {
        a.oval(Is(GLOW), 50.0, shade, 10.0, 8.0);
    }
    match round {
        true => a.fill(
            Main,
            &format!(
                "M22 {shade} C20 {} 80 {} 78 {shade} Z",
                top - 6.0,
                top - 6.0
            ),
        ),
        false => a.fill(
            Main,
            &format!("M18 {shade} L42 {top} L58 {top} L82 {shade} Z"),
        ),
    }
}

fn bed(a: &mut Art<'_>) {
    let (pillow, high) = (a.on(0), a.on(1));
    if a.view() == Above {
        let back = if high { 16.0 } else { 7.0 };
        a.slab(Is(WOOD), [2.0, 14.0, 96.0, 72.0], 3.0);
        a.slab(Is(BARK), [0.0, 12.0, back, 76.0], 3.0);
        a.slab(Is(WHITE), [back + 1.0, 18.0, 94.0 - back, 64.0], 5.0);
        if pillow {
            a.slab(Is(CREAM), [back + 5.0, 26.0, 20.0, 48.0], 7.0);
        }
        a.slab(Main, [46.0, 16.0, 50.0, 68.0], 4.0);
        a.rect(Light, 44.0, 16.0, 9.0, 68.0);
        return;
    }
    let top = if high { 12.0 } else { 40.0 };
    a.slab(Is(WOOD), [2.0, top, 9.0, 84.0 - top], 3.0);
    a.slab(Is(WOOD), [91.0, 46.0, 8.0, 38.0], 3.0);
    a.rect(Is(BARK), 6.0, 66.0, 90.0, 10.0);
    a.slab(Is(WHITE), [10.0, 52.0, 82.0, 15.0], 5.0);
    if pillow {
        a.fill(Is(CREAM), "M12 54 C10 38 34 36 36 46 L37 54 Z");
    }
    a.fill(Main, "M38 48 Q66 42 92 48 L94 72 L38 72 Z");
    a.rect(Light, 36.0, 47.0, 9.0, 25.0);
}

fn sofa(a: &mut Art<'_>) {
    let (cushions, round) = (a.on(0), a.on(1));
    let arm = |a: &mut Art<'_>| match round {
        true => {
            a.slab(Main, [3.0, 48.0, 16.0, 34.0], 2.0);
            a.oval(Main, 11.0, 48.0, 10.5, 10.5);
        }
        false => a.rect(Main, 2.0, 42.0, 17.0, 40.0),
    };
    match a.view() {
        Behind => {
            a.both_sides(|a| a.rect(Is(BARK), 12.0, 80.0, 7.0, 10.0));
            a.both_sides(arm);
            a.slab(Main, [10.0, 20.0, 80.0, 62.0], 8.0);
            a.line(Dark, 2.5, "M16 70 L84 70");
            if cushions {
                a.both_sides(|a| a.slab(Accent, [20.0, 12.0, 22.0, 12.0], 4.0));
            }
        }
        Above => {
            a.slab(Main, [4.0, 18.0, 92.0, 64.0], 6.0);
            a.slab(Dark, [4.0, 14.0, 92.0, 18.0], 7.0);
            a.both_sides(|a| match round {
                true => a.slab(Dark, [0.0, 14.0, 15.0, 72.0], 7.5),
                false => a.rect(Dark, 0.0, 14.0, 15.0, 72.0),
            });
            a.line(Dark, 2.5, "M50 34 L50 82");
            if cushions {
                a.slab(Accent, [18.0, 30.0, 22.0, 20.0], 5.0);
                a.slab(Accent, [60.0, 30.0, 22.0, 20.0], 5.0);
            }
        }
        Front | Side => {
            a.both_sides(|a| a.rect(Is(BARK), 12.0, 80.0, 7.0, 10.0));
            a.slab(Main, [12.0, 22.0, 76.0, 48.0], 8.0);
            a.line(Dark, 2.5, "M50 26 L50 58");
            if cushions {
                a.turned(-10.0, [30.0, 50.0], |a| {
                    a.slab(Accent, [21.0, 38.0, 20.0, 20.0], 4.0)
                });
                a.turned(10.0, [70.0, 50.0], |a| {
                    a.slab(Accent, [59.0, 38.0, 20.0, 20.0], 4.0)
                });
            }
            a.slab(Main, [14.0, 57.0, 72.0, 14.0], 4.0);
            a.rect(Dark, 12.0, 70.0, 76.0, 12.0);
            a.both_sides(arm);
        }
    }
}

fn shelf(a: &mut Art<'_>) {
    let (full, tall) = (a.on(0), a.on(1));
    let top = if tall { 2.0 } else { 34.0 };
    let levels = if tall { 3 } else { 2 };
    let height = (96.0 - top) / levels as f32;
    a.rect(Main, 12.0, top, 76.0, 96.0 - top);
    for level in 0..levels {
        let y = top + height * level as f32 + 5.0;
        a.rect(Dark, 18.0, y, 64.0, height - 7.0);
        if full {
            let colours = [CRIMSON, WATER, GLOW, LEAF, CREAM, ROSE];
            for book in 0..7 {
                let tallness =
                    (height - 12.0) * [0.95, 0.8, 1.0, 0.7, 0.9, 0.82, 0.96][(book + level) % 7];
                let x = 19.5 + 9.0 * book as f32;
                a.rect(
                    Is(colours[(book + 2 * level) % 6]),
                    x,
                    y + height - 7.0 - tallness,
                    7.5,
                    tallness,
                );
            }
        }
    }
}

fn bathtub(a: &mut Art<'_>) {
    let (duck, full) = (a.on(0), a.on(1));
    let duck_at = |a: &mut Art<'_>, x: f32, y: f32| {
        a.oval(Is(GLOW), x, y, 13.0, 8.0);
        a.oval(Is(GLOW), x + 8.0, y - 9.0, 7.0, 7.0);
        a.fill(
            Is(FLAME),
            &format!(
                "M{} {} L{} {} L{} {} Z",
                x + 14.0,
                y - 11.0,
                x + 22.0,
                y - 8.0,
                x + 14.0,
                y - 6.0
            ),
        );
        a.spot(Is(BLACK), x + 10.0, y - 11.0, 1.6, 1.6);
    };
    if a.view() == Above {
        a.slab(Main, [2.0, 22.0, 96.0, 56.0], 26.0);
        a.slab(
            Is(if full { WATER } else { WHITE }),
            [10.0, 30.0, 80.0, 40.0],
            19.0,
        );
        a.oval(Is(STEEL), 20.0, 50.0, 4.0, 4.0);
        if full {
            a.line(
                Is(WHITE),
                2.0,
                "M34 42 Q40 38 46 42 Q52 46 58 42 M54 60 Q60 56 66 60",
            );
        }
        if duck {
            duck_at(a, 62.0, 52.0);
        }
        return;
    }
    a.line(Is(STEEL), 5.0, "M10 46 L10 26 Q12 20 20 24");
    if full {
        a.fill(
            Is(WATER),
            "M8 50 Q8 36 22 40 Q30 32 40 39 Q50 32 60 39 Q70 32 80 40 Q92 36 93 50 Z",
        );
    }
    if duck {
        duck_at(a, 52.0, 38.0);
    }
    a.both_sides(|a| a.limb(Is(STEEL), 6.0, "M24 84 L20 95"));
    a.fill(
        Main,
        "M4 50 L96 50 C96 76 88 88 74 88 L26 88 C12 88 4 76 4 50 Z",
    );
    a.slab(Main, [0.0, 46.0, 100.0, 8.0], 4.0);
}
