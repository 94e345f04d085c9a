//! Results on the disk: a file for each data set, which says what it belongs to.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use agff::package::Manifest;
use agff::{Code, Error};
use agff_eval::questions::Report;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::output::NewFile;

const FORMAT: &str = "agff-bench";
const VERSION: u32 = 1;

/// Most bytes of a result.
const MOST: u64 = 16 << 20;

/// What came of a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// The counts, with intervals.
    pub report: Report,
    /// Inputs that could not be embedded.
    pub failed: usize,
    /// Texts that were cut.
    pub truncated: usize,
}

/// A result with what it belongs to.
#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    data_set: String,
    /// The sha256 of its file.
    data: String,
    model: String,
    fingerprint: String,
    settings: Vec<String>,
    result: Result,
}

/// Where the results of a model are.
pub struct Kept {
    folder: PathBuf,
    model: String,
    fingerprint: String,
    settings: Vec<String>,
}

impl Kept {
    /// The results of a benchmark, a package and `settings` under `out`.
    ///
    /// # Errors
    /// [`Code::Internal`] if the manifest cannot be hashed.
    pub fn new(
        benchmark: &str,
        out: &Path,
        manifest: &Manifest,
        settings: Vec<String>,
    ) -> agff::Result<Self> {
        let fingerprint = manifest.fingerprint()?;
        let mut hash = Sha256::new_with_prefix(&fingerprint);
        for setting in &settings {
            hash.update(b"\0");
            hash.update(setting);
        }
        let key: String = hash
            .finalize()
            .iter()
            .take(6)
            .map(|b| format!("{b:02x}"))
            .collect();
        Ok(Self {
            folder: out
                .join(benchmark)
                .join(format!("{}-{key}", plain(&manifest.name))),
            model: manifest.name.clone(),
            fingerprint,
            settings,
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was kept of a data set whose file has this sha256; `None` if there is nothing, or something else, or it is
    /// damaged.
    ///
    /// # Errors
    /// [`Code::Io`] if it is there and cannot be read.
    pub fn read(&self, data_set: &str, data: &str) -> agff::Result<Option<Result>> {
        let path = self.path(data_set);
        let file = match fs::File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|e| Error::io(&path, e))?,
        };
        let mut json = Vec::new();
        let limited = file.take(MOST).read_to_end(&mut json);
        limited.map_err(|e| Error::io(&path, e))?;
        let Ok(document) = serde_json::from_slice::<Document>(&json) else {
            return Ok(None);
        };
        let same = document.format == FORMAT
            && document.version == VERSION
            && document.data_set == data_set
            && document.data == data
            && document.fingerprint == self.fingerprint
            && document.settings == self.settings;
        Ok(same.then_some(document.result))
    }

    /// Keeps the result of a data set; the file appears whole.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&self, data_set: &str, data: &str, result: &Result) -> agff::Result<()> {
        let path = self.path(data_set);
        fs::create_dir_all(&self.folder).map_err(|e| Error::io(&self.folder, e))?;
        let document = Document {
            format: FORMAT.into(),
            version: VERSION,
            data_set: data_set.into(),
            data: data.into(),
            model: self.model.clone(),
            fingerprint: self.fingerprint.clone(),
            settings: self.settings.clone(),
            result: result.clone(),
        };
        let json = serde_json::to_string_pretty(&document).map_err(|e| {
            Error::new(Code::Internal, data_set, "cannot be written as JSON").with_source(e)
        })?;
        let written = NewFile::create(&path).and_then(|mut file| {
            file.write_line(&json)?;
            file.finish()
        });
        written.map_err(|_| {
            let why = "the result could not be written; is there room on the disk?";
            Error::new(Code::Io, path.display().to_string(), why)
        })
    }

    fn path(&self, data_set: &str) -> PathBuf {
        self.folder.join(format!("{}.json", plain(data_set)))
    }
}

/// A name as part of a file's.
fn plain(name: &str) -> String {
    let sign = |c: char| match c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
        true => c,
        false => '-',
    };
    name.chars().map(sign).collect()
}

/// The sha256 of a file.
///
/// # Errors
/// [`Code::Io`].
pub fn hash(path: &Path) -> agff::Result<String> {
    let failed = |e| Error::io(path, e);
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => break,
            got => hash.update(&buffer[..got]),
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
