//! Entries of zip archives, each read with a limit on its length.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use agff::{Code, Error, Result};
use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;

/// Most entries that are looked at in an archive.
const MAX_ENTRIES: usize = 10_000;

/// What an entry may be at most.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Its name in the archive.
    pub name: &'static str,
    /// Most bytes, unpacked.
    pub most: u64,
}

/// Opens an archive and hands the entry `name` to `read`.
///
/// # Errors
/// [`Code::Input`] for what is no archive or lacks the entry; those of `read`.
pub fn with_entry<T>(
    archive: &Path,
    name: &str,
    read: impl FnOnce(&mut dyn Read) -> Result<T>,
) -> Result<T> {
    let shown = archive.display().to_string();
    let file = File::open(archive).map_err(|e| Error::io(archive, e))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|e| broken(&shown, e))?;
    let mut entry = zip.by_name(name).map_err(|e| {
        let why = format!("has no {name} in it; it is not the package that is meant");
        Error::new(Code::Input, &shown, why).with_source(e)
    })?;
    read(&mut entry)
}

/// Reads the wanted entries of an archive that comes as a stream, such as one within another archive, and hands
/// each to `take` with its name.
///
/// # Errors
/// [`Code::Input`] if it is no archive, lacks an entry, or one is longer than it may be.
pub fn stream_entries(
    shown: &str,
    archive: &mut dyn Read,
    wanted: &[Wanted],
    mut take: impl FnMut(&str, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let mut archive = BufReader::new(archive);
    let mut missing: Vec<&str> = wanted.iter().map(|w| w.name).collect();
    for _ in 0..MAX_ENTRIES {
        let entry = read_zipfile_from_stream(&mut archive).map_err(|e| broken(shown, e))?;
        let Some(mut entry) = entry else { break };
        let own = entry.name().map_err(|e| broken(shown, e))?.into_owned();
        let Some(Wanted { name, most }) = wanted.iter().find(|w| w.name == own) else {
            continue;
        };
        let at = format!("{shown}: {name}");
        take(name, &mut Capped::of(&mut entry, *most, &at))?;
        missing.retain(|other| other != name);
    }
    match missing.first() {
        None => Ok(()),
        Some(name) => {
            let why = format!("has no {name} in it; it is not the package that is meant");
            Err(Error::new(Code::Input, shown, why))
        }
    }
}

fn broken(shown: &str, error: zip::result::ZipError) -> Error {
    let why = format!("is not a zip archive that can be read: {error}");
    Error::new(Code::Input, shown, why).with_source(error)
}

/// A stream that fails where it is longer than it may be, whatever the archive says of its length.
struct Capped<'a, R> {
    inner: &'a mut R,
    left: u64,
    shown: &'a str,
}

impl<'a, R: Read> Capped<'a, R> {
    fn of(inner: &'a mut R, most: u64, shown: &'a str) -> Self {
        Self {
            inner,
            left: most,
            shown,
        }
    }
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(std::io::Error::other(format!(
                "{} is longer than it should ever be",
                self.shown
            ))),
        }
    }
}

#[cfg(test)]
mod tests;
