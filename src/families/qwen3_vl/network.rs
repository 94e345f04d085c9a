//! The family as Burn modules: a vision tower, a text decoder, and what joins them.
//!
//! Bai et al., Qwen3-VL (arXiv 2511.21631). Activations are matrices `[rows, width]` of packed
//! inputs; there is no padding and no batch dimension.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::batch::Batch;
use super::config::Config;
use super::decoder::Decoder;
use super::vision::VisionTower;
use crate::Result;
use crate::families::{Item, Network, Readout, View, learned_views};
use crate::layers::{Group, Held, Vars, held};

/// A model of the family: everything but its token embeddings, which are looked up by row.
#[derive(Module, Debug)]
pub struct Model {
    vision: VisionTower,
    decoder: Decoder,
    /// Learned vectors of all views, `[count, hidden]`.
    learned: Held<2>,
    /// Side of the squares of patches that are merged.
    #[module(skip)]
    merge: usize,
}

impl Model {
    /// Builds the model from a package's weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if a weight is missing or has another shape.
    pub fn new(config: &Config, views: &[View], vars: &Vars) -> Result<Self> {
        let vision = vars.group(Group::Vision).at("vision");
        let model = Self {
            vision: VisionTower::new(&config.vision, &vision)?,
            learned: learned_views(views, config.text.hidden_size, vars)?,
            decoder: Decoder::new(&config.text, &vars.at("text"))?,
            merge: config.vision.spatial_merge_size,
        };
        vars.token_table([config.text.vocab_size, config.text.hidden_size]);
        Ok(model)
    }
}

impl Network for Model {
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout {
        let mut batch = Batch::new(items, ids, self.merge);
        let (image, deep) = match batch.take_images() {
            Some(images) => {
                let features = self.vision.forward(images, device);
                (Some(features.merged), features.deep)
            }
            None => (None, Vec::new()),
        };
        // One table of everything that a position can hold, and one gather from it.
        let mut sources: Vec<_> = tokens.into_iter().chain(image).collect();
        if self.learned.is_some() && batch.uses_learned() {
            sources.push(held(&self.learned));
        }
        let x = Tensor::cat(sources, 0).select(0, batch.sources(device));
        let read = self.decoder.forward(x, deep, &batch, device);
        let targets = batch.targets().to_vec();
        if targets.is_empty() {
            return Readout {
                views: read,
                counts: None,
                continuations: None,
            };
        }
        // The rows of the views come first, those of what is said follow.
        let views = batch.readout_rows().len() - targets.len();
        let said = read.clone().narrow(0, views, targets.len());
        Readout {
            views: read.narrow(0, 0, views),
            counts: None,
            continuations: Some((said, targets)),
        }
    }
}
