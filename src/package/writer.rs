//! Writing a package: shards of at most 64 MiB, their hashes, the manifest; whole or not at all.
//!
//! A shard's header comes first but is known last, so a shard's data is collected in a scratch file and
//! copied behind its header when the shard is full. Memory does not grow with the package. Everything
//! is written into a folder beside the target, which takes its name only when all is there.

pub mod folder;
mod series;

use std::fs;
use std::path::{Path, PathBuf};

use folder::TempFolder;
pub use folder::check_target;
use series::Series;

use super::hash::FileHash;
use super::manifest::{BLOCK_BYTES, MANIFEST_FILE, Manifest, TOKENIZER_FILE};
use crate::tensors::{RawTensor, StoredDtype, Suffix, TOKEN_TABLE};
use crate::{Code, Error, Result};

/// Writes a package file by file.
#[derive(Debug)]
pub struct PackageWriter {
    out: PathBuf,
    force: bool,
    temp: TempFolder,
    weights: Series,
    tokens: Series,
    /// The tensor that is being written.
    open: Option<OpenTensor>,
}

#[derive(Debug)]
struct OpenTensor {
    name: String,
    dtype: StoredDtype,
    /// The whole shape.
    shape: Vec<usize>,
    /// Words of a row.
    row: usize,
    /// Rows that were written, in all parts, and before the part being written.
    rows: usize,
    rows_before: usize,
    part: usize,
}

