//! Tensors as they arrive from a package, on the device, until a network takes them.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Linear;
#[cfg(feature = "autodiff")]
use super::adapter::Adapter;
use crate::ops::{Precision, Weight};
use crate::tensors::{Packing, RawTensor, StoredDtype};
use crate::{Code, Error, Result};

/// Uploaded tensors by name. A clone shares them.
#[derive(Clone)]
pub struct Weights {
    device: Device,
    largest: usize,
    precision: Precision,
    parts: BTreeMap<String, Vec<Part>>,
    #[cfg(feature = "autodiff")]
    adapters: BTreeMap<String, Adapter>,
}

/// A tensor, or a group of its rows if it is too large for one binding.
#[derive(Clone)]
struct Part {
    shape: Vec<usize>,
    stored: Stored,
}

#[derive(Clone)]
enum Stored {
    Floats(Tensor<1>),
    Words(Tensor<1, Int>),
}

impl Weights {
    /// An empty set for a device whose kernels can read `largest_binding` bytes at once.
    pub fn new(device: &Device, largest_binding: Option<u64>) -> Self {
        let largest = largest_binding.map_or(usize::MAX, |bytes| (bytes / 4) as usize);
        Self {
            device: device.clone(),
            largest,
            precision: Precision::Exact,
            parts: BTreeMap::new(),
            #[cfg(feature = "autodiff")]
            adapters: BTreeMap::new(),
        }
    }

    /// With packed weights that are multiplied so; without it they are [`Precision::Exact`].
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Takes a tensor of floats that is on the device already, in the place of one of that name.
    #[cfg(feature = "autodiff")]
    pub fn replace(&mut self, name: &str, shape: &[usize], values: Tensor<1>) {
        let part = Part {
            shape: shape.to_vec(),
            stored: Stored::Floats(values),
        };
        self.parts.insert(name.to_owned(), vec![part]);
    }

    /// Adds `adapter` to the linear layer `name` (without `.weight`).
    #[cfg(feature = "autodiff")]
    pub fn adapt(&mut self, name: &str, adapter: Adapter) {
        self.adapters.insert(name.to_owned(), adapter);
    }

    /// Uploads a tensor.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if it comes twice.
    pub fn insert(&mut self, tensor: RawTensor) -> Result<()> {
        let RawTensor {
            name,
            dtype,
            shape,
            words,
        } = tensor;
        let mut parts = Vec::new();
        let width = shape.iter().skip(1).product::<usize>().max(1);
        if words.len() <= self.largest || shape.len() < 2 {
            parts.push(self.upload(dtype, shape, words));
        } else {
            let rows = (self.largest / width).max(1);
            for group in words.chunks(rows * width) {
                let mut shape = shape.clone();
                shape[0] = group.len() / width;
                parts.push(self.upload(dtype, shape, group.to_vec()));
            }
        }
        match self.parts.insert(name.clone(), parts) {
            None => Ok(()),
            Some(_) => Err(Error::new(Code::PackageTensor, name, "is stored twice")),
        }
    }

    fn upload(&self, dtype: StoredDtype, shape: Vec<usize>, words: Vec<u32>) -> Part {
        let count = words.len();
        let data = match dtype {
            StoredDtype::F32 => TensorData::new(bytemuck::cast_vec::<u32, f32>(words), [count]),
            StoredDtype::U32 => TensorData::new(words, [count]),
        };
        // Weights stay as long as the model: they get pages of their own.
        let stored = self
            .device
            .memory_persistent_allocations(data, |data| match dtype {
                StoredDtype::F32 => Stored::Floats(Tensor::from_data(data, &self.device)),
                StoredDtype::U32 => {
                    Stored::Words(Tensor::from_data(data, (&self.device, DType::U32)))
                }
            });
        Part { shape, stored }
    }

    /// A linear layer `NAME.weight` of `[out_features, in_features]`, in whatever form it is
    /// stored, and `NAME.bias` if `bias`.
    pub(super) fn linear(
        &mut self,
        name: &str,
        [rows, columns]: [usize; 2],
        bias: bool,
    ) -> Result<Linear> {
        let layer = self.stored_linear(name, [rows, columns], bias)?;
        #[cfg(feature = "autodiff")]
        let layer = layer.adapted(self.adapters.remove(name));
        Ok(layer)
    }

