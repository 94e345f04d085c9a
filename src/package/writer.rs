//! Writing a package: shards of at most 64 MiB, their hashes, the manifest; whole or not at all.
//!
//! A shard's header comes first but is known last, so a shard's data is collected in a scratch file and
//! copied behind its header when the shard is full. Memory does not grow with the package. Everything
//! is written into a folder beside the target, which takes its name only when all is there.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::{BlockHashes, FileEntry, MANIFEST_FILE, Manifest, TOKENIZER_FILE};
use super::reader::hex;
use super::shard;
use super::tensors::{RawTensor, StoredDtype, Suffix, TOKEN_TABLE};
use crate::{Code, Error, Result};

/// Most bytes of a shard.
pub const MAX_SHARD: u64 = 64 << 20;

/// Bytes of a hashed block of the token embeddings.
pub const BLOCK_BYTES: u64 = 1 << 20;

/// Bytes that a tensor takes in a header beside its name, at most.
const HEADER_ENTRY: u64 = 160;

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
    /// is set and it is a package.
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
        manifest.files = vec![FileEntry {
            path: TOKENIZER_FILE.into(),
            bytes: tokenizer.len() as u64,
            sha256: hex(&Sha256::digest(tokenizer)),
            blocks: None,
        }];
        manifest.files.extend(self.weights.finish()?);
        manifest.files.extend(self.tokens.finish()?);
        manifest.validate()?;
        let path = self.temp.0.join(MANIFEST_FILE);
        fs::write(&path, manifest.to_json()?).map_err(|e| Error::io(&path, e))?;
        self.temp.rename_to(&self.out, self.force)?;
        Ok(manifest)
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

/// Shards `NAME-00001.safetensors` and so on.
#[derive(Debug)]
struct Series {
    folder: PathBuf,
    name: &'static str,
    block_bytes: Option<u64>,
    scratch: PathBuf,
    data: BufWriter<File>,
    data_bytes: u64,
    header_bytes: u64,
    tensors: Vec<(String, safetensors::Dtype, Vec<usize>)>,
    written: Vec<FileEntry>,
}

impl Series {
    fn new(folder: &Path, name: &'static str, block_bytes: Option<u64>) -> Result<Self> {
        let scratch = folder.join(format!("{name}.scratch"));
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&scratch)
            .map_err(|e| Error::io(&scratch, e))?;
        Ok(Self {
            folder: folder.into(),
            name,
            block_bytes,
            scratch,
            data: BufWriter::with_capacity(1 << 20, file),
            data_bytes: 0,
            header_bytes: 64,
            tensors: Vec::new(),
            written: Vec::new(),
        })
    }

    /// Bytes of data that another tensor of this name may still have in this shard.
    fn room(&self, name: &str) -> u64 {
        let header = self.header_bytes + header_entry(name);
        MAX_SHARD.saturating_sub(self.data_bytes + header)
    }

    /// Begins a new shard if `bytes` do not fit into this one but may into an empty one, or if
    /// the tensor must be split anyway.
    fn make_room(&mut self, name: &str, bytes: u64) -> Result<()> {
        if bytes > self.room(name) && !self.tensors.is_empty() {
            self.close_shard()?;
        }
        Ok(())
    }

    fn write(&mut self, words: &[u32]) -> Result<()> {
        self.data
            .write_all(bytemuck::cast_slice(words))
            .map_err(|e| Error::io(&self.scratch, e))?;
        self.data_bytes += words.len() as u64 * 4;
        Ok(())
    }

    fn add(&mut self, (name, dtype, shape): (String, StoredDtype, Vec<usize>)) {
        self.header_bytes += header_entry(&name);
        self.tensors.push((name, dtype.in_file(), shape));
    }

    /// Writes header and data as a shard, hashing both on the way.
    fn close_shard(&mut self) -> Result<()> {
        let name = format!("{}-{:05}.safetensors", self.name, self.written.len() + 1);
        let path = self.folder.join(&name);
        let header = shard::write_header(&self.tensors)?;
        let scratch_error = |e| Error::io(&self.scratch, e);
        self.data.flush().map_err(scratch_error)?;
        let source = self.data.get_mut();
        source.seek(SeekFrom::Start(0)).map_err(scratch_error)?;
        let out = File::create_new(&path).map_err(|e| Error::io(&path, e))?;
        let mut out = HashingWriter {
            inner: BufWriter::with_capacity(1 << 20, out),
            whole: Sha256::new(),
            bytes: 0,
            blocks: self.block_bytes.map(|size| Blocks {
                size,
                filled: 0,
                hash: Sha256::new(),
                done: Vec::new(),
            }),
        };
        out.write_all(&header)
            .and_then(|()| {
                let data = BufReader::with_capacity(1 << 20, &mut *source);
                std::io::copy(&mut data.take(self.data_bytes), &mut out)
            })
            .and_then(|_| out.flush())
            .map_err(|e| Error::io(&path, e))?;
        source
            .set_len(0)
            .and_then(|()| source.rewind())
            .map_err(|e| Error::io(&self.scratch, e))?;
        self.written.push(out.entry(name));
        self.data_bytes = 0;
        self.header_bytes = 64;
        self.tensors.clear();
        Ok(())
    }

    /// Closes the last shard and removes the scratch file.
    fn finish(mut self) -> Result<Vec<FileEntry>> {
        if !self.tensors.is_empty() {
            self.close_shard()?;
        }
        drop(self.data);
        fs::remove_file(&self.scratch).map_err(|e| Error::io(&self.scratch, e))?;
        Ok(self.written)
    }
}

