//! Training pictures with captions, as files of rows and questions.
//!
//! [`scenes`] draws scenes with captions, [`clipart`] renders clip-art with titles; each writes a
//! [`folder`].

pub mod clipart;
pub mod folder;
mod hash;
pub mod scenes;
