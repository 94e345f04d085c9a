//! What flies and swims.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("boat", "boats", boat)
        .goes()
        .views(&[Side, Front, Above])
        .aspects(&[Part("a flag"), Made("a triangular sail", "a square sail")]),
    Kind::new("airplane", "airplanes", airplane)
        .goes()
        .any_way_up()
        .views(&[Side, Above, Front])
        .aspects(&[Part("a stripe"), Made("wide wings", "narrow wings")]),
    Kind::new("rocket", "rockets", rocket).points().aspects(&[
        Part("flames"),
        Part("a window"),
        Made("a pointed tip", "a round tip"),
    ]),
    Kind::new("helicopter", "helicopters", helicopter)
        .goes()
        .aspects(&[Part("a ladder"), Made("a round window", "a square window")]),
];

fn boat(a: &mut Art<'_>) {
    let (flag, triangular) = (a.on(0), a.on(1));
    match a.view() {
        Above => {
            a.fill(Main, "M2 30 Q50 22 98 50 Q50 78 2 70 Z");
            a.fill(Is(WOOD), "M14 40 Q46 36 72 50 Q46 64 14 60 Z");
            a.rect(Is(BARK), 20.0, 39.0, 8.0, 22.0);
            a.line(Is(CREAM), 5.0, "M14 50 L56 50");
            a.oval(Is(BARK), 56.0, 50.0, 4.5, 4.5);
            if flag {
                a.fill(Is(CRIMSON), "M2 50 L-12 44 L-12 56 Z");
            }
        }
        Front => {
            a.line(Is(BARK), 4.0, "M50 72 L50 8");
            match triangular {
                true => a.fill(Is(CREAM), "M50 12 L76 62 L50 62 Z"),
                false => a.fill(Is(CREAM), "M26 16 L74 16 L78 58 L22 58 Z"),
            }
            a.fill(Main, "M26 70 L74 70 Q72 92 50 97 Q28 92 26 70 Z");
            a.line(Dark, 2.5, "M50 72 L50 96");
            if flag {
                a.fill(Is(CRIMSON), "M50 0 L66 5 L50 10 Z");
            }
        }
        Side | Behind => {
            a.line(Is(BARK), 4.0, "M46 74 L46 8");
            match triangular {
                true => {
                    a.fill(Is(CREAM), "M50 14 L88 64 L50 64 Z");
                    a.fill(Is(CREAM), "M42 24 L42 64 L16 64 Z");
                }
                false => a.fill(
                    Is(CREAM),
                    "M20 18 L76 18 Q84 42 76 64 L20 64 Q28 42 20 18 Z",
                ),
            }
            a.fill(Main, "M4 72 L98 68 Q90 94 74 94 L22 94 Q10 90 4 72 Z");
            a.line(Light, 3.0, "M10 79 L92 76");
            if flag {
                a.fill(Is(CRIMSON), "M46 0 L24 5 L46 11 Z");
            }
        }
    }
}

