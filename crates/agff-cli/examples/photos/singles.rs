//! A caption finds its picture: the stamps one by one.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use agff::{Agff, Embedding};
use agff_eval::data::{Part, Row, Searched};
use agff_eval::retrieval::{Pool, Report, search};
use rayon::prelude::*;
use serde_json::Value;

use crate::Failed;
use crate::numbers::{PLACES, Tally};
use crate::stamps::{Half, Stamp};
use crate::ways::{MEANING, Way, fused, similarities};

/// τ of the package's own fusion, which is 0.05 for cosines with what photos show.
pub const FUSION: f32 = 0.05 * MEANING;

/// Most that this program's fused similarity may differ from the library's.
const ROUNDING: f64 = 1e-6;

/// Embeddings of everything that is asked and searched.
pub type Embeddings = HashMap<Part, Embedding>;

/// The stamps of one half ask with their captions, and all pictures are searched. A picture with the same caption
/// is right as well.
pub struct Asking {
    rows: Vec<Row>,
    searched: Vec<Searched>,
}

impl Asking {
    /// Who asks.
    pub fn new(stamps: &[Stamp], half: Half) -> Self {
        let (rows, searched): (Vec<&Stamp>, Vec<&Stamp>) =
            stamps.iter().partition(|stamp| stamp.half == half);
        Self {
            rows: rows
                .into_iter()
                .map(|stamp| Row {
                    query: Part::text(&stamp.caption),
                    positive: Part::image(&stamp.path),
                    label: Some(stamp.caption.clone()),
                    ..Row::default()
                })
                .collect(),
            searched: searched
                .into_iter()
                .map(|stamp| Searched {
                    positive: Part::image(&stamp.path),
                    label: Some(stamp.caption.clone()),
                })
                .collect(),
        }
    }

    /// The distinct captions and pictures.
    pub fn parts(&self) -> Vec<Part> {
        let rows = self.rows.iter().flat_map(|row| [&row.query, &row.positive]);
        let searched = self.searched.iter().map(|searched| &searched.positive);
        let mut seen = HashSet::new();
        rows.chain(searched)
            .filter(|part| seen.insert(*part))
            .cloned()
            .collect()
    }

    /// What chance would recall at [`PLACES`].
    pub fn chance(&self, embeddings: &Embeddings) -> [f64; 3] {
        let pool = self.pool();
        let found = search(&pool, |part| embeddings.get(part), |_, _| 0.0);
        let chance = Report::new(&pool, &found).chance;
        [chance.recall_at_1, chance.recall_at_5, chance.recall_at_10]
    }

    /// Stamps that ask, and pictures that are searched.
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.rows.len() + self.searched.len())
    }

    /// All pictures, each with its caption.
    pub fn labelled(&self) -> Vec<(&Part, &str)> {
        let rows = self.rows.iter().map(|row| (&row.positive, &row.label));
        let searched = self.searched.iter();
        let searched = searched.map(|searched| (&searched.positive, &searched.label));
        rows.chain(searched)
            .map(|(part, label)| (part, label.as_deref().unwrap_or_default()))
            .collect()
    }

    /// The distinct captions that ask, in their order.
    pub fn captions(&self) -> Vec<&str> {
        let queries = self.pool().queries;
        queries
            .into_iter()
            .flat_map(|q| q.text.as_deref())
            .collect()
    }

    /// How many stamps that ask have each of the distinct captions.
    pub fn stamps_of_captions(&self) -> Vec<usize> {
        let of = |caption: &str| {
            let same = |row: &&Row| row.label.as_deref() == Some(caption);
            self.rows.iter().filter(same).count()
        };
        self.captions().into_iter().map(of).collect()
    }

    /// What every distinct caption finds when `score` compares.
    pub fn find(
        &self,
        embeddings: &Embeddings,
        score: impl Fn(&Embedding, &Embedding) -> f64 + Sync,
    ) -> Tally {
        let found = search(
            &self.pool(),
            |part| embeddings.get(part),
            |query, target| score(query, target) as f32,
        );
        let ranks = found
            .iter()
            .map(|found| found.map_or(usize::MAX, |f| f.rank));
        Tally::of_ranks(ranks)
    }

    /// The same, by the way of that name.
    pub fn find_by(&self, embeddings: &Embeddings, way: Way) -> Tally {
        self.find(embeddings, |query, target| {
            way.score(&similarities(query, target))
        })
    }

    /// The same, by the model's own fused similarity.
    pub fn find_fused(&self, agff: &Agff, embeddings: &Embeddings) -> Tally {
        // Embeddings of one model: nothing can be wrong with them.
        self.find(embeddings, |query, target| {
            let similarity = agff.similarity(query, target);
            similarity.map_or(f64::NAN, |found| f64::from(found.score))
        })
    }

    /// The largest difference between the library's fused similarity and this program's.
    ///
    /// # Errors
    /// If it is more than rounding.
    pub fn check_fusion(&self, embeddings: &Embeddings) -> Result<f64, Failed> {
        let pool = self.pool();
        let apart = pool
            .queries
            .par_iter()
            .map(|query| {
                let query = &embeddings[*query];
                let mut most = 0.0_f64;
                for target in &pool.targets {
                    let target = &embeddings[*target];
                    let own = Way::Patterns(FUSION).score(&similarities(query, target));
                    most = most.max((own - fused(query, target, FUSION)?).abs());
                }
                Ok(most)
            })
            .collect::<Result<Vec<f64>, Failed>>()?;
        let most = apart.into_iter().fold(0.0, f64::max);
        match most < ROUNDING {
            true => Ok(most),
            false => Err(format!("the fused similarity is {most:.1e} from the library's").into()),
        }
    }

    /// Writes it as `agff eval` reads it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failed> {
        let rows = self.rows.iter().map(serde_json::to_string);
        let lines: Vec<String> = rows
            .chain(self.searched.iter().map(serde_json::to_string))
            .collect::<Result<_, _>>()?;
        Ok(fs::write(path, lines.join("\n") + "\n")?)
    }

    fn pool(&self) -> Pool<'_> {
        Pool::with_searched(&self.rows, &self.searched)
    }
}

/// Runs `agff eval` on the rows and compares its counts with those of this program, fused and global.
///
/// # Errors
/// If it cannot be run, or one count is another.
pub fn check_command(
    agff: &Path,
    rows: &Path,
    model: &Path,
    fused: &Tally,
    global: &Tally,
) -> Result<(), Failed> {
    let output = Command::new(agff)
        .arg("eval")
        .arg(rows)
        .arg("--model")
        .arg(model)
        .args(["--device", "cpu", "--view", "fused,global", "--json"])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`agff eval` failed: {}", output.status).into());
    }
    let object: Value = serde_json::from_slice(&output.stdout)?;
    for (name, column, tally) in [
        ("fused", &object, fused),
        ("global", &object["others"][0], global),
    ] {
        let report = &column["retrieval"][0]["query_to_positive"];
        for (k, place) in PLACES.into_iter().enumerate() {
            let rate = &report[format!("recall_at_{place}")];
            let theirs = (rate["correct"].as_u64(), rate["count"].as_u64());
            let own = (Some(tally.hits(k) as u64), Some(tally.queries() as u64));
            if theirs != own {
                let why =
                    format!("`agff eval` has {theirs:?} at recall@{place}, {name}; here {own:?}");
                return Err(why.into());
            }
        }
    }
    Ok(())
}
