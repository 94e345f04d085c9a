//! Finding the right target among all targets of a set: recall@k and median rank.
//!
//! The queries of a set of rows search its distinct positives, and what else is to be searched. Right for a query is every positive of a row with that
//! query, and everything with the same label. A query's rank is that of its best right
//! target; a wrong one with the same score is before it, so a model that cannot tell targets apart gains
//! nothing. Recall@k is the share of queries with a rank of k or better.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::rates::{Difference, Rate, paired};
use crate::data::{Part, Row, Searched};

/// Queries, targets, and which belong together.
#[derive(Debug, Clone)]
pub struct Pool<'a> {
    /// The distinct queries.
    pub queries: Vec<&'a Part>,
    /// The distinct targets.
    pub targets: Vec<&'a Part>,
    /// The classes of each query; it belongs to every target of each. A class is a label, or a row without one.
    classes: Vec<Vec<usize>>,
    /// The queries of each class, and its targets.
    members: [Vec<Vec<usize>>; 2],
}

impl<'a> Pool<'a> {
    /// The queries of rows, and their positives as targets.
    pub fn new(rows: &'a [Row]) -> Self {
        Self::with_searched(rows, &[])
    }

    /// The same with more targets, that no row asks for.
    pub fn with_searched(rows: &'a [Row], searched: &'a [Searched]) -> Self {
        let (mut queries, mut targets) = (Distinct::default(), Distinct::default());
        let mut labels: HashMap<&str, usize> = HashMap::new();
        let mut members = [Vec::new(), Vec::new()];
        let rows = rows
            .iter()
            .map(|row| (Some(&row.query), &row.positive, &row.label));
        let searched = searched.iter().map(|s| (None, &s.positive, &s.label));
        for (query, positive, label) in rows.chain(searched) {
            let next = members[0].len();
            let class = match label {
                Some(label) => *labels.entry(label).or_insert(next),
                None => next,
            };
            let places = [
                query.map(|query| queries.place(query)),
                Some(targets.place(positive)),
            ];
            for (of_class, place) in members.iter_mut().zip(places) {
                of_class.resize_with(of_class.len().max(class + 1), Vec::new);
                of_class[class].extend(place);
            }
        }
        members.iter_mut().flatten().for_each(sort);
        let mut pool = Self {
            queries: queries.list,
            targets: targets.list,
            classes: Vec::new(),
            members,
        };
        pool.classes = pool.classes_of_queries();
        pool
    }

    /// The same with targets and queries exchanged. Targets that are right for no query have nothing to ask for,
    /// and are left out.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let [queries, mut targets] = self.members.clone();
        for (targets, queries) in targets.iter_mut().zip(&queries) {
            if queries.is_empty() {
                targets.clear();
            }
        }
        // The places that those which stay have among each other.
        let mut stay: Vec<usize> = targets.concat();
        sort(&mut stay);
        let place = |target: &usize| stay.partition_point(|other| other < target);
        for target in targets.iter_mut().flatten() {
            *target = place(target);
        }
        let mut pool = Self {
            queries: stay.iter().map(|&target| self.targets[target]).collect(),
            targets: self.queries.clone(),
            classes: Vec::new(),
            members: [targets, queries],
        };
        pool.classes = pool.classes_of_queries();
        pool
    }

    /// The right targets of a query, in their order.
    pub fn right(&self, query: usize) -> Vec<usize> {
        let classes = self.classes.get(query).into_iter().flatten();
        let mut right: Vec<usize> = classes
            .flat_map(|&class| &self.members[1][class])
            .copied()
            .collect();
        sort(&mut right);
        right
    }

    fn classes_of_queries(&self) -> Vec<Vec<usize>> {
        let mut classes = vec![Vec::new(); self.queries.len()];
        for (class, queries) in self.members[0].iter().enumerate() {
            for &query in queries {
                classes[query].push(class);
            }
        }
        classes
    }
}

/// Parts, each once, in the order of their first mention.
#[derive(Default)]
struct Distinct<'a> {
    list: Vec<&'a Part>,
    places: HashMap<&'a Part, usize>,
}

