//! What a hub says of a repository: its commit, and its files with lengths and hashes.

use std::path::Path;

use agff::{Address, Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::client::{Client, GoOn};

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

impl RemoteFile {
    /// Whether a folder has it, with the length that it should have.
    pub fn is_in(&self, folder: &Path) -> bool {
        std::fs::metadata(folder.join(&self.path))
            .is_ok_and(|meta| meta.is_file() && self.bytes == Some(meta.len()))
    }

    /// Whether a folder has this version of it; `list` says which versions were fetched.
    pub fn is_kept(&self, folder: &Path, list: &[Self]) -> bool {
        let listed = list.iter().find(|file| file.path == self.path);
        // Its length may be known since.
        let here = |file: &Self| file.is_in(folder);
        match (self.immutable, listed) {
            (true, _) if here(self) => true,
            (true, Some(listed)) => self.bytes.is_none() && here(listed),
            (false, Some(listed)) => {
                self.version.is_some() && self.version == listed.version && here(listed)
            }
            (_, None) => false,
        }
    }
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

/// Asks the hub for a repository's files.
pub fn of_repository(client: &Client, address: &Address, go_on: GoOn<'_>) -> Result<Listing> {
    let Some(repository) = address.repository() else {
        return Err(Error::new(
            Code::Internal,
            address.shown(),
            "is no repository",
        ));
    };
    let revision = repository.revision.replace('/', "%2F");
    let url = format!(
        "{}/api/models/{}/revision/{revision}?blobs=true",
        repository.hub, repository.name
    );
    let Some(bytes) = client.small(&url, go_on)? else {
        let why = format!(
            "there is no such model, or no revision {:?} of it, at {}",
            repository.revision, repository.hub
        );
        return Err(Error::new(Code::PackageFileMissing, &repository.name, why));
    };
    let answer: Answer = serde_json::from_slice(&bytes).map_err(|e| {
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

/// Whether a path stays within its folder.
pub fn is_safe(path: &str) -> bool {
    let parts = path.split('/');
    !path.contains(['\\', ':', '\0'])
        && parts
            .into_iter()
            .all(|part| !part.is_empty() && !part.starts_with('.'))
}
