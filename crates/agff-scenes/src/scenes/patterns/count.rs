//! How many there are, and of what there are more.

use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings, number};

pub(super) const WORDINGS: &[&Wordings] = &[&COUNT, &MORE];

const COUNT: Wordings = Wordings {
    training: &[
        "{count}",
        "there {are} {count}",
        "a picture of {count}",
        "exactly {count}",
        "one can see {count}",
    ],
    test: &[
        "there {are} exactly {count}",
        "a picture of exactly {count}",
    ],
};

const MORE: Wordings = Wordings {
    training: &[
        "more {nouns} than {nouns b} | more {nouns b} than {nouns}",
        "there are more {nouns} than {nouns b} | there are more {nouns b} than {nouns}",
        "{count} and {count b}",
        "fewer {nouns b} than {nouns} | fewer {nouns} than {nouns b}",
    ],
    test: &[
        "a picture of more {nouns} than {nouns b} | a picture of more {nouns b} than {nouns}",
        "there are fewer {nouns b} than {nouns} | there are fewer {nouns} than {nouns b}",
    ],
};

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..8 => count(stage),
        _ => more(stage),
    }
}

/// The middles of a grid's cells, in any order.
fn cells(stage: &mut Stage, across: usize, down: usize) -> Vec<[f32; 2]> {
    let middle = |i: usize, of: usize| (i as f32 + 0.5) / of as f32;
    let mut cells: Vec<[f32; 2]> = (0..across * down)
        .map(|i| [middle(i % across, across), middle(i / across, down)])
        .collect();
    stage.draw.shuffle(&mut cells);
    cells
}

/// Things like this one, in the cells, each a little off.
fn strewn(stage: &mut Stage, like: &Thing, cells: &[[f32; 2]], slack: f32) -> Vec<Thing> {
    let mut at = |&[x, y]: &[f32; 2]| {
        let mut thing = Thing {
            centre: [
                x + stage.draw.between(-slack, slack),
                y + stage.draw.between(-slack, slack),
            ],
            tilt: stage.draw.between(-9.0, 9.0),
            mirrored: like.figure.lettering.is_none() && stage.draw.chance(50),
            ..like.clone()
        };
        thing.keep_inside(0.01);
        thing
    };
    cells.iter().map(&mut at).collect()
}

fn count(stage: &mut Stage) -> Draft {
    let kind = stage.kind(|_| true);
    let figure = stage.figure(kind);
    let first = 1 + stage.draw.below(6);
    let second = match (first, stage.draw.chance(50)) {
        (1, _) => 2,
        (6, _) => 5,
        (n, true) => n + 1,
        (n, false) => n - 1,
    };
    let most = first.max(second);
    // Few things may be larger.
    let (across, down, size, slack) = match (most, stage.draw.below(3)) {
        (..=4, 0 | 1) => (2, 2, stage.draw.between(0.36, 0.43), 0.03),
        (5.., 0 | 1) => (3, 2, stage.draw.between(0.27, 0.31), 0.02),
        _ => (3, 3, stage.draw.between(0.25, 0.29), 0.02),
    };
    let mut thing = Thing::new(figure.clone());
    thing.size = size;
    let cells = cells(stage, across, down);
    let all = strewn(stage, &thing, &cells[..most], slack);
    let sketches = stage.scenes(false, [first, second].map(|n| all[..n].to_vec()));
    let noun = stage.noun(&figure);
    let slots = [first, second].map(|n| {
        let named = if n == 1 { noun.bare() } else { noun.plural() };
        Slots::default()
            .mention(noun)
            .with("count", format!("{} {named}", number(n)))
            .with("are", if n == 1 { "is" } else { "are" })
    });
    stage.tell(&COUNT, sketches, slots)
}

fn more(stage: &mut Stage) -> Draft {
    let kinds = stage.pair(|_| true, |_| true);
    let figures = kinds.map(|kind| stage.figure(kind));
    let things = figures.clone().map(Thing::new).map(|thing| Thing {
        size: 0.28,
        ..thing
    });
    let many = 3 + stage.draw.below(2);
    let few = 1 + stage.draw.below(2);
    let cells = cells(stage, 3, 2);
    let (of_many, of_few) = cells[..many + few].split_at(many);
    let mut strew = |first: usize| {
        let mut all = strewn(stage, &things[first], of_many, 0.02);
        all.extend(strewn(stage, &things[1 - first], of_few, 0.02));
        all
    };
    // The two kinds change places.
    let both = [strew(0), strew(1)];
    let sketches = stage.scenes(false, both);
    let nouns = figures.each_ref().map(|figure| stage.noun(figure));
    let counted = |n: usize, i: usize| {
        let noun = &nouns[i];
        let named = if n == 1 { noun.bare() } else { noun.plural() };
        format!("{} {named}", number(n))
    };
    let slots = [[many, few], [few, many]].map(|[n, m]| {
        Slots::default()
            .noun(nouns[0])
            .other(nouns[1])
            .with("count", counted(n, 0))
            .with("count b", counted(m, 1))
    });
    stage.tell(&MORE, sketches, slots)
}
