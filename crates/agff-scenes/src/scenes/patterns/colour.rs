//! What has which colour, and what is striped, dotted or checked.

use super::super::colour::Colour;
use super::super::kinds::Kind;
use super::super::look::{Figure, Surface};
use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Noun, Slots, Wordings};

pub(super) const WORDINGS: &[&Wordings] = &[&PAINTED, &SWAPPED, &SURFACE, &SAME];

const PAINTED: Wordings = Wordings {
    training: &[
        "{a}{place}",
        "the {kind} is {colour}",
        "there is {a}",
        "a picture of {a}{place}",
        "one can see {a}",
    ],
    test: &[
        "there is {one} that is {colour}",
        "a picture of {one} that is {colour}",
    ],
};

const SWAPPED: Wordings = Wordings {
    training: &[
        "{a} and {b}",
        "{a} next to {b}",
        "there is {a} and {b}",
        "the {kind} is {colour} and the {kind b} is {colour b}",
        "{a} beside {b}",
    ],
    test: &[
        "a picture of {a} and {b}",
        "the {kind b} is {colour b} and the {kind} is {colour}",
    ],
};

const SURFACE: Wordings = Wordings {
    training: &[
        "{such}{place}",
        "{the} is {surface}",
        "there is {such}",
        "{a} with {marks}",
        "{the} has {marks}",
    ],
    test: &["there is {a} with {marks}", "a picture of {a} with {marks}"],
};

const SAME: Wordings = Wordings {
    training: &[
        "two {kinds} of the same color | two {kinds} of different colors",
        "both {kinds} have the same color | the two {kinds} have different colors",
        "the {kinds} are both {colour} | one of the {kinds} is {colour} and one is {other}",
        "two {kinds} that are {colour} | {one} that is {colour} and {one} that is {other}",
    ],
    test: &[
        "two {kinds} that have the same color | two {kinds} that have different colors",
        "the two {kinds} are of the same color | the two {kinds} are of different colors",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..4 => painted(stage),
        4..7 => swapped(stage),
        7..9 => surface(stage),
        _ => same(stage),
    }
}

/// The same figure in another colour.
fn repainted(stage: &mut Stage, figure: &Figure, colour: Colour) -> Figure {
    Figure {
        colour,
        main: stage.tone(colour),
        ..figure.clone()
    }
}

fn named(kind: &'static Kind, colour: Colour) -> Noun {
    Noun {
        kind,
        colour: Some(colour),
    }
}

/// The colour as it follows "is": "red", or "in red".
fn said(kind: &Kind, colour: Colour) -> String {
    match kind.preposition {
        Some(preposition) => format!("{preposition} {}", colour.name()),
        None => colour.name().to_owned(),
    }
}

fn painted(stage: &mut Stage) -> Draft {
    let kind = stage.kind(|_| true);
    let [first, second] = stage.two_colours(kind);
    let figure = stage.painted(kind, first);
    let other = repainted(stage, &figure, second);
    let sketches = stage.solo([figure, other]);
    let place = stage.place(&sketches[0]);
    let slots = [first, second].map(|colour| {
        Slots::default()
            .noun(named(kind, colour))
            .with("kind", kind.name)
            .with("one", Noun { kind, colour: None }.a())
            .with("colour", said(kind, colour))
            .with("place", place.clone())
    });
    stage.tell(&PAINTED, sketches, slots)
}

