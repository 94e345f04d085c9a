//! Buildings.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("house", "houses")
        .views(&[Front, Side])
        .aspects(&[
            Part("a chimney"),
            State("lit", "dark"),
            Made("a pointed roof", "a flat roof"),
            Part("a door"),
        ]),
    Kind::new("castle", "castles").views(&[Front]).aspects(&[
        Part("a flag"),
        State("open", "closed"),
        Made("pointed towers", "flat towers"),
    ]),
    Kind::new("lighthouse", "lighthouses")
        .patterned()
        .aspects(&[
            Part("a door"),
            State("lit", "unlit"),
            Shape("tall", "short"),
        ]),
    Kind::new("church", "churches")
        .views(&[Side, Front])
        .aspects(&[
            Part("a cross"),
            Part("a clock"),
            Made("a high tower", "a low tower"),
        ]),
    Kind::new("tent", "tents").patterned().aspects(&[
        Part("a flag"),
        State("open", "closed"),
        Shape("round", "pointed"),
    ]),
    Kind::new("windmill", "windmills")
        .patterned()
        .aspects(&[Part("a door"), Made("four sails", "three sails")]),
    Kind::new("bridge", "bridges").aspects(&[
        Part("lamps"),
        State("whole", "broken"),
        Shape("curved", "straight"),
    ]),
    Kind::new("tower", "towers")
        .views(&[Front])
        .patterned()
        .aspects(&[
            Part("an antenna"),
            State("lit", "dark"),
            Shape("wide", "narrow"),
        ]),
    Kind::new("fence", "fences")
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            State("whole", "broken"),
            Made("pointed posts", "flat posts"),
            Shape("tall", "low"),
        ]),
];
