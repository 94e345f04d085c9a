//! The text decoder.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::batch::Batch;
use super::config::TextConfig;
use super::rope::text_rotary;
use crate::Result;
use crate::layers::{Linear, RmsNorm, Vars, in_row_groups};
use crate::ops::{Attention, Rotary, Spans, norm_rotary, span_attention};

/// The decoder: layers and the final norm.
#[derive(Module, Debug)]
pub struct Decoder {
    layers: Vec<Layer>,
    norm: RmsNorm,
    #[module(skip)]
    config: TextConfig,
}

impl Decoder {
    /// Takes the decoder's weights.
    pub fn new(config: &TextConfig, vars: &Vars) -> Result<Self> {
        let layers = (0..config.num_hidden_layers)
            .map(|i| Layer::new(config, &vars.at("layers").at(i)))
            .collect::<Result<_>>()?;
        Ok(Self {
            layers,
            norm: vars.rms_norm("norm", config.hidden_size, config.rms_norm_eps)?,
            config: config.clone(),
        })
    }

    /// The hidden states at the batch's readout rows, `[readouts, hidden]`.
    ///
    /// `x` is `[rows, hidden]`; `deep` are DeepStack features of the image rows, added after the
    /// first layers. The last layer computes keys and values of all rows, and everything else
    /// only of the rows that are read.
    pub fn forward(
        &self,
        mut x: Tensor<2>,
        deep: Vec<Tensor<2>>,
        batch: &Batch,
        device: &Device,
    ) -> Tensor<2> {
        let c = &self.config;
        let angles = |positions: &[[u32; 3]]| {
            text_rotary(positions, c.mrope_section, c.head_dim, c.rope_theta, device)
        };
        let all = Rows {
            rotary: angles(batch.positions()),
            spans: Spans::new(batch.spans().to_vec(), device),
        };
        let deep_sources = (!deep.is_empty()).then(|| batch.deep_sources(device));
        let mut deep = deep.into_iter();
        let (last, first) = self.layers.split_last().expect("a decoder has a layer");
        for layer in first {
            x = layer.forward(x, None, &all, &all, c);
            if let (Some(features), Some(sources)) = (deep.next(), &deep_sources) {
                // Rows without an image take the row of zeros at the end.
                let zeros = Tensor::zeros([1, c.hidden_size], device);
                let table = Tensor::cat(vec![features, zeros], 0);
                x = x + table.select(0, sources.clone());
            }
        }
        let read = batch.readout_rows();
        let rows = Rows {
            rotary: angles(
                &read
                    .iter()
                    .map(|&row| batch.positions()[row])
                    .collect::<Vec<_>>(),
            ),
            spans: Spans::new(read.iter().map(|&row| batch.spans()[row]).collect(), device),
        };
        let queries = x.clone().select(0, batch.readouts(device));
        self.norm
            .forward(last.forward(queries, Some(x), &rows, &all, c))
    }
}

/// What attention needs to know of a set of rows.
pub(super) struct Rows {
    pub rotary: Rotary,
    pub spans: Spans,
}

/// A layer: attention and a SwiGLU MLP, both after an RMSNorm.
#[derive(Module, Debug)]
pub(super) struct Layer {
    input_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    query_norm: RmsNorm,
    key_norm: RmsNorm,
    mlp_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Layer {
    pub fn new(c: &TextConfig, vars: &Vars) -> Result<Self> {
        let (hidden, wide) = (c.hidden_size, c.intermediate_size);
        let queries = c.num_attention_heads * c.head_dim;
        let keys = c.num_key_value_heads * c.head_dim;
        let (attention, mlp, bias) = (vars.at("self_attn"), vars.at("mlp"), c.attention_bias);
        // Attention and MLP of every layer are added up.
        let branches = 2 * c.num_hidden_layers;
        Ok(Self {
            input_norm: vars.rms_norm("input_layernorm", hidden, c.rms_norm_eps)?,
            query: attention.linear("q_proj", [queries, hidden], bias)?,
            key: attention.linear("k_proj", [keys, hidden], bias)?,
            value: attention.linear("v_proj", [keys, hidden], bias)?,
            output: attention
                .ending(branches)
                .linear("o_proj", [hidden, queries], bias)?,
            query_norm: attention.rms_norm("q_norm", c.head_dim, c.rms_norm_eps)?,
            key_norm: attention.rms_norm("k_norm", c.head_dim, c.rms_norm_eps)?,
            mlp_norm: vars.rms_norm("post_attention_layernorm", hidden, c.rms_norm_eps)?,
            gate: mlp.linear("gate_proj", [wide, hidden], false)?,
            up: mlp.linear("up_proj", [wide, hidden], false)?,
            down: mlp
                .ending(branches)
                .linear("down_proj", [hidden, wide], false)?,
        })
    }

    /// The rows `x` attend to the rows `context`, which are `x` itself where it is `None`.
    pub fn forward(
        &self,
        x: Tensor<2>,
        context: Option<Tensor<2>>,
        rows: &Rows,
        context_rows: &Rows,
        c: &TextConfig,
    ) -> Tensor<2> {
        let normed = self.input_norm.forward(x.clone());
        let keys_of = context.map_or_else(
            || normed.clone(),
            |context| self.input_norm.forward(context),
        );
        let rotated = |x, heads, norm: &RmsNorm, rotary| {
            let (weight, epsilon) = norm.parts();
            norm_rotary(x, 0, heads, Some((&weight, epsilon)), rotary)
        };
        let attention = span_attention(
            Attention {
                query: rotated(
                    self.query.forward(normed),
                    c.num_attention_heads,
                    &self.query_norm,
                    &rows.rotary,
                ),
                key: rotated(
                    self.key.forward(keys_of.clone()),
                    c.num_key_value_heads,
                    &self.key_norm,
                    &context_rows.rotary,
                ),
                value: self.value.forward(keys_of),
                value_offset: 0,
                heads: c.num_attention_heads,
                kv_heads: c.num_key_value_heads,
                head_dim: c.head_dim,
            },
            &rows.spans,
        );
        let x = self.output.added_to(attention, x);
        in_row_groups(x, c.intermediate_size, |x| {
            let normed = self.mlp_norm.forward(x.clone());
            let gate = self.gate.activated(normed.clone(), c.hidden_act);
            self.down.added_to(self.up.gated_by(normed, gate), x)
        })
    }
}
