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
#[cfg(feature = "autodiff")]
use crate::families::{Features, Split};
use crate::families::{Item, Patches, Readout, Sequence, View, settings::initial_views};
use crate::layers::{Group, Held, Linear, Vars, held};
use crate::ops::{Combine, Weight, linear, pool_own_regions, pool_regions, top_softmax};
use crate::tensors::Init;

/// What makes vectors of two parts.
#[derive(Module, Debug)]
struct Projections {
    /// `[meaning, hidden]`.
    texts: Linear,
    /// `[appearance, head]`.
    appearance: Linear,
}

/// Maps that were trained on pictures and words.
#[derive(Module, Debug)]
struct Maps {
    /// `[meaning, head]`.
    pictures: Linear,
    /// `[meaning, meaning]`.
    texts: Linear,
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
    maps: Option<Maps>,
    text: Encoder,
    /// What is taken from a text's vector, `[hidden]`: where texts lie that say nothing in particular.
    centre: Held<1>,
    /// What the learned regions look for, `[learned regions, head]`.
    looks: Held<2>,
    /// The shares of all other views in the cells, `[views, cells]`.
    #[module(skip)]
    regions: Vec<f32>,
    /// Views of a picture, the learned ones last, and how many of them these are.
    #[module(skip)]
    views: [usize; 2],
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
        let meaning = config.bridge.meaning(hidden);
        let of_maps = bridge.group(Group::Maps).at("maps");
        let maps = || {
            Ok(Maps {
                pictures: of_maps.linear("pictures", [meaning, config.vision.head], false)?,
                texts: of_maps.linear("texts", [meaning, meaning], false)?,
            })
        };
        let fixed = views.iter().take_while(|view| view.learned == 0).count();
        Ok(Self {
            vision: Tower::new(&config.vision, &vision)?,
            classifier: vision.linear("classifier", [classes, config.vision.head], true)?,
            classes: bridge.linear("classes", [meaning, classes], false)?,
            projections: parts.map(projections).transpose()?,
            maps: config.bridge.maps.then(maps).transpose()?,
            centre: bridge.vector("centre", hidden, Init::Zeros)?,
            text: Encoder::new(&config.text, &vars.at("text"))?,
            looks: initial_views(views, config.vision.head, Init::Zeros, vars)?,
            regions: regions::weights(&views[..fixed], config.vision.cells()),
            views: [views.len(), views.len() - fixed],
            config: config.clone(),
        })
    }

    /// The last feature maps of pictures, `[pictures · cells, head]`.
    fn feature_maps(&self, pictures: Vec<Patches>, device: &Device) -> Tensor<2> {
        self.vision.forward(towers::values(pictures), device)
    }

    /// The mean features of each view, `[pictures · views, head]`.
    fn pooled(&self, map: Tensor<2>, device: &Device) -> Tensor<2> {
        let [views, learned] = self.views;
        let fixed = views - learned;
        let [rows, head] = map.dims();
        let cells = self.regions.len() / fixed;
        let regions = TensorData::new(self.regions.clone(), [fixed, cells]);
        let regions = Tensor::<2>::from_data(regions, device);
        if learned == 0 {
            return pool_regions(map, &regions);
        }
        let pictures = rows / cells;
        // How much each learned region looks at each cell.
        let looks = held(&self.looks) / (head as f32).sqrt();
        let looks = &Weight::Float(looks);
        let looks = linear(map.clone(), looks, None, None, Combine::Nothing);
        let looks = looks.reshape([pictures, cells, learned]).swap_dims(1, 2);
        let looks = top_softmax(looks.reshape([pictures * learned, cells]), cells, 1.0);
        let looks = looks.reshape([pictures, learned, cells]);
        let regions = regions.unsqueeze::<3>().expand([pictures, fixed, cells]);
        let all = Tensor::cat(vec![regions, looks], 1);
        pool_own_regions(map, &all.reshape([pictures * views, cells]))
    }

    /// What views with these mean features show by their classes, `[views, meaning]`.
    fn shown(&self, pooled: Tensor<2>) -> Tensor<2> {
        let bridge = &self.config.bridge;
        let logits = self.classifier.forward(pooled);
        let classes = top_softmax(logits, bridge.keep, bridge.temperature);
        self.classes.forward(classes)
    }

    /// The vectors of views with these mean features that show this, `[views, dimensions]`.
    fn seen(&self, pooled: Tensor<2>, mut meaning: Tensor<2>) -> Tensor<2> {
        if let Some(maps) = &self.maps {
            meaning = maps.pictures.added_to(unit(pooled.clone()), unit(meaning));
        }
        match (&self.projections, self.config.bridge.parts) {
            (Some(projections), Some(Parts { share, .. })) => {
                let appearance = projections.appearance.forward(pooled);
                let meaning = unit(meaning) * share.sqrt();
                Tensor::cat(vec![meaning, unit(appearance) * (1.0 - share).sqrt()], 1)
            }
            _ => meaning,
        }
    }

    /// What texts say, before the maps, `[texts, meaning]`.
    fn encoded(
        &self,
        texts: &[&Sequence],
        ids: &[u32],
        tokens: Tensor<2>,
        device: &Device,
    ) -> Tensor<2> {
        let x = self.text.forward(texts, ids, tokens, device);
        let meaning = unit(x) - held(&self.centre).unsqueeze();
        match &self.projections {
            Some(projections) => projections.texts.forward(meaning),
            None => meaning,
        }
    }

    /// Their vectors, `[texts, dimensions]`.
    fn said(&self, mut meaning: Tensor<2>, device: &Device) -> Tensor<2> {
        if let Some(maps) = &self.maps {
            let own = unit(meaning);
            meaning = maps.texts.added_to(own.clone(), own);
        }
        match self.config.bridge.parts {
            Some(Parts { appearance, .. }) => {
                // From the host: a kernel for zeros alone would be one more to ship and to compile.
                let none = TensorData::zeros::<f32, _>([meaning.dims()[0], appearance]);
                let none = Tensor::from_data(none, device);
                Tensor::cat(vec![meaning, none], 1)
            }
            None => meaning,
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
            self.views[0],
            |pictures| {
                let pooled = self.pooled(self.feature_maps(pictures, device), device);
                self.seen(pooled.clone(), self.shown(pooled))
            },
            |texts| {
                let tokens = tokens.expect("a text has tokens");
                self.said(self.encoded(texts, ids, tokens, device), device)
            },
            device,
        )
    }

    #[cfg(feature = "autodiff")]
    fn split(&self) -> Option<&dyn Split> {
        self.maps.is_some().then_some(self)
    }
}

