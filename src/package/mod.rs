//! Packages: a manifest, safetensors shards and a tokenizer (see docs/format.md).
//!
//! [`Package`] reads one from a [`Source`]; on the desktop [`PackageWriter`] writes one, and
//! [`convert`](convert::convert) makes one from a Hugging Face checkpoint.

mod blocks;
pub mod manifest;
pub mod reader;
pub mod source;
mod stream;
pub mod token_table;
mod validate;

#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub mod convert;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
mod plan;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub mod repack;
#[cfg(not(target_family = "wasm"))]
pub mod views_file;
#[cfg(not(target_family = "wasm"))]
pub mod writer;

#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub use convert::{ConvertOptions, ConvertProgress, convert};
pub use manifest::Manifest;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub use plan::{Plan, plan};
pub use reader::{LoadProgress, Package};
pub use source::Source;
pub use token_table::TokenTable;
#[cfg(not(target_family = "wasm"))]
pub use writer::{PackageWriter, write_package};
