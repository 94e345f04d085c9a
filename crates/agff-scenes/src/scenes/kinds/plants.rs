//! Trees, flowers and other plants.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("tree", "trees")
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("apples"),
            Part("a bird"),
            Made("a round crown", "a pointed crown"),
        ]),
    Kind::new("flower", "flowers")
        .views(&[Side, Above])
        .aspects(&[
            Part("leaves"),
            State("fresh", "wilted"),
            Made("round petals", "pointed petals"),
        ]),
    Kind::new("cactus", "cactuses")
        .any_way_up()
        .patterned()
        .aspects(&[Part("a flower"), Part("a pot"), Made("two arms", "no arms")]),
    Kind::new("mushroom", "mushrooms")
        .views(&[Side, Above])
        .aspects(&[
            Part("spots"),
            State("whole", "bitten"),
            Made("a pointed cap", "a flat cap"),
        ]),
    Kind::new("palm tree", "palm trees")
        .aspects(&[Part("coconuts"), Made("a curved trunk", "a straight trunk")]),
    Kind::new("leaf", "leaves")
        .any_way_up()
        .patterned()
        .aspects(&[Part("a hole"), Shape("round", "narrow")]),
];
