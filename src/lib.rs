//! Multi-view embeddings of photos and text.
//!
//! The way of the data:
//!
//! ```text
//! photo ─ input::image ─┐                           ┌─ similarity (four patterns)
//!                       ├─ families: Item ─ Network ┤ 1 + K unit vectors
//! text ── input::text ──┘                           └─ index (exact search)
//! ```
//!
//! A [`package`] (manifest and shards of [`tensors`]) feeds the network of a model family ([`families`]), which is
//! made of [`layers`]; every tensor operation that Burn does not already do fast goes through [`ops`].
//! [`Agff`] joins them.

// What only an engine, a family or the conversion uses that is left out is left out by the linker.
#![cfg_attr(
    any(
        not(all(feature = "engine", feature = "siglip", feature = "clip")),
        all(target_family = "wasm", not(feature = "convert"))
    ),
    allow(dead_code, unused_imports)
)]

#[cfg(feature = "engine")]
mod agff;
mod certainty;
pub mod checkpoint;
#[cfg(feature = "engine")]
mod cores;
#[cfg(feature = "engine")]
pub mod device;
mod embedding;
mod error;
pub mod families;
pub mod index;
pub mod input;
#[cfg(feature = "engine")]
pub mod layers;
pub mod ops;
pub mod package;
pub mod tensors;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub mod web;

#[cfg(feature = "engine")]
pub use agff::{Agff, Input, InputImage, LoadOptions, Prepared};
pub use certainty::{Calibration, Certainty, Levels, Spread, Sure};
pub use checkpoint::{Address, HUB, Repository};
pub use embedding::{
    Embedding, Fusion, Patterns, Probability, Reduction, Similarity, similarity, unit,
};
pub use error::{Code, Error, Result};
pub use package::Source;
