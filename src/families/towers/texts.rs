//! Texts of a pack, one after the other.

use std::collections::HashMap;
use std::ops::Range;

use burn::tensor::{Device, Tensor};

use super::rows_at;
use crate::families::{Sequence, Token};

/// Where each text of a pack lies, and which token and position each row has.
pub struct Texts {
    /// The rows of each text.
    pub rows: Vec<Range<usize>>,
    tokens: Vec<i32>,
    positions: Vec<i32>,
}

impl Texts {
    /// Lays the texts out. `ids` are the distinct token ids, in the order of their embeddings.
    pub fn new(texts: &[&Sequence], ids: &[u32]) -> Self {
        let row_of: HashMap<u32, i32> = ids.iter().copied().zip(0..).collect();
        let mut laid = Self {
            rows: Vec::with_capacity(texts.len()),
            tokens: Vec::new(),
            positions: Vec::new(),
        };
        for text in texts {
            let start = laid.tokens.len();
            laid.tokens
                .extend(text.tokens.iter().map(|token| match token {
                    Token::Id(id) => row_of[id],
                    Token::Image(_) | Token::Learned(_) => 0,
                }));
            laid.positions
                .extend(text.positions.iter().map(|position| position[0] as i32));
            laid.rows.push(start..laid.tokens.len());
        }
        laid
    }

    /// Rows of all texts.
    pub fn count(&self) -> usize {
        self.tokens.len()
    }

    /// Token embeddings and positions added up, `[rows, hidden]`. `tokens` are the embeddings of the ids, `[ids,
    /// hidden]`, and `positions` is the table.
    pub fn embedded(&self, tokens: Tensor<2>, positions: Tensor<2>, device: &Device) -> Tensor<2> {
        tokens.select(0, rows_at(self.tokens.clone(), device))
            + positions.select(0, rows_at(self.positions.clone(), device))
    }

    /// Spans in which every row sees its whole text.
    pub fn whole(&self) -> Vec<[u32; 4]> {
        let of = |rows: &Range<usize>| vec![[rows.start as u32, rows.end as u32, 0, 0]; rows.len()];
        self.rows.iter().flat_map(of).collect()
    }

    /// Spans in which every row sees its text up to itself.
    pub fn causal(&self) -> Vec<[u32; 4]> {
        let of = |rows: &Range<usize>| {
            let start = rows.start as u32;
            rows.clone().map(move |row| [start, row as u32 + 1, 0, 0])
        };
        self.rows.iter().flat_map(of).collect()
    }

    /// The last row of each text.
    pub fn last(&self) -> Vec<usize> {
        self.rows.iter().map(|rows| rows.end - 1).collect()
    }
}
