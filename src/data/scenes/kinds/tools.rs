//! Tools and other things for the hand.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("hammer", "hammers", hammer)
        .aspects(&[Part("a string"), Made("a long handle", "a short handle")]),
    Kind::new("key", "keys", key)
        .points()
        .aspects(&[Part("a ribbon"), Made("a round head", "a square head"), Shape("thick", "thin")]),
    Kind::new("pencil", "pencils", pencil)
        .points()
        .patterned()
        .aspects(&[Part("an eraser"), State("whole", "broken"), Shape("long", "short")]),
    Kind::new("brush", "brushes", brush)
        .points()
        .patterned()
        .aspects(&[Part("paint"), Shape("wide", "narrow")]),
    Kind::new("pair of scissors", "pairs of scissors", scissors)
        .any_way_up()
        .aspects(&[State("open", "closed"), Shape("long", "short")]),
    Kind::new("umbrella", "umbrellas", umbrella)
        .patterned()
        .views(&[Side, Above])
        .aspects(&[State("open", "closed"), Made("a curved handle", "a straight handle")]),
    Kind::new("ladder", "ladders", ladder)
        .any_way_up()
        .aspects(&[State("whole", "broken"), Shape("wide", "narrow")]),
    Kind::new("candle", "candles", candle)
        .patterned()
        .aspects(&[Part("a plate"), State("lit", "unlit"), Shape("tall", "short")]),
    Kind::new("light bulb", "light bulbs", bulb)
        .aspects(&[State("lit", "unlit"), State("whole", "broken"), Shape("round", "long")]),
    Kind::new("saw", "saws", saw)
        .points()
        .aspects(&[Part("teeth"), Shape("long", "short")]),
    Kind::new("axe", "axes", axe)
        .aspects(&[Part("a ribbon"), Made("two blades", "one blade")]),
    Kind::new("watering can", "watering cans", watering_can)
        .faces()
        .patterned()
        .aspects(&[Part("water"), Shape("tall", "low")]),
];

fn hammer(a: &mut Art<'_>) {
    let (string, long) = (a.on(0), a.on(1));
    let end = if long { 97.0 } else { 66.0 };
    a.slab(Is(WOOD), [43.0, 22.0, 13.0, end - 22.0], 4.0);
    a.fill(Main, "M22 8 L62 8 Q82 10 92 28 Q76 22 64 32 L22 32 Z");
    a.slab(Dark, [12.0, 4.0, 14.0, 32.0], 3.0);
    if string {
        let y = end - 8.0;
        a.line(Is(CRIMSON), 3.5, &format!("M49 {y} C76 {} 82 {} 66 {} C58 {} 54 {} 50 {y}", y - 14.0, y + 2.0, y + 4.0, y + 2.0, y));
    }
}

fn key(a: &mut Art<'_>) {
    let (ribbon, round, thick) = (a.on(0), a.on(1), a.on(2));
    let width = if thick { 12.0 } else { 6.0 };
    if ribbon {
        a.limb(Is(ROSE), 5.0, "M18 50 C-2 60 -8 76 2 90");
        a.limb(Is(ROSE), 5.0, "M18 50 C10 66 12 80 20 92");
    }
    a.limb(Main, width, "M40 50 L94 50");
    a.limb(Main, width * 0.8, "M76 50 L76 66 M90 50 L90 70");
    if round {
        a.limb(Main, 9.0, "M24 32 C48 32 48 68 24 68 C0 68 0 32 24 32");
    } else {
        a.limb(Main, 9.0, "M8 32 L42 32 L42 68 L8 68 L8 32");
    }
}

