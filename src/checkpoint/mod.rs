//! Other people's checkpoints: in the layout of Hugging Face `transformers` and `sentence-transformers`, in a folder,
//! at a model hub, or anywhere on the web.

mod adapter;
mod address;
mod description;
mod files;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
mod folder;
mod listing;
mod needed;
mod pooling;
mod section;
mod sentencepiece;
mod tokenizer;
mod weights;

pub(crate) use adapter::Adapter;
pub use adapter::{ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE};
pub use address::{Address, HUB, Repository};
pub use description::{CONFIG_FILE, Description};
pub use files::SmallFiles;
#[cfg(not(target_family = "wasm"))]
pub(crate) use files::read_capped;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub(crate) use folder::Checkpoint;
pub use listing::{Listing, RemoteFile};
pub use needed::{choose, choose_adapter, is_weights, small_files};
pub(crate) use pooling::{DenseModule, LAST_TOKEN};
pub(crate) use section::Section;
pub use tokenizer::TokenizerFiles;
pub(crate) use tokenizer::TokenizerSettings;
pub(crate) use weights::widen;
pub use weights::{INDEX_FILE, WEIGHTS_FILE, Weights, files_of_index};

/// The model card.
pub(crate) const README_FILE: &str = "README.md";
