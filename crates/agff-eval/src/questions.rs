//! Questions with candidates: precision@1, and accuracy over groups of questions.
//!
//! A question is right if its answer scores higher than every wrong candidate; a tie is wrong, so a model that
//! cannot tell candidates apart gains nothing by their order. A candidate that is the same as the answer is
//! right as well (MMEB's lists have such). A group is right if every question of it is; that is how
//! MMVP-VLM counts its pairs.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::chance;
use super::rates::{Difference, Rate, paired};
use crate::data::{Part, Question};

/// The distinct inputs of questions, in the order of their first mention: what has to be embedded.
pub fn parts(questions: &[Question]) -> Vec<&Part> {
    let mut seen = HashSet::new();
    questions
        .iter()
        .flat_map(|question| std::iter::once(&question.query).chain(&question.candidates))
        .filter(|part| seen.insert(*part))
        .collect()
}

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Whether the answer won.
    pub right: bool,
    /// The answer's score.
    pub score: f32,
    /// The wrong candidate with the highest score; `None` if all candidates are right.
    pub rival: Option<usize>,
    /// Its score.
    pub rival_score: f32,
    /// Probability of being right by chance: 1 of the distinct candidates.
    pub chance: f64,
}

/// Answers every question; `None` where an embedding is missing. Runs on all cores.
///
/// `embed` finds a part's embedding, `similarity` compares the query's with a candidate's.
pub fn score<'e, E: Sync + 'e>(
    questions: &[Question],
    embed: impl Fn(&Part) -> Option<&'e E> + Sync,
    similarity: impl Fn(&E, &E) -> f32 + Sync,
) -> Vec<Option<Answer>> {
    super::par_map(questions, |question| {
        let query = embed(&question.query)?;
        let scores = question
            .candidates
            .iter()
            .map(|candidate| Some(similarity(query, embed(candidate)?)))
            .collect::<Option<Vec<f32>>>()?;
        answer(question, &scores)
    })
}

/// The answer that the candidates' scores give; `None` if they are not one for each candidate.
pub fn answer(question: &Question, scores: &[f32]) -> Option<Answer> {
    let right = question.candidates.get(question.answer)?;
    if scores.len() != question.candidates.len() {
        return None;
    }
    let wrong = (0..scores.len()).filter(|&i| question.candidates[i] != *right);
    let best = |best: usize, i: usize| match scores[i] > scores[best] {
        true => i,
        false => best,
    };
    let rival = wrong.reduce(best);
    let (score, rival_score) = (
        scores[question.answer],
        rival.map_or(f32::NEG_INFINITY, |rival| scores[rival]),
    );
    Some(Answer {
        right: score > rival_score,
        score,
        rival,
        rival_score,
        chance: chance::of_question(question),
    })
}

/// What chance alone would reach: a model that gives every distinct pair of inputs a random score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Of the questions: the mean of what each gives by chance.
    pub precision_at_1: f64,
    /// Of the groups: the mean of what each gives by chance. Questions that compare the same pairs are
    /// no guesses of their own: two images' captions for each other are right together in 1 of 6 cases.
    pub group_accuracy: f64,
}

/// The result over some questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Share of questions whose answer won.
    pub precision_at_1: Rate,
    /// Share of groups with every question right.
    pub group_accuracy: Rate,
    /// What chance would reach.
    pub chance: Chance,
    /// Questions that were answered.
    pub questions: usize,
    /// Groups that were answered whole.
    pub groups: usize,
    /// Questions that could not be: an embedding was missing.
    pub questions_left_out: usize,
    /// Groups with such a question.
    pub groups_left_out: usize,
}

/// Means over categories, each counting the same however many questions it has: how MMEB and MMVP-VLM
/// state their overall number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Means {
    /// Of precision@1.
    pub precision_at_1: f64,
    /// Of group accuracy.
    pub group_accuracy: f64,
}

/// The result over all questions and by category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Over all questions.
    #[serde(flatten)]
    pub overall: Score,
    /// Means over the categories; `None` without categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_of_categories: Option<Means>,
    /// Over the questions of each category. A question without one counts in the whole only.
    pub categories: BTreeMap<String, Score>,
}

