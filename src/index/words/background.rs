//! What a word searches by: the direction in which its photos differ from all others.
//!
//! Fisher's linear discriminant (1936), regularised (Friedman 1989):
//!
//! ```text
//! δ = (mean of its photos − m) − ⅒ (mean of those that it is not − m)
//! v = (C + λ · tr C / d)⁻¹ δ            m, C: mean and covariance of the library's global vectors
//! r(x) = v · (x − m) / v · (mean of its photos − m)
//! ```
//!
//! so that r is 0 for the library's mean and 1 for that of the word's photos. Where the library is small, C says little
//! and λ is large: then v is nearly δ itself, the nearest mean.

use super::{Examples, TAUGHT, Word};
use crate::certainty::{Certainty, Levels};
use crate::index::Index;
use crate::{Code, Embedding, Error, Result};

/// Records of which mean and covariance are taken, evenly spread over an index.
const MOST_RECORDS: usize = 1024;

/// How much photos that do not show a word count against those that do. They look like it, or nobody had to say so:
/// with ½ the word itself is lost. Chosen on folds of the groceries' training part.
const UNLIKE: f64 = 0.1;

/// How r grows with the number n of photos, as √(n / (n + PHOTOS)): a mean of few lies far from that of all.
const PHOTOS: f64 = 3.0;

/// How much the word's text counts beside its photos, before there are any.
const TEXT: f64 = 0.2;

/// Certainty is a logistic function of r less that growth. Fitted to photos of groceries: those of a product among the
/// first ten, against the best of the others (docs/photos.md).
const SLOPE: f64 = 1.71;
const MIDDLE: f64 = 0.861;

/// The best photo stays below the one for half of the products that no photo shows, and 99 of 100 photos of other
/// products below the other.
const LEVELS: Levels = Levels {
    probably: 0.465,
    perhaps: 0.35,
};

/// How the photos of an index lie on the whole.
#[derive(Debug, Clone)]
pub struct Background {
    mean: Vec<f64>,
    /// The regularised covariance's factor L of L·Lᵀ, `[dimensions, dimensions]` by rows, below the diagonal.
    factor: Vec<f64>,
}

/// A word, ready to search.
#[derive(Debug, Clone)]
pub struct Taught {
    /// One unit vector, of the view [`TAUGHT`].
    pub embedding: Embedding,
    /// What its similarity is multiplied with, and
    pub weight: f32,
    /// what is added then, so that 0 is the library's mean and 1 the mean of the word's photos.
    pub offset: f32,
    /// How far both lie apart, in units of the library's deviation: what makes words comparable.
    pub strength: f32,
    /// How much the similarity of the word itself counts beside this, as a text: less with every photo.
    pub text: f32,
    /// How sure matches of this word are, by their similarity.
    pub certainty: Certainty,
}

impl Index {
    /// How the records' global vectors lie on the whole; `None` if there is no record.
    pub fn background(&self) -> Option<Background> {
        let count = self.len().min(MOST_RECORDS);
        let rows = (0..count).map(|i| i * self.len() / count);
        let vectors = rows.map(|row| self.rows.values(row)[..self.dimensions()].to_vec());
        Background::of(&vectors.collect::<Vec<_>>())
    }
}

impl Background {
    fn of(vectors: &[Vec<f32>]) -> Option<Self> {
        let size = vectors.first()?.len();
        let count = vectors.len() as f64;
        let mut mean = vec![0.0; size];
        for vector in vectors {
            mean.iter_mut()
                .zip(vector)
                .for_each(|(m, &x)| *m += f64::from(x) / count);
        }
        let mut covariance = vec![0.0; size * size];
        let mut apart = vec![0.0; size];
        for vector in vectors {
            for ((apart, &x), mean) in apart.iter_mut().zip(vector).zip(&mean) {
                *apart = f64::from(x) - mean;
            }
            for (i, &a) in apart.iter().enumerate() {
                let row = &mut covariance[i * size..=i * size + i];
                row.iter_mut()
                    .zip(&apart)
                    .for_each(|(c, b)| *c += a * b / count);
            }
        }
        let trace: f64 = covariance.iter().step_by(size + 1).sum();
        let lambda = (1.0 + size as f64 / count) / 2.0;
        // One photo, or copies of one, have no deviation at all.
        let most = (lambda * trace / size as f64).max(1e-6);
        covariance
            .iter_mut()
            .step_by(size + 1)
            .for_each(|c| *c += most);
        factorise(&mut covariance, size);
        Some(Self {
            mean,
            factor: covariance,
        })
    }