fn pencil(a: &mut Art<'_>) {
    let (eraser, whole, long) = (a.on(0), a.on(1), a.on(2));
    let left = if long { 6.0 } else { 38.0 };
    if eraser {
        a.slab(Is(ROSE), [left - 7.0, 41.0, 14.0, 18.0], 4.0);
        a.rect(Is(SILVER), left + 2.0, 40.0, 7.0, 20.0);
    }
    let start = if eraser { left + 9.0 } else { left };
    let body = |a: &mut Art<'_>, from: f32, to: f32| {
        a.rect(Main, from, 40.0, to - from, 20.0);
        a.line(Dark, 2.0, &format!("M{} 46.5 L{} 46.5 M{} 53.5 L{} 53.5", from + 1.0, to - 1.0, from + 1.0, to - 1.0));
    };
    let tip = |a: &mut Art<'_>| {
        a.fill(Is(STRAW), "M78 40 L99 50 L78 60 Z");
        a.fill(Is(BLACK), "M90 45.7 L99 50 L90 54.3 Z");
    };
    if whole {
        body(a, start, 78.0);
        tip(a);
    } else {
        let middle = (start + 78.0) / 2.0;
        a.turned(14.0, [middle, 50.0], |a| {
            body(a, start, middle - 7.0);
            a.fill(Is(STRAW), &format!("M{} 40 L{} 44 L{} 48 L{} 54 L{} 60 Z", middle - 7.0, middle - 1.0, middle - 6.0, middle, middle - 7.0));
        });
        a.turned(-14.0, [middle, 50.0], |a| {
            body(a, middle + 6.0, 78.0);
            a.fill(Is(STRAW), &format!("M{} 40 L{} 46 L{} 51 L{} 56 L{} 60 Z", middle + 6.0, middle, middle + 5.0, middle + 1.0, middle + 6.0));
            tip(a);
        });
    }
}

fn brush(a: &mut Art<'_>) {
    let (paint, wide) = (a.on(0), a.on(1));
    let half = if wide { 23.0 } else { 10.0 };
    let (top, low) = (50.0 - half, 50.0 + half);
    a.fill(Main, &format!("M2 50 Q2 44 10 44 L40 43 Q48 42 52 {} L52 {} Q48 58 40 57 L10 56 Q2 56 2 50 Z", top + 1.0, low - 1.0));
    a.rect(Is(SILVER), 52.0, top, 13.0, low - top);
    a.fill(Is(STRAW), &format!("M65 {top} L90 {} Q98 50 90 {} L65 {low} Z", top + 2.0, low - 2.0));
    if paint {
        a.fill(Is(WATER), &format!("M78 {} L90 {} Q99 50 90 {} L78 {} Q84 {} 76 50 Q84 {} 78 {} Z", top + 1.0, top + 2.0, low - 2.0, low - 1.0, 50.0 + half * 0.5, 50.0 - half * 0.5, top + 1.0));
    } else {
        a.line(Is(WOOD), 1.5, &format!("M68 {} L88 {} M68 50 L92 50 M68 {} L88 {}", 50.0 - half * 0.5, 50.0 - half * 0.5, 50.0 + half * 0.5, 50.0 + half * 0.5));
    }
}

fn scissors(a: &mut Art<'_>) {
    let (open, long) = (a.on(0), a.on(1));
    let angle = if open { 30.0 } else { 5.0 };
    let tip = if long { -6.0 } else { 20.0 };
    for side in [-1.0, 1.0] {
        a.turned(side * angle, [50.0, 52.0], |a| {
            a.fill(Is(SILVER), &format!("M{} 58 L{} 48 L50 {tip} L{} 50 Z", 50.0 - side * 5.0, 50.0 - side * 5.0, 50.0 + side * 4.0));
            a.limb(Main, 7.0, &format!("M50 56 L{} 70", 50.0 + side * 4.0));
            let (x, reach) = (50.0 + side * 8.0, 11.0);
            a.limb(Main, 6.0, &format!("M{} 68 C{} 66 {} 94 {x} 94 C{} 94 {} 68 {} 68", x, x + reach * 1.3, x + reach * 1.3, x - reach * 1.3, x - reach * 1.3, x));
        });
    }
    a.oval(Is(STEEL), 50.0, 54.0, 4.0, 4.0);
}

