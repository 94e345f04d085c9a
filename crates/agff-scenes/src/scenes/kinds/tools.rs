//! Tools.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("hammer", "hammers")
        .aspects(&[Part("a string"), Made("a long handle", "a short handle")]),
    Kind::new("key", "keys").points().aspects(&[
        Part("a ribbon"),
        Made("a round head", "a square head"),
        Shape("thick", "thin"),
    ]),
    Kind::new("pencil", "pencils")
        .points()
        .patterned()
        .aspects(&[
            Part("an eraser"),
            State("whole", "broken"),
            Shape("long", "short"),
        ]),
    Kind::new("brush", "brushes")
        .points()
        .patterned()
        .aspects(&[Part("paint"), Shape("wide", "narrow")]),
    Kind::new("pair of scissors", "pairs of scissors")
        .any_way_up()
        .aspects(&[State("open", "closed"), Shape("long", "short")]),
    Kind::new("ladder", "ladders")
        .any_way_up()
        .aspects(&[State("whole", "broken"), Shape("wide", "narrow")]),
    Kind::new("saw", "saws")
        .points()
        .aspects(&[Part("teeth"), Shape("long", "short")]),
    Kind::new("axe", "axes").aspects(&[Part("a ribbon"), Made("two blades", "one blade")]),
];
