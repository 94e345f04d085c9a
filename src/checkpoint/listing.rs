//! What a hub says of a repository: its commit, and its files with lengths and hashes.

use serde::{Deserialize, Serialize};

use super::{Address, Repository};
use crate::{Code, Error, Result};

/// A file that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// Its path in the checkpoint's folder.
    pub path: String,
    /// Its length in bytes, if that is known.
    pub bytes: Option<u64>,
    /// Its sha256 in hexadecimal, if the hub names it (it does of large files).
    pub sha256: Option<String>,
    /// Whether there is but one file of this name in this folder, as at a commit.
    #[serde(default)]
    pub immutable: bool,
    /// What tells it from other files of the same name, where there may be such.
    #[serde(default)]
    pub version: Option<String>,
}

/// A repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The commit's hash.
    pub commit: String,
    /// The files of the folder that the address means.
    pub files: Vec<RemoteFile>,
}

/// The hub's answer, as far as it is needed.
#[derive(Deserialize)]
struct Answer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: Option<String>,
    size: Option<u64>,
}

impl Repository {
    /// The URL that a hub lists a repository's files at.
    pub fn listing(&self) -> String {
        let revision = self.revision.replace('/', "%2F");
        let (hub, name) = (&self.hub, &self.name);
        format!("{hub}/api/models/{name}/revision/{revision}?blobs=true")
    }

    /// The error for a listing that a hub does not have.
    pub fn missing(&self) -> Error {
        let why = format!(
            "there is no such model, or no revision {:?} of it, at {}",
            self.revision, self.hub
        );
        Error::new(Code::PackageFileMissing, &self.name, why)
    }
}

impl Listing {
    /// Reads a hub's answer: of a repository, the files of the folder that `address` means.
    ///
    /// # Errors
    /// [`Code::Fetch`] if it is none.
    pub fn parse(address: &Address, repository: &Repository, json: &[u8]) -> Result<Self> {
        let answer: Answer = serde_json::from_slice(json).map_err(|e| {
            let why = format!(
                "{} does not answer as a model hub does: {e}",
                repository.hub
            );
            Error::new(Code::Fetch, &repository.name, why).with_source(e)
        })?;
        if answer.sha.is_empty() || !answer.sha.chars().all(|c| c.is_ascii_alphanumeric()) {
            let why = format!("has the commit {:?}, which is none", answer.sha);
            return Err(Error::new(Code::Fetch, &repository.name, why));
        }
        let folder = match address.folder() {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let file = |sibling: Sibling| {
            let path = sibling.rfilename.strip_prefix(&folder)?.to_owned();
            let lfs = sibling.lfs;
            let bytes = lfs.as_ref().and_then(|lfs| lfs.size).or(sibling.size);
            let sha256 = lfs.and_then(|lfs| lfs.sha256);
            is_safe(&path).then_some(RemoteFile {
                path,
                bytes,
                sha256: sha256.map(|hash| hash.to_ascii_lowercase()),
                immutable: true,
                version: None,
            })
        };
        Ok(Listing {
            commit: answer.sha,
            files: answer.siblings.into_iter().filter_map(file).collect(),
        })
    }
}

/// Whether a path stays within its folder.
pub fn is_safe(path: &str) -> bool {
    let parts = path.split('/');
    !path.contains(['\\', ':', '\0'])
        && parts
            .into_iter()
            .all(|part| !part.is_empty() && !part.starts_with('.'))
}
