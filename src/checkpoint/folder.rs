//! The weights of a checkpoint in a folder: rows of its tensors as f32. Files are read by range; none is ever in
//! memory whole.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use safetensors::Dtype;

use super::files::{open_regular, read_capped};
use super::weights::{INDEX_FILE, MAX_INDEX, Rename, WEIGHTS_FILE, Weights, files_of_index, widen};
use crate::tensors::TensorSpec;
use crate::tensors::shard::{self, PREFIX};
use crate::{Code, Error, Result};

/// A checkpoint whose headers have been read.
#[derive(Debug, Default)]
pub struct Checkpoint {
    files: Vec<(PathBuf, File)>,
    weights: Weights,
}

impl Checkpoint {
    /// Reads the headers of `model.safetensors`, or of all files of its index.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::PackageTruncated`], those of [`Weights::add`], [`Code::Io`].
    pub fn open(folder: &Path, rename: Rename<'_>) -> Result<Self> {
        let mut checkpoint = Self::default();
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
        let mut checkpoint = Self::default();
        checkpoint.add(path, rename)?;
        Ok(checkpoint)
    }

    /// Reads the header of one more safetensors file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn add(&mut self, path: PathBuf, rename: Rename<'_>) -> Result<()> {
        let name = path.display().to_string();
        let missing =
            "is not there, though another file names it; weights are read from safetensors alone";
        let mut file = open_regular(&path, missing)?;
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
        let mut header = vec![0; shard::header_len(prefix, &name, bytes)? as usize];
        file.read_exact(&mut header).map_err(short)?;
        self.weights.add(&name, bytes, &header, rename)?;
        self.files.push((path, file));
        Ok(())
    }

    /// The tensors that there are.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Rows `rows` (slices of the first axis) of a tensor, as f32.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if the tensor is missing or has another shape or type, [`Code::Io`].
    pub fn rows(&mut self, spec: &TensorSpec, rows: Range<usize>) -> Result<Vec<f32>> {
        let (file, entry) = self.weights.entry(spec)?;
        let row = spec.shape[1..].iter().product::<usize>();
        let size = entry.dtype.bitsize() / 8;
        let at = entry.bytes.start + (rows.start * row * size) as u64;
        let dtype = entry.dtype;
        self.values(file, at, rows.len() * row * size, dtype)
    }

    /// A tensor of one value that no package has a tensor for, if it is there.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] if it is of a type that is not read, [`Code::Io`].
    pub fn scalar(&mut self, name: &str) -> Result<Option<f32>> {
        let Some((file, entry)) = self.weights.scalar(name)? else {
            return Ok(None);
        };
        let (at, length, dtype) = (entry.bytes.start, entry.len() as usize, entry.dtype);
        let values = self.values(file, at, length, dtype)?;
        Ok(values.first().copied())
    }

    fn values(&mut self, file: usize, at: u64, length: usize, dtype: Dtype) -> Result<Vec<f32>> {
        let mut bytes = vec![0; length];
        let (path, file) = &mut self.files[file];
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| Error::io(&*path, e))?;
        Ok(widen(dtype, &bytes))
    }
}

/// The files with weights, each once.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let single = folder.join(WEIGHTS_FILE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let index = folder.join(INDEX_FILE);
    if !index.is_file() {
        return Err(Error::new(
            Code::PackageFileMissing,
            folder.display().to_string(),
            format!("has neither {WEIGHTS_FILE} nor {INDEX_FILE}; is it a checkpoint's folder?"),
        ));
    }
    let json = read_capped(&index, MAX_INDEX)?;
    let files = files_of_index(&json, &index.display().to_string())?;
    Ok(files.into_iter().map(|file| folder.join(file)).collect())
}
