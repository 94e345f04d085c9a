//! What holds of batches, over data sets drawn by chance.

use std::collections::{HashMap, HashSet};

use super::*;
use agff_eval::data::{Part, Row};

mod refused;

fn row(query: impl Into<String>, positive: impl Into<String>) -> Row {
    Row {
        query: Part::text(query),
        positive: Part::text(positive),
        ..Row::default()
    }
}

/// Rows whose queries and positives are all different.
fn plain(name: &str, count: usize) -> Vec<Row> {
    let row = |i| row(format!("{name} query {i}"), format!("{name} target {i}"));
    (0..count).map(row).collect()
}

fn settings(rows: usize) -> SamplerSettings {
    SamplerSettings {
        seed: 17,
        rows,
        parts: 1,
        unique_labels: false,
        mask_same_label: true,
        negatives: false,
    }
}

fn set(sources: &[(&[Row], f64)]) -> RowSet {
    let mut set = RowSet::new();
    for (i, (rows, weight)) in sources.iter().enumerate() {
        set.add(format!("file-{i}"), *weight, rows.iter()).unwrap();
    }
    set
}

fn sampler(sources: &[(&[Row], f64)], settings: &SamplerSettings) -> Sampler {
    Sampler::new(set(sources), settings.clone()).unwrap()
}

#[test]
fn a_picture_of_several_things_is_no_negative_of_any_of_their_names() {
    // Photo i shows the things i to i + 2, and its text names the first of them.
    let rows: Vec<Row> = (0..8)
        .map(|i| Row {
            query: Part::image(format!("{i}.jpg")),
            positive: Part::text(format!("thing {i}")),
            label: Some(format!("{i}")),
            also: vec![format!("{}", i + 1), format!("{}", i + 2)],
            ..Row::default()
        })
        .collect();
    for (mask, mirrored) in [(true, false), (true, true), (false, false)] {
        let mut rows = rows.clone();
        if mirrored {
            rows.iter_mut()
                .for_each(|row| std::mem::swap(&mut row.query, &mut row.positive));
        }
        let settings = SamplerSettings {
            mask_same_label: mask,
            ..settings(8)
        };
        let batch = sampler(&[(&rows, 1.0)], &settings).batch(0);
        let number = |row: usize| batch.rows[row].row;
        for (i, j) in (0..64).map(|n| (n / 8, n % 8)) {
            let (photo, name) = match mirrored {
                false => (number(i), number(j)),
                true => (number(j), number(i)),
            };
            let shown = i != j && (photo..photo + 3).contains(&name);
            assert_eq!(
                batch.is_false_negative(i, j),
                mask && shown,
                "{photo} {name}"
            );
        }
    }
}

/// Two sources drawn by chance: labels, groups, repeated targets and queries, negatives.
fn random_sources(seed: u64) -> [Vec<Row>; 2] {
    [0, 1].map(|source| {
        let mut draw = Draw::new(seed, 0, What::Order, source);
        let count = 60 + draw.below(200) as usize;
        let mut rows = plain(&format!("{source}"), count);
        let labels = 40 + draw.below(40);
        let mut group = 0;
        for (i, row) in rows.iter_mut().enumerate() {
            if draw.happens(0.3) {
                row.positive = Part::text(format!("shared target {}", draw.below(20)));
            }
            if draw.happens(0.3) {
                row.query = Part::text(format!("shared query {}", draw.below(20)));
            }
            if draw.happens(0.8) {
                row.label = Some(format!("label {}", draw.below(labels)));
            }
            if draw.happens(0.2) {
                row.negatives
                    .push(Part::text(format!("wrong {}", draw.below(9))));
            }
            // Pairs and triples; their rows differ in target and label.
            group = if i % 3 == 0 {
                draw.below(1 << 40)
            } else {
                group
            };
            if source == 0 && draw.happens(0.5) {
                row.group = Some(format!("group {group}"));
                row.positive = Part::text(format!("own target {i}"));
                row.label = None;
            }
        }
        rows
    })
}

#[test]
fn every_row_comes_exactly_once_in_each_epoch() {
    for (count, batch) in [(64, 16), (100, 16), (40, 32), (33, 32), (32, 32), (1000, 7)] {
        let rows = plain("a", count);
        let mut sampler = sampler(&[(&rows, 1.0)], &settings(batch));
        let mut seen = vec![0_usize; count];
        for step in 0..(5 * count / batch) as u64 {
            let taken = sampler.batch(step).rows;
            assert_eq!(taken.len(), batch);
            taken.iter().for_each(|id| seen[id.row] += 1);
            let (least, most) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
            assert!(
                most - least <= 1,
                "{count} by {batch}, step {step}: {least} to {most}"
            );
        }
        assert!(
            seen.iter().all(|&times| times >= 4),
            "{count} by {batch}: {seen:?}"
        );
    }
}

