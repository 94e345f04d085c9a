//! Words that are taught by photos: "Jackson", told by three of them, is found in the others.
//!
//! ```text
//! photos ─ global vectors ─ their sum ────────────── Word ─┐
//! all photos ─ mean, covariance ─────────────── Background ─┴─ Taught: a vector that searches, and how sure it is
//! ```
//!
//! A word keeps a sum of vectors and the ids of its photos, nothing of the photos themselves. What it searches by is
//! made anew for each search, since it depends on what else is in the index.

mod background;
mod file;
mod find;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{Code, Error, Result};

pub use background::{Background, Taught};
pub use file::{read_words, words_as_json};
pub use find::{Named, named_in};

/// The name of a taught word's one view: it is compared with the global views of photos alone.
pub const TAUGHT: &str = "taught";

/// Most characters of a word.
pub const LONGEST_WORD: usize = 100;

/// Most words of an index.
pub const MOST_WORDS: usize = 10_000;

/// Some photos: what a word keeps of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// The ids of their records.
    pub ids: Vec<String>,
    /// The sum of their global vectors, `[dimensions]`; empty if there are none.
    pub sum: Vec<f32>,
}

/// A word with the photos that it was taught by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// The word, or a few, as it was written.
    pub name: String,
    /// Photos that show it.
    pub like: Examples,
    /// Photos that do not, though they may look so.
    #[serde(default)]
    pub unlike: Examples,
}

impl Examples {
    /// Adds a photo, unless it is there; gives whether it was not.
    fn add(&mut self, id: &str, vector: &[f32]) -> bool {
        if self.ids.iter().any(|known| known == id) {
            return false;
        }
        self.sum.resize(vector.len(), 0.0);
        self.sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x);
        self.ids.push(id.to_owned());
        true
    }

    /// Takes a photo out, if it is there.
    fn take(&mut self, id: &str, vector: &[f32]) {
        let Some(at) = self.ids.iter().position(|known| known == id) else {
            return;
        };
        self.ids.remove(at);
        self.sum.iter_mut().zip(vector).for_each(|(s, x)| *s -= x);
        if self.ids.is_empty() {
            self.sum.clear();
        }
    }

    fn check(&self, dimensions: usize) -> bool {
        let whole = match self.ids.is_empty() {
            true => self.sum.is_empty(),
            false => self.sum.len() == dimensions,
        };
        // A sum of unit vectors is not longer than their number; a NaN is refused, too.
        let square: f64 = self.sum.iter().map(|&x| f64::from(x).powi(2)).sum();
        let mut seen = HashSet::new();
        whole
            && square.sqrt() <= 1.01 * self.ids.len() as f64
            && self.ids.iter().all(|id| seen.insert(id))
    }
}

impl Word {
    /// A word of which nothing is known yet.
    ///
    /// # Errors
    /// [`Code::Input`] if it is empty or longer than [`LONGEST_WORD`].
    pub fn new(name: &str) -> Result<Self> {
        let name = tidy(name);
        let fail = |why: String| Err(Error::new(Code::Input, "word", why));
        match name.chars().count() {
            0 => fail("is empty; say what the photos are to be called".into()),
            n if n > LONGEST_WORD => fail(format!(
                "has {n} characters; {LONGEST_WORD} is the most. Use a word or two"
            )),
            // Where nothing is but what stands between words, nothing could be found.
            _ if find::words(&name).is_empty() => fail("has no letter and no digit".into()),
            _ => Ok(Self {
                name,
                like: Examples::default(),
                unlike: Examples::default(),
            }),
        }
    }

    /// Whether this is what people mean by `name`: small and capital letters are the same, and so are spaces.
    pub fn is_called(&self, name: &str) -> bool {
        find::words(&self.name) == find::words(name)
    }

    /// Takes a photo that shows it, with its global vector. Gives whether that is new.
    pub fn teach(&mut self, id: &str, vector: &[f32]) -> bool {
        self.unlike.take(id, vector);
        self.like.add(id, vector)
    }

    /// Takes a photo that does not show it. Gives whether that is new.
    pub fn correct(&mut self, id: &str, vector: &[f32]) -> bool {
        self.like.take(id, vector);
        self.unlike.add(id, vector)
    }

    /// Checks a word that was read, for an index of so many dimensions.
    ///
    /// # Errors
    /// [`Code::Data`].
    pub fn check(&self, dimensions: usize) -> Result<()> {
        let fail = |why: &str| Err(Error::new(Code::Data, self.name.as_str(), why));
        if Word::new(&self.name).is_err() {
            return fail("is no word");
        }
        if !self.like.check(dimensions) || !self.unlike.check(dimensions) {
            return fail(
                "has sums of another size than the index's vectors, or none of unit vectors",
            );
        }
        match self.like.ids.iter().any(|id| self.unlike.ids.contains(id)) {
            true => fail("has a photo that shows it and does not show it"),
            false => Ok(()),
        }
    }
}

/// Without spaces around, and with one between words.
fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
