//! The command line, as people and scripts meet it: the program itself is run.

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod compare;
#[cfg(feature = "train")]
mod data;
mod embed;
mod eval;
mod eval_files;
mod packages;
mod program;
mod serve;
