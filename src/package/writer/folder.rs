//! The folder that a package is written into before it has its name.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::checkpoint::read_capped;
use crate::package::manifest::{CARD_FILE, MANIFEST_FILE, MAX_MANIFEST_BYTES};
use crate::{Code, Error, Result};

/// A folder that is removed when it is dropped, unless it was given its final name.
#[derive(Debug)]
pub struct TempFolder(pub PathBuf);

impl TempFolder {
    /// Makes a hidden folder beside `out`, so on the same file system.
    pub fn beside(out: &Path) -> Result<Self> {
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

    /// Gives the folder its final name, if `check` lets it.
    pub fn rename_to(&self, out: &Path, check: impl FnOnce() -> Result<()>) -> Result<()> {
        // Once more: it may have been made while this ran.
        check()?;
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

/// Refuses to write over anything but nothing, an empty folder, or with `force` a package
/// and nothing else.
///
/// # Errors
/// [`Code::Io`], saying what is there.
pub fn check_target(out: &Path, force: bool) -> Result<()> {
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
            Some(_) if !out.join(MANIFEST_FILE).is_file() => refuse(
                "exists and is not a package, so it is not replaced; remove it first, or \
                     name another folder",
            ),
            Some(_) => match stranger(out)? {
                None => Ok(()),
                Some(name) => refuse(&format!(
                    "has {name:?} in it, which its {MANIFEST_FILE} does not list, so it is not \
                     replaced; move that away, or name another folder"
                )),
            },
        },
    }
}

/// Something in a package's folder that the package does not list.
fn stranger(folder: &Path) -> Result<Option<String>> {
    let json = read_capped(&folder.join(MANIFEST_FILE), MAX_MANIFEST_BYTES)?;
    // A manifest that cannot be read lists nothing.
    let manifest: Value = serde_json::from_slice(&json).unwrap_or_default();
    let files = manifest["files"].as_array();
    let mut listed: HashSet<PathBuf> = files
        .into_iter()
        .flatten()
        .filter_map(|file| Some(file["path"].as_str()?.into()))
        .collect();
    listed.extend([MANIFEST_FILE, CARD_FILE].map(PathBuf::from));
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let path = folder.join(&inner);
        for entry in fs::read_dir(&path).map_err(|e| Error::io(&path, e))? {
            let entry = entry.map_err(|e| Error::io(&path, e))?;
            let name = inner.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(name);
            } else if !listed.contains(&name) {
                return Ok(Some(name.display().to_string()));
            }
        }
    }
    Ok(None)
}
