//! Fine-tuning with explicit global-fine fusion (AGFF-Embed, arXiv 2602.05729) and explicit
//! gradient amplifying (EGA, arXiv 2506.02020), reconstructed from the abstracts.
//!
//! ```text
//! recipe ─ sampler ─ images ─ trainer ─ metrics
//! ```
//!
//! A [`recipe`] says everything that a run does; the [`sampler`] picks the rows of each step, and
//! [`images`] makes their pictures ready; [`metrics`] writes down what happened. Chance comes from
//! [`random`] alone.

pub mod events;
pub mod images;
pub mod metrics;
pub mod random;
pub mod recipe;
pub mod sampler;
