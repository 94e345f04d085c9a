//! Token embeddings, read by row.
//!
//! The table of a large model is hundreds of megabytes, an input needs a few dozen rows of it. So its
//! shards are read by range, in the blocks whose hashes the manifest lists: what rows touch is read, adjacent
//! blocks together, checked, and kept in a cache that forgets the least recently used. A table that
//! fits into the cache is read once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::blocks::{BlockFiles, BlockId, Blocks, MOST_AT_ONCE};
use super::manifest::{MANIFEST_FILE, Manifest};
use super::source::Source;
use super::stream::split_part;
use crate::tensors::quantize::{has_scales, unpack_row};
use crate::tensors::shard::{self, PREFIX};
use crate::tensors::{Dtype, Suffix, TOKEN_TABLE, TensorSpec};
use crate::{Code, Error, Result};

/// The cache's usual size in bytes.
pub const DEFAULT_CACHE: usize = 64 << 20;

/// Most bytes of a shard's header.
const MAX_HEADER: u64 = 1 << 20;

/// The token embeddings of a package.
#[derive(Debug)]
pub struct TokenTable {
    source: Source,
    files: BlockFiles,
    dtype: Dtype,
    rows: usize,
    hidden: usize,
    values: Column,
    /// Empty for f32 and f16.
    scales: Column,
}

/// Where the rows of a stored tensor lie.
#[derive(Debug, Default)]
struct Column {
    /// Bytes of a row.
    row_bytes: u64,
    /// The tensor's parts in order: first row, file, and where its bytes begin in it.
    parts: Vec<(usize, usize, u64)>,
}

impl TokenTable {
    /// Reads the headers of the table's shards and checks them against the configuration.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] if the manifest lists no such shards, [`Code::PackageTensor`] if they are
    /// not a table of the model's vocabulary and hidden size, [`Code::PackageTruncated`],
    /// [`Code::PackageHash`], and whatever the source fails with.
    pub async fn open(source: &Source, manifest: &Manifest, cache_bytes: usize) -> Result<Self> {
        let files = BlockFiles::new(manifest.token_files(), cache_bytes);
        if files.len() == 0 {
            return Err(Error::new(
                Code::PackageManifest,
                MANIFEST_FILE,
                "`files` lists no shard with `blocks`: the token embeddings are missing",
            ));
        }
        let [rows, hidden] = manifest.config.token_table();
        let mut table = Self {
            source: source.detached(),
            files,
            dtype: Dtype::F32,
            rows,
            hidden,
            values: Column::default(),
            scales: Column::default(),
        };
        let mut found = BTreeMap::new();
        for file in 0..table.files.len() {
            // The headers are read while the caller may still abort, so with the source as given.
            for entry in table.header(source, file).await? {
                let (name, part) = split_part(&entry.name);
                let key = (name.to_string(), part.unwrap_or(0));
                if found.insert(key, (file, entry.clone())).is_some() {
                    return Err(wrong(&entry.name, "is there twice"));
                }
            }
        }
        table.lay_out(found)?;
        Ok(table)
    }

    /// Rows: the vocabulary.
    pub fn rows_total(&self) -> usize {
        self.rows
    }

    /// Values of a row.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// How the rows are stored.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The embeddings of `ids`, in their order: `[ids.len(), hidden]`, f32.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] for an id beyond the table, [`Code::PackageHash`] if a block was changed,
    /// [`Code::PackageTruncated`], [`Code::PackageNotFinite`], and whatever the source fails with.
    pub async fn rows(&self, ids: &[u32]) -> Result<Vec<f32>> {
        if let Some(id) = ids.iter().find(|&&id| id as usize >= self.rows) {
            return Err(Error::new(
                Code::Tokenizer,
                self.source.name(),
                format!(
                    "the tokenizer gives id {id}, the model's table has {} rows: they do not \
                     belong together",
                    self.rows
                ),
            ));
        }
        // Where each distinct id's row goes; sorted, so that neighbours share their blocks.
        let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (place, &id) in ids.iter().enumerate() {
            places.entry(id).or_default().push(place);
        }
        let mut out = vec![0.0; ids.len() * self.hidden];
        let mut wanted: BTreeSet<BlockId> = BTreeSet::new();
        let mut group: Vec<(u32, &[usize])> = Vec::new();
        let mut bytes = 0;
        for (&id, at) in &places {
            let touched = self.blocks_of_row(id as usize);
            if bytes >= MOST_AT_ONCE && !touched.iter().all(|b| wanted.contains(b)) {
                self.fill(&wanted, &group, &mut out).await?;
                (wanted, group, bytes) = (BTreeSet::new(), Vec::new(), 0);
            }
            for block in touched {
                if wanted.insert(block) {
                    bytes += self.files.block_len(block);
                }
            }
            group.push((id, at));
        }
        self.fill(&wanted, &group, &mut out).await?;
        Ok(out)
    }

