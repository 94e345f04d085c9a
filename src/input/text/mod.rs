//! Text to token ids.

mod normaliser;
mod sentencepiece;

use std::collections::HashSet;

use tokenizers::{
    DecoderWrapper, ModelWrapper, PostProcessorWrapper, PreTokenizerWrapper, TokenizerImpl,
};

use normaliser::Normaliser;

use crate::{Code, Error, Result};

/// The library's tokenizer, with a normaliser that knows one more kind.
type Inner = TokenizerImpl<
    ModelWrapper,
    Normaliser,
    PreTokenizerWrapper,
    PostProcessorWrapper,
    DecoderWrapper,
>;

/// A package's tokenizer.
pub struct Tokenizer {
    inner: Inner,
    special: HashSet<u32>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. Padding and truncation that it may ask for are switched off: an
    /// input is cut by the family's [`Layout`](crate::families::Layout), which says so.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] if it is not a tokenizer.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut inner = Inner::from_bytes(bytes).map_err(|source| {
            Error::new(
                Code::Tokenizer,
                "tokenizer.json",
                format!("is not a tokenizer that can be read ({source}); take the one that came with the model"),
            )
        })?;
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|source| failed(source.as_ref()))?;
        let special = inner
            .get_added_tokens_decoder()
            .into_iter()
            .filter(|(_, token)| token.special)
            .map(|(id, _)| id)
            .collect();
        Ok(Self { inner, special })
    }

    /// The ids of `text` and nothing else: special tokens written out in it count as such, none
    /// are added at its ends.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] if the tokenizer cannot encode it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| failed(e.as_ref()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The id of a token that must exist.
    ///
    /// # Errors
    /// [`Code::Tokenizer`], naming the token.
    pub fn id(&self, token: &str) -> Result<u32> {
        self.inner.token_to_id(token).ok_or_else(|| {
            Error::new(
                Code::Tokenizer,
                "tokenizer.json",
                format!("has no token {token}, which the package's prompts need"),
            )
        })
    }

    /// Whether a token is special: never cut from a text that is too long.
    pub fn is_special(&self, id: u32) -> bool {
        self.special.contains(&id)
    }

    /// One more than the largest id.
    pub fn size(&self) -> usize {
        self.inner
            .get_vocab(true)
            .into_values()
            .max()
            .map_or(0, |id| id as usize + 1)
    }
}

fn failed(source: &(dyn std::error::Error + Send + Sync)) -> Error {
    Error::new(
        Code::Tokenizer,
        "tokenizer.json",
        format!("cannot encode this text: {source}"),
    )
}
