//! From the rows of a batch to the model's inputs: each distinct one once.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::captions::caption;
use super::encoder::Encoder;
use super::features::{FeatureCache, Input};
use super::images::{Occasion, Picture, PictureRequest, Pictures};
use super::loss::Mask;
use super::objective::Pairs;
use super::parameters::Parameters;
use super::passes::each;
use super::recipe::Captions;
use super::sampler::Batch;
use agff::Result;
use agff::families::{Features, Item};
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
    pub items: Vec<Input>,
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
        reader: &Reader<'_>,
        captions: &Captions,
        seed: u64,
    ) -> Result<Self> {
        let mut distinct = Distinct::default();
        let row_of = |i: usize| {
            let id = batch.rows[i];
            (id, &sources[id.source].rows[id.row])
        };
        let occasion = |i: usize, side: u16, part: &Part| {
            let (id, row) = row_of(i);
            let source = &sources[id.source];
            let varied = source.augment && part.image.is_some();
            varied.then(|| Occasion {
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
                    distinct.place(&row.query, occasion(i, 0, &row.query), said)
                })
                .collect(),
            positives: rows
                .map(|i| {
                    let row = row_of(i).1;
                    let said = caption(&row.positive, &row.query);
                    distinct.place(&row.positive, occasion(i, 1, &row.positive), said)
                })
                .collect(),
            negatives: batch
                .negatives
                .iter()
                .map(|negative| {
                    let part = &row_of(negative.row).1.negatives[negative.negative];
                    let side = 2 + negative.negative as u16;
                    distinct.place(part, occasion(negative.row, side, part), None)
                })
                .collect(),
            mask: Mask::new(batch.rows.len(), batch.targets(), |query, target| {
                batch.is_false_negative(query, target)
            }),
            groups: batch.groups.clone(),
        };
        let parts = distinct.parts.into_iter();
        let parts = parts.map(|(part, occasion, said)| Wanted {
            part,
            occasion,
            said: said
                .filter(|_| captions.weight > 0.0)
                .map(|said| (said, captions)),
        });
        let items = reader.read(parts.collect())?;
        Ok(Self { items, pairs })
    }
}

/// An input that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What it is.
    pub part: &'a Part,
    /// Whose it is and when, if its image is varied.
    pub occasion: Option<Occasion>,
    /// What the model is to say of it, and how.
    pub said: Option<(&'a str, &'a Captions)>,
}

/// Makes inputs ready for what is trained.
pub struct Reader<'a> {
    /// The model.
    pub encoder: &'a Encoder,
    /// Its parameters.
    pub parameters: &'a Parameters,
    /// Where images come from.
    pub pictures: &'a Pictures,
    /// What frozen towers made of inputs.
    pub features: &'a FeatureCache,
}

impl Reader<'_> {
    /// The inputs, made on all cores.
    ///
    /// # Errors
    /// Those of images and texts, and of the model.
    pub fn read(&self, wanted: Vec<Wanted<'_>>) -> Result<Vec<Input>> {
        if !self.encoder.has_features() {
            return wanted
                .par_iter()
                .map(|wanted| Ok(Input::Whole(self.item(wanted)?)))
                .collect();
        }
        let kept = |wanted: &Wanted<'_>| match wanted.occasion {
            Some(_) => None,
            None => self.features.get(wanted.part),
        };
        let mut ready: Vec<Option<Arc<Features>>> = wanted.iter().map(kept).collect();
        let missing = (0..wanted.len()).filter(|&i| ready[i].is_none());
        let missing: Vec<usize> = missing.collect();
        let trained = self.parameters.plain();
        let made = each(
            self.encoder.on_cpu(),
            missing.clone(),
            // Each by itself: in the last bits features depend on what is computed along with them, and a run that goes on
            // would keep others together.
            |i| {
                let item = self.item(&wanted[i])?;
                self.encoder.features(vec![item], &trained)
            },
        )?;
        for (&i, features) in missing.iter().zip(made.into_iter().flatten()) {
            let features = Arc::new(features);
            if wanted[i].occasion.is_none() {
                self.features.keep(wanted[i].part, &features);
            }
            ready[i] = Some(features);
        }
        let ready = ready.into_iter().flatten().map(Input::Features);
        Ok(ready.collect())
    }

    fn item(&self, wanted: &Wanted<'_>) -> Result<Item> {
        let part = wanted.part;
        let patches = match &part.image {
            None => None,
            Some(path) => Some(self.pictures.patches(&PictureRequest {
                picture: Picture::File(path),
                occasion: wanted.occasion,
            })?),
        };
        let (text, instruction) = (part.text.as_deref(), part.instruction.as_deref());
        let mut item = self.encoder.item(text, instruction, patches)?;
        if let Some((said, captions)) = wanted.said {
            self.encoder.caption(&mut item, said, captions)?;
        }
        Ok(item)
    }
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
