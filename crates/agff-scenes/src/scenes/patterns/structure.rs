//! How things are made, and how several are arranged.

use super::super::kinds::Aspect;
use super::super::path::sine_cosine;
use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings, number};

pub(super) const WORDINGS: &[&Wordings] = &[&SHAPE, &MADE, &ARRANGED];

const SHAPE: Wordings = Wordings {
    training: &[
        "{such}{place}",
        "{the} is {shape}",
        "there is {such}",
        "a picture of {such}",
        "one can see {such}",
    ],
    test: &["{a} that is {shape}", "a picture of {a} that is {shape}"],
};

const MADE: Wordings = Wordings {
    training: &[
        "{a} with {form}{place}",
        "{the} has {form}",
        "there is {a} with {form}",
        "a picture of {a} that has {form}",
    ],
    test: &[
        "a picture of {a} with {form}",
        "there is {a} that has {form}",
    ],
};

const ARRANGED: Wordings = Wordings {
    training: &[
        "{count} {arranged}",
        "the {nouns} stand {arranged}",
        "there are {count} {arranged}",
        "{nouns} that are put {arranged}",
    ],
    test: &[
        "a picture of {count} {arranged}",
        "the {nouns} are {arranged}",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..8 => made(stage),
        _ => arranged(stage),
    }
}

fn made(stage: &mut Stage) -> Draft {
    let structure = |aspect: &Aspect| match *aspect {
        Aspect::Shape(on, off) => Some((true, [on, off])),
        Aspect::Made(on, off) => Some((false, [on, off])),
        Aspect::Part(_) | Aspect::State(..) => None,
    };
    let kind = stage.kind(|kind| {
        kind.aspects
            .iter()
            .any(|aspect| structure(aspect).is_some())
    });
    let aspects = kind.aspects.iter().enumerate();
    let structures: Vec<_> = aspects
        .filter_map(|(i, aspect)| Some((i, structure(aspect)?)))
        .collect();
    let &(index, (is_shape, words)) = stage.draw.pick(&structures);
    let figure = stage.figure(kind);
    let figures = [true, false].map(|on| {
        let mut figure = figure.clone();
        figure.set(index, on);
        figure
    });
    let sketches = stage.solo(figures);
    let noun = stage.noun(&figure);
    let place = stage.place(&sketches[0]);
    let slots = Slots::default().noun(noun).with("place", place);
    let slots = words.map(|word| match is_shape {
        true => slots
            .clone()
            .with("such", noun.a_such(word))
            .with("shape", word),
        false => slots.clone().with("form", word),
    });
    let wordings = if is_shape { &SHAPE } else { &MADE };
    stage.tell(wordings, sketches, slots)
}

fn arranged(stage: &mut Stage) -> Draft {
    let mut forms = ["in a row", "in a circle", "one above the other"];
    stage.draw.shuffle(&mut forms);
    let kind = stage.kind(|_| true);
    let figure = stage.figure(kind);
    let count = 4 + stage.draw.below(2);
    let mut thing = Thing::new(figure.clone());
    thing.size = stage.draw.between(0.17, 0.19);
    thing.mirrored = stage.mirrored(&figure);
    let shift = stage.draw.between(-0.05, 0.05);
    let turn = stage.draw.between(0.0, 360.0);
    let place = |form: &str, i: usize| {
        let along = 0.1 + 0.8 * (i as f32 + 0.5) / count as f32;
        match form {
            "in a row" => [along, 0.5 + shift],
            "in a circle" => {
                let (sine, cosine) = sine_cosine(turn + 360.0 * i as f32 / count as f32);
                [0.5 + 0.31 * sine, 0.5 - 0.31 * cosine]
            }
            _ => [0.5 + shift, along],
        }
    };
    let things = [forms[0], forms[1]].map(|form| {
        let at = |i| Thing {
            centre: place(form, i),
            ..thing.clone()
        };
        (0..count).map(at).collect()
    });
    let sketches = stage.scenes(false, things);
    let noun = stage.noun(&figure);
    let counted = format!("{} {}", number(count), noun.plural());
    let slots = Slots::default().noun(noun).with("count", counted);
    let slots = [forms[0], forms[1]].map(|form| slots.clone().with("arranged", form));
    stage.tell(&ARRANGED, sketches, slots)
}
