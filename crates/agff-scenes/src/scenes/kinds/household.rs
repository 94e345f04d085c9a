//! Candles, umbrellas and other things of a household.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("umbrella", "umbrellas", umbrella)
        .patterned()
        .views(&[Side, Above])
        .aspects(&[
            State("open", "closed"),
            Made("a curved handle", "a straight handle"),
        ]),
    Kind::new("candle", "candles", candle)
        .patterned()
        .aspects(&[
            Part("a plate"),
            State("lit", "unlit"),
            Shape("tall", "short"),
        ]),
    Kind::new("light bulb", "light bulbs", bulb).aspects(&[
        State("lit", "unlit"),
        State("whole", "broken"),
        Shape("round", "long"),
    ]),
    Kind::new("watering can", "watering cans", watering_can)
        .faces()
        .patterned()
        .aspects(&[Part("water"), Shape("tall", "low")]),
];

fn umbrella(a: &mut Art<'_>) {
    let (open, curved) = (a.on(0), a.on(1));
    if a.view() == Above {
        if open {
            let mut outline = String::from("M50 4");
            for rib in 1..=8u8 {
                let (bend, end) = (f32::from(rib) * 45.0 - 22.5, f32::from(rib) * 45.0);
                let ((bs, bc), (es, ec)) = (path::sine_cosine(bend), path::sine_cosine(end));
                outline += &format!(
                    " Q{} {} {} {}",
                    50.0 + 40.0 * bs,
                    50.0 - 40.0 * bc,
                    50.0 + 46.0 * es,
                    50.0 - 46.0 * ec
                );
            }
            a.fill(Main, &(outline + " Z"));
            for rib in 0..8u8 {
                let (sine, cosine) = path::sine_cosine(f32::from(rib) * 45.0);
                a.line(
                    Dark,
                    2.2,
                    &format!("M50 50 L{} {}", 50.0 + 44.0 * sine, 50.0 - 44.0 * cosine),
                );
            }
            a.oval(Is(STEEL), 50.0, 50.0, 4.0, 4.0);
        } else {
            a.oval(Main, 50.0, 50.0, 16.0, 16.0);
            for rib in 0..6u8 {
                let (sine, cosine) = path::sine_cosine(f32::from(rib) * 60.0);
                a.line(
                    Dark,
                    2.5,
                    &format!("M50 50 L{} {}", 50.0 + 14.0 * sine, 50.0 - 14.0 * cosine),
                );
            }
            a.oval(Is(STEEL), 50.0, 50.0, 5.0, 5.0);
        }
        return;
    }
    a.line(Is(STEEL), 4.5, "M50 8 L50 78");
    match curved {
        true => a.limb(Is(BARK), 6.0, "M50 76 L50 88 C50 102 32 102 32 88"),
        false => a.limb(Is(BARK), 8.0, "M50 76 L50 97"),
    }
    match open {
        true => {
            a.fill(
                Main,
                "M2 56 C4 2 96 2 98 56 Q86 46 74 56 Q62 46 50 56 Q38 46 26 56 Q14 46 2 56 Z",
            );
            a.line(
                Dark,
                2.2,
                "M50 16 Q28 30 26 54 M50 16 L50 54 M50 16 Q72 30 74 54",
            );
        }
        false => {
            a.fill(Main, "M50 10 Q64 40 58 72 L42 72 Q36 40 50 10 Z");
            a.line(Dark, 2.5, "M50 14 L46 70 M50 14 L54 70");
            a.slab(Accent, [40.0, 50.0, 20.0, 6.0], 3.0);
        }
    }
}