#[test]
fn epochs_have_different_orders_and_so_have_seeds() {
    let rows = plain("a", 64);
    let order = |seed, first: u64| -> Vec<usize> {
        let settings = SamplerSettings {
            seed,
            ..settings(16)
        };
        let mut sampler = sampler(&[(&rows, 1.0)], &settings);
        let steps = first..first + 4;
        steps
            .flat_map(|step| sampler.batch(step).rows)
            .map(|id| id.row)
            .collect()
    };
    assert_ne!(order(1, 0), order(1, 4));
    assert_ne!(order(1, 0), order(2, 0));
    assert_ne!(order(1, 0), (0..64).collect::<Vec<_>>());
}

#[test]
fn the_batch_of_a_step_is_the_same_whatever_was_asked_before() {
    for seed in 0..10 {
        let [first, second] = random_sources(seed);
        let sources: [(&[Row], f64); 2] = [(&first, 1.0), (&second, 2.0)];
        let settings = SamplerSettings {
            parts: 2,
            negatives: true,
            ..settings(24)
        };
        let mut walked = sampler(&sources, &settings);
        let batches: Vec<Batch> = (0..60).map(|step| walked.batch(step)).collect();
        for step in [59, 3, 3, 0, 40] {
            let fresh = sampler(&sources, &settings).batch(step);
            assert_eq!(
                fresh, batches[step as usize],
                "seed {seed}, step {step}, fresh"
            );
            assert_eq!(
                walked.batch(step),
                fresh,
                "seed {seed}, step {step}, going back"
            );
        }
    }
}

#[test]
fn no_target_and_if_asked_no_label_is_twice_in_a_batch() {
    for seed in 0..20 {
        let sources = random_sources(seed);
        for unique_labels in [false, true] {
            let settings = SamplerSettings {
                parts: 3,
                unique_labels,
                negatives: true,
                ..settings(24)
            };
            let borrowed: [(&[Row], f64); 2] = [(&sources[0], 1.0), (&sources[1], 1.0)];
            let mut sampler = sampler(&borrowed, &settings);
            for step in 0..40 {
                let batch = sampler.batch(step);
                let (mut targets, mut labels) = (HashSet::new(), HashSet::new());
                let row = |id: &RowId| &sources[id.source][id.row];
                for id in &batch.rows {
                    let target = row(id).positive.text.as_ref();
                    assert!(
                        targets.insert(target),
                        "seed {seed}, step {step}: {target:?} twice"
                    );
                    if let (true, Some(label)) = (unique_labels, &row(id).label) {
                        assert!(
                            labels.insert(label),
                            "seed {seed}, step {step}: {label} twice"
                        );
                    }
                }
                for id in &batch.negatives {
                    let negative = &row(&batch.rows[id.row]).negatives[id.negative];
                    assert!(
                        targets.insert(negative.text.as_ref()),
                        "seed {seed}: {negative:?}"
                    );
                }
                assert!(
                    batch.rows.len() > 24 - 3,
                    "seed {seed}: {} rows",
                    batch.rows.len()
                );
            }
        }
    }
}

#[test]
fn rows_of_a_group_are_in_one_batch_side_by_side() {
    for seed in 0..10 {
        let [rows, _] = random_sources(seed);
        let mut members: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            if let Some(group) = &row.group {
                members.entry(group).or_default().push(i);
            }
        }
        assert!(members.values().any(|group| group.len() > 1));
        let mut sampler = sampler(&[(&rows, 1.0)], &settings(16));
        for step in 0..50 {
            let batch = sampler.batch(step);
            let taken: Vec<usize> = batch.rows.iter().map(|id| id.row).collect();
            let mut numbers = HashSet::new();
            let mut i = 0;
            while i < taken.len() {
                let group = rows[taken[i]]
                    .group
                    .as_deref()
                    .map(|group| members[group].as_slice());
                let expected = group.unwrap_or(&taken[i..=i]);
                let until = (i + expected.len()).min(taken.len());
                assert_eq!(&taken[i..until], expected, "seed {seed}, step {step}");
                assert!(
                    numbers.insert(batch.groups[i]),
                    "two groups have one number"
                );
                let one = |number: &u32| *number == batch.groups[i];
                assert!(batch.groups[i..until].iter().all(one));
                i = until;
            }
        }
    }
}

#[test]
fn groups_that_do_not_fill_a_batch_leave_it_a_little_short_and_none_is_lost() {
    let mut rows = plain("a", 300);
    for (i, row) in rows.iter_mut().enumerate() {
        row.group = Some(format!("triple {}", i / 3));
    }
    let mut sampler = sampler(&[(&rows, 1.0)], &settings(16));
    let mut seen = vec![0; 300];
    for step in 0..20 {
        let batch = sampler.batch(step);
        assert_eq!(batch.rows.len(), 15);
        batch.rows.iter().for_each(|id| seen[id.row] += 1);
    }
    assert!(seen.iter().all(|&times| times == 1));
}

