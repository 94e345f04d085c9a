//! Where things are: to each other, and in the picture.

use super::super::kinds::{Aspect, Kind, Role};
use super::super::look::{Figure, View};
use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings};

pub(super) const WORDINGS: &[&Wordings] = &[
    &BESIDE, &ABOVE, &ON, &IN, &IN_FRONT, &BETWEEN, &CORNER, &NEAR,
];

const BESIDE: Wordings = Wordings {
    training: &[
        "{a} left of {b} | {a} right of {b}",
        "{a} on the left and {b} on the right | {b} on the left and {a} on the right",
        "{the} is to the left of {the b} | {the} is to the right of {the b}",
        "{b} to the right of {a} | {b} to the left of {a}",
        "to the left of {the b} there is {a} | to the right of {the b} there is {a}",
    ],
    test: &[
        "there is {a} to the left of {b} | there is {a} to the right of {b}",
        "{the b} is on the right of {the} | {the b} is on the left of {the}",
    ],
};

const ABOVE: Wordings = Wordings {
    training: &[
        "{a} above {b} | {a} below {b}",
        "{the} is above {the b} | {the} is below {the b}",
        "{a} at the top and {b} at the bottom | {b} at the top and {a} at the bottom",
        "{b} under {a} | {b} over {a}",
        "{the} is higher than {the b} | {the} is lower than {the b}",
    ],
    test: &[
        "there is {a} above {b} | there is {a} below {b}",
        "{the b} is under {the} | {the b} is over {the}",
    ],
};

const ON: Wordings = Wordings {
    training: &[
        "{a} on {b} | {a} under {b}",
        "{the} is on top of {the b} | {the} is under {the b}",
        "{a} standing on {b} | {a} standing under {b}",
        "a picture of {a} on {b} | a picture of {a} under {b}",
    ],
    test: &[
        "there is {a} on top of {b} | there is {a} under {b}",
        "{the} stands on {the b} | {the} stands under {the b}",
    ],
};

const IN: Wordings = Wordings {
    training: &[
        "{a} in {b} | {a} next to {b}",
        "{the} is inside {the b} | {the} is beside {the b}",
        "{the} looks out of {the b} | {the} stands beside {the b}",
        "a picture of {a} in {b} | a picture of {a} next to {b}",
    ],
    test: &[
        "there is {a} inside {b} | there is {a} next to {b}",
        "{the} is in {the b} | {the} is next to {the b}",
    ],
};

const IN_FRONT: Wordings = Wordings {
    training: &[
        "{a} in front of {b} | {a} behind {b}",
        "{the} is in front of {the b} | {the} is behind {the b}",
        "{the} hides a part of {the b} | {the b} hides a part of {the}",
        "{b} behind {a} | {b} in front of {a}",
    ],
    test: &[
        "there is {a} in front of {b} | there is {a} behind {b}",
        "{the b} is behind {the} | {the b} is in front of {the}",
    ],
};

const BETWEEN: Wordings = Wordings {
    training: &[
        "{a} between {b} and {c} | {b} between {a} and {c}",
        "{the} is between {the b} and {the c} | {the b} is between {the} and {the c}",
        "{the} is in the middle, between {b} and {c} | {the b} is in the middle, between {a} and {c}",
    ],
    test: &[
        "there is {a} between {b} and {c} | there is {b} between {a} and {c}",
        "a picture of {a} between {b} and {c} | a picture of {b} between {a} and {c}",
    ],
};

const CORNER: Wordings = Wordings {
    training: &[
        "{a} in the {corner} corner",
        "{the} is in the {corner} corner",
        "there is {a} at the {corner}",
        "the {corner} corner of the picture has {a} in it",
    ],
    test: &[
        "there is {a} in the {corner} corner",
        "{the} is in the {corner} corner of the picture",
    ],
};