impl PackageWriter {
    /// Begins a package at `out`. A folder that is there and not empty is refused, unless `force`
    /// is set and it is a package, with no files but those that it lists.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn create(out: &Path, force: bool) -> Result<Self> {
        check_target(out, force)?;
        let temp = TempFolder::beside(out)?;
        Ok(Self {
            out: out.into(),
            force,
            weights: Series::new(&temp.0, "weights", None)?,
            tokens: Series::new(&temp.0, "embed", Some(BLOCK_BYTES))?,
            temp,
            open: None,
        })
    }

    /// Writes a whole tensor. The token embeddings, by their name, go to shards of their own.
    ///
    /// # Errors
    /// [`Code::Io`], and [`Code::Internal`] if the words are not those of the shape.
    pub fn tensor(&mut self, tensor: &RawTensor) -> Result<()> {
        self.begin(&tensor.name, tensor.dtype, &tensor.shape)?;
        self.rows(&tensor.words)?;
        self.end()
    }

    /// Begins a tensor whose rows (slices of the first axis) will follow.
    ///
    /// # Errors
    /// [`Code::Io`], and [`Code::Internal`] for an empty shape or while another tensor is open.
    pub fn begin(&mut self, name: &str, dtype: StoredDtype, shape: &[usize]) -> Result<()> {
        let row: usize = shape.get(1..).unwrap_or_default().iter().product();
        if self.open.is_some() || shape.is_empty() || row * shape[0] == 0 {
            let why = "cannot be begun here, or has no values";
            return Err(Error::new(Code::Internal, name, why));
        }
        let series = if Suffix::split(name).0 == TOKEN_TABLE {
            &mut self.tokens
        } else {
            &mut self.weights
        };
        series.make_room(name, (row * shape[0]) as u64 * 4)?;
        self.open = Some(OpenTensor {
            name: name.into(),
            dtype,
            shape: shape.into(),
            row,
            rows: 0,
            rows_before: 0,
            part: 0,
        });
        Ok(())
    }

    /// Writes the next rows of the open tensor.
    ///
    /// # Errors
    /// [`Code::Io`], and [`Code::Internal`] for words that are no rows of it.
    pub fn rows(&mut self, mut words: &[u32]) -> Result<()> {
        let (series, open) = self.opened()?;
        let rows = words.len() / open.row;
        if rows * open.row != words.len() || open.rows + rows > open.shape[0] {
            let why = format!("{} words do not fit into {:?}", words.len(), open.shape);
            return Err(Error::new(Code::Internal, &open.name, why));
        }
        while !words.is_empty() {
            let fit = (series.room(&open.name) / (open.row as u64 * 4)) as usize;
            if fit == 0 {
                // Every fresh shard has room for a row: the longest row is far below a shard.
                if open.rows == open.rows_before {
                    let why = format!("a row of {} words does not fit into a shard", open.row);
                    return Err(Error::new(Code::Internal, &open.name, why));
                }
                series.add(open.take_part());
                series.close_shard()?;
                continue;
            }
            let n = (words.len() / open.row).min(fit);
            let (head, rest) = words.split_at(n * open.row);
            series.write(head)?;
            open.rows += n;
            words = rest;
        }
        Ok(())
    }

    /// Ends the open tensor.
    ///
    /// # Errors
    /// [`Code::Internal`] if rows are missing.
    pub fn end(&mut self) -> Result<()> {
        let (series, open) = self.opened()?;
        if open.rows != open.shape[0] {
            let why = format!("has {} of its {} rows", open.rows, open.shape[0]);
            return Err(Error::new(Code::Internal, &open.name, why));
        }
        series.add(open.take_part());
        self.open = None;
        Ok(())
    }

    /// Writes tokenizer and manifest, checks the manifest, and gives the package its name. The
    /// manifest's `files` are replaced by those that were written; the manifest is returned so.
    ///
    /// # Errors
    /// [`Code::Io`], and whatever [`Manifest::validate`] refuses.
    pub fn finish(self, mut manifest: Manifest, tokenizer: &[u8]) -> Result<Manifest> {
        if let Some(open) = &self.open {
            return Err(Error::new(Code::Internal, &open.name, "was not ended"));
        }
        let path = self.temp.0.join(TOKENIZER_FILE);
        fs::write(&path, tokenizer).map_err(|e| Error::io(&path, e))?;
        let mut hash = FileHash::new(None);
        hash.update(tokenizer);
        manifest.files = vec![hash.entry(TOKENIZER_FILE.into())];
        manifest.files.extend(self.weights.finish()?);
        manifest.files.extend(self.tokens.finish()?);
        manifest.validate()?;
        let path = self.temp.0.join(MANIFEST_FILE);
        fs::write(&path, manifest.to_json()?).map_err(|e| Error::io(&path, e))?;
        let check = || check_target(&self.out, self.force);
        self.temp.rename_to(&self.out, check)?;
        Ok(manifest)
    }

    /// The shards with the beginning of each, for tests of where things lie.
    #[cfg(test)]
    pub(super) fn written(self) -> Result<Vec<(super::manifest::FileEntry, Vec<u8>)>> {
        use std::io::Read;
        let mut written = self.weights.finish()?;
        written.extend(self.tokens.finish()?);
        let beginning = |file: super::manifest::FileEntry| {
            let mut bytes = Vec::new();
            let file_bytes = fs::File::open(self.temp.0.join(&file.path));
            file_bytes
                .and_then(|bytes_of| bytes_of.take(1 << 16).read_to_end(&mut bytes))
                .map_err(|e| Error::io(&self.temp.0, e))?;
            Ok((file, bytes))
        };
        written.into_iter().map(beginning).collect()
    }

    fn opened(&mut self) -> Result<(&mut Series, &mut OpenTensor)> {
        let Some(open) = &mut self.open else {
            return Err(Error::new(Code::Internal, "", "no tensor was begun"));
        };
        let series = if Suffix::split(&open.name).0 == TOKEN_TABLE {
            &mut self.tokens
        } else {
            &mut self.weights
        };
        Ok((series, open))
    }
}

/// Writes a package of whole tensors; see [`PackageWriter`]. The tensors are written as they are: whether they
/// are those of the configuration is checked when the package is read.
///
/// # Errors
/// As [`PackageWriter`]'s, and those of the iterator.
pub fn write_package(
    out: &Path,
    manifest: Manifest,
    tensors: impl IntoIterator<Item = Result<RawTensor>>,
    tokenizer: &[u8],
) -> Result<Manifest> {
    let mut writer = PackageWriter::create(out, false)?;
    for tensor in tensors {
        writer.tensor(&tensor?)?;
    }
    writer.finish(manifest, tokenizer)
}

impl OpenTensor {
    /// The header entry of the part that was written, `NAME#i` if it is not the whole; the next part begins.
    fn take_part(&mut self) -> (String, StoredDtype, Vec<usize>) {
        let mut shape = self.shape.clone();
        let name = if self.rows_before == 0 && self.rows == self.shape[0] {
            self.name.clone()
        } else {
            shape[0] = self.rows - self.rows_before;
            format!("{}#{}", self.name, self.part)
        };
        self.rows_before = self.rows;
        self.part += 1;
        (name, self.dtype, shape)
    }
}
