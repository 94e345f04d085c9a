//! Where each tensor of a package lies in its shards, known before any of them is there.
//!
//! The rules are those of the writer ([`Room`]): tensors follow each other in the order of the list, the values of one
//! before its scales; a shard that has no room for the next is closed; a tensor that no shard has room for is cut
//! between rows into parts `NAME#0`, `NAME#1` and so on.

use super::manifest::{BLOCK_BYTES, MAX_SHARD};
use crate::tensors::quantize::{has_scales, scale_words, words_per_row};
use crate::tensors::{Dtype, Kind, StoredDtype, Suffix, TensorSpec, shard};
use crate::{Code, Error, Result};

/// Bytes that a tensor takes in a header beside its name, at most.
const HEADER_ENTRY: u64 = 160;

/// Bytes of a header without tensors, at most.
const EMPTY_HEADER: u64 = 64;

/// What a shard still has room for.
#[derive(Debug)]
pub(super) struct Room {
    data: u64,
    header: u64,
}

impl Room {
    /// That of an empty shard.
    pub fn new() -> Self {
        Self {
            data: 0,
            header: EMPTY_HEADER,
        }
    }

    /// Bytes of data that another tensor of this name may have.
    pub fn left(&self, name: &str) -> u64 {
        MAX_SHARD.saturating_sub(self.data + self.header + HEADER_ENTRY + name.len() as u64)
    }

    /// Bytes of data that are taken.
    pub fn data(&self) -> u64 {
        self.data
    }

    /// Takes room for data.
    pub fn take(&mut self, bytes: u64) {
        self.data += bytes;
    }

    /// Takes room for a tensor's entry in the header.
    pub fn list(&mut self, name: &str) {
        self.header += HEADER_ENTRY + name.len() as u64;
    }
}

/// The shards of a package, and the places of its tensors in them.
#[derive(Debug)]
pub(super) struct Layout {
    pub shards: Vec<Shard>,
    /// Of each tensor of the list its values, and scales if it has any.
    pub tensors: Vec<[Option<Stored>; 2]>,
}

/// A shard.
#[derive(Debug)]
pub(super) struct Shard {
    pub path: String,
    pub header: Vec<u8>,
    /// Bytes behind the header.
    pub data: u64,
    /// Bytes of a block with a hash of its own, for the token embeddings.
    pub block_bytes: Option<u64>,
}

/// Where the rows of a stored tensor lie.
#[derive(Debug)]
pub(super) struct Stored {
    row_bytes: u64,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    rows: std::ops::Range<usize>,
    shard: usize,
    /// Its first byte in the file.
    at: u64,
}

impl Shard {
    /// Length of the file.
    pub fn bytes(&self) -> u64 {
        self.header.len() as u64 + self.data
    }
}

impl Stored {
    /// Where rows from `first` on lie, that have these bytes: pieces with their shard and place.
    pub fn places<'a>(&'a self, first: usize, bytes: &'a [u8]) -> impl Iterator<Item = Place<'a>> {
        let end = first + bytes.len() / self.row_bytes as usize;
        self.parts.iter().filter_map(move |part| {
            let rows = part.rows.start.max(first)..part.rows.end.min(end);
            let byte = |row: usize| row * self.row_bytes as usize;
            (!rows.is_empty()).then(|| Place {
                shard: part.shard,
                at: part.at + byte(rows.start - part.rows.start) as u64,
                bytes: &bytes[byte(rows.start - first)..byte(rows.end - first)],
            })
        })
    }
}

/// Bytes and where they belong.
pub(super) struct Place<'a> {
    pub shard: usize,
    pub at: u64,
    pub bytes: &'a [u8],
}

impl Layout {
    /// Lays out these tensors for a package of this type.
    ///
    /// # Errors
    /// [`Code::Internal`] for a row that no shard has room for.
    pub fn new(specs: &[TensorSpec], dtype: Dtype) -> Result<Self> {
        let mut weights = Series::new("weights", None);
        let mut tokens = Series::new("embed", Some(BLOCK_BYTES));
        let mut placed = Vec::with_capacity(specs.len());
        for spec in specs {
            let table = spec.kind == Kind::TokenTable;
            let series = if table { &mut tokens } else { &mut weights };
            let dtype = spec.stored_dtype(dtype);
            let (n, k) = (spec.shape[0], spec.row_len());
            let values = match dtype {
                Dtype::F32 => series.place(&spec.name, StoredDtype::F32, &spec.shape)?,
                dtype => {
                    let name = format!("{}{}", spec.name, Suffix::of(dtype).as_str());
                    series.place(&name, StoredDtype::U32, &[n, words_per_row(dtype, k)])?
                }
            };
            let scales = match has_scales(dtype) {
                true => {
                    let name = format!("{}{}", spec.name, Suffix::Scales.as_str());
                    Some(series.place(&name, StoredDtype::U32, &[n, scale_words(k)])?)
                }
                false => None,
            };
            placed.push((table, [Some(values), scales]));
        }
        let weights = weights.finish()?;
        let mut shards = weights;
        let before = shards.len();
        shards.extend(tokens.finish()?);
        let tensors = placed.into_iter().map(|(table, mut stored)| {
            for part in stored.iter_mut().flatten().flat_map(|s| &mut s.parts) {
                part.shard += if table { before } else { 0 };
                part.at += shards[part.shard].header.len() as u64;
            }
            stored
        });
        Ok(Self {
            tensors: tensors.collect(),
            shards,
        })
    }
}

