//! Fish, snails and other small animals.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("fish", "fish")
        .looks()
        .views(&[Side, Front, Above])
        .patterned()
        .aspects(&[
            Part("bubbles"),
            Shape("round", "long"),
            Made("an open mouth", "a closed mouth"),
        ]),
    Kind::new("turtle", "turtles")
        .looks()
        .views(&[Side, Above])
        .aspects(&[Part("spots"), Made("a round shell", "a flat shell")]),
    Kind::new("snail", "snails")
        .looks()
        .aspects(&[Part("a hat"), Made("a round shell", "a pointed shell")]),
    Kind::new("butterfly", "butterflies")
        .views(&[Above])
        .patterned()
        .aspects(&[Part("spots"), Made("round wings", "pointed wings")]),
    Kind::new("snake", "snakes").looks().any_way_up().aspects(&[
        Part("a tongue"),
        Shape("curved", "straight"),
        Shape("thick", "thin"),
    ]),
    Kind::new("bee", "bees")
        .looks()
        .views(&[Side, Above])
        .aspects(&[Part("a crown"), Shape("thick", "thin")]),
];
