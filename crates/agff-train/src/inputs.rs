//! From the rows of a batch to the model's inputs: each distinct one once.

use std::collections::HashMap;

use rayon::prelude::*;

use super::captions::caption;
use super::encoder::Encoder;
use super::images::{Occasion, Picture, PictureRequest, Pictures};
use super::loss::Mask;
use super::objective::Pairs;
use super::recipe::Captions;
use super::sampler::Batch;
use agff::Result;
use agff::families::Item;
use agff_eval::data::{Part, Row};

/// A source's rows in memory.
#[derive(Debug, Clone)]
pub struct SourceRows {
    /// The rows.
    pub rows: Vec<Row>,
    /// Whether pictures are varied.
    pub augment: bool,
    /// Whether they may be mirrored; what each row says, if this is absent.
    pub flip: Option<bool>,
}

/// A batch, ready for the model.
pub struct Inputs {
    /// The distinct inputs.
    pub items: Vec<Item>,
    /// Which of them are queries, positives and negatives.
    pub pairs: Pairs,
}

impl Inputs {
    /// Decodes, varies and tokenizes what a batch needs, on all cores. Where captions count, the
    /// pictures of rows that have a text on the other side get it to say.
    ///
    /// # Errors
    /// An image that cannot be read any more, or a text that cannot be embedded.
    pub fn of(
        batch: &Batch,
        sources: &[SourceRows],
        encoder: &Encoder,
        pictures: &Pictures,
        captions: &Captions,
        seed: u64,
    ) -> Result<Self> {
        let mut distinct = Distinct::default();
        let row_of = |i: usize| {
            let id = batch.rows[i];
            (id, &sources[id.source].rows[id.row])
        };
        let occasion = |i: usize, side: u16| {
            let (id, row) = row_of(i);
            let source = &sources[id.source];
            source.augment.then(|| Occasion {
                seed,
                step: batch.step,
                source: id.source as u16,
                row: id.row as u64,
                side,
                may_flip: source.flip.unwrap_or(row.flip),
            })
        };
        let rows = 0..batch.rows.len();
        let pairs = Pairs {
            queries: rows
                .clone()
                .map(|i| {
                    let row = row_of(i).1;
                    let said = caption(&row.query, &row.positive);
                    distinct.place(&row.query, occasion(i, 0), said)
                })
                .collect(),
            positives: rows
                .map(|i| {
                    let row = row_of(i).1;
                    let said = caption(&row.positive, &row.query);
                    distinct.place(&row.positive, occasion(i, 1), said)
                })
                .collect(),
            negatives: batch
                .negatives
                .iter()
                .map(|negative| {
                    let part = &row_of(negative.row).1.negatives[negative.negative];
                    let side = 2 + negative.negative as u16;
                    distinct.place(part, occasion(negative.row, side), None)
                })
                .collect(),
            mask: Mask::new(batch.rows.len(), batch.targets(), |query, target| {
                batch.is_false_negative(query, target)
            }),
            groups: batch.groups.clone(),
        };
        let items = distinct
            .parts
            .par_iter()
            .map(|(part, occasion, said)| {
                let mut item = item(part, *occasion, encoder, pictures)?;
                if let Some(said) = said.filter(|_| captions.weight > 0.0) {
                    encoder.caption(&mut item, said, captions)?;
                }
                Ok(item)
            })
            .collect::<Result<_>>()?;
        Ok(Self { items, pairs })
    }
}

/// An input ready for the model; `occasion` is whose and when, if the image is varied.
///
/// # Errors
/// Those of the image and of the text.
pub fn item(
    part: &Part,
    occasion: Option<Occasion>,
    encoder: &Encoder,
    pictures: &Pictures,
) -> Result<Item> {
    let patches = match &part.image {
        None => None,
        Some(path) => Some(pictures.patches(&PictureRequest {
            picture: Picture::File(path),
            occasion,
        })?),
    };
    encoder.item(part.text.as_deref(), part.instruction.as_deref(), patches)
}

/// Parts by content. An image that several rows have is varied as the first of them says.
#[derive(Default)]
struct Distinct<'a> {
    places: HashMap<&'a Part, usize>,
    parts: Vec<(&'a Part, Option<Occasion>, Option<&'a str>)>,
}

impl<'a> Distinct<'a> {
    fn place(
        &mut self,
        part: &'a Part,
        occasion: Option<Occasion>,
        caption: Option<&'a str>,
    ) -> usize {
        *self.places.entry(part).or_insert_with(|| {
            self.parts.push((part, occasion, caption));
            self.parts.len() - 1
        })
    }
}