fn umbrella(a: &mut Art<'_>) {
    let (open, curved) = (a.on(0), a.on(1));
    if a.view() == Above {
        if open {
            let mut outline = String::from("M50 4");
            for rib in 1..=8u8 {
                let (bend, end) = (f32::from(rib) * 45.0 - 22.5, f32::from(rib) * 45.0);
                let ((bs, bc), (es, ec)) = (path::sine_cosine(bend), path::sine_cosine(end));
                outline += &format!(" Q{} {} {} {}", 50.0 + 40.0 * bs, 50.0 - 40.0 * bc, 50.0 + 46.0 * es, 50.0 - 46.0 * ec);
            }
            a.fill(Main, &(outline + " Z"));
            for rib in 0..8u8 {
                let (sine, cosine) = path::sine_cosine(f32::from(rib) * 45.0);
                a.line(Dark, 2.2, &format!("M50 50 L{} {}", 50.0 + 44.0 * sine, 50.0 - 44.0 * cosine));
            }
            a.oval(Is(STEEL), 50.0, 50.0, 4.0, 4.0);
        } else {
            a.oval(Main, 50.0, 50.0, 16.0, 16.0);
            for rib in 0..6u8 {
                let (sine, cosine) = path::sine_cosine(f32::from(rib) * 60.0);
                a.line(Dark, 2.5, &format!("M50 50 L{} {}", 50.0 + 14.0 * sine, 50.0 - 14.0 * cosine));
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
            a.fill(Main, "M2 56 C4 2 96 2 98 56 Q86 46 74 56 Q62 46 50 56 Q38 46 26 56 Q14 46 2 56 Z");
            a.line(Dark, 2.2, "M50 16 Q28 30 26 54 M50 16 L50 54 M50 16 Q72 30 74 54");
        }
        false => {
            a.fill(Main, "M50 10 Q64 40 58 72 L42 72 Q36 40 50 10 Z");
            a.line(Dark, 2.5, "M50 14 L46 70 M50 14 L54 70");
            a.slab(Accent, [40.0, 50.0, 20.0, 6.0], 3.0);
        }
    }
}

fn ladder(a: &mut Art<'_>) {
    let (whole, wide) = (a.on(0), a.on(1));
    let half = if wide { 27.0 } else { 13.0 };
    let (left, right) = (50.0 - half, 50.0 + half);
    for rung in 0..5u8 {
        let y = 16.0 + 17.0 * f32::from(rung);
        if whole || rung % 2 == 0 {
            a.limb(Main, 6.0, &format!("M{left} {y} L{right} {y}"));
        } else {
            a.limb(Main, 6.0, &format!("M{left} {y} L{} {}", 50.0 - half * 0.4, y + 8.0));
            a.limb(Main, 6.0, &format!("M{right} {y} L{} {}", 50.0 + half * 0.4, y + 8.0));
        }
    }
    a.limb(Main, 8.0, &format!("M{left} 4 L{left} 97"));
    a.limb(Main, 8.0, &format!("M{right} 4 L{right} 97"));
}

fn candle(a: &mut Art<'_>) {
    let (plate, lit, tall) = (a.on(0), a.on(1), a.on(2));
    let top = if tall { 34.0 } else { 62.0 };
    if plate {
        a.oval(Is(STEEL), 50.0, 92.0, 36.0, 6.5);
        a.limb(Is(STEEL), 4.5, "M84 90 C102 88 100 76 88 80");
    }
    a.slab(Main, [35.0, top, 30.0, 94.0 - top], 4.0);
    a.fill(Light, &format!("M35 {} L35 {top} L65 {top} L65 {} Q60 {} 56 {} Q50 {} 46 {} Q40 {} 35 {} Z",
        top + 6.0, top + 8.0, top + 24.0, top + 9.0, top + 6.0, top + 18.0, top + 8.0, top + 6.0));
    a.line(Is(BLACK), 3.0, &format!("M50 {top} L50 {}", top - 8.0));
    if lit {
        a.spot(Clear(GLOW, 0.4), 50.0, top - 17.0, 22.0, 22.0);
        a.fill(Is(FLAME), &format!("M50 {} Q66 {} 58 {} Q50 {} 42 {} Q34 {} 50 {} Z", top - 33.0, top - 14.0, top - 6.0, top - 2.0, top - 6.0, top - 14.0, top - 33.0));
        a.bare(Is(GLOW), &format!("M50 {} Q58 {} 54 {} Q50 {} 46 {} Q42 {} 50 {} Z", top - 23.0, top - 12.0, top - 7.0, top - 5.0, top - 7.0, top - 12.0, top - 23.0));
    }
}

fn bulb(a: &mut Art<'_>) {
    let (lit, whole, round) = (a.on(0), a.on(1), a.on(2));
    let glass = if lit { Is(GLOW) } else { Is(Rgb(206, 216, 222)) };
    let (half, cy, ry) = if round { (28.0, 36.0, 28.0) } else { (19.0, 36.0, 33.0) };
    if lit {
        for degrees in [-120.0, -80.0, -40.0, 0.0, 40.0, 80.0, 120.0] {
            let (sine, cosine) = path::sine_cosine(degrees);
            a.line(Is(FLAME), 4.0, &format!("M{} {} L{} {}",
                50.0 + (half + 8.0) * sine, cy - (ry + 8.0) * cosine, 50.0 + (half + 18.0) * sine, cy - (ry + 18.0) * cosine));
        }
    }
    let (left, right) = (50.0 - half, 50.0 + half);
    match whole {
        true => a.fill(glass, &format!("M38 74 Q38 62 {} 52 C{} 30 {left} {} 50 {} C{right} {} {} 30 {} 52 Q62 62 62 74 Z",
            left + 6.0, left - 6.0, cy - ry, cy - ry, cy - ry, right + 6.0, right - 6.0)),
        false => a.fill(glass, &format!("M38 74 Q38 62 {} 52 Q{left} 46 {left} 38 L{} 44 L44 30 L52 46 L60 34 L{} 46 L{right} 36 Q{right} 46 {} 52 Q62 62 62 74 Z",
            left + 6.0, left + 9.0, right - 8.0, right - 6.0)),
    }
    a.line(Is(STEEL), 2.5, "M44 72 L42 50 L47 56 L50 48 L53 56 L58 50 L56 72");
    a.slab(Main, [36.0, 72.0, 28.0, 20.0], 4.0);
    a.line(Dark, 2.5, "M36 79 L64 79 M36 85 L64 85");
    a.fill(Is(BLACK), "M42 92 L58 92 L54 98 L46 98 Z");
}

fn saw(a: &mut Art<'_>) {
    let (teeth, long) = (a.on(0), a.on(1));
    let tip = if long { 99.0 } else { 70.0 };
    let mut blade = format!("M30 34 L{tip} 46 L{tip} 58");
    if teeth {
        let count = if long { 11 } else { 6 };
        let step = (tip - 30.0) / count as f32;
        for tooth in 0..count {
            let x = tip - step * tooth as f32;
            blade += &format!(" L{} 68 L{} 58", x - step * 0.4, x - step);
        }
    } else {
        blade += " L30 62";
    }
    a.fill(Is(SILVER), &(blade + " Z"));
    a.fill(Main, "M34 28 Q36 60 30 74 L8 76 Q0 74 2 60 L6 36 Q8 26 18 26 Z");
    a.slab(Is(CREAM), [11.0, 38.0, 12.0, 24.0], 6.0);
}

fn axe(a: &mut Art<'_>) {
    let (ribbon, two) = (a.on(0), a.on(1));
    a.slab(Is(WOOD), [44.0, 4.0, 12.0, 94.0], 4.0);
    a.fill(Main, "M40 14 L62 14 L92 4 Q100 28 92 54 L62 40 L40 40 Z");
    a.bare(Is(SILVER), "M84 7 L92 4 Q100 28 92 54 L84 51 Q90 28 84 7 Z");
    if two {
        a.fill(Main, "M60 14 L38 14 L8 4 Q0 28 8 54 L38 40 L60 40 Z");
        a.bare(Is(SILVER), "M16 7 L8 4 Q0 28 8 54 L16 51 Q10 28 16 7 Z");
    }
    if ribbon {
        a.slab(Is(ROSE), [41.0, 66.0, 18.0, 8.0], 3.0);
        a.limb(Is(ROSE), 5.0, "M58 70 Q72 74 76 90 M56 72 Q64 82 62 94");
    }
}

fn watering_can(a: &mut Art<'_>) {
    let (water, tall) = (a.on(0), a.on(1));
    let top = if tall { 26.0 } else { 50.0 };
    if water {
        for (x, y) in [(92.0, 56.0), (98.0, 66.0), (90.0, 72.0), (97.0, 82.0), (90.0, 90.0)] {
            a.oval(Is(WATER), x, y, 2.6, 4.0);
        }
    }
    a.limb(Main, 6.0, &format!("M22 {} C-8 {} -4 86 18 84", top + 6.0, top - 4.0));
    a.limb(Main, 7.0, "M58 80 Q72 74 84 42");
    a.fill(Dark, "M76 42 L90 34 L98 48 L84 50 Z");
    a.slab(Main, [16.0, top, 46.0, 94.0 - top], 5.0);
    a.limb(Dark, 4.0, &format!("M20 {top} Q38 {} 58 {top}", top - 24.0));
    a.oval(Dark, 39.0, top, 23.0, 4.5);
}
