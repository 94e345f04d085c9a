//! Packages: a manifest, safetensors shards and a tokenizer (see docs/format.md).
//!
//! [`Package`] reads one from a [`Source`]; on the desktop [`PackageWriter`] writes one, and
//! [`convert`](convert::convert) makes one from a Hugging Face checkpoint.

mod blocks;
pub mod config;
pub mod manifest;
pub mod quantize;
pub mod reader;
pub mod shard;
pub mod source;
mod stream;
pub mod tensors;
pub mod token_table;
pub mod validate;

#[cfg(not(target_family = "wasm"))]
pub mod checkpoint;
#[cfg(not(target_family = "wasm"))]
pub mod convert;
#[cfg(not(target_family = "wasm"))]
pub mod hf_config;
#[cfg(not(target_family = "wasm"))]
mod hf_section;
#[cfg(not(target_family = "wasm"))]
pub mod repack;
#[cfg(not(target_family = "wasm"))]
pub mod views_file;
#[cfg(not(target_family = "wasm"))]
pub mod writer;

#[cfg(not(target_family = "wasm"))]
pub use convert::{ConvertOptions, ConvertProgress, convert};
pub use manifest::Manifest;
pub use reader::{LoadProgress, Package};
pub use source::Source;
pub use tensors::{RawTensor, StoredDtype, Suffix, expected_tensors};
pub use token_table::TokenTable;
#[cfg(all(feature = "autodiff", not(target_family = "wasm")))]
pub use validate::{MAX_LEARNED, MAX_VIEWS};
#[cfg(not(target_family = "wasm"))]
pub use writer::{PackageWriter, write_package};
