//! The `qwen3_vl` family as Burn modules: a vision tower, a text decoder, and what joins them.
//!
//! Bai et al., Qwen3-VL (arXiv 2511.21631). Activations are matrices `[rows, width]` of packed
//! inputs; there is no padding and no batch dimension.

#[cfg(feature = "autodiff")]
pub mod adapter;
mod batch;
#[cfg(feature = "bench")]
pub mod bench;
mod decoder;
mod layers;
mod rope;
mod vision;
mod weights;

pub use batch::{Batch, Item};
pub use weights::Weights;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::Result;
use crate::package::config::ModelConfig;
use crate::package::manifest::View;
use decoder::Decoder;
use layers::param;
use vision::VisionTower;

/// A model of the family: everything but its token embeddings, which are looked up by row.
#[derive(Module, Debug)]
pub struct Model {
    vision: VisionTower,
    decoder: Decoder,
    /// Learned vectors of all views, `[count, hidden]`.
    learned: Option<Param<Tensor<2>>>,
}

impl Model {
    /// Builds the model from a package's weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if a weight is missing or has another shape.
    pub fn new(config: &ModelConfig, views: &[View], weights: &mut Weights) -> Result<Self> {
        let hidden = config.text.hidden_size;
        let mut learned = Vec::new();
        for view in views.iter().filter(|view| view.learned > 0) {
            let name = format!("views.{}", view.name);
            learned.push(weights.matrix(&name, [view.learned, hidden])?);
        }
        let model = Self {
            vision: VisionTower::new(&config.vision, weights)?,
            decoder: Decoder::new(&config.text, weights)?,
            learned: (!learned.is_empty()).then(|| param(Tensor::cat(learned, 0))),
        };
        weights.all_taken()?;
        Ok(model)
    }

    /// The hidden states at the readout positions of all items, after the final norm,
    /// `[readouts, hidden]`: for each item its views in order, then the rows of
    /// [`Batch::targets`].
    ///
    /// `text_rows` are the embeddings of the batch's distinct token ids
    /// ([`Batch::token_ids`]), `[ids, hidden]`.
    pub fn forward(&self, batch: Batch, text_rows: Vec<f32>, device: &Device) -> Tensor<2> {
        let (ids, hidden) = (batch.token_ids().len(), self.decoder.hidden());
        let text =
            (ids > 0).then(|| Tensor::from_data(TensorData::new(text_rows, [ids, hidden]), device));
        self.forward_with(batch, text, device)
    }

    /// [`forward`](Self::forward) with the token embeddings as a tensor, `[ids, hidden]`, for
    /// training them; `None` if the batch has no tokens.
    pub fn forward_with(
        &self,
        mut batch: Batch,
        text: Option<Tensor<2>>,
        device: &Device,
    ) -> Tensor<2> {
        let (image, deep) = match batch.take_images() {
            Some(images) => {
                let features = self.vision.forward(images, device);
                (Some(features.merged), features.deep)
            }
            None => (None, Vec::new()),
        };
        // One table of everything that a position can hold, and one gather from it.
        let mut sources: Vec<_> = text.into_iter().chain(image).collect();
        if let (Some(learned), true) = (&self.learned, batch.uses_learned()) {
            sources.push(learned.val());
        }
        let x = Tensor::cat(sources, 0).select(0, batch.sources(device));
        self.decoder.forward(x, deep, &batch, device)
    }
}
