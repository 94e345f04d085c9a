//! Instruments and devices.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("bell", "bells")
        .patterned()
        .aspects(&[Part("a ribbon"), Part("a handle")]),
    Kind::new("drum", "drums")
        .views(&[Side, Above])
        .role(Role::Surface)
        .aspects(&[Part("sticks"), Shape("tall", "flat")]),
    Kind::new("guitar", "guitars").any_way_up().aspects(&[
        Part("strings"),
        Made("a long neck", "a short neck"),
        Shape("round", "square"),
    ]),
    Kind::new("trumpet", "trumpets")
        .faces()
        .aspects(&[Part("notes"), Part("a flag")]),
    Kind::new("phone", "phones")
        .any_way_up()
        .views(&[Front, Behind])
        .aspects(&[
            Part("an antenna"),
            State("on", "off"),
            Shape("wide", "narrow"),
        ]),
    Kind::new("laptop", "laptops")
        .views(&[Front, Behind, Above])
        .lettered()
        .aspects(&[Part("a sticker"), State("on", "off")]),
    Kind::new("camera", "cameras")
        .views(&[Front, Behind])
        .aspects(&[
            Part("a flash"),
            Part("a strap"),
            Made("a large lens", "a small lens"),
        ]),
];
