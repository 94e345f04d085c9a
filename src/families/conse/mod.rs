//! The family `conse`: photos and words from parts that were never trained together (ConSE: Norouzi et al.,
//! arXiv 1312.5650).
//!
//! ```text
//! photo ─ EfficientNet-Lite ─ feature map ─ regions ─┬ class probabilities ─ Σ p · name of the class ─┐
//!                                                   └ its features, projected: how it looks       one space
//! text ── BERT sentence encoder ─ minus the centre ──────────────────────────────────────────────────┘
//! ```
//!
//! A picture's views are regions of one feature map, so one pass gives them all: rectangles, or *learned regions*, which
//! have a vector that says which cells they look at. A text has one vector. Packages whose pictures also say how they
//! look have vectors of two [`Parts`]; a text has zeros in the second. Packages that were trained on pictures and words
//! may have two linear *maps*: one adds to what a picture says what its features add, one does so for texts.

mod config;
mod layout;
#[cfg(feature = "engine")]
mod network;
mod query;
#[cfg(feature = "engine")]
mod vision;

use crate::Result;
use crate::checkpoint::Description;
use crate::families::FromCheckpoint;
#[cfg(feature = "engine")]
use crate::families::Network;
use crate::families::template::{Template, check_prompt};
use crate::families::towers::regions::check_regions;
use crate::families::towers::{Square, check_image};
use crate::families::{
    Architecture, ImageSettings, Layout, Preprocessing, Settings, View, Widths, fault,
};
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;
use crate::{Code, Error};

pub use config::{BridgeConfig, Config, Parts, Stage, VisionConfig};

impl Architecture for Config {
    const NAME: &'static str = "conse";
    /// None: its packages are put together from two models' files.
    const MODEL_TYPES: &'static [&'static str] = &[];

    fn validate(&self) -> Result<()> {
        self.check_numbers()
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        check_prompt(settings.prompt, self.text.max_position_embeddings)?;
        check_image(settings.image, self.vision.image_size)?;
        if settings.image.crop_from.is_some() {
            return fault("image.crop_from", "is not built for this family");
        }
        let learned = |view: &View| view.learned > 0;
        let first = settings.views.iter().position(learned);
        let (regions, others) = settings
            .views
            .split_at(first.unwrap_or(settings.views.len()));
        check_regions(regions)?;
        for (i, view) in (regions.len()..).zip(others) {
            if view.learned != 1 || !view.prompt.is_empty() || view.region.is_some() {
                let why = "is no learned region: one learned vector and nothing else, after all other views";
                return fault(format!("views[{i}]"), why);
            }
        }
        if learned(&settings.views[0]) {
            return fault(
                "views[0]",
                "is learned; the global view sees all of the picture",
            );
        }
        Ok(())
    }

    #[cfg(feature = "autodiff")]
    fn with_maps(&self) -> Option<Self> {
        let mut config = self.clone();
        config.bridge.maps = true;
        Some(config)
    }

    fn embedding_dim(&self) -> usize {
        let of_parts = |parts: Parts| parts.meaning + parts.appearance;
        self.bridge.parts.map_or(self.text.hidden_size, of_parts)
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
                    "the {} most probable classes, at temperature {}{}",
                    self.bridge.keep,
                    self.bridge.temperature,
                    [
                        self.bridge.parts.map(|parts| format!(
                            "; {} values for what is shown, {} for how it looks",
                            parts.meaning, parts.appearance
                        )),
                        self.bridge.maps.then(|| "; trained maps".into())
                    ]
                    .into_iter()
                    .flatten()
                    .collect::<String>()
                ),
            ),
        ]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        // A picture is a grid of single pixels to it.
        Box::new(Square::new(self.vision.image_size, 1, image).decoding_scaled())
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        let template = Template::new(self.text.vocab_size, settings.prompt, tokenizer)?;
        Ok(Box::new(layout::Either::new(template)))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Ok(Box::new(network::Network::new(self, views, vars)?))
    }

    fn from_checkpoint(_: &Description) -> Result<FromCheckpoint<Self>> {
        let why = "models of this family are made by `agff pull photo`, not converted";
        Err(Error::new(Code::Config, "model_type", why))
    }

    fn rename(_: &str) -> Option<String> {
        None
    }
}
