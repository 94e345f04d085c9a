//! Whether something is open, lit, full, broken, awake.

use super::super::kinds::Aspect;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Noun, Slots, Wordings};

pub(super) const WORDINGS: &[&Wordings] = &[&STATE];

const STATE: Wordings = Wordings {
    training: &[
        "{such}{place}",
        "{the} is {state}",
        "there is {such}",
        "{a} that is {state}{place}",
        "a picture of {such}",
    ],
    test: &[
        "{the} in the picture is {state}",
        "one can see {a} that is {state}",
    ],
};

/// States that English does not put before a noun.
const ONLY_AFTER: [&str; 5] = ["awake", "asleep", "on", "off", "flying"];

/// "an open box", or "a cat that is awake".
pub(super) fn such(noun: &Noun, adjective: &str) -> String {
    match ONLY_AFTER.contains(&adjective) {
        true => format!("{} that is {adjective}", noun.a()),
        false => noun.a_such(adjective),
    }
}

pub(super) fn draft(stage: &mut Stage) -> Draft {
    let is_state = |aspect: &Aspect| matches!(aspect, Aspect::State(..));
    let kind = stage.kind(|kind| kind.aspects.iter().any(is_state));
    let states = kind.aspects.iter().enumerate();
    let states: Vec<(usize, [&str; 2])> = states
        .filter_map(|(i, aspect)| match aspect {
            Aspect::State(on, off) => Some((i, [*on, *off])),
            _ => None,
        })
        .collect();
    let &(index, words) = stage.draw.pick(&states);
    let figure = stage.figure(kind);
    let figures = [true, false].map(|on| {
        let mut figure = figure.clone();
        figure.set(index, on);
        figure
    });
    let sketches = stage.solo(figures);
    let noun = stage.noun(&figure);
    let place = stage.place(&sketches[0]);
    let slots = words.map(|word| {
        Slots::default()
            .noun(noun)
            .with("such", such(&noun, word))
            .with("state", word)
            .with("place", place.clone())
    });
    stage.tell(&STATE, sketches, slots)
}
