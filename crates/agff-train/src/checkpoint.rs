//! Checkpoints: everything that a run needs to go on as if it had never stopped.
//!
//! A checkpoint is one safetensors file, `step-00000400.safetensors`: every parameter's value and
//! what its optimiser remembers, and in the metadata the step and a hash of the recipe. What else a run
//! depends on (the sampler, augmentation, dropout) is drawn from the seed and the step. A file is
//! written under another name, flushed to the disk and renamed, so that what bears the name is whole.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::optimiser::{Memory, Optimiser};
use super::parameters::{Parameter, Parameters};
use agff::{Code, Error, Result};

const PREFIX: &str = "step-";
const SUFFIX: &str = ".safetensors";

/// The parts that a parameter has in a checkpoint. Muon's momentum is a first moment without a second.
const PARTS: [&str; 3] = ["value", "moment_1", "moment_2"];

/// The metadata's only key, and the format that its value states.
const HEAD: &str = "agff";
const FORMAT: &str = "agff-checkpoint-1";

/// What a checkpoint says besides its tensors.
#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    step: u64,
    recipe: String,
    #[serde(default)]
    start: Option<String>,
    /// Steps that each parameter's moments have seen.
    times: BTreeMap<String, usize>,
}

/// A run's folder of checkpoints.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
    keep: usize,
}

/// Where a run stands besides its tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Steps that were done.
    pub step: u64,
    /// Names the recipe, so that a run is not resumed with another one.
    pub recipe: String,
    /// Names the package that it started from; not there in checkpoints of before.
    pub start: Option<String>,
}

impl Checkpoints {
    /// The checkpoints in `folder`, of which the last `keep` are kept.
    pub fn new(folder: impl Into<PathBuf>, keep: usize) -> Self {
        Self {
            folder: folder.into(),
            keep: keep.max(1),
        }
    }

    /// The newest checkpoint, if there is one.
    ///
    /// # Errors
    /// [`Code::Io`] if the folder cannot be read.
    pub fn newest(&self) -> Result<Option<PathBuf>> {
        Ok(self.all()?.pop())
    }

    /// All whole checkpoints, oldest first.
    fn all(&self) -> Result<Vec<PathBuf>> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let failed = |e| Error::io(&self.folder, e);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes a checkpoint and then removes those that are too old. If this fails, the older ones
    /// are still there.
    ///
    /// # Errors
    /// [`Code::Io`], saying so if the disk is full.
    pub fn save(
        &self,
        position: &Position,
        parameters: &Parameters,
        optimiser: &Optimiser,
    ) -> Result<PathBuf> {
        fs::create_dir_all(&self.folder).map_err(|e| Error::io(&self.folder, e))?;
        let path = self
            .folder
            .join(format!("{PREFIX}{:08}{SUFFIX}", position.step));
        let bytes = serialised(position, parameters, optimiser)?;
        write_whole(&path, &bytes)?;
        let all = self.all()?;
        for old in &all[..all.len().saturating_sub(self.keep)] {
            fs::remove_file(old).map_err(|e| Error::io(old, e))?;
        }
        Ok(path)
    }
}

/// Writes a file that is whole or not there: under another name first, flushed, then renamed.
///
/// # Errors
/// [`Code::Io`]; the half-written file is removed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(|error| {
        // What is left of it is no use; that it could not be removed either changes nothing.
        let _ = fs::remove_file(&partial);
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        if full {
            let message =
                "the disk is full; what was saved before is still there. Make room and resume";
            return Error::new(Code::Io, path.display().to_string(), message).with_source(error);
        }
        Error::io(path, error)
    })
}

