use super::*;
use crate::index::testing::vectors;
use crate::index::{Index, Precision, SearchOptions, Term};
use crate::{Embedding, Fusion, Reduction, Sure, unit};

const SIZE: usize = 24;
const VIEWS: usize = 3;

fn index(precision: Precision) -> Index {
    let views = ["global", "fine-1", "fine-2"].map(str::to_owned).to_vec();
    let fusion = Fusion {
        temperature: 0.05,
        reduction: Reduction::LogSumExp,
    };
    Index::new(views, SIZE, fusion, precision).unwrap()
}

/// Vectors that all lean to one side, and those of one kind to another as well, by `how` much. Some are bright and some
/// dark, whatever they show.
fn photo(seed: u64, kind: usize, how: f32) -> Vec<f32> {
    let mut values = vectors(seed, VIEWS, SIZE);
    for vector in values.chunks_exact_mut(SIZE) {
        vector[0] += 2.0;
        vector[1 + kind] += how;
        vector[10] += (seed % 11) as f32 / 2.5 - 2.0;
        let whole: Vec<f32> = unit(vector).unwrap().collect();
        vector.copy_from_slice(&whole);
    }
    values
}

/// Photos of four kinds, a quarter each: `kind-number`.
fn library(precision: Precision) -> Index {
    let mut index = index(precision);
    for i in 0..200 {
        let kind = i % 4;
        index
            .add_values(&format!("{kind}-{i}"), &photo(i as u64, kind, 0.8))
            .unwrap();
    }
    index
}

fn taught(index: &Index, ids: &[&str], not: &[&str]) -> Word {
    let mut word = Word::new("Jackson").unwrap();
    let vector = |id: &str| index.get(id).unwrap().view(0).to_vec();
    ids.iter()
        .for_each(|id| assert!(word.teach(id, &vector(id))));
    not.iter()
        .for_each(|id| assert!(word.correct(id, &vector(id))));
    word
}

/// How many of the first `limit` are of a kind, and how many of these are told to be.
fn found(index: &Index, word: &Word, kind: usize, limit: usize) -> (usize, usize) {
    let query = index.background().unwrap().query(word).unwrap();
    let term = Term {
        embedding: &query.embedding,
        weight: query.weight,
    };
    let options = SearchOptions {
        limit,
        min_score: None,
    };
    let hits = index.search(&[term], &options).unwrap().hits;
    let right = hits
        .iter()
        .filter(|hit| hit.id.starts_with(&format!("{kind}-")));
    let sure = right.clone().filter(|hit| {
        let similarity = &hit.terms[0];
        let certainty = query.certainty.of(similarity.score, &similarity.patterns);
        query.certainty.word(certainty) != Sure::Hardly
    });
    (right.count(), sure.count())
}

#[test]
fn a_few_photos_find_the_others_of_their_kind() {
    for precision in [Precision::F32, Precision::Int8] {
        let index = library(precision);
        let three = taught(&index, &["2-2", "2-6", "2-10"], &[]);
        let (right, sure) = found(&index, &three, 2, 20);
        assert!(right >= 12 && sure >= 6, "{right} of 20, {sure} told");
        // The nearest mean, which does not know what differs anyway, finds less.
        let mean = unit(&three.like.sum).unwrap().collect();
        let plain = Embedding {
            views: vec![TAUGHT.into()],
            dimensions: SIZE,
            values: mean,
            tokens: 0,
            truncated: false,
        };
        let term = Term {
            embedding: &plain,
            weight: 1.0,
        };
        let hits = index
            .search(&[term], &SearchOptions::default())
            .unwrap()
            .hits;
        let by_mean = hits.iter().filter(|hit| hit.id.starts_with("2-")).count();
        assert!(by_mean < right, "{by_mean} by the mean, {right}");
    }
}

#[test]
fn the_scale_is_0_for_the_library_and_1_for_the_photos_of_the_word() {
    let index = library(Precision::F32);
    let word = taught(&index, &["1-1", "1-5"], &["2-2"]);
    let query = index.background().unwrap().query(&word).unwrap();
    let scaled = |vector: &[f32]| {
        let along: f32 = vector
            .iter()
            .zip(&query.embedding.values)
            .map(|(a, b)| a * b)
            .sum();
        query.weight * along + query.offset
    };
    let mean = |ids: &[String]| {
        let mut sum = vec![0.0; SIZE];
        for id in ids {
            let embedding = index.get(id).unwrap();
            sum.iter_mut()
                .zip(embedding.view(0))
                .for_each(|(s, x)| *s += x / ids.len() as f32);
        }
        sum
    };
    let all: Vec<String> = index.ids().into_iter().map(str::to_owned).collect();
    assert!(scaled(&mean(&all)).abs() < 1e-4);
    assert!((scaled(&mean(&word.like.ids)) - 1.0).abs() < 1e-4);
    let length: f32 = query.embedding.values.iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5);
}

#[test]
fn not_this_one_pushes_its_likes_away() {
    let index = library(Precision::F32);
    // Told by photos of two kinds; then one of them was not meant.
    let both = taught(&index, &["0-0", "0-4", "3-3"], &[]);
    let (before, _) = found(&index, &both, 3, 30);
    let mut word = both.clone();
    let vector = index.get("3-3").unwrap();
    assert!(word.correct("3-3", vector.view(0)));
    assert_eq!(word.like.ids, ["0-0", "0-4"]);
    assert_eq!(word.unlike.ids, ["3-3"]);
    let (after, _) = found(&index, &word, 3, 30);
    assert!(after < before, "{before} before, {after} after");
    // And back again: the sums are those from before.
    assert!(word.teach("3-3", vector.view(0)));
    assert!(!word.teach("3-3", vector.view(0)), "it is known");
    assert!(word.unlike.sum.is_empty());
    let apart = word
        .like
        .sum
        .iter()
        .zip(&both.like.sum)
        .map(|(a, b)| (a - b).abs());
    assert!(apart.fold(0.0, f32::max) < 1e-6);
}