    /// Unpacks the rows of one group into their places.
    async fn fill(
        &self,
        wanted: &BTreeSet<BlockId>,
        group: &[(u32, &[usize])],
        out: &mut [f32],
    ) -> Result<()> {
        let blocks = self.files.blocks(&self.source, wanted).await?;
        let mut row = vec![0.0; self.hidden];
        for &(id, places) in group {
            let values = self.row_words(&self.values, id as usize, &blocks)?;
            let scales = self.row_words(&self.scales, id as usize, &blocks)?;
            unpack_row(self.dtype, &values, &scales, &mut row);
            if !row.iter().all(|v| v.is_finite()) {
                return Err(Error::new(
                    Code::PackageNotFinite,
                    TOKEN_TABLE,
                    format!("row {id} has a NaN or infinite value; convert the model again"),
                ));
            }
            for &place in places {
                out[place * self.hidden..][..self.hidden].copy_from_slice(&row);
            }
        }
        Ok(())
    }

    /// The words of a row, from blocks that are at hand.
    fn row_words(&self, column: &Column, row: usize, blocks: &Blocks) -> Result<Vec<u32>> {
        let Some((file, range)) = column.place(row) else {
            return Ok(Vec::new());
        };
        let bytes = self.files.cut(file, &range, blocks).ok_or_else(|| {
            Error::new(Code::Internal, TOKEN_TABLE, "a block of a row was not read")
        })?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    fn blocks_of_row(&self, row: usize) -> Vec<BlockId> {
        [&self.values, &self.scales]
            .into_iter()
            .filter_map(|column| column.place(row))
            .flat_map(|(file, range)| self.files.touched(file, &range).map(move |n| (file, n)))
            .collect()
    }

    /// Reads the header of one shard, through the same checked blocks.
    async fn header(&self, source: &Source, file: usize) -> Result<Vec<shard::Entry>> {
        let (path, bytes) = self.files.file(file);
        let name = source.describe(path);
        let prefix = self.files.read(source, file, 0..PREFIX).await?;
        let prefix = prefix
            .as_slice()
            .try_into()
            .map_err(|_| wrong(&name, "has no header"))?;
        let len = shard::header_len(prefix, &name, bytes)?;
        if len > MAX_HEADER {
            return Err(wrong(&name, &format!("states a header of {len} bytes")));
        }
        let json = self.files.read(source, file, PREFIX..PREFIX + len).await?;
        shard::parse_header(&json, &name, bytes)
    }

    /// Finds the table's columns among the shards' tensors.
    fn lay_out(
        &mut self,
        mut found: BTreeMap<(String, usize), (usize, shard::Entry)>,
    ) -> Result<()> {
        let spec = TensorSpec::token_table([self.rows, self.hidden]);
        let present = |suffix: Suffix| {
            let key = (format!("{TOKEN_TABLE}{}", suffix.as_str()), 0);
            found.contains_key(&key)
        };
        let stored: Vec<Suffix> = [Suffix::F32, Suffix::F16, Suffix::Q8, Suffix::Q4]
            .into_iter()
            .filter(|&s| present(s))
            .collect();
        let &[suffix] = stored.as_slice() else {
            return Err(wrong(
                TOKEN_TABLE,
                "must be there as f32, f16, q8 or q4, and in one of them only",
            ));
        };
        self.dtype = suffix.dtype().unwrap_or(Dtype::F32);
        self.values = Column::find(&spec, suffix, &mut found)?;
        if has_scales(self.dtype) {
            self.scales = Column::find(&spec, Suffix::Scales, &mut found)?;
        }
        match found.keys().next() {
            Some((name, _)) => Err(wrong(name, "does not belong into the table's shards")),
            None => Ok(()),
        }
    }
}

impl Column {
    /// Takes the parts of one stored tensor, which must make up its whole shape.
    fn find(
        spec: &TensorSpec,
        suffix: Suffix,
        found: &mut BTreeMap<(String, usize), (usize, shard::Entry)>,
    ) -> Result<Self> {
        let name = format!("{}{}", spec.name, suffix.as_str());
        let (dtype, shape) = spec
            .stored(suffix)
            .ok_or_else(|| wrong(&name, "may not be stored so"))?;
        let (rows, words) = (shape[0], shape[1]);
        let mut parts = Vec::new();
        let mut row = 0;
        while let Some((file, entry)) = found.remove(&(name.clone(), parts.len())) {
            let ok = entry.dtype == dtype.in_file()
                && matches!(entry.shape[..], [n, w] if n > 0 && n <= rows - row && w == words);
            if !ok {
                return Err(wrong(
                    &entry.name,
                    &format!(
                        "is {:?} of {:?}; the configuration asks for {:?} of {shape:?}",
                        entry.dtype,
                        entry.shape,
                        dtype.in_file()
                    ),
                ));
            }
            parts.push((row, file, entry.bytes.start));
            row += entry.shape[0];
        }
        if row != rows {
            return Err(wrong(
                &name,
                &format!("has {row} rows; the configuration asks for {rows}"),
            ));
        }
        Ok(Self {
            row_bytes: 4 * words as u64,
            parts,
        })
    }

    /// The file of a row and its bytes in it.
    fn place(&self, row: usize) -> Option<(usize, Range<u64>)> {
        let after = self.parts.partition_point(|&(first, ..)| first <= row);
        let &(first, file, start) = self.parts.get(after.checked_sub(1)?)?;
        let at = start + (row - first) as u64 * self.row_bytes;
        Some((file, at..at + self.row_bytes))
    }
}

fn wrong(subject: &str, why: &str) -> Error {
    Error::new(Code::PackageTensor, subject, why)
}
