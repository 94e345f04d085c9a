//! What training draws and what is kept for the test set.
//!
//! Every kind is drawn in ten colours in training and in the other four in the test set, so every
//! kind and every colour is known but their combination is not. The same goes for two kinds that one
//! caption speaks of, and for written words. The choice is by a hash of the names, so adding a kind
//! changes nothing for the others.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::colour::Colour;
use super::kinds::{self, Kind};
use super::letters;
use crate::hash::stable;

/// For which of the two a scene is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Scenes to learn from.
    Training,
    /// Scenes to be judged by.
    Test,
}

/// Colours of a kind that only the test set has.
const HELD_OUT_COLOURS: usize = 4;
/// One in so many pairs of kinds and of words is held out.
const HELD_OUT_PAIRS: u64 = 6;
const HELD_OUT_WORDS: u64 = 6;

type Colours = HashMap<&'static str, Vec<Colour>>;

/// For each kind its colours, those of the test set first.
static COLOURS: LazyLock<Colours> = LazyLock::new(|| {
    let ordered = |kind: &&'static Kind| {
        let mut colours = Colour::ALL.to_vec();
        colours.sort_by_key(|colour| stable(&[kind.name, colour.name()]));
        (kind.name, colours)
    };
    kinds::ALL.iter().map(ordered).collect()
});

impl Split {
    /// The colours that a kind is drawn in.
    pub(super) fn colours(self, kind: &Kind) -> &'static [Colour] {
        let all = COLOURS.get(kind.name).map_or(&[][..], Vec::as_slice);
        let (test, training) = all.split_at(HELD_OUT_COLOURS.min(all.len()));
        match self {
            Self::Training => training,
            Self::Test => test,
        }
    }

    /// Whether captions may speak of two kinds together.
    pub(super) fn joins(self, a: &Kind, b: &Kind) -> bool {
        let (first, last) = (a.name.min(b.name), a.name.max(b.name));
        let held_out = stable(&["pair", first, last]).is_multiple_of(HELD_OUT_PAIRS);
        held_out == (self == Self::Test)
    }

    /// Whether a word or number may be written on things.
    pub(super) fn writes(self, word: &str) -> bool {
        let held_out = stable(&["word", word]).is_multiple_of(HELD_OUT_WORDS);
        held_out == (self == Self::Test)
    }

    /// The numbers of the fonts that words are written in.
    pub(super) fn fonts(self) -> &'static [usize] {
        match self {
            Self::Training => &letters::TRAINING,
            Self::Test => &letters::HELD_OUT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_combination_is_in_both_and_nothing_is_left_out() {
        for kind in kinds::ALL.iter() {
            let training: HashSet<_> = Split::Training.colours(kind).iter().collect();
            let test: HashSet<_> = Split::Test.colours(kind).iter().collect();
            assert!(training.is_disjoint(&test), "{}", kind.name);
            assert_eq!((training.len(), test.len()), (10, 4), "{}", kind.name);
        }
    }

    #[test]
    fn training_knows_every_colour_on_many_kinds() {
        for colour in Colour::ALL {
            let known = |kind: &&&Kind| Split::Training.colours(kind).contains(&colour);
            assert!(kinds::ALL.iter().filter(known).count() > 60, "{colour:?}");
        }
    }

    #[test]
    fn pairs_of_kinds_are_split_whichever_comes_first() {
        let (mut training, mut test) = (0, 0);
        for a in kinds::ALL.iter() {
            for b in kinds::ALL.iter().filter(|b| *b != a) {
                assert_eq!(Split::Test.joins(a, b), Split::Test.joins(b, a));
                assert_ne!(Split::Test.joins(a, b), Split::Training.joins(a, b));
                match Split::Test.joins(a, b) {
                    true => test += 1,
                    false => training += 1,
                }
            }
        }
        let share = f64::from(test) / f64::from(training + test);
        assert!((share - 1.0 / 6.0).abs() < 0.02, "{share}");
    }
}
