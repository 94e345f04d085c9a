//! What is baked and boiled, and sweets.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("egg", "eggs", egg)
        .any_way_up()
        .patterned()
        .aspects(&[Part("an egg cup"), State("whole", "broken")]),
    Kind::new("cake", "cakes", cake)
        .views(&[Side, Above])
        .aspects(&[
            Part("a candle"),
            State("whole", "cut"),
            Shape("tall", "flat"),
        ]),
    Kind::new("ice cream", "ice creams", ice_cream).aspects(&[
        Part("a cherry on top"),
        State("melting", "frozen"),
        Shape("tall", "short"),
    ]),
    Kind::new("loaf of bread", "loaves of bread", bread)
        .any_way_up()
        .aspects(&[
            Part("a face"),
            State("whole", "cut"),
            Shape("round", "long"),
        ]),
    Kind::new("lollipop", "lollipops", lollipop)
        .patterned()
        .aspects(&[
            Part("a ribbon"),
            State("whole", "bitten"),
            Shape("round", "square"),
        ]),
];

fn egg(a: &mut Art<'_>) {
    let (cup, whole) = (a.on(0), a.on(1));
    let lift = if cup { -12.0 } else { 0.0 };
    a.moved(Transform::from_translate(0.0, lift), |a| {
        if whole {
            a.fill(Main, "M50 10 C66 10 80 42 80 62 C80 82 66 94 50 94 C34 94 20 82 20 62 C20 42 34 10 50 10 Z");
            a.spot(Light, 38.0, 44.0, 5.0, 11.0);
        } else {
            a.oval(Is(GLOW), 50.0, 50.0, 20.0, 17.0);
            a.fill(Main, "M20 56 L30 48 L38 58 L48 48 L58 58 L68 47 L80 56 C82 80 66 94 50 94 C34 94 18 80 20 56 Z");
            a.turned(28.0, [78.0, 24.0], |a| {
                a.fill(Main, "M54 34 L62 42 L72 33 L82 42 L92 33 L100 40 C98 16 88 4 78 4 C66 4 56 20 54 34 Z");
            });
        }
    });
    if cup {
        a.fill(Is(STEEL), "M18 62 L82 62 C80 80 66 84 56 85 L56 91 L70 97 L30 97 L44 91 L44 85 C34 84 20 80 18 62 Z");
    }
}

fn cake(a: &mut Art<'_>) {
    let (candle, whole, tall) = (a.on(0), a.on(1), a.on(2));
    if a.view() == Above {
        a.oval(Is(SILVER), 50.0, 50.0, 48.0, 48.0);
        match whole {
            true => a.oval(Main, 50.0, 50.0, 40.0, 40.0),
            false => a.fill(
                Main,
                "M50 50 L90 50 C90 74 72 90 50 90 C26 90 10 72 10 50 C10 28 28 10 50 10 Z",
            ),
        }
        for i in 0..8u8 {
            let (sine, cosine) = path::sine_cosine(f32::from(i) * 45.0 + 10.0);
            let missing = !whole && (i == 1 || i == 0);
            if !missing {
                a.oval(
                    Is(CREAM),
                    50.0 + 31.0 * sine,
                    50.0 - 31.0 * cosine,
                    5.0,
                    5.0,
                );
            }
        }
        if candle {
            a.oval(Is(CRIMSON), 42.0, 56.0, 7.0, 7.0);
            a.spot(Is(GLOW), 42.0, 56.0, 4.0, 4.0);
        }
        return;
    }
    let top = if tall { 34.0 } else { 58.0 };
    if candle {
        a.rect(Is(WHITE), 40.0, top - 22.0, 7.0, 24.0);
        a.fill(
            Is(FLAME),
            &format!(
                "M43.5 {} Q52 {} 43.5 {} Q35 {} 43.5 {} Z",
                top - 38.0,
                top - 26.0,
                top - 22.0,
                top - 26.0,
                top - 38.0
            ),
        );
    }
    a.slab(Is(SILVER), [4.0, 88.0, 92.0, 7.0], 3.0);
    match whole {
        true => {
            a.slab(Main, [12.0, top, 76.0, 88.0 - top], 5.0);
            a.fill(Is(CREAM), &format!("M12 {} L12 {top} Q50 {} 88 {top} L88 {} Q82 {} 76 {} Q68 {} 60 {} Q52 {} 44 {} Q36 {} 28 {} Q20 {} 12 {} Z",
                top + 8.0, top - 6.0, top + 8.0, top + 20.0, top + 9.0, top + 22.0, top + 9.0, top + 20.0, top + 9.0, top + 22.0, top + 9.0, top + 19.0, top + 8.0));
        }
        false => {
            a.fill(Main, &format!("M12 {top} L56 {top} L56 88 L12 88 Z"));
            a.fill(
                Is(CREAM),
                &format!(
                    "M12 {} L12 {} Q34 {} 56 {} L56 {} Q48 {} 40 {} Q30 {} 22 {} Q16 {} 12 {} Z",
                    top + 8.0,
                    top - 4.0,
                    top - 8.0,
                    top - 4.0,
                    top + 8.0,
                    top + 20.0,
                    top + 9.0,
                    top + 22.0,
                    top + 9.0,
                    top + 18.0,
                    top + 8.0
                ),
            );
            a.fill(
                Is(STRAW),
                &format!("M56 {} L74 {} L74 86 L56 88 Z", top - 2.0, top + 4.0),
            );
            let middle = (top + 88.0) / 2.0;
            a.line(Is(CRIMSON), 4.0, &format!("M58 {middle} L72 {middle}"));
        }
    }
}