fn candle(a: &mut Art<'_>) {
    let (plate, lit, tall) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 34.0 } else { 62.0 };
    if plate {
        a.oval(Is(STEEL), 50.0, 92.0, 36.0, 6.5);
        a.limb(Is(STEEL), 4.5, "M84 90 C102 88 100 76 88 80");
    }
    a.slab(Main, [35.0, top, 30.0, 94.0 - top], 4.0);
    a.fill(
        Light,
        &format!(
            "M35 {} L35 {top} L65 {top} L65 {} Q60 {} 56 {} Q50 {} 46 {} Q40 {} 35 {} Z",
            top + 6.0,
            top + 8.0,
            top + 24.0,
            top + 9.0,
            top + 6.0,
            top + 18.0,
            top + 8.0,
            top + 6.0
        ),
    );
    a.line(Is(BLACK), 3.0, &format!("M50 {top} L50 {}", top - 8.0));
    if lit {
        a.spot(Clear(GLOW, 0.4), 50.0, top - 17.0, 22.0, 22.0);
        a.fill(
            Is(FLAME),
            &format!(
                "M50 {} Q66 {} 58 {} Q50 {} 42 {} Q34 {} 50 {} Z",
                top - 33.0,
                top - 14.0,
                top - 6.0,
                top - 2.0,
                top - 6.0,
                top - 14.0,
                top - 33.0
            ),
        );
        a.bare(
            Is(GLOW),
            &format!(
                "M50 {} Q58 {} 54 {} Q50 {} 46 {} Q42 {} 50 {} Z",
                top - 23.0,
                top - 12.0,
                top - 7.0,
                top - 5.0,
                top - 7.0,
                top - 12.0,
                top - 23.0
            ),
        );
    }
}

fn bulb(a: &mut Art<'_>) {
    let (lit, whole, round) = (a.on(0), a.on(1), a.on(2));
    let glass = Is(a.figure.main.mix(WHITE, if lit { 0.2 } else { 0.4 }));
    let (half, cy, ry) = if round {
        (28.0, 36.0, 28.0)
    } else {
        (19.0, 36.0, 33.0)
    };
    if lit {
        for degrees in [-120.0, -80.0, -40.0, 0.0, 40.0, 80.0, 120.0] {
            let (sine, cosine) = path::sine_cosine(degrees);
            a.line(
                Is(FLAME),
                4.0,
                &format!(
                    "M{} {} L{} {}",
                    50.0 + (half + 8.0) * sine,
                    cy - (ry + 8.0) * cosine,
                    50.0 + (half + 18.0) * sine,
                    cy - (ry + 18.0) * cosine
                ),
            );
        }
    }
    let (left, right) = (50.0 - half, 50.0 + half);
    match whole {
        true => a.fill(glass, &format!("M38 74 Q38 62 {} 52 C{} 30 {left} {} 50 {} C{right} {} {} 30 {} 52 Q62 62 62 74 Z",
            left + 6.0, left - 6.0, cy - ry, cy - ry, cy - ry, right + 6.0, right - 6.0)),
        false => a.fill(glass, &format!("M38 74 Q38 62 {} 52 Q{left} 46 {left} 38 L{} 44 L44 30 L52 46 L60 34 L{} 46 L{right} 36 Q{right} 46 {} 52 Q62 62 62 74 Z",
            left + 6.0, left + 9.0, right - 8.0, right - 6.0)),
    }
    if lit {
        a.spot(Is(GLOW), 50.0, 48.0, half * 0.55, 15.0);
    }
    a.line(
        Is(STEEL),
        2.5,
        "M44 72 L42 50 L47 56 L50 48 L53 56 L58 50 L56 72",
    );
    a.slab(Main, [36.0, 72.0, 28.0, 20.0], 4.0);
    a.line(Dark, 2.5, "M36 79 L64 79 M36 85 L64 85");
    a.fill(Is(BLACK), "M42 92 L58 92 L54 98 L46 98 Z");
}

fn watering_can(a: &mut Art<'_>) {
    let (water, tall) = (a.on(0), a.on(1));
    let top = if tall { 26.0 } else { 50.0 };
    if water {
        for (x, y) in [
            (92.0, 56.0),
            (98.0, 66.0),
            (90.0, 72.0),
            (97.0, 82.0),
            (90.0, 90.0),
        ] {
            a.oval(Is(WATER), x, y, 2.6, 4.0);
        }
    }
    a.limb(
        Main,
        6.0,
        &format!("M22 {} C-8 {} -4 86 18 84", top + 6.0, top - 4.0),
    );
    a.limb(Main, 7.0, "M58 80 Q72 74 84 42");
    a.fill(Dark, "M76 42 L90 34 L98 48 L84 50 Z");
    a.slab(Main, [16.0, top, 46.0, 94.0 - top], 5.0);
    a.limb(Dark, 4.0, &format!("M20 {top} Q38 {} 58 {top}", top - 24.0));
    a.oval(Dark, 39.0, top, 23.0, 4.5);
}
