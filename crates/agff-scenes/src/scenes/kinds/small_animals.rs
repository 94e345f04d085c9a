//! Fish, snails and other small animals.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("fish", "fish", fish)
        .looks()
        .views(&[Side, Front, Above])
        .patterned()
        .aspects(&[
            Part("bubbles"),
            Shape("round", "long"),
            Made("an open mouth", "a closed mouth"),
        ]),
    Kind::new("turtle", "turtles", turtle)
        .looks()
        .views(&[Side, Above])
        .aspects(&[Part("spots"), Made("a round shell", "a flat shell")]),
    Kind::new("snail", "snails", snail)
        .looks()
        .aspects(&[Part("a hat"), Made("a round shell", "a pointed shell")]),
    Kind::new("butterfly", "butterflies", butterfly)
        .views(&[Above])
        .patterned()
        .aspects(&[Part("spots"), Made("round wings", "pointed wings")]),
    Kind::new("snake", "snakes", snake)
        .looks()
        .any_way_up()
        .aspects(&[
            Part("a tongue"),
            Shape("curved", "straight"),
            Shape("thick", "thin"),
        ]),
    Kind::new("bee", "bees", bee)
        .looks()
        .views(&[Side, Above])
        .aspects(&[Part("a crown"), Shape("thick", "thin")]),
];

fn fish(a: &mut Art<'_>) {
    let (bubbles, round, open) = (a.on(0), a.on(1), a.on(2));
    let half = if round { 30.0 } else { 17.0 };
    if bubbles {
        for (x, y, r) in [(90.0, 22.0, 6.0), (82.0, 9.0, 4.5), (95.0, 6.0, 3.5)] {
            a.oval(Is(PANE), x, y, r, r);
        }
    }
    match a.view() {
        Front => {
            let (top, low) = (50.0 - half, 50.0 + half);
            a.fill(
                Dark,
                &format!("M50 {} L44 {} L56 {} Z", top - 16.0, top + 4.0, top + 4.0),
            );
            a.both_sides(|a| a.fill(Dark, "M34 54 L8 62 L14 76 L36 66 Z"));
            a.fill(
                Main,
                &format!("M50 {top} C84 {top} 78 {low} 50 {low} C22 {low} 16 {top} 50 {top} Z"),
            );
            a.eye(36.0, 44.0, 6.0, true);
            a.eye(64.0, 44.0, 6.0, true);
            match open {
                true => a.oval(a.hollow(), 50.0, 58.0, 6.5, 6.0),
                false => a.line(a.ink(), 2.5, "M42 58 Q50 62 58 58"),
            }
        }
        Above => {
            let half = half * 0.62;
            let (top, low) = (50.0 - half, 50.0 + half);
            a.limb(Dark, 4.0, "M22 50 Q10 42 2 54");
            a.fill(
                Dark,
                &format!("M58 {} L42 {} L64 {} Z", top + 4.0, top - 14.0, top),
            );
            a.fill(
                Dark,
                &format!("M58 {} L42 {} L64 {} Z", low - 4.0, low + 14.0, low),
            );
            a.fill(
                Main,
                &format!("M92 50 C84 {top} 56 {top} 18 50 C56 {low} 84 {low} 92 50 Z"),
            );
            a.line(Dark, 3.0, "M34 50 L72 50");
            a.eye(80.0, 50.0 - half * 0.5, 3.4, true);
            a.eye(80.0, 50.0 + half * 0.5, 3.4, true);
            if open {
                a.oval(a.hollow(), 91.0, 50.0, 3.0, 4.0);
            }
        }
        Side | Behind => {
            let (top, low) = (52.0 - half * 1.25, 52.0 + half * 1.25);
            let (fin, belly) = (52.0 - half - 14.0, 52.0 + half + 10.0);
            a.fill(
                Dark,
                &format!(
                    "M36 {} Q48 {fin} 62 {fin} L64 {} Z",
                    52.0 - half + 6.0,
                    52.0 - half + 6.0
                ),
            );
            a.fill(
                Dark,
                &format!(
                    "M40 {} L48 {belly} L58 {} Z",
                    52.0 + half - 5.0,
                    52.0 + half - 5.0
                ),
            );
            a.fill(Main, "M28 52 L4 32 Q12 52 4 72 Z");
            a.fill(
                Main,
                &format!("M96 52 C88 {top} 40 {top} 20 52 C40 {low} 88 {low} 96 52 Z"),
            );
            a.line(
                Dark,
                2.2,
                &format!("M70 {} Q62 52 70 {}", 52.0 - half * 0.7, 52.0 + half * 0.7),
            );
            a.fill(Light, "M58 50 L44 58 L58 64 Z");
            a.eye(80.0, 46.0, 4.6, true);
            match open {
                true => a.fill(a.hollow(), "M98 48 L79 54 L95 64 Z"),
                false => a.line(a.ink(), 2.2, "M95 55 L82 58"),
            }
        }
    }
}

