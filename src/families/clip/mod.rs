//! The family `clip`: CLIP (Radford et al., arXiv 2103.00020), and the models of LAION, MetaCLIP and TinyCLIP, which
//! have its shape.
//!
//! ```text
//! photo, its middle ─ patches and a class token ─ transformer ─ the class token ─ linear ─┐
//!                                                                                    one space
//! text ─ causal transformer ─ its end ─ linear ───────────────────────────────────────────┘
//! ```
//!
//! Fine views: in the last block the class token sees the patches of a region only.

pub(super) mod checkpoint;
mod layout;
mod tokenizer;
#[cfg(feature = "engine")]
pub(super) mod vision;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::checkpoint::{Description, TokenizerFiles};
use crate::families::FromCheckpoint;
use crate::families::template::check_prompt;
use crate::families::towers::regions::check_regions;
#[cfg(feature = "engine")]
use crate::families::towers::{Model, TextShape, TextTower};
use crate::families::towers::{Square, TextConfig, VisionConfig, check_image, check_size};
use crate::families::{Architecture, ImageSettings, Layout, Preprocessing, Settings, Widths};
#[cfg(feature = "engine")]
use crate::families::{Network, View};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::{Group, Vars};

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The tower for pictures.
    pub vision: VisionConfig,
    /// The tower for texts.
    pub text: TextConfig,
    /// Length of an embedding.
    pub projection_dim: usize,
}

impl Architecture for Config {
    const NAME: &'static str = "clip";
    const MODEL_TYPES: &'static [&'static str] = &["clip"];

    fn validate(&self) -> Result<()> {
        self.vision.check()?;
        self.text.check()?;
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
        [self.text.vocab_size, self.text.transformer.hidden_size]
    }

    fn max_positions(&self) -> usize {
        self.text.max_position_embeddings
    }

    fn widest_activation(&self) -> Widths {
        let hidden = self.vision.transformer.hidden_size;
        Widths {
            patch: self.vision.patch_values().max(2 * hidden),
            token: self.text.transformer.hidden_size,
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        vec![
            ("vision", self.vision.described()),
            ("text", self.text.described()),
        ]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        let vision = &self.vision;
        Box::new(Square::new(vision.image_size, vision.patch_size, image))
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Ok(Box::new(layout::UpToTheEnd::new(
            self, settings, tokenizer,
        )?))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        let shape = TextShape {
            causal: true,
            head: "projection",
            bias: false,
            dimensions: self.embedding_dim(),
        };
        let vision = vars.group(Group::Vision).at("vision");
        Ok(Box::new(Model {
            vision: vision::Vision::new(&self.vision, self.projection_dim, &vision)?,
            text: TextTower::new(&self.text, shape, &vars.at("text"))?,
            views: views.to_vec(),
        }))
    }

    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>> {
        checkpoint::read(files)
    }

    fn rename(tensor: &str) -> Option<String> {
        checkpoint::rename(tensor)
    }

    fn tokenizer(files: TokenizerFiles) -> Result<Vec<u8>> {
        tokenizer::read(files)
    }
}
