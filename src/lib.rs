//! Multi-view embeddings of photos and text.
//!
//! The way of the data:
//!
//! ```text
//! photo ─ input::image ─┐                                    ┌─ similarity (four patterns)
//!                       ├─ input::prompt ─ model ─ Embedding ┤
//! text ── input::text ──┘   prefix + views  1 + K unit vectors
//! ```
//!
//! A [`package`] (manifest and shards) feeds the [`model`]; every tensor operation that Burn does
//! not already do fast goes through [`ops`]. [`Agff`] joins them.

#[cfg(feature = "engine")]
mod agff;
mod checkpoint;
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
mod web;

#[cfg(feature = "engine")]
pub use agff::{Agff, Input, InputImage, LoadOptions, Prepared};
pub use embedding::{Embedding, Fusion, Patterns, Reduction, Similarity, similarity, unit};
pub use error::{Code, Error, Result};
pub use package::Source;
