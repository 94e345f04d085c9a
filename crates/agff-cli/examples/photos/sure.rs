//! Whether the model knows when it has found nothing: captions against texts that no picture shows.

use std::collections::BTreeMap;

use agff::{Agff, Embedding, Sure};
use agff_eval::data::Part;
use agff_eval::{Rate, wilson};
use sha2::{Digest, Sha256};

use crate::Failed;
use crate::draw::Draw;
use crate::model::embed_parts;
use crate::numbers::{Interval, RESAMPLES};
use crate::singles::{Asking, Embeddings};
use crate::stamps::Half;

/// Texts by kind: things that no stamp shows, phrases that no photo could show, and letters without sense. Written
/// before anything was fitted to them.
const NOTHING: &str = include_str!("nothing.json");

/// Texts with nothing to be found, in all.
pub const COUNT: usize = 200;

/// A right picture counts that is among so many.
const FIRST: usize = 10;

/// What a query found.
struct Asked {
    /// The score of the best picture.
    best: f64,
    /// Its certainty, and that of the right picture if that is among the first [`FIRST`].
    certain: f64,
    right: Option<f64>,
    /// The score of the right picture.
    right_score: f64,
    /// What kind of nothing; empty for captions.
    kind: String,
}

/// Captions and texts without a picture of one half.
pub struct Queries {
    captions: Vec<Asked>,
    nothing: Vec<Asked>,
}

/// Measured on the two halves, the reported one first.
pub struct Certain {
    halves: [Queries; 2],
    probably: f64,
    /// The package's slope and middle.
    logistic: [f64; 2],
}

/// The half of a text without a picture: the first bit of its sha256.
fn half(text: &str) -> Half {
    match Sha256::digest(text)[0] >> 7 {
        0 => Half::Choosing,
        _ => Half::Reported,
    }
}

/// Asks for everything.
///
/// # Errors
/// If a text cannot be embedded, or the model does not say how sure it is.
pub fn measure(
    agff: &Agff,
    asking: &[Asking; 2],
    embeddings: &Embeddings,
) -> Result<Certain, Failed> {
    let kinds: BTreeMap<String, Vec<String>> = serde_json::from_str(NOTHING)?;
    let nothing: Vec<(&str, &str)> = kinds
        .iter()
        .flat_map(|(kind, texts)| texts.iter().map(|text| (kind.as_str(), text.as_str())))
        .collect();
    if nothing.len() != COUNT {
        return Err(format!(
            "there are {} texts without a picture, not {COUNT}",
            nothing.len()
        )
        .into());
    }
    let parts: Vec<Part> = nothing.iter().map(|(_, text)| Part::text(*text)).collect();
    let texts = embed_parts(agff, &parts)?;
    let calibration = agff.manifest().certainty.as_ref();
    let calibration = calibration.ok_or("the model does not say how sure it is")?;
    let of = |asking: &Asking, half_of: Half| -> Result<Queries, Failed> {
        let pictures = asking.labelled();
        let captions = asking.captions();
        let captions = captions.into_iter().map(|caption| {
            let query = &embeddings[&Part::text(caption)];
            ask(agff, query, Some(caption), "", &pictures, embeddings)
        });
        let nothing = nothing.iter().filter(|(_, text)| half(text) == half_of);
        let nothing = nothing.map(|(kind, text)| {
            let query = &texts[&Part::text(*text)];
            ask(agff, query, None, kind, &pictures, embeddings)
        });
        Ok(Queries {
            captions: captions.collect::<Result<_, _>>()?,
            nothing: nothing.collect::<Result<_, _>>()?,
        })
    };
    Ok(Certain {
        halves: [
            of(&asking[0], Half::Reported)?,
            of(&asking[1], Half::Choosing)?,
        ],
        probably: calibration.levels.probably.into(),
        logistic: [calibration.slope.into(), calibration.middle.into()],
    })
}

fn ask(
    agff: &Agff,
    query: &Embedding,
    caption: Option<&str>,
    kind: &str,
    pictures: &[(&Part, &str)],
    embeddings: &Embeddings,
) -> Result<Asked, Failed> {
    let certainty = agff
        .manifest()
        .certainty_of(query)
        .ok_or("a text without a certainty")?;
    let mut found = Vec::with_capacity(pictures.len());
    for (part, label) in pictures {
        let similarity = agff.similarity(query, &embeddings[*part])?;
        found.push((similarity, Some(*label) == caption));
    }
    found.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
    let number = |i: usize| f64::from(certainty.of(found[i].0.score, &found[i].0.patterns));
    let place = found.iter().position(|(_, right)| *right);
    Ok(Asked {
        best: found[0].0.score.into(),
        certain: number(0),
        right: place.filter(|&place| place < FIRST).map(number),
        right_score: place.map_or(f64::NAN, |place| found[place].0.score.into()),
        kind: kind.to_owned(),
    })
}

