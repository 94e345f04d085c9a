//! The tokenizer of checkpoints that have it as `vocab.txt` only.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::checkpoint::TokenizerFiles;
use crate::{Code, Error, Result};

/// What stands for an unknown word.
const UNKNOWN: &str = "[UNK]";

/// Tokens that no text is read as.
const SPECIAL: [&str; 5] = ["[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]"];

/// The `tokenizer.json`, or one made of `vocab.txt`.
pub fn read(files: TokenizerFiles) -> Result<Vec<u8>> {
    match files.word_pieces() {
        Some((words, config)) if !files.has_json() => made(words, config),
        _ => files.json(),
    }
}

/// BERT's WordPiece (Devlin et al., arXiv 1810.04805), as `BertTokenizer` of `transformers` builds it.
fn made(words: &[u8], config: Option<&[u8]>) -> Result<Vec<u8>> {
    let wrong = |why: &str| Error::new(Code::Tokenizer, "vocab.txt", why);
    let words = std::str::from_utf8(words).map_err(|_| wrong("is not text"))?;
    let words = words.strip_suffix('\n').unwrap_or(words).split('\n');
    let vocabulary: BTreeMap<&str, usize> = words.zip(0..).collect();
    let added: Vec<Value> = SPECIAL
        .iter()
        .filter_map(|token| {
            let id = vocabulary.get(token)?;
            Some(json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            }))
        })
        .collect();
    if !vocabulary.contains_key(UNKNOWN) {
        return Err(wrong("has no [UNK]"));
    }
    let config: Map<String, Value> = match config {
        None => Map::new(),
        Some(json) => serde_json::from_slice(json).map_err(|e| {
            let why = format!("is not a JSON object: {e}");
            Error::new(Code::Config, "tokenizer_config.json", why).with_source(e)
        })?,
    };
    let said = |field: &str| config.get(field).and_then(Value::as_bool);
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": said("tokenize_chinese_chars").unwrap_or(true),
            "strip_accents": said("strip_accents"),
            "lowercase": said("do_lower_case").unwrap_or(true),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": null,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": UNKNOWN,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    });
    Ok(json.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::text::Tokenizer;

    fn ids(config: &str, text: &str) -> Vec<u32> {
        let words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nA\n红\n##s\ncat\né\n";
        let json = made(words.as_bytes(), Some(config.as_bytes())).unwrap();
        Tokenizer::from_bytes(&json).unwrap().encode(text).unwrap()
    }

    #[test]
    fn words_are_read_as_the_file_beside_them_says() {
        assert_eq!(ids("{}", "A CATS 红a"), [5, 9, 8, 7, 5]);
        assert_eq!(
            ids(r#"{"do_lower_case": false}"#, "A cats é"),
            [6, 9, 8, 10]
        );
        let kept = r#"{"strip_accents": false, "tokenize_chinese_chars": false}"#;
        assert_eq!(ids(kept, "é 红a"), [10, 1]);
    }

    #[test]
    fn a_file_that_is_no_vocabulary_is_named() {
        for (words, says) in [(&b"a\nb"[..], "[UNK]"), (b"\xff", "not text")] {
            let error = made(words, None).unwrap_err();
            assert_eq!(
                (error.code(), error.subject()),
                (Code::Tokenizer, "vocab.txt")
            );
            assert!(error.message().contains(says), "{error}");
        }
    }
}
