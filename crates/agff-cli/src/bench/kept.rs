//! Results on the disk: a file for each data set, which says what it belongs to.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use agff::package::Manifest;
use agff::tensors::hex;
use agff::{Code, Error};
use agff_eval::Rate;
use agff_eval::questions::{Report, Score};
use agff_train::checkpoint::write_whole;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const FORMAT: &str = "agff-bench";
const VERSION: u32 = 1;

/// Most questions of a data set.
const MOST_COUNT: usize = 1 << 32;

/// Most characters of a name that is part of a file's.
const LONGEST: usize = 80;

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
    /// Whether some of them could not be read, so that another try may come to more.
    pub incomplete: bool,
}

impl Result {
    /// Whether its numbers are some that can be.
    fn is_sane(&self) -> bool {
        let rate = |rate: &Rate| {
            let Rate {
                value, low, high, ..
            } = *rate;
            rate.correct <= rate.count
                && rate.count < MOST_COUNT
                && [value, low, high].iter().all(|x| (0.0..=1.0).contains(x))
        };
        let score = |score: &Score| {
            rate(&score.precision_at_1)
                && rate(&score.group_accuracy)
                && (0.0..=1.0).contains(&score.chance.group_accuracy)
                && score.questions_left_out.max(score.groups_left_out) < MOST_COUNT
        };
        let means = self.report.mean_of_categories;
        score(&self.report.overall)
            && self.report.categories.values().all(score)
            && means.is_none_or(|means| (0.0..=1.0).contains(&means.group_accuracy))
    }
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
        let key = hex(&hash.finalize()[..6]);
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
        if !path.is_file() {
            return Ok(None);
        }
        let file = fs::File::open(&path).map_err(|e| Error::io(&path, e))?;
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
            && document.settings == self.settings
            && !document.result.incomplete
            && document.result.is_sane();
        Ok(same.then_some(document.result))
    }

    /// Makes the folder, so that a place where nothing can be kept is found before the work.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn prepare(&self) -> agff::Result<()> {
        fs::create_dir_all(&self.folder).map_err(|e| Error::io(&self.folder, e))?;
        try_folder(&self.folder)
    }

    /// Keeps the result of a data set; the file appears whole.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&self, data_set: &str, data: &str, result: &Result) -> agff::Result<()> {
        let path = self.path(data_set);
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
        write_whole(&path, (json + "\n").as_bytes())
    }

    fn path(&self, data_set: &str) -> PathBuf {
        self.folder.join(format!("{}.json", plain(data_set)))
    }
}

/// Tries whether a file can be made in a folder.
fn try_folder(folder: &Path) -> agff::Result<()> {
    let path = folder.join(".try");
    let tried = fs::write(&path, "").and_then(|()| fs::remove_file(&path));
    tried.map_err(|e| Error::io(&path, e))
}

/// A name as part of a file's: another one for another name.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let same = name.len() <= LONGEST && name.chars().all(is_plain) && !name.starts_with('.');
    match same {
        true => name.to_owned(),
        false => {
            let signs = name.chars().map(|c| if is_plain(c) { c } else { '-' });
            let begin: String = signs.skip_while(|c| *c == '.').take(LONGEST).collect();
            format!("{begin}-{}", hex(&Sha256::digest(name)[..4]))
        }
    }
}

/// The sha256 over the names and contents of files.
///
/// # Errors
/// [`Code::Io`].
pub fn hash(files: &[PathBuf]) -> agff::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    for path in files {
        let failed = |e| Error::io(path, e);
        let mut file = fs::File::open(path).map_err(failed)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        hash.update(name.as_bytes());
        hash.update(b"\0");
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                got => hash.update(&buffer[..got]),
            }
        }
    }
    Ok(hex(&hash.finalize()))
}
