//! A linear layer, with its weight as it is stored.

use std::ops::Range;

use burn::module::{Module, Param, ParamId};
use burn::tensor::{Int, Tensor};

#[cfg(feature = "autodiff")]
use super::adapter::Adapter;
use super::param;
use crate::ops::{self, Activation, Combine, Precision, Weight};
use crate::tensors::Packing;

/// A linear layer. Weights too large for one binding come in several groups of rows.
#[derive(Module, Debug)]
pub struct Linear {
    parts: Vec<Stored>,
    bias: Option<Param<Tensor<1>>>,
    #[cfg(feature = "autodiff")]
    adapter: Option<Adapter>,
}

/// A weight, or a group of its rows, as a module.
#[derive(Module, Debug)]
pub enum Stored {
    /// Floats, `[out_features, in_features]`.
    Float(Param<Tensor<2>>),
    /// Packed words.
    Packed(Packed),
}

/// The packed form of [`Stored`]; see [`Weight::Packed`].
#[derive(Module, Debug)]
pub struct Packed {
    #[module(skip)]
    packing: Packing,
    #[module(skip)]
    in_features: usize,
    #[module(skip)]
    precision: Precision,
    words: Param<Tensor<2, Int>>,
    scales: Option<Param<Tensor<2, Int>>>,
}

impl From<Weight> for Stored {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Float(weight) => Stored::Float(param(weight)),
            Weight::Packed {
                packing,
                in_features,
                words,
                scales,
                precision,
            } => Stored::Packed(Packed {
                packing,
                in_features,
                precision,
                words: Param::initialized(ParamId::new(), words),
                scales: scales.map(|scales| Param::initialized(ParamId::new(), scales)),
            }),
        }
    }
}

impl Stored {
    fn weight(&self) -> Weight {
        match self {
            Stored::Float(weight) => Weight::Float(weight.val()),
            Stored::Packed(packed) => Weight::Packed {
                packing: packed.packing,
                in_features: packed.in_features,
                precision: packed.precision,
                words: packed.words.val(),
                scales: packed.scales.as_ref().map(Param::val),
            },
        }
    }
}

impl Linear {
    /// A layer of one or more groups of rows.
    pub fn new(parts: Vec<Weight>, bias: Option<Tensor<1>>) -> Self {
        Self {
            parts: parts.into_iter().map(Stored::from).collect(),
            bias: bias.map(param),
            #[cfg(feature = "autodiff")]
            adapter: None,
        }
    }

    /// The same layer with a low-rank addition to its weight.
    #[cfg(feature = "autodiff")]
    pub fn adapted(self, adapter: Option<Adapter>) -> Self {
        Self { adapter, ..self }
    }

    /// The layer of some of its outputs, with a weight of its own.
    pub fn outputs(&self, range: Range<usize>) -> Self {
        let mut start = 0;
        let mut parts = Vec::new();
        for part in &self.parts {
            let weight = part.weight();
            let rows = weight.shape()[0];
            let (from, to) = (
                range.start.clamp(start, start + rows),
                range.end.clamp(start, start + rows),
            );
            if from < to {
                parts.push(weight.rows(from - start..to - start));
            }
            start += rows;
        }
        let bias = self
            .bias
            .as_ref()
            .map(|bias| bias.val().slice([range.clone()]));
        let layer = Self::new(parts, bias);
        #[cfg(feature = "autodiff")]
        let layer = layer.adapted(self.adapter.as_ref().map(|adapter| adapter.outputs(range)));
        layer
    }

    /// `x · Wᵀ + b`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.run(x, None, Combine::Nothing)
    }

    /// `activation(x · Wᵀ + b)`.
    pub fn activated(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        self.run(x, Some(activation), Combine::Nothing)
    }

    /// `x · Wᵀ + b + residual`.
    pub fn added_to(&self, x: Tensor<2>, residual: Tensor<2>) -> Tensor<2> {
        self.run(x, None, Combine::Add(residual))
    }

    /// `(x · Wᵀ + b) ⊙ gate`.
    pub fn gated_by(&self, x: Tensor<2>, gate: Tensor<2>) -> Tensor<2> {
        self.run(x, None, Combine::Multiply(gate))
    }

    fn run(&self, x: Tensor<2>, activation: Option<Activation>, combine: Combine) -> Tensor<2> {
        #[cfg(feature = "autodiff")]
        if let Some(adapter) = &self.adapter {
            return self.with_adapter(adapter, x, activation, combine);
        }
        self.stored(x, activation, combine)
    }

    /// The layer and its adapter, whose addition comes before the activation.
    #[cfg(feature = "autodiff")]
    fn with_adapter(
        &self,
        adapter: &Adapter,
        x: Tensor<2>,
        activation: Option<Activation>,
        combine: Combine,
    ) -> Tensor<2> {
        let addition = adapter.forward(x.clone());
        let y = self.stored(x, None, Combine::Add(addition));
        let y = match activation {
            Some(activation) => ops::activated(y, activation, None),
            None => y,
        };
        match combine {
            Combine::Nothing => y,
            Combine::Add(other) => y + other,
            Combine::Multiply(other) => y * other,
        }
    }

    /// The layer without its adapter.
    fn stored(&self, x: Tensor<2>, activation: Option<Activation>, combine: Combine) -> Tensor<2> {
        let bias = self.bias.as_ref().map(Param::val);
        if let [part] = self.parts.as_slice() {
            return ops::linear(x, &part.weight(), bias.as_ref(), activation, combine);
        }
        let mut start = 0;
        let parts = self.parts.iter().map(|part| {
            let weight = part.weight();
            let width = weight.shape()[0];
            let bias = bias
                .as_ref()
                .map(|bias| bias.clone().narrow(0, start, width));
            let cut = |other: &Tensor<2>| other.clone().narrow(1, start, width);
            let combine = match &combine {
                Combine::Nothing => Combine::Nothing,
                Combine::Add(other) => Combine::Add(cut(other)),
                Combine::Multiply(other) => Combine::Multiply(cut(other)),
            };
            start += width;
            ops::linear(x.clone(), &weight, bias.as_ref(), activation, combine)
        });
        Tensor::cat(parts.collect(), 1)
    }
}
