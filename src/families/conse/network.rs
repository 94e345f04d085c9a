//! The model: both towers, and the bridge that brings what each gives into one space.
//!
//! ConSE (Norouzi et al., arXiv 1312.5650): a picture lies among the texts where its most probable classes'
//! names lie, weighted by their probabilities.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::config::{Config, Parts};
use super::vision::Tower;
use crate::Result;
use crate::families::bert::Encoder;
use crate::families::towers::{self, regions};
use crate::families::{Item, Patches, Readout, Sequence, View};
use crate::layers::{Group, Held, Linear, Vars, held};
use crate::ops::{pool_regions, top_softmax};
use crate::tensors::Init;

/// What makes vectors of two parts.
#[derive(Module, Debug)]
struct Projections {
    /// `[meaning, hidden]`.
    texts: Linear,
    /// `[appearance, head]`.
    appearance: Linear,
}

/// A model of the family: everything but its token embeddings, which are looked up by row.
#[derive(Module, Debug)]
pub struct Network {
    vision: Tower,
    classifier: Linear,
    /// Where the classes lie among the texts, `[meaning, classes]`.
    classes: Linear,
    /// Where vectors have two parts: what brings texts to the first, and features to the second.
    projections: Option<Projections>,
    text: Encoder,
    /// What is taken from a text's vector, `[hidden]`: where texts lie that say nothing in particular.
    centre: Held<1>,
    #[module(skip)]
    regions: Vec<f32>,
    #[module(skip)]
    views: usize,
    #[module(skip)]
    config: Config,
}

impl Network {
    /// Takes the weights.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if one is missing or has another shape.
    pub fn new(config: &Config, views: &[View], vars: &Vars) -> Result<Self> {
        let vision = vars.group(Group::Vision).at("vision");
        let bridge = vars.at("bridge");
        let (hidden, classes) = (config.text.hidden_size, config.vision.classes);
        let parts = config.bridge.parts;
        let projections = |Parts {
                               meaning,
                               appearance,
                               ..
                           }: Parts| {
            Ok(Projections {
                texts: bridge.linear("texts", [meaning, hidden], false)?,
                appearance: bridge.linear("appearance", [appearance, config.vision.head], false)?,
            })
        };
        let meaning = parts.map_or(hidden, |parts| parts.meaning);
        Ok(Self {
            vision: Tower::new(&config.vision, &vision)?,
            classifier: vision.linear("classifier", [classes, config.vision.head], true)?,
            classes: bridge.linear("classes", [meaning, classes], false)?,
            projections: parts.map(projections).transpose()?,
            centre: bridge.vector("centre", hidden, Init::Zeros)?,
            text: Encoder::new(&config.text, &vars.at("text"))?,
            regions: regions::weights(views, config.vision.cells()),
            views: views.len(),
            config: config.clone(),
        })
    }

    /// The views of pictures, `[pictures · views, dimensions]`.
    fn pictures(&self, pictures: Vec<Patches>, device: &Device) -> Tensor<2> {
        let pixels = towers::values(pictures);
        let map = self.vision.forward(pixels, device);
        let cells = self.regions.len() / self.views;
        let regions = TensorData::new(self.regions.clone(), [self.views, cells]);
        let pooled = pool_regions(map, &Tensor::from_data(regions, device));
        let logits = self.classifier.forward(pooled.clone());
        let bridge = &self.config.bridge;
        let meaning = self
            .classes
            .forward(top_softmax(logits, bridge.keep, bridge.temperature));
        match (&self.projections, bridge.parts) {
            (Some(projections), Some(Parts { share, .. })) => {
                let appearance = projections.appearance.forward(pooled);
                let meaning = unit(meaning) * share.sqrt();
                Tensor::cat(vec![meaning, unit(appearance) * (1.0 - share).sqrt()], 1)
            }
            _ => meaning,
        }
    }

    /// One vector for each text, `[texts, dimensions]`.
    fn texts(
        &self,
        texts: &[&Sequence],
        ids: &[u32],
        tokens: Tensor<2>,
        device: &Device,
    ) -> Tensor<2> {
        let x = self.text.forward(texts, ids, tokens, device);
        let meaning = unit(x) - held(&self.centre).unsqueeze();
        match (&self.projections, self.config.bridge.parts) {
            (Some(projections), Some(Parts { appearance, .. })) => {
                // From the host: a kernel for zeros alone would be one more to ship and to compile.
                let none = TensorData::zeros::<f32, _>([texts.len(), appearance]);
                let none = Tensor::from_data(none, device);
                Tensor::cat(vec![projections.texts.forward(meaning), none], 1)
            }
            _ => meaning,
        }
    }
}

/// Rows of length one.
fn unit(rows: Tensor<2>) -> Tensor<2> {
    let length = rows.clone().powi_scalar(2).sum_dim(1).sqrt();
    rows / length.clamp_min(f32::MIN_POSITIVE)
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
            self.views,
            |pictures| self.pictures(pictures, device),
            |texts| self.texts(texts, ids, tokens.expect("a text has tokens"), device),
            device,
        )
    }
}