/// Where regions are learned a picture's features are its map, else the mean features of each view and what it shows; a
/// text's are what it says.
#[cfg(feature = "autodiff")]
impl Split for Network {
    fn features(
        &self,
        mut items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Vec<Features> {
        let [views, learned] = self.views;
        let pictures: Vec<_> = items.iter_mut().map(|item| item.patches.take()).collect();
        let kinds: Vec<bool> = pictures.iter().map(Option::is_some).collect();
        let pictures: Vec<_> = pictures.into_iter().flatten().collect();
        let texts: Vec<&Sequence> = items
            .iter()
            .map(|item| &item.sequence)
            .filter(|sequence| !sequence.tokens.is_empty())
            .collect();
        let of_pictures = (!pictures.is_empty()).then(|| {
            let map = self.feature_maps(pictures, device);
            match learned {
                0 => {
                    let pooled = self.pooled(map, device);
                    let shown = self.shown(pooled.clone());
                    rows_of(Tensor::cat(vec![pooled, shown], 1), views)
                }
                _ => {
                    let cells = self.regions.len() / (views - learned);
                    rows_of(map, cells)
                }
            }
        });
        let of_texts = (!texts.is_empty()).then(|| {
            let tokens = tokens.expect("a text has tokens");
            rows_of(self.encoded(&texts, ids, tokens, device), 1)
        });
        let mut of_pictures = of_pictures.into_iter().flatten();
        let mut of_texts = of_texts.into_iter().flatten();
        let next = |is_picture: bool| Features {
            values: match is_picture {
                true => of_pictures.next(),
                false => of_texts.next(),
            }
            .expect("each item has some"),
            is_picture,
        };
        kinds.into_iter().map(next).collect()
    }

    /// The classes: their names, and pictures of which each view has the features by which the classifier knows one.
    fn known(&self, device: &Device) -> Vec<Features> {
        let [views, learned] = self.views;
        let (classes, head) = (self.config.vision.classes, self.config.vision.head);
        let shown = unit(self.classes.forward(Tensor::eye(classes, device)));
        let names = rows_of(shown.clone(), 1);
        let features = self.classifier.forward(Tensor::eye(head, device));
        let bias = self.classifier.forward(Tensor::zeros([1, head], device));
        let features = (features - bias).transpose();
        // A map of cells would be too much of one class.
        let pictures = match learned {
            0 => rows_of(Tensor::cat(vec![features, shown], 1), views),
            _ => Vec::new(),
        };
        let whole = classes / views;
        let of = |is_picture| move |values| Features { values, is_picture };
        let pictures = pictures.into_iter().take(whole).map(of(true));
        names.into_iter().map(of(false)).chain(pictures).collect()
    }

    fn read(&self, features: &[&Features], device: &Device) -> Readout {
        let kinds: Vec<bool> = features.iter().map(|f| f.is_picture).collect();
        let of = |is_picture: bool, width: usize| {
            let some = features.iter().filter(|f| f.is_picture == is_picture);
            let values: Vec<f32> = some.flat_map(|f| &f.values).copied().collect();
            let rows = values.len() / width;
            (rows > 0)
                .then(|| Tensor::<2>::from_data(TensorData::new(values, [rows, width]), device))
        };
        let config = &self.config;
        let head = config.vision.head;
        let meaning = config.bridge.meaning(config.text.hidden_size);
        let seen = match self.views[1] {
            0 => of(true, head + meaning).map(|rows| {
                let shown = rows.clone().narrow(1, head, meaning);
                self.seen(rows.narrow(1, 0, head), shown)
            }),
            _ => of(true, head).map(|map| {
                let pooled = self.pooled(map, device);
                self.seen(pooled.clone(), self.shown(pooled))
            }),
        };
        let said = of(false, meaning);
        let said = said.map(|rows| self.said(rows, device));
        let parts = seen.into_iter().chain(said).collect();
        towers::in_order(parts, &kinds, self.views[0], device)
    }
}

/// So many rows each, on the host.
#[cfg(feature = "autodiff")]
fn rows_of(x: Tensor<2>, rows: usize) -> Vec<Vec<f32>> {
    let width = x.dims()[1];
    let values: Vec<f32> = x.into_data().try_into_vec().expect("floats");
    values.chunks(rows * width).map(<[f32]>::to_vec).collect()
}
