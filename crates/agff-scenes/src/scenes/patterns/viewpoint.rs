//! From where and from how far things are seen.

use super::super::background::Background;
use super::super::look::{Figure, View};
use super::super::sketch::Thing;
use super::super::stage::{Draft, Stage};
use super::super::wording::{Slots, Wordings};

pub(super) const WORDINGS: &[&Wordings] = &[&SEEN_FROM, &FAR];

const SEEN_FROM: Wordings = Wordings {
    training: &[
        "{a} seen from {view}",
        "{the} from {view}",
        "a picture of {a} from {view}",
        "looking at {the} from {view}",
        "{the} is shown from {view}",
    ],
    test: &[
        "{the} is seen from {view}",
        "a picture of {a} that is seen from {view}",
    ],
};

const FAR: Wordings = Wordings {
    training: &[
        "{a} close up | {a} far away",
        "{the} is very near | {the} is very far away",
        "{the} fills the picture | {the} is small and far away",
        "a picture of {a} from close up | a picture of {a} from far away",
    ],
    test: &[
        "{the} is near | {the} is far away",
        "a picture of {a} close up | a picture of {a} far away",
    ],
};

/// As captions say it, after "seen from".
fn name(view: View) -> &'static str {
    match view {
        View::Side => "the side",
        View::Front => "the front",
        View::Behind => "behind",
        View::Above => "above",
    }
}

pub(super) fn draft(stage: &mut Stage) -> Draft {
    match stage.draw.below(10) {
        0..8 => seen_from(stage),
        _ => far(stage),
    }
}

fn seen_from(stage: &mut Stage) -> Draft {
    let kind = stage.kind(|kind| kind.views.len() > 1);
    let mut views = kind.views.to_vec();
    stage.draw.shuffle(&mut views);
    let figure = stage.figure(kind);
    let ways = [views[0], views[1]];
    let figures = ways.map(|view| Figure {
        view,
        ..figure.clone()
    });
    let mut sketches = stage.solo(figures);
    for sketch in &mut sketches {
        if let Some(thing) = sketch.things.last_mut() {
            // Each as large as it would be alone.
            let frame = Thing::new(thing.figure.clone()).frame;
            let base = thing.base();
            thing.frame = frame;
            if thing.grounded {
                thing.stand_on(base);
            }
            thing.keep_inside(0.02);
        }
    }
    let slots = Slots::default().noun(stage.noun(&figure));
    let slots = ways.map(|view| slots.clone().with("view", name(view)));
    stage.tell(&SEEN_FROM, sketches, slots)
}

fn far(stage: &mut Stage) -> Draft {
    let kind = stage.kind(|_| true);
    let figure = stage.figure(kind);
    let ground = stage.draw.chance(70);
    let background = Background::behind(&mut stage.draw, [&figure].into_iter(), ground);
    let mut near = Thing::new(figure.clone());
    near.mirrored = stage.mirrored(&figure);
    near.tilt = stage.draw.between(-3.0, 3.0);
    let mut distant = near.clone();
    near.size = stage.draw.between(1.0, 1.2);
    near.centre = [
        stage.draw.between(0.44, 0.56),
        stage.draw.between(0.46, 0.54),
    ];
    distant.size = stage.draw.between(0.22, 0.26);
    distant.centre = [stage.draw.between(0.25, 0.75), stage.draw.between(0.3, 0.7)];
    if let Some(horizon) = background.horizon() {
        distant.grounded = true;
        distant.stand_on(horizon + stage.draw.between(0.03, 0.1));
    }
    let sketches = stage.scenes_before(background, [vec![near], vec![distant]]);
    let slots = Slots::default().noun(stage.noun(&figure));
    stage.tell(&FAR, sketches, [slots.clone(), slots])
}
