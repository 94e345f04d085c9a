//! Signs, shapes, the sky and toys.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("arrow", "arrows")
        .points()
        .patterned()
        .aspects(&[Shape("thick", "thin"), Shape("straight", "curved")]),
    Kind::new("star", "stars")
        .any_way_up()
        .patterned()
        .aspects(&[Part("a face"), Made("five points", "eight points")]),
    Kind::new("heart", "hearts").patterned().aspects(&[
        Part("an arrow"),
        State("whole", "broken"),
        Shape("wide", "narrow"),
    ]),
    Kind::new("sun", "suns")
        .any_way_up()
        .aspects(&[Part("a face"), Made("long rays", "short rays")]),
    Kind::new("moon", "moons")
        .any_way_up()
        .aspects(&[Part("a hat"), State("full", "half")]),
    Kind::new("cloud", "clouds").aspects(&[
        Part("rain"),
        Part("lightning"),
        Shape("round", "long"),
    ]),
    Kind::new("ball", "balls")
        .any_way_up()
        .patterned()
        .aspects(&[Part("a star"), State("full", "flat")]),
    Kind::new("balloon", "balloons")
        .lettered()
        .patterned()
        .aspects(&[Part("a string"), Shape("round", "long")]),
    Kind::new("flag", "flags")
        .lettered()
        .patterned()
        .aspects(&[Part("a star"), Shape("square", "triangular")]),
    Kind::new("sign", "signs")
        .views(&[Front])
        .lettered()
        .aspects(&[
            Part("lamps"),
            Made("two posts", "one post"),
            Shape("round", "square"),
        ]),
    Kind::new("kite", "kites")
        .patterned()
        .any_way_up()
        .aspects(&[Part("a face"), Made("a long tail", "a short tail")]),
    Kind::new("hand", "hands")
        .points()
        .aspects(&[Part("a ring"), Made("one finger", "two fingers")]),
];
