//! Other people's checkpoints: folders in the layout of Hugging Face `transformers` and
//! `sentence-transformers`.

mod description;
mod pooling;
mod section;
mod weights;

pub use description::{CONFIG_FILE, Description};
pub(crate) use pooling::LAST_TOKEN;
pub(crate) use section::Section;
pub use weights::{Checkpoint, read_capped};