    /// What a word searches by.
    ///
    /// # Errors
    /// [`Code::Input`] if no photo shows it; [`Code::Embedding`] if its photos tell nothing: they lie where all do.
    pub fn query(&self, word: &Word) -> Result<Taught> {
        let fail = |code: Code, why: &str| Err(Error::new(code, word.name.as_str(), why));
        let Some(like) = self.beyond_mean(&word.like) else {
            return fail(
                Code::Input,
                "was taught by no photo that is left; teach it anew, or forget it",
            );
        };
        let mut apart = like.clone();
        if let Some(unlike) = self.beyond_mean(&word.unlike) {
            apart
                .iter_mut()
                .zip(&unlike)
                .for_each(|(a, u)| *a -= UNLIKE * u);
        }
        let direction = self.solve(&apart);
        let (length, square) = (dot(&direction, &direction).sqrt(), dot(&direction, &like));
        // A NaN is refused, too.
        if !(length > 1e-9 && square > 1e-9) {
            return fail(
                Code::Embedding,
                "cannot be told from the other photos; add photos that show it, or some without it",
            );
        }
        let unit: Vec<f32> = direction.iter().map(|x| (x / length) as f32).collect();
        let (weight, offset) = (length / square, -dot(&direction, &self.mean) / square);
        let photos = word.like.ids.len() as f64;
        let growth = (photos / (photos + PHOTOS)).sqrt();
        Ok(Taught {
            embedding: Embedding {
                views: vec![TAUGHT.to_owned()],
                dimensions: unit.len(),
                values: unit,
                tokens: 0,
                truncated: false,
            },
            weight: weight as f32,
            offset: offset as f32,
            strength: square.sqrt() as f32,
            text: (TEXT * PHOTOS / (photos + PHOTOS)) as f32,
            certainty: Certainty::linear(
                SLOPE * weight / growth,
                SLOPE * (offset / growth - MIDDLE),
                LEVELS,
            ),
        })
    }

    /// The mean of some photos, less that of the library.
    fn beyond_mean(&self, examples: &Examples) -> Option<Vec<f64>> {
        let count = examples.ids.len() as f64;
        let fits = count > 0.0 && examples.sum.len() == self.mean.len();
        let vector = examples.sum.iter().zip(&self.mean);
        fits.then(|| {
            vector
                .map(|(&sum, mean)| f64::from(sum) / count - mean)
                .collect()
        })
    }

    /// C⁻¹ · vector.
    fn solve(&self, vector: &[f64]) -> Vec<f64> {
        let size = vector.len();
        let at = |i: usize, j: usize| self.factor[i * size + j];
        let mut x = vector.to_vec();
        for i in 0..size {
            let known: f64 = (0..i).map(|j| at(i, j) * x[j]).sum();
            x[i] = (x[i] - known) / at(i, i);
        }
        for i in (0..size).rev() {
            let known: f64 = (i + 1..size).map(|j| at(j, i) * x[j]).sum();
            x[i] = (x[i] - known) / at(i, i);
        }
        x
    }
}

/// The lower half of a symmetric positive matrix becomes L of L·Lᵀ (Cholesky), in place.
fn factorise(matrix: &mut [f64], size: usize) {
    for i in 0..size {
        let (before, from) = matrix.split_at_mut(i * size);
        let row = &mut from[..=i];
        for j in 0..i {
            let other = &before[j * size..=j * size + j];
            let known = dot(&row[..j], &other[..j]);
            row[j] = (row[j] - known) / other[j];
        }
        let known = dot(&row[..i], &row[..i]);
        row[i] = (row[i] - known).max(f64::MIN_POSITIVE).sqrt();
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
