//! Words that are taught by photos: products of groceries, told by a few photos each, named in others.
//!
//! What was to be chosen (how the features are projected, and how much the library's covariance counts) was chosen on
//! folds of the photos that teach; the photos that are reported took no part in it.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

use agff::index::words::{Taught, Word};
use agff::index::{Index, Precision};
use agff::{Agff, Embedding};
use agff_eval::data::{Part, read_rows};

use crate::Failed;
use crate::draw::Draw;
use crate::model::embed_parts;
use crate::numbers::{Bootstrap, Interval, Tally};
use crate::page::{interval, number};

/// Photos of each product that teach it; the last one is all.
const PHOTOS: [usize; 4] = [1, 3, 10, usize::MAX];

/// The share of photos that is to get its product's name with each of them, but for all.
const BARS: [f64; 3] = [0.34, 0.46, 0.58];

/// How often photos are drawn.
const DRAWS: u64 = 5;

/// Folds of the photos that teach.
const FOLDS: usize = 5;

/// Wrong photos that are said to be something else, in what is measured of that.
const CORRECTED: usize = 3;

/// A photo with its product.
struct Photo {
    id: String,
    product: usize,
    embedding: Embedding,
}

/// What was measured.
pub struct Lessons {
    photos: usize,
    products: usize,
    teachers: usize,
    /// For each of [`PHOTOS`]: the photos that get their product's name, and the share of those of the folds.
    named: Vec<(Tally, f64)>,
    /// The share of right ones among as many as there are, before and after wrong ones were said to be something else.
    corrected: [f64; 2],
    /// Of photos of a product among the first ten, taught by three and ten: the shares that are "probably", and at least
    /// "perhaps"; and of the best others, where there is none of the product.
    told: Vec<(usize, [f64; 2], [f64; 2])>,
}

/// Teaches products by photos of the folder `teachers`, and names those of `searched`; both have a `pairs.jsonl`.
///
/// # Errors
/// If something cannot be read.
pub fn measure(agff: &Agff, teachers: &Path, searched: &Path) -> Result<Lessons, Failed> {
    let mut products = Vec::new();
    let teachers = read(agff, teachers, &mut products)?;
    let known = products.len();
    let searched = read(agff, searched, &mut products)?;
    if products.len() > known {
        return Err("a product of the photos that are searched is not taught".into());
    }
    let texts: Vec<Part> = products.iter().map(Part::text).collect();
    let mut embedded = embed_parts(agff, &texts)?;
    let texts: Option<Vec<Embedding>> = texts.iter().map(|part| embedded.remove(part)).collect();
    let school = School {
        agff,
        names: &products,
        texts: &texts.ok_or("a product's name was not embedded")?,
    };
    let everyone: Vec<&Photo> = teachers.iter().collect();
    let asked: Vec<&Photo> = searched.iter().collect();
    let mut named = Vec::new();
    for count in PHOTOS {
        eprintln!("taught by {count} photos a product");
        let mut tally = Tally::new(asked.len());
        let mut folds = Tally::new(1);
        for draw in 0..draws(count) {
            let lesson = school.teach(&everyone, count, draw, &asked)?;
            for (unit, rank) in lesson.ranks(&asked).into_iter().enumerate() {
                tally.add(unit, rank);
            }
        }
        for fold in 0..FOLDS {
            let (some, rest) = fold_of(&teachers, fold);
            let lesson = school.teach(&rest, count, fold as u64, &some)?;
            lesson
                .ranks(&some)
                .into_iter()
                .for_each(|rank| folds.add(0, rank));
        }
        named.push((tally, folds.share(0)));
    }
    let mut told = Vec::new();
    for count in [3, 10] {
        let lesson = school.teach(&everyone, count, 0, &asked)?;
        told.push((count, lesson.told(&asked), lesson.told_of_others(&asked)));
    }
    Ok(Lessons {
        photos: asked.len(),
        products: products.len(),
        teachers: everyone.len(),
        named,
        corrected: school.teach(&everyone, 3, 0, &asked)?.corrected(&asked)?,
        told,
    })
}

impl Lessons {
    /// How many photos teach, what is to be reached with them, and what is.
    pub fn bars(&self) -> Vec<(usize, f64, Interval)> {
        let boot = Bootstrap::new(self.photos);
        let reached = PHOTOS.iter().zip(BARS).zip(&self.named);
        reached
            .map(|((&count, least), (tally, _))| (count, least, boot.recall(tally, 0)))
            .collect()
    }
}

fn draws(count: usize) -> u64 {
    match count {
        usize::MAX => 1,
        _ => DRAWS,
    }
}

