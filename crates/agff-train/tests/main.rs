//! Training runs from recipe to package, on a model of a few thousand weights.

use agff_test_support as support;

mod adapter;
mod card;
mod gpu;
mod learning;
mod refused;
mod resume;
mod run;
