//! The family `toy`, in tests only: a picture is the mean of its pixels, a text a bag of its tokens.
//!
//! It shows that a family needs one folder and its lines in the registry, and what the folder holds. Its two
//! halves never meet, so a picture together with a text is refused.

use serde::{Deserialize, Serialize};

use crate::checkpoint::{CONFIG_FILE, Description};
use crate::families::{
    Architecture, FromCheckpoint, Grid, ImageSettings, Item, Layout, Patches, Preprocessing,
    PromptSettings, Region, Sequence, Settings, Token, View, Widths,
};
use crate::input::image::Pixels;
use crate::input::text::Tokenizer;
use crate::{Code, Error, Result};

#[cfg(feature = "engine")]
mod network;

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Length of an embedding.
    pub width: usize,
    /// Tokens that it knows.
    pub vocab_size: usize,
}

impl Architecture for Config {
    const NAME: &'static str = "toy";
    const MODEL_TYPES: &'static [&'static str] = &["toy"];

    fn validate(&self) -> Result<()> {
        for (field, value) in [("width", self.width), ("vocab_size", self.vocab_size)] {
            if value == 0 || value > 1 << 20 {
                let why = format!("is {value}; it must be between 1 and 2^20");
                return Err(Error::new(Code::Config, field, why));
            }
        }
        Ok(())
    }

    fn check(&self, _: Settings<'_>) -> Result<()> {
        Ok(())
    }

    fn embedding_dim(&self) -> usize {
        self.width
    }

    fn token_table(&self) -> [usize; 2] {
        [self.vocab_size, self.width]
    }

    fn max_positions(&self) -> usize {
        1 << 10
    }

    fn widest_activation(&self) -> Widths {
        Widths {
            patch: self.width,
            token: self.width,
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        vec![("toy", format!("vectors of {}", self.width))]
    }

    fn preprocessing(&self, image: &ImageSettings) -> Box<dyn Preprocessing> {
        Box::new(Mean(image.clone()))
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Ok(Box::new(Bag {
            tokenizer,
            empty: settings.prompt.empty.clone(),
            max_tokens: settings.prompt.max_tokens,
        }))
    }

    #[cfg(feature = "engine")]
    fn build(
        &self,
        views: &[View],
        vars: &crate::layers::Vars,
    ) -> Result<Box<dyn crate::families::Network>> {
        Ok(Box::new(network::Network::new(self, views, vars)?))
    }

    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>> {
        let section = files.section(CONFIG_FILE)?;
        Ok(FromCheckpoint {
            config: Self {
                width: section.size("width", 8)?,
                vocab_size: section.size("vocab_size", 4096)?,
            },
            image: ImageSettings {
                min_pixels: 1,
                max_pixels: 1 << 20,
                mean: [0.5; 3],
                std: [0.5; 3],
                ..ImageSettings::default()
            },
            prompt: PromptSettings {
                prefix: "{image}{text}".into(),
                image: "{pad}".into(),
                image_token: String::new(),
                empty: "nothing".into(),
                instruction: String::new(),
                named: Default::default(),
                max_tokens: 64,
            },
            view: View {
                name: "global".into(),
                prompt: String::new(),
                learned: 1,
                region: None,
            },
            tokens: Vec::new(),
        })
    }

    fn rename(tensor: &str) -> Option<String> {
        Some(match tensor {
            "letters.weight" => crate::tensors::TOKEN_TABLE.into(),
            other => other.into(),
        })
    }
}

/// A picture as one patch: the mean of its pixels.
#[derive(Debug)]
struct Mean(ImageSettings);

impl Preprocessing for Mean {
    fn target_size(&self, _: &str, width: u32, height: u32) -> Result<(u32, u32)> {
        Ok((width, height))
    }

    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches> {
        let mut sums = [0.0_f64; 3];
        for pixel in pixels.rgb.chunks_exact(3) {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += f64::from(value) / 255.0;
            }
        }
        let count = (pixels.rgb.len() / 3).max(1) as f64;
        let normalised = |i: usize| ((sums[i] / count) as f32 - self.0.mean[i]) / self.0.std[i];
        Ok(Patches {
            grid: Grid { t: 1, h: 1, w: 1 },
            values: (0..3).map(normalised).collect(),
            seen: Region::WHOLE,
        })
    }

    fn with_max_pixels(&self, _: u64) -> Result<Box<dyn Preprocessing>> {
        Ok(Box::new(Self(self.0.clone())))
    }

    fn pixel_limits(&self) -> (u64, u64) {
        (self.0.min_pixels, self.0.max_pixels)
    }
}

/// A text as its tokens, in any order.
struct Bag {
    tokenizer: Tokenizer,
    empty: String,
    max_tokens: usize,
}

impl Layout for Bag {
    fn item(&self, patches: Option<Patches>, text: Option<&str>, _: Option<&str>) -> Result<Item> {
        let text = match (text.unwrap_or_default(), &patches) {
            ("", Some(_)) => None,
            ("", None) => Some(self.empty.as_str()),
            (_, Some(_)) => {
                let why =
                    "this model embeds a picture or a text, not both together; give one of them";
                return Err(Error::new(Code::Input, "input", why));
            }
            (text, None) => Some(text),
        };
        let mut sequence = Sequence::default();
        if let Some(text) = text {
            let mut ids = self.tokenizer.encode(text)?;
            sequence.truncated = ids.len() > self.max_tokens;
            ids.truncate(self.max_tokens);
            sequence.positions = (0..ids.len() as u32).map(|p| [p; 3]).collect();
            sequence.tokens = ids.into_iter().map(Token::Id).collect();
            sequence.prefix = sequence.tokens.len();
        }
        Ok(Item { sequence, patches })
    }
}
