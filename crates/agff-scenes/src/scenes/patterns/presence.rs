//! Whether a part of something is there, or a second thing beside it.

use super::super::kinds::Aspect;
use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings, without_article};

pub(super) const WORDINGS: &[&Wordings] = &[&PART, &THING];

const PART: Wordings = Wordings {
    training: &[
        "{a} with {part}{place} | {a} without {part}{place}",
        "{the} has {part} | {the} has no {bare}",
        "there is {a} with {part} | there is {a} without {part}",
        "a picture of {a} that has {part} | a picture of {a} that has no {bare}",
        "{the} is shown with {part} | {the} is shown without {part}",
    ],
    test: &[
        "a picture of {a} with {part} | a picture of {a} without {part}",
        "there is {a} that has {part} | there is {a} that has no {bare}",
    ],
};

const THING: Wordings = Wordings {
    training: &[
        "{a} and {b} | only {a}",
        "there is {b} next to {the} | there is nothing next to {the}",
        "{a} with {b} beside it | {a} with nothing beside it",
        "{the} is together with {b} | {the} is alone",
    ],
    test: &[
        "there is {a} with {b} | there is only {a}",
        "{a} with {b} next to it | {a} with nothing next to it",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..8 => part(stage),
        _ => thing(stage),
    }
}

fn part(stage: &mut Stage) -> Draft {
    let is_part = |aspect: &Aspect| matches!(aspect, Aspect::Part(_));
    let kind = stage.kind(|kind| kind.aspects.iter().any(is_part));
    let parts = kind.aspects.iter().enumerate();
    let parts: Vec<(usize, &str)> = parts
        .filter_map(|(i, aspect)| match aspect {
            Aspect::Part(name) => Some((i, *name)),
            _ => None,
        })
        .collect();
    let &(index, name) = stage.draw.pick(&parts);
    let figure = stage.figure(kind);
    let figures = [true, false].map(|there| {
        let mut figure = figure.clone();
        figure.set(index, there);
        figure
    });
    let sketches = stage.solo(figures);
    let place = stage.place(&sketches[0]);
    let slots = Slots::default()
        .noun(stage.noun(&figure))
        .with("part", name)
        .with("bare", without_article(name))
        .with("place", place);
    stage.tell(&PART, sketches, [slots.clone(), slots])
}

fn thing(stage: &mut Stage) -> Draft {
    let kinds = stage.pair(|_| true, |_| true);
    let figures = kinds.map(|kind| stage.figure(kind));
    let ground = stage.draw.chance(50);
    let base = stage.draw.between(0.76, 0.9);
    let mut things = figures.clone().map(Thing::new);
    let left_first = stage.draw.chance(50);
    for (i, thing) in things.iter_mut().enumerate() {
        thing.size = stage.draw.between(0.34, 0.44);
        thing.mirrored = stage.mirrored(&thing.figure);
        thing.tilt = stage.draw.between(-3.0, 3.0);
        thing.grounded = ground;
        let x = if (i == 0) == left_first { 0.27 } else { 0.73 };
        thing.centre[0] = x + stage.draw.between(-0.03, 0.03);
        thing.stand_on(if ground { base } else { base - 0.14 });
    }
    let [first, second] = things;
    let sketches = stage.scenes(ground, [vec![first.clone(), second], vec![first]]);
    let nouns = figures.each_ref().map(|figure| stage.noun(figure));
    let alone = Slots::default().noun(nouns[0]);
    stage.tell(&THING, sketches, [alone.clone().other(nouns[1]), alone])
}
