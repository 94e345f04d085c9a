//! What holds for the scenes of all patterns, in training and in the test set.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::colour::Colour;
use super::kinds;
use super::sketch::Sketch;
use super::*;

const SPLITS: [Split; 2] = [Split::Training, Split::Test];

/// So many plans of a pattern.
fn plans(pattern: Pattern, split: Split, count: u64) -> impl Iterator<Item = Plan> {
    (0..count).map(move |index| Plan::of(pattern, split, 11, index))
}

/// So many drafts of a pattern, those too whose fact is hardly seen: quicker to make.
fn drafts(pattern: Pattern, split: Split, count: u64) -> impl Iterator<Item = Draft> {
    (0..count).map(move |index| {
        let draw = Draw::new(pattern as u64, b"in tests", index);
        pattern.draft(&mut Stage::new(draw, split))
    })
}

/// Every pattern with each split.
fn everywhere() -> impl Iterator<Item = (Pattern, Split)> {
    Pattern::ALL
        .into_iter()
        .flat_map(|pattern| SPLITS.map(|split| (pattern, split)))
}

/// The words of captions, without what is written on things.
fn words(texts: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let texts: Vec<String> = texts.into_iter().collect();
    let split = |text: &String| {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    texts.iter().flat_map(split).collect()
}

#[test]
fn the_scenes_of_a_unit_differ_and_so_do_their_captions() {
    for (pattern, split) in everywhere() {
        for (i, plan) in plans(pattern, split, 40).enumerate() {
            let unit = plan.paint(96).unwrap();
            let [a, b] = &unit.scenes;
            let pairs = a
                .pixels
                .rgb
                .chunks_exact(3)
                .zip(b.pixels.rgb.chunks_exact(3));
            let apart = |(a, b): (&[u8], &[u8])| {
                a.iter()
                    .zip(b)
                    .map(|(&a, &b)| u32::from(a.abs_diff(b)))
                    .sum::<u32>()
                    > 60
            };
            let count = pairs.filter(|&pair| apart(pair)).count();
            assert!(count >= 10, "{pattern:?} {split:?} {i}: {count} pixels");
            let texts = |scene: &Scene| -> HashSet<String> {
                scene
                    .captions
                    .iter()
                    .map(|caption| caption.text.clone())
                    .collect()
            };
            assert!(texts(a).is_disjoint(&texts(b)), "{:?}", texts(a));
            let expected = if split == Split::Test { 1..=1 } else { 2..=4 };
            assert!(expected.contains(&a.captions.len()), "{:?}", texts(a));
            assert_eq!(a.captions.len(), b.captions.len());
        }
    }
}

#[test]
fn everything_but_the_fact_is_the_same_in_both_scenes() {
    for (pattern, split) in everywhere() {
        for plan in plans(pattern, split, 40) {
            let [a, b] = &plan.draft.sketches;
            assert_eq!(a.background, b.background, "{pattern:?}");
            assert_eq!(a.light, b.light, "{pattern:?}");
            let kinds = |sketch: &Sketch| {
                let names = sketch.things.iter().map(|thing| thing.figure.kind.name);
                names.collect::<BTreeSet<_>>()
            };
            if pattern != Pattern::Presence {
                assert_eq!(kinds(a), kinds(b), "{pattern:?}");
            }
        }
    }
}

#[test]
fn captions_are_short_sentences_in_lower_case() {
    let tokenizer = include_bytes!("../../../../models/agff-nano/tokenizer.json");
    let tokenizer = tokenizers::Tokenizer::from_bytes(tokenizer).unwrap();
    for (pattern, split) in everywhere() {
        let mut tokens = 0;
        let captions = drafts(pattern, split, 150).flat_map(|draft| draft.captions);
        let captions: Vec<Caption> = captions.flatten().collect();
        for Caption { text, .. } in &captions {
            let encoded = tokenizer.encode(text.as_str(), false).unwrap();
            tokens += encoded.len();
            assert!(encoded.len() <= 32, "{}: {text}", encoded.len());
            assert_eq!(text.trim(), text);
            assert!(
                !text.contains("  ") && !text.contains(['{', '|', '.']),
                "{text}"
            );
            let shouted = text
                .split(' ')
                .filter(|w| w.chars().any(char::is_uppercase));
            let shouted: Vec<&str> = shouted.collect();
            assert!(shouted.is_empty() || pattern == Pattern::Text, "{text}");
            assert!(
                shouted
                    .iter()
                    .all(|word| word.chars().all(char::is_uppercase)),
                "{text}"
            );
            for article in ["a a", "a e", "a i", "a o", "an b", "an r", "an c", "an p"] {
                assert!(
                    !format!(" {text}").contains(&format!(" {article}")),
                    "{text}"
                );
            }
        }
        let mean = tokens as f64 / captions.len() as f64;
        assert!((6.0..=20.0).contains(&mean), "{pattern:?}: {mean} tokens");
    }
}

#[test]
fn all_kinds_and_colours_are_spoken_of_in_training_and_in_the_test_set() {
    for split in SPLITS {
        let (mut kinds_seen, mut colours_seen) = (HashSet::new(), HashSet::new());
        for pattern in Pattern::ALL {
            for draft in drafts(pattern, split, 400) {
                let captions = draft.captions.iter().flatten();
                for (kind, colour) in captions.flat_map(Caption::mentions) {
                    kinds_seen.insert(kind);
                    colours_seen.extend(colour);
                }
            }
        }
        assert_eq!(kinds_seen.len(), kinds::ALL.len(), "{split:?}");
        assert_eq!(colours_seen.len(), Colour::ALL.len(), "{split:?}");
    }
}

#[test]
fn there_are_many_templates_and_the_test_sets_are_its_own() {
    let of = |split| -> HashSet<&str> {
        Pattern::ALL
            .iter()
            .flat_map(|pattern| pattern.templates(split))
            .collect()
    };
    let (training, test) = (of(Split::Training), of(Split::Test));
    assert!(training.len() >= 40, "{}", training.len());
    assert!(
        training.is_disjoint(&test),
        "{:?}",
        training.intersection(&test)
    );
    for pattern in Pattern::ALL {
        assert!(
            pattern.templates(Split::Training).count() >= 4,
            "{pattern:?}"
        );
        assert!(pattern.templates(Split::Test).count() >= 2, "{pattern:?}");
    }
    // Nor does a half of one say what a half of another says.
    let halves = |templates: &HashSet<&'static str>| -> HashSet<&str> {
        let halves = templates.iter().flat_map(|template| template.split(" | "));
        halves
            .map(|half| half.trim_end_matches("{place}"))
            .collect()
    };
    let (training, test) = (halves(&training), halves(&test));
    assert!(
        training.is_disjoint(&test),
        "{:?}",
        training.intersection(&test)
    );
}

