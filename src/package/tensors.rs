//! Which tensors a model has, and how they are named and stored in a package.
//!
//! [`expected_tensors`] is the one list: conversion, the writer's callers and the loader's checks all
//! follow it.

use std::collections::BTreeMap;

use safetensors::Dtype as FileDtype;

use super::config::{ModelConfig, VisionConfig};
use super::manifest::{Dtype, View};
use super::quantize::{has_scales, pack_rows, scale_words, words_per_row};
use crate::{Code, Error, Result};

/// The token embeddings' name.
pub const TOKEN_TABLE: &str = "text.embed_tokens.weight";

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

/// What a tensor is for, and so how it may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The weight of a linear layer, `[out, in]`: f32, f16, q8 or q4.
    Linear,
    /// Norms, biases, the position table and learned views: f32.
    Plain,
    /// The token embeddings, `[vocabulary, hidden]`: f32, f16 or q8, in shards of their own.
    TokenTable,
}

/// A tensor that a model has.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorSpec {
    /// Its name in packages.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it is for.
    pub kind: Kind,
}

impl TensorSpec {
    /// Whether it is the weight of a linear layer.
    pub fn is_linear(&self) -> bool {
        self.kind == Kind::Linear
    }

    /// The type and shape of what is stored under `suffix`, or `None` if that may not be.
    pub fn stored(&self, suffix: Suffix) -> Option<(StoredDtype, Vec<usize>)> {
        if suffix == Suffix::F32 {
            return Some((StoredDtype::F32, self.shape.clone()));
        }
        let (&[n, k], true) = (self.shape.as_slice(), self.kind != Kind::Plain) else {
            return None;
        };
        if suffix == Suffix::Q4 && self.kind == Kind::TokenTable {
            return None;
        }
        let words = suffix
            .dtype()
            .map_or_else(|| scale_words(k), |dtype| words_per_row(dtype, k));
        Some((StoredDtype::U32, vec![n, words]))
    }
}

/// Every tensor of a model with these views, in the order in which packages store them: vision
/// tower, views, decoder, token embeddings.
pub fn expected_tensors(config: &ModelConfig, views: &[View]) -> Vec<TensorSpec> {
    let mut list = Vec::new();
    vision_tensors(&config.vision, &mut list);
    let t = &config.text;
    for view in views.iter().filter(|v| v.learned > 0) {
        plain(
            &mut list,
            format!("views.{}", view.name),
            vec![view.learned, t.hidden_size],
        );
    }
    let (h, q) = (t.hidden_size, t.num_attention_heads * t.head_dim);
    let kv = t.num_key_value_heads * t.head_dim;
    for i in 0..t.num_hidden_layers {
        let at = |part: &str| format!("text.layers.{i}.{part}");
        plain(&mut list, at("input_layernorm.weight"), vec![h]);
        for (name, n, k) in [
            ("q_proj", q, h),
            ("k_proj", kv, h),
            ("v_proj", kv, h),
            ("o_proj", h, q),
        ] {
            let name = at(&format!("self_attn.{name}"));
            linear(&mut list, &name, n, k, t.attention_bias);
        }
        plain(&mut list, at("self_attn.q_norm.weight"), vec![t.head_dim]);
        plain(&mut list, at("self_attn.k_norm.weight"), vec![t.head_dim]);
        plain(&mut list, at("post_attention_layernorm.weight"), vec![h]);
        let m = t.intermediate_size;
        linear(&mut list, &at("mlp.gate_proj"), m, h, false);
        linear(&mut list, &at("mlp.up_proj"), m, h, false);
        linear(&mut list, &at("mlp.down_proj"), h, m, false);
    }
    plain(&mut list, "text.norm.weight".into(), vec![h]);
    list.push(TensorSpec {
        name: TOKEN_TABLE.into(),
        shape: vec![t.vocab_size, h],
        kind: Kind::TokenTable,
    });
    list
}

