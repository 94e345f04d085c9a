//! The tokenizer of checkpoints that have it as `vocab.txt` only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::checkpoint::{Section, TokenizerFiles, TokenizerSettings};
use crate::{Code, Error, Result};

/// The fields that name special tokens, and what they are if nothing is said.
const SPECIAL: [(&str, &str); 5] = [
    ("pad_token", "[PAD]"),
    ("unk_token", "[UNK]"),
    ("cls_token", "[CLS]"),
    ("sep_token", "[SEP]"),
    ("mask_token", "[MASK]"),
];

/// The `tokenizer.json`, or one made of `vocab.txt`.
pub fn read(files: TokenizerFiles) -> Result<Vec<u8>> {
    let settings = files.settings()?;
    let json = match files.word_pieces() {
        Some(words) if !files.has_json() => {
            if let Some((file, added)) = files.added() {
                no_more(file, added)?;
            }
            made(words, &settings)?
        }
        _ => files.json()?,
    };
    match settings.lowers()? {
        true => lowered(json),
        false => Ok(json),
    }
}

/// Refuses tokens beside the vocabulary.
fn no_more(file: &str, added: &[u8]) -> Result<()> {
    match serde_json::from_slice::<Value>(added) {
        Ok(Value::Object(tokens)) if tokens.is_empty() => Ok(()),
        _ => {
            let why = "adds tokens to vocab.txt, which is not built here; save the tokenizer as tokenizer.json";
            Err(Error::new(Code::Tokenizer, file, why))
        }
    }
}

/// The same tokenizer, for texts that are put into lower case before anything else.
fn lowered(json: Vec<u8>) -> Result<Vec<u8>> {
    let mut tokenizer: Value = serde_json::from_slice(&json).map_err(|e| {
        let why = format!("is not JSON: {e}");
        Error::new(Code::Tokenizer, "tokenizer.json", why).with_source(e)
    })?;
    let own = tokenizer["normalizer"].take();
    if own["type"] == "BertNormalizer" && own["lowercase"] == true {
        return Ok(json);
    }
    let mut steps = vec![json!({"type": "Lowercase"})];
    steps.extend(Some(own).filter(|own| !own.is_null()));
    tokenizer["normalizer"] = json!({"type": "Sequence", "normalizers": steps});
    Ok(tokenizer.to_string().into_bytes())
}

/// BERT's WordPiece (Devlin et al., arXiv 1810.04805), as `BertTokenizer` of `transformers` builds it.
fn made(words: &[u8], settings: &TokenizerSettings) -> Result<Vec<u8>> {
    let wrong = |why: String| Error::new(Code::Tokenizer, "vocab.txt", why);
    let words = std::str::from_utf8(words).map_err(|_| wrong("is not text".into()))?;
    let words = words.trim_end_matches(['\r', '\n']).split('\n');
    let words = words.map(|word| word.strip_suffix('\r').unwrap_or(word));
    let vocabulary: BTreeMap<&str, usize> = words.zip(0..).collect();
    let mut special = Vec::new();
    for (field, usual) in SPECIAL {
        let said = settings.of_tokens().map(|s| s.token(field));
        let said = said.collect::<Result<Vec<_>>>()?;
        special.push(
            said.into_iter()
                .flatten()
                .next()
                .unwrap_or(usual)
                .to_owned(),
        );
    }
    let unknown = &special[1];
    if !vocabulary.contains_key(unknown.as_str()) {
        return Err(wrong(format!(
            "has no {unknown}, which stands for unknown words"
        )));
    }
    for s in settings.of_tokens() {
        check_added(&s, &vocabulary, &special)?;
    }
    let own = settings.own();
    let said = |field: &str| match &own {
        Some(own) => own.boolean(field),
        None => Ok(None),
    };
    let added: Vec<Value> = special
        .iter()
        .filter_map(|token| {
            let id = vocabulary.get(token.as_str())?;
            Some(json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            }))
        })
        .collect();
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": said("tokenize_chinese_chars")?.unwrap_or(true),
            "strip_accents": said("strip_accents")?,
            "lowercase": said("do_lower_case")?.unwrap_or(true),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": null,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    });
    Ok(json.to_string().into_bytes())
}