impl<'a> Distinct<'a> {
    fn place(&mut self, part: &'a Part) -> usize {
        let next = self.list.len();
        *self.places.entry(part).or_insert_with(|| {
            self.list.push(part);
            next
        })
    }
}

fn sort(list: &mut Vec<usize>) {
    list.sort_unstable();
    list.dedup();
}

/// What a query found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Place of the best right target, from 1.
    pub rank: usize,
    /// The best right target.
    pub right: usize,
    /// Its score.
    pub score: f32,
    /// The wrong target with the highest score; `None` if there is no wrong one.
    pub rival: Option<usize>,
    /// Its score.
    pub rival_score: f32,
    /// How many targets are right.
    pub answers: usize,
    /// How many targets were searched.
    pub targets: usize,
}

/// Searches with every query; `None` where it or all its right targets have no embedding. Targets without
/// one are left out. Runs on all cores.
pub fn search<'e, E: Sync + 'e>(
    pool: &Pool<'_>,
    embed: impl Fn(&Part) -> Option<&'e E> + Sync,
    similarity: impl Fn(&E, &E) -> f32 + Sync,
) -> Vec<Option<Found>> {
    let targets: Vec<Option<&E>> = pool.targets.iter().map(|target| embed(target)).collect();
    let queries: Vec<usize> = (0..pool.queries.len()).collect();
    super::par_map(&queries, |&query| {
        let embedding = embed(pool.queries[query])?;
        let scores: Vec<Option<f32>> = targets
            .iter()
            .map(|target| Some(similarity(embedding, (*target)?)))
            .collect();
        find(&scores, &pool.right(query))
    })
}

/// What the targets' scores give, of which those at `right` (in their order) are right ones.
fn find(scores: &[Option<f32>], right: &[usize]) -> Option<Found> {
    let best = |of: &mut dyn Iterator<Item = usize>| {
        of.filter_map(|i| Some((i, scores[i]?)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
    };
    let is_wrong = |i: &usize| right.binary_search(i).is_err();
    let (place, score) = best(&mut right.iter().copied())?;
    let rival = best(&mut (0..scores.len()).filter(is_wrong));
    let answers = right.iter().filter(|&&i| scores[i].is_some()).count();
    // Not below it, rather than above or equal: so a score that is no number loses as well.
    let before = (0..scores.len())
        .filter(is_wrong)
        .filter_map(|i| scores[i])
        .filter(|other| !matches!(other.partial_cmp(&score), Some(std::cmp::Ordering::Less)))
        .count();
    Some(Found {
        rank: 1 + before,
        right: place,
        score,
        rival: rival.map(|(i, _)| i),
        rival_score: rival.map_or(f32::NEG_INFINITY, |(_, score)| score),
        answers,
        targets: scores.iter().flatten().count(),
    })
}

impl Found {
    /// Probability of a rank of `k` or better by chance.
    fn chance(&self, k: usize) -> f64 {
        let wrong = self.targets - self.answers;
        let miss: f64 = (0..k.min(self.targets))
            .map(|i| wrong.saturating_sub(i) as f64 / (self.targets - i) as f64)
            .product();
        1.0 - miss
    }
}

/// What chance alone would reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Of recall@1.
    pub recall_at_1: f64,
    /// Of recall@5.
    pub recall_at_5: f64,
    /// Of recall@10.
    pub recall_at_10: f64,
}

/// How well the queries of a set find their targets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Share of queries with a right target first.
    pub recall_at_1: Rate,
    /// Share with one among the first 5.
    pub recall_at_5: Rate,
    /// Share with one among the first 10.
    pub recall_at_10: Rate,
    /// Median of the ranks, from 1; 0 if nothing was searched.
    pub median_rank: f64,
    /// What chance would reach.
    pub chance: Chance,
    /// Queries that searched.
    pub queries: usize,
    /// Targets that were searched.
    pub targets: usize,
    /// Queries that could not search, or had nothing to find: an embedding was missing.
    pub queries_left_out: usize,
    /// Targets without an embedding.
    pub targets_left_out: usize,
}

