//! The family `conse`: photos and words from parts that were never trained together (ConSE: Norouzi et al.,
//! arXiv 1312.5650).
//!
//! ```text
//! photo ─ EfficientNet-Lite ─ feature map ─ regions ─ class probabilities ─ Σ p · name of the class ─┐
//!                                                                                                 one space
//! text ── BERT sentence encoder ─ minus the centre ───────────────────────────────────────────────┘
//! ```
//!
//! A picture's views are regions of one feature map, so one pass gives them all. A text has one vector.

mod config;
mod layout;
#[cfg(feature = "engine")]
mod network;
mod preprocessing;
mod query;
#[cfg(feature = "engine")]
mod regions;
#[cfg(feature = "engine")]
mod vision;

use crate::Result;
#[cfg(not(target_family = "wasm"))]
use crate::checkpoint::Description;
#[cfg(not(target_family = "wasm"))]
use crate::families::FromCheckpoint;
use crate::families::bert::{Template, check_prompt};
use crate::families::{
    Architecture, ImageSettings, Layout, Preprocessing, Settings, Widths, fault,
};
#[cfg(feature = "engine")]
use crate::families::{Network, View};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;
#[cfg(not(target_family = "wasm"))]
use crate::{Code, Error};

pub use config::{BridgeConfig, Config, Stage, VisionConfig};
pub use preprocessing::Square;

impl Architecture for Config {
    const NAME: &'static str = "conse";
    /// None: its packages are put together from two models' files.
    const MODEL_TYPES: &'static [&'static str] = &[];

    fn validate(&self) -> Result<()> {
        self.check_numbers()
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        check_prompt(settings.prompt, &self.text)?;
        let image = settings.image;
        let pixels = (self.vision.image_size * self.vision.image_size) as u64;
        if (image.min_pixels, image.max_pixels) != (pixels, pixels) {
            let why = format!("must be {pixels}, as min_pixels: pictures are read at one size");
            return fault("image.max_pixels", why);
        }
        if !image.mean.iter().all(|m| m.is_finite()) {
            return fault("image.mean", "must be finite numbers");
        }
        if !image.std.iter().all(|s| s.is_finite() && *s > 0.0) {
            return fault("image.std", "must be positive numbers");
        }
        for (i, view) in settings.views.iter().enumerate() {
            if view.learned > 0 || !view.prompt.is_empty() {
                let why = "has a prompt or learned vectors; views of this family are regions";
                return fault(format!("views[{i}]"), why);
            }
            if i > 0 && view.region.is_none() {
                return fault(format!("views[{i}].region"), "is missing");
            }
        }
        Ok(())
    }

    fn embedding_dim(&self) -> usize {
        self.text.hidden_size
    }

    fn token_table(&self) -> [usize; 2] {
        [self.text.vocab_size, self.text.hidden_size]
    }

    fn max_positions(&self) -> usize {
        self.text.max_position_embeddings
    }

    fn widest_activation(&self) -> Widths {
        Widths {
            patch: self.vision.widest(),
            token: self.text.widest(),
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        let vision = &self.vision;
        vec![
            (
                "vision",
                format!(
                    "{} blocks of convolutions on {} × {} pixels, a map of {} × {} × {}, {} classes",
                    vision.blocks().len(),
                    vision.image_size,
                    vision.image_size,
                    vision.cells(),
                    vision.cells(),
                    vision.head,
                    vision.classes
                ),
            ),
            ("text encoder", self.text.described()),
            (
                "bridge",
                format!(
                    "the {} most probable classes, at temperature {}",
                    self.bridge.keep, self.bridge.temperature
                ),
            ),
        ]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        Box::new(Square::new(self.vision.image_size, image))
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        let template = Template::new(&self.text, settings.prompt, tokenizer)?;
        Ok(Box::new(layout::Either::new(template)))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Ok(Box::new(network::Network::new(self, views, vars)?))
    }

    #[cfg(not(target_family = "wasm"))]
    fn from_checkpoint(_: &Description) -> Result<FromCheckpoint<Self>> {
        let why = "models of this family are made by `agff pull photo`, not converted";
        Err(Error::new(Code::Config, "model_type", why))
    }

    #[cfg(not(target_family = "wasm"))]
    fn rename(_: &str) -> Option<String> {
        None
    }
}
