//! Hashes of files while they are written, and one that can be written down in the middle.

use sha2::digest::generic_array::GenericArray;
use sha2::digest::typenum::U64;
use sha2::{Digest, Sha256, compress256};

use super::manifest::{BlockHashes, FileEntry};
use crate::tensors::hex;

/// The sha256 of a file and, if wanted, of its blocks.
#[derive(Debug)]
pub(super) struct FileHash {
    whole: Sha256,
    bytes: u64,
    blocks: Option<Blocks>,
}

#[derive(Debug)]
struct Blocks {
    size: u64,
    filled: u64,
    hash: Sha256,
    done: Vec<String>,
}

impl FileHash {
    /// Of a file that is read by range, the bytes of a block.
    pub fn new(block_bytes: Option<u64>) -> Self {
        Self {
            whole: Sha256::new(),
            bytes: 0,
            blocks: block_bytes.map(|size| Blocks {
                size,
                filled: 0,
                hash: Sha256::new(),
                done: Vec::new(),
            }),
        }
    }

    /// Bytes that came.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        self.bytes += bytes.len() as u64;
        if let Some(blocks) = &mut self.blocks {
            blocks.update(bytes);
        }
    }

    /// The manifest's entry of the file.
    pub fn entry(self, path: String) -> FileEntry {
        FileEntry {
            path,
            bytes: self.bytes,
            sha256: hex(&self.whole.finalize()),
            blocks: self.blocks.map(|mut blocks| {
                if blocks.filled > 0 {
                    blocks.end();
                }
                BlockHashes {
                    size: blocks.size,
                    sha256: blocks.done,
                }
            }),
        }
    }
}

impl Blocks {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let left = usize::try_from(self.size - self.filled).unwrap_or(usize::MAX);
            let (head, rest) = bytes.split_at(bytes.len().min(left));
            self.hash.update(head);
            self.filled += head.len() as u64;
            if self.filled == self.size {
                self.end();
            }
            bytes = rest;
        }
    }

    fn end(&mut self) {
        self.done.push(hex(&self.hash.finalize_reset()));
        self.filled = 0;
    }
}

/// A sha256 (FIPS 180-4) whose state can be kept, to go on after a break.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct LongHash {
    state: [u32; 8],
    /// Bytes that do not fill a block yet.
    rest: Vec<u8>,
    bytes: u64,
}

impl Default for LongHash {
    fn default() -> Self {
        Self {
            state: [
                0x6a09_e667,
                0xbb67_ae85,
                0x3c6e_f372,
                0xa54f_f53a,
                0x510e_527f,
                0x9b05_688c,
                0x1f83_d9ab,
                0x5be0_cd19,
            ],
            rest: Vec::new(),
            bytes: 0,
        }
    }
}

impl LongHash {
    /// Takes the next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if !self.rest.is_empty() {
            let (head, tail) = bytes.split_at(bytes.len().min(64 - self.rest.len()));
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() < 64 {
                return;
            }
            let block = std::mem::take(&mut self.rest);
            self.blocks(&block);
        }
        self.rest = self.blocks(bytes).to_vec();
    }

    /// Takes the whole blocks and gives back what is left.
    fn blocks<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (blocks, rest) = bytes.as_chunks::<64>();
        for block in blocks {
            let block: &GenericArray<u8, U64> = block.into();
            compress256(&mut self.state, std::slice::from_ref(block));
        }
        rest
    }

    /// The hash of all that came, in hexadecimal.
    pub fn hex(&self) -> String {
        let mut end = self.clone();
        let bits = end.bytes.wrapping_mul(8);
        let mut padding = vec![0x80];
        padding.resize(1 + (119 - end.rest.len()) % 64, 0);
        padding.extend_from_slice(&bits.to_be_bytes());
        end.update(&padding);
        let words = end.state.iter().flat_map(|word| word.to_be_bytes());
        hex(&words.collect::<Vec<u8>>())
    }

    /// Whether it can be a state after so many bytes.
    pub fn is_after(&self, bytes: u64) -> bool {
        self.bytes == bytes && self.rest.len() as u64 == bytes % 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_was_written_down_is_the_hash() {
        let bytes: Vec<u8> = (0..1000_u32).map(|i| (i * i % 251) as u8).collect();
        for length in (0..200).chain([999, 1000]) {
            let expected = hex(&Sha256::digest(&bytes[..length]));
            for cut in [0, 1, 55, 63, 64, 65, 128, length] {
                let cut = cut.min(length);
                let mut hash = LongHash::default();
                hash.update(&bytes[..cut]);
                let json = serde_json::to_string(&hash).unwrap();
                let mut again: LongHash = serde_json::from_str(&json).unwrap();
                assert!(again.is_after(cut as u64));
                again.update(&bytes[cut..length]);
                assert_eq!(again.hex(), expected, "{length} {cut}");
            }
        }
    }
}