/// Refuses tokens beside the special ones, and special ones that have other ids than in the vocabulary.
fn check_added(
    s: &Section<'_>,
    vocabulary: &BTreeMap<&str, usize>,
    special: &[String],
) -> Result<()> {
    let known = |token: &str| special.iter().any(|special| special == token);
    let why =
        "tokens beside those of vocab.txt are not built here; save the tokenizer as tokenizer.json";
    for field in ["additional_special_tokens", "extra_special_tokens"] {
        let tokens: Vec<&Value> = match s.value(field) {
            None => Vec::new(),
            Some(Value::Array(tokens)) => tokens.iter().collect(),
            Some(Value::Object(tokens)) => tokens.values().collect(),
            Some(_) => return s.refuse(field, why),
        };
        let content = |token: &Value| {
            let content = token.get("content").unwrap_or(token);
            content.as_str().is_some_and(known)
        };
        if !tokens.into_iter().all(content) {
            return s.refuse(field, why);
        }
    }
    let decoder = s.section("added_tokens_decoder")?;
    for id in decoder.names() {
        let content = decoder.token(id)?.unwrap_or_default();
        let same = vocabulary.get(content).map(usize::to_string);
        if !known(content) || same.as_deref() != Some(id) {
            return Err(s.wrong("added_tokens_decoder", &format!("has {content:?}: {why}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::SmallFiles;
    use crate::input::text::Tokenizer;

    const WORDS: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nA\n红\n##s\ncat\né\n<s>\n";

    fn of(files: &[(&str, &str)]) -> Result<Vec<u8>> {
        let mut small = SmallFiles::new("");
        for (name, text) in files {
            small.insert(name, text.as_bytes().to_vec()).unwrap();
        }
        read(TokenizerFiles::of(&small))
    }

    fn ids_of(files: &[(&str, &str)], text: &str) -> Vec<u32> {
        let json = of(files).unwrap();
        Tokenizer::from_bytes(&json).unwrap().encode(text).unwrap()
    }

    fn ids(config: &str, text: &str) -> Vec<u32> {
        ids_of(
            &[("vocab.txt", WORDS), ("tokenizer_config.json", config)],
            text,
        )
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
        let other = r#"{"unk_token": {"content": "[MASK]"}, "cls_token": "<s>"}"#;
        assert_eq!(ids(other, "<s>a dog"), [11, 5, 4]);
        assert_eq!(
            ids_of(&[("vocab.txt", &WORDS.replace('\n', "\r\n"))], "cats"),
            [9, 8]
        );
        assert_eq!(
            ids_of(&[("vocab.txt", &format!("{WORDS}\n\n"))], "cats"),
            [9, 8]
        );
    }

    #[test]
    fn texts_are_put_into_lower_case_where_that_is_asked_for() {
        let cased = of(&[
            ("vocab.txt", WORDS),
            ("tokenizer_config.json", r#"{"do_lower_case": false}"#),
        ])
        .unwrap();
        let cased = String::from_utf8(cased).unwrap();
        let lower = ("sentence_bert_config.json", r#"{"do_lower_case": true}"#);
        assert_eq!(ids_of(&[("tokenizer.json", &cased)], "A CAT"), [6, 1]);
        assert_eq!(
            ids_of(&[("tokenizer.json", &cased), lower], "A CAT"),
            [5, 9]
        );
    }

    #[test]
    fn what_is_no_vocabulary_or_has_more_than_one_is_named() {
        let config = "tokenizer_config.json";
        for (file, text, says) in [
            ("vocab.txt", "a\nb", "[UNK]"),
            (config, r#"{"unk_token": "b"}"#, "has no b"),
            (config, r#"{"do_lower_case": "false"}"#, "do_lower_case"),
            (
                config,
                r#"{"additional_special_tokens": ["cat"]}"#,
                "additional_special_tokens",
            ),
            (
                config,
                r#"{"added_tokens_decoder": {"9": {"content": "[CLS]"}}}"#,
                "added_tokens_decoder",
            ),
            ("added_tokens.json", r#"{"dog": 12}"#, "adds tokens"),
        ] {
            let mut files = vec![("vocab.txt", WORDS)];
            files.push((file, text));
            let error = of(&files).unwrap_err();
            assert!(error.to_string().contains(says), "{file}: {error}");
        }
        let same = r#"{"added_tokens_decoder": {"2": {"content": "[CLS]"}}}"#;
        assert_eq!(ids(same, "a"), [5]);
    }
}
