//! Larger animals.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("horse", "horses", horse)
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("a saddle"), Made("a long tail", "a short tail")]),
    Kind::new("elephant", "elephants", elephant)
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("tusks"), Made("a raised trunk", "a hanging trunk")]),
    Kind::new("sheep", "sheep", sheep)
        .looks()
        .views(&[Side, Front])
        .aspects(&[Part("a bell"), Part("horns")]),
    Kind::new("giraffe", "giraffes", giraffe)
        .looks()
        .aspects(&[Part("spots"), Made("a long neck", "a short neck")]),
];

fn horse(a: &mut Art<'_>) {
    let (saddle, long) = (a.on(0), a.on(1));
    if a.view() == Side {
        match long {
            true => a.fill(Accent, "M18 44 C2 46 2 74 8 82 C12 66 20 62 22 52 Z"),
            false => a.fill(Accent, "M18 44 C8 46 8 56 12 60 C16 56 20 54 22 50 Z"),
        }
        a.limb(Dark, 7.5, "M26 60 L20 78 L24 95");
        a.limb(Dark, 7.5, "M62 60 L68 78 L66 95");
        a.fill(
            Main,
            "M16 50 C16 38 30 40 44 42 C52 42 56 40 60 34 L68 14 L84 10 L98 30 L92 38 L80 33 L74 46 C74 60 66 68 56 66 L32 68 C20 68 16 60 16 50 Z",
        );
        a.limb(Main, 8.0, "M30 62 L31 80 L30 95");
        a.limb(Main, 8.0, "M56 62 L56 80 L57 95");
        a.fill(Main, "M72 16 L74 2 L82 12 Z");
        a.fill(Accent, "M72 12 C60 14 56 26 54 42 C62 38 66 28 74 20 Z");
        a.eye(83.0, 20.0, 3.2, true);
        if saddle {
            a.fill(Is(WOOD), "M34 40 Q44 48 56 38 L58 52 Q46 60 34 52 Z");
            a.fill(Is(CRIMSON), "M36 40 Q45 44 54 39 L55 44 Q46 49 36 45 Z");
        }
        return;
    }
    a.both_sides(|a| {
        a.limb(Dark, 9.0, "M36 74 L36 95");
        a.fill(Main, "M38 22 L34 2 L47 14 Z");
    });
    a.fill(Main, "M28 60 C28 46 72 46 72 60 L70 80 Q50 88 30 80 Z");
    if saddle {
        a.fill(Is(WOOD), "M26 54 Q50 40 74 54 L74 66 Q50 54 26 66 Z");
    }
    a.both_sides(|a| a.limb(Main, 9.0, "M43 76 L43 95"));
    a.fill(Main, "M36 16 Q50 8 64 16 L61 50 C62 64 38 64 39 50 Z");
    a.fill(Accent, "M42 14 Q50 4 58 14 L54 32 L50 26 L46 34 Z");
    a.eye(40.5, 28.0, 3.6, true);
    a.eye(59.5, 28.0, 3.6, true);
    a.oval(Light, 50.0, 53.0, 11.0, 7.0);
    a.spot(Is(BLACK), 46.0, 53.0, 1.8, 2.4);
    a.spot(Is(BLACK), 54.0, 53.0, 1.8, 2.4);
}

fn elephant(a: &mut Art<'_>) {
    let (tusks, raised) = (a.on(0), a.on(1));
    if a.view() == Side {
        a.limb(Main, 3.0, "M8 48 Q2 56 4 70");
        a.limb(Dark, 13.0, "M26 66 L26 86");
        a.limb(Dark, 13.0, "M58 66 L58 86");
        a.oval(Main, 36.0, 48.0, 29.0, 24.0);
        a.limb(Main, 13.5, "M18 62 L18 86");
        a.limb(Main, 13.5, "M48 62 L48 86");
        let trunk = match raised {
            true => "M78 44 C92 48 96 34 92 10",
            false => "M78 44 C92 46 90 66 90 84",
        };
        a.limb(Main, 9.0, trunk);
        a.oval(Main, 69.0, 38.0, 17.0, 18.0);
        if tusks {
            a.limb(Is(CREAM), 4.5, "M76 54 Q84 64 96 58");
        }
        a.fill(Dark, "M58 22 C38 22 40 60 58 58 C66 56 68 26 58 22 Z");
        a.eye(75.0, 33.0, 3.4, true);
        return;
    }
    a.both_sides(|a| {
        a.limb(Main, 15.0, "M35 70 L35 88");
        a.fill(Dark, "M36 18 C0 4 -4 60 30 56 Z");
    });
    a.oval(Main, 50.0, 60.0, 26.0, 22.0);
    a.oval(Main, 50.0, 34.0, 21.0, 23.0);
    a.eye(41.0, 30.0, 3.8, true);
    a.eye(59.0, 30.0, 3.8, true);
    if tusks {
        a.both_sides(|a| a.limb(Is(CREAM), 5.0, "M40 50 Q36 62 40 72"));
    }
    let trunk = match raised {
        true => "M50 42 C50 64 72 60 72 40 Q72 20 78 8",
        false => "M50 42 C50 60 46 70 50 86",
    };
    a.limb(Main, 10.0, trunk);
}

