//! What is written on signs, books, shirts and boxes.

use super::super::kinds::Aspect;
use super::super::look::Figure;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings};
use super::super::words;

pub(super) const WORDINGS: &[&Wordings] = &[&WORD, &NUMBER];

const WORD: Wordings = Wordings {
    training: &[
        "{a} that says {word}",
        "{the} says {word}",
        "the word {word} is written on {the}",
        "the word {word} on {a}",
        "{a} with the word {word}",
        "one can read {word} on {the}",
    ],
    test: &[
        "{a} with the word {word} on it",
        "the word on {the} is {word}",
    ],
};

const NUMBER: Wordings = Wordings {
    training: &[
        "{a} with the number {word}",
        "the number {word} is written on {the}",
        "the number {word} on {a}",
        "{the} has the number {word} on it",
    ],
    test: &[
        "{a} with the number {word} on it",
        "the number on {the} is {word}",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    let numbers = stage.draw.chance(15);
    let split = stage.split;
    let pool: Vec<String> = match numbers {
        true => (0..100)
            .map(|n| n.to_string())
            .filter(|n| split.writes(n))
            .collect(),
        false => {
            let words = words::all().filter(|word| split.writes(word));
            words.map(str::to_owned).collect()
        }
    };
    let first = stage.draw.pick(&pool).clone();
    // Half of the time one that looks alike.
    let alike = |word: &String| word.len() == first.len() && words::differing(word, &first) <= 2;
    let wanted = stage.draw.chance(50);
    let others = pool.iter().filter(|word| **word != first);
    let mut candidates: Vec<&String> = others.clone().filter(|w| !wanted || alike(w)).collect();
    if candidates.is_empty() {
        candidates = others.collect();
    }
    let second = (*stage.draw.pick(&candidates)).clone();

    let kind = stage.kind(|kind| kind.lettered);
    let mut figure = stage.figure(kind);
    // Nothing that makes the written part smaller or that covers it.
    for (i, aspect) in kind.aspects.iter().enumerate() {
        match aspect {
            Aspect::Part(_) => figure.set(i, false),
            Aspect::State(on, _) => figure.set(i, *on != "full" && *on != "dirty"),
            Aspect::Shape(..) | Aspect::Made(..) => {}
        }
    }
    let lettering = stage.lettering(&first);
    let figures = [&first, &second].map(|word| {
        let mut lettering = lettering.clone();
        lettering.word.clone_from(word);
        Figure {
            lettering: Some(lettering),
            ..figure.clone()
        }
    });
    let mut sketches = stage.solo(figures);
    let size = stage.draw.between(0.82, 0.96);
    for sketch in &mut sketches {
        if let Some(thing) = sketch.things.pop() {
            sketch.things.clear();
            sketch.things.push(thing);
        }
        for thing in &mut sketch.things {
            thing.size = size;
            thing.keep_inside(0.01);
        }
    }
    let noun = stage.noun(&figure);
    let slots = [first, second].map(|word| Slots::default().noun(noun).with("word", word));
    let wordings = if numbers { &NUMBER } else { &WORD };
    stage.tell(wordings, sketches, slots)
}
