//! What is not alive and has a face.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("robot", "robots")
        .looks()
        .views(&[Front, Side, Behind])
        .aspects(&[
            Part("an antenna"),
            State("happy", "sad"),
            Made("a round head", "a square head"),
            Made("wheels", "legs"),
        ]),
    Kind::new("face", "faces").aspects(&[
        Part("a hat"),
        State("happy", "sad"),
        State("awake", "asleep"),
        Shape("round", "square"),
    ]),
    Kind::new("ghost", "ghosts").aspects(&[
        Part("a bow tie"),
        State("happy", "sad"),
        Made("raised arms", "hanging arms"),
    ]),
    Kind::new("teddy bear", "teddy bears")
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[
            Part("a bow tie"),
            State("awake", "asleep"),
            Made("raised arms", "hanging arms"),
        ]),
    Kind::new("mask", "masks")
        .patterned()
        .aspects(&[Part("feathers"), State("happy", "sad")]),
];
