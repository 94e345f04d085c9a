//! The family `qwen3_vl`: Qwen3-VL (Bai et al., arXiv 2511.21631), and the embedders made of it.
//!
//! One stream: a picture's merged patches stand among the tokens of the text. A view is a short branch off
//! the prefix, read at its last position after the final norm.

#[cfg(feature = "engine")]
mod batch;
#[cfg(feature = "bench")]
pub mod bench;
mod checkpoint;
mod config;
#[cfg(feature = "engine")]
mod decoder;
mod layout;
#[cfg(feature = "engine")]
mod network;
mod preprocessing;
#[cfg(feature = "engine")]
mod rope;
#[cfg(feature = "engine")]
mod vision;

use crate::Result;
use crate::checkpoint::Description;
use crate::families::FromCheckpoint;
use crate::families::{
    Architecture, ImageSettings, Layout, MAX_TEMPLATE, Preprocessing, Settings, Widths,
    check_branches, fault,
};
#[cfg(feature = "engine")]
use crate::families::{Network, View};
use crate::input::image::Resample;
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;

pub use config::{Config, TextConfig, VisionConfig};
pub use layout::Prompt;
pub use preprocessing::ImageProcessor;

/// Most pixels that images may be brought to: four times the family's own limit, and patches of
/// 1.5 GiB.
const MAX_PIXELS: u64 = 1 << 26;

impl Architecture for Config {
    const NAME: &'static str = "qwen3_vl";
    const MODEL_TYPES: &'static [&'static str] = &["qwen3_vl"];

    fn validate(&self) -> Result<()> {
        self.check_numbers()
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        self.check_image(settings.image)?;
        self.check_prompt(settings)?;
        check_branches(settings.views)
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
        let (vision, text) = (&self.vision, &self.text);
        Widths {
            patch: (3 * vision.hidden_size).max(vision.patch_values()),
            token: text
                .hidden_size
                .max(text.num_attention_heads * text.head_dim),
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        let (vision, text) = (&self.vision, &self.text);
        vec![
            (
                "vision",
                format!(
                    "{} blocks of width {}, {} heads, patches of {} pixels, merged {} × {}",
                    vision.depth,
                    vision.hidden_size,
                    vision.num_heads,
                    vision.patch_size,
                    vision.spatial_merge_size,
                    vision.spatial_merge_size
                ),
            ),
            (
                "decoder",
                format!(
                    "{} layers of width {}, {} query and {} key heads, {} tokens known",
                    text.num_hidden_layers,
                    text.hidden_size,
                    text.num_attention_heads,
                    text.num_key_value_heads,
                    text.vocab_size
                ),
            ),
        ]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        Box::new(ImageProcessor::new(&self.vision, image))
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Ok(Box::new(Prompt::new(self, settings, tokenizer)?))
    }

    #[cfg(feature = "engine")]
    fn build(&self, views: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Ok(Box::new(network::Model::new(self, views, vars)?))
    }

    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>> {
        checkpoint::read(files)
    }

    fn rename(tensor: &str) -> Option<String> {
        checkpoint::rename(tensor)
    }
}

impl Config {
    fn check_image(&self, image: &ImageSettings) -> Result<()> {
        let side = (self.vision.patch_size * self.vision.spatial_merge_size) as u64;
        if image.max_pixels < side * side || image.max_pixels > MAX_PIXELS {
            return fault(
                "image.max_pixels",
                format!(
                    "is {}; it must be between one merged patch, {}, and {MAX_PIXELS}",
                    image.max_pixels,
                    side * side
                ),
            );
        }
        if image.min_pixels == 0 || image.min_pixels > image.max_pixels {
            return fault(
                "image.min_pixels",
                format!(
                    "is {}; it must be between 1 and max_pixels, {}",
                    image.min_pixels, image.max_pixels
                ),
            );
        }
        if image.resample != Resample::Bicubic || image.crop_from.is_some() {
            let why = "is not built for this family: its pictures are resampled bicubically, and not cropped";
            return fault("image", why);
        }
        image.check_samples()
    }

    fn check_prompt(&self, settings: Settings<'_>) -> Result<()> {
        let p = settings.prompt;
        for (field, text) in [
            ("prompt.prefix", &p.prefix),
            ("prompt.image", &p.image),
            ("prompt.image_token", &p.image_token),
            ("prompt.empty", &p.empty),
            ("prompt.instruction", &p.instruction),
        ] {
            if text.len() > MAX_TEMPLATE {
                return fault(field, format!("is longer than {MAX_TEMPLATE} bytes"));
            }
        }
        for (slot, least) in [("{instruction}", 0), ("{image}", 1), ("{text}", 1)] {
            let n = p.prefix.matches(slot).count();
            if n < least || n > 1 {
                return fault(
                    "prompt.prefix",
                    format!(
                        "has {slot} {n} times; it must be there {} once",
                        if least == 0 { "at most" } else { "exactly" }
                    ),
                );
            }
        }
        if p.image.matches("{pad}").count() != 1 {
            return fault("prompt.image", "must have {pad} exactly once");
        }
        if p.image_token.is_empty() {
            return fault("prompt.image_token", "is empty");
        }
        if p.empty.is_empty() {
            return fault("prompt.empty", "is empty; an empty input needs some text");
        }
        let most = self.text.max_position_embeddings;
        if p.max_tokens == 0 || p.max_tokens > most {
            return fault(
                "prompt.max_tokens",
                format!(
                    "is {}; it must be between 1 and max_position_embeddings, {most}",
                    p.max_tokens
                ),
            );
        }
        Ok(())
    }
}
