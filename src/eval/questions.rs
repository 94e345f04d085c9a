//! Questions with candidates: precision@1, and accuracy over groups of questions.
//!
//! A question is right if its answer scores higher than every wrong candidate; a tie is wrong, so a model that
//! cannot tell candidates apart gains nothing by their order. A candidate that is the same as the answer is
//! right as well (MMEB's lists have such). A group is right if every question of it is; that is how
//! MMVP-VLM counts its pairs.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::rates::{Difference, Rate, paired};
use crate::data::{Part, Question};

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
    /// Probability of being right by chance: the share of right ones among the candidates.
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
    super::each(questions, |question| {
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
    let count = wrong.clone().count();
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
        chance: (scores.len() - count) as f64 / scores.len() as f64,
    })
}

/// What chance alone would reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Of the questions: the mean of what each gives by chance.
    pub precision_at_1: f64,
    /// Of the groups, if the guesses are independent.
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
        .filter_map(|group| together(answers, group))
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

/// Whether all questions of a group are right, and how probable that is by chance; `None` if one was left out.
fn together(answers: &[Option<Answer>], group: &[usize]) -> Option<(bool, f64)> {
    let mut whole = (true, 1.0);
    for &i in group {
        let answer = answers.get(i)?.as_ref()?;
        whole = (whole.0 && answer.right, whole.1 * answer.chance);
    }
    Some(whole)
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
                .filter_map(|group| Some((together(first, group)?.0, together(second, group)?.0))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::wilson;

    /// A question among texts whose place on a line is their number.
    fn question(group: &str, category: &str, query: &str, candidates: &[&str]) -> Question {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        Question {
            group: named(group),
            category: named(category),
            query: Part::text(query),
            candidates: candidates.iter().copied().map(Part::text).collect(),
            answer: 0,
        }
    }

    /// Answers by how near the numbers are; a text that is no number has no embedding.
    fn answers(questions: &[Question]) -> Vec<Option<Answer>> {
        let numbers: HashMap<String, f32> = (0..100).map(|n| (n.to_string(), n as f32)).collect();
        let embed = |part: &Part| numbers.get(part.text.as_deref()?);
        score(questions, embed, |a, b| -(a - b).abs())
    }

    #[test]
    fn precision_and_groups_are_counted_by_hand() {
        let questions = [
            question("a", "near", "10", &["11", "20"]), // right
            question("a", "near", "30", &["31", "20"]), // right: group a is
            question("b", "near", "10", &["11", "20"]), // right
            question("b", "far", "10", &["20", "11"]),  // wrong: group b is, but not in "near"
            question("", "far", "10", &["12", "13", "14", "15"]), // right, by itself
            question("", "", "10", &["12", "11"]),      // wrong, in no category
        ];
        let report = Report::new(&questions, &answers(&questions));
        let overall = report.overall;
        assert_eq!(overall.precision_at_1, wilson(4, 6));
        assert_eq!(overall.group_accuracy, wilson(2, 4));
        assert_eq!((overall.questions, overall.groups), (6, 4));
        let chance = overall.chance;
        assert!((chance.precision_at_1 - (5.0 * 0.5 + 0.25) / 6.0).abs() < 1e-12);
        assert!((chance.group_accuracy - (0.25 + 0.25 + 0.25 + 0.5) / 4.0).abs() < 1e-12);

        let near = report.categories["near"];
        assert_eq!(near.precision_at_1, wilson(3, 3));
        assert_eq!(near.group_accuracy, wilson(2, 2));
        let far = report.categories["far"];
        assert_eq!(far.precision_at_1, wilson(1, 2));
        assert_eq!(far.group_accuracy, wilson(1, 2));
        assert_eq!(report.categories.len(), 2);
        let means = report.mean_of_categories.unwrap();
        assert_eq!((means.precision_at_1, means.group_accuracy), (0.75, 0.75));
    }

    #[test]
    fn a_tie_is_wrong_and_a_copy_of_the_answer_is_right() {
        let tie = question("", "", "10", &["11", "9"]);
        let copy = question("", "", "10", &["11", "20", "11", "30"]);
        let same = question("", "", "10", &["11", "11"]);
        let got = answers(&[tie, copy, same]);
        let tie = got[0].unwrap();
        assert_eq!((tie.right, tie.score, tie.rival_score), (false, -1.0, -1.0));
        let copy = got[1].unwrap();
        assert_eq!((copy.right, copy.rival, copy.chance), (true, Some(1), 0.5));
        let same = got[2].unwrap();
        assert_eq!((same.right, same.rival, same.chance), (true, None, 1.0));
    }

    #[test]
    fn a_score_that_is_no_number_is_wrong() {
        let question = question("", "", "1", &["2", "3"]);
        for scores in [[f32::NAN, 0.0], [f32::NAN, f32::NAN]] {
            assert!(!answer(&question, &scores).unwrap().right, "{scores:?}");
        }
        assert_eq!(answer(&question, &[1.0]), None);
    }

    #[test]
    fn what_cannot_be_embedded_is_left_out_with_its_group() {
        let questions = [
            question("a", "near", "10", &["11", "20"]),
            question("a", "near", "10", &["broken", "20"]),
            question("b", "near", "10", &["11", "20"]),
            question("c", "gone", "broken", &["11", "20"]),
        ];
        let report = Report::new(&questions, &answers(&questions));
        let overall = report.overall;
        assert_eq!(overall.precision_at_1, wilson(2, 2));
        assert_eq!(overall.group_accuracy, wilson(1, 1));
        assert_eq!(
            (overall.questions_left_out, overall.groups_left_out),
            (2, 2)
        );
        assert_eq!(report.categories["gone"].precision_at_1, wilson(0, 0));
        // A category without answers says nothing, and so does not count in the mean.
        assert_eq!(report.mean_of_categories.unwrap().precision_at_1, 1.0);
    }

    #[test]
    fn two_models_are_compared_on_what_both_answered() {
        let questions = [
            question("a", "", "10", &["11", "20"]),
            question("a", "", "10", &["11", "20"]),
            question("b", "", "10", &["11", "20"]),
            question("c", "", "10", &["11", "20"]),
        ];
        let first = answers(&questions);
        let mut second = first.clone();
        second[1].as_mut().unwrap().right = false;
        second[3] = None;
        let got = compare(&questions, &first, &second);
        let precision = got.precision_at_1;
        assert_eq!((precision.only_first, precision.only_second), (1, 0));
        assert!((precision.value + 1.0 / 3.0).abs() < 1e-12);
        let groups = got.group_accuracy;
        assert_eq!((groups.only_first, groups.value), (1, -0.5));
    }

    #[test]
    fn the_report_is_written_with_the_keys_that_others_read() {
        let questions = [question("a", "near", "10", &["11", "20"])];
        let report = Report::new(&questions, &answers(&questions));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["precision_at_1"]["value"], 1.0);
        assert_eq!(json["precision_at_1"]["count"], 1);
        assert_eq!(json["group_accuracy"]["correct"], 1);
        assert_eq!(json["categories"]["near"]["chance"]["group_accuracy"], 0.5);
        let back: Report = serde_json::from_value(json).unwrap();
        assert_eq!(back, report);
    }
}
