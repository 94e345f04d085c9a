//! What chance alone reaches with questions and groups of them.
//!
//! Chance is a model that gives every distinct pair of inputs a random score. It knows no more than a coin,
//! but it is consistent: two questions that compare the same pairs are not two guesses. So two captions
//! for two images are right together in 1 of 4 cases, and in 1 of 6 if the images must choose
//! among the captions as well.

use std::collections::{HashMap, HashSet};

use crate::data::{Part, Question};

/// Most pairs that are counted exactly where no formula applies.
const MOST_PAIRS: usize = 12;

/// Probability that a question is right by chance: one of its distinct candidates.
pub(super) fn of_question(question: &Question) -> f64 {
    let distinct: HashSet<&Part> = question.candidates.iter().collect();
    1.0 / distinct.len().max(1) as f64
}

/// Probability that all questions of a group are right by chance. Exact, except for intricate groups of more
/// than [`MOST_PAIRS`] pairs that depend on each other: there the questions count as independent.
pub(super) fn of_group(questions: &[&Question]) -> f64 {
    let mut pairs = Pairs::default();
    let orders: Vec<Order> = questions.iter().map(|q| pairs.order(q)).collect();
    components(&orders, pairs.places.len())
        .iter()
        .map(|component| {
            complete(component)
                .or_else(|| counted(component))
                .unwrap_or_else(|| component.iter().map(|order| order.chance()).product())
        })
        .product()
}

/// Numbers for parts, and for pairs of them whichever way round.
#[derive(Default)]
struct Pairs<'a> {
    parts: HashMap<&'a Part, usize>,
    places: HashMap<(usize, usize), usize>,
}

/// What a question asks for: one pair above others.
#[derive(Debug, Clone, PartialEq)]
struct Order {
    above: usize,
    below: HashSet<usize>,
}

impl Order {
    fn chance(&self) -> f64 {
        1.0 / (1 + self.below.len()) as f64
    }
}

impl<'a> Pairs<'a> {
    fn order(&mut self, question: &'a Question) -> Order {
        let query = self.part(&question.query);
        let places: Vec<usize> = question
            .candidates
            .iter()
            .map(|candidate| {
                let candidate = self.part(candidate);
                let next = self.places.len();
                let pair = (query.min(candidate), query.max(candidate));
                *self.places.entry(pair).or_insert(next)
            })
            .collect();
        let above = places.get(question.answer).copied().unwrap_or_default();
        Order {
            above,
            below: places.into_iter().filter(|&place| place != above).collect(),
        }
    }

    fn part(&mut self, part: &'a Part) -> usize {
        let next = self.parts.len();
        *self.parts.entry(part).or_insert(next)
    }
}

/// Orders that share pairs, directly or through others, together.
fn components(orders: &[Order], pairs: usize) -> Vec<Vec<&Order>> {
    // The component of each pair, by its first order's number.
    let mut owner: Vec<Option<usize>> = vec![None; pairs];
    let mut parts: Vec<Vec<&Order>> = vec![Vec::new(); orders.len()];
    for (i, order) in orders.iter().enumerate() {
        let touched = || order.below.iter().chain([&order.above]);
        let mut joined: Vec<usize> = touched().filter_map(|&pair| owner[pair]).collect();
        joined.sort_unstable();
        joined.dedup();
        let home = joined.first().copied().unwrap_or(i);
        for &other in joined.iter().skip(1) {
            let moved = std::mem::take(&mut parts[other]);
            parts[home].extend(moved);
            owner
                .iter_mut()
                .filter(|o| **o == Some(other))
                .for_each(|o| *o = Some(home));
        }
        parts[home].push(order);
        touched().for_each(|&pair| owner[pair] = Some(home));
    }
    parts.retain(|component| !component.is_empty());
    parts
}

/// If all upper pairs must be above all lower ones: 1 of the ways to choose which are on top.
fn complete(component: &[&Order]) -> Option<f64> {
    let above: HashSet<usize> = component.iter().map(|order| order.above).collect();
    let below: HashSet<usize> = component
        .iter()
        .flat_map(|order| &order.below)
        .copied()
        .collect();
    let all: HashSet<(usize, usize)> = component
        .iter()
        .flat_map(|order| order.below.iter().map(|&pair| (order.above, pair)))
        .collect();
    let is_complete = above.is_disjoint(&below) && all.len() == above.len() * below.len();
    is_complete.then(|| {
        let fewer = above.len().min(below.len());
        let count = above.len() + below.len();
        (0..fewer)
            .map(|i| (fewer - i) as f64 / (count - i) as f64)
            .product()
    })
}

