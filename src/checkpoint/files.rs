//! The small files of a checkpoint, and how files are opened: only if they are files, with a limit on their length.

use std::collections::BTreeMap;
#[cfg(not(target_family = "wasm"))]
use std::fs::File;
#[cfg(not(target_family = "wasm"))]
use std::io::Read;
use std::path::{Path, PathBuf};

use super::description;
#[cfg(not(target_family = "wasm"))]
use super::description::CONFIG_FILE;
#[cfg(not(target_family = "wasm"))]
use super::pooling;
use super::weights::{INDEX_FILE, MAX_INDEX};
use super::{ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE, README_FILE, adapter, tokenizer};
use crate::{Code, Error, Result};

/// An adapter's matrices as older versions of PEFT save them.
#[cfg(not(target_family = "wasm"))]
const ADAPTER_PICKLE: &str = "adapter_model.bin";

/// Most bytes of a model card.
const MAX_README: u64 = 1 << 20;

/// Everything of a checkpoint but its weights, by name.
#[derive(Debug, Clone, Default)]
pub struct SmallFiles {
    /// What stands before a file's name in messages.
    place: PathBuf,
    /// The same for the two files of an adapter from elsewhere.
    adapter: Option<PathBuf>,
    files: BTreeMap<String, Vec<u8>>,
}

impl SmallFiles {
    /// None yet; `place` is their folder or URL.
    pub fn new(place: impl Into<PathBuf>) -> Self {
        Self {
            place: place.into(),
            ..Self::default()
        }
    }

    /// The same, with the folder or URL of the adapter that will be inserted.
    pub fn with_adapter(mut self, place: impl Into<PathBuf>) -> Self {
        self.adapter = Some(place.into());
        self
    }

    /// Reads those that a folder has.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`] without a `config.json`, or if `modules.json` names a file that is not there;
    /// [`Code::Input`] for one that is too long; [`Code::Config`] for a wrong `modules.json`; [`Code::Io`].
    #[cfg(not(target_family = "wasm"))]
    pub fn read(folder: &Path) -> Result<Self> {
        let mut files = Self::new(folder);
        files.take(folder, CONFIG_FILE)?;
        let adapter = [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE];
        let others = description::OTHERS.into_iter().chain([README_FILE]);
        let others = others.chain(adapter);
        for name in others.chain(tokenizer::FILES.map(|(name, _)| name)) {
            if folder.join(name).exists() {
                files.take(folder, name)?;
            }
        }
        if let Some(json) = files.get(pooling::MODULES_FILE) {
            let shown = files.shown(pooling::MODULES_FILE);
            let modules = pooling::modules_json(json, &shown)?;
            for name in pooling::files(&shown, &modules)? {
                files.take(folder, &name)?;
            }
        }
        Ok(files)
    }

    /// Reads the adapter of another folder, in the place of the one that is there.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`], [`Code::Input`] if a file is too long, [`Code::Io`].
    #[cfg(not(target_family = "wasm"))]
    pub fn read_adapter(&mut self, folder: &Path) -> Result<()> {
        self.adapter = Some(folder.to_owned());
        self.take(folder, ADAPTER_CONFIG_FILE)?;
        let pickle = folder.join(ADAPTER_PICKLE);
        if pickle.exists() && !folder.join(ADAPTER_WEIGHTS_FILE).exists() {
            let why = "is a Python pickle, which can run any program when it is opened; save the adapter anew, as \
                       safetensors";
            let name = pickle.display().to_string();
            return Err(Error::new(Code::PackageFamily, name, why));
        }
        self.take(folder, ADAPTER_WEIGHTS_FILE)
    }

    #[cfg(not(target_family = "wasm"))]
    fn take(&mut self, folder: &Path, name: &str) -> Result<()> {
        match read_capped(&folder.join(name), most(name)) {
            // A card that cannot be read says nothing.
            Err(_) if name == README_FILE => Ok(()),
            read => {
                self.files.insert(name.to_owned(), read?);
                Ok(())
            }
        }
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`Code::Input`] if it is longer than a file of that name may be.
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let most = most(name);
        if bytes.len() as u64 > most {
            return Err(too_long(self.shown(name), most));
        }
        self.files.insert(name.to_owned(), bytes);
        Ok(())
    }

    /// The bytes of one.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// How to call one in messages.
    pub fn shown(&self, name: &str) -> String {
        let of_adapter = [ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE].contains(&name);
        let elsewhere = self.adapter.as_ref().filter(|_| of_adapter);
        let place = elsewhere.unwrap_or(&self.place);
        place.join(name).display().to_string()
    }

    /// What they are files of.
    pub fn place(&self) -> &Path {
        &self.place
    }
}

/// Most bytes that are read of a small file.
fn most(name: &str) -> u64 {
    let tokenizer = tokenizer::FILES.iter().find(|(file, _)| *file == name);
    match tokenizer {
        Some(&(_, most)) => most,
        None if name == README_FILE => MAX_README,
        None if name == INDEX_FILE => MAX_INDEX,
        None if name == ADAPTER_WEIGHTS_FILE => adapter::MAX_BYTES,
        None => description::MAX_BYTES,
    }
}

/// Reads a small file, of at most `cap` bytes.
#[cfg(not(target_family = "wasm"))]
pub fn read_capped(path: &Path, cap: u64) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let file = open_regular(path, "is not there")?;
    let mut bytes = Vec::new();
    file.take(cap + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io(path, e))?;
    if bytes.len() as u64 > cap {
        return Err(too_long(name, cap));
    }
    Ok(bytes)
}

fn too_long(name: String, most: u64) -> Error {
    let why = format!("is longer than the {most} bytes that are read of it");
    Error::new(Code::Input, name, why)
}

/// Opens a file, but nothing else: opening a pipe would wait for somebody to write into it.
#[cfg(not(target_family = "wasm"))]
pub(super) fn open_regular(path: &Path, missing: &str) -> Result<File> {
    let fail = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            let name = path.display().to_string();
            Error::new(Code::PackageFileMissing, name, missing).with_source(e)
        }
        _ => Error::io(path, e),
    };
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        let name = path.display().to_string();
        return Err(Error::new(Code::Io, name, "is not a regular file"));
    }
    File::open(path).map_err(fail)
}