/// Two things that exchange their colours.
fn swapped(stage: &mut Stage) -> Draft {
    let split = stage.split;
    let (kinds, colours) = loop {
        let kinds = stage.pair(|_| true, |_| true);
        let [mine, yours] = kinds.map(|kind| split.colours(kind));
        let mut shared: Vec<Colour> = mine.iter().copied().filter(|c| yours.contains(c)).collect();
        stage.draw.shuffle(&mut shared);
        let pair = shared
            .iter()
            .flat_map(|a| shared.iter().map(move |b| [*a, *b]));
        let clear = |[a, b]: &[Colour; 2]| a.rgb().distance(b.rgb()) > 0.5;
        if let Some(colours) = pair.into_iter().find(clear) {
            break (kinds, colours);
        }
    };
    let ground = stage.draw.chance(50);
    let left_first = stage.draw.chance(50);
    let mut things = [0, 1].map(|i| Thing::new(stage.painted(kinds[i], colours[i])));
    for (i, thing) in things.iter_mut().enumerate() {
        thing.size = stage.draw.between(0.36, 0.45);
        thing.mirrored = stage.mirrored(&thing.figure);
        thing.tilt = stage.draw.between(-4.0, 4.0);
        thing.grounded = ground;
        let x = if (i == 0) == left_first { 0.26 } else { 0.74 };
        thing.centre = [x, 0.5 + stage.draw.between(-0.1, 0.1)];
        if ground {
            thing.stand_on(stage.draw.between(0.76, 0.9));
        }
        thing.keep_inside(0.01);
    }
    let mut exchanged = things.clone();
    for (i, thing) in exchanged.iter_mut().enumerate() {
        thing.figure = repainted(stage, &things[i].figure, colours[1 - i]);
    }
    let sketches = stage.scenes(ground, [things.to_vec(), exchanged.to_vec()]);
    let sketches = stage.with_bystanders(sketches);
    let [one, two] = colours;
    let slots = [[one, two], [two, one]].map(|[first, second]| {
        Slots::default()
            .noun(named(kinds[0], first))
            .other(named(kinds[1], second))
            .with("kind", kinds[0].name)
            .with("colour", said(kinds[0], first))
            .with("kind b", kinds[1].name)
            .with("colour b", said(kinds[1], second))
    });
    stage.tell(&SWAPPED, sketches, slots)
}

fn surface(stage: &mut Stage) -> Draft {
    let mut surfaces = [
        (Surface::Plain, "plain", "no pattern"),
        (Surface::Striped, "striped", "stripes"),
        (Surface::Dotted, "dotted", "dots"),
        (Surface::Checked, "checked", "squares"),
    ];
    stage.draw.shuffle(&mut surfaces);
    let kind = stage.kind(|kind| kind.patterned);
    let figure = stage.figure(kind);
    let figures = [0, 1].map(|side| Figure {
        surface: surfaces[side].0,
        ..figure.clone()
    });
    let sketches = stage.solo(figures);
    let noun = stage.noun(&figure);
    let place = stage.place(&sketches[0]);
    let slots = [0, 1].map(|side| {
        let (_, adjective, marks) = surfaces[side];
        Slots::default()
            .noun(noun)
            .with("such", noun.a_such(adjective))
            .with("surface", adjective)
            .with("marks", marks)
            .with("place", place.clone())
    });
    stage.tell(&SURFACE, sketches, slots)
}

/// Two of a kind, of one colour or of two.
fn same(stage: &mut Stage) -> Draft {
    // People in one colour are not of one colour.
    let kind = stage.kind(|kind| kind.preposition.is_none());
    let [colour, other] = stage.two_colours(kind);
    let figure = stage.painted(kind, colour);
    let repainted = repainted(stage, &figure, other);
    let mut thing = Thing::new(figure);
    thing.size = stage.draw.between(0.38, 0.45);
    thing.mirrored = stage.mirrored(&thing.figure);
    let ground = stage.draw.chance(50);
    thing.grounded = ground;
    let base = stage.draw.between(0.74, 0.88);
    let mut both = [thing.clone(), thing];
    for (thing, x) in both.iter_mut().zip([0.26, 0.74]) {
        thing.tilt = stage.draw.between(-4.0, 4.0);
        thing.centre[0] = x;
        thing.stand_on(if ground { base } else { base - 0.12 });
    }
    let mut differing = both.clone();
    let which = stage.draw.below(2);
    differing[which].figure = repainted;
    let sketches = stage.scenes(ground, [both.to_vec(), differing.to_vec()]);
    let sketches = stage.with_bystanders(sketches);
    let slots = Slots::default()
        .mention(Noun { kind, colour: None })
        .with("kinds", kind.plural)
        .with("one", Noun { kind, colour: None }.a())
        .with("colour", said(kind, colour))
        .with("other", said(kind, other));
    stage.tell(&SAME, sketches, [slots.clone(), slots])
}
