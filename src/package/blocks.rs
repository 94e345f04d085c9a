//! Files that are read by range in blocks, each checked against its hash, with a cache of them.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::manifest::{BlockHashes, FileEntry};
use super::reader::wrong_hash;
use super::source::{Source, wrong_length};
use crate::Result;
use crate::tensors::hex;

/// Most bytes that are read at once.
pub(super) const MOST_AT_ONCE: u64 = 16 << 20;

/// A block's file and number.
pub(super) type BlockId = (usize, u64);

/// Blocks that are at hand.
pub(super) type Blocks = HashMap<BlockId, Arc<Vec<u8>>>;

/// The files, and the cache of their blocks.
#[derive(Debug)]
pub(super) struct BlockFiles {
    files: Vec<File>,
    cache: Mutex<Cache>,
}

#[derive(Debug)]
struct File {
    path: String,
    bytes: u64,
    blocks: BlockHashes,
}

#[derive(Debug)]
struct Cache {
    budget: u64,
    used: u64,
    /// Counts uses; a block's number is that of its last one.
    clock: u64,
    blocks: HashMap<BlockId, (Arc<Vec<u8>>, u64)>,
}

impl BlockFiles {
    /// Those of `entries` that have block hashes, with a cache of at most `budget` bytes.
    pub(super) fn new<'a>(entries: impl Iterator<Item = &'a FileEntry>, budget: usize) -> Self {
        Self {
            files: entries.filter_map(File::new).collect(),
            cache: Mutex::new(Cache {
                budget: budget as u64,
                used: 0,
                clock: 0,
                blocks: HashMap::new(),
            }),
        }
    }

    /// The number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// A file's path and length.
    pub(super) fn file(&self, file: usize) -> (&str, u64) {
        (&self.files[file].path, self.files[file].bytes)
    }

    /// The blocks that a range of a file touches.
    pub(super) fn touched(&self, file: usize, range: &Range<u64>) -> Range<u64> {
        let size = self.files[file].blocks.size;
        range.start / size..range.end.div_ceil(size)
    }

    /// The length of a block.
    pub(super) fn block_len(&self, (file, n): BlockId) -> u64 {
        len(&self.files[file].block_range(n, n + 1))
    }

    /// The bytes of a range, from blocks that are at hand; `None` if one is not.
    pub(super) fn cut(&self, file: usize, range: &Range<u64>, blocks: &Blocks) -> Option<Vec<u8>> {
        let size = self.files[file].blocks.size;
        let mut bytes = Vec::with_capacity(len(range) as usize);
        for n in self.touched(file, range) {
            let block = blocks.get(&(file, n))?;
            let from = range.start.saturating_sub(n * size) as usize;
            let to = (range.end - n * size).min(block.len() as u64) as usize;
            bytes.extend_from_slice(block.get(from..to)?);
        }
        Some(bytes)
    }

    /// Reads a range.
    ///
    /// # Errors
    /// As [`blocks`](Self::blocks), and [`Code::PackageTruncated`](crate::Code::PackageTruncated)
    /// if the file ends before it.
    pub(super) async fn read(
        &self,
        source: &Source,
        file: usize,
        range: Range<u64>,
    ) -> Result<Vec<u8>> {
        let (path, bytes) = self.file(file);
        let early = || wrong_length(&source.describe(path), bytes, range.end);
        if range.end > bytes {
            return Err(early());
        }
        let wanted = self.touched(file, &range).map(|n| (file, n)).collect();
        let blocks = self.blocks(source, &wanted).await?;
        self.cut(file, &range, &blocks).ok_or_else(early)
    }

    /// Brings blocks from the cache or the source, in as few reads as their neighbourhood allows.
    ///
    /// # Errors
    /// [`Code::PackageHash`](crate::Code::PackageHash),
    /// [`Code::PackageTruncated`](crate::Code::PackageTruncated), and whatever the source fails with.
    pub(super) async fn blocks(
        &self,
        source: &Source,
        wanted: &BTreeSet<BlockId>,
    ) -> Result<Blocks> {
        let mut have = self.lock().find(wanted);
        let mut missing = wanted.iter().filter(|b| !have.contains_key(*b)).copied();
        let mut runs: Vec<(usize, Range<u64>)> = Vec::new();
        if let Some((file, n)) = missing.next() {
            runs.push((file, n..n + 1));
        }
        for (file, n) in missing {
            match runs.last_mut() {
                Some((f, run))
                    if *f == file
                        && run.end == n
                        && (n + 1 - run.start) * self.files[file].blocks.size <= MOST_AT_ONCE =>
                {
                    run.end += 1;
                }
                _ => runs.push((file, n..n + 1)),
            }
        }
        for (index, run) in runs {
            let file = &self.files[index];
            let name = source.describe(&file.path);
            let range = file.block_range(run.start, run.end);
            let expected = len(&range);
            let bytes = source.read_range(&file.path, range).await?;
            if bytes.len() as u64 != expected {
                return Err(wrong_length(&name, bytes.len() as u64, expected));
            }
            for (n, block) in run.zip(bytes.chunks(file.blocks.size as usize)) {
                let should = file
                    .blocks
                    .sha256
                    .get(n as usize)
                    .map_or("", String::as_str);
                let is = hex(&Sha256::digest(block));
                if is != should {
                    return Err(wrong_hash(&format!("{name} (block {n})"), &is, should));
                }
                have.insert((index, n), Arc::new(block.to_vec()));
            }
        }
        self.lock().keep(&have);
        Ok(have)
    }

    /// The cache. A poisoned lock only means that a lookup panicked elsewhere; blocks are never
    /// half-written.
    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File {
    fn new(entry: &FileEntry) -> Option<Self> {
        Some(Self {
            path: entry.path.clone(),
            bytes: entry.bytes,
            blocks: entry.blocks.clone()?,
        })
    }

    /// The bytes of the blocks `from..to`.
    fn block_range(&self, from: u64, to: u64) -> Range<u64> {
        from * self.blocks.size..(to * self.blocks.size).min(self.bytes)
    }
}

impl Cache {
    fn find(&mut self, wanted: &BTreeSet<BlockId>) -> Blocks {
        self.clock += 1;
        let clock = self.clock;
        wanted
            .iter()
            .filter_map(|id| {
                let (block, used) = self.blocks.get_mut(id)?;
                *used = clock;
                Some((*id, block.clone()))
            })
            .collect()
    }

    fn keep(&mut self, blocks: &Blocks) {
        // In the order of the file, so that what stays of a lookup larger than the cache is its end.
        let mut ids: Vec<&BlockId> = blocks.keys().collect();
        ids.sort_unstable();
        for &id in ids {
            let block = &blocks[&id];
            let bytes = block.len() as u64;
            if self.blocks.contains_key(&id) || bytes > self.budget {
                continue;
            }
            while self.used + bytes > self.budget {
                let Some(oldest) = self.blocks.iter().min_by_key(|(_, (_, t))| *t) else {
                    break;
                };
                let oldest = *oldest.0;
                if let Some((gone, _)) = self.blocks.remove(&oldest) {
                    self.used -= gone.len() as u64;
                }
            }
            self.used += bytes;
            self.clock += 1;
            self.blocks.insert(id, (block.clone(), self.clock));
        }
    }
}

fn len(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}
