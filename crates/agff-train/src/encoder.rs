//! The model as training runs it: frozen weights as they are stored, trained ones as tensors that
//! gradients may go through.

use super::base::Base;
use super::captions::cross_entropy;
use super::features::Input;
use super::parameters::{ByName, LOG_TEMPERATURE, LORA_A, LORA_B, Parameters, gradients_of};
use super::random::{Draw, What};
use super::recipe::{Captions, Lora, Train};
use super::scores::unit;
use agff::Result;
use agff::families::{Features, Item, Layout, Network, Patches, Preprocessing, token_ids};
use agff::input::text::Tokenizer;
use agff::layers::adapter::{Adapter, Dropout};
use agff::layers::{Vars, Weights};
use agff::tensors::TOKEN_TABLE;
use burn::backend::DispatchDevice;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// A model in training.
pub struct Encoder {
    base: Base,
    layout: Box<dyn Layout>,
    preprocessing: Box<dyn Preprocessing>,
    frozen: Weights,
    shapes: Vec<(String, Vec<usize>)>,
    lora: Option<Lora>,
    split: bool,
    device: Device,
}

/// Texts and pictures that a model was made with.
pub struct Known {
    features: Vec<Features>,
    texts: usize,
    /// Their unit vectors, of texts and then of all views of pictures.
    vectors: Tensor<2>,
}

/// Names a pass over a chunk, for dropout: both passes over it leave out the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// The run's seed.
    pub seed: u64,
    /// The step.
    pub step: u64,
    /// The chunk within the step.
    pub chunk: u64,
}

/// What the model makes of some inputs.
pub struct Output {
    /// Of all views, `[inputs · views, dimensions]`, of any length.
    pub views: Tensor<2>,
    /// The sum of `−log p` over the tokens of the inputs' captions, `[1]`, where they have some and the
    /// token embeddings are trained.
    pub captions: Option<Tensor<1>>,
}

impl Encoder {
    /// A model whose `parameters` are trained and whose other weights are frozen, on `device` (without
    /// gradients).
    ///
    /// # Errors
    /// Those of the layout and of [`Weights`].
    pub fn new(
        base: Base,
        train: Train,
        lora: &Lora,
        parameters: &Parameters,
        device: &Device,
        largest_binding: Option<u64>,
    ) -> Result<Self> {
        let tokenizer = Tokenizer::from_bytes(&base.tokenizer)?;
        let manifest = &base.manifest;
        let layout = manifest.config.layout(manifest.settings(), tokenizer)?;
        let preprocessing = manifest.preprocessing();
        let mut frozen = Weights::new(device, largest_binding);
        for tensor in base.stored() {
            if !parameters.0.contains_key(tensor.split_name().0) {
                frozen.insert(tensor.clone())?;
            }
        }
        let shapes = parameters.0.iter();
        Ok(Self {
            layout,
            preprocessing,
            frozen,
            shapes: shapes.map(|(n, p)| (n.clone(), p.shape.clone())).collect(),
            lora: (train == Train::Lora).then(|| lora.clone()),
            split: train == Train::Maps,
            device: device.clone(),
            base,
        })
    }

    /// What training started from.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// How images are prepared.
    pub fn preprocessing(&self) -> &dyn Preprocessing {
        &*self.preprocessing
    }

    /// Views of an input.
    pub fn views(&self) -> usize {
        self.base.manifest.views.len()
    }

    /// Width of an embedding.
    pub fn dimensions(&self) -> usize {
        self.base.manifest.config.embedding_dim()
    }

    /// The device, without gradients.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether the model runs on the CPU.
    pub fn on_cpu(&self) -> bool {
        on_cpu(&self.device)
    }

    /// An input, ready for the model.
    ///
    /// # Errors
    /// Those of [`Layout::item`].
    pub fn item(
        &self,
        text: Option<&str>,
        instruction: Option<&str>,
        patches: Option<Patches>,
    ) -> Result<Item> {
        self.layout.item(patches, text, instruction)
    }

