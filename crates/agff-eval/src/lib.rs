//! How good a model is: questions answered, right answers found, and how sure the numbers are.
//!
//! [`data`] reads what is asked, from files of our own, and [`layouts`] from benchmarks as they are
//! published. Nothing here runs a model. Whoever evaluates embeds each distinct
//! [`Part`](crate::data::Part) once, by whatever means, and hands in two functions: one that finds a
//! part's embedding, and one that compares two. So the command line, a training run and the baselines
//! that need no model ([`shuffle`], [`colour`]) are measured by the same code.
//!
//! ```
//! use agff_eval::data::{Part, Question};
//! use agff_eval::questions::{Report, score};
//!
//! let question = Question {
//!     query: Part::text("red"),
//!     candidates: vec![Part::text("blue"), Part::text("crimson")],
//!     answer: 1,
//!     ..Question::default()
//! };
//! // Any embedding will do; here a number for each text.
//! let place = |part: &Part| match part.text.as_deref() {
//!     Some("blue") => Some(&9.0_f32),
//!     Some("crimson") => Some(&1.5),
//!     Some("red") => Some(&1.0),
//!     _ => None,
//! };
//! let questions = [question];
//! let answers = score(&questions, place, |a, b| -(a - b).abs());
//! let report = Report::new(&questions, &answers);
//! assert_eq!(report.overall.precision_at_1.value, 1.0);
//! ```

mod chance;
pub mod colour;
pub mod data;
pub mod guard;
pub mod layouts;
pub mod questions;
pub mod rates;
pub mod retrieval;
pub mod shuffle;

pub use rates::{Difference, Rate, paired, wilson};

/// What `f` makes of every item, in their order, on all cores.
fn par_map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    use rayon::prelude::*;
    items.par_iter().map(&f).collect()
}
