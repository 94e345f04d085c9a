//! Words as JSON: what an index keeps, and what goes with files of vectors.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{MOST_WORDS, Word, find};
use crate::{Code, Error, Result};

const FORMAT: &str = "agff-words";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    model: &'a str,
    words: &'a [Word],
}

#[derive(Deserialize)]
struct Document {
    format: String,
    version: u32,
    model: String,
    words: Vec<Word>,
}

/// Words of an index as JSON. `model` is the fingerprint of what made its vectors.
pub fn words_as_json(words: &[Word], model: &str) -> String {
    let written = Written {
        format: FORMAT,
        version: VERSION,
        model,
        words,
    };
    // Nothing but texts and numbers.
    serde_json::to_string(&written).unwrap_or_default()
}

/// Words from JSON, for an index with vectors of `model`. `shown` is what the JSON is called. Whether their sums fit the
/// index is still to be checked ([`Word::check`]).
///
/// # Errors
/// [`Code::Data`] if they are none, or damaged; [`Code::IndexModel`] if they are another model's.
pub fn read_words(json: &[u8], shown: &str, model: &str) -> Result<Vec<Word>> {
    let bad = |why: String| Error::new(Code::Data, shown, why);
    let document: Document = serde_json::from_slice(json)
        .map_err(|e| bad(format!("has no taught words that can be read: {e}")).with_source(e))?;
    if document.format != FORMAT {
        return Err(bad(format!("its `format` is not {FORMAT:?}")));
    }
    if document.version != VERSION {
        let found = document.version;
        return Err(bad(format!(
            "`version` is {found}; this build reads version {VERSION}. Use a newer build"
        )));
    }
    if document.model != model {
        let why = "has words that were taught with another model; teach them anew with this one";
        return Err(Error::new(Code::IndexModel, shown, why));
    }
    if document.words.len() > MOST_WORDS {
        return Err(bad(format!("has more than {MOST_WORDS} words")));
    }
    let mut seen = HashSet::new();
    match document
        .words
        .iter()
        .find(|word| !seen.insert(find::words(&word.name)))
    {
        Some(twice) => Err(bad(format!("has the word {:?} twice", twice.name))),
        None => Ok(document.words),
    }
}
