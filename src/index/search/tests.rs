//! A search equals brute force: over random and clustered vectors, numbers of views, temperatures,
//! reductions, precisions, weights and limits.

use super::*;
use crate::index::testing::{Case, Numbers, embedding_of, library, names, vectors};
use crate::similarity;
use crate::{Fusion, Reduction};

/// Every record's score, best first, computed one by one.
fn brute(index: &Index, terms: &[Term<'_>]) -> Vec<(String, f32)> {
    let mut all: Vec<(String, f32)> = index
        .ids()
        .into_iter()
        .map(|id| {
            let target = index.get(id).unwrap();
            let sum: f64 = terms
                .iter()
                .map(|term| {
                    let s = similarity(term.embedding, &target, &index.fusion()).unwrap();
                    f64::from(term.weight) * f64::from(s.score)
                })
                .sum();
            (id.to_owned(), sum as f32)
        })
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

fn pairs_of(hits: &[Hit]) -> Vec<(String, f32)> {
    hits.iter().map(|hit| (hit.id.clone(), hit.score)).collect()
}

#[test]
fn the_hits_are_those_of_brute_force() {
    for case in Case::all() {
        let (index, queries) = case.make();
        let terms = case.terms(&queries);
        let expected = brute(&index, &terms);
        for limit in [1, 2, 20, index.len(), 1000] {
            let options = SearchOptions {
                limit,
                min_score: None,
            };
            let found = index.search(&terms, &options).unwrap();
            let best = &expected[..limit.min(expected.len())];
            assert_eq!(pairs_of(&found.hits), best, "seed {}", case.seed);
        }
        let least = expected[30].1;
        let options = SearchOptions {
            limit: 1000,
            min_score: Some(least),
        };
        let found = index.search(&terms, &options).unwrap();
        let best: Vec<_> = expected
            .iter()
            .filter(|(_, s)| *s >= least)
            .cloned()
            .collect();
        assert_eq!(pairs_of(&found.hits), best, "seed {}", case.seed);
    }
}

#[test]
fn a_scan_bounds_every_score() {
    for case in Case::all() {
        let (index, queries) = case.make();
        let terms = case.terms(&queries);
        let query = index.prepare(&terms).unwrap();
        let options = SearchOptions {
            limit: usize::MAX,
            min_score: None,
        };
        let bounded = index.bounded(&query, &options, true);
        assert_eq!(bounded.len(), index.len());
        for row in bounded {
            let exact = weighted(&index.exact(&query, row.row).unwrap(), &query);
            assert!(
                row.low <= exact && exact <= row.high,
                "seed {}: {} {exact} {}",
                case.seed,
                row.low,
                row.high
            );
            let sizes: f32 = case.weights.iter().map(|w| w.abs()).sum();
            assert!(row.high - row.low < 0.06 * sizes, "seed {}", case.seed);
        }
    }
}

#[test]
fn of_an_index_of_integers_hits_say_how_far_off_they_may_be_and_candidates_have_the_best() {
    for case in Case::all().iter().filter(|c| c.precision == Precision::F32) {
        let (whole, queries) = case.make();
        let coded = Case {
            precision: Precision::Int8,
            ..*case
        };
        let mut index = coded.make().0;
        // The one that came back was read from codes there.
        index.add("3", &whole.get("3").unwrap()).unwrap();
        let terms = case.terms(&queries);
        let expected = brute(&whole, &terms);
        let options = SearchOptions {
            limit: 10,
            min_score: None,
        };
        for hit in index.search(&terms, &options).unwrap().hits {
            let (_, exact) = expected.iter().find(|(id, _)| *id == hit.id).unwrap();
            assert!((hit.score - exact).abs() <= hit.error, "seed {}", case.seed);
        }
        let candidates = index.candidates(&terms, &options).unwrap();
        for (id, exact) in &expected[..10] {
            let found = candidates.iter().find(|candidate| candidate.id == *id);
            let found = found.unwrap_or_else(|| panic!("seed {}: {id} is lost", case.seed));
            assert!(found.low <= *exact && *exact <= found.high);
        }
    }
}

#[test]
fn equal_scores_come_in_the_order_of_insertion() {
    let mut index = Index::new(names(2), 8, Case::all()[0].fusion(), Precision::F32).unwrap();
    let same = embedding_of(vectors(1, 2, 8), 2);
    for i in 0..130 {
        index.add(&format!("{i}"), &same).unwrap();
    }
    index.remove("0");
    index.remove("64");
    index.add("0", &same).unwrap();
    let options = SearchOptions {
        limit: 129,
        min_score: None,
    };
    let term = Term {
        embedding: &same,
        weight: 1.0,
    };
    let hits = index.search(&[term], &options).unwrap().hits;
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.id).collect();
    let expected = (1..130).filter(|i| *i != 64).chain([0]);
    assert_eq!(ids, expected.map(|i| i.to_string()).collect::<Vec<_>>());
    assert_eq!(index.ids(), ids);
}

#[test]
fn few_records_of_a_clustered_library_are_scored_in_full() {
    let numbers = &mut Numbers::new(5);
    let fusion = Fusion {
        temperature: 0.05,
        reduction: Reduction::LogSumExp,
    };
    let mut index = Index::new(names(5), 128, fusion, Precision::F32).unwrap();
    for (i, e) in library(numbers, 2000, 5, 128).iter().enumerate() {
        index.add(&format!("{i}"), e).unwrap();
    }
    let query = index.get("8").unwrap();
    let term = Term {
        embedding: &query,
        weight: 1.0,
    };
    let found = index.search(&[term], &SearchOptions::default()).unwrap();
    assert_eq!(found.hits.len(), 20);
    assert!(found.scored < 200, "{}", found.scored);
}

#[test]
fn a_record_comes_goes_and_is_replaced() {
    let fusion = Case::all()[0].fusion();
    let mut index = Index::new(names(2), 8, fusion, Precision::F32).unwrap();
    let (a, b) = (
        embedding_of(vectors(1, 2, 8), 2),
        embedding_of(vectors(2, 2, 12), 2),
    );
    assert!(index.add("a", &a).unwrap());
    assert!(index.add("b", &b).unwrap());
    assert_eq!(index.get("a").unwrap().values, a.values);
    // Longer vectors are cut, and are unit vectors again.
    assert_eq!(
        index.get("b").unwrap().values,
        b.truncate(8).unwrap().values
    );
    assert!(!index.add("a", &b).unwrap());
    assert_eq!(
        index.get("a").unwrap().values,
        b.truncate(8).unwrap().values
    );
    assert_eq!(index.ids(), ["a", "b"]);
    assert!(index.remove("a") && !index.remove("a"));
    assert_eq!(
        (index.len(), index.contains("a"), index.get("a")),
        (1, false, None)
    );
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_the_index_as_it_was() {
    let fusion = Case::all()[0].fusion();
    let new =
        |views, dimensions, fusion| Index::new(names(views), dimensions, fusion, Precision::F32);
    let cold = Fusion {
        temperature: 0.0,
        ..fusion
    };
    for bad in [
        new(0, 8, fusion),
        new(1, 0, fusion),
        new(1, 1 << 20, fusion),
        new(1, 8, cold),
    ] {
        assert_eq!(bad.unwrap_err().code(), Code::Embedding);
    }
    let mut index = new(2, 8, fusion).unwrap();
    let good = embedding_of(vectors(1, 2, 8), 2);
    index.add("a", &good).unwrap();
    let mut long = good.clone();
    long.values[0] += 1.0;
    let mut odd = good.clone();
    odd.values[3] = f32::NAN;
    let renamed = Embedding {
        views: vec!["v0".into(), "other".into()],
        ..good.clone()
    };
    let torn = Embedding {
        dimensions: 9,
        ..good.clone()
    };
    let bad = [
        long,
        odd,
        renamed,
        torn,
        embedding_of(vectors(1, 2, 7), 2),
        embedding_of(vectors(1, 3, 8), 3),
    ];
    for (i, embedding) in bad.iter().enumerate() {
        for id in ["a", "b"] {
            let error = index.add(id, embedding).unwrap_err();
            assert_eq!(
                (error.code(), error.subject()),
                (Code::Embedding, id),
                "{i}"
            );
        }
    }
    assert_eq!(index.ids(), ["a"]);
    assert_eq!(index.get("a").unwrap().values, good.values);
    let options = SearchOptions::default();
    let term = |weight| Term {
        embedding: &good,
        weight,
    };
    assert_eq!(index.search(&[], &options).unwrap_err().code(), Code::Input);
    let error = index.search(&[term(f32::NAN)], &options).unwrap_err();
    assert_eq!(error.code(), Code::Input);
    let term = Term {
        embedding: &bad[0],
        weight: 1.0,
    };
    assert_eq!(
        index.search(&[term], &options).unwrap_err().code(),
        Code::Embedding
    );
}
