//! What is in the walls of a room or hangs on them.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("clock", "clocks", clock)
        .any_way_up()
        .views(&[Front])
        .aspects(&[Part("bells"), Part("numbers"), Shape("round", "square")]),
    Kind::new("door", "doors", door)
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            Part("a window"),
            State("open", "closed"),
            Made("a round top", "a flat top"),
        ]),
    Kind::new("window", "windows", window)
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            Part("curtains"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
    Kind::new("television", "televisions", television)
        .views(&[Front, Behind])
        .role(Role::Surface)
        .aspects(&[Part("an antenna"), State("on", "off")]),
    Kind::new("mirror", "mirrors", mirror)
        .any_way_up()
        .views(&[Front])
        .patterned()
        .aspects(&[
            Part("feet"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
];

fn clock(a: &mut Art<'_>) {
    let (bells, numbers, round) = (a.on(0), a.on(1), a.on(2));
    if bells {
        a.both_sides(|a| {
            a.turned(-35.0, [26.0, 16.0], |a| {
                a.fill(Is(GLOW), "M12 18 C12 2 40 2 40 18 Z")
            });
            a.limb(Is(STEEL), 5.0, "M28 86 L20 97");
        });
    }
    if round {
        a.oval(Main, 50.0, 54.0, 42.0, 42.0);
        a.oval(Is(WHITE), 50.0, 54.0, 33.0, 33.0);
    } else {
        a.slab(Main, [10.0, 14.0, 80.0, 80.0], 4.0);
        a.slab(Is(WHITE), [18.0, 22.0, 64.0, 64.0], 2.0);
    }
    if numbers {
        let ink = Is(BLACK);
        a.line(
            ink,
            2.6,
            "M45 27 L45 37 M50 29 Q55 25 55 29 Q55 32 50 37 L56 37",
        );
        a.line(
            ink,
            2.6,
            "M71 49 Q76 49 76 51 Q76 54 73 54 Q77 54 77 57 Q76 60 71 59",
        );
        a.line(
            ink,
            2.6,
            "M53 71 Q47 73 47 79 Q48 83 51 83 Q54 82 53 78 Q50 75 47 79",
        );
        a.line(
            ink,
            2.6,
            "M28 54 Q24 56 23 52 Q24 48 27 49 Q29 50 28 54 Q28 58 24 60",
        );
    } else {
        for (x, y) in [(50.0, 27.0), (77.0, 54.0), (50.0, 81.0), (23.0, 54.0)] {
            a.spot(Is(BLACK), x, y, 2.8, 2.8);
        }
    }
    a.line(Is(BLACK), 4.5, "M50 54 L62 42");
    a.line(Is(BLACK), 3.2, "M50 54 L42 36");
    a.spot(Is(CRIMSON), 50.0, 54.0, 3.5, 3.5);
}

fn door(a: &mut Art<'_>) {
    let (pane, open, round) = (a.on(0), a.on(1), a.on(2));
    let arch = |x: f32, y: f32, w: f32| {
        let (right, middle) = (x + w, x + w / 2.0);
        match round {
            true => format!(
                "M{x} 96 L{x} {} C{x} {y} {right} {y} {right} {} L{right} 96 Z",
                y + w * 0.55,
                y + w * 0.55
            ),
            false => format!("M{x} 96 L{x} {y} L{middle} {y} L{right} {y} L{right} 96 Z"),
        }
    };
    a.fill(Is(BARK), &arch(22.0, 2.0, 60.0));
    if open {
        a.bare(Is(BLACK), &arch(28.0, 9.0, 48.0));
        a.bare(Is(Rgb(90, 84, 78)), "M28 96 L40 80 L66 80 L76 96 Z");
        // The leaf stands towards us, hinged on the left.
        let top = if round { 26.0 } else { 0.0 };
        a.fill(
            Main,
            &format!("M28 {} L4 {} L4 99 L28 96 Z", top + 9.0, top + 4.0),
        );
        a.oval(Is(GLOW), 9.0, 58.0, 2.6, 3.6);
        if pane {
            a.fill(
                Is(PANE),
                &format!(
                    "M23 {} L10 {} L10 {} L23 {} Z",
                    top + 18.0,
                    top + 15.0,
                    top + 34.0,
                    top + 34.0
                ),
            );
        }
    } else {
        a.fill(Main, &arch(28.0, 9.0, 48.0));
        a.rect(Dark, 36.0, 62.0, 32.0, 26.0);
        if pane {
            a.slab(Is(PANE), [37.0, 24.0, 30.0, 24.0], 3.0);
            a.line(Dark, 2.5, "M52 24 L52 48");
        } else {
            a.rect(Dark, 37.0, 26.0, 30.0, 24.0);
        }
        a.oval(Is(GLOW), 69.0, 56.0, 3.8, 3.8);
    }
}

fn window(a: &mut Art<'_>) {
    let (curtains, whole, round) = (a.on(0), a.on(1), a.on(2));
    match round {
        true => {
            a.oval(Main, 50.0, 50.0, 46.0, 46.0);
            a.oval(Is(PANE), 50.0, 50.0, 37.0, 37.0);
        }
        false => {
            a.rect(Main, 5.0, 5.0, 90.0, 90.0);
            a.rect(Is(PANE), 13.0, 13.0, 74.0, 74.0);
        }
    }
    a.limb(Flat, 5.0, "M50 12 L50 88 M12 50 L88 50");
    if !whole {
        a.star(Is(NIGHT), [66.0, 34.0], 7, 19.0, 9.0);
        a.line(
            Is(WHITE),
            1.8,
            "M66 34 L86 24 M66 34 L50 18 M66 34 L80 58 M66 34 L44 50",
        );
        a.star(Is(NIGHT), [32.0, 68.0], 6, 12.0, 6.0);
    }
    if curtains {
        a.line(Is(BARK), 4.5, "M-4 6 L104 6");
        a.both_sides(|a| a.fill(Is(ROSE), "M0 6 L40 6 C38 40 20 60 14 66 L16 94 L-2 94 Z"));
    }
}

fn television(a: &mut Art<'_>) {
    let (antenna, on) = (a.on(0), a.on(1));
    if antenna {
        a.line(Is(STEEL), 3.0, "M50 24 L28 0 M50 24 L74 2");
        a.oval(Is(STEEL), 28.0, 1.0, 3.0, 3.0);
        a.oval(Is(STEEL), 74.0, 2.0, 3.0, 3.0);
    }
    a.both_sides(|a| a.limb(Is(BLACK), 5.0, "M28 86 L22 96"));
    a.slab(Main, [3.0, 22.0, 94.0, 66.0], 7.0);
    if a.view() == Behind {
        a.slab(Dark, [24.0, 34.0, 52.0, 40.0], 5.0);
        a.line(Is(BLACK), 2.5, "M34 44 L66 44 M34 52 L66 52 M34 60 L66 60");
        a.line(Is(BLACK), 3.5, "M50 74 C50 92 86 80 96 98");
        return;
    }
    match on {
        true => {
            a.slab(Is(WATER), [10.0, 29.0, 62.0, 52.0], 5.0);
            a.bare(Is(LEAF), "M10 66 Q28 50 44 64 Q58 54 72 66 L72 80 L10 80 Z");
            a.spot(Is(GLOW), 56.0, 42.0, 7.0, 7.0);
        }
        false => {
            a.slab(Is(BLACK), [10.0, 29.0, 62.0, 52.0], 5.0);
            a.line(Is(STEEL), 2.5, "M18 46 L30 35");
        }
    }
    a.oval(a.hollow(), 84.0, 40.0, 5.0, 5.0);
    a.oval(a.hollow(), 84.0, 56.0, 5.0, 5.0);
    a.line(Dark, 2.0, "M79 68 L89 68 M79 74 L89 74");
}

fn mirror(a: &mut Art<'_>) {
    let (feet, whole, round) = (a.on(0), a.on(1), a.on(2));
    if feet {
        a.both_sides(|a| a.limb(Is(BARK), 6.0, "M36 88 L26 100"));
    }
    match round {
        true => {
            a.oval(Main, 50.0, 48.0, 38.0, 46.0);
            a.oval(Is(Rgb(214, 232, 240)), 50.0, 48.0, 29.0, 37.0);
        }
        false => {
            a.slab(Main, [14.0, 2.0, 72.0, 92.0], 3.0);
            a.rect(Is(Rgb(214, 232, 240)), 23.0, 11.0, 54.0, 74.0);
        }
    }
    match whole {
        true => a.line(Is(WHITE), 4.0, "M34 44 L52 22 M38 58 L64 28"),
        false => {
            a.line(Is(BLACK), 2.0, "M54 44 L34 24 M54 44 L66 18 M54 44 L76 52 M54 44 L58 80 M54 44 L28 62 M44 34 L58 32 L66 47 L56 62 L40 53 L44 34");
        }
    }
}
