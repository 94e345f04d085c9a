//! Reading a package: the manifest, the tokenizer, and the weights as a stream of tensors.
//!
//! A weight shard is read once from front to back. Its bytes go straight into the words of the
//! tensor that they belong to, so beside the tensor that is being filled only one chunk of the file is in
//! memory. A file's sha256 is known at its end; until then its tensors have been handed on, but
//! loading as a whole fails if it is wrong.

use sha2::{Digest, Sha256};

use super::manifest::{
    FileEntry, MANIFEST_FILE, MAX_MANIFEST_BYTES, MAX_TOKENIZER_BYTES, Manifest, TOKENIZER_FILE,
};
use super::source::{Source, wrong_length};
use super::stream::{Stop, TensorStream};
use super::token_table::TokenTable;
use crate::tensors::{Kind, RawTensor, TensorSpec, hex};
use crate::{Code, Error, Result};

/// A package whose manifest has been read and checked.
#[derive(Debug, Clone)]
pub struct Package {
    source: Source,
    manifest: Manifest,
}

/// How far loading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadProgress<'a> {
    /// The file that is being read.
    pub file: &'a str,
    /// Bytes of it that were read.
    pub file_bytes_done: u64,
    /// Its length.
    pub file_bytes: u64,
    /// Bytes of all weight shards that were read.
    pub total_done: u64,
    /// Their length together.
    pub total: u64,
}

impl Package {
    /// Reads and checks the manifest; nothing else is read yet.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`] without an `agff.json`, what [`Manifest::parse`] refuses, and
    /// whatever the source fails with.
    pub async fn open(source: Source) -> Result<Self> {
        let json = source
            .read_all(MANIFEST_FILE, None, MAX_MANIFEST_BYTES)
            .await?;
        let manifest =
            Manifest::parse_unnamed(&json).map_err(|e| e.about(source.describe(MANIFEST_FILE)))?;
        Ok(Self { source, manifest })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where the package is read from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The bytes of `tokenizer.json`, checked against their hash.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::PackageTruncated`], [`Code::PackageHash`], and
    /// whatever the source fails with.
    pub async fn tokenizer_bytes(&self) -> Result<Vec<u8>> {
        let entry = self.manifest.file(TOKENIZER_FILE).ok_or_else(|| {
            let why = format!("lists no {TOKENIZER_FILE}");
            Error::new(Code::PackageManifest, MANIFEST_FILE, why)
        })?;
        let bytes = self
            .source
            .read_all(TOKENIZER_FILE, Some(entry.bytes), MAX_TOKENIZER_BYTES)
            .await?;
        self.check_hash(entry, Sha256::new_with_prefix(&bytes))?;
        Ok(bytes)
    }

    /// The token embeddings, with a cache of `cache_bytes` (see
    /// [`DEFAULT_CACHE`](super::token_table::DEFAULT_CACHE)).
    ///
    /// # Errors
    /// As [`TokenTable::open`].
    pub async fn token_table(&self, cache_bytes: usize) -> Result<TokenTable> {
        TokenTable::open(&self.source, &self.manifest, cache_bytes).await
    }

    /// Hands every tensor but the token embeddings to `sink`, in the order of the files. Each is whole, has
    /// the shape that the configuration asks for, and is finite; quantised values and their scales are
    /// two tensors. When this returns without an error, every tensor has come and every file's
    /// hash was right.
    ///
    /// Host memory: the tensor being read, and one chunk of its file.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::PackageTruncated`], [`Code::PackageHash`],
    /// [`Code::PackageTensor`], [`Code::PackageNotFinite`], whatever the source fails with, and
    /// the sink's own errors as they are.
    #[cfg(feature = "engine")]
    pub async fn load_tensors(
        &self,
        progress: &mut dyn FnMut(LoadProgress<'_>),
        sink: impl FnMut(RawTensor) -> Result<()>,
    ) -> Result<()> {
        self.load_listed(self.manifest.tensors(), progress, sink)
            .await
    }

    /// The same, with the list of tensors that must come; the token embeddings in it are passed over.
    ///
    /// # Errors
    /// As there.
    pub async fn load_listed(
        &self,
        tensors: Vec<TensorSpec>,
        progress: &mut dyn FnMut(LoadProgress<'_>),
        mut sink: impl FnMut(RawTensor) -> Result<()>,
    ) -> Result<()> {
        let specs = tensors.into_iter().filter(|s| s.kind != Kind::TokenTable);
        let mut stream = TensorStream::new(specs);
        let total = self.manifest.weight_files().map(|f| f.bytes).sum();
        let mut before = 0;
        for entry in self.manifest.weight_files() {
            let mut note = |done| {
                progress(LoadProgress {
                    file: &entry.path,
                    file_bytes_done: done,
                    file_bytes: entry.bytes,
                    total_done: before + done,
                    total,
                });
            };
            self.load_file(entry, &mut stream, &mut note, &mut sink)
                .await?;
            before += entry.bytes;
        }
        stream.finish()
    }

    async fn load_file(
        &self,
        entry: &FileEntry,
        stream: &mut TensorStream,
        note: &mut dyn FnMut(u64),
        sink: &mut dyn FnMut(RawTensor) -> Result<()>,
    ) -> Result<()> {
        let name = self.source.describe(&entry.path);
        let mut reader = self.source.open(&entry.path).await?;
        let mut hash = Sha256::new();
        let mut done = 0;
        // What is wrong with the contents; if the file is not the one that the manifest means, this
        // is only a consequence, so it waits for the hash.
        let mut wrong = None;
        note(0);
        stream.begin_file(&name, entry.bytes);
        while let Some(chunk) = reader.next_chunk().await? {
            done += chunk.len() as u64;
            if done > entry.bytes {
                return Err(wrong_length(&name, done, entry.bytes));
            }
            hash.update(chunk);
            if wrong.is_none() {
                match stream.feed(chunk, sink) {
                    Ok(()) => {}
                    Err(Stop::Sink(e)) => return Err(e),
                    Err(Stop::Contents(e)) => wrong = Some(e),
                }
            }
            note(done);
        }
        if done != entry.bytes {
            return Err(wrong_length(&name, done, entry.bytes));
        }
        self.check_hash(entry, hash)?;
        wrong.map_or_else(|| stream.end_file(), Err)
    }

    fn check_hash(&self, entry: &FileEntry, hash: Sha256) -> Result<()> {
        let is = hex(&hash.finalize());
        if is == entry.sha256 {
            return Ok(());
        }
        Err(wrong_hash(
            &self.source.describe(&entry.path),
            &is,
            &entry.sha256,
        ))
    }
}

/// The error for bytes that are not those of the manifest.
pub(crate) fn wrong_hash(file: &str, is: &str, should: &str) -> Error {
    Error::new(
        Code::PackageHash,
        file,
        format!("has the sha256 {is}, the manifest states {should}; copy or download it again"),
    )
}
