//! The file of records: frames, each with a checksum, that are only ever appended.
//!
//! A frame is whole or it does not count, so a crash costs what was being written and nothing else. Each
//! begins with a mark: behind a damaged place reading goes on at the next frame that is whole.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Record;
use crate::{Code, Error, Result};

/// What the file begins with; the last byte is the version.
const HEAD: [u8; 8] = *b"AGFFIDX\x01";

/// What a frame begins with. No UTF-8 text has it in it.
const MARK: [u8; 4] = [0xff, b'R', b'E', b'C'];

/// Mark, length and checksum.
const FRAME_HEAD: usize = 12;

/// Most bytes of a frame's content; far more than a record has.
const MAX_CONTENT: usize = 64 << 20;

/// A file that has a record's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its absolute path.
    pub path: String,
    /// Its length and its time of change in nanoseconds since 1970, by which a change is noticed; absent if
    /// they were never seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<(u64, i64)>,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Entry {
    /// A record comes, or takes the place of the one with its id; its vectors follow.
    Add {
        id: String,
        record: Record,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
    /// A record's content is (also) in this file, which no longer has another's.
    Place { id: String, place: Place },
    /// The file is gone.
    Forget { path: String },
    /// The record goes, with its places.
    Remove { id: String },
}

/// What reading left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// Places in the middle where bytes were skipped to find the next whole frame.
    pub gaps: u64,
    /// Bytes skipped in them.
    pub skipped_bytes: u64,
    /// Bytes after the last whole frame: of a write that a crash cut off, or damaged.
    pub torn_bytes: u64,
}

impl Damage {
    /// Whether nothing was left out.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads all frames, hands each to `each`, and gives how many bytes belong to the whole ones (with what
/// lies between them).
///
/// # Errors
/// [`Code::Io`]; [`Code::Index`] if the file is something else, or of another version; what `each` gives.
pub(super) fn read(
    path: &Path,
    mut each: impl FnMut(Entry, Vec<f32>) -> Result<()>,
) -> Result<(u64, Damage)> {
    let failed = |e| Error::io(path, e);
    let mut damage = Damage::default();
    let file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((0, damage)),
        other => other.map_err(failed)?,
    };
    let length = file.metadata().map_err(failed)?.len();
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut head = [0; HEAD.len()];
    let got = fill(&mut reader, &mut head).map_err(failed)?;
    if got < head.len() && HEAD.starts_with(&head[..got]) {
        // The very first write was cut off.
        damage.torn_bytes = length;
        return Ok((0, damage));
    }
    if head != HEAD {
        let message = match head[..7] == HEAD[..7] {
            true => format!(
                "has version {}; this build reads version {}. Use a newer build",
                head[7], HEAD[7]
            ),
            false => "is not a file of an index's records".to_owned(),
        };
        return Err(Error::new(Code::Index, path.display().to_string(), message));
    }
    let mut whole = HEAD.len() as u64;
    let mut at = whole;
    while at < length {
        match frame(&mut reader, length - at).map_err(failed)? {
            Some((entry, values)) => {
                if at > whole {
                    damage.gaps += 1;
                    damage.skipped_bytes += at - whole;
                }
                each(entry, values)?;
                at = reader.stream_position().map_err(failed)?;
                whole = at;
            }
            None => match next_mark(&mut reader, at + 1).map_err(failed)? {
                Some(next) => at = next,
                None => break,
            },
        }
    }
    damage.torn_bytes = length - whole;
    Ok((whole, damage))
}

/// The frame at the reader's place, of which `left` bytes are there; `None` if it is not whole.
fn frame(reader: &mut (impl Read + Seek), left: u64) -> std::io::Result<Option<(Entry, Vec<f32>)>> {
    let mut head = [0; FRAME_HEAD];
    if fill(reader, &mut head)? < head.len() || head[..4] != MARK {
        return Ok(None);
    }
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (length, sum) = (word(4) as usize, word(8));
    if length > MAX_CONTENT || length as u64 + FRAME_HEAD as u64 > left {
        return Ok(None);
    }
    let mut content = vec![0; length];
    if fill(reader, &mut content)? < length || checksum(&content) != sum {
        return Ok(None);
    }
    Ok(decode(&content))
}

