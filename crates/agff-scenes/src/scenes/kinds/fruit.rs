//! Fruit and vegetables.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("apple", "apples")
        .patterned()
        .aspects(&[Part("a leaf"), State("whole", "bitten")]),
    Kind::new("pear", "pears").patterned().aspects(&[
        Part("a leaf"),
        State("whole", "cut"),
        Shape("thick", "thin"),
    ]),
    Kind::new("banana", "bananas").any_way_up().aspects(&[
        Part("spots"),
        State("peeled", "unpeeled"),
        Shape("curved", "straight"),
    ]),
    Kind::new("pair of cherries", "pairs of cherries")
        .aspects(&[Part("a leaf"), Made("a long stem", "a short stem")]),
    Kind::new("strawberry", "strawberries").aspects(&[
        Part("leaves"),
        State("whole", "bitten"),
        Shape("pointed", "round"),
    ]),
    Kind::new("pineapple", "pineapples")
        .any_way_up()
        .aspects(&[Part("leaves"), Shape("tall", "short")]),
    Kind::new("carrot", "carrots").points().aspects(&[
        Part("leaves"),
        Shape("thick", "thin"),
        Shape("pointed", "blunt"),
    ]),
    Kind::new("pumpkin", "pumpkins").patterned().aspects(&[
        Part("a face"),
        Shape("round", "flat"),
        Made("a long stem", "a short stem"),
    ]),
];
