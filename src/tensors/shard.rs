//! The header of a safetensors file: what lies where.
//!
//! A file begins with the header's length (u64, little-endian) and the header (JSON), then the
//! tensors' bytes follow without holes. Only the header is read here, so that a file can be streamed
//! or read by range; it is taken for hostile: lengths are capped, products are checked, and tensors may
//! neither overlap nor leave holes.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use safetensors::{Dtype, tensor::TensorInfo};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::{Code, Error, Result};

/// Bytes before the header: its length.
pub const PREFIX: u64 = 8;

/// Most bytes of a header, as the format's own library has it.
pub const MAX_HEADER: u64 = 100_000_000;

/// Most axes of a tensor.
const MAX_RANK: usize = 8;

/// One tensor of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its values' type.
    pub dtype: Dtype,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its bytes, counted from the file's begin.
    pub bytes: Range<u64>,
}

impl Entry {
    /// Length of its data in bytes.
    pub fn len(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    /// Whether it has no data.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The length of the header that follows the first 8 bytes of a file of `file_bytes`.
///
/// # Errors
/// [`Code::PackageTruncated`] if the file is shorter than that, [`Code::PackageTensor`] above
/// [`MAX_HEADER`].
pub fn header_len(prefix: [u8; PREFIX as usize], file: &str, file_bytes: u64) -> Result<u64> {
    let len = u64::from_le_bytes(prefix);
    if len > MAX_HEADER {
        let why = match &prefix {
            b"version " => {
                "is a pointer of Git LFS and not the file itself; fetch that with `git lfs pull`"
                    .into()
            }
            [b'<', ..] => "is a page of the web and no safetensors file; download it again".into(),
            [b'P', b'K', 3, 4, ..] | [0x80, ..] => {
                "is a Python pickle and no safetensors file, whatever its name".into()
            }
            _ => format!(
                "states a header of {len} bytes, more than {MAX_HEADER}; is it a safetensors file?"
            ),
        };
        return Err(malformed(file, why));
    }
    if PREFIX + len > file_bytes {
        return Err(Error::new(
            Code::PackageTruncated,
            file,
            format!("has {file_bytes} bytes, its header alone {len}; copy or download it again"),
        ));
    }
    Ok(len)
}

/// The tensors that a header lists, in the order of their bytes, which fill the file to its end.
///
/// # Errors
/// [`Code::PackageTensor`] for what is no header, or one that contradicts itself,
/// [`Code::PackageTruncated`] if the file of `file_bytes` is shorter than its tensors.
pub fn parse_header(json: &[u8], file: &str, file_bytes: u64) -> Result<Vec<Entry>> {
    let header: Header = serde_json::from_slice(json).map_err(|e| {
        malformed(file, format!("has no readable safetensors header: {e}")).with_source(e)
    })?;
    let start = PREFIX + json.len() as u64;
    let mut entries = Vec::with_capacity(header.0.len());
    for (name, info) in header.0 {
        let wrong = |why: String| malformed(file, format!("tensor {name}: {why}"));
        let (from, to) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        if info.shape.len() > MAX_RANK {
            return Err(wrong(format!("has {} axes", info.shape.len())));
        }
        let bits = info
            .shape
            .iter()
            .try_fold(info.dtype.bitsize() as u64, |n, &d| n.checked_mul(d as u64))
            .filter(|bits| bits.is_multiple_of(8))
            .ok_or_else(|| wrong(format!("has an impossible shape {:?}", info.shape)))?;
        if to.checked_sub(from) != Some(bits / 8) {
            return Err(wrong(format!(
                "lies at {from}..{to}, but {:?} of {:?} is {} bytes",
                info.shape,
                info.dtype,
                bits / 8
            )));
        }
        let end = start
            .checked_add(to)
            .ok_or_else(|| wrong(format!("ends at {to}")))?;
        entries.push(Entry {
            dtype: info.dtype,
            shape: info.shape,
            bytes: start + from..end,
            name,
        });
    }
    entries.sort_by_key(|e| (e.bytes.start, e.bytes.end));
    let mut at = start;
    for entry in &entries {
        if entry.bytes.start != at {
            return Err(malformed(
                file,
                format!("tensor {} leaves a hole or overlaps another", entry.name),
            ));
        }
        at = entry.bytes.end;
    }
    match at.cmp(&file_bytes) {
        std::cmp::Ordering::Equal => Ok(entries),
        std::cmp::Ordering::Greater => Err(Error::new(
            Code::PackageTruncated,
            file,
            format!("has {file_bytes} bytes, its tensors need {at}; copy or download it again"),
        )),
        std::cmp::Ordering::Less => Err(malformed(
            file,
            format!("has {file_bytes} bytes, but its tensors end at {at}"),
        )),
    }
}

/// Writes a header for tensors that follow each other in this order, padded so that their bytes
/// begin at a multiple of 8. The result includes the length before it.
///
/// # Errors
/// [`Code::Internal`] if the tensors' sizes cannot be stated.
pub fn write_header(tensors: &[(String, Dtype, Vec<usize>)]) -> Result<Vec<u8>> {
    let refuse = |e: safetensors::SafeTensorError| {
        Error::new(Code::Internal, "", format!("a shard's header: {e}")).with_source(e)
    };
    let mut at = 0;
    let mut infos = Vec::with_capacity(tensors.len());
    for (name, dtype, shape) in tensors {
        let end = shape
            .iter()
            .try_fold(dtype.bitsize() / 8, |n, &d| n.checked_mul(d))
            .and_then(|n| n.checked_add(at))
            .ok_or_else(|| Error::new(Code::Internal, name, "is too large to be written"))?;
        let info = TensorInfo {
            dtype: *dtype,
            shape: shape.clone(),
            data_offsets: (at, end),
        };
        infos.push((name.clone(), info));
        at = end;
    }
    let metadata = safetensors::tensor::Metadata::new(None, infos).map_err(refuse)?;
    let mut json = serde_json::to_vec(&metadata).map_err(|e| refuse(e.into()))?;
    json.resize(json.len().next_multiple_of(PREFIX as usize), b' ');
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.append(&mut json);
    Ok(bytes)
}

fn malformed(file: &str, why: String) -> Error {
    Error::new(Code::PackageTensor, file, why)
}

/// The header's entries; a name that is there twice is refused.
struct Header(BTreeMap<String, TensorInfo>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let info = map.next_value()?;
                    if entries.insert(name.clone(), info).is_some() {
                        return Err(A::Error::custom(format!("tensor {name} is listed twice")));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