impl Report {
    /// Counts what the queries of `pool` found.
    pub fn new(pool: &Pool<'_>, found: &[Option<Found>]) -> Self {
        let searched: Vec<&Found> = found.iter().flatten().collect();
        let recall = |k: usize| Rate::of(searched.iter().map(|found| found.rank <= k));
        let chance = |k: usize| match searched.len() {
            0 => 0.0,
            n => searched.iter().map(|found| found.chance(k)).sum::<f64>() / n as f64,
        };
        let targets = searched.first().map_or(0, |found| found.targets);
        Self {
            recall_at_1: recall(1),
            recall_at_5: recall(5),
            recall_at_10: recall(10),
            median_rank: median(searched.iter().map(|found| found.rank).collect()),
            chance: Chance {
                recall_at_1: chance(1),
                recall_at_5: chance(5),
                recall_at_10: chance(10),
            },
            queries: searched.len(),
            targets,
            queries_left_out: found.len() - searched.len(),
            targets_left_out: pool.targets.len() - targets,
        }
    }
}

/// The middle of the ranks, or between the two in the middle.
fn median(mut ranks: Vec<usize>) -> f64 {
    ranks.sort_unstable();
    let n = ranks.len();
    match n {
        0 => 0.0,
        _ => (ranks[(n - 1) / 2] + ranks[n / 2]) as f64 / 2.0,
    }
}