#[test]
fn the_test_set_says_nothing_that_training_says_but_in_known_words() {
    let texts = |split: Split, count: u64| -> HashSet<String> {
        let drafts = Pattern::ALL
            .into_iter()
            .flat_map(move |p| drafts(p, split, count));
        let captions = drafts.flat_map(|draft| draft.captions).flatten();
        captions.map(|caption| caption.text).collect()
    };
    let (training, test) = (texts(Split::Training, 1500), texts(Split::Test, 300));
    assert!(
        training.is_disjoint(&test),
        "{:?}",
        training.intersection(&test)
    );
    let written = |word: &String| word.chars().all(|c| c.is_uppercase() || c.is_numeric());
    let unknown: Vec<String> = words(test)
        .difference(&words(training))
        .filter(|word| !written(word))
        .cloned()
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn combinations_words_and_fonts_of_the_test_set_are_never_drawn_in_training() {
    let mut colours: HashMap<Split, HashSet<(&str, &str)>> = HashMap::new();
    let mut written: HashMap<Split, HashSet<String>> = HashMap::new();
    let mut fonts: HashMap<Split, HashSet<usize>> = HashMap::new();
    let mut pairs: HashMap<Split, HashSet<[&str; 2]>> = HashMap::new();
    for (pattern, split) in everywhere() {
        for draft in drafts(pattern, split, 400) {
            let things = draft.sketches.iter().flat_map(|sketch| &sketch.things);
            for figure in things.map(|thing| &thing.figure) {
                let combination = (figure.kind.name, figure.colour.name());
                colours.entry(split).or_default().insert(combination);
                if let Some(lettering) = &figure.lettering {
                    written
                        .entry(split)
                        .or_default()
                        .insert(lettering.word.clone());
                    fonts.entry(split).or_default().insert(lettering.font);
                }
            }
            for caption in draft.captions.iter().flatten() {
                let named: Vec<&str> = caption.mentions().map(|(kind, _)| kind).collect();
                if let [a, b] = *named.as_slice() {
                    pairs.entry(split).or_default().insert([a.min(b), a.max(b)]);
                }
            }
        }
    }
    let [training, test] = SPLITS;
    assert!(colours[&training].is_disjoint(&colours[&test]));
    assert!(written[&training].is_disjoint(&written[&test]));
    assert!(fonts[&training].is_disjoint(&fonts[&test]));
    assert!(pairs[&training].is_disjoint(&pairs[&test]));
    assert_eq!((fonts[&training].len(), fonts[&test].len()), (6, 2));
    assert!(pairs[&test].len() > 100 && written[&test].len() > 50);
}

#[test]
fn what_a_caption_speaks_of_is_in_its_scene() {
    for (pattern, split) in everywhere() {
        for plan in plans(pattern, split, 30) {
            let unit = plan.paint(32).unwrap();
            for scene in &unit.scenes {
                for caption in &scene.captions {
                    assert!(scene.may_fit(caption), "{}", caption.text);
                }
            }
        }
    }
    // And is not in most others.
    let captions = |index| Plan::training(5, index).draft.captions[0][0].clone();
    let others: Vec<Scene> = (100..150)
        .map(|i| draw(5, i, 32).unwrap().scenes[0].clone())
        .collect();
    let fits = (0..50).map(captions).map(|caption| {
        others
            .iter()
            .filter(|scene| scene.may_fit(&caption))
            .count()
    });
    assert!(fits.sum::<usize>() < 50 * 50 / 50);
}

#[test]
fn a_unit_is_the_same_whenever_it_is_drawn_and_unlike_its_neighbours() {
    let draw = |seed, index| draw(seed, index, 48).unwrap().scenes.map(|s| s.pixels.rgb);
    let first = draw(3, 17);
    for index in [0, 18, 26] {
        assert_ne!(draw(3, index), first);
    }
    assert_ne!(draw(4, 17), first);
    assert_eq!(draw(3, 17), first);
    // The patterns take turns.
    let patterns = (0..9).map(|index| Plan::training(3, index).pattern);
    assert_eq!(patterns.collect::<Vec<_>>(), Pattern::ALL);
}

#[test]
fn the_same_scene_is_drawn_at_any_size_within_reason() {
    let plan = Plan::training(1, 1);
    for side in [32, 200, 1024] {
        let unit = plan.paint(side).unwrap();
        assert_eq!(unit.scenes[0].pixels.rgb.len(), 3 * (side * side) as usize);
    }
    for side in [0, 31, 1025, u32::MAX] {
        assert_eq!(plan.paint(side).unwrap_err().code(), Code::Input);
    }
}
