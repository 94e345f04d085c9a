//! Birds.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("bird", "birds")
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[
            Part("a worm"),
            State("flying", "sitting"),
            Made("a long tail", "a short tail"),
        ]),
    Kind::new("duck", "ducks")
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("a scarf"), State("awake", "asleep")]),
    Kind::new("owl", "owls")
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[State("awake", "asleep"), Made("pointed ears", "round ears")]),
    Kind::new("penguin", "penguins")
        .looks()
        .views(&[Front, Side, Behind])
        .aspects(&[Part("a scarf"), Made("raised wings", "hanging wings")]),
];
