//! A series of shards: `NAME-00001.safetensors` and so on, each hashed while it is written.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::package::hash::FileHash;
use crate::package::layout::{Room, shard_path};
use crate::package::manifest::FileEntry;
use crate::tensors::StoredDtype;
use crate::tensors::shard;
use crate::{Error, Result};

/// Shards `NAME-00001.safetensors` and so on.
#[derive(Debug)]
pub(super) struct Series {
    folder: PathBuf,
    name: &'static str,
    block_bytes: Option<u64>,
    scratch: PathBuf,
    data: BufWriter<File>,
    room: Room,
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
            room: Room::new(),
            tensors: Vec::new(),
            written: Vec::new(),
        })
    }

    /// Bytes of data that another tensor of this name may still have in this shard.
    pub(super) fn room(&self, name: &str) -> u64 {
        self.room.left(name)
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
        self.room.take(words.len() as u64 * 4);
        Ok(())
    }

    pub(super) fn add(&mut self, (name, dtype, shape): (String, StoredDtype, Vec<usize>)) {
        self.room.list(&name);
        self.tensors.push((name, dtype.in_file(), shape));
    }

    /// Writes header and data as a shard, hashing both on the way.
    pub(super) fn close_shard(&mut self) -> Result<()> {
        let name = shard_path(self.name, self.written.len());
        let path = self.folder.join(&name);
        let header = shard::write_header(&self.tensors)?;
        let scratch_error = |e| Error::io(&self.scratch, e);
        self.data.flush().map_err(scratch_error)?;
        let source = self.data.get_mut();
        source.seek(SeekFrom::Start(0)).map_err(scratch_error)?;
        let out = File::create_new(&path).map_err(|e| Error::io(&path, e))?;
        let mut out = HashingWriter {
            inner: BufWriter::with_capacity(1 << 20, out),
            hash: FileHash::new(self.block_bytes),
        };
        out.write_all(&header)
            .and_then(|()| {
                let data = BufReader::with_capacity(1 << 20, &mut *source);
                std::io::copy(&mut data.take(self.room.data()), &mut out)
            })
            .and_then(|_| out.flush())
            .map_err(|e| Error::io(&path, e))?;
        source
            .set_len(0)
            .and_then(|()| source.rewind())
            .map_err(|e| Error::io(&self.scratch, e))?;
        self.written.push(out.hash.entry(name));
        self.room = Room::new();
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

struct HashingWriter {
    inner: BufWriter<File>,
    hash: FileHash,
}

impl Write for HashingWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