fn serialised(
    position: &Position,
    parameters: &Parameters,
    optimiser: &Optimiser,
) -> Result<Vec<u8>> {
    let host = |tensor: &Tensor<1>| -> Vec<f32> {
        let data = tensor.clone().into_data();
        data.try_into_vec().expect("parameters are floats")
    };
    let mut tensors = Vec::new();
    let mut times = BTreeMap::new();
    for (name, parameter) in &parameters.0 {
        let mut part = |part: &str, values: &Tensor<1>| {
            let name = format!("{part}:{name}");
            tensors.push((name, parameter.shape.clone(), host(values)));
        };
        part(PARTS[0], &parameter.values);
        match optimiser.state.get(name) {
            Some(Memory::Moments(state)) => {
                part(PARTS[1], &state.momentum.moment_1);
                part(PARTS[2], &state.momentum.moment_2);
                times.insert(name.clone(), state.momentum.time);
            }
            Some(Memory::Momentum(momentum)) => part(PARTS[1], momentum),
            None => {}
        }
    }
    let head = Head {
        format: FORMAT.into(),
        step: position.step,
        recipe: position.recipe.clone(),
        start: position.start.clone(),
        times,
    };
    let head = serde_json::to_string(&head)
        .map_err(|e| Error::new(Code::Internal, "checkpoint", e.to_string()))?;
    // One entry: the order of several would differ from file to file.
    let metadata = HashMap::from([(HEAD.to_owned(), head)]);
    let views: Vec<(String, TensorView<'_>)> = tensors
        .iter()
        .map(|(name, shape, values)| {
            let bytes = bytemuck::cast_slice(values);
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
            Ok((name.clone(), view.map_err(unwritable)?))
        })
        .collect::<Result<_>>()?;
    safetensors::serialize(views, Some(metadata)).map_err(unwritable)
}

fn unwritable(error: safetensors::SafeTensorError) -> Error {
    Error::new(Code::Internal, "checkpoint", "could not be put together").with_source(error)
}

/// Reads a checkpoint into parameters and optimiser, which must be those of the same model.
///
/// # Errors
/// [`Code::Io`]; [`Code::Checkpoint`] if the file is damaged, or of another model or another selection
/// of parameters. Parameters and optimiser are then as they were.
pub fn load(
    path: &Path,
    parameters: &mut Parameters,
    optimiser: &mut Optimiser,
    device: &Device,
) -> Result<Position> {
    let bytes = fs::read(path).map_err(|e| Error::io(path, e))?;
    let fail = |why: String| Error::new(Code::Checkpoint, path.display().to_string(), why);
    let damaged = |error: safetensors::SafeTensorError| {
        fail(format!(
            "is damaged ({error}); take it out of the folder, and the one before it is gone on from"
        ))
        .with_source(error)
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let head = metadata
        .get(HEAD)
        .ok_or_else(|| fail("is no checkpoint of a training run".into()))?;
    let head: Head = serde_json::from_str(head)
        .map_err(|e| fail(format!("states no position: {e}")).with_source(e))?;
    if head.format != FORMAT {
        return Err(fail(format!(
            "is {}; this build reads {FORMAT}",
            head.format
        )));
    }

    let mut values = Parameters(Default::default());
    let mut state = BTreeMap::new();
    for (name, parameter) in &parameters.0 {
        let read = |part: &str| -> Result<Option<Parameter>> {
            let Ok(tensor) = file.tensor(&format!("{part}:{name}")) else {
                return Ok(None);
            };
            if tensor.shape() != parameter.shape || tensor.dtype() != Dtype::F32 {
                return Err(fail(format!(
                    "{name} has the shape {:?}, the model's is {:?}; it is another model's",
                    tensor.shape(),
                    parameter.shape
                )));
            }
            let floats = bytemuck::pod_collect_to_vec(tensor.data());
            Ok(Some(parameter.with(floats, device)))
        };
        let value = read(PARTS[0])?
            .ok_or_else(|| fail(format!("has no {name}; it was made by another recipe")))?;
        values.0.insert(name.clone(), value);
        let memory = match (read(PARTS[1])?, read(PARTS[2])?) {
            (Some(first), Some(second)) => {
                let time = *head.times.get(name).ok_or_else(|| {
                    fail(format!("does not say how old the moments of {name} are"))
                })?;
                let moments = AdaptiveMomentumState::new(time, first.values, second.values);
                Memory::Moments(AdamWState::new(moments))
            }
            (Some(momentum), None) => Memory::Momentum(momentum.values),
            (None, _) => continue,
        };
        state.insert(name.clone(), memory);
    }
    let known = |name: &str| {
        name.split_once(':')
            .is_some_and(|(_, n)| values.0.contains_key(n))
    };
    if let Some(name) = file.names().into_iter().find(|name| !known(name)) {
        return Err(fail(format!(
            "has {name}, which this recipe does not train"
        )));
    }
    *parameters = values;
    optimiser.state = state;
    Ok(Position {
        step: head.step,
        recipe: head.recipe,
        start: head.start,
    })
}