fn sheep(a: &mut Art<'_>) {
    let (bell, horns) = (a.on(0), a.on(1));
    let golden = Is(GLOW);
    if a.view() == Side {
        for x in [28.0, 36.0, 56.0, 64.0] {
            a.limb(Is(BLACK), 5.5, &format!("M{x} 70 L{x} 92"));
        }
        a.fill(
            Main,
            "M14 58 C4 44 18 32 28 36 C34 24 50 24 54 34 C66 26 80 38 74 50 C84 60 76 74 64 72 C58 82 44 82 40 74 C30 82 18 78 18 70 C10 70 8 62 14 58 Z",
        );
        a.line(
            Dark,
            1.8,
            "M26 48 Q32 54 38 48 M44 60 Q50 66 56 60 M30 64 Q35 69 40 64 M50 44 Q56 50 62 44",
        );
        a.fill(
            Is(BLACK),
            "M66 40 C66 28 82 26 88 36 L96 50 C97 58 86 60 80 56 C72 54 66 50 66 40 Z",
        );
        a.fill(Is(BLACK), "M66 40 L54 46 Q60 34 68 36 Z");
        a.fill(Main, "M64 34 C62 22 80 18 84 30 Q74 36 64 34 Z");
        a.eye(84.0, 42.0, 3.4, true);
        if horns {
            a.limb(Is(CREAM), 5.0, "M70 32 C56 28 52 42 60 46");
        }
        if bell {
            a.line(Is(CRIMSON), 3.0, "M66 54 Q72 64 82 60");
            a.fill(golden, "M70 62 L80 62 L83 74 L67 74 Z");
        }
        return;
    }
    a.both_sides(|a| a.limb(Is(BLACK), 7.0, "M40 78 L40 94"));
    a.fill(
        Main,
        "M24 66 C10 58 16 40 28 42 C26 28 44 24 50 32 C56 24 74 28 72 42 C84 40 90 58 76 66 C82 80 66 88 58 82 C52 90 42 88 40 82 C30 88 18 80 24 66 Z",
    );
    if horns {
        a.both_sides(|a| a.limb(Is(CREAM), 5.0, "M38 28 C22 22 18 36 26 42"));
    }
    a.both_sides(|a| a.fill(Is(BLACK), "M38 34 L20 38 Q26 26 40 28 Z"));
    a.fill(Is(BLACK), "M36 28 Q50 20 64 28 L60 54 Q50 64 40 54 Z");
    a.fill(Main, "M34 28 C32 14 68 14 66 28 Q50 34 34 28 Z");
    a.eye(43.0, 38.0, 3.8, true);
    a.eye(57.0, 38.0, 3.8, true);
    if bell {
        a.fill(golden, "M45 64 L55 64 L58 76 L42 76 Z");
    }
}

fn giraffe(a: &mut Art<'_>) {
    let (spots, long) = (a.on(0), a.on(1));
    // With a short neck the head sits lower, and the same drawing serves.
    let drop = if long { 0.0 } else { 26.0 };
    let (top, crown) = (22.0 + drop, 8.0 + drop);
    a.limb(Main, 2.5, "M24 54 Q16 62 18 74");
    a.limb(Dark, 6.0, "M32 62 L30 97");
    a.limb(Dark, 6.0, "M56 62 L58 97");
    a.limb(Main, 10.0, &format!("M58 52 L70 {}", top));
    a.fill(
        Main,
        "M24 56 C24 46 40 50 50 46 C60 42 66 50 62 60 C60 70 44 68 36 70 C26 70 24 64 24 56 Z",
    );
    a.limb(Main, 6.0, "M37 66 L38 97");
    a.limb(Main, 6.0, "M50 66 L50 97");
    for x in [68.0, 75.0] {
        a.limb(Dark, 2.5, &format!("M{x} {top} L{x} {crown}"));
        a.oval(Dark, x, crown, 2.6, 2.6);
    }
    let (y1, y2, y3) = (top - 8.0, top + 3.0, top + 9.0);
    a.fill(
        Main,
        &format!("M62 {y1} L80 {y1} L93 {y2} Q95 {y3} 88 {y3} L70 {y3} Q60 {y2} 62 {y1} Z"),
    );
    a.eye(76.0, top - 2.0, 3.0, true);
    if spots {
        for (x, y) in [
            (32.0, 58.0),
            (42.0, 54.0),
            (40.0, 63.0),
            (52.0, 52.0),
            (54.0, 62.0),
        ] {
            a.spot(Is(BARK), x, y, 3.6, 2.9);
        }
        let steps: usize = if long { 3 } else { 1 };
        for step in 0..steps {
            let share = (step as f32 + 1.0) / (steps as f32 + 1.0);
            a.spot(
                Is(BARK),
                58.0 + 12.0 * share,
                50.0 + (top - 50.0) * share,
                3.0,
                3.2,
            );
        }
    }
}
