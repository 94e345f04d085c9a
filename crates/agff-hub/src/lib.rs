//! Checkpoints from a model hub, or from any folder on the web, as folders of this machine.
//!
//! ```text
//! name or URL ─ listing: revision, files, lengths, hashes ─ what is needed ─ kept already? ─ downloads ─ folder
//! ```
//!
//! Downloads go on where they ended, are checked against length and, where the hub names one, sha256, and stay in
//! a folder for each revision. What other programs keep of the same revision in the hub's own cache is used as it
//! is. Only what a checkpoint is converted from is fetched.

mod cache;
mod client;
mod download;
mod known;
mod listing;
mod needed;

use std::path::{Path, PathBuf};

use agff::checkpoint::{RemoteFile, choose, choose_adapter};
use agff::{Address, Code, Error, Result};
use client::Client;
use listing::{is_in, is_kept};

pub use cache::{Cache, default_folder};
pub use known::{KnownModel, known};

/// How to fetch.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where downloads are kept.
    pub cache: Cache,
    /// A token for models that are private, or whose conditions have to be accepted. Only the address's own origin
    /// is told.
    pub token: Option<String>,
    /// Whether the weights are fetched too, or only the files that describe them.
    pub weights: bool,
}

/// Is told how a download goes.
pub trait Watch {
    /// Looks at the folder once everything but the weights is there.
    ///
    /// # Errors
    /// Those with which the download is to end before the weights are fetched.
    fn described(&mut self, folder: &Path) -> Result<()>;

    /// Is told of every piece, and asked at least every tenth of a second.
    ///
    /// # Errors
    /// [`Code::Aborted`] and the like end the download at once; what came stays for the next time.
    fn progress(&mut self, at: Progress<'_>) -> Result<()>;
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file that is being fetched.
    pub file: &'a str,
    /// Bytes of all files that are there.
    pub done: u64,
    /// Bytes of all files; of those whose length is known already.
    pub total: u64,
}

/// A checkpoint on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its folder.
    pub folder: PathBuf,
    /// The commit, if it is a hub's.
    pub commit: Option<String>,
    /// Bytes of all its files, as far as their lengths are known.
    pub bytes: u64,
    /// Bytes that came over the network, without listings.
    pub fetched: u64,
    /// Whether the network could not be reached, and what was kept before was taken.
    pub offline: bool,
}

/// Fetches what is missing of a checkpoint.
///
/// # Errors
/// [`Code::PackageFileMissing`] if there is no such model, revision or file; [`Code::Fetch`] if the server does not
/// answer, or refuses; [`Code::PackageHash`] and [`Code::PackageTruncated`] if bytes are wrong;
/// [`Code::PackageFamily`] for weights in formats that are not read; [`Code::Io`]; those of `watch`.
pub fn fetch(address: &Address, options: &Options, watch: &mut dyn Watch) -> Result<Fetched> {
    fetched(address, What::Checkpoint, options, watch)
}

/// Fetches what is missing of an adapter.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_adapter(
    address: &Address,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Fetched> {
    fetched(address, What::Adapter, options, watch)
}

/// What is fetched.
#[derive(Debug, Clone, Copy)]
enum What {
    Checkpoint,
    Adapter,
}

impl What {
    /// The files of it.
    fn choose(self, shown: &str, files: &[RemoteFile]) -> Result<Vec<RemoteFile>> {
        match self {
            Self::Checkpoint => choose(shown, files),
            Self::Adapter => choose_adapter(shown, files),
        }
    }
}

fn fetched(
    address: &Address,
    what: What,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Fetched> {
    let client = Client::new(options.token.as_deref(), &address.origin())?;
    match address.repository() {
        Some(_) => of_hub(&client, address, what, options, watch),
        None => of_folder(&client, address, what, options, watch),
    }
}

/// Asks `watch` whether to go on, while nothing has come yet.
fn waiting(watch: &mut dyn Watch) -> impl FnMut() -> Result<()> + '_ {
    || {
        watch.progress(Progress {
            file: "",
            done: 0,
            total: 0,
        })
    }
}

/// A hub's repository: its listing says everything before the first download.
fn of_hub(
    client: &Client,
    address: &Address,
    what: What,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Fetched> {
    let cache = &options.cache;
    let (listing, offline) = match listing::of_repository(client, address, &mut waiting(watch)) {
        Ok(listing) => {
            cache.remember(address, &listing)?;
            (listing, false)
        }
        // Without a network, what was listed the last time counts.
        Err(error) if client::is_unreachable(&error) => match cache.recall(address)? {
            Some(listing) => (listing, true),
            None => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let all = what.choose(&address.shown(), &listing.files)?;
    let bytes = all.iter().filter_map(|file| file.bytes).sum();
    let needed = needed::wanted(all, options.weights);
    let done = |folder| Fetched {
        folder,
        bytes,
        commit: Some(listing.commit.clone()),
        fetched: 0,
        offline,
    };
    if let Some(folder) = cache.of_other_programs(address, &listing.commit, &needed) {
        watch.described(&folder)?;
        return Ok(done(folder));
    }
    let folder = cache.folder(address, Some(&listing.commit));
    let list = download::kept(&folder);
    if offline && !needed.iter().all(|file| is_kept(file, &folder, &list)) {
        let why = "is not on this machine whole, and the hub cannot be reached";
        return Err(Error::new(Code::Fetch, address.shown(), why));
    }
    let at = address.at(&listing.commit);
    let fetched = download::all(client, &at, &needed, &folder, watch)?;
    Ok(Fetched {
        fetched,
        ..done(folder)
    })
}

/// A folder of some server, which lists nothing: files are asked for one by one.
fn of_folder(
    client: &Client,
    address: &Address,
    what: What,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Fetched> {
    let folder = options.cache.folder(address, None);
    let (found, offline) = match needed::probe(client, address, what, &mut waiting(watch)) {
        Ok(found) => (found, false),
        Err(error) if client::is_unreachable(&error) => match download::kept(&folder) {
            list if !list.is_empty() && list.iter().all(|file| is_in(file, &folder)) => {
                (list, true)
            }
            _ => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let bytes = found.iter().filter_map(|file| file.bytes).sum();
    let needed = needed::wanted(found, options.weights);
    let fetched = match offline {
        true => {
            watch.described(&folder)?;
            0
        }
        false => download::all(client, address, &needed, &folder, watch)?,
    };
    Ok(Fetched {
        folder,
        bytes,
        commit: None,
        fetched,
        offline,
    })
}
