//! Cuts the bytes of weight shards, as they come, into whole and checked tensors.

use crate::tensors::shard::{self, Entry, PREFIX};
use crate::tensors::{Checklist, RawTensor, StoredDtype, Suffix, TensorSpec};
use crate::{Code, Error, Result};

/// Most bytes of a package shard's header; its few tensors need far less.
const MAX_HEADER: u64 = 16 << 20;

/// Why a stream stops.
pub(crate) enum Stop {
    /// The receiver of the tensors failed.
    Sink(Error),
    /// The bytes are wrong.
    Contents(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Contents(error)
    }
}

/// The shards of a package, one after the other, as tensors.
pub(crate) struct TensorStream {
    checklist: Checklist,
    file: String,
    file_bytes: u64,
    state: State,
    /// The tensor whose parts are being read.
    filling: Option<Filling>,
}

enum State {
    /// Collecting the header's length, or with `Some(length)` the header.
    Header(Option<u64>, Vec<u8>),
    /// Reading the data of `entries[next]`, of which `done` bytes are there.
    Data {
        entries: Vec<Entry>,
        next: usize,
        done: usize,
    },
}

/// A tensor that is not yet whole.
struct Filling {
    tensor: RawTensor,
    /// Words of the whole tensor. Room for them is reserved, but touched only as data comes.
    total: usize,
    /// Words of a row, all axes but the first.
    row: usize,
    /// The part that is being read, or is to come next.
    part: usize,
    /// Words that the parts before this one filled.
    before: usize,
}

impl TensorStream {
    /// A stream that must bring exactly these tensors.
    pub fn new(specs: impl IntoIterator<Item = TensorSpec>) -> Self {
        Self {
            checklist: Checklist::new(specs),
            file: String::new(),
            file_bytes: 0,
            state: State::Header(None, Vec::new()),
            filling: None,
        }
    }

    /// Begins a file of this length.
    pub fn begin_file(&mut self, file: &str, bytes: u64) {
        self.file = file.into();
        self.file_bytes = bytes;
        self.state = State::Header(None, Vec::new());
    }

