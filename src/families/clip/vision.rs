//! The tower for pictures.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use crate::Result;
use crate::families::towers::transformer::{Queries, Transformer};
use crate::families::towers::{self, PictureTower, VisionConfig, regions, rows_at};
use crate::families::{Patches, View};
use crate::layers::{Held, LayerNorm, Linear, Vars, held};
use crate::ops::Spans;
use crate::tensors::{EMBEDDING_DEVIATION, Init};

/// The tower for pictures. Its first state is the class token.
#[derive(Module, Debug)]
pub struct Vision {
    class: Held<1>,
    patch_embed: Linear,
    positions: Held<2>,
    norm1: LayerNorm,
    transformer: Transformer,
    norm2: LayerNorm,
    projection: Linear,
    #[module(skip)]
    config: VisionConfig,
}

impl Vision {
    /// Takes the weights; `dimensions` is the length of an embedding.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(c: &VisionConfig, dimensions: usize, vars: &Vars) -> Result<Self> {
        let (hidden, epsilon) = (c.transformer.hidden_size, c.transformer.layer_norm_eps);
        let positions = vars.at("positions");
        Ok(Self {
            class: vars.vector("class", hidden, Init::Deviation(EMBEDDING_DEVIATION))?,
            patch_embed: vars.patch_linear("patch_embed", [hidden, c.patch_values()], false)?,
            positions: positions.matrix("weight", [1 + c.patches(), hidden])?,
            norm1: vars.layer_norm("norm1", hidden, epsilon)?,
            transformer: Transformer::new(&c.transformer, vars)?,
            norm2: vars.layer_norm("norm2", hidden, epsilon)?,
            projection: vars.linear("projection", [dimensions, hidden], false)?,
            config: c.clone(),
        })
    }
}

impl PictureTower for Vision {
    fn forward(&self, pictures: Vec<Patches>, views: &[View], device: &Device) -> Tensor<2> {
        let c = &self.config;
        let (number, patches) = (pictures.len(), c.patches());
        let states = 1 + patches;
        // For each view the class token, which sees itself and some patches.
        let (mut classes, mut seen) = (Vec::new(), Vec::new());
        for (i, picture) in pictures.iter().enumerate() {
            let class = i * states;
            for view in views {
                let cells = regions::cells(view, &picture.seen, c.cells());
                let rows = cells.into_iter().map(|cell| class + 1 + cell);
                classes.push(class);
                seen.push(std::iter::once(class).chain(rows).collect());
            }
        }
        let values = TensorData::new(
            towers::values(pictures),
            [number * patches, c.patch_values()],
        );
        let x = self.patch_embed.forward(Tensor::from_data(values, device));
        // The class token stands before the patches of each picture.
        let x = Tensor::cat(vec![held(&self.class).unsqueeze(), x], 0);
        let of = |i: usize| {
            std::iter::once(0).chain((0..patches).map(move |p| (1 + i * patches + p) as i32))
        };
        let x = x.select(0, rows_at((0..number).flat_map(of).collect(), device))
            + held(&self.positions).repeat_dim(0, number);
        let span = |i: usize| [(i * states) as u32, ((i + 1) * states) as u32, 0, 0];
        let spans = (0..number).flat_map(|i| vec![span(i); states]).collect();
        let queries = Queries::choosing(&classes, &seen, device);
        let x = self
            .transformer
            .read(self.norm1.forward(x), &Spans::new(spans, device), queries);
        self.projection.forward(self.norm2.forward(x))
    }
}
