//! The normaliser of SentencePiece (Kudo and Richardson, arXiv 1808.06226), letter by letter as its own code does
//! it.
//!
//! The library's `Precompiled` goes by grapheme clusters and so gives other ids now and then, for combining marks
//! above all.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

/// How a space is written.
const SPACE: &str = "▁";

/// A normaliser: the fields are those of a model's `NormalizerSpec`.
#[derive(Clone, Debug, Deserialize)]
pub struct SentencePiece {
    #[serde(deserialize_with = "charsmap", default)]
    charsmap: CharsMap,
    /// A space before the text.
    add_dummy_prefix: bool,
    /// No spaces at the ends, and one where several follow each other.
    remove_extra_whitespaces: bool,
    /// Spaces are written as ▁.
    escape_whitespaces: bool,
}

/// What letters become: a trie of byte sequences, and the texts that its leaves point to.
#[derive(Clone, Default)]
struct CharsMap {
    /// Units of a double array (Darts-clone).
    trie: Vec<u32>,
    /// Texts, each ended by a zero.
    texts: Vec<u8>,
}

impl fmt::Debug for CharsMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CharsMap({} units)", self.trie.len())
    }
}

fn charsmap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CharsMap, D::Error> {
    let encoded = String::deserialize(deserializer)?;
    let bytes = STANDARD.decode(encoded).map_err(serde::de::Error::custom)?;
    CharsMap::parse(&bytes).ok_or_else(|| serde::de::Error::custom("not a map of characters"))
}

impl CharsMap {
    /// The trie's length in bytes, the trie, and the texts; nothing at all is the empty map.
    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (trie, texts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (units, left) = trie.as_chunks::<4>();
        if !left.is_empty() || std::str::from_utf8(texts).is_err() {
            return None;
        }
        Some(Self {
            trie: units.iter().map(|&unit| u32::from_le_bytes(unit)).collect(),
            texts: texts.to_vec(),
        })
    }

    /// What the longest beginning of `text` that is in the map becomes, and its length; or the first letter as it
    /// is.
    fn next<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some((at, length)) = self.longest(text.as_bytes())
            && text.is_char_boundary(length)
            && let Some(rest) = self.texts.get(at..)
        {
            let end = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
            if let Ok(becomes) = std::str::from_utf8(&rest[..end]) {
                return (becomes, length);
            }
        }
        let length = text.chars().next().map_or(0, char::len_utf8);
        (&text[..length], length)
    }

    /// Where the text of the longest beginning that is in the trie stands, and how many bytes that beginning has.
    fn longest(&self, text: &[u8]) -> Option<(usize, usize)> {
        let offset = |unit: u32| ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize;
        let mut found = None;
        let mut node = offset(*self.trie.first()?);
        for (i, &byte) in text.iter().enumerate() {
            node ^= usize::from(byte);
            let Some(&unit) = self.trie.get(node) else {
                break;
            };
            // The unit's label: it is none of this byte's.
            if unit & ((1 << 31) | 0xff) != u32::from(byte) {
                break;
            }
            node ^= offset(unit);
            if unit & (1 << 8) != 0
                && let Some(&leaf) = self.trie.get(node)
            {
                found = Some(((leaf & !(1 << 31)) as usize, i + 1));
            }
        }
        found
    }
}

impl SentencePiece {
    /// The text as the model reads it.
    pub fn normalised(&self, mut text: &str) -> String {
        let space = if self.escape_whitespaces { SPACE } else { " " };
        if self.remove_extra_whitespaces {
            while let (" ", length) = self.charsmap.next(text) {
                text = &text[length..];
            }
        }
        if text.is_empty() {
            return String::new();
        }
        let mut normalised = String::with_capacity(text.len() + 3);
        if self.add_dummy_prefix {
            normalised.push_str(space);
        }
        let mut after_space = self.remove_extra_whitespaces;
        while !text.is_empty() {
            let (mut becomes, length) = self.charsmap.next(text);
            text = &text[length..];
            if after_space {
                becomes = becomes.trim_start_matches(' ');
            }
            if !becomes.is_empty() {
                for letter in becomes.chars() {
                    match letter {
                        ' ' => normalised.push_str(space),
                        letter => normalised.push(letter),
                    }
                }
                after_space = self.remove_extra_whitespaces && becomes.ends_with(' ');
            }
        }
        if self.remove_extra_whitespaces {
            let kept = normalised.trim_end_matches(space).len();
            normalised.truncate(kept);
        }
        normalised
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(remove_extra_whitespaces: bool) -> SentencePiece {
        SentencePiece {
            charsmap: CharsMap::default(),
            add_dummy_prefix: true,
            remove_extra_whitespaces,
            escape_whitespaces: true,
        }
    }

    #[test]
    fn spaces_are_joined_and_written_out() {
        assert_eq!(plain(true).normalised("  a  b "), "▁a▁b");
        assert_eq!(plain(false).normalised(" a  b "), "▁▁a▁▁b▁");
        assert_eq!(plain(true).normalised("   "), "");
        assert_eq!(plain(true).normalised(""), "");
    }

    #[test]
    fn a_damaged_map_is_no_map() {
        assert!(CharsMap::parse(&[]).is_some());
        for bytes in [&[1, 0, 0][..], &[9, 0, 0, 0, 1], &[2, 0, 0, 0, 1, 1]] {
            assert!(CharsMap::parse(bytes).is_none(), "{bytes:?}");
        }
        // Offsets that lead nowhere.
        let wild = CharsMap::parse(&[4, 0, 0, 0, 255, 255, 255, 255]).unwrap();
        assert_eq!(wild.next("äb"), ("ä", 2));
    }
}
