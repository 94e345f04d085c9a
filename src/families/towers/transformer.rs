//! The transformer that both towers are: blocks of attention and MLP, each after a LayerNorm (Dosovitskiy et al.,
//! arXiv 2010.11929).

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::TransformerConfig;
use super::rows_at;
use crate::Result;
use crate::layers::{LayerNorm, Linear, Vars, in_row_groups};
use crate::ops::{Attention, Spans, span_attention};

/// All blocks.
#[derive(Module, Debug)]
pub struct Transformer {
    blocks: Vec<Block>,
}

/// The states that are read at the end. The last block computes no others.
pub struct Queries {
    /// The rows they are at.
    rows: Tensor<1, Int>,
    /// The rows that are seen, in the order that `spans` counts; as they are if absent.
    keys: Option<Tensor<1, Int>>,
    /// What each state sees.
    spans: Spans,
}

impl Queries {
    /// States at `rows`, of which each sees what `spans` say.
    pub fn new(rows: &[usize], spans: Vec<[u32; 4]>, device: &Device) -> Self {
        Self {
            rows: rows_at(rows.iter().map(|&row| row as i32).collect(), device),
            keys: None,
            spans: Spans::new(spans, device),
        }
    }

    /// States at `rows`, of which each sees a list of rows of its own.
    pub fn choosing(rows: &[usize], seen: &[Vec<usize>], device: &Device) -> Self {
        let (keys, spans) = one_after_the_other(seen);
        Self {
            keys: Some(rows_at(keys, device)),
            ..Self::new(rows, spans, device)
        }
    }
}

/// Lists of rows put together, and the span of each.
pub fn one_after_the_other(lists: &[Vec<usize>]) -> (Vec<i32>, Vec<[u32; 4]>) {
    let mut rows = Vec::new();
    let mut spans = Vec::with_capacity(lists.len());
    for list in lists {
        let start = rows.len() as u32;
        rows.extend(list.iter().map(|&row| row as i32));
        spans.push([start, rows.len() as u32, 0, 0]);
    }
    (rows, spans)
}

impl Transformer {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(config: &TransformerConfig, vars: &Vars) -> Result<Self> {
        let layers = vars.at("layers");
        Ok(Self {
            blocks: (0..config.num_hidden_layers)
                .map(|i| Block::new(config, &layers.at(i)))
                .collect::<Result<_>>()?,
        })
    }

    /// All states after the last block, `[rows, hidden]`.
    pub fn forward(&self, mut x: Tensor<2>, spans: &Spans) -> Tensor<2> {
        for block in &self.blocks {
            x = block.forward(x, spans);
        }
        x
    }

    /// Some states after the last block, `[queries, hidden]`.
    pub fn read(&self, mut x: Tensor<2>, spans: &Spans, queries: Queries) -> Tensor<2> {
        let Some((last, others)) = self.blocks.split_last() else {
            return x.select(0, queries.rows);
        };
        for block in others {
            x = block.forward(x, spans);
        }
        last.read(x, queries)
    }
}

#[derive(Module, Debug)]
struct Block {
    norm1: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    mlp: Mlp,
    #[module(skip)]
    config: TransformerConfig,
}

impl Block {
    fn new(c: &TransformerConfig, vars: &Vars) -> Result<Self> {
        let hidden = c.hidden_size;
        let attention = vars.at("attention");
        // Attention and MLP of every block are added up.
        let branches = 2 * c.num_hidden_layers;
        let linear = |name| attention.linear(name, [hidden, hidden], true);
        Ok(Self {
            norm1: vars.layer_norm("norm1", hidden, c.layer_norm_eps)?,
            query: linear("query")?,
            key: linear("key")?,
            value: linear("value")?,
            output: attention
                .ending(branches)
                .linear("output", [hidden, hidden], true)?,
            mlp: Mlp::new(c, "norm2", branches, vars)?,
            config: c.clone(),
        })
    }

    fn forward(&self, x: Tensor<2>, spans: &Spans) -> Tensor<2> {
        let normed = self.norm1.forward(x.clone());
        let query = self.query.forward(normed.clone());
        let (key, value) = (self.key.forward(normed.clone()), self.value.forward(normed));
        self.end(x, query, key, value, spans)
    }

    fn read(&self, x: Tensor<2>, queries: Queries) -> Tensor<2> {
        let normed = self.norm1.forward(x.clone());
        let (mut key, mut value) = (
            self.key.forward(normed.clone()),
            self.value.forward(normed.clone()),
        );
        if let Some(keys) = queries.keys {
            (key, value) = (key.select(0, keys.clone()), value.select(0, keys));
        }
        let query = self.query.forward(normed.select(0, queries.rows.clone()));
        self.end(x.select(0, queries.rows), query, key, value, &queries.spans)
    }

    fn end(
        &self,
        x: Tensor<2>,
        query: Tensor<2>,
        key: Tensor<2>,
        value: Tensor<2>,
        spans: &Spans,
    ) -> Tensor<2> {
        let heads = self.config.num_attention_heads;
        let attention = span_attention(
            Attention {
                query,
                key,
                value,
                value_offset: 0,
                heads,
                kv_heads: heads,
                head_dim: self.config.head_dim(),
            },
            spans,
        );
        self.mlp.forward(self.output.added_to(attention, x))
    }
}

/// A LayerNorm and two linear layers with an activation between them, beside a residual connection.
#[derive(Module, Debug)]
pub struct Mlp {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
    #[module(skip)]
    config: TransformerConfig,
}

impl Mlp {
    /// Takes the weights of the norm `norm` and of `mlp`. The second layer ends one of `branches` that are added
    /// up.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(c: &TransformerConfig, norm: &str, branches: usize, vars: &Vars) -> Result<Self> {
        let (hidden, wide) = (c.hidden_size, c.intermediate_size);
        let mlp = vars.at("mlp");
        Ok(Self {
            norm: vars.layer_norm(norm, hidden, c.layer_norm_eps)?,
            up: mlp.linear("up", [wide, hidden], true)?,
            down: mlp.ending(branches).linear("down", [hidden, wide], true)?,
            config: c.clone(),
        })
    }

    /// `x + mlp(norm(x))`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        in_row_groups(x, self.config.intermediate_size, |x| {
            let wide = self
                .up
                .activated(self.norm.forward(x.clone()), self.config.hidden_act);
            self.down.added_to(wide, x)
        })
    }
}
