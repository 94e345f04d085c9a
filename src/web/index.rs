//! The index of the browser engines. It lives in memory; JavaScript keeps records where it likes, and feeds
//! them in bulk.

use js_sys::{Array, Float32Array, Object};
use wasm_bindgen::prelude::*;

use super::convert::{
    embedding_from_js, embedding_to_js, error, number, object, record, similarity_to_js, string,
    strings, unusable, whole,
};
use crate::index::words::{Background, Examples, Word};
use crate::index::{Alike, Candidate, Index, Pair, PairOptions, Precision, SearchOptions, Term};
use crate::{Code, Embedding, Error, Fusion, Reduction, Similarity};

/// Records with their vectors, and exact search among them.
#[wasm_bindgen]
pub struct VectorIndex {
    index: Index,
    /// How the records lie on the whole, until one comes or goes.
    background: Option<Background>,
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
        let views = object::<Array>(&options, "views")?
            .ok_or_else(|| unusable("views", "the names of the views are missing"))?;
        let fusion = object::<Object>(&options, "fusion")?.unwrap_or_default();
        let fusion = Fusion {
            temperature: number(&fusion, "temperature")?.unwrap_or(f64::NAN) as f32,
            reduction: one_of(
                &fusion,
                "reduction",
                &[
                    ("log-sum-exp", Reduction::LogSumExp),
                    ("max", Reduction::Max),
                    ("mean", Reduction::Mean),
                ],
            )?,
        };
        let precisions = [("f32", Precision::F32), ("int8", Precision::Int8)];
        let precision = one_of(&options, "precision", &precisions)?;
        let views = strings("views", &views)?;
        let dimensions = whole(&options, "dimensions")? as usize;
        let index = Index::new(views, dimensions, fusion, precision).map_err(error)?;
        Ok(Self {
            index,
            background: None,
        })
    }

    /// Number of records.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> usize {
        self.index.len()
    }

    /// Number of blocks of records, for [`near_duplicates`](Self::near_duplicates).
    #[wasm_bindgen(getter)]
    pub fn blocks(&self) -> usize {
        self.index.blocks()
    }

    /// Adds records, or replaces those whose ids are there. `values` are `[ids, views, dimensions]`. Gives how
    /// many ids are new.
    ///
    /// # Errors
    /// Those of [`Index::add_values`]; records before the one that is refused are in.
    pub fn add(&mut self, ids: Array, values: Float32Array) -> Result<usize, JsValue> {
        self.background = None;
        let ids = strings("ids", &ids)?;
        let each = self.index.views().len() * self.index.dimensions();
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
            added += usize::from(self.index.add_values(id, &vectors).map_err(error)?);
        }
        Ok(added)
    }

    /// Removes records, and gives how many there were.
    ///
    /// # Errors
    /// `input` if an id is not a string.
    pub fn remove(&mut self, ids: Array) -> Result<usize, JsValue> {
        self.background = None;
        let ids = strings("ids", &ids)?;
        Ok(ids.iter().filter(|id| self.index.remove(id)).count())
    }

    /// Whether a record has this id.
    pub fn has(&self, id: &str) -> bool {
        self.index.contains(id)
    }

    /// The ids, in the order in which they came.
    pub fn ids(&self) -> Array {
        self.index.ids().into_iter().map(JsValue::from).collect()
    }

    /// A record's vectors as an embedding, or `undefined`.
    pub fn get(&self, id: &str) -> Option<Object> {
        self.index
            .get(id)
            .map(|embedding| embedding_to_js(&embedding))
    }

    /// What a word searches by that was taught by photos: `{ embedding, weight, offset, text, certainty: { scale, bias,
    /// probably, perhaps } }`. `weight · similarity + offset` is 0 for the records' mean and 1 for that of the word's
    /// photos; `text` is what the similarity of the word as a text counts beside it. `word` is `{ name, like: { ids, sum
    /// }, unlike: { ids, sum } }`, the sums of global vectors.
    ///
    /// # Errors
    /// Those of [`Background::query`]; `index` if there is no record.
    pub fn taught(&mut self, word: JsValue) -> Result<Object, JsValue> {
        let word = Word {
            name: string(&word, "name")?.unwrap_or_default(),
            like: examples(&word, "like")?,
            unlike: examples(&word, "unlike")?,
        };
        if self.background.is_none() {
            self.background = self.index.background();
        }
        let Some(background) = &self.background else {
            let why = "has no photo yet that the word could be looked for among";
            return Err(error(Error::new(Code::Index, "index", why)));
        };
        let taught = background.query(&word).map_err(error)?;
        let [scale, bias] = taught.certainty.logit();
        let levels = taught.certainty.levels();
        Ok(record(&[
            ("embedding", embedding_to_js(&taught.embedding).into()),
            ("weight", taught.weight.into()),
            ("offset", taught.offset.into()),
            ("text", taught.text.into()),
            (
                "certainty",
                record(&[
                    ("scale", scale.into()),
                    ("bias", bias.into()),
                    ("probably", levels.probably.into()),
                    ("perhaps", levels.perhaps.into()),
                ])
                .into(),
            ),
        ]))
    }

    /// The best records for the weighted sum of `terms`, an array of `{ embedding, weight? }`; a term with a
    /// negative weight is what is not looked for. `options` are `{ limit?, minScore? }`.
    ///
    /// Gives `{ hits: [{ id, score, error, terms: [{ score, patterns, weights, best, fine }] }], scored }`.
    ///
    /// # Errors
    /// Those of [`Index::search`].
    pub fn search(&self, terms: Array, options: JsValue) -> Result<Object, JsValue> {
        let terms = parts(&terms)?;
        let found = self
            .index
            .search(&borrowed(&terms), &wanted(&options)?)
            .map_err(error)?;
        let hits = Array::new();
        for hit in &found.hits {
            let explain = |(similarity, (query, _)): (&Similarity, &(Embedding, f32))| {
                similarity_to_js(similarity, &query.views, self.index.views())
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
        let found = self.index.candidates(&borrowed(&terms), &wanted(&options)?);
        let found = found.map_err(error)?;
        let to_js = |candidate: &Candidate| {
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
    pub fn near_duplicates(&self, options: JsValue) -> Result<Object, JsValue> {
        let count = |key: &str, default: usize| count(&options, key, default);
        let blocks = count("from", 0)?..count("to", usize::MAX)?;
        let kinds = [("global", Alike::Global), ("fused", Alike::Fused)];
        let options = PairOptions {
            alike: one_of(&options, "alike", &kinds)?,
            threshold: number(&options, "threshold")?.unwrap_or(f64::NAN) as f32,
            limit: count("limit", MOST_PAIRS)?,
        };
        let found = self
            .index
            .near_duplicates_in(blocks, &options)
            .map_err(error)?;
        let to_js = |pair: Pair| {
            record(&[
                ("first", pair.first.into()),
                ("second", pair.second.into()),
                ("score", pair.score.into()),
            ])
        };
        let pairs: Array = self.index.pairs(&found).into_iter().map(to_js).collect();
        Ok(record(&[
            ("pairs", pairs.into()),
            ("more", found.more.into()),
        ]))
    }
}

/// Some photos of a word: their ids, and the sum of their global vectors.
fn examples(word: &JsValue, key: &str) -> Result<Examples, JsValue> {
    let missing = || {
        unusable(
            key,
            "its photos are missing: ids and the sum of their vectors",
        )
    };
    let examples: JsValue = object::<Object>(word, key)?.ok_or_else(missing)?.into();
    let ids = object::<Array>(&examples, "ids")?.ok_or_else(missing)?;
    let sum = object::<Float32Array>(&examples, "sum")?.ok_or_else(missing)?;
    Ok(Examples {
        ids: strings("ids", &ids)?,
        sum: sum.to_vec(),
    })
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

fn wanted(options: &JsValue) -> Result<SearchOptions, JsValue> {
    let default = SearchOptions::default();
    Ok(SearchOptions {
        limit: count(options, "limit", default.limit)?,
        min_score: number(options, "minScore")?.map(|score| score as f32),
    })
}

/// An optional number of things; more than there can be is all of them.
fn count(options: &JsValue, key: &str, default: usize) -> Result<usize, JsValue> {
    match number(options, key)? {
        None => Ok(default),
        Some(n) if n >= 0.0 => Ok(n as usize),
        Some(_) => Err(unusable(key, "this is not a number of 0 or more")),
    }
}

/// What a word stands for; the first one's if there is none.
fn one_of<T: Copy>(options: &JsValue, key: &str, words: &[(&str, T)]) -> Result<T, JsValue> {
    let Some(word) = string(options, key)? else {
        return Ok(words[0].1);
    };
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
        unusable(key, &format!("{word:?} is none of {}", known.join(", ")))
    })
}