impl Queries {
    /// Right pictures among the first, by what is read of them.
    fn right(&self, read: impl Fn(&Asked) -> f64) -> Vec<f64> {
        let found = self.captions.iter().filter(|asked| asked.right.is_some());
        found.map(read).collect()
    }

    fn nothing(&self, read: impl Fn(&Asked) -> f64) -> Vec<f64> {
        self.nothing.iter().map(read).collect()
    }

    /// What at least this share of the texts without a picture stays below.
    fn threshold(&self, share: f64, read: impl Fn(&Asked) -> f64) -> f64 {
        let mut all = self.nothing(read);
        all.sort_unstable_by(f64::total_cmp);
        all[(share * (all.len() - 1) as f64).ceil() as usize]
    }
}

fn above(values: &[f64], threshold: f64) -> Rate {
    wilson(
        values.iter().filter(|&&v| v > threshold).count(),
        values.len(),
    )
}

fn below(values: &[f64], threshold: f64) -> Rate {
    wilson(
        values.iter().filter(|&&v| v <= threshold).count(),
        values.len(),
    )
}

/// How often one of the first is larger than one of the second (the area under the ROC curve).
fn area(first: &[f64], second: &[f64]) -> f64 {
    let wins = |a: f64| -> f64 {
        let one = |&b: &f64| f64::from(u8::from(a > b)) + 0.5 * f64::from(u8::from(a == b));
        second.iter().map(one).sum()
    };
    first.iter().map(|&a| wins(a)).sum::<f64>() / (first.len() * second.len()) as f64
}

/// The same with its interval: both lists are drawn anew.
fn area_interval(first: &[f64], second: &[f64]) -> Interval {
    let mut draw = Draw::new("area", &[first.len() as u64, second.len() as u64]);
    let mut again = |list: &[f64]| -> Vec<f64> {
        (0..list.len())
            .map(|_| list[draw.below(list.len())])
            .collect()
    };
    let mut drawn: Vec<f64> = (0..RESAMPLES)
        .map(|_| area(&again(first), &again(second)))
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| drawn[(share * (drawn.len() - 1) as f64).round() as usize];
    Interval {
        value: area(first, second),
        low: at(0.025),
        high: at(0.975),
    }
}

impl Certain {
    /// Of the right pictures among the first ten of the reported half, those that are called [`Sure::Probably`].
    pub fn kept(&self) -> Rate {
        let right = self.halves[0].right(|asked| asked.right.unwrap_or_default());
        wilson(
            right.iter().filter(|&&c| c >= self.probably).count(),
            right.len(),
        )
    }

    /// Of the reported half's texts without a picture, those of which no picture is called so.
    pub fn refused(&self) -> Rate {
        let nothing = self.halves[0].nothing(|asked| asked.certain);
        wilson(
            nothing.iter().filter(|&&c| c < self.probably).count(),
            nothing.len(),
        )
    }

    /// How often the best picture of a caption that found its own is more certain than that of a text without one.
    pub fn area(&self) -> Interval {
        let [reported, _] = &self.halves;
        area_interval(
            &reported.right(|asked| asked.certain),
            &reported.nothing(|asked| asked.certain),
        )
    }

    /// The same with all captions, found or not.
    pub fn area_of_all(&self) -> Interval {
        let [reported, _] = &self.halves;
        let all: Vec<f64> = reported
            .captions
            .iter()
            .map(|asked| asked.certain)
            .collect();
        area_interval(&all, &reported.nothing(|asked| asked.certain))
    }

    /// Both by the score alone, without a calibration.
    pub fn uncalibrated(&self) -> (Rate, Rate, Interval) {
        let [reported, choosing] = &self.halves;
        let threshold = choosing.threshold(0.9, |asked| asked.best);
        (
            above(&reported.right(|asked| asked.right_score), threshold),
            below(&reported.nothing(|asked| asked.best), threshold),
            area_interval(
                &reported.right(|asked| asked.best),
                &reported.nothing(|asked| asked.best),
            ),
        )
    }