/// Compares a second model's recall@1 with a first one's, over the queries with which both searched.
pub fn compare(first: &[Option<Found>], second: &[Option<Found>]) -> Difference {
    let is_first = |found: &Option<Found>| found.map(|found| found.rank == 1);
    let both = first.iter().zip(second);
    paired(both.filter_map(|(first, second)| Some((is_first(first)?, is_first(second)?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wilson;

    fn row(query: &str, positive: &str, label: &str) -> Row {
        Row {
            query: Part::text(query),
            positive: Part::text(positive),
            label: (!label.is_empty()).then(|| label.to_owned()),
            ..Row::default()
        }
    }

    /// Searches by how near the numbers are; a text that is no number has no embedding.
    fn find_by_number(pool: &Pool<'_>) -> Vec<Option<Found>> {
        let numbers: HashMap<String, f32> = (0..100).map(|n| (n.to_string(), n as f32)).collect();
        let embed = |part: &Part| numbers.get(part.text.as_deref()?);
        search(pool, embed, |a, b| -(a - b).abs())
    }

    fn ranks(pool: &Pool<'_>) -> Vec<usize> {
        let found = find_by_number(pool).into_iter();
        found
            .map(|found| found.map_or(0, |found| found.rank))
            .collect()
    }

    #[test]
    fn ranks_are_counted_by_hand() {
        // Targets 10, 20, 31, 40. Near to 11: 10; to 26: 31, then 20; to 39: 40, 31, 20.
        let rows = [
            row("11", "10", ""),
            row("26", "20", ""),
            row("39", "20", ""),
            row("0", "31", ""),
            row("1", "40", ""),
        ];
        let pool = Pool::new(&rows);
        assert_eq!(pool.targets.len(), 4);
        assert_eq!(ranks(&pool), [1, 2, 3, 3, 4]);
        let report = Report::new(&pool, &find_by_number(&pool));
        assert_eq!(report.recall_at_1, wilson(1, 5));
        assert_eq!(report.recall_at_5, wilson(5, 5));
        assert_eq!(report.median_rank, 3.0);
        assert_eq!((report.queries, report.targets), (5, 4));
        assert!((report.chance.recall_at_1 - 0.25).abs() < 1e-12);
        assert_eq!(report.chance.recall_at_10, 1.0);
    }

    #[test]
    fn every_positive_of_a_query_and_of_its_label_is_right() {
        let rows = [
            row("50", "10", ""),
            row("50", "49", ""), // the same query: both are right
            row("60", "90", "mug"),
            row("95", "61", "mug"),   // the same label: right for 60 as well
            row("97", "90", "other"), // the same positive as mug's, but not 61
        ];
        let pool = Pool::new(&rows);
        assert_eq!((pool.queries.len(), pool.targets.len()), (4, 4));
        assert_eq!(pool.right(0), [0, 1]);
        assert_eq!(pool.right(1), [2, 3]);
        assert_eq!(pool.right(2), [2, 3]);
        assert_eq!(pool.right(3), [2]);
        assert_eq!(ranks(&pool), [1, 1, 1, 1]);

        let back = pool.reversed();
        assert_eq!(back.right(0), [0]);
        // 90 is the positive of 60 and of 97, and by its label goes with 95.
        assert_eq!(back.right(2), [1, 2, 3]);
        let report = Report::new(&back, &find_by_number(&back));
        // 10, 49 and 61 find 50, 50 and 60; 90 finds 95.
        assert_eq!(report.recall_at_1, wilson(4, 4));
    }

    #[test]
    fn what_nobody_asks_for_is_searched_and_asks_for_nothing() {
        let searched = |positive: &str, label: Option<&str>| Searched {
            positive: Part::text(positive),
            label: label.map(str::to_owned),
        };
        let rows = [row("10", "20", "ten"), row("50", "45", "")];
        let more = [
            searched("14", None),
            searched("49", Some("other")),
            searched("12", Some("ten")),
        ];
        assert_eq!(ranks(&Pool::new(&rows)), [1, 1]);
        let pool = Pool::with_searched(&rows, &more[..2]);
        assert_eq!((pool.queries.len(), pool.targets.len()), (2, 4));
        assert_eq!(ranks(&pool), [2, 2]);
        // What has the label of a row is right for its query, and asks for it.
        let pool = Pool::with_searched(&rows, &more);
        assert_eq!(pool.right(0), [0, 4]);
        assert_eq!(ranks(&pool), [1, 2]);
        let back = pool.reversed();
        let texts: Vec<_> = back.queries.iter().map(|q| q.text.as_deref()).collect();
        assert_eq!(texts, [Some("20"), Some("45"), Some("12")]);
        assert_eq!(ranks(&back), [1, 1, 1]);
        assert_eq!(back.right(2), [0]);
    }

    #[test]
    fn a_wrong_target_with_the_same_score_comes_first() {
        let rows = [row("10", "9", ""), row("50", "11", "")];
        let pool = Pool::new(&rows);
        assert_eq!(ranks(&pool), [2, 1]);
        let all_same = find(&[Some(0.5); 7], &[3]).unwrap();
        assert_eq!((all_same.rank, all_same.rival), (7, Some(0)));
        let no_number = find(&[Some(0.1), Some(f32::NAN)], &[1]).unwrap();
        assert_eq!(no_number.rank, 2);
    }

    #[test]
    fn chance_is_drawing_without_putting_back() {
        let found = find(&[Some(0.0); 10], &[0, 1]).unwrap();
        assert!((found.chance(1) - 0.2).abs() < 1e-12);
        // 1 - C(8, 5) / C(10, 5)
        assert!((found.chance(5) - (1.0 - 56.0 / 252.0)).abs() < 1e-12);
        assert_eq!(found.chance(9), 1.0);
        assert_eq!(found.chance(1000), 1.0);
    }

    #[test]
    fn what_cannot_be_embedded_is_left_out_and_counted() {
        let rows = [
            row("10", "broken", ""),
            row("broken", "20", ""),
            row("21", "30", ""),
        ];
        let pool = Pool::new(&rows);
        let report = Report::new(&pool, &find_by_number(&pool));
        assert_eq!((report.queries, report.queries_left_out), (1, 2));
        assert_eq!((report.targets, report.targets_left_out), (2, 1));
        assert_eq!(report.median_rank, 2.0);
        let nothing = Report::new(&pool, &[None, None, None]);
        assert_eq!(nothing.recall_at_1, wilson(0, 0));
        assert_eq!(nothing.median_rank, 0.0);
    }

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        assert_eq!(median(vec![9, 1, 2, 4]), 3.0);
        assert_eq!(median(vec![5, 1, 2]), 2.0);
    }
}
