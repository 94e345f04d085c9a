//! What training made, saved by itself: learned views and low-rank adapters, without the model that
//! they belong to, and joined with it again.
//!
//! An adapter is a folder of two files: `adapter.json` says what it belongs to and what it changes,
//! `adapter.safetensors` has its tensors.

use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype as FileDtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::base::{Base, NewViews};
use super::checkpoint::write_whole;
use super::parameters::{LORA_A, LORA_B, Parameters};
use super::recipe::Lora;
use agff::package::manifest::{Dtype, Fusion, Manifest, View};
use agff::tensors::{Group, TensorSpec};
use agff::{Code, Error, Result};

const FORMAT: &str = "agff-adapter";
const VERSION: u32 = 1;
/// What tells that a folder is an adapter's.
pub const DESCRIPTION_FILE: &str = "adapter.json";
const TENSORS_FILE: &str = "adapter.safetensors";

/// `adapter.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Always `"agff-adapter"`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The name of the package that it belongs to.
    pub base: String,
    /// sha256 over the hashes of that package's files.
    pub base_sha256: String,
    /// The views, with those that were trained.
    pub views: Vec<View>,
    /// The fusion that was trained with.
    pub fusion: Fusion,
    /// The low-rank adapters, if there are some.
    pub lora: Option<Lora>,
    /// What was trained, on what, and how, in a sentence.
    pub provenance: String,
}

