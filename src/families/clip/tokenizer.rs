//! The tokenizer of checkpoints that have it as `vocab.json` and `merges.txt` only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::checkpoint::TokenizerFiles;
use crate::{Code, Error, Result};

/// How a text falls into words: contractions, letters, single digits, and what is neither.
const WORDS: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// What begins and what ends a text.
const ENDS: [&str; 2] = ["<|startoftext|>", "<|endoftext|>"];

/// The `tokenizer.json`, or one made of the older pair of files.
pub(super) fn read(files: TokenizerFiles) -> Result<Vec<u8>> {
    match files.pair() {
        Some((vocabulary, merges)) if !files.has_json() => made(vocabulary, merges),
        _ => files.json(),
    }
}

/// The byte-level BPE of the family: lower case, words with their end marked.
fn made(vocabulary: &[u8], merges: &[u8]) -> Result<Vec<u8>> {
    let vocabulary: BTreeMap<String, u32> = serde_json::from_slice(vocabulary).map_err(|e| {
        let why = format!("is not a table of tokens: {e}");
        Error::new(Code::Tokenizer, "vocab.json", why).with_source(e)
    })?;
    let wrong = |why: &str| Error::new(Code::Tokenizer, "merges.txt", why);
    let merges = std::str::from_utf8(merges).map_err(|_| wrong("is not text"))?;
    // The first line says the version.
    let lines = merges.lines().filter(|line| !line.starts_with("#version"));
    let merges: Vec<[&str; 2]> = lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (a, b) = line
                .split_once(' ')
                .ok_or_else(|| wrong("has a line that is no pair"))?;
            Ok([a, b])
        })
        .collect::<Result<_>>()?;
    let added: Vec<Value> = ENDS
        .iter()
        .map(|token| {
            let Some(id) = vocabulary.get(*token) else {
                let why = format!("has no {token}");
                return Err(Error::new(Code::Tokenizer, "vocab.json", why));
            };
            Ok(json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            }))
        })
        .collect::<Result<_>>()?;
    let split = json!({"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Removed", "invert": true});
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
            {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, bytes]},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": ENDS[1],
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>",
            "fuse_unk": false,
            "byte_fallback": false,
            "vocab": vocabulary,
            "merges": merges,
        },
    });
    Ok(json.to_string().into_bytes())
}