    /// Takes the file's next bytes and hands on what they complete.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        sink: &mut dyn FnMut(RawTensor) -> Result<()>,
    ) -> Result<(), Stop> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Header(len, buffer) => {
                    let want = len.unwrap_or(PREFIX) as usize;
                    let (head, rest) = bytes.split_at(bytes.len().min(want - buffer.len()));
                    buffer.extend_from_slice(head);
                    bytes = rest;
                    if buffer.len() == want {
                        self.header_step()?;
                    }
                }
                State::Data {
                    entries,
                    next,
                    done,
                } => {
                    let (Some(entry), Some(filling)) = (entries.get(*next), &mut self.filling)
                    else {
                        // The header's check has made sure that tensors fill the file.
                        return Err(unexpected(&self.file, "goes on after its last tensor").into());
                    };
                    let left = entry.len() as usize - *done;
                    let (head, rest) = bytes.split_at(bytes.len().min(left));
                    filling.put(*done, head);
                    *done += head.len();
                    bytes = rest;
                    if head.len() == left {
                        *next += 1;
                        *done = 0;
                        self.end_part(sink)?;
                        self.begin_part()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends a file; it must have been whole.
    ///
    /// # Errors
    /// [`Code::PackageTruncated`] if it ended within its header or a tensor.
    pub fn end_file(&mut self) -> Result<()> {
        match &self.state {
            State::Data { entries, next, .. } if *next == entries.len() => Ok(()),
            _ => Err(Error::new(
                Code::PackageTruncated,
                &self.file,
                "ends within its header or a tensor",
            )),
        }
    }

    /// Checks that everything has come.
    ///
    /// # Errors
    /// [`Code::PackageTensor`] naming what is missing.
    pub fn finish(&self) -> Result<()> {
        if let Some(f) = &self.filling {
            return Err(Error::new(
                Code::PackageTensor,
                &f.tensor.name,
                format!("its part {} is missing; is this package whole?", f.part),
            ));
        }
        self.checklist.finish()
    }

    /// The collected buffer is whole: either the header's length or the header.
    fn header_step(&mut self) -> Result<()> {
        let State::Header(len, buffer) = &mut self.state else {
            return Ok(());
        };
        if len.is_none() {
            let prefix = buffer
                .as_slice()
                .try_into()
                .map_err(|_| unexpected(&self.file, "has no header"))?;
            let header = shard::header_len(prefix, &self.file, self.file_bytes)?;
            if header == 0 || header > MAX_HEADER {
                let why = format!("states a header of {header} bytes");
                return Err(unexpected(&self.file, &why));
            }
            *len = Some(header);
            buffer.clear();
            return Ok(());
        }
        let entries = shard::parse_header(buffer, &self.file, self.file_bytes)?;
        if let Some(empty) = entries.iter().find(|e| e.is_empty()) {
            return Err(unexpected(&empty.name, "has no values"));
        }
        self.state = State::Data {
            entries,
            next: 0,
            done: 0,
        };
        self.begin_part()
    }

    /// Makes room for the entry whose data comes next, if there is one in this file.
    fn begin_part(&mut self) -> Result<()> {
        let State::Data { entries, next, .. } = &self.state else {
            return Ok(());
        };
        let Some(entry) = entries.get(*next) else {
            return Ok(());
        };
        let (name, part) = split_part(&entry.name);
        match &self.filling {
            Some(f) if f.tensor.name == name && part == Some(f.part) => {}
            Some(f) => {
                let why = format!("comes before part {} of {}", f.part, f.tensor.name);
                return Err(unexpected(&entry.name, &why));
            }
            None if part.unwrap_or(0) != 0 => {
                return Err(unexpected(&entry.name, "comes before the parts below it"));
            }
            None => self.filling = Some(begin_tensor(&mut self.checklist, name)?),
        }
        let Some(f) = &self.filling else {
            return Ok(());
        };
        let whole = part.is_none();
        let (should, left) = (&f.tensor.shape, f.total - f.before);
        let words = usize::try_from(entry.len() / 4).unwrap_or(usize::MAX);
        let fits = StoredDtype::from_file(entry.dtype) == Some(f.tensor.dtype)
            && entry.shape.len() == should.len()
            && entry.shape.get(1..) == should.get(1..)
            && if whole { words == left } else { words <= left };
        if fits {
            return Ok(());
        }
        Err(unexpected(
            &entry.name,
            &format!(
                "is {:?} of {:?}; the configuration asks for {:?} of {:?}",
                entry.dtype, entry.shape, f.tensor.dtype, should
            ),
        ))
    }

    /// The entry's data is there: hands the tensor on if it is whole.
    fn end_part(&mut self, sink: &mut dyn FnMut(RawTensor) -> Result<()>) -> Result<(), Stop> {
        let State::Data { entries, next, .. } = &self.state else {
            return Ok(());
        };
        let (Some(f), Some(entry)) = (&mut self.filling, entries.get(next.wrapping_sub(1))) else {
            return Ok(());
        };
        let words = (entry.len() / 4) as usize;
        check_finite(&f.tensor, f.before, words, f.row)?;
        f.before += words;
        f.part += 1;
        if f.before == f.total
            && let Some(whole) = self.filling.take()
        {
            sink(whole.tensor).map_err(Stop::Sink)?;
        }
        Ok(())
    }
}

/// The stored name and the number of the part, for `NAME#2`.
pub(crate) fn split_part(stored: &str) -> (&str, Option<usize>) {
    stored
        .rsplit_once('#')
        .and_then(|(name, part)| Some((name, Some(part.parse().ok()?))))
        .unwrap_or((stored, None))
}

fn begin_tensor(checklist: &mut Checklist, name: &str) -> Result<Filling> {
    let (dtype, shape) = checklist.tick(name)?;
    let too_large = || {
        Error::new(
            Code::Input,
            name,
            format!("{shape:?} does not fit into this machine's memory"),
        )
    };
    let row = shape[1..].iter().product();
    let len = shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .ok_or_else(too_large)?;
    let mut words = Vec::new();
    words.try_reserve_exact(len).map_err(|_| too_large())?;
    Ok(Filling {
        tensor: RawTensor {
            name: name.into(),
            dtype,
            shape,
            words,
        },
        total: len,
        row,
        part: 0,
        before: 0,
    })
}

impl Filling {
    /// Puts bytes behind the `done` bytes of the part that are there.
    fn put(&mut self, done: usize, bytes: &[u8]) {
        let at = self.before * 4 + done;
        let words = &mut self.tensor.words;
        words.resize((at + bytes.len()).div_ceil(4), 0);
        let all: &mut [u8] = bytemuck::cast_slice_mut(words);
        all[at..][..bytes.len()].copy_from_slice(bytes);
    }
}

/// Checks the floats among `count` words from `at`; integers are always finite.
fn check_finite(tensor: &RawTensor, at: usize, count: usize, row: usize) -> Result<()> {
    let words = &tensor.words[at..at + count];
    let bad = match (tensor.dtype, Suffix::split(&tensor.name).1) {
        (StoredDtype::F32, _) => words.iter().position(|&w| !f32::from_bits(w).is_finite()),
        (_, Suffix::F16 | Suffix::Scales) => words.iter().position(|&w| halves_overflow(w)),
        _ => None,
    };
    match bad {
        None => Ok(()),
        Some(i) => Err(Error::new(
            Code::PackageNotFinite,
            &tensor.name,
            format!(
                "has a NaN or infinite value in row {}; the model is broken, convert it again",
                (at + i) / row.max(1)
            ),
        )),
    }
}

/// Whether one of a word's two f16 is NaN or infinite.
pub(crate) fn halves_overflow(word: u32) -> bool {
    word & 0x7c00 == 0x7c00 || word & 0x7c00_0000 == 0x7c00_0000
}

fn unexpected(subject: &str, why: &str) -> Error {
    Error::new(Code::PackageTensor, subject, why)
}
