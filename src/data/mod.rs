//! Rows to train on and questions to evaluate with: JSON-lines files, and programs that make them.
//!
//! [`rows`] are pairs of a query and its positive, [`questions`] are a query and candidates. With the
//! feature `train` there are programs that make them: [`scenes`] draws scenes with captions, [`clipart`]
//! renders clip-art with titles; each writes a [`folder`].

#[cfg(feature = "train")]
pub mod clipart;
#[cfg(feature = "train")]
pub mod folder;
#[cfg(feature = "train")]
mod hash;
mod lines;
pub mod questions;
pub mod rows;
#[cfg(feature = "train")]
pub mod scenes;

pub use lines::Part;
pub use questions::{Question, read_questions};
pub use rows::{Row, read_rows};
