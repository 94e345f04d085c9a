//! Drawn scenes as files.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use agff::Code;
use agff::input::image::{DecodeLimits, decode};
use agff_eval::data::{Row, read_questions, read_rows};
use agff_scenes::folder::{DataManifest, MANIFEST_FILE, MakeOptions};
use agff_scenes::scenes::{Pattern, Plan, files as scene_files};

use crate::{files, options};

/// The sha256 of the test set that `agff data scenes --pairs` makes: 60 pairs of each pattern, seed 0,
/// 192 pixels. Results on the set are of this set: whoever changes it counts `GENERATOR` up and says so
/// beside the results.
const TEST_SET: &str = "b227f650a79d0ec6d441617168997c8ab1da43b63033930baa5becf54a3083b5";

fn training(units: u64, options: &MakeOptions) -> (tempfile::TempDir, DataManifest) {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("set");
    let made = scene_files::write_training(&out, units, options, |_| ()).unwrap();
    (parent, made)
}

#[test]
fn rows_can_be_trained_on() {
    let mut heard = Vec::new();
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("set");
    let made = scene_files::write_training(&out, 150, &options(), |done| heard.push(done)).unwrap();
    assert_eq!(heard, [128, 150]);

    let rows = read_rows(&out.join("rows.jsonl")).unwrap();
    assert_eq!(made.counts["rows"], rows.len() as u64);
    assert_eq!((made.counts["units"], made.counts["pictures"]), (150, 300));
    assert_eq!(made.files, 301);

    let mut groups: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in &rows {
        let text = row.query.text.as_deref().unwrap();
        assert!(
            row.query.image.is_none() && row.positive.text.is_none(),
            "{text}"
        );
        assert_eq!(row.negatives.len(), 1, "{text}");
        assert!(row.label.is_some(), "{text}");
        let sided = text
            .split(' ')
            .any(|word| word == "left" || word == "right");
        assert!(!(sided && row.flip), "{text}");
        let group = row.group.as_ref().expect(text);
        groups.entry(group).or_default().push(row);
    }
    let units = groups.keys().map(|group| group.rsplit_once('-').unwrap().0);
    assert_eq!(units.collect::<HashSet<_>>().len(), 150);
    for group in groups.values() {
        let [a, b] = group.as_slice() else {
            panic!("{} rows in a group", group.len());
        };
        assert_eq!(
            (&a.positive, &b.positive),
            (&b.negatives[0], &a.negatives[0])
        );
        assert_ne!(a.label, b.label);
        assert_ne!(a.query, b.query);
    }
    // Rows of one picture have one label, and rows of other pictures have others.
    let mut labels = HashMap::new();
    for row in &rows {
        let label = row.label.as_ref().unwrap();
        let image = row.positive.image.as_ref().unwrap();
        assert_eq!(labels.entry(image).or_insert(label), &label);
    }
    let distinct: HashSet<_> = labels.values().collect();
    assert_eq!((labels.len(), distinct.len()), (300, 300));
    assert!(rows.iter().any(|row| row.flip) && rows.iter().any(|row| !row.flip));
}

#[test]
fn a_picture_is_the_one_that_is_drawn_on_the_fly() {
    let (parent, _) = training(2, &options());
    let name = "set/images/000/0-000001b.png";
    let bytes = std::fs::read(parent.path().join(name)).unwrap();
    let read = decode(name, &bytes, &DecodeLimits::default()).unwrap();
    let drawn = agff_scenes::scenes::draw(0, 1, 64).unwrap();
    assert_eq!(read, drawn.scenes[1].pixels);
}

#[test]
fn files_do_not_depend_on_threads_but_on_the_seed() {
    let with = |threads, seed| {
        let options = MakeOptions {
            threads: Some(threads),
            seed,
            ..options()
        };
        let (parent, made) = training(20, &options);
        (files(parent.path()), made)
    };
    let (one, manifest) = with(1, 7);
    assert_eq!(one.len(), 42);
    assert_eq!(with(2, 7), (one.clone(), manifest.clone()));
    assert_eq!(with(1, 7), (one, manifest.clone()));
    assert_ne!(with(2, 8).1.sha256, manifest.sha256);
}

#[test]
fn the_test_set_has_pairs_of_all_nine_patterns() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("test");
    let made = scene_files::write_test(&out, 3, &options(), |_| ()).unwrap();
    assert_eq!(
        (made.counts["questions"], made.counts["pictures"]),
        (54, 54)
    );
    let questions = read_questions(&out.join("questions.jsonl")).unwrap();
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    let mut categories: HashMap<String, usize> = HashMap::new();
    let mut texts = HashSet::new();
    for question in questions {
        assert_eq!(question.candidates.len(), 2);
        assert!(texts.insert(question.query.text), "a sentence comes twice");
        *categories.entry(question.category.unwrap()).or_default() += 1;
        groups
            .entry(question.group.unwrap())
            .or_default()
            .push(question.answer);
    }
    assert!(
        groups.values().all(|answers| answers == &[0, 1]),
        "{groups:?}"
    );
    assert_eq!(groups.len(), 27);
    for pattern in Pattern::ALL {
        assert_eq!(categories[pattern.name()], 6, "{pattern:?}");
    }
}

#[test]
fn the_default_test_set_is_the_one_that_results_are_of() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("test");
    let options = MakeOptions {
        size: scene_files::DEFAULT_SIZE,
        ..options()
    };
    let pairs = scene_files::TEST_PAIRS;
    let made = scene_files::write_test(&out, pairs, &options, |_| ()).unwrap();
    assert_eq!(made.counts["questions"], 9 * 60 * 2);
    assert_eq!(made.sha256, TEST_SET);
}

#[test]
fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("set");
    let code = |units, options: &MakeOptions| {
        let made = scene_files::write_training(&out, units, options, |_| ());
        made.unwrap_err().code()
    };
    let small = MakeOptions {
        size: 8,
        ..options()
    };
    assert_eq!(code(3, &small), Code::Input);
    assert_eq!(code(0, &options()), Code::Input);
    let none = scene_files::write_test(&out, 0, &options(), |_| ());
    assert_eq!(none.unwrap_err().code(), Code::Input);
    let nowhere = Path::new("/dev/null/set");
    let made = scene_files::write_training(nowhere, 3, &options(), |_| ());
    assert_eq!(made.unwrap_err().code(), Code::Io);
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn a_set_is_replaced_whole_and_only_with_force() {
    let (parent, first) = training(5, &options());
    let out = parent.path().join("set");
    let again = |force, seed| {
        let options = MakeOptions {
            force,
            seed,
            ..options()
        };
        scene_files::write_training(&out, 2, &options, |_| ())
    };
    let error = again(false, 1).unwrap_err();
    assert!(error.message().contains("--force"), "{error}");
    let json = std::fs::read(out.join(MANIFEST_FILE)).unwrap();
    assert_eq!(
        serde_json::from_slice::<DataManifest>(&json).unwrap(),
        first
    );
    let second = again(true, 1).unwrap();
    assert_eq!(files(&out).len(), 2 * 2 + 2);
    assert_ne!(second.sha256, first.sha256);
}

#[test]
fn captions_can_be_had_without_painting() {
    let plan = Plan::training(3, 4);
    let unit = plan.paint(32).unwrap();
    for (side, scene) in unit.scenes.iter().enumerate() {
        assert_eq!(plan.captions()[side], scene.captions);
        let own = &scene.captions[0];
        assert!(scene.may_fit(own), "{}", own.text);
        assert!(own.mentions().count() > 0);
    }
}