    /// Lets an input's model learn to say `caption` of it.
    ///
    /// # Errors
    /// Those of [`Layout::continue_with`].
    pub fn caption(&self, item: &mut Item, caption: &str, settings: &Captions) -> Result<()> {
        let parts = [&settings.cue, caption, &settings.end];
        self.layout.continue_with(item, parts)
    }

    /// The outputs of some inputs. Gradients go to the `trained` tensors that ask for them; `pass`
    /// turns dropout on.
    ///
    /// # Errors
    /// Those of reading token embeddings, and of building the network.
    pub fn forward(
        &self,
        inputs: Vec<Input>,
        trained: &ByName,
        pass: Option<Pass>,
    ) -> Result<Output> {
        let tracked = trained.values().any(Tensor::is_autodiff);
        let device = match tracked {
            true => self.device.clone().autodiff(),
            false => self.device.clone(),
        };
        let network = self.network(trained, pass)?;
        let (mut items, mut features) = (Vec::new(), Vec::new());
        for input in inputs {
            match input {
                Input::Whole(item) => items.push(item),
                Input::Features(of) => features.push(of),
            }
        }
        if !features.is_empty() {
            debug_assert!(items.is_empty(), "features and items run apart");
            let features: Vec<&Features> = features.iter().map(|of| &**of).collect();
            let split = network.split().expect("features are of a split model");
            let read = split.read(&features, &device);
            let counts = read.counts.expect("a split model says how many views");
            return Ok(Output {
                views: self.spread(read.views, &counts, &device),
                captions: None,
            });
        }
        let ids = token_ids(&items);
        let count = ids.len();
        let [_, hidden] = self.base.manifest.config.token_table();
        let table = trained.get(TOKEN_TABLE).map(|table| {
            let rows = table.dims()[0] / hidden;
            table.clone().reshape([rows, hidden])
        });
        let text = match &table {
            _ if count == 0 => None,
            Some(table) => {
                let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
                let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [count]), &device);
                Some(table.clone().select(0, ids))
            }
            None => self.tokens(&ids, &device)?,
        };
        let read = network.forward(items, &ids, text, &device);
        let captions = match (table, read.continuations) {
            (Some(table), Some((said, targets))) => Some(cross_entropy(said, table, &targets)),
            _ => None,
        };
        let views = match read.counts {
            Some(counts) => self.spread(read.views, &counts, &device),
            None => read.views,
        };
        Ok(Output { views, captions })
    }

    /// The embeddings of token ids, from the start's table; none of no ids.
    fn tokens(&self, ids: &[u32], device: &Device) -> Result<Option<Tensor<2>>> {
        let [_, hidden] = self.base.manifest.config.token_table();
        if ids.is_empty() {
            return Ok(None);
        }
        let rows = TensorData::new(self.base.token_rows(ids)?, [ids.len(), hidden]);
        Ok(Some(Tensor::from_data(rows, device)))
    }

    /// Whether [`features`](Self::features) may stand for inputs: what is before them is not trained.
    pub fn has_features(&self) -> bool {
        self.split
    }

    /// What the frozen towers make of some inputs.
    ///
    /// # Errors
    /// Those of reading token embeddings, and of building the network.
    pub fn features(&self, items: Vec<Item>, trained: &ByName) -> Result<Vec<Features>> {
        let network = self.network(trained, None)?;
        let split = network.split().expect("it is a split model");
        let ids = token_ids(&items);
        let tokens = self.tokens(&ids, &self.device)?;
        Ok(split.features(items, &ids, tokens, &self.device))
    }

    /// How far [`Known`] texts and pictures have gone: the mean squares of their vectors' ways, by these weights, and the
    /// gradient of that.
    ///
    /// # Errors
    /// Those of building the network.
    pub fn strayed(
        &self,
        parameters: &Parameters,
        weights: [f32; 2],
        known: &Known,
    ) -> Result<(f32, ByName)> {
        let leaves = parameters.leaves();
        let device = self.device.clone().autodiff();
        let now = self.read_known(&known.features, &leaves, &device)?;
        let way = now - known.vectors.clone().autodiff();
        let rows = way.dims()[0];
        let shares = (0..rows).map(|row| match row < known.texts {
            true => weights[0] / known.texts as f32,
            false => weights[1] / (rows - known.texts) as f32,
        });
        let shares = TensorData::new(shares.collect::<Vec<_>>(), [rows, 1]);
        let shares = Tensor::<2>::from_data(shares, &device);
        let all = (way.powi_scalar(2).sum_dim(1) * shares).sum();
        let value = all.clone().into_scalar::<f32>();
        Ok((value, gradients_of(leaves, all)))
    }

    /// What the model was made with, and its vectors as `parameters` are now.
    ///
    /// # Errors
    /// Those of building the network.
    pub fn known(&self, parameters: &Parameters) -> Result<Known> {
        let trained = parameters.plain();
        let network = self.network(&trained, None)?;
        let features = network
            .split()
            .map_or_else(Vec::new, |split| split.known(&self.device));
        Ok(Known {
            texts: features.iter().filter(|f| !f.is_picture).count(),
            vectors: self.read_known(&features, &trained, &self.device)?,
            features,
        })
    }

    /// Unit vectors of texts, then of all views of pictures.
    fn read_known(
        &self,
        features: &[Features],
        trained: &ByName,
        device: &Device,
    ) -> Result<Tensor<2>> {
        let network = self.network(trained, None)?;
        let split = network.split().expect("it is a split model");
        let features: Vec<&Features> = features.iter().collect();
        Ok(unit(split.read(&features, device).views))
    }

    /// The views of inputs of which some have one view alone, with that one in the place of each that is missing. The
    /// similarity stays what it is: the weights of views add up to one, and so do those of equal ones.
    fn spread(&self, views: Tensor<2>, counts: &[usize], device: &Device) -> Tensor<2> {
        let all = self.views();
        let mut rows: Vec<i32> = Vec::with_capacity(all * counts.len());
        let mut first = 0;
        for &count in counts {
            rows.extend((0..all).map(|view| (first + if view < count { view } else { 0 }) as i32));
            first += count;
        }
        let count = rows.len();
        views.select(0, Tensor::from_data(TensorData::new(rows, [count]), device))
    }

    fn network(&self, trained: &ByName, pass: Option<Pass>) -> Result<Box<dyn Network>> {
        let mut weights = self.frozen.clone();
        let mut adapters = 0;
        for (name, shape) in &self.shapes {
            if name == TOKEN_TABLE || name == LOG_TEMPERATURE || name.ends_with(LORA_B) {
                continue;
            }
            let values = trained[name].clone();
            let (Some(layer), Some(lora)) = (name.strip_suffix(LORA_A), &self.lora) else {
                weights.replace(name, shape, values);
                continue;
            };
            let up = trained[&format!("{layer}{LORA_B}")].clone();
            let out = up.dims()[0] / lora.rank;
            let dropout = pass.map(|pass| {
                let index = pass.chunk << 32 | adapters;
                let mut draw = Draw::new(pass.seed, pass.step, What::Dropout, index);
                Dropout {
                    probability: lora.dropout as f32,
                    seed: draw.below(u64::MAX),
                }
            });
            adapters += 1;
            let adapter = Adapter::new(
                values.reshape([lora.rank, shape[1]]),
                up.reshape([out, lora.rank]),
                lora.scale(),
                dropout,
            );
            weights.adapt(layer, adapter);
        }
        let manifest = &self.base.manifest;
        manifest.config.build(&manifest.views, Vars::new(weights))
    }
}

/// Whether a device is the CPU.
pub fn on_cpu(device: &Device) -> bool {
    matches!(device.as_dispatch(), DispatchDevice::Flex(_))
}
