//! Files from the network into a folder: resumed, checked, and given their names when they are whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use agff::checkpoint::{RemoteFile, is_weights};
use agff::tensors::hex;
use agff::{Address, Code, Error, Result};
use sha2::{Digest, Sha256};
use ureq::http::StatusCode;

use crate::client::{Broken, Client, GoOn, PIECE, pause, refused, shown};
use crate::listing::is_kept;
use crate::{Progress, Watch};

/// The list of a folder's files, as they were when they were fetched.
const LIST: &str = ".agff-files.json";

/// What only one process at a time has.
const LOCK: &str = ".agff-lock";

/// How often a file may be asked for without a byte having come, before that is an error.
const ATTEMPTS: u32 = 5;

/// Most bytes of a file whose length nobody has said: of weights, and of the small files.
const MAX_WEIGHTS: u64 = 1 << 40;
const MAX_SMALL: u64 = 256 << 20;

/// The list of a folder.
pub fn kept(folder: &Path) -> Vec<RemoteFile> {
    let json = fs::read(folder.join(LIST)).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

/// Fetches what is missing of these files; how many bytes came over the network.
pub fn all(
    client: &Client,
    address: &Address,
    files: &[RemoteFile],
    folder: &Path,
    watch: &mut dyn Watch,
) -> Result<u64> {
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    let _lock = locked(folder, files, watch)?;
    let mut list = kept(folder);
    let total = files.iter().filter_map(|file| file.bytes).sum();
    let (mut done, mut fetched) = (0, 0);
    let mut described = false;
    for file in files {
        if is_weights(&file.path) && !described {
            described = true;
            watch.described(folder)?;
        }
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        }
        let mut note = |of_file: u64| {
            watch.progress(Progress {
                file: &file.path,
                done: done + of_file,
                total,
            })
        };
        note(0)?;
        if !is_kept(file, folder, &list) {
            let url = address.file(&file.path);
            fetched += one(client, &url, file, &path, &mut note)?;
            list.retain(|other| other.path != file.path);
            list.push(RemoteFile {
                bytes: fs::metadata(&path).ok().map(|meta| meta.len()),
                ..file.clone()
            });
            let json = serde_json::to_vec(&list).unwrap_or_default();
            let listed = folder.join(LIST);
            fs::write(&listed, json).map_err(|e| Error::io(&listed, e))?;
        }
        done += fs::metadata(&path).map_or(0, |meta| meta.len());
    }
    if !described {
        watch.described(folder)?;
    }
    Ok(fetched)
}

/// Waits until no other process downloads into this folder.
fn locked(folder: &Path, files: &[RemoteFile], watch: &mut dyn Watch) -> Result<File> {
    let path = folder.join(LOCK);
    let file = File::create(&path).map_err(|e| Error::io(&path, e))?;
    let first = files.first().map_or("", |file| &file.path);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            // Some file systems know no locks.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
        let mut go_on = || {
            watch.progress(Progress {
                file: first,
                done: 0,
                total: 0,
            })
        };
        pause(Duration::from_millis(200), &mut go_on)?;
    }
}

/// A file that is not whole yet.
struct Part {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    /// The version of the file on the server that the bytes are of.
    version: Option<String>,
}

