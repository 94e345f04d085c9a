//! From files and strings to what the model reads.

pub mod image;
pub mod text;
