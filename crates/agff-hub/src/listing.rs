//! What a hub says of a repository, and whether a folder has a file of it.

use std::path::Path;

use agff::checkpoint::{Listing, RemoteFile};
use agff::{Address, Code, Error, Result};

use crate::client::{Client, GoOn};

/// Whether a folder has it, with the length that it should have.
pub fn is_in(file: &RemoteFile, folder: &Path) -> bool {
    std::fs::metadata(folder.join(&file.path))
        .is_ok_and(|meta| meta.is_file() && file.bytes == Some(meta.len()))
}

/// Whether a folder has this version of it; `list` says which versions were fetched.
pub fn is_kept(file: &RemoteFile, folder: &Path, list: &[RemoteFile]) -> bool {
    let listed = list.iter().find(|other| other.path == file.path);
    // Its length may be known since.
    let here = |file: &RemoteFile| is_in(file, folder);
    match (file.immutable, listed) {
        (true, _) if here(file) => true,
        (true, Some(listed)) => file.bytes.is_none() && here(listed),
        (false, Some(listed)) => {
            file.version.is_some() && file.version == listed.version && here(listed)
        }
        (_, None) => false,
    }
}

/// Asks the hub for a repository's files.
pub fn of_repository(client: &Client, address: &Address, go_on: GoOn<'_>) -> Result<Listing> {
    let Some(repository) = address.repository() else {
        let why = "is no repository";
        return Err(Error::new(Code::Internal, address.shown(), why));
    };
    let json = client.small(&repository.listing(), go_on)?;
    let json = json.ok_or_else(|| repository.missing())?;
    Listing::parse(address, repository, &json)
}
