//! Other people's checkpoints: folders in the layout of Hugging Face `transformers` and
//! `sentence-transformers`.

mod description;
mod files;
mod pooling;
mod section;
#[cfg(feature = "engine")]
mod weights;

pub use description::{CONFIG_FILE, Description};
pub use files::read_capped;
pub(crate) use pooling::LAST_TOKEN;
pub(crate) use section::Section;
#[cfg(feature = "engine")]
pub use weights::Checkpoint;
