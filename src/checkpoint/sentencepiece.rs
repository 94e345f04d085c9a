//! `spiece.model`: a SentencePiece model (its protobuf message `ModelProto`) as a `tokenizer.json`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{Code, Error, Result};

/// Most bytes of a model.
pub const MAX_BYTES: u64 = 64 << 20;

/// `TrainerSpec.model_type` of a unigram model.
const UNIGRAM: u64 = 1;

/// What kind of piece a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Unknown,
    /// A token that no text becomes, such as the end.
    Control,
    /// A token that is matched whole.
    UserDefined,
    Unused,
    Byte,
}

#[derive(Debug)]
struct Piece {
    text: String,
    score: f32,
    kind: Kind,
}

/// The message, as far as it is needed, with its defaults.
#[derive(Debug)]
struct Model {
    pieces: Vec<Piece>,
    model_type: u64,
    byte_fallback: bool,
    whitespace_as_suffix: bool,
    charsmap: Vec<u8>,
    add_dummy_prefix: bool,
    remove_extra_whitespaces: bool,
    escape_whitespaces: bool,
}

/// Makes the `tokenizer.json`.
///
/// # Errors
/// [`Code::Tokenizer`] for what is no such model, or one of a kind that is not built here.
pub fn tokenizer_json(bytes: &[u8]) -> Result<Vec<u8>> {
    let model = Model::parse(bytes).ok_or_else(|| wrong("is not a SentencePiece model"))?;
    if model.model_type != UNIGRAM {
        return Err(wrong("is no unigram model; only those are built here"));
    }
    if model.whitespace_as_suffix {
        return Err(wrong("puts spaces after words, which is not built here"));
    }
    let unknown = model.pieces.iter().position(|p| p.kind == Kind::Unknown);
    let Some(unknown) = unknown else {
        return Err(wrong("has no piece for what it does not know"));
    };
    let vocabulary: Vec<Value> = model.pieces.iter().enumerate().map(entry).collect();
    let added: Vec<Value> = model
        .pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| matches!(piece.kind, Kind::Control | Kind::UserDefined))
        .map(|(id, piece)| {
            json!({
                "id": id, "content": piece.text, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": piece.kind == Kind::Control,
            })
        })
        .collect();
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "SentencePiece",
            "charsmap": STANDARD.encode(&model.charsmap),
            "add_dummy_prefix": model.add_dummy_prefix,
            "remove_extra_whitespaces": model.remove_extra_whitespaces,
            "escape_whitespaces": model.escape_whitespaces,
        },
        "pre_tokenizer": null,
        "post_processor": null,
        "decoder": null,
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": vocabulary,
            "byte_fallback": model.byte_fallback,
        },
    });
    Ok(json.to_string().into_bytes())
}

/// A piece with its score. What no text may become is written so that none does.
fn entry((id, piece): (usize, &Piece)) -> Value {
    match piece.kind {
        Kind::Unused => json!([format!("\u{0}unused {id}"), 0.0]),
        _ => json!([piece.text, piece.score]),
    }
}

fn wrong(why: &str) -> Error {
    Error::new(Code::Tokenizer, "", why)
}

impl Model {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut model = Self {
            pieces: Vec::new(),
            model_type: UNIGRAM,
            byte_fallback: false,
            whitespace_as_suffix: false,
            charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        };
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(piece)) => model.pieces.push(Piece::parse(piece)?),
                (2, Field::Bytes(trainer)) => model.read_trainer(trainer)?,
                (3, Field::Bytes(normaliser)) => model.read_normaliser(normaliser)?,
                _ => {}
            }
        }
        (!model.pieces.is_empty()).then_some(model)
    }

    fn read_trainer(&mut self, bytes: &[u8]) -> Option<()> {
        for field in Fields(bytes) {
            match field? {
                (3, Field::Number(kind)) => self.model_type = kind,
                (24, Field::Number(suffix)) => self.whitespace_as_suffix = suffix != 0,
                (35, Field::Number(fallback)) => self.byte_fallback = fallback != 0,
                _ => {}
            }
        }
        Some(())
    }

    fn read_normaliser(&mut self, bytes: &[u8]) -> Option<()> {
        for field in Fields(bytes) {
            match field? {
                (2, Field::Bytes(charsmap)) => self.charsmap = charsmap.to_vec(),
                (3, Field::Number(on)) => self.add_dummy_prefix = on != 0,
                (4, Field::Number(on)) => self.remove_extra_whitespaces = on != 0,
                (5, Field::Number(on)) => self.escape_whitespaces = on != 0,
                _ => {}
            }
        }
        Some(())
    }
}

impl Piece {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut piece = Self {
            text: String::new(),
            score: 0.0,
            kind: Kind::Normal,
        };
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(text)) => piece.text = String::from_utf8(text.to_vec()).ok()?,
                (2, Field::Word(bits)) => piece.score = f32::from_bits(bits),
                (3, Field::Number(kind)) => {
                    piece.kind = match kind {
                        1 => Kind::Normal,
                        2 => Kind::Unknown,
                        3 => Kind::Control,
                        4 => Kind::UserDefined,
                        5 => Kind::Unused,
                        6 => Kind::Byte,
                        _ => return None,
                    }
                }
                _ => {}
            }
        }
        piece.score.is_finite().then_some(piece)
    }
}

/// A field's value on the wire.
#[derive(Debug, Clone, Copy)]
enum Field<'a> {
    Number(u64),
    Word(u32),
    Bytes(&'a [u8]),
    /// A 64-bit word, which none of the fields above has.
    Other,
}

/// The fields of a protobuf message with their numbers; `None` once where the bytes are none.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Field::Number(self.number()?),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Word(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, value))
    }

    /// A number in groups of seven bits, the least first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for group in 0..10 {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_and_what_is_none_is_refused() {
        // A piece "<unk>" of kind 2, and one "a" with the score −1.5.
        let unknown = [10, 9, 10, 5, b'<', b'u', b'n', b'k', b'>', 24, 2];
        let a = [10, 8, 10, 1, b'a', 21, 0, 0, 0xc0, 0xbf];
        let model = [&unknown[..], &a[..]].concat();
        let json: Value = serde_json::from_slice(&tokenizer_json(&model).unwrap()).unwrap();
        assert_eq!(json["model"]["vocab"][1], json!(["a", -1.5]));
        assert_eq!(json["model"]["unk_id"], 0);
        for cut in 1..model.len() {
            if let Ok(json) = tokenizer_json(&model[..cut]) {
                assert_eq!(cut, unknown.len(), "{json:?}");
            }
        }
        let no_unknown = tokenizer_json(&a).unwrap_err();
        assert!(no_unknown.message().contains("does not know"));
        assert_eq!(
            tokenizer_json(&[255; 40]).unwrap_err().code(),
            Code::Tokenizer
        );
    }
}
