//! The baseline that must fail: the same questions with every image exchanged for another.
//!
//! What a model still gets right then, it gets right without looking. The images are exchanged by one cycle over
//! all of them (Sattolo's algorithm), so none stays in its place, and an image that occurs twice is
//! exchanged for the same other one. Nothing new has to be embedded, except images that come with a
//! text of their own. Images that cannot be used stay, so that the same questions are left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::data::{Part, Question, Row, Searched};

/// Exchanges the images of questions that `usable` knows, and tells how many distinct ones there are. With
/// fewer than two nothing is exchanged.
pub fn shuffle_questions(
    questions: &mut [Question],
    seed: u64,
    usable: impl Fn(&Path) -> bool,
) -> usize {
    let parts = questions
        .iter_mut()
        .flat_map(|question| std::iter::once(&mut question.query).chain(&mut question.candidates));
    shuffle(parts.collect(), seed, &usable)
}

/// Exchanges the images of rows' queries and positives, and of what is searched beside them, that `usable`
/// knows, and tells how many distinct ones there are. With fewer than two nothing is exchanged.
pub fn shuffle_rows(
    rows: &mut [Row],
    searched: &mut [Searched],
    seed: u64,
    usable: impl Fn(&Path) -> bool,
) -> usize {
    let parts = rows
        .iter_mut()
        .flat_map(|row| [&mut row.query, &mut row.positive]);
    let searched = searched.iter_mut().map(|searched| &mut searched.positive);
    shuffle(parts.chain(searched).collect(), seed, &usable)
}

fn shuffle(mut parts: Vec<&mut Part>, seed: u64, usable: &dyn Fn(&Path) -> bool) -> usize {
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    let mut images: Vec<PathBuf> = Vec::new();
    for image in parts.iter().filter_map(|part| part.image.as_ref()) {
        if !places.contains_key(image) && usable(image) {
            places.insert(image.clone(), images.len());
            images.push(image.clone());
        }
    }
    let cycle = cycle(images.len(), seed);
    for image in parts.iter_mut().filter_map(|part| part.image.as_mut()) {
        if let Some(&place) = places.get(image) {
            *image = images[cycle[place]].clone();
        }
    }
    images.len()
}

/// A permutation of `n` places that is one cycle.
fn cycle(n: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        let below = (mix(seed, i as u64) % i as u64) as usize;
        places.swap(i, below);
    }
    places
}

/// The number `i` of the stream `seed` (SplitMix64; Steele, Lea and Flood, 2014).
pub(super) fn mix(seed: u64, i: u64) -> u64 {
    let mut z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_image_stays_in_its_place_and_all_are_one_cycle() {
        for n in 2..40 {
            for seed in 0..20 {
                let cycle = cycle(n, seed);
                let (mut at, mut steps) = (cycle[0], 1);
                while at != 0 {
                    at = cycle[at];
                    steps += 1;
                }
                assert_eq!(steps, n, "seed {seed}: {cycle:?}");
            }
        }
        assert_ne!(cycle(20, 1), cycle(20, 2));
        assert_eq!(cycle(20, 1), cycle(20, 1));
    }

    #[test]
    fn an_image_is_exchanged_for_the_same_one_everywhere_and_texts_stay() {
        let question = |a: &str, b: &str| Question {
            query: Part::text("a mug"),
            candidates: vec![Part::image(a), Part::image(b)],
            ..Question::default()
        };
        let before = [question("1", "2"), question("3", "1"), question("4", "2")];
        let mut after = before.clone();
        assert_eq!(shuffle_questions(&mut after, 7, |_| true), 4);
        let mut exchanged: HashMap<&Part, &Part> = HashMap::new();
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.query, after.query);
            for (before, after) in before.candidates.iter().zip(&after.candidates) {
                assert_ne!(before, after);
                assert_eq!(*exchanged.entry(before).or_insert(after), after);
            }
        }
        let mut seen: Vec<_> = exchanged.values().collect();
        seen.sort_by_key(|part| &part.image);
        seen.dedup();
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn an_image_that_cannot_be_used_stays_and_takes_no_place() {
        let before = ["1", "2", "3"].map(|image| Row {
            query: Part::text("a mug"),
            positive: Part::image(image),
            ..Row::default()
        });
        let mut after = before.clone();
        let usable = |path: &Path| path != Path::new("2");
        assert_eq!(shuffle_rows(&mut after, &mut [], 7, usable), 2);
        let images = after.map(|row| row.positive.image.unwrap());
        assert_eq!(images, ["3", "2", "1"].map(PathBuf::from));
    }

    #[test]
    fn one_image_alone_stays_as_it_is() {
        let row = Row {
            query: Part::text("a mug"),
            positive: Part::image("1"),
            ..Row::default()
        };
        let mut rows = [row.clone(), row.clone()];
        assert_eq!(shuffle_rows(&mut rows, &mut [], 7, |_| true), 1);
        assert_eq!(rows, [row.clone(), row]);
        // One more to exchange it for, which nobody asks for.
        let mut searched = [Searched {
            positive: Part::image("2"),
            label: None,
        }];
        assert_eq!(shuffle_rows(&mut rows, &mut searched, 7, |_| true), 2);
        assert_eq!(rows[0].positive, Part::image("2"));
        assert_eq!(searched[0].positive, Part::image("1"));
    }
}
