//! Where models are that go by a name.

use std::path::{Path, PathBuf};

use agff::package::manifest::MANIFEST_FILE;
use agff::{Code, Error, Result};

/// The variable that names another folder of models.
const VARIABLE: &str = "AGFF_MODELS";

/// The folder of the model with this name: below the user's data folder, or below `AGFF_MODELS`.
///
/// # Errors
/// [`Code::Io`] if the system has no folder for data.
pub fn folder(name: &str) -> Result<PathBuf> {
    let all = match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => dirs::data_local_dir()
            .map(|data| data.join("agff").join("models"))
            .ok_or_else(|| {
                let why = format!("there is no folder for data; set {VARIABLE} to one");
                Error::new(Code::Io, "models", why)
            })?,
    };
    Ok(all.join(name))
}

/// The folder of a model that was named rather than its folder: `photo`, where there is no such path.
///
/// # Errors
/// [`Code::PackageFileMissing`] if that model was not pulled yet.
pub fn pulled(path: &Path) -> Result<Option<PathBuf>> {
    if path != Path::new(agff_photo::NAME) || path.exists() {
        return Ok(None);
    }
    let folder = folder(agff_photo::NAME)?;
    if folder.join(MANIFEST_FILE).exists() {
        return Ok(Some(folder));
    }
    let why = "is not on this machine yet; get it with `agff pull photo`";
    Err(Error::new(Code::PackageFileMissing, agff_photo::NAME, why))
}
