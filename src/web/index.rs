//! The index of the browser engines. It lives in memory; JavaScript keeps records where it likes, and feeds
//! them in bulk.

use js_sys::{Array, Float32Array, Object};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::convert::{
    embedding_from_js, embedding_to_js, error, from_js, number, object, record, similarity_to_js,
    strings, to_js, unusable,
};
use crate::index::{Alike, Index, PairOptions, Precision, SearchOptions, Term};
use crate::package::manifest::Fusion;
use crate::{Embedding, Similarity};

/// Records with their vectors, and exact search among them.
#[wasm_bindgen]
pub struct VectorIndex(Index);

#[derive(Deserialize)]
struct NewIndex {
    views: Vec<String>,
    dimensions: usize,
    fusion: Fusion,
    #[serde(default)]
    precision: Precision,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    limit: Option<usize>,
    min_score: Option<f32>,
}

#[derive(Deserialize)]
struct WantedPairs {
    threshold: f32,
    #[serde(default)]
    alike: Alike,
    limit: Option<usize>,
    from: Option<usize>,
    to: Option<usize>,
}

/// Pairs that are kept if the caller does not say how many.
const MOST_PAIRS: usize = 10_000;

#[wasm_bindgen]
impl VectorIndex {
    /// An empty index. `options` are `{ views, dimensions, fusion: { temperature, reduction }, precision? }`,
    /// where `views` and `fusion` are those of the model's `info()`, and `precision` is `"f32"` (as if
    /// absent) or `"int8"`.
    ///
    /// # Errors
    /// Those of [`Index::new`], and `input` for options of another shape.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<VectorIndex, JsValue> {
        let options: NewIndex = from_js("options", options)?;
        let (views, dimensions) = (options.views, options.dimensions);
        Index::new(views, dimensions, options.fusion, options.precision)
            .map(VectorIndex)
            .map_err(error)
    }

    /// Number of records.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Number of blocks of records, for [`near_duplicates`](Self::near_duplicates).
    #[wasm_bindgen(getter)]
    pub fn blocks(&self) -> usize {
        self.0.blocks()
    }

    /// Adds records, or replaces those whose ids are there. `values` are `[ids, views, dimensions]`. Gives how
    /// many ids are new.
    ///
    /// # Errors
    /// Those of [`Index::add_values`]; records before the one that is refused are in.
    pub fn add(&mut self, ids: Array, values: Float32Array) -> Result<usize, JsValue> {
        let ids = strings("ids", &ids)?;
        let each = self.0.views().len() * self.0.dimensions();
        if values.length() as usize != ids.len() * each {
            let message = format!(
                "{} values for {} records of {each}",
                values.length(),
                ids.len()
            );
            return Err(unusable("values", &message));
        }
        let mut vectors = vec![0.0; each];
        let mut added = 0;
        for (i, id) in ids.iter().enumerate() {
            let start = (i * each) as u32;
            values
                .subarray(start, start + each as u32)
                .copy_to(&mut vectors);
            added += usize::from(self.0.add_values(id, &vectors).map_err(error)?);
        }
        Ok(added)
    }

    /// Removes records, and gives how many there were.
    ///
    /// # Errors
    /// `input` if an id is not a string.
    pub fn remove(&mut self, ids: Array) -> Result<usize, JsValue> {
        let ids = strings("ids", &ids)?;
        Ok(ids.iter().filter(|id| self.0.remove(id)).count())
    }

    /// Whether a record has this id.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// The ids, in the order in which they came.
    pub fn ids(&self) -> Array {
        self.0.ids().into_iter().map(JsValue::from).collect()
    }

    /// A record's vectors as an embedding, or `undefined`.
    pub fn get(&self, id: &str) -> Option<Object> {
        self.0.get(id).map(|embedding| embedding_to_js(&embedding))
    }

    /// The best records for the weighted sum of `terms`, an array of `{ embedding, weight? }`; a term with a
    /// negative weight is what is not looked for. `options` are `{ limit?, minScore? }`.
    ///
    /// Gives `{ hits: [{ id, score, error, terms: [{ score, patterns, weights, best }] }], scored }`.
    ///
    /// # Errors
    /// Those of [`Index::search`].
    pub fn search(&self, terms: Array, options: JsValue) -> Result<Object, JsValue> {
        let terms = parts(&terms)?;
        let found = self
            .0
            .search(&borrowed(&terms), &wanted(options)?)
            .map_err(error)?;
        let hits = Array::new();
        for hit in &found.hits {
            let explain = |(similarity, (query, _)): (&Similarity, &(Embedding, f32))| {
                similarity_to_js(similarity, &query.views, self.0.views())
            };
            let explained = hit.terms.iter().zip(&terms).map(explain);
            let explained: Array = explained.collect::<Result<_, _>>()?;
            hits.push(&record(&[
                ("id", hit.id.as_str().into()),
                ("score", hit.score.into()),
                ("error", hit.error.into()),
                ("terms", explained.into()),
            ]));
        }
        Ok(record(&[
            ("hits", hits.into()),
            ("scored", (found.scored as f64).into()),
        ]))
    }

    /// What may be among the best for the vectors as they were added, as `[{ id, low, high }]`: for an
    /// index of integers whose owner keeps the original vectors.
    ///
    /// # Errors
    /// Those of [`Index::candidates`].
    pub fn candidates(&self, terms: Array, options: JsValue) -> Result<Array, JsValue> {
        let terms = parts(&terms)?;
        let found = self.0.candidates(&borrowed(&terms), &wanted(options)?);
        let found = found.map_err(error)?;
        let to_js = |candidate: &crate::index::Candidate| {
            record(&[
                ("id", candidate.id.as_str().into()),
                ("low", candidate.low.into()),
                ("high", candidate.high.into()),
            ])
        };
        Ok(found.iter().map(to_js).collect())
    }

    /// Pairs of records that are nearly the same, as `{ pairs: [{ first, second, score }], more }`, the most
    /// similar first. `options` are `{ threshold, alike?: "global" | "fused", limit?, from?, to? }`;
    /// with `from` and `to` only the pairs of these blocks' records with those before them, so that a worker can
    /// stop in between.
    ///
    /// # Errors
    /// Those of [`Index::near_duplicates_in`].
    #[wasm_bindgen(js_name = nearDuplicates)]
    pub fn near_duplicates(&self, options: JsValue) -> Result<JsValue, JsValue> {
        #[derive(Serialize)]
        struct Found {
            pairs: Vec<crate::index::Pair>,
            more: bool,
        }
        let wanted: WantedPairs = from_js("options", options)?;
        let blocks = wanted.from.unwrap_or(0)..wanted.to.unwrap_or(usize::MAX);
        let options = PairOptions {
            alike: wanted.alike,
            threshold: wanted.threshold,
            limit: wanted.limit.unwrap_or(MOST_PAIRS),
        };
        let found = self.0.near_duplicates_in(blocks, &options).map_err(error)?;
        to_js(&Found {
            pairs: self.0.pairs(&found),
            more: found.more,
        })
    }
}

/// The terms of a query.
fn parts(terms: &Array) -> Result<Vec<(Embedding, f32)>, JsValue> {
    let part = |term: JsValue| {
        let embedding: JsValue = object::<Object>(&term, "embedding")?
            .ok_or_else(|| unusable("embedding", "a term of a query has an embedding"))?
            .into();
        let weight = number(&term, "weight")?.unwrap_or(1.0) as f32;
        Ok((embedding_from_js(&embedding)?, weight))
    };
    terms.iter().map(part).collect()
}

fn borrowed(terms: &[(Embedding, f32)]) -> Vec<Term<'_>> {
    terms
        .iter()
        .map(|(embedding, weight)| Term {
            embedding,
            weight: *weight,
        })
        .collect()
}

fn wanted(options: JsValue) -> Result<SearchOptions, JsValue> {
    let default = SearchOptions::default();
    if options.is_undefined() || options.is_null() {
        return Ok(default);
    }
    let wanted: Wanted = from_js("options", options)?;
    Ok(SearchOptions {
        limit: wanted.limit.unwrap_or(default.limit),
        min_score: wanted.min_score,
    })
}
