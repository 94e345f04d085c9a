//! The files of a checkpoint's tokenizer, of which it may have some only.

use serde_json::{Map, Value};

use super::files::SmallFiles;
use super::section::{Section, object};
use super::sentencepiece;
use crate::{Code, Error, Result};

/// The library's own file.
pub(super) const JSON: &str = "tokenizer.json";

/// SentencePiece's model.
const SENTENCE_PIECE: &str = "spiece.model";

/// The older pair of files of a BPE: ids by token, and the merges in their order.
const VOCABULARY: &str = "vocab.json";
const MERGES: &str = "merges.txt";

/// The words of a WordPiece, a line each.
const WORD_PIECES: &str = "vocab.txt";

/// How they are used, among other things.
const CONFIG: &str = "tokenizer_config.json";

/// Tokens beside those of the vocabulary, by their ids.
const ADDED: &str = "added_tokens.json";

/// Special tokens, in older checkpoints.
const SPECIAL: &str = "special_tokens_map.json";

/// How `sentence-transformers` uses them.
const SENTENCES: &str = "sentence_bert_config.json";

/// The files with the most bytes that are read of each.
pub(crate) const FILES: [(&str, u64); 6] = [
    (JSON, 256 << 20),
    (SENTENCE_PIECE, sentencepiece::MAX_BYTES),
    (VOCABULARY, 64 << 20),
    (MERGES, 64 << 20),
    (WORD_PIECES, 64 << 20),
    (ADDED, 8 << 20),
];

/// The files that there are.
#[derive(Debug, Clone, Default)]
pub struct TokenizerFiles {
    json: Option<Vec<u8>>,
    sentence_piece: Option<Vec<u8>>,
    vocabulary: Option<Vec<u8>>,
    merges: Option<Vec<u8>>,
    word_pieces: Option<Vec<u8>>,
    added: Option<Vec<u8>>,
    /// What else speaks of them, by name.
    settings: Vec<(&'static str, Vec<u8>)>,
}

/// The files that say how a tokenizer is used.
#[derive(Debug)]
pub(crate) struct TokenizerSettings {
    /// By name.
    files: Vec<(&'static str, Map<String, Value>)>,
}

impl TokenizerSettings {
    /// Those of the special tokens, the newer first.
    pub(crate) fn of_tokens(&self) -> impl Iterator<Item = Section<'_>> {
        [CONFIG, SPECIAL]
            .into_iter()
            .filter_map(|name| self.section(name))
    }

    /// The tokenizer's own.
    pub(crate) fn own(&self) -> Option<Section<'_>> {
        self.section(CONFIG)
    }

    /// Whether `sentence-transformers` puts texts into lower case.
    ///
    /// # Errors
    /// [`Code::Config`] if that is neither true nor false.
    pub(crate) fn lowers(&self) -> Result<bool> {
        let lowers = self.section(SENTENCES).map(|s| s.boolean("do_lower_case"));
        Ok(lowers.transpose()?.flatten() == Some(true))
    }

    fn section(&self, name: &'static str) -> Option<Section<'_>> {
        let (_, map) = self.files.iter().find(|(file, _)| *file == name)?;
        Some(Section::root(map, name))
    }
}

impl TokenizerFiles {
    /// Those among a checkpoint's small files.
    pub(crate) fn of(files: &SmallFiles) -> Self {
        let file = |name: &str| files.get(name).map(<[u8]>::to_vec);
        Self {
            json: file(JSON),
            sentence_piece: file(SENTENCE_PIECE),
            vocabulary: file(VOCABULARY),
            merges: file(MERGES),
            word_pieces: file(WORD_PIECES),
            added: file(ADDED),
            settings: [CONFIG, SPECIAL, SENTENCES]
                .into_iter()
                .filter_map(|name| Some((name, file(name)?)))
                .collect(),
        }
    }

    /// What the other files say of the tokenizer.
    ///
    /// # Errors
    /// [`Code::Config`] if one is not JSON.
    pub(crate) fn settings(&self) -> Result<TokenizerSettings> {
        let read = |(name, json): &(&'static str, Vec<u8>)| Ok((*name, object(json, name)?));
        let files = self.settings.iter().map(read).collect::<Result<_>>()?;
        Ok(TokenizerSettings { files })
    }

    /// The `tokenizer.json`.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`].
    pub(crate) fn json(self) -> Result<Vec<u8>> {
        self.json.ok_or_else(|| {
            let why = "is not there, and nothing else that this model's texts can be read with";
            Error::new(Code::PackageFileMissing, JSON, why)
        })
    }

    /// Whether there is a `tokenizer.json`.
    pub(crate) fn has_json(&self) -> bool {
        self.json.is_some()
    }

    /// A `tokenizer.json` made of `spiece.model`, if there is one.
    ///
    /// # Errors
    /// As [`sentencepiece::tokenizer_json`].
    pub(crate) fn sentence_piece(&self) -> Option<Result<Vec<u8>>> {
        let model = self.sentence_piece.as_deref()?;
        Some(sentencepiece::tokenizer_json(model).map_err(|e| e.about(SENTENCE_PIECE)))
    }

    /// Vocabulary and merges of a BPE, if they stand in files of their own.
    pub(crate) fn pair(&self) -> Option<(&[u8], &[u8])> {
        self.vocabulary.as_deref().zip(self.merges.as_deref())
    }

    /// The words of a WordPiece.
    pub(crate) fn word_pieces(&self) -> Option<&[u8]> {
        self.word_pieces.as_deref()
    }

    /// Tokens beside those of the vocabulary, if they stand in a file of their own: what to call it, and its bytes.
    pub(crate) fn added(&self) -> Option<(&'static str, &[u8])> {
        Some((ADDED, self.added.as_deref()?))
    }
}
