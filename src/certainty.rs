//! How sure a match is: whether a photo shows what was asked for, or is only the nearest of those that there are.
//!
//! A score ranks photos for one text. What it is worth by itself differs from text to text, as some texts are near to
//! everything. So it is divided by the text's spread, the root mean square of its cosines with what the model knows
//! (of `photo`: its thousand classes), and a logistic function makes a number between 0 and 1 of that (Platt 1999).
//! Models with a sigmoid of their own ([`Probability`]) keep it.

use serde::{Deserialize, Serialize};

use crate::embedding::{Patterns, Probability};
use crate::{Code, Error, Result};

/// From where on a match is called what, for models with a sigmoid of their own. It is trained against tens of
/// thousands of other texts, so that right matches often have little; not measured, for want of released weights.
const OF_SIGMOID: Levels = Levels {
    probably: 0.1,
    perhaps: 0.01,
};

/// What a package says of its scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What a score is divided by.
    pub spread: Spread,
    /// How fast certainty grows with the quotient.
    pub slope: f32,
    /// The quotient at which it is ½.
    pub middle: f32,
    /// What it is called.
    #[serde(flatten)]
    pub levels: Levels,
}

/// From where on a match is called what.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// [`Sure::Probably`] from here on.
    pub probably: f32,
    /// [`Sure::Perhaps`] from here on.
    pub perhaps: f32,
}

/// The second moment of unit vectors, as far as its largest directions: Σ d·dᵀ + rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// What the whole numbers of each direction are multiplied with, `[rank]`.
    pub scales: Vec<f32>,
    /// The directions as whole numbers of 8 bits, `[rank, dimensions]`, in hexadecimal.
    pub directions: String,
    /// What lies in no direction, on the mean over all dimensions.
    pub rest: f32,
}

/// How sure matches of one text are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certainty {
    scale: f64,
    bias: f64,
    /// Whether the global views' cosine decides, not the score.
    by_global: bool,
    levels: Levels,
}

/// A certainty in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sure {
    /// The photo probably shows it.
    Probably,
    /// It may.
    Perhaps,
    /// It is only the nearest of those that there are.
    Hardly,
}

impl Sure {
    /// `"probably"` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probably => "probably",
            Self::Perhaps => "perhaps",
            Self::Hardly => "hardly",
        }
    }
}

impl Spread {
    /// The root mean square of a unit vector's cosines with the vectors that this is of; at least their rest.
    fn of(&self, vector: &[f32]) -> f64 {
        let digits = self.directions.as_bytes();
        let value = |digit: u8| (digit as char).to_digit(16).unwrap_or_default() as u8;
        let byte = |pair: &[u8]| i8::from_ne_bytes([value(pair[0]) << 4 | value(pair[1])]);
        let moment: f64 = digits
            .chunks_exact(2 * vector.len())
            .zip(&self.scales)
            .map(|(direction, scale)| {
                let products = direction
                    .chunks_exact(2)
                    .zip(vector)
                    .map(|(pair, x)| f64::from(byte(pair)) * f64::from(*x));
                (f64::from(*scale) * products.sum::<f64>()).powi(2)
            })
            .sum();
        (moment + f64::from(self.rest)).sqrt()
    }
}

impl Calibration {
    /// Checks it against a model of so many dimensions.
    ///
    /// # Errors
    /// [`Code::PackageManifest`].
    pub fn check(&self, dimensions: usize) -> Result<()> {
        let fail = |why: &str| {
            Err(Error::new(
                Code::PackageManifest,
                "",
                format!("`certainty` {why}"),
            ))
        };
        let Spread {
            scales,
            directions,
            rest,
        } = &self.spread;
        let digits = directions.bytes().all(|digit| digit.is_ascii_hexdigit());
        if directions.len() != 2 * scales.len() * dimensions || !digits {
            return fail("has directions of another size than its scales and the model say");
        }
        let positive = |x: f32| x.is_finite() && x > 0.0;
        if !scales
            .iter()
            .copied()
            .chain([*rest, self.slope])
            .all(positive)
            || !self.middle.is_finite()
        {
            return fail("has a scale, a rest or a slope that is not positive, or no middle");
        }
        let Levels { probably, perhaps } = self.levels;
        match 0.0 < perhaps && perhaps <= probably && probably < 1.0 {
            true => Ok(()),
            false => fail("must have levels between 0 and 1, `perhaps` below `probably`"),
        }
    }
}

impl Certainty {
    /// Of a text, by its whole vector and what the package says.
    pub fn calibrated(calibration: &Calibration, text: &[f32]) -> Self {
        let slope = f64::from(calibration.slope);
        Self {
            scale: slope / calibration.spread.of(text),
            bias: -slope * f64::from(calibration.middle),
            by_global: false,
            levels: calibration.levels,
        }
    }

