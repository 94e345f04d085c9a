//! Benchmarks as they are published, read as questions.
//!
//! The images of these questions have paths that can be opened, and need not be there:
//! [`Question::missing_images`](crate::data::Question::missing_images) tells which are not. Before they are
//! written to a file they become relative to it, by
//! [`Question::relative_to`](crate::data::Question::relative_to).

pub mod mmeb;
pub mod mmvp;
