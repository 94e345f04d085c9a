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
//! not already do fast goes through [`ops`].

pub mod device;
mod error;
pub mod input;
pub mod ops;

pub mod package;

pub use error::{Code, Error, Result};
