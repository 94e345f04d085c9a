//! Files of a checkpoint: opened only if they are files, and small ones read with a limit on their length.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{Code, Error, Result};

/// Reads a small file, of at most `cap` bytes.
pub fn read_capped(path: &Path, cap: u64) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let file = open_regular(path, "is not there")?;
    let mut bytes = Vec::new();
    file.take(cap + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io(path, e))?;
    if bytes.len() as u64 > cap {
        let why = format!("is longer than the {cap} bytes that are read of it");
        return Err(Error::new(Code::Input, name, why));
    }
    Ok(bytes)
}

/// Opens a file, but nothing else: opening a pipe would wait for somebody to write into it.
pub(super) fn open_regular(path: &Path, missing: &str) -> Result<File> {
    let fail = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            let name = path.display().to_string();
            Error::new(Code::PackageFileMissing, name, missing).with_source(e)
        }
        _ => Error::io(path, e),
    };
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        let name = path.display().to_string();
        return Err(Error::new(Code::Io, name, "is not a regular file"));
    }
    File::open(path).map_err(fail)
}
