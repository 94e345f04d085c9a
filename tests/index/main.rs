//! The stored index: its files, and `agff index` as people and scripts meet it.

#[path = "../cli/program.rs"]
#[allow(dead_code)] // each test binary uses its own part of this
mod program;
#[path = "../support/mod.rs"]
mod support;

mod command;
mod exchange;
mod store;
