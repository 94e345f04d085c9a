//! The family `siglip`: SigLIP (Zhai et al., arXiv 2303.15343) and SigLIP 2 of a fixed size (Tschannen et al.,
//! arXiv 2502.14786).
//!
//! ```text
//! photo, squashed ─ patches ─ transformer ─ one query attends over all patches, or over those of a region ─┐
//!                                                                                                    one space
//! text, padded to its full length ─ transformer ─ the last position ─ linear ───────────────────────────────┘
//! ```

mod checkpoint;
mod layout;
mod tokenizer;
#[cfg(feature = "engine")]
mod vision;

use serde::{Deserialize, Serialize};

use crate::checkpoint::{Description, TokenizerFiles};
use crate::families::FromCheckpoint;
use crate::families::template::check_prompt;
use crate::families::towers::regions::check_regions;
#[cfg(feature = "engine")]
use crate::families::towers::{Model, TextShape, TextTower};
use crate::families::towers::{Square, TextConfig, VisionConfig, check_image};
use crate::families::{
    Architecture, ImageSettings, Layout, Preprocessing, Settings, Widths, fault,
};
#[cfg(feature = "engine")]
use crate::families::{Network, View};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::{Group, Vars};
use crate::{Code, Error, Result};

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The tower for pictures. Its width is the length of an embedding.
    pub vision: VisionConfig,
    /// The tower for texts.
    pub text: TextConfig,
    /// What fills texts up to their full length.
    pub padding: Padding,
}

/// What fills a text up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Padding {
    /// The token.
    pub token: String,
    /// Where it stands.
    pub side: Side,
}

/// One end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Before it.
    Left,
    /// After it.
    Right,
}

impl Architecture for Config {
    const NAME: &'static str = "siglip";
    const MODEL_TYPES: &'static [&'static str] = &["siglip"];
    const SIGMOID: Option<[&'static str; 2]> = Some(["logit_scale", "logit_bias"]);

    fn validate(&self) -> Result<()> {
        self.vision.check()?;
        self.text.check()?;
        let token = &self.padding.token;
        match token.is_empty() || token.len() > 64 {
            true => {
                let why = format!("is {token:?}; it must be a token");
                Err(Error::new(Code::Config, "padding.token", why))
            }
            false => Ok(()),
        }
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        let positions = self.text.max_position_embeddings;
        check_prompt(settings.prompt, positions)?;
        if settings.prompt.max_tokens != positions {
            let is = settings.prompt.max_tokens;
            let why = format!("is {is}; this family fills every text up to {positions} tokens");
            return fault("prompt.max_tokens", why);
        }
        check_image(settings.image, self.vision.image_size)?;
        check_regions(settings.views)
    }

    fn embedding_dim(&self) -> usize {
        self.vision.transformer.hidden_size
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
            // Keys and values of the head lie side by side.
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
        Ok(Box::new(layout::Padded::new(self, settings, tokenizer)?))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        let shape = TextShape {
            causal: false,
            head: "head",
            bias: true,
            dimensions: self.embedding_dim(),
        };
        let vision = vars.group(Group::Vision).at("vision");
        Ok(Box::new(Model {
            vision: vision::Vision::new(&self.vision, &vision)?,
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
