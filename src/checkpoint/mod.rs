//! Other people's checkpoints: folders in the layout of Hugging Face `transformers` and
//! `sentence-transformers`.

mod address;
mod description;
mod files;
mod pooling;
mod section;
mod sentencepiece;
mod tokenizer;
#[cfg(feature = "engine")]
mod weights;

pub use address::{Address, HUB, Repository};
pub use description::{CONFIG_FILE, Description};
pub use files::read_capped;
pub(crate) use pooling::LAST_TOKEN;
pub(crate) use section::Section;
pub(crate) use tokenizer::FILES as TOKENIZER_FILES;
pub use tokenizer::TokenizerFiles;
#[cfg(feature = "engine")]
pub use weights::Checkpoint;
