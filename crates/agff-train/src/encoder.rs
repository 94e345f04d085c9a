//! The model as training runs it: frozen weights as they are stored, trained ones as tensors that
//! gradients may go through.

use super::base::Base;
use super::captions::cross_entropy;
use super::parameters::{ByName, LOG_TEMPERATURE, LORA_A, LORA_B, Parameters};
use super::random::{Draw, What};
use super::recipe::{Captions, Lora, Train};
use agff::Result;
use agff::families::{Item, Layout, Network, Patches, Preprocessing, token_ids};
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
    device: Device,
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
        items: Vec<Item>,
        trained: &ByName,
        pass: Option<Pass>,
    ) -> Result<Output> {
        let tracked = trained.values().any(Tensor::is_autodiff);
        let device = match tracked {
            true => self.device.clone().autodiff(),
            false => self.device.clone(),
        };
        let network = self.network(trained, pass)?;
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
            None => {
                let rows = TensorData::new(self.base.token_rows(&ids)?, [count, hidden]);
                Some(Tensor::from_data(rows, &device))
            }
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
