//! Furniture.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("chair", "chairs")
        .faces()
        .views(&[Side, Front, Behind, Above])
        .patterned()
        .aspects(&[
            Part("a cushion"),
            Part("armrests"),
            Made("a high back", "a low back"),
        ]),
    Kind::new("table", "tables")
        .views(&[Side, Above])
        .role(Role::Table)
        .aspects(&[
            Part("a drawer"),
            Made("four legs", "one leg"),
            Shape("long", "short"),
        ]),
    Kind::new("bench", "benches")
        .patterned()
        .role(Role::Table)
        .aspects(&[Part("a back"), Made("thick legs", "thin legs")]),
    Kind::new("stool", "stools")
        .views(&[Side, Above])
        .patterned()
        .role(Role::Table)
        .aspects(&[Part("a cushion"), Made("four legs", "three legs")]),
    Kind::new("lamp", "lamps").patterned().aspects(&[
        State("lit", "unlit"),
        Shape("tall", "short"),
        Made("a round shade", "a pointed shade"),
    ]),
    Kind::new("bed", "beds")
        .views(&[Side, Above])
        .patterned()
        .aspects(&[Part("a pillow"), Made("a high back", "a low back")]),
    Kind::new("sofa", "sofas")
        .views(&[Front, Behind, Above])
        .patterned()
        .aspects(&[Part("cushions"), Made("round arms", "square arms")]),
    Kind::new("shelf", "shelves")
        .any_way_up()
        .views(&[Front])
        .aspects(&[State("full", "empty"), Shape("tall", "low")]),
    Kind::new("bathtub", "bathtubs")
        .views(&[Side, Above])
        .role(Role::Container)
        .aspects(&[Part("a duck"), State("full", "empty")]),
];
