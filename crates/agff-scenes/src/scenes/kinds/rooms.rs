//! What is in the walls of a room or hangs on them.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("clock", "clocks")
        .any_way_up()
        .views(&[Front])
        .aspects(&[Part("bells"), Part("numbers"), Shape("round", "square")]),
    Kind::new("door", "doors")
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            Part("a window"),
            State("open", "closed"),
            Made("a round top", "a flat top"),
        ]),
    Kind::new("window", "windows")
        .any_way_up()
        .views(&[Front])
        .aspects(&[
            Part("curtains"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
    Kind::new("television", "televisions")
        .views(&[Front, Behind])
        .role(Role::Surface)
        .aspects(&[Part("an antenna"), State("on", "off")]),
    Kind::new("mirror", "mirrors")
        .any_way_up()
        .views(&[Front])
        .patterned()
        .aspects(&[
            Part("feet"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
];
