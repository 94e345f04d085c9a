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

mod agff;
pub mod device;
pub mod embedding;
mod error;
pub mod index;
pub mod input;
pub mod model;
pub mod ops;
pub mod package;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub mod web;

pub use agff::{Agff, Input, InputImage, LoadOptions, Prepared};
pub use embedding::{Embedding, Patterns, Similarity, similarity};
pub use error::{Code, Error, Result};
pub use package::Source;
