//! Where the classes lie among the texts: what is said of them, through the encoder.

use std::collections::HashMap;

use agff::Result;

use agff::families::conse::Parts;
use agff::unit;

use crate::classes::{self, Class};
use crate::encoder::Encoder;
use crate::principal::Moment;

/// Sentences that a word is put into; its vector is the mean of theirs.
const TEMPLATES: [&str; 5] = [
    "{}",
    "a {}",
    "a photo of {}",
    "a picture of {}",
    "a photo of a {}",
];

/// How much the mean of what a class is a kind of counts beside its name and its words.
const KINDS: f32 = 0.5;

/// Steps towards the directions in which classes lie among the texts.
const STEPS: usize = 40;

/// Steps towards the directions in which the classifier tells classes apart. Few do: what counts is that they span
/// nearly what the largest ones do, not which is which.
const CLASSIFIER_STEPS: usize = 3;

/// What packages know of it.
pub struct Bridge {
    /// The classes' vectors, `[hidden, classes]`.
    classes: Vec<f32>,
    /// The mean of the classes' names in the sentence that queries are put into, `[hidden]`.
    pub centre: Vec<f32>,
}

/// A bridge to vectors of two parts.
pub struct Projected {
    /// The classes' vectors, `[meaning, classes]`.
    pub classes: Vec<f32>,
    /// What brings texts to the first part, `[meaning, hidden]`.
    pub texts: Vec<f32>,
    /// What brings features to the second, `[appearance, head]`.
    pub appearance: Vec<f32>,
    /// The classes as pictures lie that show one and look like nothing, `[classes, meaning + appearance]`.
    pub shown: Vec<f32>,
}

impl Bridge {
    /// Runs the encoder over what is said of all classes. `query` is the sentence that queries are put into.
    ///
    /// A class's vector is the sum of three, each less its mean over all classes: its name; `words: a kind of …`;
    /// and half the mean of everything that it is a kind of.
    ///
    /// # Errors
    /// Those of embedding.
    pub fn of(encoder: &Encoder, query: &str) -> Result<Self> {
        let all: Vec<Class> = classes::all().collect();
        let names = all.iter().map(|class| class.name);
        let words = in_templates(
            encoder,
            names
                .clone()
                .chain(all.iter().flat_map(|c| c.kinds.iter().copied())),
        )?;
        let name = |class: &Class| words[class.name].clone();
        let kinds = |class: &Class| mean(class.kinds.iter().map(|kind| &words[kind][..]));
        let said: Vec<String> = all
            .iter()
            .map(|class| format!("{}: a kind of {}", class.words, class.kinds[0]))
            .collect();
        let parts = [
            (1.0, all.iter().map(name).collect()),
            (1.0, encoder.embed(&said)?),
            (KINDS, all.iter().map(kinds).collect::<Vec<_>>()),
        ];
        let queries: Vec<String> = names.map(|name| query.replace("{}", name)).collect();
        let queries = encoder.embed(&queries)?;
        let centre = mean(queries.iter().map(Vec::as_slice));

        let (hidden, count) = (centre.len(), all.len());
        let mut classes = vec![0.0; hidden * count];
        for (weight, vectors) in parts {
            let mean = mean(vectors.iter().map(Vec::as_slice));
            for (class, vector) in vectors.iter().enumerate() {
                for (i, (x, mean)) in vector.iter().zip(&mean).enumerate() {
                    classes[i * count + class] += weight * (x - mean);
                }
            }
        }
        Ok(Self { classes, centre })
    }

    /// Keeps the directions in which the classes lie among the texts, and those in which the weight `classifier`,
    /// `[classes, head]`, tells them apart.
    pub fn project(&self, classifier: &[f32], parts: Parts) -> Projected {
        let (hidden, count) = (self.centre.len(), self.classes.len() / self.centre.len());
        let of_class = |class: usize| (0..hidden).map(move |i| self.classes[i * count + class]);
        let rows: Vec<f32> = (0..count).flat_map(of_class).collect();
        let kept = Moment::of(&rows, hidden).largest(&rows, parts.meaning, STEPS);
        let texts = kept.weight();
        let placed: Vec<Vec<f32>> = rows
            .chunks_exact(hidden)
            .map(|row| {
                let along = |direction: &[f32]| direction.iter().zip(row).map(|(d, x)| d * x).sum();
                texts.chunks_exact(hidden).map(along).collect()
            })
            .collect();
        let shown = placed.iter().flat_map(|place| {
            let length = parts.share.sqrt();
            let meaning = unit(place).into_iter().flatten();
            let nothing = std::iter::repeat_n(0.0, parts.appearance);
            meaning.map(move |x| x * length).chain(nothing)
        });
        let head = classifier.len() / count;
        let apart = Moment::of(classifier, head);
        let apart = apart.largest(classifier, parts.appearance, CLASSIFIER_STEPS);
        Projected {
            shown: shown.collect(),
            classes: (0..parts.meaning)
                .flat_map(|i| placed.iter().map(move |place| place[i]))
                .collect(),
            texts,
            appearance: apart.weight(),
        }
    }
}

/// The vector of each word: the mean of those of [`TEMPLATES`] with it.
fn in_templates<'a>(
    encoder: &Encoder,
    words: impl Iterator<Item = &'a str>,
) -> Result<HashMap<&'a str, Vec<f32>>> {
    let mut distinct: Vec<&str> = words.collect();
    distinct.sort_unstable();
    distinct.dedup();
    let texts: Vec<String> = distinct
        .iter()
        .flat_map(|word| TEMPLATES.map(|template| template.replace("{}", word)))
        .collect();
    let vectors = encoder.embed(&texts)?;
    let of_words = vectors.chunks(TEMPLATES.len());
    let means = of_words.map(|vectors| mean(vectors.iter().map(Vec::as_slice)));
    Ok(distinct.into_iter().zip(means).collect())
}

fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum: Vec<f64> = Vec::new();
    let mut count = 0.0;
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        sum.iter_mut()
            .zip(vector)
            .for_each(|(sum, x)| *sum += f64::from(*x));
        count += 1.0;
    }
    sum.into_iter().map(|sum| (sum / count) as f32).collect()
}
