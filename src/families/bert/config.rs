//! The shape of a BERT encoder.

use serde::{Deserialize, Serialize};

use crate::ops::Activation;
use crate::{Code, Error, Result};

/// Most of any of the numbers.
const MOST: usize = 1 << 20;

/// Most layers.
const MOST_LAYERS: usize = 1 << 10;

/// Most linear layers behind it.
const MOST_DENSE: usize = 8;

/// The shape of an encoder. The names are those of the checkpoints' `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Tokens that it knows.
    pub vocab_size: usize,
    /// Width of a token's state.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads of each layer's attention.
    pub num_attention_heads: usize,
    /// Width of the MLPs.
    pub intermediate_size: usize,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// Rows of the table of token types, of which the first is used.
    pub type_vocab_size: usize,
    /// Epsilon of the LayerNorms.
    pub layer_norm_eps: f64,
    /// Activation of the MLPs.
    pub hidden_act: Activation,
    /// How one vector is made of all states.
    pub pooling: Pooling,
    /// What that vector goes through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dense: Vec<Dense>,
}

/// A linear layer that a text's vector goes through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// Values that it gives.
    pub out_features: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// What follows.
    pub activation: DenseActivation,
}

/// What follows a linear layer that a text's vector goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenseActivation {
    /// Nothing.
    Identity,
    /// The hyperbolic tangent.
    Tanh,
}

/// How one vector is made of a text's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's.
    Cls,
}

impl Config {
    /// Checks that the numbers describe an encoder that can exist.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    pub fn check_numbers(&self) -> Result<()> {
        let fail = |field: &str, why: String| Err(Error::new(Code::Config, field, why));
        for (field, value, most) in [
            ("vocab_size", self.vocab_size, MOST),
            ("hidden_size", self.hidden_size, MOST),
            ("num_hidden_layers", self.num_hidden_layers, MOST_LAYERS),
            ("num_attention_heads", self.num_attention_heads, MOST),
            ("intermediate_size", self.intermediate_size, MOST),
            (
                "max_position_embeddings",
                self.max_position_embeddings,
                MOST,
            ),
            ("type_vocab_size", self.type_vocab_size, MOST),
        ] {
            if value == 0 || value > most {
                let why = format!("is {value}; it must be between 1 and {most}");
                return fail(field, why);
            }
        }
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        if !hidden.is_multiple_of(heads) {
            return fail(
                "num_attention_heads",
                format!("is {heads}, which does not divide hidden_size, {hidden}"),
            );
        }
        if self.dense.len() > MOST_DENSE {
            let why = format!("has {} layers, more than {MOST_DENSE}", self.dense.len());
            return fail("dense", why);
        }
        for dense in &self.dense {
            if dense.out_features == 0 || dense.out_features > MOST {
                let why = format!("gives {} values; 1 to {MOST} are built", dense.out_features);
                return fail("dense", why);
            }
        }
        if !self.layer_norm_eps.is_finite() || self.layer_norm_eps < 0.0 {
            let why = format!("is {}; it must not be negative", self.layer_norm_eps);
            return fail("layer_norm_eps", why);
        }
        Ok(())
    }

    /// Checks the same for an encoder that is a part of another model, which goes on from its pooled states. `path` is
    /// where it is in the configuration.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    pub fn check_part(&self, path: &str) -> Result<()> {
        let field = |name: &str| format!("{path}.{name}");
        self.check_numbers()
            .map_err(|e| Error::new(e.code(), field(e.subject()), e.message()))?;
        match self.dense.is_empty() {
            true => Ok(()),
            false => {
                let why = "has linear layers, which this family has none of";
                Err(Error::new(Code::Config, field("dense"), why))
            }
        }
    }

    /// Length of an embedding.
    pub fn dimensions(&self) -> usize {
        let last = self.dense.last();
        last.map_or(self.hidden_size, |dense| dense.out_features)
    }

    /// Size of a head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Values of the widest activation for each token.
    pub fn widest(&self) -> usize {
        let dense = self.dense.iter().map(|dense| dense.out_features);
        let widest = dense.max().unwrap_or(0);
        widest.max(self.intermediate_size).max(self.hidden_size)
    }

    /// The shape in words.
    pub fn described(&self) -> String {
        format!(
            "{} layers of width {}, {} heads, {} tokens known",
            self.num_hidden_layers, self.hidden_size, self.num_attention_heads, self.vocab_size
        )
    }
}
