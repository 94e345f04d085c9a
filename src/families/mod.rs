//! Model families: what of a model is its own, behind one trait.
//!
//! A family is one folder here and one line in the [`registry`]. It says what its checkpoints are called,
//! reads their configuration, prepares pictures and texts, and builds the network. Everything else (packages,
//! conversion, the index, the command line, the page) asks it through [`Architecture`] and knows no family.
//!
//! ```text
//! photo ─ Preprocessing ─ Patches ─┐
//!                                  ├─ Layout ─ Item ─ Network ─ [items · views, dimensions]
//! text ────────────────────────────┘
//! ```
//!
//! One-stream families put a picture's patches among the tokens of their text; two-tower families fill one of
//! the two parts of an [`Item`], and refuse an input that has both. How to add one: `docs/families.md`.

mod image_processor;
pub mod item;
mod model_config;
mod pixels;
pub mod registry;
mod settings;
mod template;
mod towers;

use std::fmt::Debug;

#[cfg(feature = "engine")]
use burn::tensor::{Device, Tensor};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::checkpoint::{Description, TokenizerFiles};
use crate::input::image::{Pixels, Resample};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;

pub use item::{Continuation, Grid, Item, Patches, Sequence, Token, token_ids};
pub use model_config::ModelConfig;
pub use registry::*;
#[cfg(feature = "engine")]
pub use settings::learned_views;
pub use settings::{ImageSettings, PromptSettings, Region, Settings, View};
pub use settings::{MAX_LEARNED, MAX_VIEWS, check_views};
pub(crate) use settings::{MAX_TEMPLATE, check_branches, fault};

