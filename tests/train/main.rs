//! Training runs from recipe to package, on a model of a few thousand weights.
#![cfg(feature = "train")]

#[path = "../support/mod.rs"]
mod support;

mod adapter;
mod card;
mod gpu;
mod learning;
mod refused;
mod resume;
mod run;