    /// Of any text, for a model with a sigmoid of its own.
    pub fn of_sigmoid(probability: &Probability) -> Self {
        Self {
            scale: probability.scale.into(),
            bias: probability.bias.into(),
            by_global: true,
            levels: OF_SIGMOID,
        }
    }

    /// A logistic function of the score of a match, `scale` times it and `bias`.
    pub(crate) fn linear(scale: f64, bias: f64, levels: Levels) -> Self {
        Self {
            scale,
            bias,
            by_global: false,
            levels,
        }
    }

    /// The logit's factor and summand, for those who compute it elsewhere.
    pub fn logit(&self) -> [f64; 2] {
        [self.scale, self.bias]
    }

    /// From where on a match is called what.
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// How sure a match is, between 0 and 1, by its score and the patterns that the score is made of.
    pub fn of(&self, score: f32, patterns: &Patterns) -> f32 {
        let value = if self.by_global { patterns.gg } else { score };
        let logit = self.scale * f64::from(value) + self.bias;
        (1.0 / (1.0 + (-logit).exp())) as f32
    }

    /// The same in a word.
    pub fn word(&self, certainty: f32) -> Sure {
        match certainty {
            c if c >= self.levels.probably => Sure::Probably,
            c if c >= self.levels.perhaps => Sure::Perhaps,
            _ => Sure::Hardly,
        }
    }

    /// The score from which on matches are [`Sure::Perhaps`]; `None` where the score does not decide.
    pub fn least_score(&self) -> Option<f32> {
        let perhaps = f64::from(self.levels.perhaps);
        let logit = (perhaps / (1.0 - perhaps)).ln();
        (!self.by_global).then_some(((logit - self.bias) / self.scale) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the unit vectors (±1, 0, 0), (±1, 0, 0) and (0, ±1, 0), but for a rest.
    fn calibration() -> Calibration {
        let scale = |share: f32| share.sqrt() / 127.0;
        Calibration {
            spread: Spread {
                scales: vec![scale(2.0 / 3.0), scale(1.0 / 3.0)],
                directions: "7f0000007f00".into(),
                rest: 1e-4,
            },
            slope: 2.0,
            middle: 1.0,
            levels: Levels {
                probably: 0.7,
                perhaps: 0.3,
            },
        }
    }

    #[test]
    fn a_score_counts_by_the_spread_of_what_was_asked() {
        let calibration = calibration();
        calibration.check(3).unwrap();
        let spread = |vector: [f32; 3]| calibration.spread.of(&vector);
        assert!((spread([1.0, 0.0, 0.0]).powi(2) - 2.0 / 3.0 - 1e-4).abs() < 1e-6);
        assert!((spread([0.0, -1.0, 0.0]).powi(2) - 1.0 / 3.0 - 1e-4).abs() < 1e-6);
        assert!((spread([0.0, 0.0, 1.0]).powi(2) - 1e-4).abs() < 1e-6);
    }

    #[test]
    fn numbers_and_words_agree_with_the_least_score() {
        let certainty = Certainty {
            scale: 10.0,
            bias: -4.0,
            by_global: false,
            levels: calibration().levels,
        };
        let patterns = Patterns::default();
        let at = |score: f32| certainty.of(score, &patterns);
        assert_eq!(at(0.4), 0.5);
        let words = [0.3, 0.4, 0.5].map(|score| certainty.word(at(score)));
        assert_eq!(words, [Sure::Hardly, Sure::Perhaps, Sure::Probably]);
        let least = certainty.least_score().unwrap();
        assert!((at(least) - 0.3).abs() < 1e-6);

        let sigmoid = Certainty {
            by_global: true,
            ..certainty
        };
        assert_eq!(sigmoid.least_score(), None);
        let patterns = Patterns {
            gg: 0.4,
            ..patterns
        };
        assert_eq!(sigmoid.of(9.0, &patterns), 0.5);
    }

    #[test]
    fn damage_is_named() {
        let right = calibration();
        let mut short = right.clone();
        short.spread.directions.pop();
        let mut letters = right.clone();
        letters.spread.directions = "7f00zz007f00".into();
        let mut flat = right.clone();
        flat.slope = 0.0;
        let mut turned = right.clone();
        turned.levels.perhaps = 0.8;
        for wrong in [short, letters, flat, turned] {
            let error = wrong.check(3).unwrap_err();
            assert_eq!(error.code(), Code::PackageManifest, "{error}");
        }
    }
}
