//! Where models are that go by a name.

use std::path::{Path, PathBuf};

use agff::package::manifest::MANIFEST_FILE;
use agff::{Code, Error, Result};

use crate::hub;

/// The variable that names another folder of models.
const VARIABLE: &str = "AGFF_MODELS";

/// The variable that names the model of a command without `--model`.
const DEFAULT: &str = "AGFF_MODEL";

/// The model of a command without `--model`, by its name or folder: `photo`, or what `AGFF_MODEL` says.
pub fn default_model() -> PathBuf {
    std::env::var_os(DEFAULT)
        .filter(|model| !model.is_empty())
        .map_or_else(|| PathBuf::from(agff_photo::NAME), PathBuf::from)
}

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

/// What is wrong with the default model, with what to do about that.
pub fn of_default(error: Error) -> Error {
    let advice = match std::env::var_os(DEFAULT).is_some_and(|model| !model.is_empty()) {
        true => format!("{DEFAULT} names it as the default"),
        false => "or take the small model of drawings that is built in: --model agff-nano".into(),
    };
    let message = format!("{}; {advice}", error.message());
    Error::new(error.code(), error.subject(), message).with_source(error)
}

/// The folder of a model that was named rather than its folder, where there is no such package: `photo`, or what a
/// hub calls it.
///
/// # Errors
/// [`Code::PackageFileMissing`] if that model was not pulled yet.
pub fn pulled(path: &Path) -> Result<Option<PathBuf>> {
    if let Some(name) = hub::named(path)
        && !name.contains("://")
    {
        if let Some((plain, _)) = name.split_once('@') {
            let why = format!(
                "names a revision, which is chosen when a model is pulled; name it by {plain}"
            );
            return Err(Error::new(Code::Input, name, why));
        }
        let folder = folder(name)?;
        if folder.join(MANIFEST_FILE).exists() {
            return Ok(Some(folder));
        }
        let why = format!(
            "is not on this machine yet ({}); if it is a model of a hub, get it with `agff pull {name}`",
            folder.display()
        );
        return Err(Error::new(Code::PackageFileMissing, name, why));
    }
    let named = path == Path::new(agff_photo::NAME) && !path.join(MANIFEST_FILE).exists();
    let folder = folder(agff_photo::NAME);
    if !named && !folder.as_ref().is_ok_and(|folder| folder == path) {
        return Ok(None);
    }
    let folder = folder?;
    if folder.join(MANIFEST_FILE).exists() {
        return Ok(Some(folder));
    }
    let why = match folder.exists() {
        true => format!(
            "is not whole in {}; remove that folder, and get it again with `agff pull photo`",
            folder.display()
        ),
        false => format!(
            "is not on this machine yet ({}); get it with `agff pull photo` (106 MB, once)",
            folder.display()
        ),
    };
    Err(Error::new(Code::PackageFileMissing, agff_photo::NAME, why))
}
