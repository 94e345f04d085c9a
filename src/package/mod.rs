//! Packages: a manifest, safetensors shards and a tokenizer (see docs/format.md).
//!
//! [`Package`] reads one from a [`Source`]; on the desktop [`PackageWriter`] writes one. Of a Hugging Face checkpoint
//! one is made by [`convert`](convert::convert), of a folder, or by a [`Conversion`], while its bytes arrive.

mod blocks;
#[cfg(all(
    feature = "engine",
    any(not(target_family = "wasm"), feature = "convert")
))]
mod conversion;
mod hash;
mod layout;
pub mod manifest;
#[cfg(feature = "engine")]
mod options;
#[cfg(all(
    feature = "engine",
    any(not(target_family = "wasm"), feature = "convert")
))]
mod plan;
pub mod reader;
pub mod source;
mod stream;
pub mod token_table;
mod validate;

#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub mod convert;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub mod repack;
pub mod views_file;
#[cfg(not(target_family = "wasm"))]
pub mod writer;

#[cfg(all(
    feature = "engine",
    any(not(target_family = "wasm"), feature = "convert")
))]
pub use conversion::{Conversion, Described, Write};
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub use convert::{ConvertProgress, convert};
pub use manifest::Manifest;
#[cfg(feature = "engine")]
pub use options::ConvertOptions;
#[cfg(all(
    feature = "engine",
    any(not(target_family = "wasm"), feature = "convert")
))]
pub use plan::Plan;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub use plan::plan;
pub use reader::{LoadProgress, Package};
pub use source::Source;
pub use token_table::TokenTable;
#[cfg(not(target_family = "wasm"))]
pub use writer::{PackageWriter, write_package};
