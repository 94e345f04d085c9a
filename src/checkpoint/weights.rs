//! The weights of a Hugging Face checkpoint: which tensors there are, under their names in packages, and
//! their rows as f32. Files are read by range; none is ever in memory whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::Dtype as FileDtype;
use serde_json::Value;

use super::files::{open_regular, read_capped};
use crate::tensors::TensorSpec;
use crate::tensors::shard::{self, Entry, PREFIX};
use crate::{Code, Error, Result};

/// The weights' file name.
const WEIGHTS_FILE: &str = "model.safetensors";

/// The index's file name, if the weights are in several files.
const INDEX_FILE: &str = "model.safetensors.index.json";

/// Most bytes of an index.
const MAX_INDEX: u64 = 64 << 20;

/// The name in packages of a checkpoint's tensor; `None` for what is not needed.
pub type Rename<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A checkpoint whose headers have been read.
#[derive(Debug)]
pub struct Checkpoint {
    files: Vec<(PathBuf, File)>,
    /// By their names in packages: the file, and where in it.
    tensors: BTreeMap<String, (usize, Entry)>,
}

impl Checkpoint {
    /// Reads the headers of `model.safetensors`, or of all files of its index.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::PackageTruncated`], [`Code::PackageTensor`] for a
    /// malformed header or a tensor that is there twice, [`Code::Io`].
    pub fn open(folder: &Path, rename: Rename<'_>) -> Result<Self> {
        let mut checkpoint = Self {
            files: Vec::new(),
            tensors: BTreeMap::new(),
        };
        for path in weight_files(folder)? {
            checkpoint.add(path, rename)?;
        }
        Ok(checkpoint)
    }

    /// Reads the header of one safetensors file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn file(path: PathBuf, rename: Rename<'_>) -> Result<Self> {
        let mut checkpoint = Self {
            files: Vec::new(),
            tensors: BTreeMap::new(),
        };
        checkpoint.add(path, rename)?;
        Ok(checkpoint)
    }

    /// The tensors' names in packages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Checks that these tensors are there with their shapes, and no others.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] naming the tensors.
    pub fn check(&self, specs: &[TensorSpec]) -> Result<()> {
        for spec in specs {
            self.entry(spec)?;
        }
        let known: BTreeSet<&str> = specs.iter().map(|s| s.name.as_str()).collect();
        let others: Vec<&str> = self
            .tensors
            .keys()
            .map(String::as_str)
            .filter(|name| !known.contains(name))
            .collect();
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

    /// Rows `rows` (slices of the first axis) of a tensor, as f32.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if the tensor is missing or has another shape or type, [`Code::Io`].
    pub fn rows(&mut self, spec: &TensorSpec, rows: Range<usize>) -> Result<Vec<f32>> {
        let (file, entry) = self.entry(spec)?;
        let row = spec.shape[1..].iter().product::<usize>();
        let size = entry.dtype.bitsize() / 8;
        let at = entry.bytes.start + (rows.start * row * size) as u64;
        let dtype = entry.dtype;
        let mut bytes = vec![0; rows.len() * row * size];
        let (path, file) = &mut self.files[file];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| Error::io(&*path, e))?;
        Ok(widen(dtype, bytes))
    }

    /// Where a tensor is, if it is as the configuration asks for.
    fn entry(&self, spec: &TensorSpec) -> Result<(usize, &Entry)> {
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
        match entry.dtype {
            FileDtype::F32 | FileDtype::F16 | FileDtype::BF16 => Ok((*file, entry)),
            other => fail(format!("is {other:?}; f32, f16 and bf16 are converted")),
        }
    }

    fn add(&mut self, path: PathBuf, rename: Rename<'_>) -> Result<()> {
        let name = path.display().to_string();
        let mut file = open_regular(&path, "is not there, though another file names it")?;
        let bytes = file.metadata().map_err(|e| Error::io(&path, e))?.len();
        let short = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                let why = format!("has only {bytes} bytes; copy or download it again");
                Error::new(Code::PackageTruncated, &name, why)
            }
            _ => Error::io(&path, e),
        };
        let mut prefix = [0; PREFIX as usize];
        file.read_exact(&mut prefix).map_err(short)?;
        let mut json = vec![0; shard::header_len(prefix, &name, bytes)? as usize];
        file.read_exact(&mut json).map_err(short)?;
        let number = self.files.len();
        for entry in shard::parse_header(&json, &name, bytes)? {
            let Some(canonical) = rename(&entry.name) else {
                continue;
            };
            if let Some((_, other)) = self.tensors.get(&canonical) {
                let why = format!("is there twice, also as {}", other.name);
                return Err(Error::new(Code::PackageTensor, &entry.name, why));
            }
            self.tensors.insert(canonical, (number, entry));
        }
        self.files.push((path, file));
        Ok(())
    }
}

/// The files with weights, each once.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let single = folder.join(WEIGHTS_FILE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = folder.join(INDEX_FILE);
    let name = index.display().to_string();
    let fail = |why: String| Error::new(Code::PackageTensor, &name, why);
    if !index.is_file() {
        return Err(Error::new(
            Code::PackageFileMissing,
            folder.display().to_string(),
            format!("has neither {WEIGHTS_FILE} nor {INDEX_FILE}; is it a checkpoint's folder?"),
        ));
    }
    let json = read_capped(&index, MAX_INDEX)?;
    let index: Value = serde_json::from_slice(&json)
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
        files.insert(file);
    }
    if files.is_empty() {
        return Err(fail("names no files".into()));
    }
    Ok(files.into_iter().map(|f| folder.join(f)).collect())
}

/// Little-endian floats as f32; every f16 and bf16 is one exactly.
fn widen(dtype: FileDtype, bytes: Vec<u8>) -> Vec<f32> {
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
        _ => bytemuck::pod_collect_to_vec(&bytes),
    }
}
