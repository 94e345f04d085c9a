//! Where a package's bytes come from: a folder, memory, or HTTP.
//!
//! Three ways to read are enough: a small file whole, a large one from front to back in chunks, and
//! a range of one. All are `async`, because a page cannot wait for the network any other way;
//! folders and memory answer at once.

#[cfg(all(target_family = "wasm", feature = "web"))]
mod http;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
#[cfg(not(target_family = "wasm"))]
use std::{fs::File, io::Read, path::PathBuf};

#[cfg(all(target_family = "wasm", feature = "web"))]
pub use http::Http;

use crate::{Code, Error, Result};

/// Bytes of a chunk from a folder or memory; HTTP gives what the network gives.
pub const CHUNK: usize = 1 << 20;

/// Files by their path in the package.
pub type Files = BTreeMap<String, Cow<'static, [u8]>>;

/// Where a package's bytes come from. Clones are cheap.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder of this machine.
    #[cfg(not(target_family = "wasm"))]
    Folder(PathBuf),
    /// Files in memory: an embedded package, or files that were dropped on a page.
    Memory(Arc<Files>),
    /// Files below a URL.
    #[cfg(all(target_family = "wasm", feature = "web"))]
    Http(Http),
}

impl Source {
    /// A package in memory.
    pub fn memory(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Self {
        Self::Memory(Arc::new(files.into_iter().collect()))
    }

    /// A name to show: the folder, the URL, or `memory`.
    pub fn name(&self) -> String {
        match self {
            #[cfg(not(target_family = "wasm"))]
            Self::Folder(folder) => folder.display().to_string(),
            Self::Memory(_) => "memory".into(),
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Self::Http(http) => http.base().into(),
        }
    }

    /// The full name of a file of this source, as errors state it.
    pub fn describe(&self, file: &str) -> String {
        match self {
            #[cfg(not(target_family = "wasm"))]
            Self::Folder(folder) => folder.join(file).display().to_string(),
            Self::Memory(_) => file.into(),
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Self::Http(http) => http.url(file),
        }
    }

    /// The same source without what ends with loading: the signal that aborts it.
    #[must_use]
    pub fn detached(&self) -> Self {
        match self {
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Self::Http(http) => Self::Http(http.detached()),
            other => other.clone(),
        }
    }

    /// Reads the bytes `range` of a file.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::PackageTruncated`] if the file ends before the range
    /// does, [`Code::Io`], [`Code::Fetch`], [`Code::Aborted`].
    pub async fn read_range(&self, file: &str, range: Range<u64>) -> Result<Vec<u8>> {
        match self {
            #[cfg(not(target_family = "wasm"))]
            Self::Folder(_) => {
                use std::io::{Seek, SeekFrom};
                let name = self.describe(file);
                let mut bytes = vec![0; len_of(&range, &name)?];
                let mut opened = self.open_file(file)?;
                opened
                    .seek(SeekFrom::Start(range.start))
                    .map_err(|e| Error::io(&name, e))?;
                opened.read_exact(&mut bytes).map_err(|e| match e.kind() {
                    std::io::ErrorKind::UnexpectedEof => ends_early(&name, range.end),
                    _ => Error::io(&name, e),
                })?;
                Ok(bytes)
            }
            Self::Memory(files) => {
                let bytes = in_memory(files, file)?;
                let at = usize::try_from(range.start).ok();
                let to = usize::try_from(range.end).ok();
                at.zip(to)
                    .and_then(|(at, to)| bytes.get(at..to))
                    .map(<[u8]>::to_vec)
                    .ok_or_else(|| ends_early(file, range.end))
            }
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Self::Http(http) => http.read_range(file, range).await,
        }
    }

    /// Reads a whole file of `expected` bytes, or, if that is not known, of at most `cap`.
    ///
    /// # Errors
    /// As [`read_range`](Self::read_range); [`Code::PackageTruncated`] if the length differs, or
    /// is above `cap`.
    pub async fn read_all(&self, file: &str, expected: Option<u64>, cap: u64) -> Result<Vec<u8>> {
        let most = expected.unwrap_or(cap).min(cap);
        let mut bytes = Vec::new();
        let mut reader = self.open(file).await?;
        while let Some(chunk) = reader.next_chunk().await? {
            if (bytes.len() + chunk.len()) as u64 > most {
                return Err(Error::new(
                    Code::PackageTruncated,
                    self.describe(file),
                    match expected {
                        Some(n) if n <= cap => {
                            format!("is longer than the {n} bytes that the manifest states")
                        }
                        _ => format!("is longer than the {cap} bytes that are read of it"),
                    },
                ));
            }
            bytes.extend_from_slice(chunk);
        }
        if let Some(n) = expected.filter(|&n| n != bytes.len() as u64) {
            return Err(wrong_length(&self.describe(file), bytes.len() as u64, n));
        }
        Ok(bytes)
    }

    /// Opens a file to be read from front to back.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::Io`], [`Code::Fetch`], [`Code::Aborted`].
    pub async fn open(&self, file: &str) -> Result<Reader<'_>> {
        Ok(Reader(match self {
            #[cfg(not(target_family = "wasm"))]
            Self::Folder(_) => Inner::File {
                name: self.describe(file),
                file: self.open_file(file)?,
                buffer: vec![0; CHUNK],
            },
            Self::Memory(files) => Inner::Memory(in_memory(files, file)?),
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Self::Http(http) => Inner::Http(http.open(file).await?),
        }))
    }

