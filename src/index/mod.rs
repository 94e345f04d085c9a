//! Stored embeddings and exact search among them, in memory.
//!
//! ```text
//! embedding ─ rows: int8 codes, a scale for each view, an error bound (and f32) ─┐
//! query ──────────────────────────────────────────────── dots ─ fuse: S_8 ± ε ──┴─ search: f32, top k
//! ```
//!
//! [`words`] are taught by photos of the index, and searched by like any other query.
//!
//! A search reads every record once as integers, which bounds its score, and computes in f32 what
//! may be among the best: so the hits *equal* those of computing every score in f32. Nothing here reads
//! or writes files, and all of it is in the browser engines; `store` keeps an index in a folder.
//!
//! ```
//! use agff::index::{Index, Precision, SearchOptions, Term};
//! # use agff::{Fusion, Reduction};
//! # let embedding = |x: f32, y: f32| agff::Embedding {
//! #     views: vec!["global".into()], dimensions: 2, values: vec![x, y], tokens: 1, truncated: false,
//! # };
//! # let (mug, sea, query, people) =
//! #     (embedding(1.0, 0.0), embedding(0.0, 1.0), embedding(0.6, 0.8), embedding(0.8, -0.6));
//! # let fusion = Fusion { temperature: 0.05, reduction: Reduction::LogSumExp };
//! let mut index = Index::new(mug.views.clone(), mug.dimensions, fusion, Precision::F32)?;
//! index.add("mug.jpg", &mug)?;
//! index.add("sea.jpg", &sea)?;
//! let terms = [
//!     Term { embedding: &query, weight: 1.0 },
//!     Term { embedding: &people, weight: -0.5 },
//! ];
//! let found = index.search(&terms, &SearchOptions { limit: 1, min_score: None })?;
//! assert_eq!(found.hits[0].id, "sea.jpg");
//! # Ok::<(), agff::Error>(())
//! ```

mod dots;
mod fuse;
mod pairs;
mod rows;
mod search;
#[cfg(not(target_family = "wasm"))]
pub mod store;
#[cfg(test)]
mod testing;
pub mod words;

use std::borrow::Cow;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::Fusion;
use crate::tensors::hex;
use crate::{Code, Embedding, Error, Result, embedding};
use rows::Rows;

pub use pairs::{Alike, NearDuplicates, Pair, PairOptions};
pub use search::{Candidate, Found, Hit, SearchOptions, Term};

/// How far a vector's length may be from one.
const UNIT_TOLERANCE: f64 = 0.01;

/// More than the longest vector: its length, and what rounds in computing that.
const LONGEST: f32 = 1.011;

/// How vectors are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Precision {
    /// As they came, and as integers for the scan: five bytes for each value.
    #[default]
    F32,
    /// As integers only: one byte for each value. Scores are exact for the vectors that these integers
    /// stand for; [`Hit::error`] bounds how far they are from those of the original vectors.
    Int8,
}

/// Records by id, each with the vectors of an [`Embedding`], in the order in which they came.
#[derive(Debug, Clone)]
pub struct Index {
    views: Vec<String>,
    fusion: Fusion,
    rows: Rows,
    by_id: HashMap<String, usize>,
    /// Of every row: its id, and its place in the order of insertion.
    ids: Vec<String>,
    order: Vec<u64>,
    next: u64,
}

