//! The command line, as people and scripts meet it: the program itself is run.

use agff_test_support as support;

mod arguments;
mod bench;
mod compare;
mod data;
mod earlier;
mod embed;
mod eval;
mod eval_files;
mod hub;
mod hub_shapes;
mod index;
mod nano;
mod packages;
mod photo;
mod program;
mod serve;
mod toy;
mod train;