#[test]
fn only_global_views_of_photos_count() {
    let index = library(Precision::F32);
    let word = taught(&index, &["2-2", "2-6", "2-10"], &[]);
    let query = index.background().unwrap().query(&word).unwrap();
    let term = Term {
        embedding: &query.embedding,
        weight: 1.0,
    };
    for hit in index
        .search(&[term], &SearchOptions::default())
        .unwrap()
        .hits
    {
        let embedding = index.get(&hit.id).unwrap();
        let cosine: f32 = embedding
            .view(0)
            .iter()
            .zip(&query.embedding.values)
            .map(|(a, b)| a * b)
            .sum();
        assert!((hit.score - cosine).abs() < 1e-6);
        assert_eq!(hit.terms[0].fine, None);
    }
}

#[test]
fn small_and_empty_libraries_are_no_trouble() {
    assert!(index(Precision::F32).background().is_none());
    let mut one = index(Precision::F32);
    one.add_values("a", &photo(1, 0, 1.0)).unwrap();
    let word = taught(&one, &["a"], &[]);
    // The library is the photo itself: there is nothing to tell it from.
    let error = one.background().unwrap().query(&word).unwrap_err();
    assert_eq!(error.code(), Code::Embedding);
    one.add_values("b", &photo(2, 1, 1.0)).unwrap();
    let query = one.background().unwrap().query(&word).unwrap();
    assert!(query.weight.is_finite() && query.offset.is_finite());
    // Of a word whose photos were all taken back nothing is left.
    let mut none = word.clone();
    none.correct("a", one.get("a").unwrap().view(0));
    let error = one.background().unwrap().query(&none).unwrap_err();
    assert_eq!(error.code(), Code::Input);
}

/// Texts with the words that they name, and whether they say more; pages are held to the same ones.
#[derive(serde::Deserialize)]
struct Cases {
    words: Vec<String>,
    texts: Vec<(String, Vec<String>, bool)>,
}

#[test]
fn words_are_found_in_texts() {
    let cases = include_str!("../../../tests/fixtures/taught-words.json");
    let cases: Cases = serde_json::from_str(cases).unwrap();
    let mut words: Vec<Word> = Vec::new();
    for name in &cases.words {
        let mut word = Word::new(name).unwrap();
        word.teach("id", &[1.0]);
        words.push(word);
    }
    for (text, names, more) in &cases.texts {
        let named = named_in(text, &words);
        let found: Vec<&str> = named.words.iter().map(|word| word.name.as_str()).collect();
        assert_eq!(
            (&found[..], named.more),
            (
                &names.iter().map(String::as_str).collect::<Vec<_>>()[..],
                *more
            ),
            "{text:?}"
        );
    }
    // One whose photos were all taken back is not known any more.
    words[0].correct("id", &[1.0]);
    assert!(named_in("jackson", &words).words.is_empty());
    assert!(words[2].is_called("Our  GARDEN") && !words[2].is_called("garden"));
    for bad in ["", "  ", "!?", &"x".repeat(101)] {
        assert_eq!(Word::new(bad).unwrap_err().code(), Code::Input, "{bad:?}");
    }
    assert_eq!(Word::new("  Aunt \n Mary ").unwrap().name, "Aunt Mary");
}

#[test]
fn words_come_back_from_json_as_they_were() {
    let index = library(Precision::F32);
    let mut other = taught(&index, &["1-1"], &[]);
    other.name = "Milo".into();
    let words = vec![taught(&index, &["2-2", "2-6"], &["0-0"]), other];
    let json = words_as_json(&words, "model");
    // Read, and held to the index.
    let read = |json: &str, model: &str| {
        let words = read_words(json.as_bytes(), "words.json", model)?;
        words.iter().try_for_each(|word| word.check(SIZE))?;
        Ok::<_, crate::Error>(words)
    };
    assert_eq!(read(&json, "model").unwrap(), words);
    assert_eq!(read(&json, "other").unwrap_err().code(), Code::IndexModel);
    for (from, to) in [
        ("agff-words", "other"),
        ("\"version\":1", "\"version\":2"),
        ("Jackson", " ? "),
        ("Jackson", "milo!"),
        ("\"sum\":[", "\"sum\":[1.0,"),
        ("\"sum\":[", "\"sum\":[9.0e9,"),
        ("\"ids\":[\"2-2\",\"2-6\"]", "\"ids\":[]"),
        ("\"ids\":[\"2-2\",\"2-6\"]", "\"ids\":[\"2-2\",\"2-2\"]"),
        ("\"ids\":[\"2-2\",\"2-6\"]", "\"ids\":[\"2-2\",\"0-0\"]"),
        ("\"like\"", "\"liked\""),
        ("}", ""),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json, "{from}");
        let error = read(&changed, "model").unwrap_err();
        assert_eq!(error.code(), Code::Data, "{from}: {error}");
    }
    // No component is too large, but the sum is longer than two unit vectors can be.
    let mut long = words[0].clone();
    long.like.sum.fill(1.9);
    assert_eq!(long.check(SIZE).unwrap_err().code(), Code::Data);
}
