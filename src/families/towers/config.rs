//! The shapes of towers. The fields are named as in checkpoints' `config.json`.

use serde::{Deserialize, Serialize};

use super::MAX_SIDE;
use crate::checkpoint::Section;
use crate::ops::Activation;
use crate::{Code, Error, Result};

/// Most of any width.
const MAX_WIDTH: usize = 1 << 16;

/// Most layers.
const MAX_LAYERS: usize = 1 << 10;

/// Most cells along a side of the grid of patches.
const MAX_CELLS: usize = 128;

/// Most positions of a text.
const MAX_POSITIONS: usize = 1 << 16;

/// Most tokens that are known.
const MAX_VOCABULARY: usize = 1 << 24;

/// The shape of a transformer whose blocks begin with their LayerNorms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformerConfig {
    /// Width of a state.
    pub hidden_size: usize,
    /// Width of the MLPs.
    pub intermediate_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Heads of each block's attention.
    pub num_attention_heads: usize,
    /// Activation of the MLPs.
    pub hidden_act: Activation,
    /// Epsilon of the LayerNorms.
    pub layer_norm_eps: f64,
}

/// The shape of a tower for pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Side of the square that pictures are brought to, in pixels.
    pub image_size: usize,
    /// Side of a patch, in pixels.
    pub patch_size: usize,
    /// What the patches go through.
    pub transformer: TransformerConfig,
}

/// The shape of a tower for texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextConfig {
    /// Tokens that are known.
    pub vocab_size: usize,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// What the tokens go through.
    pub transformer: TransformerConfig,
}

/// The error of a check, about the field as the checkpoint's file has it.
fn named_in_file(s: &Section<'_>, error: &Error) -> Error {
    let field = error.subject().rsplit('.').next().unwrap_or_default();
    s.wrong(field, error.message())
}

/// Checks that a number is between 1 and `most`.
pub fn check_size(field: String, value: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let why = format!("is {value}; it must be between 1 and {most}");
    Err(Error::new(Code::Config, field, why))
}

impl TransformerConfig {
    /// Size of a head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Checks that the numbers describe a transformer that can exist. `path` is where it is in the configuration.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    fn check(&self, path: &str) -> Result<()> {
        let field = |name: &str| format!("{path}.transformer.{name}");
        for (name, value, most) in [
            ("hidden_size", self.hidden_size, MAX_WIDTH),
            ("intermediate_size", self.intermediate_size, MAX_WIDTH),
            ("num_hidden_layers", self.num_hidden_layers, MAX_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MAX_WIDTH),
        ] {
            check_size(field(name), value, most)?;
        }
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        if !hidden.is_multiple_of(heads) {
            let why = format!("is {heads}, which does not divide hidden_size, {hidden}");
            return Err(Error::new(Code::Config, field("num_attention_heads"), why));
        }
        if !(0.0..=1.0).contains(&self.layer_norm_eps) {
            let why = format!("is {}; it must be between 0 and 1", self.layer_norm_eps);
            return Err(Error::new(Code::Config, field("layer_norm_eps"), why));
        }
        Ok(())
    }

    /// Reads a section of a `config.json`; what it leaves out is as in `default`.
    pub(crate) fn read(s: &Section<'_>, default: Self) -> Result<Self> {
        Ok(Self {
            hidden_size: s.size("hidden_size", default.hidden_size)?,
            intermediate_size: s.size("intermediate_size", default.intermediate_size)?,
            num_hidden_layers: s.size("num_hidden_layers", default.num_hidden_layers)?,
            num_attention_heads: s.size("num_attention_heads", default.num_attention_heads)?,
            hidden_act: s.activation(default.hidden_act)?,
            layer_norm_eps: s.float("layer_norm_eps", default.layer_norm_eps)?,
        })
    }

    fn described(&self) -> String {
        format!(
            "{} layers of width {}, {} heads",
            self.num_hidden_layers, self.hidden_size, self.num_attention_heads
        )
    }
}

impl VisionConfig {
    /// Cells along a side of the grid of patches.
    pub fn cells(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Patches of a picture.
    pub fn patches(&self) -> usize {
        self.cells() * self.cells()
    }

    /// Values of a patch.
    pub fn patch_values(&self) -> usize {
        3 * self.patch_size * self.patch_size
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    pub fn check(&self) -> Result<()> {
        check_size("vision.image_size".into(), self.image_size, MAX_SIDE)?;
        check_size("vision.patch_size".into(), self.patch_size, self.image_size)?;
        if self.cells() > MAX_CELLS {
            let (cells, patch) = (self.cells(), self.patch_size);
            let why = format!("is {patch}: {cells} patches along a side, more than {MAX_CELLS}");
            return Err(Error::new(Code::Config, "vision.patch_size", why));
        }
        self.transformer.check("vision")
    }

    /// Reads a section of a `config.json`; what it leaves out is as in `default`.
    pub(crate) fn read(s: &Section<'_>, default: Self) -> Result<Self> {
        if s.size("num_channels", 3)? != 3 {
            return s.refuse("num_channels", "only colour pictures are read here");
        }
        let read = Self {
            image_size: s.side("image_size", default.image_size)?,
            patch_size: s.side("patch_size", default.patch_size)?,
            transformer: TransformerConfig::read(s, default.transformer)?,
        };
        // What is read after it takes these numbers for possible.
        read.check().map_err(|e| named_in_file(s, &e))?;
        Ok(read)
    }

    /// The shape in words.
    pub fn described(&self) -> String {
        let (size, patch) = (self.image_size, self.patch_size);
        let transformer = self.transformer.described();
        format!("{transformer}, {size} × {size} pixels in patches of {patch}")
    }
}

impl TextConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    pub fn check(&self) -> Result<()> {
        check_size("text.vocab_size".into(), self.vocab_size, MAX_VOCABULARY)?;
        let positions = self.max_position_embeddings;
        check_size(
            "text.max_position_embeddings".into(),
            positions,
            MAX_POSITIONS,
        )?;
        self.transformer.check("text")
    }

    /// Reads a section of a `config.json`; what it leaves out is as in `default`.
    pub(crate) fn read(s: &Section<'_>, default: Self) -> Result<Self> {
        let read = Self {
            vocab_size: s.size("vocab_size", default.vocab_size)?,
            max_position_embeddings: s
                .size("max_position_embeddings", default.max_position_embeddings)?,
            transformer: TransformerConfig::read(s, default.transformer)?,
        };
        read.check().map_err(|e| named_in_file(s, &e))?;
        Ok(read)
    }

    /// The shape in words.
    pub fn described(&self) -> String {
        format!(
            "{}, {} tokens known, texts of up to {}",
            self.transformer.described(),
            self.vocab_size,
            self.max_position_embeddings
        )
    }
}