/// An adapter in memory.
#[derive(Debug, Clone)]
pub struct Adapter {
    /// What it belongs to and what it changes.
    pub description: Description,
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

/// What tells one package from another: sha256 over the hashes of its files.
pub fn identity(manifest: &Manifest) -> String {
    let mut hash = Sha256::new();
    for file in &manifest.files {
        hash.update(file.path.as_bytes());
        hash.update([0]);
        hash.update(file.sha256.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

impl Adapter {
    /// The trained tensors as an adapter of the package `base`.
    pub fn new(
        base: &Manifest,
        views: Vec<View>,
        fusion: Fusion,
        lora: Option<Lora>,
        parameters: &Parameters,
        provenance: String,
    ) -> Self {
        // The temperature is the run's own.
        let of_model = parameters.0.iter().filter(|(_, p)| p.group.is_some());
        let tensors = of_model.map(|(name, parameter)| {
            let values = parameters.host(name).unwrap_or_default();
            (name.clone(), parameter.shape.clone(), values)
        });
        Self {
            tensors: tensors.collect(),
            description: Description {
                format: FORMAT.into(),
                version: VERSION,
                base: base.name.clone(),
                base_sha256: identity(base),
                views,
                fusion,
                lora,
                provenance,
            },
        }
    }

    /// Writes the folder; each file is whole or not there, the description last.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let unwritable = |e: safetensors::SafeTensorError| {
            Error::new(Code::Internal, "adapter", "could not be put together").with_source(e)
        };
        let views = self.tensors.iter().map(|(name, shape, values)| {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(FileDtype::F32, shape.clone(), bytes);
            Ok((name.clone(), view.map_err(unwritable)?))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let bytes = safetensors::serialize(views, None).map_err(unwritable)?;
        write_whole(&folder.join(TENSORS_FILE), &bytes)?;
        let json = serde_json::to_vec_pretty(&self.description)
            .map_err(|e| Error::new(Code::Internal, "adapter", e.to_string()))?;
        write_whole(&folder.join(DESCRIPTION_FILE), &json)
    }

    /// Reads the folder.
    ///
    /// # Errors
    /// [`Code::Io`]; [`Code::Checkpoint`] for what is no adapter, or a damaged one.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(DESCRIPTION_FILE);
        let json = fs::read(&path).map_err(|e| Error::io(&path, e))?;
        let fail = |why: String| Error::new(Code::Checkpoint, path.display().to_string(), why);
        let description: Description = serde_json::from_slice(&json)
            .map_err(|e| fail(format!("is no adapter's description: {e}")).with_source(e))?;
        if description.format != FORMAT || description.version != VERSION {
            return Err(fail(format!(
                "is {} version {}; this build reads {FORMAT} version {VERSION}",
                description.format, description.version
            )));
        }
        if description.lora.as_ref().is_some_and(|lora| lora.rank == 0) {
            return Err(fail("states adapters of rank 0".into()));
        }
        let path = folder.join(TENSORS_FILE);
        let bytes = fs::read(&path).map_err(|e| Error::io(&path, e))?;
        let damaged = |e: safetensors::SafeTensorError| {
            let why = format!("is damaged ({e}); copy it again");
            Error::new(Code::Checkpoint, path.display().to_string(), why).with_source(e)
        };
        let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let mut tensors = Vec::new();
        for (name, tensor) in file.iter() {
            if tensor.dtype() != FileDtype::F32 {
                let why = format!("{name} is {:?}, not F32", tensor.dtype());
                return Err(Error::new(
                    Code::Checkpoint,
                    path.display().to_string(),
                    why,
                ));
            }
            let values = bytemuck::pod_collect_to_vec(tensor.data());
            tensors.push((name.to_owned(), tensor.shape().to_vec(), values));
        }
        Ok(Self {
            description,
            tensors,
        })
    }

    /// Writes a package of the base with this adapter merged into its weights.
    ///
    /// # Errors
    /// [`Code::Checkpoint`] if the adapter belongs to another package or does not fit; those of
    /// [`Base::write`].
    pub fn merge(&self, base: Base, out: &Path, force: bool, dtype: Dtype) -> Result<Manifest> {
        let d = &self.description;
        let fail = |why: String| Error::new(Code::Checkpoint, DESCRIPTION_FILE, why);
        if identity(&base.manifest) != d.base_sha256 {
            return Err(fail(format!(
                "belongs to another package than this {}: it was trained on {} with the identity {}…",
                base.manifest.name,
                d.base,
                d.base_sha256.get(..12).unwrap_or(&d.base_sha256)
            )));
        }
        // Their vectors are the adapter's own.
        let start = NewViews {
            scale: 1.0,
            noise: 0.0,
        };
        let base = base.with_views(d.views.clone(), 0, start)?;
        let manifest = Manifest {
            trained: true,
            // What a score is worth was measured, or learned, with other weights.
            probability: None,
            certainty: None,
            fusion: d.fusion,
            provenance: joined(&base.manifest.provenance, &d.provenance),
            ..base.manifest.clone()
        };
        let mut used = 0;
        let merged = std::cell::RefCell::new(&mut used);
        let written = base.write(out, force, manifest, Some(dtype), |spec| {
            let values = self.merged(&base, spec)?;
            **merged.borrow_mut() += values.as_ref().map_or(0, |(_, tensors)| *tensors);
            Ok(values.map(|(values, _)| values))
        })?;
        if used != self.tensors.len() {
            return Err(fail(format!(
                "{} of its {} tensors have no place in {}",
                self.tensors.len() - used,
                self.tensors.len(),
                d.base
            )));
        }
        Ok(written)
    }

    /// A tensor as the adapter changes it, and how many of the adapter's tensors that took.
    fn merged(&self, base: &Base, spec: &TensorSpec) -> Result<Option<(Vec<f32>, usize)>> {
        let tensor = |name: &str, shape: [usize; 2]| -> Result<&[f32]> {
            let found = self.tensors.iter().find(|(n, ..)| n == name);
            match found {
                Some((_, s, values)) if *s == shape => Ok(values),
                Some((_, s, _)) => Err(Error::new(
                    Code::Checkpoint,
                    name,
                    format!("has the shape {s:?}, the model asks for {shape:?}"),
                )),
                None => Err(Error::new(Code::Checkpoint, name, "is not in the adapter")),
            }
        };
        if spec.group == Group::Views {
            let values = tensor(&spec.name, [spec.shape[0], spec.shape[1]])?;
            return Ok(Some((values.to_vec(), 1)));
        }
        let lora = self.description.lora.as_ref();
        let Some((lora, layer)) = lora.and_then(|lora| Some((lora, lora.layer(spec)?))) else {
            return Ok(None);
        };
        let (out, input, rank) = (spec.shape[0], spec.shape[1], lora.rank);
        let a = tensor(&format!("{layer}{LORA_A}"), [rank, input])?;
        let b = tensor(&format!("{layer}{LORA_B}"), [out, rank])?;
        let mut weight = base.floats(spec)?;
        for (weights, b) in weight.chunks_mut(input).zip(b.chunks(rank)) {
            for (a, b) in a.chunks(input).zip(b) {
                let factor = lora.scale() * b;
                weights
                    .iter_mut()
                    .zip(a)
                    .for_each(|(w, a)| *w += factor * a);
            }
        }
        Ok(Some((weight, 2)))
    }
}

/// Where a model comes from, and what became of it.
pub(super) fn joined(before: &str, after: &str) -> String {
    match before.is_empty() {
        true => after.to_owned(),
        false => format!("{before} {after}"),
    }
}
