//! The family `chinese_clip`: Chinese-CLIP (Yang et al., arXiv 2211.01335).
//!
//! ```text
//! photo ─ the tower of CLIP ──────────────────────────┐
//!                                                 one space
//! text ── BERT encoder ─ its first state ─ linear ────┘
//! ```

mod checkpoint;
mod layout;
#[cfg(feature = "engine")]
mod network;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::checkpoint::{Description, TokenizerFiles};
use crate::families::template::check_prompt;
use crate::families::towers::regions::check_regions;
use crate::families::towers::{Square, VisionConfig, check_image, check_size};
use crate::families::{
    Architecture, FromCheckpoint, ImageSettings, Layout, Preprocessing, Settings, Widths, bert,
};
#[cfg(feature = "engine")]
use crate::families::{Network, View};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The tower for pictures.
    pub vision: VisionConfig,
    /// The encoder for texts.
    pub text: bert::Config,
    /// Length of an embedding.
    pub projection_dim: usize,
}

impl Architecture for Config {
    const NAME: &'static str = "chinese_clip";
    const MODEL_TYPES: &'static [&'static str] = &["chinese_clip"];

    fn validate(&self) -> Result<()> {
        self.vision.check()?;
        self.text.check_part("text")?;
        check_size("projection_dim".into(), self.projection_dim, 1 << 16)
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        check_prompt(settings.prompt, self.text.max_position_embeddings)?;
        check_image(settings.image, self.vision.image_size)?;
        check_regions(settings.views)
    }

    fn embedding_dim(&self) -> usize {
        self.projection_dim
    }

    fn token_table(&self) -> [usize; 2] {
        [self.text.vocab_size, self.text.hidden_size]
    }

    fn max_positions(&self) -> usize {
        self.text.max_position_embeddings
    }

    fn widest_activation(&self) -> Widths {
        let hidden = self.vision.transformer.hidden_size;
        Widths {
            patch: self.vision.patch_values().max(2 * hidden),
            token: self.text.widest(),
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        vec![
            ("vision", self.vision.described()),
            ("text encoder", self.text.described()),
        ]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        let vision = &self.vision;
        Box::new(Square::new(vision.image_size, vision.patch_size, image))
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Ok(Box::new(layout::Either::new(self, settings, tokenizer)?))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Ok(Box::new(network::Network::new(self, views, vars)?))
    }

    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>> {
        checkpoint::read(files)
    }

    fn rename(tensor: &str) -> Option<String> {
        checkpoint::rename(tensor)
    }

    fn tokenizer(files: TokenizerFiles) -> Result<Vec<u8>> {
        bert::tokenizer::read(files)
    }
}
