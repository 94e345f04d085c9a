//! Fine-tuning with explicit global-fine fusion (AGFF-Embed, arXiv 2602.05729) and explicit
//! gradient amplifying (EGA, arXiv 2506.02020), reconstructed from the abstracts.
//!
//! ```text
//! recipe ─ setup ─ sampler ─ inputs ─ passes ─ optimiser ─ checkpoint ─ adapter, package
//!                            images   encoder ─ objective (scores, loss)
//! ```
//!
//! A [`recipe`] says everything that a run does; the [`trainer`] does it. The [`sampler`] picks the
//! rows of each step, [`inputs`] and [`images`] make them ready, [`passes`] runs the [`encoder`] over
//! them in chunks (or over the [`features`] that frozen towers made of them) and carries the gradient of the [`objective`] back, and that of [`captions`] if the recipe wants them. Chance comes from [`random`]
//! alone, so that seed and step say what happens.

pub mod adapter;
pub mod base;
pub mod captions;
pub mod card;
pub mod checkpoint;
pub mod encoder;
pub mod evaluate;
pub mod events;
pub mod features;
pub mod images;
pub mod inputs;
pub mod loss;
pub mod metrics;
pub mod objective;
pub mod optimiser;
pub mod parameters;
pub mod passes;
pub mod random;
pub mod recipe;
pub mod sampler;
pub mod scores;
pub mod setup;
pub mod trainer;

pub use recipe::Recipe;
pub use trainer::{Ended, Event, Trainer};

#[cfg(test)]
mod testing;
