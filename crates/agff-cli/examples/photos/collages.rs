//! A caption finds the collage with its stamp.

use std::path::Path;

use agff::{Agff, Embedding};
use rayon::prelude::*;

use crate::Failed;
use crate::collage::Studio;
use crate::draw::Draw;
use crate::model::{Grid, embed, picture};
use crate::numbers::Tally;
use crate::singles::{Embeddings, FUSION};
use crate::stamps::Stamp;
use crate::ways::{MEANING, Way, fused, similarities, with_views};

/// How many things are in a collage.
pub const NUMBERS: [usize; 5] = [1, 2, 3, 4, 6];

/// Temperatures of the fusion that are compared.
pub const TEMPERATURES: [f32; 4] = [0.02 * MEANING, FUSION, 0.1 * MEANING, 0.2 * MEANING];

/// A way to compare, with the regions of one grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Which grid.
    pub grid: usize,
    /// Which way.
    pub way: Way,
}

/// What the captions found among collages.
pub struct Found {
    /// For each of [`NUMBERS`] and each column.
    tallies: Vec<Vec<Tally>>,
    columns: Vec<Column>,
    /// Collages that were made, for each of [`NUMBERS`].
    pub collages: [usize; NUMBERS.len()],
}

impl Found {
    /// With so many things in a collage.
    pub fn of(&self, number: usize, column: Column) -> &Tally {
        let row = NUMBERS.iter().position(|n| *n == number);
        let at = self.columns.iter().position(|c| *c == column);
        // Both are constants of this program.
        &self.tallies[row.expect("a number that was made")][at.expect("a column that was counted")]
    }

    /// All numbers together.
    pub fn all(&self, column: Column) -> Tally {
        let mut all = self.of(NUMBERS[0], column).clone();
        for number in &NUMBERS[1..] {
            all.merge(self.of(*number, column));
        }
        all
    }
}

/// The stamps that collages are made of, and the model that sees them.
pub struct Search<'a> {
    agff: &'a Agff,
    studio: Studio,
    /// The distinct captions, and which one each stamp has.
    captions: Vec<&'a Embedding>,
    caption_of: Vec<usize>,
    grids: &'a [Grid],
    /// The grid that the package has.
    own: usize,
}

impl<'a> Search<'a> {
    /// `texts` has the stamps' captions.
    ///
    /// # Errors
    /// If a picture cannot be read.
    pub fn new(
        agff: &'a Agff,
        backgrounds: &Path,
        stamps: &[&Stamp],
        texts: &'a Embeddings,
        grids: &'a [Grid],
        own: usize,
    ) -> Result<Self, Failed> {
        let mut names: Vec<&str> = Vec::new();
        let mut caption_of = Vec::new();
        for stamp in stamps {
            let known = names.iter().position(|name| *name == stamp.caption);
            caption_of.push(known.unwrap_or(names.len()));
            if known.is_none() {
                names.push(&stamp.caption);
            }
        }
        let text = |name: &&str| &texts[&agff_eval::data::Part::text(*name)];
        Ok(Self {
            agff,
            studio: Studio::new(backgrounds, stamps)?,
            captions: names.iter().map(text).collect(),
            caption_of,
            grids,
            own,
        })
    }

    /// Makes collages for every number of things, `threes` seeds with three of them and `others` of each other
    /// number, and searches them.
    ///
    /// # Errors
    /// Of embedding.
    pub fn run(&self, threes: u64, others: u64, columns: &[Column]) -> Result<Found, Failed> {
        let nothing = vec![Tally::new(self.captions.len()); columns.len()];
        let mut found = Found {
            tallies: vec![nothing; NUMBERS.len()],
            columns: columns.to_vec(),
            collages: [0; NUMBERS.len()],
        };
        for (row, number) in NUMBERS.into_iter().enumerate() {
            let seeds = if number == 3 { threes } else { others };
            for seed in 0..seeds {
                eprintln!("collages of {number}, seed {seed}");
                self.pool(seed, number, columns, &mut found.tallies[row])?;
                found.collages[row] += self.caption_of.len();
            }
        }
        Ok(found)
    }

    /// One collage for each stamp, with others of the half: each caption of a collage asks for it among all of them.
    /// Other collages with the same caption are left out.
    fn pool(
        &self,
        seed: u64,
        number: usize,
        columns: &[Column],
        tallies: &mut [Tally],
    ) -> Result<(), Failed> {
        let stamps = self.caption_of.len();
        let numbers = [seed, number as u64];
        let mut draw = Draw::new("plan", &numbers);
        let plan: Vec<Vec<usize>> = (0..stamps)
            .map(|first| {
                let mut members = vec![first];
                while members.len() < number {
                    let next = draw.below(stamps);
                    // Each caption once.
                    let caption = |stamp: usize| self.caption_of[stamp];
                    if members.iter().all(|&other| caption(other) != caption(next)) {
                        members.push(next);
                    }
                }
                draw.shuffle(&mut members);
                members
            })
            .collect();
        let places: Vec<usize> = (0..stamps).collect();
        let pictures = embed(self.agff, &places, |&place| {
            let mut draw = Draw::new("collage", &[seed, number as u64, place as u64]);
            Ok(picture(self.studio.collage(&mut draw, &plan[place])?))
        })?;
        let own: Vec<Embedding> = pictures
            .iter()
            .map(|picture| with_views(picture, &self.grids[self.own].views))
            .collect();
        let captions: Vec<usize> = (0..self.captions.len()).collect();
        let ranks: Vec<Vec<(usize, usize)>> = captions
            .par_iter()
            .map(|&caption| {
                let has =
                    |members: &Vec<usize>| members.iter().any(|&s| self.caption_of[s] == caption);
                let has: Vec<bool> = plan.iter().map(has).collect();
                let query = self.captions[caption];
                let alike: Vec<Vec<f64>> =
                    pictures.iter().map(|p| similarities(query, p)).collect();
                let scores = |column: &Column| -> Result<Vec<f64>, Failed> {
                    if *column == self.package_column() {
                        let score = |picture| Ok(fused(query, picture, FUSION)?);
                        return own.iter().map(score).collect();
                    }
                    let views = &self.grids[column.grid].views;
                    let of = |alike: &Vec<f64>| -> Vec<f64> {
                        views.iter().map(|&v| alike[v]).collect()
                    };
                    Ok(alike
                        .iter()
                        .map(|alike| column.way.score(&of(alike)))
                        .collect())
                };
                let mut ranks = Vec::new();
                for (i, column) in columns.iter().enumerate() {
                    let scores = scores(column)?;
                    for right in (0..plan.len()).filter(|&place| has[place]) {
                        let before = (0..plan.len())
                            .filter(|&other| !has[other] && scores[other] >= scores[right])
                            .count();
                        ranks.push((i, 1 + before));
                    }
                }
                Ok(ranks)
            })
            .collect::<Result<_, Failed>>()?;
        for (caption, ranks) in ranks.into_iter().enumerate() {
            for (column, rank) in ranks {
                tallies[column].add(caption, rank);
            }
        }
        Ok(())
    }

    /// The package's own regions and fusion, for which the library is asked.
    pub fn package_column(&self) -> Column {
        Column {
            grid: self.own,
            way: Way::Patterns(FUSION),
        }
    }
}