impl Report {
    /// Counts answers; `answers` has one for each question.
    pub fn new(questions: &[Question], answers: &[Option<Answer>]) -> Self {
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, question) in questions.iter().enumerate() {
            if let Some(category) = &question.category {
                members.entry(category).or_default().push(i);
            }
        }
        let all: Vec<usize> = (0..questions.len()).collect();
        let categories: BTreeMap<String, Score> = members
            .into_iter()
            .map(|(category, of)| (category.to_owned(), count(questions, answers, &of)))
            .collect();
        let mean = |rate: fn(&Score) -> Rate| {
            let counted = categories.values().map(rate).filter(|rate| rate.count > 0);
            let values: Vec<f64> = counted.map(|rate| rate.value).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let precision = mean(|score| score.precision_at_1);
        Self {
            overall: count(questions, answers, &all),
            mean_of_categories: precision.map(|precision_at_1| Means {
                precision_at_1,
                group_accuracy: mean(|score| score.group_accuracy).unwrap_or(0.0),
            }),
            categories,
        }
    }
}

/// Counts the answers to the questions `of`.
fn count(questions: &[Question], answers: &[Option<Answer>], of: &[usize]) -> Score {
    let answered: Vec<&Answer> = of
        .iter()
        .filter_map(|&i| answers.get(i)?.as_ref())
        .collect();
    let groups = groups(questions, of);
    let whole: Vec<(bool, f64)> = groups
        .iter()
        .filter_map(|group| {
            let right = together(answers, group)?;
            let chance = match group.as_slice() {
                &[only] => answers.get(only)?.as_ref()?.chance,
                group => {
                    let of_group: Vec<&Question> = group.iter().map(|&i| &questions[i]).collect();
                    chance::of_group(&of_group)
                }
            };
            Some((right, chance))
        })
        .collect();
    let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| match count {
        0 => 0.0,
        _ => values.sum::<f64>() / count as f64,
    };
    Score {
        precision_at_1: Rate::of(answered.iter().map(|answer| answer.right)),
        group_accuracy: Rate::of(whole.iter().map(|&(right, _)| right)),
        chance: Chance {
            precision_at_1: mean(&mut answered.iter().map(|a| a.chance), answered.len()),
            group_accuracy: mean(&mut whole.iter().map(|&(_, chance)| chance), whole.len()),
        },
        questions: answered.len(),
        groups: whole.len(),
        questions_left_out: of.len() - answered.len(),
        groups_left_out: groups.len() - whole.len(),
    }
}

/// The questions of each group among `of`, groups in the order of their first questions. A question
/// without a group is one by itself.
fn groups(questions: &[Question], of: &[usize]) -> Vec<Vec<usize>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &i in of {
        let next = groups.len();
        let place = match &questions[i].group {
            Some(name) => *places.entry(name).or_insert(next),
            None => next,
        };
        if place == next {
            groups.push(Vec::new());
        }
        groups[place].push(i);
    }
    groups
}

/// Whether all questions of a group are right; `None` if one was left out.
fn together(answers: &[Option<Answer>], group: &[usize]) -> Option<bool> {
    let mut right = true;
    for &i in group {
        right &= answers.get(i)?.as_ref()?.right;
    }
    Some(right)
}

/// A group of questions that was answered whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupAnswer {
    /// The category of its first question.
    pub category: Option<String>,
    /// Whether every question of it is right.
    pub right: bool,
}

/// Which groups are right, in the order of their first questions; those with a question that was left
/// out are not among them.
pub fn group_answers(questions: &[Question], answers: &[Option<Answer>]) -> Vec<GroupAnswer> {
    let all: Vec<usize> = (0..questions.len()).collect();
    let answered = groups(questions, &all).into_iter().filter_map(|group| {
        Some(GroupAnswer {
            category: questions[group[0]].category.clone(),
            right: together(answers, &group)?,
        })
    });
    answered.collect()
}

/// How two models' answers to the same questions differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// Over the questions.
    pub precision_at_1: Difference,
    /// Over the groups.
    pub group_accuracy: Difference,
}

/// Compares a second model's answers with a first one's, over what both answered.
pub fn compare(
    questions: &[Question],
    first: &[Option<Answer>],
    second: &[Option<Answer>],
) -> Differences {
    let all: Vec<usize> = (0..questions.len()).collect();
    let answered = first.iter().zip(second);
    Differences {
        precision_at_1: paired(
            answered.filter_map(|(first, second)| {
                Some((first.as_ref()?.right, second.as_ref()?.right))
            }),
        ),
        group_accuracy: paired(
            groups(questions, &all)
                .iter()
                .filter_map(|group| Some((together(first, group)?, together(second, group)?))),
        ),
    }
}

#[cfg(test)]
mod tests;
