//! What one cooks and eats with.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("teapot", "teapots")
        .faces()
        .views(&[Side, Above])
        .patterned()
        .aspects(&[Part("a lid"), Part("steam"), Shape("round", "square")]),
    Kind::new("pot", "pots")
        .views(&[Side, Above])
        .aspects(&[Part("a lid"), Shape("tall", "low")]),
    Kind::new("pan", "pans")
        .any_way_up()
        .views(&[Above, Side])
        .aspects(&[
            Part("an egg"),
            Made("a long handle", "a short handle"),
            Shape("round", "square"),
        ]),
    Kind::new("spoon", "spoons").any_way_up().aspects(&[
        Made("a long handle", "a short handle"),
        Shape("wide", "narrow"),
    ]),
    Kind::new("fork", "forks")
        .any_way_up()
        .aspects(&[State("straight", "bent"), Made("four points", "two points")]),
    Kind::new("vase", "vases").patterned().aspects(&[
        Part("flowers"),
        State("whole", "broken"),
        Shape("round", "narrow"),
    ]),
];
