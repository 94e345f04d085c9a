//! The families that this build knows. A new one is a folder, named here and in the list.

use serde_json::Value;

#[cfg(any(not(target_family = "wasm"), feature = "convert"))]
use super::FromCheckpoint;
use super::{Architecture, ModelConfig};
#[cfg(any(not(target_family = "wasm"), feature = "convert"))]
use crate::checkpoint::{CONFIG_FILE, Description, TokenizerFiles};
#[cfg(any(not(target_family = "wasm"), feature = "convert"))]
use crate::embedding::Probability;
use crate::{Code, Error, Result};

#[path = "bert/mod.rs"]
pub mod bert;
#[cfg(feature = "clip")]
#[path = "chinese_clip/mod.rs"]
pub mod chinese_clip;
#[cfg(feature = "clip")]
#[path = "clip/mod.rs"]
pub mod clip;
#[path = "conse/mod.rs"]
pub mod conse;
#[path = "qwen3_vl/mod.rs"]
pub mod qwen3_vl;
#[cfg(feature = "siglip")]
#[path = "siglip/mod.rs"]
pub mod siglip;
#[cfg(feature = "toy")]
#[path = "../../tests/toy/mod.rs"]
pub mod toy;

/// Single blocks of a network, to be timed.
#[cfg(feature = "bench")]
pub use qwen3_vl::bench;

static FAMILIES: &[Family] = &[
    Family::of::<qwen3_vl::Config>(),
    Family::of::<bert::Config>(),
    Family::of::<conse::Config>(),
    #[cfg(feature = "siglip")]
    Family::of::<siglip::Config>(),
    #[cfg(feature = "clip")]
    Family::of::<clip::Config>(),
    #[cfg(feature = "clip")]
    Family::of::<chinese_clip::Config>(),
    #[cfg(feature = "toy")]
    Family::of::<toy::Config>(),
];

/// A family of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name in manifests.
    pub name: &'static str,
    /// The `model_type`s of its checkpoints.
    pub model_types: &'static [&'static str],
    config: fn(Value) -> Result<ModelConfig>,
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    from_checkpoint: fn(&Description) -> Result<FromCheckpoint<ModelConfig>>,
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    rename: fn(&str) -> Option<String>,
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    sigmoid: Option<[&'static str; 2]>,
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    tokenizer: fn(TokenizerFiles) -> Result<Vec<u8>>,
}

impl Family {
    const fn of<A: Architecture>() -> Self {
        Self {
            name: A::NAME,
            model_types: A::MODEL_TYPES,
            config: ModelConfig::parse::<A>,
            #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
            from_checkpoint: from_checkpoint::<A>,
            #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
            rename: A::rename,
            #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
            sigmoid: A::SIGMOID,
            #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
            tokenizer: A::tokenizer,
        }
    }

    /// Reads a manifest's `config`.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] naming the field that is missing or of another type.
    pub fn config(&self, json: Value) -> Result<ModelConfig> {
        (self.config)(json)
    }

    /// Reads the small files of a checkpoint; see [`Architecture::from_checkpoint`].
    ///
    /// # Errors
    /// As there.
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    pub fn from_checkpoint(&self, files: &Description) -> Result<FromCheckpoint<ModelConfig>> {
        (self.from_checkpoint)(files)
    }

    /// The name in packages of a checkpoint's tensor; see [`Architecture::rename`].
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    pub fn rename(&self, tensor: &str) -> Option<String> {
        (self.rename)(tensor)
    }

    /// How a cosine becomes a probability, by what `value` reads of the checkpoint's tensors of one value; see
    /// [`Architecture::SIGMOID`]. `None` if the checkpoint has left them out.
    ///
    /// # Errors
    /// Those of `value`; [`Code::PackageNotFinite`].
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    pub fn probability(
        &self,
        mut value: impl FnMut(&str) -> Result<Option<f32>>,
    ) -> Result<Option<Probability>> {
        let Some([logarithm, bias]) = self.sigmoid else {
            return Ok(None);
        };
        let (Some(log_scale), Some(of_bias)) = (value(logarithm)?, value(bias)?) else {
            return Ok(None);
        };
        // In 64 bits, so that it is the same number on every machine.
        let scale = f64::from(log_scale).exp() as f32;
        let usable = |value: f32| value.is_finite() && value.abs() < f32::MAX;
        match (usable(scale) && scale > 0.0, usable(of_bias)) {
            (true, true) => Ok(Some(Probability {
                scale,
                bias: of_bias,
            })),
            (good, _) => {
                let name = if good { bias } else { logarithm };
                let why =
                    "is a number that no probability comes from; download the checkpoint again";
                Err(Error::new(Code::PackageNotFinite, name, why))
            }
        }
    }

    /// The checkpoint's tensors that [`probability`](Self::probability) reads.
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    pub fn scalars(&self) -> impl Iterator<Item = &'static str> {
        self.sigmoid.into_iter().flatten()
    }

    /// Makes one file of a checkpoint's tokenizer; see [`Architecture::tokenizer`].
    ///
    /// # Errors
    /// As there.
    #[cfg(any(not(target_family = "wasm"), feature = "convert"))]
    pub fn tokenizer(&self, files: TokenizerFiles) -> Result<Vec<u8>> {
        (self.tokenizer)(files)
    }
}

#[cfg(any(not(target_family = "wasm"), feature = "convert"))]
fn from_checkpoint<A: Architecture>(files: &Description) -> Result<FromCheckpoint<ModelConfig>> {
    files.not_quantised()?;
    let of = A::from_checkpoint(files)?;
    of.config.validate().map_err(|e| {
        let why = format!("`{}` {}", e.subject(), e.message());
        Error::new(e.code(), files.shown(CONFIG_FILE), why)
    })?;
    Ok(FromCheckpoint {
        config: ModelConfig::new(of.config),
        image: of.image,
        prompt: of.prompt,
        view: of.view,
        tokens: of.tokens,
    })
}

/// The names of all families.
pub fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|family| family.name).collect()
}

/// The family of a manifest.
///
/// # Errors
/// [`Code::PackageFamily`], without a subject.
pub fn by_name(name: &str) -> Result<&'static Family> {
    let found = FAMILIES.iter().find(|family| family.name == name);
    found.ok_or_else(|| unknown("family", name, "runs", &names()))
}

/// The family of a checkpoint.
///
/// # Errors
/// [`Code::PackageFamily`], without a subject.
#[cfg(any(not(target_family = "wasm"), feature = "convert"))]
pub fn by_model_type(model_type: &str) -> Result<&'static Family> {
    let found = FAMILIES
        .iter()
        .find(|family| family.model_types.contains(&model_type));
    found.ok_or_else(|| {
        let known: Vec<&str> = FAMILIES
            .iter()
            .flat_map(|f| f.model_types)
            .copied()
            .collect();
        unknown("model_type", model_type, "converts", &known)
    })
}

fn unknown(field: &str, is: &str, does: &str, known: &[&str]) -> Error {
    let all = known.join(", ");
    Error::new(
        Code::PackageFamily,
        "",
        format!("`{field}` is {is:?}; this build {does} {all}"),
    )
}
