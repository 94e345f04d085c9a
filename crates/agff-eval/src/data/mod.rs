//! Rows to train on and questions to evaluate with: JSON-lines files.
//!
//! [`rows`] are pairs of a query and its positive, [`questions`] are a query and candidates.

mod lines;
mod places;
pub mod questions;
pub mod rows;

pub use lines::Part;
pub use questions::{Question, read_questions};
pub use rows::{Row, Searched, read_retrieval, read_rows};
