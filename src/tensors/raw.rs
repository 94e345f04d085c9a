//! Whole tensors as they are stored, and how their names say so.

use safetensors::Dtype as FileDtype;

use super::dtype::Dtype;
use super::quantize::{has_scales, pack_rows, scale_words, words_per_row};
use super::spec::TensorSpec;
#[cfg(doc)]
use crate::Code;
use crate::Result;

/// The type of a stored tensor's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredDtype {
    /// 32-bit floats.
    F32,
    /// Words of packed values: f16, quantised integers, or scales.
    U32,
}

impl StoredDtype {
    /// The same type in a safetensors header, if it is one that packages have.
    pub fn from_file(dtype: FileDtype) -> Option<Self> {
        match dtype {
            FileDtype::F32 => Some(Self::F32),
            FileDtype::U32 => Some(Self::U32),
            _ => None,
        }
    }

    /// The type in a safetensors header.
    pub fn in_file(self) -> FileDtype {
        match self {
            Self::F32 => FileDtype::F32,
            Self::U32 => FileDtype::U32,
        }
    }
}

/// A whole tensor as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RawTensor {
    /// The stored name: the tensor's name and [`Suffix`].
    pub name: String,
    /// What a word is.
    pub dtype: StoredDtype,
    /// The shape, counted in words: as the tensor's for f32, `[N, words of a row]` for packed ones.
    pub shape: Vec<usize>,
    /// The data; f32 values as their bits.
    pub words: Vec<u32>,
}

impl RawTensor {
    /// An f32 tensor.
    pub fn f32(name: impl Into<String>, shape: Vec<usize>, values: &[f32]) -> Self {
        Self {
            name: name.into(),
            dtype: StoredDtype::F32,
            shape,
            words: bytemuck::cast_slice(values).to_vec(),
        }
    }

    /// A tensor of packed words.
    pub fn packed(name: impl Into<String>, shape: Vec<usize>, words: Vec<u32>) -> Self {
        Self {
            name: name.into(),
            dtype: StoredDtype::U32,
            shape,
            words,
        }
    }

    /// The stored tensors of a tensor's values: one, or quantised values and their scales.
    ///
    /// # Errors
    /// [`Code::PackageNotFinite`] for values that cannot be packed.
    pub fn stored(spec: &TensorSpec, dtype: Dtype, values: &[f32]) -> Result<Vec<Self>> {
        if dtype == Dtype::F32 {
            return Ok(vec![Self::f32(&spec.name, spec.shape.clone(), values)]);
        }
        let (rows, columns) = (spec.shape[0], spec.shape[1]);
        let packed = pack_rows(dtype, &spec.name, columns, values)?;
        let name = |suffix: Suffix| format!("{}{}", spec.name, suffix.as_str());
        let shape = vec![rows, words_per_row(dtype, columns)];
        let mut tensors = vec![Self::packed(name(Suffix::of(dtype)), shape, packed.words)];
        if has_scales(dtype) {
            let shape = vec![rows, scale_words(columns)];
            tensors.push(Self::packed(name(Suffix::Scales), shape, packed.scales));
        }
        Ok(tensors)
    }

    /// The values of an f32 tensor.
    pub fn as_f32(&self) -> Option<&[f32]> {
        (self.dtype == StoredDtype::F32).then(|| bytemuck::cast_slice(&self.words))
    }

    /// The tensor's own name, and what of it this is.
    pub fn split_name(&self) -> (&str, Suffix) {
        Suffix::split(&self.name)
    }
}

/// What follows a tensor's name in its stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suffix {
    /// Nothing: f32.
    F32,
    /// `.f16`
    F16,
    /// `.q8`
    Q8,
    /// `.q4`
    Q4,
    /// `.scales`, of q8 or q4
    Scales,
}

impl Suffix {
    /// The text, with its dot.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "",
            Self::F16 => ".f16",
            Self::Q8 => ".q8",
            Self::Q4 => ".q4",
            Self::Scales => ".scales",
        }
    }

    /// Splits a stored name into the tensor's name and suffix.
    pub fn split(stored: &str) -> (&str, Self) {
        [Self::F16, Self::Q8, Self::Q4, Self::Scales]
            .into_iter()
            .find_map(|s| stored.strip_suffix(s.as_str()).map(|name| (name, s)))
            .unwrap_or((stored, Self::F32))
    }

    /// The suffix of values that are stored as `dtype`.
    pub fn of(dtype: Dtype) -> Self {
        match dtype {
            Dtype::F32 => Self::F32,
            Dtype::F16 => Self::F16,
            Dtype::Q8 => Self::Q8,
            Dtype::Q4 => Self::Q4,
        }
    }

    /// How values with this suffix are stored; scales have none of their own.
    pub fn dtype(self) -> Option<Dtype> {
        match self {
            Self::F32 => Some(Dtype::F32),
            Self::F16 => Some(Dtype::F16),
            Self::Q8 => Some(Dtype::Q8),
            Self::Q4 => Some(Dtype::Q4),
            Self::Scales => None,
        }
    }
}
