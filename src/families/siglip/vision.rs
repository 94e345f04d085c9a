//! The tower for pictures.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use crate::Result;
use crate::families::towers::transformer::{Mlp, Transformer, one_after_the_other};
use crate::families::towers::{self, PictureTower, VisionConfig, regions, rows_at};
use crate::families::{Patches, View};
use crate::layers::{Held, LayerNorm, Linear, Vars, held};
use crate::ops::{Attention, Spans, span_attention};
use crate::tensors::{EMBEDDING_DEVIATION, Init};

/// The tower for pictures.
#[derive(Module, Debug)]
pub struct Vision {
    patch_embed: Linear,
    positions: Held<2>,
    transformer: Transformer,
    norm: LayerNorm,
    head: Head,
    #[module(skip)]
    config: VisionConfig,
}

impl Vision {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(c: &VisionConfig, vars: &Vars) -> Result<Self> {
        let (hidden, epsilon) = (c.transformer.hidden_size, c.transformer.layer_norm_eps);
        let positions = vars.at("positions");
        Ok(Self {
            patch_embed: vars.patch_linear("patch_embed", [hidden, c.patch_values()], true)?,
            positions: positions.matrix("weight", [c.patches(), hidden])?,
            transformer: Transformer::new(&c.transformer, vars)?,
            norm: vars.layer_norm("norm", hidden, epsilon)?,
            head: Head::new(c, &vars.at("head"))?,
            config: c.clone(),
        })
    }
}

impl PictureTower for Vision {
    fn forward(&self, pictures: Vec<Patches>, views: &[View], device: &Device) -> Tensor<2> {
        let (number, patches) = (pictures.len(), self.config.patches());
        let seen: Vec<Vec<usize>> = pictures
            .iter()
            .enumerate()
            .flat_map(|(i, picture)| {
                let cells = move |view| regions::cells(view, &picture.seen, self.config.cells());
                let rows = move |cells: Vec<usize>| cells.iter().map(|c| i * patches + c).collect();
                views.iter().map(cells).map(rows)
            })
            .collect();
        let shape = [number * patches, self.config.patch_values()];
        let values = TensorData::new(towers::values(pictures), shape);
        let positions = held(&self.positions).repeat_dim(0, number);
        let x = self
            .patch_embed
            .added_to(Tensor::from_data(values, device), positions);
        let of = |i: usize| [(i * patches) as u32, ((i + 1) * patches) as u32, 0, 0];
        let spans = (0..number).flat_map(|i| vec![of(i); patches]).collect();
        let x = self.transformer.forward(x, &Spans::new(spans, device));
        self.head.forward(self.norm.forward(x), &seen, device)
    }
}

/// Pooling by attention: a learned query looks at patches (Lee et al., arXiv 1810.00825).
#[derive(Module, Debug)]
struct Head {
    probe: Held<1>,
    query: Linear,
    /// Keys, then values.
    key_value: Linear,
    output: Linear,
    mlp: Mlp,
    #[module(skip)]
    config: VisionConfig,
}

impl Head {
    fn new(c: &VisionConfig, vars: &Vars) -> Result<Self> {
        let hidden = c.transformer.hidden_size;
        let probe = vars.vector("probe", hidden, Init::Deviation(EMBEDDING_DEVIATION))?;
        let all = vars.linear("in_proj", [3 * hidden, hidden], true)?;
        Ok(Self {
            probe,
            query: all.outputs(0..hidden),
            key_value: all.outputs(hidden..3 * hidden),
            output: vars.linear("output", [hidden, hidden], true)?,
            mlp: Mlp::new(&c.transformer, "norm", 1, vars)?,
            config: c.clone(),
        })
    }

    /// One vector for each list of rows of `x` that is looked at, `[lists, hidden]`.
    fn forward(&self, x: Tensor<2>, seen: &[Vec<usize>], device: &Device) -> Tensor<2> {
        let transformer = &self.config.transformer;
        let (hidden, heads) = (transformer.hidden_size, transformer.num_attention_heads);
        let (rows, spans) = one_after_the_other(seen);
        let key_value = self.key_value.forward(x).select(0, rows_at(rows, device));
        let query = self.query.forward(held(&self.probe).unsqueeze());
        let pooled = span_attention(
            Attention {
                query: query.repeat_dim(0, seen.len()),
                key: key_value.clone(),
                value: key_value,
                value_offset: hidden,
                heads,
                kv_heads: heads,
                head_dim: transformer.head_dim(),
            },
            &Spans::new(spans, device),
        );
        self.mlp.forward(self.output.forward(pooled))
    }
}
