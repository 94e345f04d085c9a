//! A package with its weights stored in another type, in memory: to measure what a type costs without
//! writing a package for each.
//!
//! The result is what conversion would have made of the same numbers (docs/format.md), and is loaded as
//! any other package is. It is held in memory as a whole.

use std::borrow::Cow;
use std::collections::HashMap;

use super::hash::FileHash;
use super::layout::shard_path;
use super::manifest::{BLOCK_BYTES, FileEntry, MANIFEST_FILE, MAX_SHARD, TOKENIZER_FILE};
use super::reader::Package;
use super::source::Source;
use crate::tensors::quantize::{Packed, has_scales, unpack_rows};
use crate::tensors::shard;
use crate::tensors::{Dtype, RawTensor, Suffix, TOKEN_TABLE, TensorSpec};
use crate::{Code, Error, Result};

/// Bytes of token embeddings that are kept while they are read, once and in order.
const TABLE_CACHE: usize = 32 << 20;

/// The package with linear weights and token embeddings stored as `dtype` (token embeddings of q4 as q8). What
/// is stored so already stays as it is, to the bit.
///
/// # Errors
/// [`Code::Input`] if a tensor is quantised in another way: quantising it again would add one loss to
/// another. Errors of reading the package; [`Code::PackageNotFinite`] for weights that overflow.
pub async fn repacked(package: &Package, dtype: Dtype) -> Result<Source> {
    let mut manifest = package.manifest().clone();
    let specs: HashMap<String, TensorSpec> = manifest
        .tensors()
        .into_iter()
        .map(|spec| (spec.name.clone(), spec))
        .collect();
    let name = manifest.name.clone();
    let mut weights = Shards::new("weights", None);
    package
        .load_tensors(&mut |_| (), |tensor| {
            let (own_name, suffix) = tensor.split_name();
            match (specs.get(own_name), suffix.dtype()) {
                (Some(spec), Some(stored)) if spec.is_linear() && stored != dtype => {
                    let values = unpacked(&name, &tensor, stored, spec)?;
                    weights.add(RawTensor::stored(spec, dtype, &values)?)
                }
                _ => weights.add([tensor]),
            }
        })
        .await?;
    let tokenizer = package.tokenizer_bytes().await?;
    let mut files = vec![(entry(TOKENIZER_FILE.into(), &tokenizer, None), tokenizer)];
    files.extend(weights.finish()?);
    if let Some(spec) = specs.get(TOKEN_TABLE) {
        files.extend(token_files(package, spec, spec.stored_dtype(dtype)).await?);
    }
    manifest.dtype = dtype;
    manifest.files = files.iter().map(|(entry, _)| entry.clone()).collect();
    let json = manifest.to_json()?;
    let files = files.into_iter().map(|(entry, bytes)| (entry.path, bytes));
    Ok(Source::memory(
        files
            .chain([(MANIFEST_FILE.to_owned(), json)])
            .map(|(path, bytes)| (path, Cow::Owned(bytes))),
    ))
}

/// The values of a linear weight that is stored as floats.
fn unpacked(
    package: &str,
    tensor: &RawTensor,
    stored: Dtype,
    spec: &TensorSpec,
) -> Result<Vec<f32>> {
    match stored {
        Dtype::F32 | Dtype::F16 => {
            let packed = Packed {
                words: tensor.words.clone(),
                scales: Vec::new(),
            };
            unpack_rows(stored, &tensor.name, spec.shape[1], &packed)
        }
        Dtype::Q8 | Dtype::Q4 => Err(quantised(package, stored)),
    }
}

/// The shards of the token embeddings: those of the package if they are stored as `dtype`.
async fn token_files(
    package: &Package,
    spec: &TensorSpec,
    dtype: Dtype,
) -> Result<Vec<(FileEntry, Vec<u8>)>> {
    let table = package.token_table(TABLE_CACHE).await?;
    if table.dtype() == dtype {
        let mut files = Vec::new();
        for entry in package.manifest().token_files() {
            let source = package.source();
            let bytes = source
                .read_all(&entry.path, Some(entry.bytes), entry.bytes)
                .await?;
            files.push((entry.clone(), bytes));
        }
        return Ok(files);
    }
    if has_scales(table.dtype()) {
        return Err(quantised(&package.manifest().name, table.dtype()));
    }
    let ids: Vec<u32> = (0..table.rows_total() as u32).collect();
    let values = table.rows(&ids).await?;
    let mut shards = Shards::new("embed", Some(BLOCK_BYTES));
    shards.add(RawTensor::stored(spec, dtype, &values)?)?;
    shards.finish()
}

fn quantised(package: &str, stored: Dtype) -> Error {
    Error::new(
        Code::Input,
        package,
        format!(
            "has weights stored as {}; another type can be tried on a package with f32 or f16 \
             weights only (convert the checkpoint with --dtype f16)",
            Suffix::of(stored).as_str().trim_start_matches('.')
        ),
    )
}

/// Shards in memory. A tensor is never split; one that is larger than a shard has one for itself.
struct Shards {
    name: &'static str,
    block_bytes: Option<u64>,
    tensors: Vec<(String, safetensors::Dtype, Vec<usize>)>,
    data: Vec<u8>,
    done: Vec<(FileEntry, Vec<u8>)>,
}

impl Shards {
    fn new(name: &'static str, block_bytes: Option<u64>) -> Self {
        Self {
            name,
            block_bytes,
            tensors: Vec::new(),
            data: Vec::new(),
            done: Vec::new(),
        }
    }

    fn add(&mut self, tensors: impl IntoIterator<Item = RawTensor>) -> Result<()> {
        for tensor in tensors {
            let bytes: &[u8] = bytemuck::cast_slice(&tensor.words);
            if !self.data.is_empty() && (self.data.len() + bytes.len()) as u64 > MAX_SHARD {
                self.close()?;
            }
            self.data.extend_from_slice(bytes);
            self.tensors
                .push((tensor.name, tensor.dtype.in_file(), tensor.shape));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let path = shard_path(self.name, self.done.len());
        let mut bytes = shard::write_header(&std::mem::take(&mut self.tensors))?;
        bytes.append(&mut self.data);
        self.done
            .push((entry(path, &bytes, self.block_bytes), bytes));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(FileEntry, Vec<u8>)>> {
        if !self.tensors.is_empty() {
            self.close()?;
        }
        Ok(self.done)
    }
}

/// The manifest's entry of a file.
fn entry(path: String, bytes: &[u8], block_bytes: Option<u64>) -> FileEntry {
    let mut hash = FileHash::new(block_bytes);
    hash.update(bytes);
    hash.entry(path)
}
