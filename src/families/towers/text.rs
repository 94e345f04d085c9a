//! The tower for texts.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::transformer::{Queries, Transformer};
use super::{TextConfig, Texts};
use crate::Result;
use crate::families::Sequence;
use crate::layers::{Held, LayerNorm, Linear, Vars, held};
use crate::ops::Spans;

/// How a family's tower differs from another's.
#[derive(Debug, Clone, Copy)]
pub struct TextShape {
    /// Whether a state sees only what comes before it.
    pub causal: bool,
    /// The name of the last layer.
    pub head: &'static str,
    /// Whether that layer has a bias.
    pub bias: bool,
    /// Length of an embedding.
    pub dimensions: usize,
}

/// A tower for texts: its transformer is read at the last position.
#[derive(Module, Debug)]
pub struct TextTower {
    positions: Held<2>,
    transformer: Transformer,
    norm: LayerNorm,
    head: Linear,
    #[module(skip)]
    shape: TextShape,
}

impl TextTower {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(c: &TextConfig, shape: TextShape, vars: &Vars) -> Result<Self> {
        let (hidden, epsilon) = (c.transformer.hidden_size, c.transformer.layer_norm_eps);
        let positions = vars.at("positions");
        let tower = Self {
            positions: positions.matrix("weight", [c.max_position_embeddings, hidden])?,
            transformer: Transformer::new(&c.transformer, vars)?,
            norm: vars.layer_norm("norm", hidden, epsilon)?,
            head: vars.linear(shape.head, [shape.dimensions, hidden], shape.bias)?,
            shape,
        };
        vars.token_table([c.vocab_size, hidden]);
        Ok(tower)
    }

    /// One vector for each text, `[texts, dimensions]`. `tokens` are the embeddings of `ids`, `[ids, hidden]`.
    pub fn forward(
        &self,
        texts: &[&Sequence],
        ids: &[u32],
        tokens: Tensor<2>,
        device: &Device,
    ) -> Tensor<2> {
        let texts = Texts::new(texts, ids);
        let x = texts.embedded(tokens, held(&self.positions), device);
        let spans = match self.shape.causal {
            true => texts.causal(),
            false => texts.whole(),
        };
        let last = texts.last();
        let queries = Queries::new(&last, last.iter().map(|&row| spans[row]).collect(), device);
        let x = self
            .transformer
            .read(x, &Spans::new(spans, device), queries);
        self.head.forward(self.norm.forward(x))
    }
}