fn header_entry(name: &str) -> u64 {
    HEADER_ENTRY + name.len() as u64
}

struct HashingWriter {
    inner: BufWriter<File>,
    whole: Sha256,
    bytes: u64,
    blocks: Option<Blocks>,
}

struct Blocks {
    size: u64,
    filled: u64,
    hash: Sha256,
    done: Vec<String>,
}

impl Blocks {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let left = usize::try_from(self.size - self.filled).unwrap_or(usize::MAX);
            let (head, rest) = bytes.split_at(bytes.len().min(left));
            self.hash.update(head);
            self.filled += head.len() as u64;
            if self.filled == self.size {
                self.end();
            }
            bytes = rest;
        }
    }

    fn end(&mut self) {
        self.done.push(hex(&self.hash.finalize_reset()));
        self.filled = 0;
    }
}

impl HashingWriter {
    fn entry(self, path: String) -> FileEntry {
        FileEntry {
            path,
            bytes: self.bytes,
            sha256: hex(&self.whole.finalize()),
            blocks: self.blocks.map(|mut blocks| {
                if blocks.filled > 0 {
                    blocks.end();
                }
                BlockHashes {
                    size: blocks.size,
                    sha256: blocks.done,
                }
            }),
        }
    }
}

impl Write for HashingWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.whole.update(bytes);
        self.bytes += bytes.len() as u64;
        if let Some(blocks) = &mut self.blocks {
            blocks.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// A folder that is removed when it is dropped, unless it was given its final name.
#[derive(Debug)]
struct TempFolder(PathBuf);

impl TempFolder {
    fn beside(out: &Path) -> Result<Self> {
        let parent = match out.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        let name = out.file_name().ok_or_else(|| {
            let why = "is not a name that a folder can have";
            Error::new(Code::Io, out.display().to_string(), why)
        })?;
        // A crash may have left a folder of this name behind, and numbers of processes come again.
        let mut attempt = 0;
        loop {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.tmp", std::process::id()));
            let path = parent.join(hidden);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && attempt < 1000 => {
                    attempt += 1;
                }
                Err(e) => return Err(Error::io(&path, e)),
            }
        }
    }

    fn rename_to(&self, out: &Path, force: bool) -> Result<()> {
        // Once more: it may have been made while this ran.
        check_target(out, force)?;
        if !out.exists() {
            return fs::rename(&self.0, out).map_err(|e| Error::io(out, e));
        }
        let old = self.0.with_extension("old");
        fs::rename(out, &old).map_err(|e| Error::io(out, e))?;
        if let Err(e) = fs::rename(&self.0, out) {
            let back = fs::rename(&old, out);
            let note = if back.is_ok() {
                ""
            } else {
                "; the old one is beside it"
            };
            return Err(Error::new(
                Code::Io,
                out.display().to_string(),
                format!("cannot be replaced: {e}{note}"),
            )
            .with_source(e));
        }
        fs::remove_dir_all(&old).map_err(|e| Error::io(&old, e))
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // Gone already if it was renamed; otherwise there is nobody left to tell.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Refuses to write over anything but nothing, an empty folder, or with `force` a package.
fn check_target(out: &Path, force: bool) -> Result<()> {
    let refuse = |why: &str| Err(Error::new(Code::Io, out.display().to_string(), why));
    match fs::read_dir(out) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
            refuse("is a file; a package is a folder")
        }
        Err(e) => Err(Error::io(out, e)),
        Ok(mut list) => match list.next() {
            None => Ok(()),
            Some(_) if !force => {
                refuse("exists and is not empty; name another folder, or use --force")
            }
            Some(_) if !out.join(MANIFEST_FILE).is_file() => {
                refuse("exists and is not a package, so it is not replaced; name another folder")
            }
            Some(_) => Ok(()),
        },
    }
}
