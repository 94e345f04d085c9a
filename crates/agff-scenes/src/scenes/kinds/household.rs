//! Candles, umbrellas and other things of a household.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("umbrella", "umbrellas")
        .patterned()
        .views(&[Side, Above])
        .aspects(&[
            State("open", "closed"),
            Made("a curved handle", "a straight handle"),
        ]),
    Kind::new("candle", "candles").patterned().aspects(&[
        Part("a plate"),
        State("lit", "unlit"),
        Shape("tall", "short"),
    ]),
    Kind::new("light bulb", "light bulbs").aspects(&[
        State("lit", "unlit"),
        State("whole", "broken"),
        Shape("round", "long"),
    ]),
    Kind::new("watering can", "watering cans")
        .faces()
        .patterned()
        .aspects(&[Part("water"), Shape("tall", "low")]),
];
