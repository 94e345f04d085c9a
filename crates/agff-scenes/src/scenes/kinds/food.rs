//! What is baked and boiled, and sweets.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("egg", "eggs")
        .any_way_up()
        .patterned()
        .aspects(&[Part("an egg cup"), State("whole", "broken")]),
    Kind::new("cake", "cakes").views(&[Side, Above]).aspects(&[
        Part("a candle"),
        State("whole", "cut"),
        Shape("tall", "flat"),
    ]),
    Kind::new("ice cream", "ice creams").aspects(&[
        Part("a cherry on top"),
        State("melting", "frozen"),
        Shape("tall", "short"),
    ]),
    Kind::new("loaf of bread", "loaves of bread")
        .any_way_up()
        .aspects(&[
            Part("a face"),
            State("whole", "cut"),
            Shape("round", "long"),
        ]),
    Kind::new("lollipop", "lollipops").patterned().aspects(&[
        Part("a ribbon"),
        State("whole", "bitten"),
        Shape("round", "square"),
    ]),
];