fn turtle(a: &mut Art<'_>) {
    let (spots, round) = (a.on(0), a.on(1));
    let skin = Is(Rgb(156, 186, 96));
    if a.view() == Above {
        a.fill(skin, "M8 50 L22 46 L22 54 Z");
        for (x, y) in [(28.0, 20.0), (68.0, 20.0), (28.0, 80.0), (68.0, 80.0)] {
            a.oval(skin, x, y, 9.0, 11.0);
        }
        a.oval(skin, 86.0, 50.0, 12.0, 10.0);
        a.spot(Is(BLACK), 91.0, 45.5, 2.0, 2.0);
        a.spot(Is(BLACK), 91.0, 54.5, 2.0, 2.0);
        a.oval(Main, 48.0, 50.0, 33.0, 32.0);
        a.line(Dark, 2.5, "M48 36 L60 43 L60 57 L48 64 L36 57 L36 43 L48 36 M48 36 L48 18 M60 43 L76 34 M60 57 L76 66 M48 64 L48 82 M36 57 L20 66 M36 43 L20 34");
        if spots {
            for (x, y) in [
                (48.0, 50.0),
                (34.0, 29.0),
                (62.0, 29.0),
                (34.0, 71.0),
                (62.0, 71.0),
            ] {
                a.spot(Accent, x, y, 4.5, 4.5);
            }
        }
        return;
    }
    a.fill(skin, "M14 72 L2 78 L18 78 Z");
    a.slab(skin, [22.0, 70.0, 13.0, 18.0], 5.0);
    a.slab(skin, [56.0, 70.0, 13.0, 18.0], 5.0);
    a.limb(skin, 9.0, "M70 68 Q78 66 82 56");
    a.oval(skin, 86.0, 50.0, 11.0, 9.5);
    a.eye(90.0, 47.0, 3.0, true);
    match round {
        true => a.fill(Main, "M10 74 C10 20 76 20 76 74 Z"),
        false => a.fill(Main, "M10 74 C14 46 72 46 76 74 Z"),
    }
    a.slab(Dark, [8.0, 70.0, 70.0, 8.0], 4.0);
    let top = if round { 40.0 } else { 58.0 };
    if spots {
        for (x, lift) in [(26.0, 12.0), (43.0, 4.0), (60.0, 12.0)] {
            a.spot(Accent, x, top + lift + 4.0, 5.0, 4.5);
        }
    }
}

fn snail(a: &mut Art<'_>) {
    let (hat, round) = (a.on(0), a.on(1));
    let skin = Is(STRAW);
    a.limb(skin, 3.0, "M84 50 L78 32 M90 50 L94 32");
    a.oval(Is(BLACK), 78.0, 30.0, 2.6, 2.6);
    a.oval(Is(BLACK), 94.0, 30.0, 2.6, 2.6);
    a.fill(
        skin,
        "M4 88 C20 84 30 76 50 78 C66 80 70 72 74 58 C76 44 98 44 98 58 C98 78 86 88 76 88 Z",
    );
    if round {
        a.oval(Main, 42.0, 52.0, 28.0, 28.0);
        a.line(
            Dark,
            4.0,
            "M68 60 C70 34 44 26 30 38 C18 52 28 70 42 68 C54 66 56 50 46 46 C40 46 38 52 42 56",
        );
    } else {
        a.fill(Main, "M10 80 C10 62 26 52 26 14 C50 40 72 52 70 80 Z");
        a.line(
            Dark,
            4.0,
            "M14 70 Q40 58 70 74 M22 54 Q40 46 60 60 M26 38 Q36 34 44 44",
        );
    }
    a.line(Is(BLACK), 1.8, "M90 62 Q93 65 97 61");
    if hat {
        a.fill(Is(CRIMSON), "M74 46 L100 46 L98 50 L76 50 Z");
        a.fill(Is(CRIMSON), "M80 30 L95 30 L96 46 L79 46 Z");
    }
}

