//! One input as a network reads it: tokens, patches, or both.

use std::collections::HashSet;
use std::ops::Range;

use super::Region;

/// One input, decoded, resampled and tokenized.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its tokens; those of its image are among them where a family reads both as one sequence. Empty where
    /// an image is read by itself.
    pub sequence: Sequence,
    /// Its image, if it has one.
    pub patches: Option<Patches>,
}

/// The distinct token ids of some items, in the order of their first appearance.
pub fn token_ids(items: &[Item]) -> Vec<u32> {
    let mut seen = HashSet::new();
    let tokens = items.iter().flat_map(|item| &item.sequence.tokens);
    tokens
        .filter_map(|token| match *token {
            Token::Id(id) => seen.insert(id).then_some(id),
            Token::Image(_) | Token::Learned(_) => None,
        })
        .collect()
}

/// What stands at one position of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A token of the vocabulary.
    Id(u32),
    /// The merged patch with this index within the input's image.
    Image(u32),
    /// A learned vector, by its index among those of all views.
    Learned(u32),
}

/// An input as a row of tokens: the prefix, then the branches one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sequence {
    /// Every position.
    pub tokens: Vec<Token>,
    /// Positions of every token: time, height and width where a family has three, else three times the same.
    pub positions: Vec<[u32; 3]>,
    /// Length of the prefix.
    pub prefix: usize,
    /// Where each view's branch lies in `tokens`.
    pub branches: Vec<Range<usize>>,
    /// A text that the model is to say after the prefix; only training has one.
    pub continuation: Option<Continuation>,
    /// Whether the text was cut.
    pub truncated: bool,
}

/// A branch that the model learns to say: each of its last positions is read, and is to give the
/// token that comes next.
#[derive(Debug, Clone, PartialEq)]
pub struct Continuation {
    /// Where it lies in the sequence's tokens.
    pub branch: Range<usize>,
    /// The tokens that come next, of as many positions at the branch's end.
    pub targets: Vec<u32>,
}

/// A picture's grid of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Temporal patches; 1 for a still image.
    pub t: usize,
    /// Rows of patches.
    pub h: usize,
    /// Patches in a row.
    pub w: usize,
}

impl Grid {
    /// Patches in the grid.
    pub fn patches(&self) -> usize {
        self.t * self.h * self.w
    }
}

/// The normalised patches of one picture.
#[derive(Clone, PartialEq)]
pub struct Patches {
    /// The grid they come from.
    pub grid: Grid,
    /// `[patches, values of a patch]`, in the order that the family reads them.
    pub values: Vec<f32>,
    /// The part of the picture that they are of.
    pub seen: Region,
}

impl std::fmt::Debug for Patches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patches({:?}, {} values)", self.grid, self.values.len())
    }
}