/// The photos of a `pairs.jsonl`, with their products, which are added to `products`.
fn read(agff: &Agff, folder: &Path, products: &mut Vec<String>) -> Result<Vec<Photo>, Failed> {
    let rows = read_rows(&folder.join("pairs.jsonl"))?;
    let parts: Vec<Part> = rows.iter().map(|row| row.query.clone()).collect();
    let mut embeddings = embed_parts(agff, &parts)?;
    let mut photos = Vec::new();
    for row in rows {
        let label = row.label.ok_or("a photo has no product")?;
        let known = products.iter().position(|product| *product == label);
        let product = known.unwrap_or_else(|| {
            products.push(label);
            products.len() - 1
        });
        let image = row.query.image.as_ref().ok_or("a row has no photo")?;
        let id = image.display().to_string();
        let embedding = embeddings.remove(&row.query).ok_or("a photo comes twice")?;
        photos.push(Photo {
            id,
            product,
            embedding,
        });
    }
    Ok(photos)
}

/// The photos of a fold and the others: photos of a product that were taken one after the other stay together.
fn fold_of(photos: &[Photo], fold: usize) -> (Vec<&Photo>, Vec<&Photo>) {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    photos
        .iter()
        .for_each(|photo| *counts.entry(photo.product).or_default() += 1);
    let mut seen: HashMap<usize, usize> = HashMap::new();
    photos.iter().partition(|photo| {
        let at = seen.entry(photo.product).or_default();
        *at += 1;
        (*at - 1) * FOLDS / counts[&photo.product] == fold
    })
}

/// Who teaches.
struct School<'a> {
    agff: &'a Agff,
    names: &'a [String],
    /// The names as texts.
    texts: &'a [Embedding],
}

/// Products as they were taught once.
struct Lesson<'a> {
    school: &'a School<'a>,
    index: Index,
    words: Vec<Word>,
    taught: Vec<Taught>,
}

impl School<'_> {
    /// Teaches every product by so many photos of `teachers`. The library has these, and those that are searched.
    fn teach(
        &self,
        teachers: &[&Photo],
        count: usize,
        draw: u64,
        searched: &[&Photo],
    ) -> Result<Lesson<'_>, Failed> {
        let info = self.agff.manifest();
        let first = searched.first().ok_or("there is no photo")?;
        let (views, dimensions) = (first.embedding.views.clone(), first.embedding.dimensions);
        let mut index = Index::new(views, dimensions, info.fusion, Precision::F32)?;
        for photo in searched {
            index.add(&photo.id, &photo.embedding)?;
        }
        let mut words = Vec::new();
        for (product, name) in self.names.iter().enumerate() {
            let mut own: Vec<&&Photo> = teachers
                .iter()
                .filter(|photo| photo.product == product)
                .collect();
            Draw::new("teachers", &[draw, product as u64]).shuffle(&mut own);
            let mut word = Word::new(name)?;
            for photo in own.into_iter().take(count) {
                index.add(&photo.id, &photo.embedding)?;
                word.teach(&photo.id, photo.embedding.view(0));
            }
            words.push(word);
        }
        let background = index.background().ok_or("there is no photo")?;
        let taught: Result<_, _> = words.iter().map(|word| background.query(word)).collect();
        Ok(Lesson {
            school: self,
            index,
            words,
            taught: taught?,
        })
    }
}

