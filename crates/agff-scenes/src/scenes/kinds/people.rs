//! People.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("man", "men")
        .coloured("in")
        .looks()
        .views(&[Front, Side, Behind])
        .patterned()
        .aspects(&[
            Part("a hat"),
            Part("a beard"),
            Made("raised arms", "hanging arms"),
            State("happy", "sad"),
        ]),
    Kind::new("woman", "women")
        .coloured("in")
        .looks()
        .views(&[Front, Side, Behind])
        .patterned()
        .aspects(&[
            Part("a hat"),
            Made("long hair", "short hair"),
            Made("raised arms", "hanging arms"),
            State("happy", "sad"),
        ]),
    Kind::new("snowman", "snowmen")
        .coloured("in")
        .looks()
        .views(&[Front, Side])
        .aspects(&[
            Part("a hat"),
            Part("a broom"),
            State("happy", "sad"),
            Shape("tall", "short"),
        ]),
];
