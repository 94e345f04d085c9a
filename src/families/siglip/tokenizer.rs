//! What the family's `tokenizer.json` may lack: texts in lower case, and without punctuation for the older models.
//!
//! `transformers` does both in the tokenizer's class, not in its file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::checkpoint::TokenizerFiles;
use crate::{Code, Error, Result};

/// ASCII punctuation, as Python's `string.punctuation`.
const PUNCTUATION: &str = r"[!-/:-@\[-`{-~]";

/// How SentencePiece writes a space.
const SPACE: &str = "▁";

/// White space as Python's `\s` has it: with the separators of ASCII.
const WHITE_SPACE: &str = r"[\s\x1c-\x1f]+";

/// Makes one file of those that there are. The older models' own is `spiece.model`: a `tokenizer.json` beside it
/// was made of it, and gives other ids for a few letters.
pub(super) fn read(files: TokenizerFiles) -> Result<Vec<u8>> {
    match files.sentence_piece() {
        Some(made) => completed(made?, cleaned_piece),
        None => completed(files.json()?, completed_steps),
    }
}

/// The file with the normaliser that `steps` makes of its own and of the model's type. The rest stays as it is,
/// byte for byte.
fn completed(json: Vec<u8>, steps: impl Fn(Value, &str) -> Option<Vec<Value>>) -> Result<Vec<u8>> {
    let fail = |e: serde_json::Error| {
        let why = format!("is not a tokenizer.json: {e}");
        Error::new(Code::Tokenizer, "tokenizer.json", why).with_source(e)
    };
    let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(&json).map_err(fail)?;
    let own = match fields.get("normalizer") {
        Some(normalizer) => serde_json::from_str(normalizer.get()).map_err(fail)?,
        None => Value::Null,
    };
    let Some(steps) = steps(own, &model_type(&fields).unwrap_or_default()) else {
        return Ok(json);
    };
    let normalizer = json!({"type": "Sequence", "normalizers": steps}).to_string();
    let normalizer = RawValue::from_string(normalizer).map_err(fail)?;
    fields.insert("normalizer", &normalizer);
    serde_json::to_vec(&fields).map_err(fail)
}

/// What is missing of the steps of a `tokenizer.json`: nothing, lower case, or for the older models' all cleaning.
fn completed_steps(own: Value, model_type: &str) -> Option<Vec<Value>> {
    let before = match model_type {
        "Unigram" => cleaning(),
        _ if mentions(&own, "Lowercase") => return None,
        _ => vec![json!({"type": "Lowercase"})],
    };
    let own = Some(own).filter(|own| !own.is_null());
    Some(before.into_iter().chain(own).collect())
}

/// The steps before SentencePiece's own. The space before a text is written out before it is cleaned, so that it
/// stays where the text begins with spaces; SentencePiece puts no other before it.
fn cleaned_piece(mut own: Value, _: &str) -> Option<Vec<Value>> {
    own["add_dummy_prefix"] = false.into();
    let space = [
        json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "}),
        json!({"type": "Prepend", "prepend": SPACE}),
    ];
    Some(space.into_iter().chain(cleaning()).chain([own]).collect())
}

/// The canonical form of texts that the first models were trained with.
fn cleaning() -> Vec<Value> {
    let replace = |pattern: &str, by: &str| json!({"type": "Replace", "pattern": {"Regex": pattern}, "content": by});
    vec![
        json!({"type": "Lowercase"}),
        replace(PUNCTUATION, ""),
        replace(WHITE_SPACE, " "),
        json!({"type": "Strip", "strip_left": true, "strip_right": true}),
    ]
}

fn model_type(fields: &BTreeMap<&str, &RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Model {
        r#type: Option<String>,
    }
    let model: Model = serde_json::from_str(fields.get("model")?.get()).ok()?;
    model.r#type
}

/// Whether a normaliser, or one within it, is of this type.
fn mentions(normalizer: &Value, of_type: &str) -> bool {
    match normalizer {
        Value::Array(list) => list.iter().any(|one| mentions(one, of_type)),
        Value::Object(fields) => {
            fields.get("type").is_some_and(|is| is == of_type)
                || fields
                    .get("normalizers")
                    .is_some_and(|list| mentions(list, of_type))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_added_where_it_is_missing() {
        let own = r#"{"type":"Replace","pattern":{"String":" "},"content":"▁"}"#;
        let file = |normalizer: &str| {
            format!(
                r#"{{"version":"1.0","normalizer":{normalizer},"model":{{"vocab":{{}},"merges":[]}}}}"#
            )
        };
        let added = completed(file(own).into_bytes(), completed_steps).unwrap();
        let added: Value = serde_json::from_slice(&added).unwrap();
        assert_eq!(added["normalizer"]["normalizers"][0]["type"], "Lowercase");
        assert_eq!(added["normalizer"]["normalizers"][1]["type"], "Replace");
        assert_eq!(added["version"], "1.0");
        let there = file(&added["normalizer"].to_string()).into_bytes();
        assert_eq!(completed(there.clone(), completed_steps).unwrap(), there);
        let none = completed(file("null").into_bytes(), completed_steps).unwrap();
        let none: Value = serde_json::from_slice(&none).unwrap();
        assert_eq!(
            none["normalizer"]["normalizers"].as_array().unwrap().len(),
            1
        );
        assert_eq!(
            completed(b"[]".to_vec(), completed_steps)
                .unwrap_err()
                .code(),
            Code::Tokenizer
        );
    }
}
