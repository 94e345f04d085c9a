//! The encoder: embeddings, layers of attention and MLP with a LayerNorm after each, pooling.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::config::{Config, DenseActivation, Pooling};
use crate::Result;
use crate::families::Sequence;
use crate::families::towers::Texts;
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
        let texts = Texts::new(texts, ids);
        let rows = texts.count();
        let mut pooling = vec![0.0_f32; texts.rows.len() * rows];
        for (weights, of) in pooling.chunks_exact_mut(rows).zip(&texts.rows) {
            match self.config.pooling {
                Pooling::Mean => weights[of.clone()].fill(1.0 / of.len() as f32),
                Pooling::Cls => weights[of.start] = 1.0,
            }
        }
        let spans = Spans::new(texts.whole(), device);
        let x = texts.embedded(tokens, held(&self.positions), device)
            + held(&self.types).narrow(0, 0, 1);
        let mut x = self.norm.forward(x);
        for layer in &self.layers {
            x = layer.forward(x, &spans, &self.config);
        }
        let pooling = TensorData::new(pooling, [texts.rows.len(), rows]);
        pool_regions(x, &Tensor::from_data(pooling, device))
    }
}

/// An encoder of texts, and the linear layers behind it.
#[derive(Module, Debug)]
pub struct SentenceEncoder {
    encoder: Encoder,
    dense: Vec<Linear>,
    #[module(skip)]
    config: Config,
}

impl SentenceEncoder {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(config: &Config, vars: &Vars) -> Result<Self> {
        let encoder = Encoder::new(config, &vars.at("text"))?;
        let mut width = config.hidden_size;
        let mut dense = Vec::with_capacity(config.dense.len());
        for (i, layer) in config.dense.iter().enumerate() {
            let shape = [layer.out_features, width];
            dense.push(vars.at("dense").linear(&i.to_string(), shape, layer.bias)?);
            width = layer.out_features;
        }
        Ok(Self {
            encoder,
            dense,
            config: config.clone(),
        })
    }

    /// One vector for each text, `[texts, dimensions]`; the rest is as in [`Encoder::forward`].
    pub fn forward(
        &self,
        texts: &[&Sequence],
        ids: &[u32],
        tokens: Tensor<2>,
        device: &Device,
    ) -> Tensor<2> {
        let mut x = self.encoder.forward(texts, ids, tokens, device);
        for (linear, layer) in self.dense.iter().zip(&self.config.dense) {
            x = linear.forward(x);
            if layer.activation == DenseActivation::Tanh {
                x = x.tanh();
            }
        }
        x
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
