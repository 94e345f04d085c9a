//! Which way something faces, points or leans, and which way up it is.

use super::super::kinds::{Facing, Kind};
use super::super::look::{Figure, View};
use super::super::sketch::{Sketch, Thing};
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings};

pub(super) const WORDINGS: &[&Wordings] = &[
    &LOOKS,
    &GOES,
    &FACES,
    &POINTS,
    &UPSIDE_DOWN,
    &LYING,
    &LEANING,
    &EACH_OTHER,
];

const LOOKS: Wordings = Wordings {
    training: &[
        "{a} looking to the {side}{place}",
        "{a} facing {side}{place}",
        "{the} looks to the {side}",
        "{the} is facing {side}",
        "a picture of {a} that is looking {side}",
    ],
    test: &[
        "{the} is looking to the {side}",
        "a picture of {a} facing {side}",
    ],
};

const GOES: Wordings = Wordings {
    training: &[
        "{a} going to the {side}{place}",
        "{a} facing {side}{place}",
        "{the} is heading {side}",
        "{the} points to the {side}",
        "a picture of {a} that is going {side}",
    ],
    test: &[
        "{the} is going to the {side}",
        "a picture of {a} heading {side}",
    ],
};

const FACES: Wordings = Wordings {
    training: &[
        "{a} facing {side}{place}",
        "{a} turned to the {side}{place}",
        "{the} is facing {side}",
        "the front of {the} is on the {side}",
    ],
    test: &[
        "{the} is turned to the {side}",
        "a picture of {a} facing {side}",
    ],
};

const POINTS: Wordings = Wordings {
    training: &[
        "{a} pointing {way}",
        "{the} points {way}",
        "{the} is pointing {way}",
        "a picture of {a} that points {way}",
    ],
    test: &[
        "a picture of {a} pointing {way}",
        "{a} that is pointing {way}",
    ],
};

const UPSIDE_DOWN: Wordings = Wordings {
    training: &[
        "{a} upside down | {a} the right way up",
        "{the} is upside down | {the} is the right way up",
        "{the} stands on its head | {the} stands upright",
        "a picture of {a} that is upside down | a picture of {a} that stands upright",
    ],
    test: &[
        "a picture of {a} upside down | a picture of {a} the right way up",
        "{a} that stands on its head | {a} that stands upright",
    ],
};

const LYING: Wordings = Wordings {
    training: &[
        "{a} lying on its side{place} | {a} standing upright{place}",
        "{the} is lying down | {the} is standing",
        "{the} has fallen over | {the} stands upright",
        "a picture of {a} lying down | a picture of {a} standing up",
    ],
    test: &[
        "{the} is lying on its side | {the} is standing upright",
        "a picture of {a} that has fallen over | a picture of {a} that is standing",
    ],
};

const LEANING: Wordings = Wordings {
    training: &[
        "{a} leaning to the {side}",
        "{the} leans to the {side}",
        "{the} is tilted {side}",
        "a picture of {a} that is leaning {side}",
    ],
    test: &["{the} is leaning to the {side}", "{a} tilted to the {side}"],
};

const EACH_OTHER: Wordings = Wordings {
    training: &[
        "{a} and {b} facing each other | {a} and {b} facing away from each other",
        "{the} and {the b} are face to face | {the} and {the b} are back to back",
        "{the} is turned to {the b} | {the} is turned away from {the b}",
    ],
    test: &[
        "{the} and {the b} are facing each other | {the} and {the b} are facing away from each other",
        "{a} and {b} face to face | {a} and {b} back to back",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..4 => facing(stage),
        4..6 => pointing(stage),
        6 => turned(stage, &UPSIDE_DOWN, 2),
        7 => turned(stage, &LYING, 1),
        8 => leaning(stage),
        _ => each_other(stage),
    }
}

/// Whether left and right can be told of it.
fn has_sides(kind: &Kind) -> bool {
    let faces = matches!(kind.facing, Facing::Looks | Facing::Goes | Facing::Faces);
    faces && kind.views.contains(&View::Side)
}

fn from_the_side(stage: &mut Stage, kind: &'static Kind) -> Figure {
    Figure {
        view: View::Side,
        ..stage.figure(kind)
    }
}

/// The thing in front, which a solo scene is about.
fn main(sketch: &mut Sketch, change: impl FnOnce(&mut Thing)) {
    if let Some(thing) = sketch.things.last_mut() {
        change(thing);
    }
}