    #[cfg(not(target_family = "wasm"))]
    fn open_file(&self, file: &str) -> Result<File> {
        let Self::Folder(folder) = self else {
            return Err(Error::new(Code::Internal, file, "is not in a folder"));
        };
        let path = folder.join(file);
        match std::fs::metadata(&path) {
            // Anything else (a folder, a pipe) might block or give other bytes each time.
            Ok(meta) if !meta.is_file() => {
                return Err(Error::new(
                    Code::PackageFileMissing,
                    path.display().to_string(),
                    "is not a regular file",
                ));
            }
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(missing(&path.display().to_string()).with_source(e));
            }
            Err(e) => return Err(Error::io(&path, e)),
        }
        File::open(&path).map_err(|e| Error::io(&path, e))
    }
}

/// A file that is read from front to back.
pub struct Reader<'a>(Inner<'a>);

enum Inner<'a> {
    #[cfg(not(target_family = "wasm"))]
    File {
        name: String,
        file: File,
        buffer: Vec<u8>,
    },
    Memory(&'a [u8]),
    #[cfg(all(target_family = "wasm", feature = "web"))]
    Http(http::Body),
}

impl Reader<'_> {
    /// The next bytes, never empty, or `None` at the file's end.
    ///
    /// # Errors
    /// [`Code::Io`], [`Code::Fetch`], [`Code::Aborted`].
    pub async fn next_chunk(&mut self) -> Result<Option<&[u8]>> {
        match &mut self.0 {
            #[cfg(not(target_family = "wasm"))]
            Inner::File { name, file, buffer } => loop {
                match file.read(buffer) {
                    Ok(0) => return Ok(None),
                    Ok(n) => return Ok(Some(&buffer[..n])),
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(Error::io(name, e)),
                }
            },
            Inner::Memory(rest) => {
                let (chunk, after) = rest.split_at(rest.len().min(CHUNK));
                *rest = after;
                Ok((!chunk.is_empty()).then_some(chunk))
            }
            #[cfg(all(target_family = "wasm", feature = "web"))]
            Inner::Http(body) => body.next_chunk().await,
        }
    }
}

fn in_memory<'a>(files: &'a Files, file: &str) -> Result<&'a [u8]> {
    files
        .get(file)
        .map(AsRef::as_ref)
        .ok_or_else(|| missing(file))
}

/// The error for a file that is not there.
fn missing(file: &str) -> Error {
    Error::new(
        Code::PackageFileMissing,
        file,
        "is not there. Is this the folder of a whole package, the one with agff.json?",
    )
}

/// The error for a file that ends within a range.
fn ends_early(file: &str, end: u64) -> Error {
    Error::new(
        Code::PackageTruncated,
        file,
        format!("ends before byte {end}; copy or download it again"),
    )
}

/// The error for a file of another length than the manifest states.
pub(crate) fn wrong_length(file: &str, is: u64, should: u64) -> Error {
    Error::new(
        Code::PackageTruncated,
        file,
        format!("has {is} bytes, the manifest states {should}; copy or download it again"),
    )
}

/// The length of a range as a `usize`.
fn len_of(range: &Range<u64>, file: &str) -> Result<usize> {
    range
        .end
        .checked_sub(range.start)
        .and_then(|n| usize::try_from(n).ok())
        .ok_or_else(|| Error::new(Code::Internal, file, format!("has no range {range:?}")))
}