fn airplane(a: &mut Art<'_>) {
    let (stripe, wide) = (a.on(0), a.on(1));
    match a.view() {
        Above => {
            let (root, tip) = if wide { (30.0, 26.0) } else { (14.0, 8.0) };
            let (front, back) = (62.0, 62.0 - root);
            a.fill(
                Dark,
                &format!(
                    "M{front} 44 L{} 2 L{} 2 L{back} 44 Z",
                    back + 4.0,
                    back + 4.0 - tip * 0.5
                ),
            );
            a.fill(
                Dark,
                &format!(
                    "M{front} 56 L{} 98 L{} 98 L{back} 56 Z",
                    back + 4.0,
                    back + 4.0 - tip * 0.5
                ),
            );
            a.fill(Dark, "M18 46 L4 30 L0 30 L6 50 L0 70 L4 70 L18 54 Z");
            a.fill(
                Main,
                "M2 50 Q8 43 26 42 L80 42 Q96 43 99 50 Q96 57 80 58 L26 58 Q8 57 2 50 Z",
            );
            if stripe {
                a.line(Accent, 4.0, "M12 50 L74 50");
            }
            a.fill(Is(PANE), "M82 44 Q90 50 82 56 Q86 50 82 44 Z");
        }
        Front => {
            let half = if wide { 8.0 } else { 4.5 };
            a.fill(Dark, "M44 34 L50 6 L56 34 Z");
            a.both_sides(|a| {
                a.fill(
                    Dark,
                    &format!(
                        "M40 {} L1 {} L1 {} L40 {} Z",
                        56.0 - half,
                        46.0 - half * 0.4,
                        48.0 + half * 0.4,
                        56.0 + half
                    ),
                );
                a.oval(Is(STEEL), 24.0, 62.0, 6.0, 6.0);
                a.line(Is(BLACK), 3.0, "M42 66 L40 82");
                a.oval(Is(BLACK), 40.0, 83.0, 3.5, 5.0);
            });
            a.oval(Main, 50.0, 50.0, 20.0, 21.0);
            a.fill(Is(PANE), "M36 44 Q50 32 64 44 L60 50 Q50 44 40 50 Z");
            if stripe {
                a.line(Accent, 4.0, "M36 60 Q50 66 64 60");
            }
        }
        Side | Behind => {
            a.fill(Dark, "M8 46 L0 20 L14 20 L28 46 Z");
            a.fill(
                Main,
                "M4 48 Q6 42 20 41 L76 40 Q96 44 99 54 Q94 62 76 62 L26 62 Q8 58 4 48 Z",
            );
            if stripe {
                a.line(Accent, 4.0, "M16 56 L86 56");
            }
            for x in [32.0, 42.0, 52.0, 62.0] {
                a.spot(Is(NIGHT), x, 48.0, 2.6, 2.8);
            }
            a.fill(Is(PANE), "M78 42 Q90 45 93 50 L80 50 Z");
            match wide {
                true => a.fill(Dark, "M64 56 L40 56 L18 86 L30 86 Z"),
                false => a.fill(Dark, "M58 56 L48 56 L32 82 L37 82 Z"),
            }
        }
    }
}

fn rocket(a: &mut Art<'_>) {
    let (flames, window, pointed) = (a.on(0), a.on(1), a.on(2));
    if flames {
        a.fill(Is(FLAME), "M22 40 L2 44 L10 50 L2 56 L22 60 Z");
        a.bare(Is(GLOW), "M22 44 L9 50 L22 56 Z");
    }
    a.fill(Dark, "M44 36 L18 18 L22 42 Z");
    a.fill(Dark, "M44 64 L18 82 L22 58 Z");
    match pointed {
        true => a.fill(Main, "M20 38 Q50 26 70 38 L99 50 L70 62 Q50 74 20 62 Z"),
        false => a.fill(Main, "M20 38 L68 34 C96 36 96 64 68 66 L20 62 Z"),
    }
    match pointed {
        true => a.fill(Accent, "M74 39.7 L99 50 L74 60.3 Z"),
        false => a.fill(Accent, "M73 34.5 C94 38 94 62 73 65.5 Z"),
    }
    if window {
        a.oval(Is(PANE), 54.0, 50.0, 8.5, 8.5);
    }
    a.fill(Dark, "M20 47 L40 48 L40 52 L20 53 Z");
}

fn helicopter(a: &mut Art<'_>) {
    let (ladder, round) = (a.on(0), a.on(1));
    if ladder {
        a.line(
            Is(BARK),
            2.5,
            "M44 74 L44 100 M56 74 L56 100 M44 80 L56 80 M44 88 L56 88 M44 96 L56 96",
        );
    }
    a.line(Is(STEEL), 4.5, "M38 66 L36 80 M66 66 L68 80 M24 80 L82 80");
    a.fill(Dark, "M40 44 L6 40 L2 26 L10 26 L14 34 L40 36 Z");
    a.line(Is(BLACK), 3.0, "M-2 22 L12 38 M-2 38 L12 22");
    a.fill(
        Main,
        "M34 34 Q60 24 80 34 Q98 46 95 58 Q88 70 60 70 Q36 68 34 34 Z",
    );
    match round {
        true => a.oval(Is(PANE), 75.0, 46.0, 12.0, 11.0),
        false => a.rect(Is(PANE), 64.0, 36.0, 22.0, 19.0),
    }
    a.line(Is(BLACK), 4.0, "M58 30 L58 18");
    a.slab(Is(BLACK), [14.0, 13.0, 88.0, 5.0], 2.5);
}
