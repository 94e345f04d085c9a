//! What goes on roads and rails.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("car", "cars")
        .goes()
        .views(&[Side, Front, Above, Behind])
        .aspects(&[
            Part("a suitcase on the roof"),
            State("clean", "dirty"),
            Made("a round roof", "a flat roof"),
        ]),
    Kind::new("bus", "buses")
        .goes()
        .views(&[Side, Front])
        .lettered()
        .aspects(&[Part("a stripe"), Shape("tall", "low")]),
    Kind::new("truck", "trucks")
        .goes()
        .views(&[Side, Behind])
        .aspects(&[State("full", "empty"), Shape("long", "short")]),
    Kind::new("bicycle", "bicycles")
        .goes()
        .views(&[Side, Front, Above])
        .aspects(&[Part("a basket"), Made("large wheels", "small wheels")]),
    Kind::new("train", "trains")
        .goes()
        .views(&[Side, Front])
        .aspects(&[Part("smoke"), Shape("long", "short")]),
    Kind::new("tractor", "tractors")
        .goes()
        .views(&[Side, Front])
        .aspects(&[Part("smoke"), Part("a roof")]),
];
