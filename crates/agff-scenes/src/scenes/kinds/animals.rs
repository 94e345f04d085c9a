//! Animals of house and garden.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("cat", "cats")
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            Part("a collar"),
            State("awake", "asleep"),
            Made("a long tail", "a short tail"),
        ]),
    Kind::new("dog", "dogs")
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[
            Part("a collar"),
            Part("a bone"),
            Made("pointed ears", "hanging ears"),
        ]),
    Kind::new("pig", "pigs")
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            State("clean", "dirty"),
            Made("a curly tail", "a straight tail"),
        ]),
    Kind::new("rabbit", "rabbits")
        .looks()
        .views(&[Side, Front, Behind])
        .patterned()
        .aspects(&[
            Part("a carrot"),
            State("awake", "asleep"),
            Made("long ears", "short ears"),
        ]),
];