fn one(
    client: &Client,
    url: &str,
    file: &RemoteFile,
    path: &Path,
    note: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<u64> {
    let mut part = Part::open(path)?;
    // What cannot be told from another version of the file is not put together with it.
    let told_apart = file.sha256.is_some() || file.immutable || part.version.is_some();
    if !told_apart || file.bytes.is_some_and(|bytes| part.bytes > bytes) {
        part.restart()?;
    }
    let (mut fetched, mut attempt) = (0, 0);
    let mut should = file.bytes;
    let most = match is_weights(&file.path) {
        true => MAX_WEIGHTS,
        false => MAX_SMALL,
    };
    while should.is_none_or(|bytes| part.bytes < bytes) {
        let before = part.bytes;
        let answered = rest(client, url, &mut part, &mut should, most, note);
        let came = part.bytes > before;
        fetched += part.bytes.saturating_sub(before);
        attempt = if came { 0 } else { attempt + 1 };
        match answered {
            // The end of a file whose length nobody has said.
            Ok(()) if should.is_none() => break,
            Ok(()) => {}
            Err(Broken::Connection(error)) if attempt >= ATTEMPTS => return Err(error),
            Err(Broken::Connection(_)) => {}
            Err(Broken::Final(error)) => return Err(error),
        }
        if attempt >= ATTEMPTS {
            let why = "the server does not send the rest of it; try again later, what came is kept";
            return Err(Error::new(Code::Fetch, shown(url), why));
        }
        if attempt > 0 {
            pause(Duration::from_millis(200 << attempt), &mut || {
                note(part.bytes)
            })?;
        }
    }
    part.finish(path, url, file.sha256.as_deref())?;
    Ok(fetched)
}

/// Appends what a server sends of the rest.
fn rest(
    client: &Client,
    url: &str,
    part: &mut Part,
    should: &mut Option<u64>,
    most: u64,
    note: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<(), Broken> {
    let (start, version) = (part.bytes, part.version.clone());
    let go_on: GoOn<'_> = &mut || note(start);
    let answer = client.ask(url, start, version.as_deref(), go_on);
    let answer = answer.map_err(|error| match crate::client::is_unreachable(&error) {
        true => Broken::Connection(error),
        false => Broken::Final(error),
    })?;
    let answer = match answer {
        Ok(answer) => answer,
        Err(StatusCode::NOT_FOUND | StatusCode::GONE) => {
            let why = "is not there, though the listing names it";
            let error = Error::new(Code::PackageFileMissing, shown(url), why);
            return Err(Broken::Final(error));
        }
        Err(status @ StatusCode::RANGE_NOT_SATISFIABLE) if start > 0 => {
            part.restart().map_err(Broken::Final)?;
            return Err(Broken::Connection(refused(url, status, false)));
        }
        Err(status) => return Err(Broken::Final(refused(url, status, client.has_token()))),
    };
    match answer.start() {
        Some(at) if at == start => {}
        // It sends the whole file: the range was ignored, or the file is another one now.
        Some(0) => part.restart().map_err(Broken::Final)?,
        _ => {
            part.restart().map_err(Broken::Final)?;
            let why = "the server sends another part of it than it was asked for";
            let error = Error::new(Code::Fetch, shown(url), why);
            return Err(Broken::Connection(error));
        }
    }
    *should = should.or(answer.whole());
    part.remember(answer.version()).map_err(Broken::Final)?;
    let most = should.unwrap_or(most);
    let part = std::cell::RefCell::new(part);
    let mut go_on = || note(part.borrow().bytes);
    answer.read(url, &mut go_on, &mut |piece| {
        let mut part = part.borrow_mut();
        if part.bytes + piece.len() as u64 > most {
            part.discard();
            let why = format!("is longer than the {most} bytes that it should have");
            return Err(Error::new(Code::PackageTruncated, shown(url), why));
        }
        part.append(piece)
    })
}

impl Part {
    /// Opens what is there of a file, and hashes it.
    fn open(path: &Path) -> Result<Self> {
        let part = beside(path, "part");
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&part)
            .map_err(|e| Error::io(&part, e))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; PIECE];
        let mut bytes = 0;
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    hash.update(&buffer[..length]);
                    bytes += length as u64;
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::io(&part, e)),
            }
        }
        let version = fs::read_to_string(beside(path, "tag")).ok();
        Ok(Self {
            path: part,
            file,
            hash,
            bytes,
            version,
        })
    }

    fn append(&mut self, piece: &[u8]) -> Result<()> {
        self.file
            .write_all(piece)
            .map_err(|e| Error::io(&self.path, e))?;
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Keeps what tells the server's version of the file from others, so that no two are put together.
    fn remember(&mut self, version: Option<&str>) -> Result<()> {
        let path = self.path.with_extension("tag");
        match version {
            Some(version) if self.version.as_deref() == Some(version) => return Ok(()),
            Some(version) => fs::write(&path, version).map_err(|e| Error::io(&path, e))?,
            None => drop(fs::remove_file(&path)),
        }
        self.version = version.map(str::to_owned);
        Ok(())
    }

    fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(|e| Error::io(&self.path, e))?;
        self.hash = Sha256::new();
        self.bytes = 0;
        Ok(())
    }

    fn discard(&self) {
        drop(fs::remove_file(&self.path));
        drop(fs::remove_file(self.path.with_extension("tag")));
    }

    /// Checks the hash, and gives the file its name.
    fn finish(self, path: &Path, url: &str, sha256: Option<&str>) -> Result<()> {
        let is = hex(&self.hash.clone().finalize());
        if let Some(should) = sha256.filter(|should| *should != is) {
            self.discard();
            let why =
                format!("has the sha256 {is}, the hub states {should}; it was removed: try again");
            return Err(Error::new(Code::PackageHash, shown(url), why));
        }
        self.file.sync_all().map_err(|e| Error::io(&self.path, e))?;
        fs::rename(&self.path, path).map_err(|e| Error::io(path, e))?;
        drop(fs::remove_file(self.path.with_extension("tag")));
        Ok(())
    }
}

/// `NAME.part`, `NAME.tag`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}
