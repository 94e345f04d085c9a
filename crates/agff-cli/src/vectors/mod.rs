//! Files of vectors, as `agff embed -o` and `agff index export` write them: JSON lines, or Parquet with the
//! same names. Either can be read back.

mod lines;
mod parquet;

use std::path::Path;

use agff::index::store::Kind;
use agff::{Code, Embedding, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Failure;
use crate::output::{Console, Lines};

const PARQUET: &str = "parquet";

/// What taught words are called in the metadata of a Parquet file.
const WORDS: &str = "agff.words";

/// One input with its vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The photo's path, or the text.
    pub input: String,
    /// The text of a joint input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub kind: Kind,
    /// Names of the views.
    pub views: Vec<String>,
    /// Tokens that the model read.
    pub tokens: u64,
    /// A unit vector for each view.
    pub embeddings: Vec<Vec<f32>>,
    /// Whether the text was cut.
    #[serde(default)]
    pub truncated: bool,
    /// Whether the model was ever trained.
    #[serde(default)]
    pub trained: bool,
    /// The fingerprint of the model's package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How a photo became pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<String>,
    /// The sha256 of the photo's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Row {
    /// The vectors of an embedding.
    pub fn vectors(embedding: &Embedding) -> Vec<Vec<f32>> {
        let views = 0..embedding.views.len();
        views.map(|i| embedding.view(i).to_vec()).collect()
    }

    /// The embedding in it.
    ///
    /// # Errors
    /// [`Code::Data`] if it has not one vector for each view, all of one length.
    pub fn embedding(&self) -> Result<Embedding> {
        let dimensions = self.embeddings.first().map_or(0, Vec::len);
        let whole = !self.views.is_empty()
            && self.embeddings.len() == self.views.len()
            && dimensions > 0
            && self.embeddings.iter().all(|v| v.len() == dimensions);
        if !whole {
            let message = "has not one vector for each view, all of one length";
            return Err(Error::new(Code::Data, self.input.as_str(), message));
        }
        Ok(Embedding {
            views: self.views.clone(),
            dimensions,
            values: self.embeddings.concat(),
            tokens: usize::try_from(self.tokens).unwrap_or(usize::MAX),
            truncated: self.truncated,
        })
    }
}

/// Where rows go: JSON lines to stdout or a file, or a Parquet file. A file appears whole or not at all.
pub enum Writer<'a> {
    Lines(Lines<'a>),
    Parquet(Box<parquet::Writer>),
}

impl<'a> Writer<'a> {
    /// To a file in the format that its name says, or as JSON lines to stdout.
    pub fn to(path: Option<&Path>, console: &'a Console) -> Result<Self, Failure> {
        match path.map(|path| (path, extension(path))) {
            Some((path, Some(PARQUET))) => Self::parquet(path),
            // A device or a pipe has no ending.
            None | Some((_, Some("" | "jsonl" | "ndjson"))) => {
                Ok(Self::Lines(Lines::to(path, console)?))
            }
            Some((path, _)) => {
                let message = "vectors are written as Parquet or JSON lines; let the name end in .parquet or .jsonl";
                Err(Error::new(Code::Input, path.display().to_string(), message).into())
            }
        }
    }

    fn parquet(path: &Path) -> Result<Self, Failure> {
        Ok(Self::Parquet(Box::new(parquet::Writer::create(path)?)))
    }

    pub fn write(&mut self, row: Row) -> Result<(), Failure> {
        match self {
            Self::Lines(lines) => lines.write(&row),
            Self::Parquet(writer) => writer.write(row),
        }
    }

    /// How many taught words go together: a line has limits.
    pub fn words_together(&self) -> usize {
        match self {
            Self::Lines(_) => 200,
            Self::Parquet(_) => usize::MAX,
        }
    }

    /// Adds taught words as JSON, behind the rows.
    pub fn words(&mut self, json: String) -> Result<(), Failure> {
        match self {
            Self::Lines(lines) => {
                let json: Box<RawValue> = RawValue::from_string(json).map_err(|e| {
                    Error::new(Code::Internal, "words", "are no JSON").with_source(e)
                })?;
                lines.write(&json)
            }
            Self::Parquet(writer) => {
                writer.words(json);
                Ok(())
            }
        }
    }

    /// Gives a file its name.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Lines(lines) => lines.finish(),
            Self::Parquet(writer) => writer.finish(),
        }
    }
}

/// What a file has in it.
pub enum Content {
    Row(Box<Row>),
    /// Taught words as JSON.
    Words(Vec<u8>),
}

/// Reads a file row by row and hands each to `each`, with what to call it in errors, and then its taught words.
///
/// # Errors
/// [`Code::Io`]; [`Code::Data`] with file and row for what is no row; what `each` gives.
pub fn read(
    path: &Path,
    mut each: impl FnMut(Content, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match extension(path) == Some(PARQUET) {
        true => parquet::read(path, &mut each),
        false => lines::read(path, &mut each),
    }
}

/// How a file's name ends, if that is a format of vectors (in small letters) or nothing at all.
fn extension(path: &Path) -> Option<&'static str> {
    let ending = path.extension().unwrap_or_default();
    let known = ["", PARQUET, "jsonl", "ndjson"];
    known
        .into_iter()
        .find(|known| ending.eq_ignore_ascii_case(known))
}
