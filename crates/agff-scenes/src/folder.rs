//! The folder of a data set that this program makes: it appears whole or not at all, and its
//! manifest has a hash over everything in it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use agff::package::writer::folder::TempFolder;
use agff::tensors::hex;
use agff::{Code, Error, Result};

/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";

/// What every `made_by` begins with.
const MAKER: &str = "agff data ";

/// What a made data set is: how it was made, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataManifest {
    /// The command that made it, `agff data scenes` for instance.
    pub made_by: String,
    /// Version of the generator: with the same number the same seed gives the same files.
    pub generator: u32,
    /// `training` or `test`.
    pub split: String,
    /// The seed.
    pub seed: u64,
    /// Width and height of every picture, in pixels.
    pub size: u32,
    /// How many there are of what: rows or questions, pictures, units by pattern, …
    pub counts: BTreeMap<String, u64>,
    /// Files, without this one.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// The sha256 over one line for each file, sorted by name: its sha256 in hexadecimal, two spaces, and its
    /// name (what `sha256sum` prints).
    pub sha256: String,
}

/// How a data set is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MakeOptions {
    /// Seeds whatever is by chance.
    pub seed: u64,
    /// Width and height of the pictures, in pixels.
    pub size: u32,
    /// Threads; all cores if absent. The files do not depend on it.
    pub threads: Option<usize>,
    /// Replace a data set that is there already.
    pub force: bool,
}

/// A file that was written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    name: String,
    sha256: String,
    bytes: u64,
}

/// A data set that is being written.
#[derive(Debug)]
pub(super) struct DataFolder {
    out: PathBuf,
    force: bool,
    temp: TempFolder,
    files: BTreeMap<String, Written>,
}

impl DataFolder {
    /// Begins a data set at `out`.
    ///
    /// # Errors
    /// [`Code::Io`] if there is anything but nothing, an empty folder, or with `force` a data set.
    pub fn create(out: &Path, force: bool) -> Result<Self> {
        check_target(out, force)?;
        Ok(Self {
            out: out.into(),
            force,
            temp: TempFolder::beside(out)?,
            files: BTreeMap::new(),
        })
    }

    /// Writes a file; `name` is relative to the data set, with slashes. The file counts once it was
    /// [added](Self::add), so that threads may write at the same time.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&self, name: String, bytes: &[u8]) -> Result<Written> {
        let path = self.path(&name)?;
        fs::write(&path, bytes).map_err(|e| Error::io(&path, e))?;
        Ok(Written {
            name,
            sha256: hex(&Sha256::digest(bytes)),
            bytes: bytes.len() as u64,
        })
    }

    /// Counts a file in.
    pub fn add(&mut self, file: Written) {
        self.files.insert(file.name.clone(), file);
    }

    /// Begins a file of JSON lines.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn lines(&self, name: &str) -> Result<LinesFile> {
        let path = self.path(name)?;
        let file = File::create(&path).map_err(|e| Error::io(&path, e))?;
        Ok(LinesFile {
            name: name.into(),
            path,
            writer: BufWriter::new(file),
            hash: Sha256::new(),
            bytes: 0,
            lines: 0,
        })
    }

    /// Writes the manifest, whose counts of files and hash are filled in, and gives the data set its
    /// name.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn finish(self, mut manifest: DataManifest) -> Result<DataManifest> {
        let mut hash = Sha256::new();
        for file in self.files.values() {
            hash.update(format!("{}  {}\n", file.sha256, file.name));
        }
        manifest.sha256 = hex(&hash.finalize());
        manifest.files = self.files.len() as u64;
        manifest.bytes = self.files.values().map(|file| file.bytes).sum();
        let path = self.temp.0.join(MANIFEST_FILE);
        let json = serde_json::to_vec_pretty(&manifest).map_err(|e| {
            let why = "cannot be written as JSON";
            Error::new(Code::Internal, path.display().to_string(), why).with_source(e)
        })?;
        fs::write(&path, json).map_err(|e| Error::io(&path, e))?;
        let check = || check_target(&self.out, self.force);
        self.temp.rename_to(&self.out, check)?;
        Ok(manifest)
    }

    /// Where a file comes; its folder is made.
    fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.temp.0.join(name);
        match path.parent() {
            Some(parent) => fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?,
            None => return Err(Error::new(Code::Internal, name, "is no file's name")),
        }
        Ok(path)
    }
}

/// A file of JSON lines that is being written.
#[derive(Debug)]
pub(super) struct LinesFile {
    name: String,
    path: PathBuf,
    writer: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
    lines: u64,
}

impl LinesFile {
    /// Writes an object as a line.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn push(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value).map_err(|e| {
            let why = "a line cannot be written as JSON";
            Error::new(Code::Internal, &self.name, why).with_source(e)
        })?;
        line.push(b'\n');
        self.hash.update(&line);
        self.bytes += line.len() as u64;
        self.lines += 1;
        let written = self.writer.write_all(&line);
        written.map_err(|e| Error::io(&self.path, e))
    }

    /// How many lines it has.
    pub fn len(&self) -> u64 {
        self.lines
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn finish(mut self) -> Result<Written> {
        self.writer.flush().map_err(|e| Error::io(&self.path, e))?;
        Ok(Written {
            name: self.name,
            sha256: hex(&self.hash.finalize()),
            bytes: self.bytes,
        })
    }
}

