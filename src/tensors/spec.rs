//! Which tensors a model has: their names, shapes, and how they may be stored.
//!
//! The list of a model comes from its network ([`ModelConfig::tensors`](crate::families::ModelConfig)).
//! Conversion, the writer's callers and the loader's checks all follow it.

use std::collections::BTreeMap;

use super::dtype::Dtype;
use super::quantize::{scale_words, words_per_row};
use super::raw::{StoredDtype, Suffix};
use crate::{Code, Error, Result};

/// The token embeddings' name in packages, whatever the family.
pub const TOKEN_TABLE: &str = "text.embed_tokens.weight";

/// What a tensor is for, and so how it may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The weight of a linear layer, `[out, in]`: f32, f16, q8 or q4.
    Linear,
    /// Norms, biases, the position table and learned views: f32.
    Plain,
    /// The token embeddings, `[vocabulary, hidden]`: as the weight of a linear layer, in shards of their own.
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
    /// The part of the model that it belongs to.
    pub group: Group,
    /// What it begins as where nobody has trained it.
    pub init: Init,
    /// Whether checkpoints may have it as the kernel of a convolution: with the same first axis, and as many
    /// values in more axes.
    pub kernel: bool,
}

/// A part of a model: training gives each its own learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// What pictures go through.
    Vision,
    /// What texts, or texts and pictures together, go through.
    Text,
    /// The token embeddings.
    Embeddings,
    /// The learned vectors of views.
    Views,
    /// Linear maps behind the towers that training may add, and that begin at nothing.
    Maps,
}

/// What a tensor begins as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// Variance 1 / (fan-in · branches): `branches` is how many residual branches the network adds up if this
    /// weight ends one of them, else 1.
    FanIn {
        /// See above.
        branches: usize,
    },
    /// This standard deviation.
    Deviation(f32),
}

/// Deviation of what begins at random and is no weight of a linear layer: token embeddings, learned views,
/// position tables.
pub const EMBEDDING_DEVIATION: f32 = 0.3;

impl TensorSpec {
    /// The token embeddings, of this shape.
    pub fn token_table(shape: [usize; 2]) -> Self {
        Self {
            name: TOKEN_TABLE.into(),
            shape: shape.into(),
            kind: Kind::TokenTable,
            group: Group::Embeddings,
            init: Init::Deviation(EMBEDDING_DEVIATION),
            kernel: false,
        }
    }

    /// Number of its values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of values of a row, which is a slice of the first axis.
    pub fn row_len(&self) -> usize {
        self.shape[1..].iter().product()
    }

    /// How it is stored in a package of `dtype`.
    pub fn stored_dtype(&self, dtype: Dtype) -> Dtype {
        match (self.kind, dtype) {
            (Kind::Plain, _) => Dtype::F32,
            // 4 bits lose much where nothing averages the error out: one row is one token. A package may have
            // it so where that was measured.
            (Kind::TokenTable, Dtype::Q4) => Dtype::Q8,
            (Kind::Linear | Kind::TokenTable, dtype) => dtype,
        }
    }

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
        let words = suffix
            .dtype()
            .map_or_else(|| scale_words(k), |dtype| words_per_row(dtype, k));
        Some((StoredDtype::U32, vec![n, words]))
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
