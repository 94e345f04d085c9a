//! The taught words of an index in a folder (`words.json`): written anew as a whole, whenever one changes.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::Store;
use crate::index::words::{MOST_WORDS, Word, read_words, words_as_json};
use crate::{Code, Error, Result};

const FILE: &str = "words.json";
const PART: &str = ".words.json.part";

/// Most bytes of the file.
const MOST_BYTES: u64 = 256 << 20;

/// What is in the file.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: Vec<Word>,
    /// Why it cannot be used, if it is damaged: then it is left as it is.
    damage: Option<Error>,
}

impl Words {
    /// Those of the index in a folder.
    pub fn read(folder: &Path, model: &str, dimensions: usize) -> Self {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let read = || -> Result<Vec<Word>> {
            let file = match fs::File::open(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                other => other.map_err(|e| Error::io(&path, e))?,
            };
            let mut json = Vec::new();
            let limited = file.take(MOST_BYTES).read_to_end(&mut json);
            limited.map_err(|e| Error::io(&path, e))?;
            read_words(&json, &shown, model, dimensions)
        };
        match read() {
            Ok(words) => Self {
                words,
                damage: None,
            },
            Err(damage) => Self {
                words: Vec::new(),
                damage: Some(damage),
            },
        }
    }
}

impl Store {
    /// The taught words, in the order in which they came.
    pub fn words(&self) -> &[Word] {
        &self.words.words
    }

    /// A word by its name; small and capital letters are the same.
    pub fn word(&self, name: &str) -> Option<&Word> {
        self.words().iter().find(|word| word.is_called(name))
    }

    /// Why the words that there were cannot be used, if they are damaged.
    pub fn words_damage(&self) -> Option<&Error> {
        self.words.damage.as_ref()
    }

    /// Teaches a word by photos that show it, and gives how many of these are new to it.
    ///
    /// # Errors
    /// [`Code::Input`] for a name that is none, no record, or a record that is not there; [`Code::Data`] if the words
    /// that there were are damaged; [`Code::Io`].
    pub fn teach(&mut self, name: &str, ids: &[impl AsRef<str>]) -> Result<usize> {
        let mut words = self.words().to_vec();
        let at = match words.iter().position(|word| word.is_called(name)) {
            Some(at) => at,
            None if words.len() >= MOST_WORDS => {
                let why = format!("the index has {MOST_WORDS} words already; forget one first");
                return Err(Error::new(Code::Input, name, why));
            }
            None => {
                words.push(Word::new(name)?);
                words.len() - 1
            }
        };
        self.with_vectors(words, at, ids, Word::teach)
    }

    /// Says of photos that they do not show a word, and gives of how many that is new.
    ///
    /// # Errors
    /// As [`teach`](Self::teach); [`Code::Input`] also if there is no such word.
    pub fn correct(&mut self, name: &str, ids: &[impl AsRef<str>]) -> Result<usize> {
        let words = self.words().to_vec();
        let Some(at) = words.iter().position(|word| word.is_called(name)) else {
            let why = "is no word that was taught; `agff index words` lists them";
            return Err(Error::new(Code::Input, name, why));
        };
        self.with_vectors(words, at, ids, Word::correct)
    }

    fn with_vectors(
        &mut self,
        mut words: Vec<Word>,
        at: usize,
        ids: &[impl AsRef<str>],
        change: fn(&mut Word, &str, &[f32]) -> bool,
    ) -> Result<usize> {
        if ids.is_empty() {
            let why = "no photo was named; say which ones are meant";
            return Err(Error::new(Code::Input, "photos", why));
        }
        let mut new = 0;
        for id in ids {
            let id = id.as_ref();
            let embedding = self.index.get(id).ok_or_else(|| {
                Error::new(
                    Code::Input,
                    id,
                    "is no record of the index; add the photo first",
                )
            })?;
            new += usize::from(change(&mut words[at], id, embedding.view(0)));
        }
        self.write_words(words).map(|()| new)
    }

    /// Forgets a word, and gives whether it was there.
    ///
    /// # Errors
    /// [`Code::Data`] if the words that there were are damaged; [`Code::Io`].
    pub fn forget_word(&mut self, name: &str) -> Result<bool> {
        let mut words = self.words().to_vec();
        let before = words.len();
        words.retain(|word| !word.is_called(name));
        if words.len() == before {
            return Ok(false);
        }
        self.write_words(words).map(|()| true)
    }

    /// Takes words from elsewhere that were taught with the same model, and gives how many. One that is there stays as
    /// it is.
    ///
    /// # Errors
    /// [`Code::Data`] if one does not fit, or the words that there were are damaged; [`Code::Io`].
    pub fn take_words(&mut self, more: Vec<Word>) -> Result<usize> {
        let mut words = self.words().to_vec();
        let before = words.len();
        for word in more {
            word.check(self.origin.dimensions)?;
            if !words.iter().any(|known| known.is_called(&word.name)) {
                words.push(word);
            }
        }
        let new = words.len() - before;
        match new {
            0 => Ok(0),
            _ => self.write_words(words).map(|()| new),
        }
    }

    /// The words as JSON, to go with a file of vectors; `None` if there are none.
    pub fn words_as_json(&self) -> Option<String> {
        let words = self.words();
        (!words.is_empty()).then(|| words_as_json(words, &self.origin.fingerprint))
    }

    /// Writes the file; it appears whole.
    fn write_words(&mut self, words: Vec<Word>) -> Result<()> {
        if let Some(damage) = &self.words.damage {
            let why = format!("{}; move the file away to teach anew", damage.message());
            return Err(Error::new(damage.code(), damage.subject(), why));
        }
        if self.writer.is_none() {
            let message = "the index was opened for reading only";
            return Err(Error::new(Code::Internal, "index", message));
        }
        let (path, part) = (self.folder.join(FILE), self.folder.join(PART));
        let json = words_as_json(&words, &self.origin.fingerprint);
        let written = fs::write(&part, json).and_then(|()| fs::rename(&part, &path));
        written.map_err(|e| {
            // A full disk, say; the words from before stay.
            let _ = fs::remove_file(&part);
            Error::io(&path, e)
        })?;
        self.words.words = words;
        Ok(())
    }
}
