//! The encoder: embeddings, layers of attention and MLP with a LayerNorm after each, pooling.

use std::collections::HashMap;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::{Config, Pooling};
use crate::Result;
use crate::families::{Sequence, Token};
use crate::layers::{Held, LayerNorm, Linear, Vars, held};
use crate::ops::{Attention, Spans, pool_regions, span_attention};

/// An encoder of texts. Its token embeddings are looked up by row.
#[derive(Module, Debug)]
pub struct Encoder {
    positions: Held<2>,
    types: Held<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    #[module(skip)]
    config: Config,
}

impl Encoder {
    /// Takes the encoder's weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(config: &Config, vars: &Vars) -> Result<Self> {
        let (hidden, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let types = vars.at("types");
        let positions = vars.at("positions");
        let encoder = Self {
            positions: positions.matrix("weight", [config.max_position_embeddings, hidden])?,
            types: types.matrix("weight", [config.type_vocab_size, hidden])?,
            norm: vars.layer_norm("norm", hidden, epsilon)?,
            layers: (0..config.num_hidden_layers)
                .map(|i| Layer::new(config, &vars.at("layers").at(i)))
                .collect::<Result<_>>()?,
            config: config.clone(),
        };
        vars.token_table([config.vocab_size, hidden]);
        Ok(encoder)
    }

    /// One vector for each text, `[texts, hidden]`. `tokens` are the embeddings of `ids`, `[ids, hidden]`.
    pub fn forward(
        &self,
        texts: &[&Sequence],
        ids: &[u32],
        tokens: Tensor<2>,
        device: &Device,
    ) -> Tensor<2> {
        let rows: usize = texts.iter().map(|text| text.tokens.len()).sum();
        let row_of: HashMap<u32, i32> = ids.iter().copied().zip(0..).collect();
        let (mut places, mut positions, mut spans) = (Vec::new(), Vec::new(), Vec::new());
        let mut pooling = vec![0.0_f32; texts.len() * rows];
        for (weights, text) in pooling.chunks_exact_mut(rows).zip(texts) {
            let (start, count) = (places.len(), text.tokens.len());
            places.extend(text.tokens.iter().map(|token| match token {
                Token::Id(id) => row_of[id],
                Token::Image(_) | Token::Learned(_) => 0,
            }));
            positions.extend(text.positions.iter().map(|p| p[0] as i32));
            spans.extend([[start as u32, (start + count) as u32, 0, 0]].repeat(count));
            match self.config.pooling {
                Pooling::Mean => weights[start..start + count].fill(1.0 / count as f32),
                Pooling::Cls => weights[start] = 1.0,
            }
        }
        let rows_of = |table: Tensor<2>, rows: Vec<i32>| {
            let rows = TensorData::new(rows, [places.len()]);
            table.select(0, Tensor::<1, Int>::from_data(rows, device))
        };
        let spans = Spans::new(spans, device);
        let x = rows_of(tokens, places.clone())
            + rows_of(held(&self.positions), positions)
            + held(&self.types).narrow(0, 0, 1);
        let mut x = self.norm.forward(x);
        for layer in &self.layers {
            x = layer.forward(x, &spans, &self.config);
        }
        let pooling = TensorData::new(pooling, [texts.len(), rows]);
        pool_regions(x, &Tensor::from_data(pooling, device))
    }
}

/// A layer. The LayerNorms come after the sums.
#[derive(Module, Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    mlp_norm: LayerNorm,
}

impl Layer {
    fn new(c: &Config, vars: &Vars) -> Result<Self> {
        let (hidden, wide, epsilon) = (c.hidden_size, c.intermediate_size, c.layer_norm_eps);
        let (attention, mlp) = (vars.at("attention"), vars.at("mlp"));
        Ok(Self {
            query: attention.linear("query", [hidden, hidden], true)?,
            key: attention.linear("key", [hidden, hidden], true)?,
            value: attention.linear("value", [hidden, hidden], true)?,
            output: attention.linear("output", [hidden, hidden], true)?,
            attention_norm: attention.layer_norm("norm", hidden, epsilon)?,
            up: mlp.linear("up", [wide, hidden], true)?,
            down: mlp.linear("down", [hidden, wide], true)?,
            mlp_norm: mlp.layer_norm("norm", hidden, epsilon)?,
        })
    }

    fn forward(&self, x: Tensor<2>, spans: &Spans, c: &Config) -> Tensor<2> {
        let attention = span_attention(
            Attention {
                query: self.query.forward(x.clone()),
                key: self.key.forward(x.clone()),
                value: self.value.forward(x.clone()),
                value_offset: 0,
                heads: c.num_attention_heads,
                kv_heads: c.num_attention_heads,
                head_dim: c.head_dim(),
            },
            spans,
        );
        let x = self
            .attention_norm
            .forward(self.output.added_to(attention, x));
        let wide = self.up.activated(x.clone(), c.hidden_act);
        self.mlp_norm.forward(self.down.added_to(wide, x))
    }
}
