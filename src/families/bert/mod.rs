//! The family `bert`: sentence encoders (Devlin et al., arXiv 1810.04805; Reimers and Gurevych,
//! arXiv 1908.10084), such as all-MiniLM. They read texts alone.

pub(super) mod checkpoint;
mod config;
#[cfg(feature = "engine")]
mod network;
pub(super) mod tokenizer;

#[cfg(feature = "engine")]
use burn::tensor::{Device, Tensor};

use crate::checkpoint::{Description, TokenizerFiles};
use crate::families::FromCheckpoint;
use crate::families::template::{Template, check_prompt};
use crate::families::{
    Architecture, ImageSettings, Item, Layout, Patches, Preprocessing, Settings, Widths, fault,
};
#[cfg(feature = "engine")]
use crate::families::{Network, Readout, View};
use crate::input::image::Pixels;
use crate::input::text::Tokenizer;
#[cfg(feature = "engine")]
use crate::layers::Vars;
use crate::{Code, Error, Result};

pub(super) use checkpoint::rename;
pub use config::{Config, Dense, DenseActivation, Pooling};
#[cfg(feature = "engine")]
pub(super) use network::Encoder;
#[cfg(feature = "engine")]
use network::SentenceEncoder;

impl Architecture for Config {
    const NAME: &'static str = "bert";
    const MODEL_TYPES: &'static [&'static str] = &["bert"];

    fn validate(&self) -> Result<()> {
        self.check_numbers()
    }

    fn check(&self, settings: Settings<'_>) -> Result<()> {
        check_prompt(settings.prompt, self.max_position_embeddings)?;
        let [view] = settings.views else {
            return fault(
                "views",
                "has more than one; a text has one vector in this family",
            );
        };
        match view.learned > 0 || !view.prompt.is_empty() || view.region.is_some() {
            true => fault(
                "views[0]",
                "has a prompt, learned vectors or a region, which this family has not",
            ),
            false => Ok(()),
        }
    }

    fn embedding_dim(&self) -> usize {
        self.dimensions()
    }

    fn token_table(&self) -> [usize; 2] {
        [self.vocab_size, self.hidden_size]
    }

    fn max_positions(&self) -> usize {
        self.max_position_embeddings
    }

    fn widest_activation(&self) -> Widths {
        Widths {
            patch: 1,
            token: self.widest(),
        }
    }

    fn summary(&self) -> Vec<(&'static str, String)> {
        vec![("text encoder", self.described())]
    }

    fn preprocessing(&self, _: &ImageSettings) -> Box<dyn Preprocessing> {
        Box::new(NoPictures)
    }

    fn layout(&self, settings: Settings<'_>, tokenizer: Tokenizer) -> Result<Box<dyn Layout>> {
        Ok(Box::new(Template::new(
            self.vocab_size,
            settings.prompt,
            tokenizer,
        )?))
    }

    #[cfg(feature = "engine")]
    fn build(&self, _: &[View], vars: &Vars) -> Result<Box<dyn Network>> {
        Ok(Box::new(SentenceEncoder::new(self, vars)?))
    }

    fn from_checkpoint(files: &Description) -> Result<FromCheckpoint<Self>> {
        checkpoint::read(files)
    }

    fn rename(tensor: &str) -> Option<String> {
        rename(tensor)
    }

    fn tokenizer(files: TokenizerFiles) -> Result<Vec<u8>> {
        tokenizer::read(files)
    }
}

fn no_pictures<T>(name: &str) -> Result<T> {
    let why = "is a picture, and this model reads texts alone; load another one for photos";
    Err(Error::new(Code::Input, name, why))
}

/// Refuses every picture.
#[derive(Debug)]
struct NoPictures;

impl Preprocessing for NoPictures {
    fn target_size(&self, name: &str, _: u32, _: u32) -> Result<(u32, u32)> {
        no_pictures(name)
    }

    fn patches_from_resized(&self, _: &Pixels) -> Result<Patches> {
        no_pictures("image")
    }

    fn with_max_pixels(&self, _: u64) -> Result<Box<dyn Preprocessing>> {
        Ok(Box::new(Self))
    }

    fn pixel_limits(&self) -> (u64, u64) {
        (1, 1)
    }
}

impl Layout for Template {
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item> {
        if patches.is_some() {
            return no_pictures("image");
        }
        Ok(Item {
            sequence: self.sequence(text.unwrap_or_default(), instruction)?,
            patches: None,
        })
    }
}

#[cfg(feature = "engine")]
impl Network for SentenceEncoder {
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout {
        let texts: Vec<_> = items.iter().map(|item| &item.sequence).collect();
        let tokens = tokens.expect("a text has tokens");
        Readout {
            views: SentenceEncoder::forward(self, &texts, ids, tokens, device),
            counts: None,
            continuations: None,
        }
    }
}
