//! The weights of a Hugging Face checkpoint, from the headers of their files: which tensors there are, under their
//! names in packages, and where their bytes lie.

use std::collections::{BTreeMap, BTreeSet};

use half::{bf16, f16};
use safetensors::Dtype as FileDtype;
use serde_json::Value;

use crate::tensors::TensorSpec;
use crate::tensors::shard::{self, Entry};
use crate::{Code, Error, Result};

/// The weights' file name.
pub const WEIGHTS_FILE: &str = "model.safetensors";

/// The index's file name, if the weights are in several files.
pub const INDEX_FILE: &str = "model.safetensors.index.json";

/// Most bytes of an index.
pub const MAX_INDEX: u64 = 64 << 20;

/// The name in packages of a checkpoint's tensor; `None` for what is not needed.
pub type Rename<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The tensors of a checkpoint's files.
#[derive(Debug, Default)]
pub struct Weights {
    files: usize,
    /// By their names in packages: the number of the file, and where in it.
    tensors: BTreeMap<String, (usize, Entry)>,
    /// Those that no package has a tensor for, by their own names.
    others: BTreeMap<String, (usize, Entry)>,
}

impl Weights {
    /// Adds the tensors of one more file: what to call it, its length, and its header without the length before it.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] for a malformed header or a tensor that is there twice.
    pub fn add(&mut self, file: &str, bytes: u64, header: &[u8], rename: Rename<'_>) -> Result<()> {
        for entry in shard::parse_header(header, file, bytes)? {
            let Some(canonical) = rename(&entry.name) else {
                self.others.insert(entry.name.clone(), (self.files, entry));
                continue;
            };
            if let Some((_, other)) = self.tensors.get(&canonical) {
                let why = format!("is there twice, also as {}", other.name);
                return Err(Error::new(Code::PackageTensor, &entry.name, why));
            }
            self.tensors.insert(canonical, (self.files, entry));
        }
        self.files += 1;
        Ok(())
    }

    /// The tensors' names in packages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A tensor of one value that no package has a tensor for: the number of its file and where it lies in that, if
    /// it is there.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if it is of a type that is not read, or of another shape.
    pub fn scalar(&self, name: &str) -> Result<Option<(usize, &Entry)>> {
        let Some((file, entry)) = self.others.get(name) else {
            return Ok(None);
        };
        if entry.shape.iter().product::<usize>() != 1 {
            let why = format!("has the shape {:?}; one value was expected", entry.shape);
            return Err(Error::new(Code::PackageTensor, name, why));
        }
        readable(name, entry).map(|()| Some((*file, entry)))
    }

    /// Checks that these tensors are there with their shapes, and no others.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] naming the tensors.
    pub fn check<'a>(&self, specs: impl IntoIterator<Item = &'a TensorSpec>) -> Result<()> {
        let mut known = BTreeSet::new();
        for spec in specs {
            self.entry(spec)?;
            known.insert(spec.name.as_str());
        }
        let others: Vec<&str> = self.names().filter(|name| !known.contains(name)).collect();
        if others.is_empty() {
            return Ok(());
        }
        let some = others[..others.len().min(3)].join(", ");
        Err(Error::new(
            Code::PackageTensor,
            &some,
            format!(
                "{} of the checkpoint's tensors are not of the model that its configuration states",
                others.len()
            ),
        ))
    }

    /// The number of its file and where a tensor lies in that, if it is as the configuration asks for.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if the tensor is missing or has another shape or type.
    pub fn entry(&self, spec: &TensorSpec) -> Result<(usize, &Entry)> {
        let fail = |why: String| Err(Error::new(Code::PackageTensor, &spec.name, why));
        let Some((file, entry)) = self.tensors.get(&spec.name) else {
            return fail("is not in the checkpoint, but its configuration asks for it".into());
        };
        let flat = entry.shape.first() == spec.shape.first()
            && entry.shape.iter().product::<usize>() == spec.shape.iter().product::<usize>()
            && spec.kernel;
        // Axes of one before the others change nothing.
        let ones = entry.shape.iter().take_while(|&&n| n == 1).count();
        let same =
            entry.shape.ends_with(&spec.shape) && entry.shape.len() - spec.shape.len() <= ones;
        if !same && !flat {
            return fail(format!(
                "has the shape {:?} in the checkpoint; its configuration asks for {:?}",
                entry.shape, spec.shape
            ));
        }
        readable(&spec.name, entry).map(|()| (*file, entry))
    }
}

/// Checks that values of this type can be converted.
fn readable(name: &str, entry: &Entry) -> Result<()> {
    match entry.dtype {
        FileDtype::F32 | FileDtype::F16 | FileDtype::BF16 => Ok(()),
        other => {
            let why = format!("is {other:?}; f32, f16 and bf16 are converted");
            Err(Error::new(Code::PackageTensor, name, why))
        }
    }
}

/// The files that an index names, each once.
///
/// # Errors
/// [`Code::PackageTensor`], naming `shown`, if it is no index, or leads out of the folder.
pub fn files_of_index(json: &[u8], shown: &str) -> Result<Vec<String>> {
    let fail = |why: String| Error::new(Code::PackageTensor, shown, why);
    let index: Value = serde_json::from_slice(json)
        .map_err(|e| fail(format!("is not JSON: {e}")).with_source(e))?;
    let map = index
        .get("weight_map")
        .and_then(Value::as_object)
        .ok_or_else(|| fail("has no `weight_map`".into()))?;
    let mut files = BTreeSet::new();
    for (tensor, file) in map {
        let file = file.as_str().unwrap_or_default();
        // A bare name: the index must not lead out of the folder.
        if file.is_empty() || file.starts_with('.') || file.contains(['/', '\\', ':']) {
            return Err(fail(format!("{tensor} is said to be in {file:?}")));
        }
        files.insert(file.to_owned());
    }
    if files.is_empty() {
        return Err(fail("names no files".into()));
    }
    Ok(files.into_iter().collect())
}

/// Little-endian floats as f32; every f16 and bf16 is one exactly.
pub fn widen(dtype: FileDtype, bytes: &[u8]) -> Vec<f32> {
    let halves = |convert: fn(u16) -> f32| {
        let pairs = bytes.as_chunks::<2>().0;
        pairs
            .iter()
            .map(|&b| convert(u16::from_le_bytes(b)))
            .collect()
    };
    match dtype {
        FileDtype::F16 => halves(|bits| f16::from_bits(bits).to_f32()),
        FileDtype::BF16 => halves(|bits| bf16::from_bits(bits).to_f32()),
        _ => bytemuck::pod_collect_to_vec(bytes),
    }
}
