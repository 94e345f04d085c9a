//! The files of a checkpoint's tokenizer, of which it may have some only.

use super::files::SmallFiles;
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

/// The files with the most bytes that are read of each.
pub(crate) const FILES: [(&str, u64); 5] = [
    (JSON, 256 << 20),
    (SENTENCE_PIECE, sentencepiece::MAX_BYTES),
    (VOCABULARY, 64 << 20),
    (MERGES, 64 << 20),
    (WORD_PIECES, 64 << 20),
];

/// The files that there are.
#[derive(Debug, Clone, Default)]
pub struct TokenizerFiles {
    json: Option<Vec<u8>>,
    sentence_piece: Option<Vec<u8>>,
    vocabulary: Option<Vec<u8>>,
    merges: Option<Vec<u8>>,
    word_pieces: Option<Vec<u8>>,
    config: Option<Vec<u8>>,
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
            config: file(CONFIG),
        }
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

    /// The words of a WordPiece, and the `tokenizer_config.json` beside them if there is one.
    pub(crate) fn word_pieces(&self) -> Option<(&[u8], Option<&[u8]>)> {
        Some((self.word_pieces.as_deref()?, self.config.as_deref()))
    }
}
