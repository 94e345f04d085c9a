//! The questions and searches that went most wrong, to be looked at.

use std::collections::HashSet;

use agff_eval::data::Part;

use super::material::Material;
use super::measured::Column;

/// A wrong answer, or a search that found something wrong first.
pub struct Miss<'a> {
    pub category: Option<&'a str>,
    pub query: &'a Part,
    pub right: &'a Part,
    pub score: f32,
    pub chosen: &'a Part,
    pub chosen_score: f32,
}

impl Miss<'_> {
    /// How far the wrong one was before the right one.
    fn margin(&self) -> f32 {
        self.chosen_score - self.score
    }
}

/// The misses of a column with the largest margins, the worst first, and of each query only one.
pub fn worst<'a>(column: &Column, material: &'a Material, most: usize) -> Vec<Miss<'a>> {
    let questions = material.questions.iter().zip(&column.measured.answers);
    let mut misses: Vec<Miss<'a>> = questions
        .filter_map(|(question, answer)| {
            let answer = answer.as_ref().filter(|answer| !answer.right)?;
            Some(Miss {
                category: question.category.as_deref(),
                query: &question.query,
                right: &question.candidates[question.answer],
                score: answer.score,
                chosen: &question.candidates[answer.rival?],
                chosen_score: answer.rival_score,
            })
        })
        .collect();
    for (set, measured) in material.sets.iter().zip(&column.measured.sets) {
        let pool = set.pool();
        let searches = pool.queries.iter().zip(&measured.query_to_positive.found);
        misses.extend(searches.filter_map(|(query, found)| {
            let found = found.as_ref().filter(|found| found.rank > 1)?;
            Some(Miss {
                category: None,
                query,
                right: pool.targets[found.right],
                score: found.score,
                chosen: pool.targets[found.rival?],
                chosen_score: found.rival_score,
            })
        }));
    }
    misses.sort_by(|a, b| b.margin().total_cmp(&a.margin()));
    let mut seen = HashSet::new();
    misses.retain(|miss| seen.insert(miss.query));
    misses.truncate(most);
    misses
}
