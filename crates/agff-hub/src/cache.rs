//! What is kept on this machine: our own folders, and those of other programs.
//!
//! ```text
//! CACHE/HOST/owner/name/COMMIT/…          a repository's files at one commit
//! CACHE/HOST/owner/name/refs/REVISION     the listing that was last seen of a revision
//! CACHE/HOST/URL's sha256/…               the files of a folder that is no repository
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use agff::checkpoint::{Listing, RemoteFile};
use agff::tensors::hex;
use agff::{Address, Error, Result};
use sha2::{Digest, Sha256};

use crate::listing::is_in;

/// The folders that downloads are looked for in and written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Our own.
    pub own: PathBuf,
    /// Those in which the hub's own programs keep theirs; nothing is ever written there.
    pub others: Vec<PathBuf>,
}

/// The usual place of our own downloads, if the system has one.
pub fn default_folder() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("agff").join("hub"))
}

impl Cache {
    /// Our own folder, and the hub's as its programs find it: `HF_HUB_CACHE`, `HF_HOME`, or in the user's folder of
    /// caches.
    pub fn new(own: PathBuf) -> Self {
        let named = |variable: &str| {
            let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
            Some(PathBuf::from(value))
        };
        let other = named("HF_HUB_CACHE")
            .or_else(|| Some(named("HF_HOME")?.join("hub")))
            .or_else(|| Some(dirs::cache_dir()?.join("huggingface").join("hub")));
        Self {
            own,
            others: other.into_iter().collect(),
        }
    }

    /// Our folder for an address at a commit.
    pub(crate) fn folder(&self, address: &Address, commit: Option<&str>) -> PathBuf {
        let place = self.place(address);
        match commit {
            Some(commit) => place.join(commit).join(address.folder()),
            None => place,
        }
    }

    /// Removes a folder of this cache, and those around it that are empty then.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io).
    pub fn forget(&self, folder: &Path) -> Result<()> {
        if !folder.starts_with(&self.own) {
            return Ok(());
        }
        match fs::remove_dir_all(folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder, e)),
            _ => Ok(()),
        }
    }

    /// The folder in which another program keeps this commit, if it has all of these files.
    pub(crate) fn of_other_programs(
        &self,
        address: &Address,
        commit: &str,
        needed: &[RemoteFile],
    ) -> Option<PathBuf> {
        let repository = address.repository()?;
        let name = format!("models--{}", repository.name.replace('/', "--"));
        self.others
            .iter()
            .map(|cache| cache.join(&name).join("snapshots").join(commit))
            .map(|snapshot| snapshot.join(address.folder()))
            .find(|folder| needed.iter().all(|file| is_in(file, folder)))
    }

    /// Keeps a listing for the next time without a network.
    pub(crate) fn remember(&self, address: &Address, listing: &Listing) -> Result<()> {
        let Some(path) = self.reference(address) else {
            return Ok(());
        };
        /// Tells what two of this process write at once.
        static WRITTEN: AtomicUsize = AtomicUsize::new(0);
        let json = serde_json::to_vec(listing).unwrap_or_default();
        let own = (std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed));
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            let part = path.with_extension(format!("{}-{}.part", own.0, own.1));
            fs::write(&part, json)?;
            fs::rename(&part, &path)
        };
        write().map_err(|e| Error::io(&path, e))
    }

    /// The listing that was last seen. One that cannot be read counts as none.
    pub(crate) fn recall(&self, address: &Address) -> Result<Option<Listing>> {
        let Some(path) = self.reference(address) else {
            return Ok(None);
        };
        match fs::read(&path) {
            Ok(json) => Ok(serde_json::from_slice(&json).ok()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(&path, e)),
        }
    }

    fn reference(&self, address: &Address) -> Option<PathBuf> {
        let revision = &address.repository()?.revision;
        let of = format!("{revision} {}", address.folder());
        let name = hex(&Sha256::digest(of));
        Some(self.place(address).join("refs").join(&name[..32]))
    }

    fn place(&self, address: &Address) -> PathBuf {
        match address.repository() {
            Some(repository) => {
                let host = repository.hub.split("://").nth(1).unwrap_or_default();
                let host = host.replace([':', '/'], "_");
                self.own.join(host).join(&repository.name)
            }
            // The query is left out: a token of today is not one of another model.
            None => self
                .own
                .join("web")
                .join(hex(&Sha256::digest(address.shown()))),
        }
    }
}
