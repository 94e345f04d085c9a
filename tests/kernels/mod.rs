//! Every kernel equals the plain reference of its operation: on the CPU, and in every variant on
//! every GPU device that is at hand.
//!
//! Each test walks over a table of cases, computes the reference on the CPU, runs the operation
//! everywhere, and reports all the cases that differ. Where there is no adapter the GPU is left
//! out, and that is printed; with `AGFF_REQUIRE_GPU=1` it is a failure.

mod attention;
#[cfg(feature = "autodiff")]
mod backward;
mod linear;
mod maps;
mod rows;
mod support;