impl Lesson<'_> {
    /// How much of a product a photo has: as in a search for it.
    fn score(&self, product: usize, photo: &Photo) -> f64 {
        let taught = &self.taught[product];
        let text = self
            .school
            .agff
            .similarity(&self.school.texts[product], &photo.embedding);
        let text = text.map_or(f64::NAN, |found| f64::from(found.score));
        score(taught, photo) + f64::from(taught.text) * text
    }

    /// For each photo, how many products are at least as likely as its own.
    fn ranks(&self, photos: &[&Photo]) -> Vec<usize> {
        use rayon::prelude::*;
        let rank = |photo: &&Photo| {
            let scores: Vec<f64> = (0..self.taught.len())
                .map(|product| {
                    // In units of the library's deviation, in which words can be compared.
                    f64::from(self.taught[product].strength) * self.score(product, photo)
                })
                .collect();
            let own = scores[photo.product];
            scores.iter().filter(|&&score| score >= own).count()
        };
        photos.par_iter().map(rank).collect()
    }

    /// The photos, best first for a product.
    fn ranked<'p>(&self, product: usize, photos: &[&'p Photo]) -> Vec<&'p Photo> {
        let scored = photos
            .iter()
            .map(|photo| (self.score(product, photo), *photo));
        let mut scored: Vec<(f64, &Photo)> = scored.collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, photo)| photo).collect()
    }

    /// The share of right photos among as many as there are, before and after the best wrong ones were said to be
    /// something else.
    fn corrected(mut self, photos: &[&Photo]) -> Result<[f64; 2], Failed> {
        let share = |lesson: &Lesson<'_>, left_out: &[Vec<String>]| {
            let (mut right, mut all) = (0, 0);
            for (product, left_out) in left_out.iter().enumerate() {
                let there = photos.iter().filter(|p| p.product == product).count();
                let shown = lesson.ranked(product, photos);
                let shown = shown.iter().filter(|p| !left_out.contains(&p.id));
                right += shown.take(there).filter(|p| p.product == product).count();
                all += there;
            }
            right as f64 / all as f64
        };
        let mut wrong = Vec::new();
        for product in 0..self.taught.len() {
            let shown = self.ranked(product, photos).into_iter();
            let others = shown.filter(|photo| photo.product != product);
            wrong.push(
                others
                    .take(CORRECTED)
                    .map(|p| p.id.clone())
                    .collect::<Vec<_>>(),
            );
        }
        // Those that were said to be wrong do not count in either.
        let before = share(&self, &wrong);
        let background = self.index.background().ok_or("there is no photo")?;
        for ((word, taught), ids) in self.words.iter_mut().zip(&mut self.taught).zip(&wrong) {
            for photo in photos.iter().filter(|photo| ids.contains(&photo.id)) {
                word.correct(&photo.id, photo.embedding.view(0));
            }
            *taught = background.query(word)?;
        }
        Ok([before, share(&self, &wrong)])
    }

    /// Of right photos among the first ten of their product, the shares that are "probably", and at least "perhaps".
    fn told(&self, photos: &[&Photo]) -> [f64; 2] {
        let mut found = Vec::new();
        for product in 0..self.taught.len() {
            let first = self.ranked(product, photos).into_iter().take(10);
            let right = first.filter(|photo| photo.product == product);
            found.extend(right.map(|photo| self.certainty(product, photo)));
        }
        self.shares(&found)
    }

    /// Of the best photos for each product if there were none of it.
    fn told_of_others(&self, photos: &[&Photo]) -> [f64; 2] {
        let best = (0..self.taught.len()).filter_map(|product| {
            let shown = self.ranked(product, photos).into_iter();
            let best = shown.into_iter().find(|photo| photo.product != product)?;
            Some(self.certainty(product, best))
        });
        self.shares(&best.collect::<Vec<_>>())
    }

    fn certainty(&self, product: usize, photo: &Photo) -> f32 {
        let taught = &self.taught[product];
        let cosine = dot(&taught.embedding.values, photo.embedding.view(0));
        taught
            .certainty
            .of(cosine as f32, &agff::Patterns::default())
    }

    fn shares(&self, certainties: &[f32]) -> [f64; 2] {
        let levels = self.taught[0].certainty.levels();
        [levels.probably, levels.perhaps].map(|least| {
            let there = certainties.iter().filter(|&&c| c >= least).count();
            there as f64 / certainties.len() as f64
        })
    }
}

/// 0 for the library's mean, 1 for that of the word's photos.
fn score(taught: &Taught, photo: &Photo) -> f64 {
    let cosine = dot(&taught.embedding.values, photo.embedding.view(0));
    f64::from(taught.weight) * cosine + f64::from(taught.offset)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

/// The section of the document.
pub fn text(lessons: Option<&Lessons>) -> String {
    let mut text = String::from("### Words taught by photos\n\n");
    let Some(lessons) = lessons else {
        return text
            + "Left out in this run: `make eval-photos GROCERIES=FILE.tar TEACHERS=FILE.tar` teaches words by photos of groceries\n\
               ([data.md](data.md)).\n\n";
    };
    let boot = Bootstrap::new(lessons.photos);
    let _ = write!(
        text,
        "Each of {} products is taught by some of {} photos of the training part of *groceries*, and the {} photos of its validation\n\
         part get the name of one (`agff index teach`; the library has these and those that teach). Mean of {DRAWS} draws, with the\n\
         interval over photos; the last column is of folds of the training part, on which the constants were chosen. It flatters:\n\
         its photos are of the same shelves.\n\n\
         | photos a product | named right, % | among the first five | folds |\n|---:|---|---|---|\n",
        lessons.products, lessons.teachers, lessons.photos,
    );
    for (count, (tally, folds)) in PHOTOS.iter().zip(&lessons.named) {
        let count = match *count {
            usize::MAX => "all".to_owned(),
            count => count.to_string(),
        };
        let [first, five] = [0, 1].map(|k| interval(boot.recall(tally, k)));
        let _ = writeln!(text, "| {count} | {first} | {five} | {} |", number(*folds));
    }
    let [before, after] = lessons.corrected.map(number);
    let _ = write!(
        text,
        "\nTaught by three, {before} % of as many photos as show a product are right, without the {CORRECTED} best wrong ones; after these\n\
         were said to be something else, {after} %.\n\n\
         | photos a product | right ones among the first ten: probably, perhaps | the best, where no photo shows it: probably, perhaps |\n\
         |---:|---|---|\n",
    );
    for (count, right, others) in &lessons.told {
        let [right, others] =
            [right, others].map(|of| of.map(|x| format!("{} %", number(x))).join(", "));
        let _ = writeln!(text, "| {count} | {right} | {others} |");
    }
    text + "\nProducts of a shelf look alike, so that this is the hardest case: there the best photo of another product is often one of\n\
            nearly the same. What was known before is as it was, since a word that was taught changes no other one.\n\n"
}
