//! Groceries by their names, of which the model was taught none.

use std::path::Path;

use agff::Agff;
use agff_eval::Rate;
use agff_eval::data::{Part, read_questions};
use agff_eval::questions::{Report, parts, score};

use crate::Failed;
use crate::model::embed_parts;
use crate::singles::FUSION;
use crate::ways::fused;

/// How many photos get their product's name, among all names.
pub struct Named {
    /// The share of photos.
    pub right: Rate,
    /// What chance would reach.
    pub chance: f64,
    /// Products.
    pub names: usize,
}

/// Names the photos of `choice.jsonl` in the folder.
///
/// # Errors
/// If something cannot be read.
pub fn name(agff: &Agff, folder: &Path) -> Result<Named, Failed> {
    let questions = read_questions(&folder.join("choice.jsonl"))?;
    let distinct: Vec<Part> = parts(&questions).into_iter().cloned().collect();
    let embeddings = embed_parts(agff, &distinct)?;
    let answers = score(
        &questions,
        |part| embeddings.get(part),
        // A text asks and a photo is searched, whichever of them the file calls the query.
        |photo, name| fused(name, photo, FUSION).map_or(f32::NAN, |s| s as f32),
    );
    let overall = Report::new(&questions, &answers).overall;
    Ok(Named {
        right: overall.precision_at_1,
        chance: overall.chance.precision_at_1,
        names: questions
            .iter()
            .map(|q| q.candidates.len())
            .max()
            .unwrap_or(0),
    })
}