/// A model family: implemented by the type of its configuration, whose JSON form is a manifest's `config`.
pub trait Architecture:
    Clone + PartialEq + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The family's name in manifests.
    const NAME: &'static str;

    /// The `model_type`s of the checkpoints that it reads.
    const MODEL_TYPES: &'static [&'static str];

    /// The checkpoint's two tensors of one value with which its makers turn a cosine into a probability: the
    /// logarithm of the scale, and the bias. By default the family has none.
    const SIGMOID: Option<[&'static str; 2]> = None;

    /// Checks that the numbers describe a model that can exist.
    ///
    /// # Errors
    /// [`Code::Config`](crate::Code::Config) with the field as its subject.
    fn validate(&self) -> Result<()>;

    /// Checks a package's settings against the model.
    ///
    /// # Errors
    /// [`Code::PackageManifest`](crate::Code::PackageManifest), naming the field of the manifest.
    fn check(&self, settings: Settings<'_>) -> Result<()>;

    /// Length of a view's vector before it is cut.
    fn embedding_dim(&self) -> usize;

    /// Rows and width of the token embeddings, which are read by row from their file.
    fn token_table(&self) -> [usize; 2];

    /// Most positions of a sequence.
    fn max_positions(&self) -> usize;

    /// Values of the widest activation, for each row of patches and for each token.
    fn widest_activation(&self) -> Widths;

    /// The shape in a few lines for people: a label and what is said of it.
    fn summary(&self) -> Vec<(&'static str, String)>;

    /// How pictures are prepared.
    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing>;

    /// How inputs become tokens.
    ///
    /// # Errors
    /// [`Code::Tokenizer`](crate::Code::Tokenizer) if the tokenizer is another model's;
    /// [`Code::PackageManifest`](crate::Code::PackageManifest) if a template does not work.
    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>>;

    /// Builds the network. The names and shapes of all weights are stated here and nowhere else: with
    /// [recording](Vars::recording) variables the same code gives the list of tensors.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if a weight is missing or has another shape.
    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>>;

    /// The same shape with linear maps behind the towers, whose tensors are the group
    /// [`Maps`](crate::tensors::Group::Maps): with zeros in them the model is what it was. `None`, the default, for
    /// families that have none.
    #[cfg(feature = "autodiff")]
    fn with_maps(&self) -> Option<Self> {
        None
    }

    /// Reads the small files of a checkpoint.
    ///
    /// # Errors
    /// [`Code::Config`](crate::Code::Config) for values that no model can have, or that ask for what is not
    /// built here: what would change the vectors is refused, never ignored.
    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>>;

    /// The name in packages of a checkpoint's tensor; `None` for what an embedder does not need.
    fn rename(tensor: &str) -> Option<String>;

    /// A `tokenizer.json` of the files that a checkpoint has of its tokenizer, with what its makers' code adds to
    /// them. By default the file as it is.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`](crate::Code::PackageFileMissing) if there is none that the family reads,
    /// [`Code::Tokenizer`](crate::Code::Tokenizer) if one is not what its name says.
    fn tokenizer(files: TokenizerFiles) -> Result<Vec<u8>> {
        files.json()
    }
}

/// What a checkpoint's small files say.
#[derive(Debug, Clone, PartialEq)]
pub struct FromCheckpoint<C> {
    /// The model's shape.
    pub config: C,
    /// How pictures are prepared.
    pub image: ImageSettings,
    /// The prompts that the family's makers use; the named ones are empty.
    pub prompt: PromptSettings,
    /// The one view that gives the checkpoint's own embedding.
    pub view: View,
    /// Tokens that the tokenizer must have, with their ids where the checkpoint states them.
    pub tokens: Vec<(String, Option<u64>)>,
}

/// Values of the widest activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Widths {
    /// For each row of patches.
    pub patch: usize,
    /// For each token.
    pub token: usize,
}

/// How a family prepares pictures.
pub trait Preprocessing: Debug + Send + Sync {
    /// The width and height at which a picture of `width` × `height` is read.
    ///
    /// # Errors
    /// [`Code::ImageEmpty`](crate::Code::ImageEmpty), [`Code::ImageAspect`](crate::Code::ImageAspect), and
    /// [`Code::Config`](crate::Code::Config) for settings that no picture can meet; all name `name`.
    fn target_size(&self, name: &str, width: u32, height: u32) -> Result<(u32, u32)>;

    /// Normalised patches of a picture that has a size that the model reads.
    ///
    /// # Errors
    /// [`Code::Input`](crate::Code::Input) for another size.
    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches>;

    /// The same preprocessing, but for pictures of about this many pixels at most.
    ///
    /// # Errors
    /// [`Code::Input`](crate::Code::Input) if that is less than the model needs.
    fn with_max_pixels(&self, pixels: u64) -> Result<Box<dyn Preprocessing>>;

    /// Fewest and most pixels that a picture is read with.
    fn pixel_limits(&self) -> (u64, u64);

    /// How pictures are resampled.
    fn resample(&self) -> Resample {
        Resample::default()
    }

    /// The least short side, in pixels, at which a JPEG may be decoded; `None`, the default, decodes every
    /// picture whole.
    ///
    /// A large photo at 1/2, 1/4 or 1/8 of its size takes a fraction of the time and memory
    /// ([`decode_scaled`](crate::input::image::decode_scaled)). Two and a half times the short side that the model
    /// reads is a good value: resampled from there, a picture is hardly another than from its whole. Whoever decodes
    /// for the model follows it, natively and in the browser, so that one photo has one vector.
    fn scaled_input(&self) -> Option<u32> {
        None
    }

    /// Resamples a picture as the model reads it and cuts it into patches.
    ///
    /// # Errors
    /// As [`target_size`](Self::target_size), and those of resampling, naming `name`.
    fn patches(&self, name: &str, pixels: &Pixels) -> Result<Patches> {
        let (width, height) = self.target_size(name, pixels.width, pixels.height)?;
        let patches = if (width, height) == (pixels.width, pixels.height) {
            self.patches_from_resized(pixels)
        } else {
            crate::input::image::resample(pixels, width, height, self.resample())
                .and_then(|resized| self.patches_from_resized(&resized))
        };
        patches.map_err(|error| error.about(name))
    }
}

/// How a family's inputs become tokens.
pub trait Layout: Send + Sync {
    /// An input, ready for the network.
    ///
    /// # Errors
    /// [`Code::Input`](crate::Code::Input) for a text that cannot be used, or an input that the family cannot
    /// embed, such as a picture together with a text where the two never meet.
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item>;

    /// Lets the model say `text` after `cue`, and then `end`, in a branch that the views do not see: for
    /// training with captions. It is left out if the text is longer than the model's positions allow, or the
    /// family's models say nothing.
    ///
    /// # Errors
    /// [`Code::Tokenizer`](crate::Code::Tokenizer) if the text cannot be tokenized.
    fn continue_with(&self, item: &mut Item, words: [&str; 3]) -> Result<()> {
        let _ = (item, words);
        Ok(())
    }
}

/// A network on a device.
#[cfg(feature = "engine")]
pub trait Network: Send + Sync {
    /// Runs a pack of items. `tokens` are the embeddings of `ids`, the distinct token ids of all items
    /// ([`token_ids`]), `[ids, width]`; `None` if there are no tokens.
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout;

    /// The model in two parts, where it has [maps](Architecture::with_maps).
    #[cfg(feature = "autodiff")]
    fn split(&self) -> Option<&dyn Split> {
        None
    }
}

/// A model in two parts. Training that changes its maps alone runs the first part once for each input.
#[cfg(feature = "autodiff")]
pub trait Split {
    /// What the first part makes of each item; the arguments are those of [`Network::forward`].
    fn features(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Vec<Features>;

    /// Features of texts and of pictures that the model was made with. Training may be asked to leave their vectors where
    /// they are.
    fn known(&self, device: &Device) -> Vec<Features>;

    /// What the second part makes of them: what [`Network::forward`] gives for the items.
    fn read(&self, features: &[&Features], device: &Device) -> Readout;
}

/// What the first part of a [`Split`] model makes of an input.
#[cfg(feature = "autodiff")]
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Rows of as many values as the family says.
    pub values: Vec<f32>,
    /// Whether the input is a picture.
    pub is_picture: bool,
}

/// What a network gives.
#[cfg(feature = "engine")]
#[derive(Debug)]
pub struct Readout {
    /// For each item its views in order, not yet of unit length, `[items · views, embedding_dim]`.
    pub views: Tensor<2>,
    /// How many views each item has, the first of the package's list, where not all have all of them.
    pub counts: Option<Vec<usize>>,
    /// States that are to give the next token, `[targets, width]`, with those tokens; in training only.
    pub continuations: Option<(Tensor<2>, Vec<u32>)>,
}
