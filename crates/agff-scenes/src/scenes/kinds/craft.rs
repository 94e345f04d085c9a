//! What flies and swims.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("boat", "boats")
        .goes()
        .views(&[Side, Front, Above])
        .aspects(&[Part("a flag"), Made("a triangular sail", "a square sail")]),
    Kind::new("airplane", "airplanes")
        .goes()
        .any_way_up()
        .views(&[Side, Above, Front])
        .aspects(&[Part("a stripe"), Made("wide wings", "narrow wings")]),
    Kind::new("rocket", "rockets").points().aspects(&[
        Part("flames"),
        Part("a window"),
        Made("a pointed tip", "a round tip"),
    ]),
    Kind::new("helicopter", "helicopters")
        .goes()
        .aspects(&[Part("a ladder"), Made("a round window", "a square window")]),
];