impl Index {
    /// An empty index of vectors of `dimensions` values for each of the `views`.
    ///
    /// # Errors
    /// [`Code::Embedding`] if there is no view or no dimension, or the temperature is not positive.
    pub fn new(
        views: Vec<String>,
        dimensions: usize,
        fusion: Fusion,
        precision: Precision,
    ) -> Result<Self> {
        let fail = |why: &str| Err(Error::new(Code::Embedding, "index", why));
        if views.is_empty() || dimensions == 0 || dimensions > MAX_DIMENSIONS {
            return fail("needs at least one view, and 1 to 65536 dimensions");
        }
        if !(fusion.temperature > 0.0 && fusion.temperature.is_finite()) {
            return fail("the fusion's temperature must be a number above 0");
        }
        Ok(Self {
            rows: Rows::new(views.len(), dimensions, precision),
            views,
            fusion,
            by_id: HashMap::new(),
            ids: Vec::new(),
            order: Vec::new(),
            next: 0,
        })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Names of the views.
    pub fn views(&self) -> &[String] {
        &self.views
    }

    /// Length of every vector.
    pub fn dimensions(&self) -> usize {
        self.rows.dimensions()
    }

    /// How similarities are fused.
    pub fn fusion(&self) -> Fusion {
        self.fusion
    }

    /// How vectors are kept.
    pub fn precision(&self) -> Precision {
        self.rows.precision()
    }

    /// Whether a record has this id.
    pub fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The ids, in the order of insertion.
    pub fn ids(&self) -> Vec<&str> {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.sort_unstable_by_key(|&row| self.order[row]);
        rows.into_iter().map(|row| self.ids[row].as_str()).collect()
    }

    /// Adds a record, or replaces the one with its id in its place; longer vectors are cut to the
    /// index's dimensions. Gives whether the id is new.
    ///
    /// # Errors
    /// [`Code::Embedding`] if the views are others, the vectors are too short, or their lengths are not
    /// one.
    pub fn add(&mut self, id: &str, embedding: &Embedding) -> Result<bool> {
        let values = self.fit(id, embedding)?;
        self.add_values(id, &values)
    }

    /// The values of an embedding as they are stored: cut to the index's dimensions.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(crate) fn fit<'a>(&self, id: &str, embedding: &'a Embedding) -> Result<Cow<'a, [f32]>> {
        embedding.check().map_err(|e| named(e, id))?;
        if embedding.views != self.views {
            let [own, all] = [&embedding.views, &self.views].map(|views| views.join(", "));
            // Where views are regions of photos, a text has the first alone.
            let why = match self.views.starts_with(&embedding.views) {
                true => format!(
                    "has the view {own} alone, as a text has whose model sees parts of photos; it can be searched \
                     with, but this index keeps {all}"
                ),
                false => {
                    format!("has the views {own}; this index has {all}: it is of another model")
                }
            };
            return Err(Error::new(Code::Embedding, id, why));
        }
        let values = match embedding.dimensions == self.dimensions() {
            true => Cow::Borrowed(&embedding.values[..]),
            false => Cow::Owned(self.cut(embedding).map_err(|e| named(e, id))?.values),
        };
        check_unit(&values, self.dimensions()).map_err(|e| e.about(id))?;
        Ok(values)
    }

    /// The same from bare values, `[views, dimensions]`.
    ///
    /// # Errors
    /// [`Code::Embedding`] if there are not as many values, or a vector's length is not one.
    pub fn add_values(&mut self, id: &str, values: &[f32]) -> Result<bool> {
        let dimensions = self.dimensions();
        if values.len() != self.views.len() * dimensions {
            return Err(Error::new(
                Code::Embedding,
                id,
                format!(
                    "has {} values; this index takes {} views of {dimensions}",
                    values.len(),
                    self.views.len()
                ),
            ));
        }
        check_unit(values, dimensions).map_err(|e| e.about(id))?;
        if let Some(&row) = self.by_id.get(id) {
            self.rows.set(row, values);
            return Ok(false);
        }
        self.by_id.insert(id.to_owned(), self.ids.len());
        self.ids.push(id.to_owned());
        self.order.push(self.next);
        self.next += 1;
        self.rows.push(values);
        Ok(true)
    }

    /// Removes a record, and gives whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(row) = self.by_id.remove(id) else {
            return false;
        };
        // The last one takes its place in memory, but keeps its place in the order.
        self.rows.swap_remove(row);
        self.ids.swap_remove(row);
        self.order.swap_remove(row);
        if let Some(moved) = self.ids.get(row) {
            self.by_id.insert(moved.clone(), row);
        }
        true
    }

    /// A record's vectors, of [`Precision::Int8`] those that its integers stand for.
    pub fn get(&self, id: &str) -> Option<Embedding> {
        let &row = self.by_id.get(id)?;
        Some(Embedding {
            views: self.views.clone(),
            dimensions: self.dimensions(),
            values: self.rows.values(row).into_owned(),
            tokens: 0,
            truncated: false,
        })
    }

    /// An embedding at the index's dimensions.
    fn cut(&self, embedding: &Embedding) -> Result<Embedding> {
        if embedding.dimensions < self.dimensions() {
            return Err(Error::new(
                Code::Embedding,
                "dimensions",
                format!(
                    "the vectors have {} dimensions; this index needs {}",
                    embedding.dimensions,
                    self.dimensions()
                ),
            ));
        }
        embedding.truncate(self.dimensions())
    }
}

/// Most dimensions that a vector may have: products of more would not fit an i32.
const MAX_DIMENSIONS: usize = 1 << 16;

/// Whether all vectors have a length of one, within a hundredth: the bounds of a search rest on it.
fn check_unit(values: &[f32], dimensions: usize) -> Result<()> {
    for vector in values.chunks_exact(dimensions) {
        let length = embedding::dot(vector, vector).sqrt();
        // What is not a number is refused too.
        if (length - 1.0).abs() > UNIT_TOLERANCE || length.is_nan() {
            let message = format!("has a vector of length {length:.3}; unit vectors are needed");
            return Err(Error::new(Code::Embedding, "", message));
        }
    }
    Ok(())
}

/// An error of an embedding, about the record that has it.
fn named(error: Error, id: &str) -> Error {
    Error::new(error.code(), id, error.message()).with_source(error)
}

/// The id of a file's content: its sha256 in lower-case hexadecimal. The same photo under another name,
/// or in another folder, has the same.
pub fn content_id(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
