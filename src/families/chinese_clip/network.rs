//! The model: CLIP's tower for pictures and a BERT encoder for texts.

use burn::tensor::{Device, Tensor};

use super::Config;
use crate::Result;
use crate::families::bert::Encoder;
use crate::families::clip::vision::Vision;
use crate::families::towers::{self, PictureTower};
use crate::families::{Item, Readout, View};
use crate::layers::{Group, Linear, Vars};

/// A model of the family: everything but its token embeddings, which are looked up by row.
pub struct Network {
    vision: Vision,
    text: Encoder,
    projection: Linear,
    views: Vec<View>,
}

impl Network {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(config: &Config, views: &[View], vars: &Vars) -> Result<Self> {
        let vision = vars.group(Group::Vision).at("vision");
        let text = vars.at("text");
        let (dimensions, hidden) = (config.projection_dim, config.text.hidden_size);
        Ok(Self {
            vision: Vision::new(&config.vision, dimensions, &vision)?,
            text: Encoder::new(&config.text, &text)?,
            projection: text.linear("projection", [dimensions, hidden], false)?,
            views: views.to_vec(),
        })
    }
}

impl crate::families::Network for Network {
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout {
        towers::forward(
            items,
            self.views.len(),
            |pictures| self.vision.forward(pictures, &self.views, device),
            |texts| {
                let tokens = tokens.expect("a text has tokens");
                let states = self.text.forward(texts, ids, tokens, device);
                self.projection.forward(states)
            },
            device,
        )
    }
}