    fn stored_linear(
        &mut self,
        name: &str,
        [rows, columns]: [usize; 2],
        bias: bool,
    ) -> Result<Linear> {
        let weight = format!("{name}.weight");
        let bias = if bias {
            Some(self.vector(&format!("{name}.bias"), rows)?)
        } else {
            None
        };
        if self.parts.contains_key(&weight) {
            let parts = self.floats(&weight, [rows, columns])?;
            return Ok(Linear::new(
                parts.into_iter().map(Weight::Float).collect(),
                bias,
            ));
        }
        let forms = [
            (Packing::F16, "f16"),
            (Packing::Q8, "q8"),
            (Packing::Q4, "q4"),
        ];
        let Some((packing, form)) = forms
            .into_iter()
            .find(|(_, form)| self.parts.contains_key(&format!("{weight}.{form}")))
        else {
            return Err(missing(&weight, &[rows, columns]));
        };
        let words = self.words(
            &format!("{weight}.{form}"),
            [rows, packing.words_per_row(columns)],
        )?;
        let scales = match packing.scale_words_per_row(columns) {
            0 => vec![None; words.len()],
            width => self
                .words(&format!("{weight}.scales"), [rows, width])?
                .into_iter()
                .map(Some)
                .collect(),
        };
        // Values and scales may be cut at different rows.
        let rows_of = |t: &Tensor<2, Int>| t.dims()[0];
        let aligned = words.len() == scales.len()
            && words
                .iter()
                .zip(&scales)
                .all(|(w, s)| s.as_ref().is_none_or(|s| rows_of(s) == rows_of(w)));
        let (words, scales) = if aligned {
            (words, scales)
        } else {
            realign(words, scales.into_iter().flatten().collect())
        };
        let parts = words
            .into_iter()
            .zip(scales)
            .map(|(words, scales)| Weight::Packed {
                precision: self.precision,
                packing,
                in_features: columns,
                words,
                scales,
            });
        Ok(Linear::new(parts.collect(), bias))
    }

    /// A float matrix.
    pub(super) fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Tensor<2>> {
        let mut parts = self.floats(name, shape)?;
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Tensor::cat(parts, 0)
        })
    }

    /// Checks that the network took every tensor.
    ///
    /// # Errors
    /// [`Code::PackageTensor`], naming one that is left.
    pub(super) fn all_taken(&self) -> Result<()> {
        let left = self.parts.keys();
        #[cfg(feature = "autodiff")]
        let left = left.chain(self.adapters.keys());
        let mut left = left;
        match left.next() {
            None => Ok(()),
            Some(name) => Err(Error::new(
                Code::PackageTensor,
                name.as_str(),
                "does not belong to this configuration; the package mixes two models",
            )),
        }
    }

    /// A vector of floats.
    pub(super) fn vector(&mut self, name: &str, width: usize) -> Result<Tensor<1>> {
        let mut parts = self.take(name, &[width])?;
        match parts.remove(0).stored {
            Stored::Floats(tensor) => Ok(tensor),
            Stored::Words(_) => Err(wrong_type(name)),
        }
    }

    fn floats(&mut self, name: &str, shape: [usize; 2]) -> Result<Vec<Tensor<2>>> {
        self.take(name, &shape)?
            .into_iter()
            .map(|part| match part.stored {
                Stored::Floats(tensor) => Ok(tensor.reshape([part.shape[0], shape[1]])),
                Stored::Words(_) => Err(wrong_type(name)),
            })
            .collect()
    }

    fn words(&mut self, name: &str, shape: [usize; 2]) -> Result<Vec<Tensor<2, Int>>> {
        self.take(name, &shape)?
            .into_iter()
            .map(|part| match part.stored {
                Stored::Words(tensor) => Ok(tensor.reshape([part.shape[0], shape[1]])),
                Stored::Floats(_) => Err(wrong_type(name)),
            })
            .collect()
    }

    /// The parts of a tensor in order, which together must have the shape.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<Part>> {
        let parts = self
            .parts
            .remove(name)
            .ok_or_else(|| missing(name, shape))?;
        let rows: usize = parts
            .iter()
            .map(|part| part.shape.first().copied().unwrap_or(0))
            .sum();
        let fits = parts
            .iter()
            .all(|part| part.shape.get(1..) == shape.get(1..));
        if fits && rows == shape[0] {
            return Ok(parts);
        }
        let found: Vec<_> = parts.iter().map(|part| &part.shape).collect();
        Err(Error::new(
            Code::PackageTensor,
            name,
            format!("has the shape {found:?}; the configuration asks for {shape:?}"),
        ))
    }
}

/// Cuts the scales at the same rows as the words.
fn realign(
    words: Vec<Tensor<2, Int>>,
    scales: Vec<Tensor<2, Int>>,
) -> (Vec<Tensor<2, Int>>, Vec<Option<Tensor<2, Int>>>) {
    let scales = Tensor::cat(scales, 0);
    let mut start = 0;
    let cut = words
        .iter()
        .map(|words| {
            let rows = words.dims()[0];
            start += rows;
            Some(scales.clone().narrow(0, start - rows, rows))
        })
        .collect();
    (words, cut)
}

fn missing(name: &str, shape: &[usize]) -> Error {
    let message = format!("is missing; the configuration asks for it with the shape {shape:?}");
    Error::new(Code::PackageTensor, name, message)
}

fn wrong_type(name: &str) -> Error {
    Error::new(
        Code::PackageTensor,
        name,
        "is stored in a type that this tensor cannot have",
    )
}
