//! The encoder's vocabulary without the tokens that English words of things do without: a ninth of it.

use std::collections::BTreeMap;

use agff::{Code, Error, Result};
use serde_json::Value;

/// A tokenizer's file with a smaller vocabulary, and the old id of each new one.
#[derive(Debug)]
pub struct Vocabulary {
    /// The file, JSON.
    pub tokenizer: Vec<u8>,
    /// In the order of the new ids.
    pub kept: Vec<usize>,
}

impl Vocabulary {
    /// Of a WordPiece tokenizer: without its unused places, letters and marks of other scripts, and numbers of three
    /// digits and more, which fall into shorter ones.
    ///
    /// # Errors
    /// [`Code::Input`] for another kind of tokenizer.
    pub fn english(tokenizer: &[u8]) -> Result<Self> {
        let wrong = |why: &str| Error::new(Code::Input, "tokenizer.json", why);
        let mut file: Value =
            serde_json::from_slice(tokenizer).map_err(|e| wrong("is not JSON").with_source(e))?;
        let vocabulary = file["model"]["vocab"]
            .as_object()
            .ok_or_else(|| wrong("has no vocabulary of words and ids"))?;
        let mut tokens = BTreeMap::new();
        for (token, id) in vocabulary {
            let id = id
                .as_u64()
                .ok_or_else(|| wrong("has an id that is no number"))?;
            if !is_needless(token) {
                tokens.insert(id, token.clone());
            }
        }
        let new = |old: &Value| {
            let place = old
                .as_u64()
                .and_then(|old| tokens.keys().position(|&id| id == old));
            place
                .map(Value::from)
                .ok_or_else(|| wrong("names a special token that it does not have"))
        };
        let vocabulary = tokens.values().enumerate();
        let vocabulary = vocabulary.map(|(id, token)| (token.clone(), Value::from(id)));
        let vocabulary: Value = vocabulary.collect::<serde_json::Map<_, _>>().into();

        let ends = file["post_processor"]["special_tokens"]
            .as_object()
            .cloned();
        let special = file["added_tokens"].as_array_mut().into_iter().flatten();
        for token in special {
            token["id"] = new(&token["id"])?;
        }
        for (name, end) in ends.into_iter().flatten() {
            let ids = end["ids"].as_array().into_iter().flatten();
            let ids: Vec<Value> = ids.map(&new).collect::<Result<_>>()?;
            if let Some(place) = file["post_processor"]["special_tokens"][&name].get_mut("ids") {
                *place = ids.into();
            }
        }
        file["model"]["vocab"] = vocabulary;
        Ok(Self {
            tokenizer: serde_json::to_vec(&file)
                .map_err(|e| wrong("cannot be written again").with_source(e))?,
            kept: tokens.keys().map(|&id| id as usize).collect(),
        })
    }

    /// The rows of a table `[old ids, width]` that are kept.
    ///
    /// # Errors
    /// [`Code::Input`] if it has fewer rows.
    pub fn rows(&self, table: &[f32], width: usize) -> Result<Vec<f32>> {
        let mut rows = Vec::with_capacity(self.kept.len() * width);
        for &id in &self.kept {
            let row = table.get(id * width..(id + 1) * width).ok_or_else(|| {
                Error::new(
                    Code::Input,
                    "tokenizer.json",
                    "has more tokens than the table",
                )
            })?;
            rows.extend_from_slice(row);
        }
        Ok(rows)
    }
}

fn is_needless(token: &str) -> bool {
    let part = token.strip_prefix("##").unwrap_or(token);
    let number = part.len() > 2 && part.bytes().all(|b| b.is_ascii_digit());
    token.starts_with("[unused") || !token.is_ascii() || number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_keeps_its_order_and_special_tokens_their_meaning() {
        let file = br###"{"added_tokens": [{"id": 2, "content": "[CLS]"}],
            "post_processor": {"special_tokens": {"[CLS]": {"ids": [2]}}},
            "model": {"vocab": {"[PAD]": 0, "[unused0]": 1, "[CLS]": 2, "dog": 3, "\u72ac": 4,
                "##s": 5, "1987": 6, "12": 7, "##987": 8}}}"###;
        let made = Vocabulary::english(file).unwrap();
        assert_eq!(made.kept, [0, 2, 3, 5, 7]);
        let file: Value = serde_json::from_slice(&made.tokenizer).unwrap();
        let vocabulary = &file["model"]["vocab"];
        assert_eq!([&vocabulary["dog"], &vocabulary["12"]], [2, 4]);
        assert_eq!(file["added_tokens"][0]["id"], 1);
        assert_eq!(
            file["post_processor"]["special_tokens"]["[CLS]"]["ids"][0],
            1
        );
        let table: Vec<f32> = (0..18).map(|i| i as f32).collect();
        assert_eq!(
            made.rows(&table, 2).unwrap(),
            [0.0, 1.0, 4.0, 5.0, 6.0, 7.0, 10.0, 11.0, 14.0, 15.0]
        );
        assert!(made.rows(&table[..10], 2).is_err());
    }

    #[test]
    fn another_kind_of_tokenizer_is_refused() {
        for file in ["", "{}", r#"{"model": {"vocab": [["a", 0]]}}"#] {
            assert_eq!(
                Vocabulary::english(file.as_bytes()).unwrap_err().code(),
                Code::Input
            );
        }
        let lost = br#"{"added_tokens": [{"id": 9}], "model": {"vocab": {"a": 0}}}"#;
        assert!(Vocabulary::english(lost).is_err());
    }
}