/// Shards `NAME-00001.safetensors` and so on, while they are filled.
struct Series {
    name: &'static str,
    block_bytes: Option<u64>,
    room: Room,
    tensors: Vec<(String, safetensors::Dtype, Vec<usize>)>,
    done: Vec<Shard>,
}

impl Series {
    fn new(name: &'static str, block_bytes: Option<u64>) -> Self {
        Self {
            name,
            block_bytes,
            room: Room::new(),
            tensors: Vec::new(),
            done: Vec::new(),
        }
    }

    /// Finds room for a stored tensor. Places are counted from the end of the header, and from the series' first
    /// shard.
    fn place(&mut self, name: &str, dtype: StoredDtype, shape: &[usize]) -> Result<Stored> {
        let n = shape[0];
        let row_bytes = shape[1..].iter().product::<usize>() as u64 * 4;
        if row_bytes * n as u64 > self.room.left(name) && !self.tensors.is_empty() {
            self.close()?;
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut first = 0;
        while first < n {
            let fit = (self.room.left(name) / row_bytes) as usize;
            if fit == 0 {
                let why = format!("a row of {row_bytes} bytes does not fit into a shard");
                return Err(Error::new(Code::Internal, name, why));
            }
            let end = n.min(first + fit);
            let entry = match (first, end == n) {
                (0, true) => name.to_owned(),
                _ => format!("{name}#{}", parts.len()),
            };
            parts.push(Part {
                rows: first..end,
                shard: self.done.len(),
                at: self.room.data(),
            });
            self.room.take((end - first) as u64 * row_bytes);
            self.room.list(&entry);
            let mut shape = shape.to_vec();
            shape[0] = end - first;
            self.tensors.push((entry, dtype.in_file(), shape));
            first = end;
            if first < n {
                self.close()?;
            }
        }
        Ok(Stored { row_bytes, parts })
    }

    fn close(&mut self) -> Result<()> {
        let tensors = std::mem::take(&mut self.tensors);
        let room = std::mem::replace(&mut self.room, Room::new());
        self.done.push(Shard {
            path: shard_path(self.name, self.done.len()),
            header: shard::write_header(&tensors)?,
            data: room.data(),
            block_bytes: self.block_bytes,
        });
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Shard>> {
        if !self.tensors.is_empty() {
            self.close()?;
        }
        Ok(self.done)
    }
}

/// The file name of a shard, by the number of those before it.
pub(super) fn shard_path(series: &str, before: usize) -> String {
    format!("{series}-{:05}.safetensors", before + 1)
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use crate::package::PackageWriter;
    use crate::tensors::{Group, Init};

    #[test]
    fn what_is_laid_out_is_what_is_written() {
        let linear = |name: &str, shape: [usize; 2]| TensorSpec {
            name: name.into(),
            shape: shape.into(),
            kind: Kind::Linear,
            ..TensorSpec::token_table(shape)
        };
        let plain = |name: &str, shape: &[usize]| TensorSpec {
            name: name.into(),
            shape: shape.into(),
            kind: Kind::Plain,
            group: Group::Text,
            init: Init::Zeros,
            kernel: false,
        };
        let specs = [
            plain("first", &[7]),
            linear("just.under", [100_000, 128]),
            linear("over", [1_200_000, 128]),
            plain("cube", &[3, 5, 7]),
            TensorSpec::token_table([700_000, 96]),
            linear("last", [40_000, 352]),
        ];
        for dtype in [Dtype::Q4, Dtype::Q8] {
            let layout = Layout::new(&specs, dtype).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let mut writer = PackageWriter::create(&folder.path().join("p"), false).unwrap();
            for spec in &specs {
                let row = vec![0; 1000 * spec.row_len()];
                let mut put = |name: &str, dtype, shape: &[usize]| {
                    writer.begin(name, dtype, shape).unwrap();
                    let words: usize = shape[1..].iter().product();
                    for first in (0..shape[0]).step_by(1000) {
                        let rows = (shape[0] - first).min(1000);
                        writer.rows(&row[..rows * words]).unwrap();
                    }
                    writer.end().unwrap();
                };
                let dtype = spec.stored_dtype(dtype);
                let (n, k) = (spec.shape[0], spec.row_len());
                if dtype == Dtype::F32 {
                    put(&spec.name, StoredDtype::F32, &spec.shape);
                    continue;
                }
                let suffix = Suffix::of(dtype).as_str();
                let shape = [n, words_per_row(dtype, k)];
                put(&format!("{}{suffix}", spec.name), StoredDtype::U32, &shape);
                let shape = [n, scale_words(k)];
                put(&format!("{}.scales", spec.name), StoredDtype::U32, &shape);
            }
            let written = writer.written().unwrap();
            let is: Vec<(String, u64)> = layout
                .shards
                .iter()
                .map(|shard| (shard.path.clone(), shard.bytes()))
                .collect();
            let should: Vec<(String, u64)> = written
                .iter()
                .map(|(file, _)| (file.path.clone(), file.bytes))
                .collect();
            assert_eq!(is, should);
            assert!(is.len() >= 5, "{is:?}");
            for (shard, (file, header)) in layout.shards.iter().zip(&written) {
                assert!(header.starts_with(&shard.header), "{}", file.path);
            }
            // Every row is in one place, and no two are in the same.
            let stored = layout.tensors.iter().flatten().flatten();
            let bytes: u64 = stored
                .flat_map(|s| s.parts.iter().map(|p| p.rows.len() as u64 * s.row_bytes))
                .sum();
            assert_eq!(bytes, layout.shards.iter().map(|s| s.data).sum::<u64>());
        }
    }
}