fn ice_cream(a: &mut Art<'_>) {
    let (cherry, melting, tall) = (a.on(0), a.on(1), a.on(2));
    let cherry_y = if tall { 8.0 } else { 22.0 };
    if cherry {
        a.line(
            Is(LEAF),
            2.5,
            &format!(
                "M50 {} Q54 {} 60 {}",
                cherry_y,
                cherry_y - 10.0,
                cherry_y - 12.0
            ),
        );
        a.oval(Is(CRIMSON), 50.0, cherry_y, 7.0, 7.0);
    }
    a.fill(Is(STRAW), "M28 58 L72 58 L50 99 Z");
    a.line(
        Is(WOOD),
        1.8,
        "M34 60 L54 90 M46 60 L60 80 M66 60 L46 90 M54 60 L40 80",
    );
    if tall {
        a.oval(Main, 50.0, 24.0, 17.0, 16.0);
    }
    a.oval(Main, 50.0, 45.0, 25.0, 19.0);
    match melting {
        true => {
            a.fill(Main, "M25 48 L75 48 Q80 60 76 72 Q71 76 68 66 Q64 58 60 66 L60 84 Q55 90 51 82 L50 66 Q46 60 42 68 L42 76 Q36 82 33 74 Q28 62 25 48 Z");
        }
        false => a.slab(Main, [23.0, 50.0, 54.0, 11.0], 5.5),
    }
}

fn bread(a: &mut Art<'_>) {
    let (face, whole, round) = (a.on(0), a.on(1), a.on(2));
    let (left, top) = if round { (14.0, 22.0) } else { (0.0, 44.0) };
    let right = 100.0 - left;
    a.fill(Main, &format!("M{left} 66 C{left} {top} {} {top} 50 {top} C{} {top} {right} {top} {right} 66 Q{right} 86 {} 86 L{} 86 Q{left} 86 {left} 66 Z",
        left + 16.0, right - 16.0, right - 12.0, left + 12.0));
    if whole {
        for x in [34.0, 50.0, 66.0] {
            a.line(
                Light,
                4.5,
                &format!("M{} {} L{} {}", x - 4.0, top + 9.0, x + 4.0, top + 22.0),
            );
        }
    } else {
        a.fill(
            Is(CREAM),
            &format!(
                "M66 {} Q{right} {} {right} 66 Q{right} 86 {} 86 L66 86 Q74 {} 66 {} Z",
                top + 2.0,
                top + 2.0,
                right - 10.0,
                (top + 86.0) / 2.0,
                top + 2.0
            ),
        );
        a.line(
            Is(BLACK),
            3.0,
            &format!("M66 {} Q74 {} 66 85", top + 3.0, (top + 86.0) / 2.0),
        );
    }
    if face {
        let y = (top + 86.0) / 2.0 + 4.0;
        a.eye(34.0, y, 4.5, true);
        a.eye(52.0, y, 4.5, true);
        a.line(
            a.ink(),
            2.5,
            &format!("M36 {} Q43 {} 50 {}", y + 9.0, y + 16.0, y + 9.0),
        );
    }
}

fn lollipop(a: &mut Art<'_>) {
    let (ribbon, whole, round) = (a.on(0), a.on(1), a.on(2));
    a.limb(Is(CREAM), 5.0, "M50 56 L50 98");
    match (round, whole) {
        (true, true) => a.oval(Main, 50.0, 34.0, 31.0, 31.0),
        (true, false) => a.fill(Main, "M50 3 C54 3 58 4 62 6 C58 14 64 20 70 18 C68 26 74 30 81 30 C83 50 68 65 50 65 C30 65 19 50 19 34 C19 16 34 3 50 3 Z"),
        (false, true) => a.slab(Main, [21.0, 5.0, 58.0, 58.0], 7.0),
        (false, false) => a.fill(Main, "M28 5 L58 5 C56 14 62 20 68 18 C66 26 72 32 79 32 L79 58 L74 63 L26 63 L21 58 L21 12 Z"),
    }
    a.line(
        Light,
        4.5,
        "M50 34 C56 34 56 26 48 26 C36 28 36 46 52 46 C66 44 66 24 54 18",
    );
    if ribbon {
        a.fill(Is(CRIMSON), "M50 74 L30 66 L30 84 Z");
        a.fill(Is(CRIMSON), "M50 74 L70 66 L70 84 Z");
        a.oval(Is(CRIMSON), 50.0, 74.0, 5.0, 5.0);
    }
}