fn vision_tensors(v: &VisionConfig, list: &mut Vec<TensorSpec>) {
    let h = v.hidden_size;
    linear(list, "vision.patch_embed.proj", h, v.patch_values(), true);
    plain(
        list,
        "vision.pos_embed.weight".into(),
        vec![v.num_position_embeddings, h],
    );
    for i in 0..v.depth {
        let at = |part: &str| format!("vision.blocks.{i}.{part}");
        norm(list, &at("norm1"), h);
        linear(list, &at("attn.qkv"), 3 * h, h, true);
        linear(list, &at("attn.proj"), h, h, true);
        norm(list, &at("norm2"), h);
        linear(list, &at("mlp.linear_fc1"), v.intermediate_size, h, true);
        linear(list, &at("mlp.linear_fc2"), h, v.intermediate_size, true);
    }
    let merged = h * v.spatial_merge_size * v.spatial_merge_size;
    let deep = (0..v.deepstack_visual_indexes.len())
        .map(|i| (format!("vision.deepstack_merger_list.{i}"), merged));
    for (at, normed) in std::iter::once(("vision.merger".to_string(), h)).chain(deep) {
        norm(list, &format!("{at}.norm"), normed);
        linear(list, &format!("{at}.linear_fc1"), merged, merged, true);
        linear(
            list,
            &format!("{at}.linear_fc2"),
            v.out_hidden_size,
            merged,
            true,
        );
    }
}

fn plain(list: &mut Vec<TensorSpec>, name: String, shape: Vec<usize>) {
    list.push(TensorSpec {
        name,
        shape,
        kind: Kind::Plain,
    });
}

fn norm(list: &mut Vec<TensorSpec>, at: &str, size: usize) {
    plain(list, format!("{at}.weight"), vec![size]);
    plain(list, format!("{at}.bias"), vec![size]);
}

fn linear(list: &mut Vec<TensorSpec>, at: &str, n: usize, k: usize, bias: bool) {
    list.push(TensorSpec {
        name: format!("{at}.weight"),
        shape: vec![n, k],
        kind: Kind::Linear,
    });
    if bias {
        plain(list, format!("{at}.bias"), vec![n]);
    }
}

/// Holds the tensors of a package against the list, one by one, and at the end the list against them.
pub(crate) struct Checklist {
    specs: BTreeMap<String, (TensorSpec, Vec<Suffix>)>,
}

impl Checklist {
    /// A list of what must come.
    pub fn new(specs: impl IntoIterator<Item = TensorSpec>) -> Self {
        Self {
            specs: specs
                .into_iter()
                .map(|s| (s.name.clone(), (s, Vec::new())))
                .collect(),
        }
    }

    /// The whole shape that the stored tensor `name` must have, and its type; ticks it off.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if the model has no such tensor, or has it already.
    pub fn tick(&mut self, stored: &str) -> Result<(StoredDtype, Vec<usize>)> {
        let fail = |why: &str| Err(Error::new(Code::PackageTensor, stored, why));
        let (name, suffix) = Suffix::split(stored);
        let Some((spec, seen)) = self.specs.get_mut(name) else {
            return fail("is not a tensor of this model");
        };
        let Some(is) = spec.stored(suffix) else {
            return fail("is stored in a way that this tensor may not be");
        };
        if seen.contains(&suffix) {
            return fail("is there twice");
        }
        if suffix != Suffix::Scales && seen.iter().any(|&s| s != Suffix::Scales) {
            return fail("is stored in two ways");
        }
        seen.push(suffix);
        Ok(is)
    }

    /// Checks that nothing is missing.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] naming the first tensor that is.
    pub fn finish(&self) -> Result<()> {
        for (spec, seen) in self.specs.values() {
            let values = seen.iter().find(|&&s| s != Suffix::Scales);
            let scaled = matches!(values, Some(Suffix::Q8 | Suffix::Q4));
            let why = match (values, seen.contains(&Suffix::Scales)) {
                (None, _) => "is missing",
                (Some(_), false) if scaled => "has no scales",
                (Some(_), true) if !scaled => "has scales, but no quantised values",
                _ => continue,
            };
            return Err(Error::new(
                Code::PackageTensor,
                &spec.name,
                format!("{why}; is this package whole, and of this model?"),
            ));
        }
        Ok(())
    }
}
