//! What is trained, by the names of packages.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};

use super::base::{Base, drawn};
use super::recipe::{LinearName, Lora, Train};
use agff::tensors::{Group, Kind, TensorSpec};
use agff::{Code, Error, Result};

/// The name of log τ, which is no tensor of the model.
pub const LOG_TEMPERATURE: &str = "loss.log_temperature";

/// Follow a linear layer's name: A, `[rank, in]`, and B, `[out, rank]`, of its adapter.
pub const LORA_A: &str = ".lora_a";
/// See [`LORA_A`].
pub const LORA_B: &str = ".lora_b";

impl Lora {
    /// α / rank.
    pub fn scale(&self) -> f32 {
        (self.alpha / self.rank as f64) as f32
    }

    /// The linear layer that `spec` is the weight of, if it gets an adapter.
    pub fn layer<'a>(&self, spec: &'a TensorSpec) -> Option<&'a str> {
        let layer = spec.name.strip_suffix(".weight")?;
        let last = layer.rsplit('.').next()?;
        let name = LinearName::ALL.iter().find(|name| name.as_str() == last)?;
        (spec.kind == Kind::Linear && self.adapts(*name, spec.group)).then_some(layer)
    }
}

/// A trained tensor.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, row by row, without gradients.
    pub values: Tensor<1>,
    /// The part of the model that it belongs to; none for the temperature of the loss.
    pub group: Option<Group>,
    /// Whether weight decay applies: to matrices, not to norms, biases and vectors that are looked up.
    pub decays: bool,
    /// Whether it is a matrix inside the layers, one that Muon moves: neither the first nor the last thing
    /// that an input meets.
    pub inner: bool,
}

impl Parameter {
    /// A tensor of these values that belongs to no part of the model.
    pub fn new(shape: Vec<usize>, values: Vec<f32>, device: &Device) -> Self {
        let count = values.len();
        Self {
            shape,
            values: Tensor::from_data(TensorData::new(values, [count]), device),
            group: None,
            decays: false,
            inner: false,
        }
    }

    /// The same as the tensor that `spec` names, or as a matrix of its adapter.
    pub fn of(self, spec: &TensorSpec) -> Self {
        let looked_up = matches!(spec.group, Group::Views | Group::Embeddings);
        let decays = self.shape.len() == 2 && !looked_up;
        Self {
            group: Some(spec.group),
            decays,
            inner: decays && spec.kind == Kind::Linear && !spec.kernel,
            ..self
        }
    }

    /// The same with other values.
    pub fn with(&self, values: Vec<f32>, device: &Device) -> Self {
        let count = values.len();
        Self {
            values: Tensor::from_data(TensorData::new(values, [count]), device),
            ..self.clone()
        }
    }

    /// The shape of a matrix inside the layers.
    pub fn inner_matrix(&self) -> Option<[usize; 2]> {
        let shape = <[usize; 2]>::try_from(self.shape.as_slice()).ok()?;
        self.inner.then_some(shape)
    }
}

/// Everything that is trained.
#[derive(Debug, Clone)]
pub struct Parameters(pub BTreeMap<String, Parameter>);

/// A tensor for each parameter that has one, such as its gradient.
pub type ByName = BTreeMap<String, Tensor<1>>;

/// The gradients of a loss, of those [leaves](Parameters::leaves) that it depends on.
pub fn gradients_of(leaves: ByName, loss: Tensor<1>) -> ByName {
    let mut gradients = loss.backward();
    let leaves = leaves.into_iter();
    leaves
        .filter_map(|(name, leaf)| Some((name, leaf.grad_remove(&mut gradients)?)))
        .collect()
}

impl Parameters {
    /// The parameters of a model at its start. `log_temperature` is there if it is learned.
    ///
    /// # Errors
    /// [`Code::Recipe`] if nothing would be trained; errors of reading the package.
    pub fn new(
        base: &Base,
        train: Train,
        lora: &Lora,
        log_temperature: Option<f32>,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        let mut tensors = BTreeMap::new();
        for spec in base.specs() {
            let is_view = spec.group == Group::Views;
            let is_map = spec.group == Group::Maps && train == Train::Maps;
            if is_view || is_map || train == Train::All {
                let values = base.floats(&spec)?;
                let parameter = Parameter::new(spec.shape.clone(), values, device).of(&spec);
                tensors.insert(spec.name, parameter);
            } else if train == Train::Lora
                && let Some(layer) = lora.layer(&spec)
            {
                let (out, input) = (spec.shape[0], spec.shape[1]);
                let half = (3.0 / input as f64).sqrt();
                let mut draw = drawn(seed, layer);
                let a = (0..lora.rank * input)
                    .map(|_| draw.between(-half, half) as f32)
                    .collect();
                let a = Parameter::new(vec![lora.rank, input], a, device).of(&spec);
                // B begins at zero, and so the adapter at nothing.
                let b = vec![0.0; out * lora.rank];
                let b = Parameter::new(vec![out, lora.rank], b, device).of(&spec);
                tensors.insert(format!("{layer}{LORA_A}"), a);
                tensors.insert(format!("{layer}{LORA_B}"), b);
            }
        }
        if tensors.is_empty() {
            let what = match train {
                Train::Views => "there are no learned vectors to train; give the recipe [views]",
                _ => "no linear layer has one of the target names",
            };
            return Err(Error::new(Code::Recipe, "train", what));
        }
        if let Some(log) = log_temperature {
            let parameter = Parameter::new(vec![1], vec![log], device);
            tensors.insert(LOG_TEMPERATURE.into(), parameter);
        }
        Ok(Self(tensors))
    }

    /// Numbers that are trained.
    pub fn count(&self) -> usize {
        let of = |p: &Parameter| p.shape.iter().product::<usize>();
        self.0.values().map(of).sum()
    }

    /// The values as they are.
    pub fn plain(&self) -> ByName {
        self.map(|values| values)
    }

    /// The values as new leaves that gradients are wanted of. Every call makes its own, so that passes
    /// on several threads share no graph.
    pub fn leaves(&self) -> ByName {
        self.map(|values| values.autodiff().require_grad())
    }

    fn map(&self, f: impl Fn(Tensor<1>) -> Tensor<1>) -> ByName {
        let tensors = self.0.iter();
        tensors
            .map(|(name, p)| (name.clone(), f(p.values.clone())))
            .collect()
    }

    /// The values of one parameter on the host.
    pub fn host(&self, name: &str) -> Option<Vec<f32>> {
        let parameter = self.0.get(name)?;
        parameter.values.clone().into_data().try_into_vec().ok()
    }

    /// τ, if it is learned.
    pub fn temperature(&self) -> Option<f32> {
        Some(self.host(LOG_TEMPERATURE)?[0].exp())
    }
}
