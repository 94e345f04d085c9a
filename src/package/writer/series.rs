//! A series of shards: `NAME-00001.safetensors` and so on, each hashed while it is written.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::MAX_SHARD;
use crate::package::manifest::{BlockHashes, FileEntry};
use crate::tensors::StoredDtype;
use crate::tensors::hex;
use crate::tensors::shard;
use crate::{Error, Result};

/// Bytes that a tensor takes in a header beside its name, at most.
const HEADER_ENTRY: u64 = 160;

/// Shards `NAME-00001.safetensors` and so on.
#[derive(Debug)]
pub(super) struct Series {
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
    pub(super) fn new(folder: &Path, name: &'static str, block_bytes: Option<u64>) -> Result<Self> {
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
    pub(super) fn room(&self, name: &str) -> u64 {
        let header = self.header_bytes + header_entry(name);
        MAX_SHARD.saturating_sub(self.data_bytes + header)
    }

    /// Begins a new shard if `bytes` do not fit into this one but may into an empty one, or if
    /// the tensor must be split anyway.
    pub(super) fn make_room(&mut self, name: &str, bytes: u64) -> Result<()> {
        if bytes > self.room(name) && !self.tensors.is_empty() {
            self.close_shard()?;
        }
        Ok(())
    }

    pub(super) fn write(&mut self, words: &[u32]) -> Result<()> {
        self.data
            .write_all(bytemuck::cast_slice(words))
            .map_err(|e| Error::io(&self.scratch, e))?;
        self.data_bytes += words.len() as u64 * 4;
        Ok(())
    }

    pub(super) fn add(&mut self, (name, dtype, shape): (String, StoredDtype, Vec<usize>)) {
        self.header_bytes += header_entry(&name);
        self.tensors.push((name, dtype.in_file(), shape));
    }

    /// Writes header and data as a shard, hashing both on the way.
    pub(super) fn close_shard(&mut self) -> Result<()> {
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
    pub(super) fn finish(mut self) -> Result<Vec<FileEntry>> {
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
