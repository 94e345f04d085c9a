//! The taught words of an index in a folder (`words.json`): written anew as a whole, whenever one changes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Store, write_whole};
use crate::index::words::{MOST_WORDS, Word, read_words, words_as_json};
use crate::{Code, Error, Result};

const FILE: &str = "words.json";

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
            if !path.exists() {
                return Ok(Vec::new());
            }
            if !path.is_file() {
                return Err(Error::new(Code::Data, shown.as_str(), "is no file"));
            }
            let file = File::open(&path).map_err(|e| Error::io(&path, e))?;
            let mut json = Vec::new();
            let limited = file.take(MOST_BYTES).read_to_end(&mut json);
            limited.map_err(|e| Error::io(&path, e))?;
            let words = read_words(&json, &shown, model)?;
            for word in &words {
                word.check(dimensions).map_err(|e| {
                    let why = format!("the word {:?} {}", word.name, e.message());
                    Error::new(Code::Data, shown.as_str(), why).with_source(e)
                })?;
            }
            Ok(words)
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
        self.check_words()?;
        let mut words = self.words().to_vec();
        let before = words.len();
        words.retain(|word| !word.is_called(name));
        if words.len() == before {
            return Ok(false);
        }
        self.write_words(words).map(|()| true)
    }

    /// Takes words from elsewhere that were taught with the same model, and gives how many. One that is there stays as
    /// it is; one whose sums do not fit, as vectors here are cut, is made anew if all its photos are here.
    ///
    /// # Errors
    /// [`Code::Data`] if one does not fit, there would be too many, or the words that there were are damaged;
    /// [`Code::Io`]. Nothing is taken then.
    pub fn take_words(&mut self, more: Vec<Word>) -> Result<usize> {
        let mut words = self.words().to_vec();
        let before = words.len();
        for word in more {
            if words.iter().any(|known| known.is_called(&word.name)) {
                continue;
            }
            let word = match word.check(self.origin.dimensions) {
                Ok(()) => word,
                Err(e) => self.made_anew(&word).ok_or(e)?,
            };
            words.push(word);
        }
        if words.len() > MOST_WORDS {
            let why = format!(
                "would make it {} words; {MOST_WORDS} is the most",
                words.len()
            );
            return Err(Error::new(Code::Data, "words", why));
        }
        let new = words.len() - before;
        match new {
            0 => Ok(0),
            _ => self.write_words(words).map(|()| new),
        }
    }

    /// A word by its photos here; `None` if one of them is not.
    fn made_anew(&self, word: &Word) -> Option<Word> {
        let mut anew = Word::new(&word.name).ok()?;
        for id in &word.like.ids {
            anew.teach(id, self.index.get(id)?.view(0));
        }
        for id in &word.unlike.ids {
            anew.correct(id, self.index.get(id)?.view(0));
        }
        Some(anew)
    }

    /// # Errors
    /// Why the words that there were cannot be used.
    fn check_words(&self) -> Result<()> {
        match &self.words.damage {
            None => Ok(()),
            Some(damage) if damage.code() == Code::Io => {
                Err(Error::new(Code::Io, damage.subject(), damage.message()))
            }
            Some(damage) => {
                let why = format!("{}; move the file away to teach anew", damage.message());
                Err(Error::new(damage.code(), damage.subject(), why))
            }
        }
    }

    /// The words as JSON, to go with a file of vectors, `together` of them in each text.
    pub fn words_as_json(&self, together: usize) -> Vec<String> {
        let parts = self.words().chunks(together.max(1));
        parts
            .map(|words| words_as_json(words, &self.origin.fingerprint))
            .collect()
    }

    /// Writes the file; it appears whole.
    fn write_words(&mut self, words: Vec<Word>) -> Result<()> {
        self.check_words()?;
        if self.writer.is_none() {
            let message = "the index was opened for reading only";
            return Err(Error::new(Code::Internal, "index", message));
        }
        let json = words_as_json(&words, &self.origin.fingerprint);
        if json.len() as u64 >= MOST_BYTES {
            let path = self.folder.join(FILE).display().to_string();
            let why = "has no room for so many words; forget some first";
            return Err(Error::new(Code::Input, path, why));
        }
        write_whole(&self.folder, FILE, json.as_bytes())?;
        self.words.words = words;
        Ok(())
    }
}