/// Refuses to write over anything but nothing, an empty folder, or with `force` a data set that this
/// program made.
fn check_target(out: &Path, force: bool) -> Result<()> {
    let refuse = |why: &str| Err(Error::new(Code::Io, out.display().to_string(), why));
    let mut list = match fs::read_dir(out) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
            return refuse("is a file; a data set is a folder");
        }
        Err(e) => return Err(Error::io(out, e)),
        Ok(list) => list,
    };
    if list.next().is_none() {
        return Ok(());
    }
    if !force {
        return refuse("exists and is not empty; name another folder, or use --force");
    }
    let json = fs::read(out.join(MANIFEST_FILE)).unwrap_or_default();
    let made_here = serde_json::from_slice::<DataManifest>(&json)
        .is_ok_and(|manifest| manifest.made_by.starts_with(MAKER));
    if !made_here {
        return refuse(
            "exists and is no data set of agff, so it is not replaced; name another folder",
        );
    }
    match stranger(out, Path::new(""))? {
        None => Ok(()),
        Some(name) => refuse(&format!(
            "has {name:?} in it, which agff did not make, so it is not replaced; move that away, or \
             name another folder"
        )),
    }
}

/// Something below a data set's folder that no data set has.
fn stranger(out: &Path, inner: &Path) -> Result<Option<String>> {
    let folder = out.join(inner);
    for entry in fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
        let entry = entry.map_err(|e| Error::io(&folder, e))?;
        let name = inner.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if let Some(found) = stranger(out, &name)? {
                return Ok(Some(found));
            }
            continue;
        }
        let extension = name.extension().and_then(|e| e.to_str());
        if !matches!(extension, Some("png" | "jsonl")) && name != Path::new(MANIFEST_FILE) {
            return Ok(Some(name.display().to_string()));
        }
    }
    Ok(None)
}

/// Threads that share out work.
pub(super) struct Workers(rayon::ThreadPool);

impl Workers {
    /// So many threads, or one for each core.
    ///
    /// # Errors
    /// [`Code::Internal`] if they cannot be had.
    pub fn new(threads: Option<usize>) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
        let pool = pool.build().map_err(|e| {
            Error::new(Code::Internal, "", "threads cannot be started").with_source(e)
        })?;
        Ok(Self(pool))
    }

    /// What `work` makes of each item, in their order.
    pub fn map<T: Send, R: Send>(&self, items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        self.0
            .install(|| items.into_par_iter().map(&work).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> DataManifest {
        DataManifest {
            made_by: "agff data scenes".into(),
            generator: 1,
            split: "test".into(),
            seed: 0,
            size: 64,
            counts: BTreeMap::new(),
            files: 0,
            bytes: 0,
            sha256: String::new(),
        }
    }

    fn make(out: &Path, force: bool) -> Result<DataManifest> {
        let mut folder = DataFolder::create(out, force)?;
        let file = folder.write("images/b.png".into(), b"pixels")?;
        folder.add(file);
        let mut lines = folder.lines("rows.jsonl")?;
        lines.push(&serde_json::json!({"a": 1}))?;
        assert_eq!(lines.len(), 1);
        let file = lines.finish()?;
        folder.add(file);
        folder.finish(manifest())
    }

    #[test]
    fn the_hash_is_that_of_sha256sums_list() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("set");
        let made = make(&out, false).unwrap();
        assert_eq!((made.files, made.bytes), (2, 6 + 8));
        let sum = |bytes: &[u8]| hex(&Sha256::digest(bytes));
        let list = format!(
            "{}  images/b.png\n{}  rows.jsonl\n",
            sum(b"pixels"),
            sum(b"{\"a\":1}\n")
        );
        assert_eq!(made.sha256, sum(list.as_bytes()));
        let stored = fs::read(out.join(MANIFEST_FILE)).unwrap();
        assert_eq!(
            serde_json::from_slice::<DataManifest>(&stored).unwrap(),
            made
        );
    }

    #[test]
    fn only_what_agff_made_is_replaced_and_only_with_force() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("set");
        make(&out, false).unwrap();
        assert!(make(&out, false).unwrap_err().message().contains("--force"));
        make(&out, true).unwrap();

        fs::write(out.join("images/diary.txt"), "mine").unwrap();
        let error = make(&out, true).unwrap_err();
        assert!(error.message().contains("diary.txt"), "{error}");
        assert!(out.join("images/diary.txt").exists());

        let other = parent.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("a.png"), "mine").unwrap();
        let error = make(&other, true).unwrap_err();
        assert!(error.message().contains("no data set"), "{error}");
        let file = parent.path().join("file");
        fs::write(&file, "mine").unwrap();
        assert_eq!(make(&file, true).unwrap_err().code(), Code::Io);
        // Nothing half made stays behind.
        let left = fs::read_dir(parent.path()).unwrap().count();
        assert_eq!(left, 3);
    }
}