fn facing(stage: &mut Stage) -> Draft {
    let kind = stage.kind(has_sides);
    let figure = from_the_side(stage, kind);
    let mut sketches = stage.solo([figure.clone(), figure.clone()]);
    for (sketch, mirrored) in sketches.iter_mut().zip([true, false]) {
        main(sketch, |thing| thing.mirrored = mirrored);
    }
    let wordings = match kind.facing {
        Facing::Looks => &LOOKS,
        Facing::Goes => &GOES,
        _ => &FACES,
    };
    let place = stage.place(&sketches[0]);
    let slots = Slots::default()
        .noun(stage.noun(&figure))
        .with("place", place);
    let slots = ["left", "right"].map(|side| slots.clone().with("side", side));
    stage.tell(wordings, sketches, slots)
}

fn pointing(stage: &mut Stage) -> Draft {
    // Quarter turns from pointing right, and whether mirrored instead.
    const WAYS: [(&str, u8, bool); 4] = [
        ("to the right", 0, false),
        ("to the left", 0, true),
        ("down", 1, false),
        ("up", 3, false),
    ];
    let kind = stage.kind(|kind| kind.facing == Facing::Points);
    let figure = stage.figure(kind);
    let mut ways = WAYS;
    stage.draw.shuffle(&mut ways);
    let mut sketches = stage.solo([figure.clone(), figure.clone()]);
    for (sketch, (_, quarters, mirrored)) in sketches.iter_mut().zip(ways) {
        main(sketch, |thing| {
            thing.quarters = quarters;
            thing.mirrored = mirrored;
            thing.centre = [0.5, 0.5];
            thing.grounded = false;
            thing.keep_inside(0.02);
        });
    }
    let slots = Slots::default().noun(stage.noun(&figure));
    let slots = [0, 1].map(|side| slots.clone().with("way", ways[side].0));
    stage.tell(&POINTS, sketches, slots)
}

/// Turned by quarters in the first scene, upright in the second.
fn turned(stage: &mut Stage, wordings: &'static Wordings, quarters: u8) -> Draft {
    let kind = stage.kind(|kind| kind.upright);
    let figure = stage.figure(kind);
    let mut sketches = stage.solo([figure.clone(), figure.clone()]);
    let quarters = if quarters == 1 && stage.draw.chance(50) {
        3
    } else {
        quarters
    };
    main(&mut sketches[0], |thing| {
        let base = thing.base();
        thing.quarters = quarters;
        if thing.grounded {
            thing.stand_on(base);
        }
        thing.keep_inside(0.02);
    });
    let place = stage.place(&sketches[0]);
    let slots = Slots::default()
        .noun(stage.noun(&figure))
        .with("place", place);
    stage.tell(wordings, sketches, [slots.clone(), slots])
}

fn leaning(stage: &mut Stage) -> Draft {
    // What has a front would seem to climb.
    let kind = stage.kind(|kind| kind.upright && kind.facing == Facing::None);
    let figure = stage.figure(kind);
    let mut sketches = stage.solo([figure.clone(), figure.clone()]);
    let angle = stage.draw.between(24.0, 38.0);
    for (sketch, tilt) in sketches.iter_mut().zip([-angle, angle]) {
        main(sketch, |thing| {
            thing.tilt = tilt;
            thing.grounded = false;
            thing.size = thing.size.min(0.66);
            thing.keep_inside(0.02);
        });
    }
    let slots = Slots::default().noun(stage.noun(&figure));
    let slots = ["left", "right"].map(|side| slots.clone().with("side", side));
    stage.tell(&LEANING, sketches, slots)
}

fn each_other(stage: &mut Stage) -> Draft {
    let moves = |kind: &Kind| has_sides(kind) && kind.facing != Facing::Faces;
    let kinds = stage.pair(moves, moves);
    let figures = kinds.map(|kind| from_the_side(stage, kind));
    let ground = stage.draw.chance(50);
    let base = stage.draw.between(0.74, 0.86);
    let mut things = figures.clone().map(Thing::new);
    for (thing, x) in things.iter_mut().zip([0.26, 0.74]) {
        thing.size = stage.draw.between(0.38, 0.46);
        thing.centre[0] = x + stage.draw.between(-0.02, 0.02);
        thing.grounded = ground;
        thing.stand_on(if ground { base } else { base - 0.14 });
    }
    let both = [[false, true], [true, false]].map(|mirrored| {
        let mut things = things.clone();
        for (thing, mirrored) in things.iter_mut().zip(mirrored) {
            thing.mirrored = mirrored;
        }
        things.to_vec()
    });
    let sketches = stage.scenes(ground, both);
    let sketches = stage.with_bystanders(sketches);
    let slots = Slots::default()
        .noun(stage.noun(&figures[0]))
        .other(stage.noun(&figures[1]));
    stage.tell(&EACH_OTHER, sketches, [slots.clone(), slots])
}
