//! A tokenizer's normaliser: those of the library, and SentencePiece's own.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use tokenizers::{NormalizedString, Normalizer, NormalizerWrapper};

use super::sentencepiece::SentencePiece;

/// The type of SentencePiece's normaliser in a `tokenizer.json`.
const SENTENCE_PIECE: &str = "SentencePiece";

/// The steps of a normaliser, one after the other.
#[derive(Clone, Debug)]
pub struct Normaliser(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Library(NormalizerWrapper),
    SentencePiece(SentencePiece),
}

impl Normalizer for Normaliser {
    fn normalize(&self, normalized: &mut NormalizedString) -> tokenizers::Result<()> {
        for step in &self.0 {
            match step {
                Step::Library(normalizer) => normalizer.normalize(normalized)?,
                // Where its letters came from is not asked for.
                Step::SentencePiece(own) => *normalized = own.normalised(normalized.get()).into(),
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Normaliser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let is = |value: &Value, of_type: &str| value.get("type").is_some_and(|is| is == of_type);
        let own = |value: &Value| is(value, SENTENCE_PIECE);
        let among = value.get("normalizers").and_then(Value::as_array);
        let steps = match among.is_some_and(|list| list.iter().any(own)) {
            true => value["normalizers"].take(),
            false => Value::Array(vec![value]),
        };
        let step = |value: Value| match own(&value) {
            true => SentencePiece::deserialize(value).map(Step::SentencePiece),
            false => NormalizerWrapper::deserialize(value).map(Step::Library),
        };
        let steps = steps.as_array().into_iter().flatten().cloned().map(step);
        steps
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

// The library asks for it where a tokenizer is written, which is never done.
impl Serialize for Normaliser {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("a normaliser is only read"))
    }
}
