//! The library's tests, as one program.

use agff_test_support as support;

mod adapters;
mod conse;
mod images;
mod kernels;
mod load_memory;
mod memory;
mod package;
mod package_memory;
mod parity;
mod precision;
mod split;
mod store;
mod toy_family;
mod two_towers;
mod views;
