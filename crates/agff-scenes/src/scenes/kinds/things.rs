//! Boxes, books and other things to put something in or on.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("box", "boxes")
        .views(&[Side, Above])
        .lettered()
        .role(Role::Container)
        .aspects(&[
            Part("holes"),
            State("open", "closed"),
            Shape("tall", "flat"),
        ]),
    Kind::new("book", "books")
        .views(&[Above, Side])
        .any_way_up()
        .lettered()
        .role(Role::Surface)
        .aspects(&[
            Part("a bookmark"),
            State("open", "closed"),
            Shape("thick", "thin"),
        ]),
    Kind::new("present", "presents")
        .views(&[Side, Above])
        .patterned()
        .role(Role::Surface)
        .aspects(&[Part("a bow"), Shape("tall", "flat")]),
    Kind::new("envelope", "envelopes")
        .views(&[Behind, Front])
        .aspects(&[Part("a stamp"), State("open", "closed")]),
    Kind::new("basket", "baskets")
        .views(&[Side, Above])
        .role(Role::Container)
        .aspects(&[Part("a handle"), State("full", "empty")]),
    Kind::new("board", "boards")
        .views(&[Front, Behind])
        .lettered()
        .aspects(&[Part("wheels"), Shape("wide", "narrow")]),
    Kind::new("suitcase", "suitcases")
        .lettered()
        .role(Role::Surface)
        .aspects(&[Part("wheels"), State("open", "closed")]),
    Kind::new("magnet", "magnets")
        .any_way_up()
        .aspects(&[Part("sparks"), Shape("wide", "narrow")]),
];
