//! What people wear and carry.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("shirt", "shirts")
        .views(&[Front, Behind])
        .patterned()
        .lettered()
        .aspects(&[
            Part("a pocket"),
            State("clean", "dirty"),
            Made("long sleeves", "short sleeves"),
        ]),
    Kind::new("hat", "hats")
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("a feather"),
            Part("a ribbon"),
            Shape("tall", "flat"),
            Made("a wide brim", "a narrow brim"),
        ]),
    Kind::new("shoe", "shoes")
        .faces()
        .views(&[Side, Above])
        .patterned()
        .aspects(&[
            Part("laces"),
            State("clean", "dirty"),
            Made("a high heel", "a flat heel"),
        ]),
    Kind::new("boot", "boots").faces().aspects(&[
        Part("a buckle"),
        State("clean", "dirty"),
        Shape("tall", "short"),
    ]),
    Kind::new("sock", "socks")
        .faces()
        .patterned()
        .aspects(&[Part("a hole"), Shape("long", "short")]),
    Kind::new("dress", "dresses")
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[
            Part("a belt"),
            Shape("long", "short"),
            Made("a wide skirt", "a narrow skirt"),
        ]),
    Kind::new("pair of trousers", "pairs of trousers")
        .views(&[Front, Behind])
        .patterned()
        .aspects(&[Part("a belt"), Part("holes"), Shape("long", "short")]),
    Kind::new("bag", "bags")
        .lettered()
        .role(Role::Container)
        .aspects(&[
            Part("a pocket"),
            State("full", "empty"),
            Made("long handles", "short handles"),
        ]),
    Kind::new("crown", "crowns").aspects(&[Part("stones"), Made("five points", "three points")]),
    Kind::new("pair of glasses", "pairs of glasses")
        .any_way_up()
        .views(&[Front])
        .aspects(&[State("whole", "broken"), Shape("round", "square")]),
    Kind::new("glove", "gloves")
        .any_way_up()
        .patterned()
        .aspects(&[Part("a button"), Shape("long", "short")]),
];