/// Orders of all pairs that fulfil what is asked, among all orders: counted over the sets of lowest pairs.
fn counted(component: &[&Order]) -> Option<f64> {
    let mut places: HashMap<usize, usize> = HashMap::new();
    for order in component {
        for &pair in order.below.iter().chain([&order.above]) {
            let next = places.len();
            places.entry(pair).or_insert(next);
        }
    }
    let count = places.len();
    if count > MOST_PAIRS {
        return None;
    }
    // What must be lower than each pair, as a set of bits.
    let mut lower = vec![0_usize; count];
    for order in component {
        for pair in &order.below {
            lower[places[&order.above]] |= 1 << places[pair];
        }
    }
    let mut ways = vec![0.0_f64; 1 << count];
    ways[0] = 1.0;
    for set in 1..ways.len() {
        ways[set] = (0..count)
            .filter(|&top| set >> top & 1 == 1)
            .map(|top| (set & !(1 << top), lower[top]))
            .filter(|(rest, lower)| rest & lower == *lower)
            .map(|(rest, _)| ways[rest])
            .sum();
    }
    let all: f64 = (1..=count).map(|n| n as f64).product();
    Some(ways[ways.len() - 1] / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(query: &str, candidates: &[&str]) -> Question {
        Question {
            query: Part::text(query),
            candidates: candidates.iter().copied().map(Part::text).collect(),
            ..Question::default()
        }
    }

    fn chance(questions: &[Question]) -> f64 {
        of_group(&questions.iter().collect::<Vec<_>>())
    }

    #[track_caller]
    fn near(is: f64, should: f64) {
        assert!((is - should).abs() < 1e-12, "{is}, not {should}");
    }

    #[test]
    fn one_question_is_one_of_its_distinct_candidates() {
        for (candidates, should) in [
            (&["a", "b"][..], 0.5),
            (&["a", "b", "a", "b", "c"], 1.0 / 3.0),
            (&["a", "a"], 1.0),
        ] {
            let question = question("q", candidates);
            near(of_question(&question), should);
            near(chance(&[question]), should);
        }
        let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        near(chance(&[question("q", &many)]), 0.001);
    }

    #[test]
    fn two_captions_for_two_images_are_a_quarter_and_both_ways_a_sixth() {
        let captions = [question("t1", &["i1", "i2"]), question("t2", &["i2", "i1"])];
        near(chance(&captions), 0.25);
        let images = [question("i1", &["t1", "t2"]), question("i2", &["t2", "t1"])];
        near(chance(&[captions, images].concat()), 1.0 / 6.0);
    }

    #[test]
    fn questions_that_compare_the_same_pairs_are_not_independent() {
        let same = [question("t", &["a", "x"]), question("t", &["a", "x"])];
        near(chance(&same), 0.5);
        // Two right and two wrong images of one sentence, each against each: 2! 2! / 4!.
        let square: Vec<Question> = ["a", "b"]
            .iter()
            .flat_map(|right| ["x", "y"].map(|wrong| question("t", &[right, wrong])))
            .collect();
        near(chance(&square), 1.0 / 6.0);
        near(chance(&square[..2]), 1.0 / 3.0);
        // a over x and y, b over y only: 5 of the 24 orders.
        near(
            chance(&[square[0].clone(), square[1].clone(), square[3].clone()]),
            5.0 / 24.0,
        );
        // a over b over c is 1 of 6 orders, and a circle none.
        let chain = [question("t", &["a", "b"]), question("t", &["b", "c"])];
        near(chance(&chain), 1.0 / 6.0);
        let back = question("t", &["c", "a"]);
        near(chance(&[&chain[..], &[back]].concat()), 0.0);
    }

    #[test]
    fn what_shares_nothing_is_multiplied_and_what_is_joined_later_is_one() {
        let apart = [question("t", &["a", "x"]), question("u", &["b", "y", "z"])];
        near(chance(&apart), 0.5 / 3.0);
        // The third joins the first two, which had nothing in common.
        let joined = [
            question("t", &["a", "x"]),
            question("t", &["b", "y"]),
            question("t", &["b", "a"]),
        ];
        // b over a, a over x, b over y: 4 pairs; b is on top, y anywhere below: 3 of 24.
        near(chance(&joined), 3.0 / 24.0);
    }
}