/// Where the next mark is, at `from` or behind; the reader is left there.
fn next_mark(reader: &mut (impl Read + Seek), from: u64) -> std::io::Result<Option<u64>> {
    reader.seek(SeekFrom::Start(from))?;
    let mut buffer = vec![0; 1 << 16];
    let (mut kept, mut start) = (0, from);
    loop {
        let got = fill(reader, &mut buffer[kept..])?;
        let there = &buffer[..kept + got];
        if let Some(found) = there.windows(MARK.len()).position(|w| w == MARK) {
            let at = start + found as u64;
            reader.seek(SeekFrom::Start(at))?;
            return Ok(Some(at));
        }
        if got == 0 {
            return Ok(None);
        }
        // A mark may begin in the last bytes.
        let keep = there.len().min(MARK.len() - 1);
        start += (there.len() - keep) as u64;
        let from = there.len() - keep;
        buffer.copy_within(from..from + keep, 0);
        kept = keep;
    }
}

/// Reads until the buffer is full or nothing comes.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(got)
}

fn checksum(content: &[u8]) -> u32 {
    crc32c::crc32c(content)
}

/// A length, that much JSON, and values to the end.
fn decode(content: &[u8]) -> Option<(Entry, Vec<f32>)> {
    let (length, rest) = content.split_first_chunk::<4>()?;
    let (json, values) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let entry = serde_json::from_slice(json).ok()?;
    if !values.len().is_multiple_of(4) {
        return None;
    }
    let values = values.chunks_exact(4);
    Some((
        entry,
        values
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
    ))
}

fn encode(entry: &Entry, values: &[f32]) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(entry).map_err(|e| {
        Error::new(
            Code::Internal,
            "index",
            "a record cannot be written as JSON",
        )
        .with_source(e)
    })?;
    let length = 4 + json.len() + 4 * values.len();
    if length > MAX_CONTENT {
        let message = "a record is too large for an index";
        return Err(Error::new(Code::Index, "index", message));
    }
    let mut frame = Vec::with_capacity(FRAME_HEAD + length);
    frame.extend(MARK);
    frame.extend((length as u32).to_le_bytes());
    frame.extend([0; 4]);
    frame.extend((json.len() as u32).to_le_bytes());
    frame.extend(json);
    values
        .iter()
        .for_each(|value| frame.extend(value.to_le_bytes()));
    let sum = checksum(&frame[FRAME_HEAD..]);
    frame[8..FRAME_HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(frame)
}

/// The file, to append to.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    file: File,
    /// Where the last whole frame ends.
    pub end: u64,
}

impl Writer {
    /// Opens the file, or begins it; what lies behind `whole` bytes is cut off.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn open(path: &Path, whole: u64) -> Result<Self> {
        let failed = |e| Error::io(path, e);
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(failed)?;
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::Start(whole)).map_err(failed)?;
        let mut end = whole;
        if end == 0 {
            file.write_all(&HEAD).map_err(failed)?;
            end = HEAD.len() as u64;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            end,
        })
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// [`Code::Io`]; then nothing of it counts, and the next one takes its place.
    pub fn push(&mut self, entry: &Entry, values: &[f32]) -> Result<()> {
        let frame = encode(entry, values)?;
        if let Err(e) = self.file.write_all(&frame) {
            // A full disk, say. What was written of it is no frame; should this fail too, opening it cuts it off.
            let _ = self.file.set_len(self.end);
            let _ = self.file.seek(SeekFrom::Start(self.end));
            return Err(Error::io(&self.path, e));
        }
        self.end += frame.len() as u64;
        Ok(())
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| Error::io(&self.path, e))
    }
}
