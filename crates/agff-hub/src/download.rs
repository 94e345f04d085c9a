//! Files from the network into a folder: resumed, checked, and given their names when they are whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

use agff::tensors::hex;
use agff::{Address, Code, Error, Result};
use sha2::{Digest, Sha256};

use crate::client::{Client, cut, shown};
use crate::listing::RemoteFile;
use crate::needed::is_weights;
use crate::{Progress, Watch};

/// The list of a folder's files, written when all are there.
pub const WHOLE: &str = ".agff-files.json";

/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// Pieces that wait to be written, at most.
const WAITING: usize = 8;

/// How long a connection may be silent.
const SILENT: Duration = Duration::from_secs(60);

/// How often one is looked after, so that an abort is noticed.
const LOOK: Duration = Duration::from_millis(100);

/// How often a connection may break without a byte having come, before that is an error.
const ATTEMPTS: u32 = 5;

/// Fetches what is missing of these files; how many bytes came over the network.
pub fn all(
    client: &Client,
    address: &Address,
    files: &[RemoteFile],
    folder: &Path,
    watch: &mut dyn Watch,
) -> Result<u64> {
    let total = files.iter().filter_map(|file| file.bytes).sum();
    let (mut done, mut fetched) = (0, 0);
    let mut described = false;
    for file in files {
        if is_weights(file) && !described {
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
        if !file.is_in(folder) {
            let url = address.file(&file.path);
            fetched += one(client, &url, file, &path, &mut note)?;
        }
        done += fs::metadata(&path).map_or(0, |meta| meta.len());
    }
    if !described {
        watch.described(folder)?;
        return Ok(fetched);
    }
    let json = serde_json::to_vec(files).unwrap_or_default();
    let list = folder.join(WHOLE);
    fs::write(&list, json).map_err(|e| Error::io(&list, e))?;
    Ok(fetched)
}

/// A file that is not whole yet, with what it must be.
struct Part {
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
    /// The version of the file on the server that the bytes are of.
    tag: Option<String>,
}

fn one(
    client: &Client,
    url: &str,
    file: &RemoteFile,
    path: &Path,
    note: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<u64> {
    let mut part = Part::open(path)?;
    if file.bytes.is_some_and(|bytes| part.bytes > bytes) {
        part.restart()?;
    }
    let (mut fetched, mut attempt) = (0, 0);
    let mut should = file.bytes;
    while should.is_none_or(|bytes| part.bytes < bytes) {
        let before = part.bytes;
        match piece_by_piece(client, url, &mut part, &mut should, note) {
            Ok(()) if should.is_none() => break,
            Ok(()) if should.is_some_and(|bytes| part.bytes > bytes) => {
                part.discard();
                let why = format!(
                    "is longer than the {} bytes that it should have",
                    should.unwrap_or(0)
                );
                return Err(Error::new(Code::PackageTruncated, shown(url), why));
            }
            // A body that ends early without an error is a broken connection too.
            Ok(()) => {}
            Err(Broken::Connection(error)) if part.bytes == before && attempt + 1 >= ATTEMPTS => {
                return Err(error);
            }
            Err(Broken::Connection(_)) => {}
            Err(Broken::Final(error)) => return Err(error),
        }
        fetched += part.bytes.saturating_sub(before);
        attempt = match part.bytes == before {
            true => attempt + 1,
            false => 0,
        };
        if attempt >= ATTEMPTS {
            let why = "the server ends the file early again and again; try again later, what came is kept";
            return Err(Error::new(Code::Fetch, shown(url), why));
        }
        if should.is_some_and(|bytes| part.bytes < bytes) && attempt > 0 {
            wait(Duration::from_millis(200 << attempt), || note(part.bytes))?;
        }
    }
    part.finish(path, url, file.sha256.as_deref())?;
    Ok(fetched)
}

/// Why a body ended.
enum Broken {
    /// It may be asked for again.
    Connection(Error),
    /// It may not.
    Final(Error),
}

/// Appends what a server sends of the rest.
fn piece_by_piece(
    client: &Client,
    url: &str,
    part: &mut Part,
    should: &mut Option<u64>,
    note: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<(), Broken> {
    let answer = client
        .get(url, part.bytes, part.tag.as_deref())
        .map_err(|error| match crate::client::is_unreachable(&error) {
            true => Broken::Connection(error),
            false => Broken::Final(error),
        })?;
    let Some(answer) = answer else {
        let why = "is not there any more";
        let error = Error::new(Code::PackageFileMissing, shown(url), why);
        return Err(Broken::Final(error));
    };
    // It sends the whole file: the range was ignored, or the file is another one now.
    if answer.start() != part.bytes {
        part.restart().map_err(Broken::Final)?;
    }
    *should = should.or(answer.whole());
    part.remember(answer.tag()).map_err(Broken::Final)?;
    let (sender, pieces) = mpsc::sync_channel(WAITING);
    let reader = answer.into_reader();
    // Reading waits in a thread of its own, which ends with its connection: an abort need not wait for it.
    std::thread::spawn(move || read(reader, &sender));
    let mut silent = Duration::ZERO;
    loop {
        match pieces.recv_timeout(LOOK) {
            Ok(Ok(piece)) => {
                silent = Duration::ZERO;
                part.append(&piece).map_err(Broken::Final)?;
                note(part.bytes).map_err(Broken::Final)?;
            }
            Ok(Err(error)) => return Err(Broken::Connection(cut(url, error))),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                silent += LOOK;
                note(part.bytes).map_err(Broken::Final)?;
                if silent >= SILENT {
                    let why =
                        "the server has been silent for a minute; try again, what came is kept";
                    let error = Error::new(Code::Fetch, shown(url), why);
                    return Err(Broken::Connection(error));
                }
            }
        }
    }
}

/// Reads a body until it ends or nobody wants it any more.
fn read(mut reader: impl Read, sender: &SyncSender<std::io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let sent = match reader.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => {
                piece.truncate(length);
                sender.send(Ok(piece))
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // Nothing is done about it if nobody listens.
                drop(sender.send(Err(error)));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Waits, looking whether it should go on.
fn wait(time: Duration, mut go_on: impl FnMut() -> Result<()>) -> Result<()> {
    let mut left = time;
    while left > Duration::ZERO {
        go_on()?;
        let step = left.min(LOOK);
        std::thread::sleep(step);
        left -= step;
    }
    Ok(())
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
        let tag = fs::read_to_string(beside(path, "tag")).ok();
        Ok(Self {
            path: part,
            file,
            hash,
            bytes,
            tag,
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
    fn remember(&mut self, tag: Option<&str>) -> Result<()> {
        let path = self.path.with_extension("tag");
        match tag {
            Some(tag) if self.tag.as_deref() == Some(tag) => return Ok(()),
            Some(tag) => fs::write(&path, tag).map_err(|e| Error::io(&path, e))?,
            None => drop(fs::remove_file(&path)),
        }
        self.tag = tag.map(str::to_owned);
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
