//! Larger animals.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("horse", "horses")
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("a saddle"), Made("a long tail", "a short tail")]),
    Kind::new("elephant", "elephants")
        .looks()
        .views(&[Side, Front])
        .patterned()
        .aspects(&[Part("tusks"), Made("a raised trunk", "a hanging trunk")]),
    Kind::new("sheep", "sheep")
        .looks()
        .views(&[Side, Front])
        .aspects(&[Part("a bell"), Part("horns")]),
    Kind::new("giraffe", "giraffes")
        .looks()
        .aspects(&[Part("spots"), Made("a long neck", "a short neck")]),
];