#[test]
fn a_part_is_of_one_source_and_sources_come_by_weight() {
    let (first, second, never) = (plain("a", 500), plain("b", 300), plain("c", 200));
    let sources: [(&[Row], f64); 3] = [(&first, 3.0), (&second, 1.0), (&never, 0.0)];
    let settings = SamplerSettings {
        parts: 4,
        ..settings(32)
    };
    let mut sampler = sampler(&sources, &settings);
    assert_eq!(sampler.rows(), 800);
    let mut parts = [0; 3];
    for step in 0..1000 {
        for part in sampler.batch(step).rows.chunks(8) {
            assert!(part.iter().all(|id| id.source == part[0].source));
            parts[part[0].source] += 1;
        }
    }
    assert_eq!(parts[2], 0);
    // Of 4000 parts 3000 are expected, with a deviation of 27.
    assert!((2_880..3_120).contains(&parts[0]), "{parts:?}");
}

#[test]
fn a_target_with_more_rows_than_batches_takes_its_turn_and_holds_nobody_up() {
    // 40 targets of one row each, and one of 400.
    let mut rows = plain("a", 440);
    for row in &mut rows[40..] {
        row.positive = Part::text("the common one");
    }
    let mut sampler = sampler(&[(&rows, 1.0)], &settings(20));
    let (mut common, mut rare) = (HashSet::new(), vec![0; 40]);
    for step in 0..200 {
        let batch = sampler.batch(step);
        assert_eq!(batch.rows.len(), 20);
        for id in batch.rows {
            match rare.get_mut(id.row) {
                Some(times) => *times += 1,
                None => {
                    common.insert(id.row);
                }
            }
        }
    }
    // 200 · 19 places for 40 rows, at least.
    assert!(
        rare.iter().all(|&times| (94..=100).contains(&times)),
        "{rare:?}"
    );
    assert!(
        common.len() > 120,
        "{} of the common ones were seen",
        common.len()
    );
    assert!(sampler.streams[0].pending.len() <= 2 * 440);
}

#[test]
fn what_is_known_to_be_right_for_a_query_is_masked() {
    let mut rows = plain("a", 6);
    for i in [0, 1] {
        rows[i].label = Some("mug".into());
    }
    rows[3].query = rows[2].query.clone();
    // Row 5's target is row 4's query: the two directions of one pair.
    rows[5].positive = rows[4].query.clone();
    rows[5].query = rows[4].positive.clone();
    let masked = |rows: &[Row], settings: SamplerSettings| -> HashSet<(usize, usize)> {
        let batch = sampler(&[(rows, 1.0)], &settings).batch(0);
        let mut found = HashSet::new();
        for (i, query) in batch.rows.iter().enumerate() {
            for (j, target) in batch.rows.iter().enumerate() {
                if batch.is_false_negative(i, j) {
                    found.insert((query.row, target.row));
                }
            }
        }
        found
    };
    let pairs = [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4)];
    assert_eq!(masked(&rows, settings(6)), HashSet::from(pairs));

    let unlabelled = SamplerSettings {
        mask_same_label: false,
        ..settings(6)
    };
    assert_eq!(
        masked(&rows, unlabelled),
        HashSet::from_iter(pairs[2..].iter().copied())
    );

    // Another question about the same picture has another answer.
    rows[3].query.instruction = Some("Find its opposite.".into());
    // What a row itself calls wrong is wrong, whatever its label.
    let other = rows[1].positive.clone();
    rows[0].negatives.push(other);
    let left = [(1, 0), (4, 5), (5, 4)];
    assert_eq!(masked(&rows, settings(6)), HashSet::from(left));
}

#[test]
fn explicit_negatives_are_further_targets_unless_they_are_there_already() {
    let mut rows = plain("a", 4);
    rows[0].negatives = vec![Part::text("wrong"), rows[1].positive.clone()];
    rows[1].negatives = vec![Part::text(" wrong "), rows[2].query.clone()];
    let with = SamplerSettings {
        negatives: true,
        ..settings(4)
    };
    let batch = sampler(&[(&rows, 1.0)], &with).batch(0);
    // "wrong" once, and row 2's query; row 1's positive is a target by itself.
    assert_eq!((batch.negatives.len(), batch.targets()), (2, 6));
    assert_eq!(batch.mask.len(), 4 * 6);
    for (query, id) in batch.rows.iter().enumerate() {
        for (n, negative) in batch.negatives.iter().enumerate() {
            let part = &rows[batch.rows[negative.row].row].negatives[negative.negative];
            let itself = *part == rows[id.row].query;
            assert_eq!(
                batch.is_false_negative(query, 4 + n),
                itself,
                "{id:?} {part:?}"
            );
        }
    }
    let without = sampler(&[(&rows, 1.0)], &settings(4)).batch(0);
    assert_eq!(without.targets(), 4);
}