fn butterfly(a: &mut Art<'_>) {
    let (spots, round) = (a.on(0), a.on(1));
    let upper = match round {
        true => "M48 46 C40 4 2 4 6 34 C8 52 34 56 48 50 Z",
        false => "M48 46 L34 18 L2 6 L12 40 L30 52 L48 50 Z",
    };
    let lower = match round {
        true => "M48 52 C30 54 12 62 18 80 C24 98 46 84 48 56 Z",
        false => "M48 52 L20 62 L16 96 L40 78 L48 58 Z",
    };
    let half = |a: &mut Art<'_>| {
        a.fill(Main, upper);
        a.fill(Dark, lower);
        if spots {
            a.spot(Accent, 24.0, 32.0, 6.5, 6.5);
            a.spot(Accent, 30.0, 70.0, 5.0, 5.0);
        }
    };
    a.both_sides(half);
    a.line(Is(BLACK), 2.0, "M50 34 Q44 16 34 8 M50 34 Q56 16 66 8");
    a.limb(Is(BLACK), 6.0, "M50 36 L50 78");
}

fn snake(a: &mut Art<'_>) {
    let (tongue, curved, thick) = (a.on(0), a.on(1), a.on(2));
    let width = if thick { 15.0 } else { 6.5 };
    let (course, marks, x, y) = match curved {
        true => (
            "M4 66 C14 30 28 30 34 52 C42 80 54 80 62 54 C66 42 74 40 84 44",
            "M4 66 C14 30 28 30 34 52 C42 80 54 80 62 54 C66 42 74 40 80 43",
            86.0,
            45.0,
        ),
        false => ("M4 52 L82 52", "M8 52 L78 52", 86.0, 52.0),
    };
    if tongue {
        let (fork, end) = (x + 15.0, x + 23.0);
        a.line(
            Is(CRIMSON),
            4.5,
            &format!(
                "M{x} {y} L{fork} {y} L{end} {} M{fork} {y} L{end} {}",
                y - 8.0,
                y + 8.0
            ),
        );
    }
    a.limb(Main, width, course);
    a.line(Dark, width * 0.28, marks);
    a.oval(Main, x, y, width * 0.55 + 4.5, width * 0.4 + 4.0);
    a.eye(x + 3.0, y - 3.0, 2.8, true);
}

fn bee(a: &mut Art<'_>) {
    let (crown, thick) = (a.on(0), a.on(1));
    let half = if thick { 26.0 } else { 15.0 };
    let wing = Clear(WHITE, 0.82);
    if a.view() == Above {
        a.oval(wing, 44.0, 50.0 - half - 12.0, 13.0, 20.0);
        a.oval(wing, 44.0, 50.0 + half + 12.0, 13.0, 20.0);
    } else {
        a.fill(wing, "M48 44 C26 36 20 8 36 4 C52 2 58 24 54 44 Z");
        a.fill(wing, "M52 44 C48 18 62 2 74 8 C84 16 72 36 58 46 Z");
    }
    a.fill(Is(BLACK), "M18 53 L4 56 L18 60 Z");
    a.oval(Main, 46.0, 56.0, 32.0, half);
    for (x, share) in [(30.0, 0.83), (46.0, 0.98), (61.0, 0.86)] {
        let reach = half * share;
        a.line(
            if a.figure.main.brightness() < 90.0 {
                Is(GLOW)
            } else {
                Is(BLACK)
            },
            6.0,
            &format!("M{x} {} L{x} {}", 57.0 - reach + 2.0, 55.0 + reach - 2.0),
        );
    }
    a.oval(Is(BLACK), 80.0, 54.0, 13.0, 13.0);
    if a.view() == Above {
        a.spot(Is(WHITE), 87.0, 48.0, 3.6, 3.6);
        a.spot(Is(WHITE), 87.0, 60.0, 3.6, 3.6);
    } else {
        a.spot(Is(WHITE), 84.0, 51.0, 4.4, 4.4);
        a.spot(Is(BLACK), 85.0, 51.0, 2.4, 2.4);
    }
    a.line(Is(BLACK), 2.2, "M82 43 Q86 32 94 30 M76 42 Q76 32 84 26");
    if crown {
        a.fill(
            Is(GLOW),
            "M66 43 L64 26 L72 34 L79 24 L84 34 L92 28 L90 45 Z",
        );
    }
}