const NEAR: Wordings = Wordings {
    training: &[
        "{a} close to {b} | {a} far from {b}",
        "{the} and {the b} are close together | {the} and {the b} are far apart",
        "{the} is near {the b} | {the} is far away from {the b}",
        "there is little room between {the} and {the b} | there is much room between {the} and {the b}",
    ],
    test: &[
        "{the} is close to {the b} | {the} is far from {the b}",
        "{a} and {b} close together | {a} and {b} far apart",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(14) {
        0..4 => beside(stage),
        4..6 => above(stage),
        6..8 => on(stage),
        8 => inside(stage),
        9..11 => in_front(stage),
        11 => between(stage),
        12 => corner(stage),
        _ => near(stage),
    }
}

/// Two things that stand apart, from the usual side, sizes between these.
fn two(stage: &mut Stage, [low, high]: [f32; 2]) -> [Thing; 2] {
    let kinds = stage.pair(|_| true, |_| true);
    kinds.map(|kind| {
        let figure = stage.figure(kind);
        sized(stage, figure, [low, high])
    })
}

fn sized(stage: &mut Stage, figure: Figure, [low, high]: [f32; 2]) -> Thing {
    let mut thing = Thing::new(figure);
    thing.size = stage.draw.between(low, high);
    thing.mirrored = stage.mirrored(&thing.figure);
    thing.tilt = stage.draw.between(-4.0, 4.0);
    thing
}

/// Slots for what two things are called.
fn names(stage: &mut Stage, things: &[Thing]) -> Slots {
    let first = stage.noun(&things[0].figure);
    let second = stage.noun(&things[1].figure);
    Slots::default().noun(first).other(second)
}

fn beside(stage: &mut Stage) -> Draft {
    let ground = stage.draw.chance(50);
    let mut things = two(stage, [0.34, 0.45]);
    for (thing, x) in things.iter_mut().zip([0.26, 0.74]) {
        thing.grounded = ground;
        thing.centre = [x, 0.5 + stage.draw.between(-0.12, 0.12)];
        if ground {
            thing.stand_on(stage.draw.between(0.74, 0.9));
        }
        thing.keep_inside(0.01);
    }
    let [a, b] = &things;
    let swapped = exchanged(a, b, 0);
    let sketches = stage.scenes(ground, [things.to_vec(), swapped.to_vec()]);
    let sketches = stage.with_bystanders(sketches);
    let slots = names(stage, &things);
    stage.tell(&BESIDE, sketches, [slots.clone(), slots])
}

fn above(stage: &mut Stage) -> Draft {
    let mut things = two(stage, [0.34, 0.44]);
    for (thing, y) in things.iter_mut().zip([0.26, 0.74]) {
        thing.centre = [0.5 + stage.draw.between(-0.14, 0.14), y];
        thing.keep_inside(0.01);
    }
    let [a, b] = &things;
    let swapped = exchanged(a, b, 1);
    let sketches = stage.scenes(false, [things.to_vec(), swapped.to_vec()]);
    let sketches = stage.with_bystanders(sketches);
    let slots = names(stage, &things);
    stage.tell(&ABOVE, sketches, [slots.clone(), slots])
}

/// Two things with one coordinate of their middles exchanged.
fn exchanged(a: &Thing, b: &Thing, axis: usize) -> [Thing; 2] {
    let (mut first, mut second) = (a.clone(), b.clone());
    first.centre[axis] = b.centre[axis];
    second.centre[axis] = a.centre[axis];
    first.keep_inside(0.01);
    second.keep_inside(0.01);
    [first, second]
}

/// Something on a table or under it.
fn on(stage: &mut Stage) -> Draft {
    let small = |kind: &Kind| kind.role == Role::Thing && kind.views[0] != View::Above;
    let [kind, table] = stage.pair(small, |kind| kind.role == Role::Table);
    let mut support = stage.figure(table);
    // Nothing above the top or below it that would be in the way; legs apart.
    for (i, aspect) in table.aspects.iter().enumerate() {
        support.set(i, matches!(aspect, Aspect::Made(..) | Aspect::Shape(..)));
    }
    let mut support = Thing::new(support);
    support.size = stage.draw.between(0.7, 0.8);
    support.centre[0] = stage.draw.between(0.46, 0.54);
    support.stand_on(stage.draw.between(0.92, 0.96));
    support.grounded = true;
    let figure = stage.figure(kind);
    let mut thing = sized(stage, figure, [0.25, 0.28]);
    thing.tilt = 0.0;
    thing.centre[0] = support.centre[0] + stage.draw.between(-0.05, 0.05);
    let (mut over, mut under) = (thing.clone(), thing);
    over.stand_on(support.top() + 0.004);
    under.stand_on(support.base() - 0.01);
    under.grounded = true;
    // Under the top is also behind the legs in front.
    let things = [vec![support.clone(), over], vec![under, support]];
    let sketches = stage.scenes(true, things);
    let [table, thing] = [&sketches[0].things[0], &sketches[0].things[1]].map(|t| t.figure.clone());
    let slots = Slots::default()
        .noun(stage.noun(&thing))
        .other(stage.noun(&table));
    stage.tell(&ON, sketches, [slots.clone(), slots])
}

/// Something that looks out of a box or stands beside it.
fn inside(stage: &mut Stage) -> Draft {
    let stands = |kind: &Kind| kind.role == Role::Thing && kind.views[0] != View::Above;
    let [kind, container] = stage.pair(stands, |kind| kind.role == Role::Container);
    let mut figure = stage.figure(container);
    // Open, with room in it.
    for (i, aspect) in container.aspects.iter().enumerate() {
        let on = match aspect {
            Aspect::Part(_) => false,
            Aspect::State(word, _) => *word == "open",
            Aspect::Shape(..) | Aspect::Made(..) => figure.on(i),
        };
        figure.set(i, on);
    }
    let mut container = Thing::new(figure);
    container.size = stage.draw.between(0.44, 0.5);
    let left = stage.draw.chance(50);
    let x = |left: bool| if left { 0.26 } else { 0.72 };
    container.centre[0] = x(left);
    let base = stage.draw.between(0.84, 0.92);
    container.stand_on(base);
    container.grounded = true;
    container.keep_inside(0.01);
    let figure = stage.figure(kind);
    let mut thing = sized(stage, figure, [0.3, 0.34]);
    thing.tilt = 0.0;
    let (mut within, mut next) = (thing.clone(), thing);
    within.centre[0] = container.centre[0];
    // More than half of it looks out.
    within.centre[1] = container.top() - 0.02;
    next.centre[0] = x(!left);
    next.grounded = true;
    next.stand_on(base);
    let things = [
        vec![within, container.clone()],
        vec![next, container.clone()],
    ];
    let sketches = stage.scenes(true, things);
    let thing = sketches[0].things[0].figure.clone();
    let slots = Slots::default()
        .noun(stage.noun(&thing))
        .other(stage.noun(&container.figure));
    stage.tell(&IN, sketches, [slots.clone(), slots])
}

fn in_front(stage: &mut Stage) -> Draft {
    let stands = |kind: &Kind| kind.views[0] != View::Above;
    let kinds = stage.pair(stands, stands);
    let mut things = kinds.map(|kind| {
        let figure = stage.figure(kind);
        sized(stage, figure, [0.46, 0.52])
    });
    let ground = stage.draw.chance(60);
    let left_first = stage.draw.chance(50);
    for (i, thing) in things.iter_mut().enumerate() {
        thing.centre[0] = if (i == 0) == left_first { 0.39 } else { 0.61 };
        thing.grounded = ground;
    }
    let depth = |front: usize| {
        let mut placed = things.clone();
        for (i, thing) in placed.iter_mut().enumerate() {
            thing.stand_on(if i == front { 0.92 } else { 0.76 });
            thing.keep_inside(0.01);
        }
        let [first, second] = placed;
        if front == 0 {
            vec![second, first]
        } else {
            vec![first, second]
        }
    };
    let both = [depth(0), depth(1)];
    let slots = names(stage, &things);
    let sketches = stage.scenes(ground, both);
    stage.tell(&IN_FRONT, sketches, [slots.clone(), slots])
}

fn between(stage: &mut Stage) -> Draft {
    let mut things = two(stage, [0.27, 0.3]).to_vec();
    let [a, b] = [0, 1].map(|i| things[i].figure.kind);
    let split = stage.split;
    let last = stage.kind(|kind| kind != a && kind != b && split.joins(kind, a));
    let figure = stage.figure(last);
    things.push(sized(stage, figure, [0.27, 0.3]));
    let ground = stage.draw.chance(50);
    for (thing, x) in things.iter_mut().zip([0.5, 0.17, 0.83]) {
        thing.centre = [x, 0.5 + stage.draw.between(-0.04, 0.04)];
        thing.grounded = ground;
        if ground {
            thing.stand_on(stage.draw.between(0.78, 0.84));
        }
    }
    let mut swapped = things.clone();
    swapped[0].centre[0] = things[1].centre[0];
    swapped[1].centre[0] = things[0].centre[0];
    let third = stage.noun(&things[2].figure);
    let slots = names(stage, &things)
        .with("c", third.a())
        .with("the c", third.the())
        .mention(third);
    let sketches = stage.scenes(ground, [things, swapped]);
    stage.tell(&BETWEEN, sketches, [slots.clone(), slots])
}

fn corner(stage: &mut Stage) -> Draft {
    let mut corners = [
        ("top left", [0.0, 0.0]),
        ("top right", [1.0, 0.0]),
        ("bottom left", [0.0, 1.0]),
        ("bottom right", [1.0, 1.0]),
    ];
    stage.draw.shuffle(&mut corners);
    let kind = stage.kind(|_| true);
    let figure = stage.figure(kind);
    let mut thing = sized(stage, figure, [0.32, 0.42]);
    let things = [0, 1].map(|side| {
        thing.centre = corners[side].1;
        thing.keep_inside(0.03);
        vec![thing.clone()]
    });
    let sketches = stage.scenes(false, things);
    let sketches = stage.with_bystanders(sketches);
    let slots = Slots::default().noun(stage.noun(&thing.figure));
    let slots = [0, 1].map(|side| slots.clone().with("corner", corners[side].0));
    stage.tell(&CORNER, sketches, slots)
}

fn near(stage: &mut Stage) -> Draft {
    let ground = stage.draw.chance(50);
    let mut things = two(stage, [0.26, 0.3]);
    let base = stage.draw.between(0.76, 0.9);
    for thing in &mut things {
        thing.grounded = ground;
        thing.centre[1] = 0.5 + stage.draw.between(-0.05, 0.05);
        if ground {
            thing.stand_on(base);
        }
    }
    let apart = |[left, right]: [f32; 2]| {
        let mut placed = things.clone();
        placed[0].centre[0] = left;
        placed[1].centre[0] = right;
        for thing in &mut placed {
            thing.keep_inside(0.01);
        }
        placed.to_vec()
    };
    let both = [apart([0.36, 0.65]), apart([0.12, 0.88])];
    let slots = names(stage, &things);
    let sketches = stage.scenes(ground, both);
    let sketches = stage.with_bystanders(sketches);
    stage.tell(&NEAR, sketches, [slots.clone(), slots])
}