    /// The shares that stay below thresholds that are chosen on the choosing half.
    pub fn curve(&self) -> Vec<Point> {
        let [reported, choosing] = &self.halves;
        [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
            .into_iter()
            .map(|share| {
                let threshold = choosing.threshold(share, |asked| asked.certain);
                let right = |half: &Queries| half.right(|asked| asked.right.unwrap_or_default());
                Point {
                    share,
                    threshold,
                    refused: below(&reported.nothing(|asked| asked.certain), threshold),
                    kept: above(&right(reported), threshold),
                    kept_choosing: above(&right(choosing), threshold),
                }
            })
            .collect()
    }

    /// Of each kind of text without a picture, the share of which no picture is called [`Sure::Probably`].
    pub fn kinds(&self) -> Vec<(String, Rate)> {
        let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for asked in &self.halves[0].nothing {
            kinds.entry(&asked.kind).or_default().push(asked.certain);
        }
        let rate = |of: &[f64]| wilson(of.iter().filter(|&&c| c < self.probably).count(), of.len());
        kinds
            .into_iter()
            .map(|(kind, of)| (kind.to_owned(), rate(&of)))
            .collect()
    }

    /// The fit on the choosing half: slope and middle of the logistic function over scores by their spread, with both
    /// kinds of queries weighing the same. What `agff-photo` has as constants.
    pub fn fit(&self) -> (f64, f64) {
        let [_, choosing] = &self.halves;
        let [slope, middle] = self.logistic;
        // The scores by their spread, from what the package made of them.
        let quotient = |certain: f64| (certain / (1.0 - certain)).ln() / slope + middle;
        let right = choosing.right(|asked| quotient(asked.right.unwrap_or_default()));
        let nothing = choosing.nothing(|asked| quotient(asked.certain));
        logistic(&right, &nothing)
    }
}

/// Slope and middle of the logistic regression that tells the first from the second, both weighing the same.
fn logistic(first: &[f64], second: &[f64]) -> (f64, f64) {
    let rows = |list: &[f64], y: f64| -> Vec<(f64, f64, f64)> {
        list.iter()
            .map(|&x| (x, y, 0.5 / list.len() as f64))
            .collect()
    };
    let rows = [rows(first, 1.0), rows(second, 0.0)].concat();
    let (mut slope, mut bias) = (0.0, 0.0);
    // Newton's method; the problem is convex.
    for _ in 0..100 {
        let (mut gradient, mut hessian) = ([0.0; 2], [0.0; 3]);
        for &(x, y, weight) in &rows {
            let p = 1.0 / (1.0 + (-(slope * x + bias)).exp());
            let (error, curve) = (weight * (p - y), weight * p * (1.0 - p));
            gradient = [gradient[0] + error * x, gradient[1] + error];
            hessian = [
                hessian[0] + curve * x * x,
                hessian[1] + curve * x,
                hessian[2] + curve,
            ];
        }
        let [xx, x, one] = hessian;
        let determinant = xx * one - x * x;
        slope -= (one * gradient[0] - x * gradient[1]) / determinant;
        bias -= (xx * gradient[1] - x * gradient[0]) / determinant;
    }
    (slope, -bias / slope)
}

/// A place on the curve.
pub struct Point {
    /// The share of the choosing half's texts without a picture that stay below.
    pub share: f64,
    /// The certainty that they stay below.
    pub threshold: f64,
    /// The same share of the reported half.
    pub refused: Rate,
    /// The share of the right pictures that stay above.
    pub kept: Rate,
    /// The same of the choosing half.
    pub kept_choosing: Rate,
}

/// In words.
pub fn text(certain: &Certain) -> String {
    let (slope, middle) = certain.fit();
    use std::fmt::Write;
    let percent = |rate: Rate| {
        format!(
            "{:.0} [{:.0}, {:.0}]",
            100.0 * rate.value,
            100.0 * rate.low,
            100.0 * rate.high
        )
    };
    let area = |of: Interval| format!("{:.3} [{:.3}, {:.3}]", of.value, of.low, of.high);
    let mut text = format!(
        "### Sure or not\n\n\
         {COUNT} texts ask for nothing that is there: things that no stamp shows, phrases that no photo could show, and letters without\n\
         sense; they were written before anything was fitted. The first bit of a text's sha256 tells its half. Thresholds are those that a share\n\
         of the choosing half's texts stays below; the rest is of the reported half. *Kept* are right pictures among the first {FIRST} that stay\n\
         above. \"{}\" begins at {:.2}. Intervals of shares are Wilson's.\n\n\
         | nothing refused, choosing half | certainty | nothing refused, % | right kept, % | right kept, choosing half |\n|---|---|---|---|---|\n",
        Sure::Probably.as_str(),
        certain.probably,
    );
    for point in certain.curve() {
        let _ = writeln!(
            text,
            "| {:.0} | {:.2} | {} | {} | {:.0} |",
            100.0 * point.share,
            point.threshold,
            percent(point.refused),
            percent(point.kept),
            100.0 * point.kept_choosing.value
        );
    }
    let kinds = certain.kinds();
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(kind, rate)| format!("{kind} {}", percent(rate)))
        .collect();
    let (kept, refused, raw) = certain.uncalibrated();
    let _ = write!(
        text,
        "\nRefused at that level, by kind: {}.\n\n\
         A caption that found its picture has a more certain best picture than a text without one in {} of all pairs (the area under the ROC\n\
         curve); with all captions, found or not, {}. By the score alone, without a calibration, {} % are kept where {} % are refused, and the area\n\
         is {}.\n\n\
         The logistic regression on the choosing half gives the slope {slope:.2} and the middle {middle:.2}.\n\n",
        kinds.join(", "),
        area(certain.area()),
        area(certain.area_of_all()),
        percent(kept),
        percent(refused),
        area(raw),
    );
    text
}
