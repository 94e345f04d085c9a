//! Several inputs as one ragged row of tokens.

use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::vision::Images;
use crate::input::image::Patches;
use crate::input::prompt::{Sequence, Token};

/// One input of a batch.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its tokens.
    pub sequence: Sequence,
    /// Its image, if it has one.
    pub patches: Option<Patches>,
}

/// Packed inputs: where each position's vector comes from, what it sees, and what is read.
#[derive(Debug)]
pub struct Batch {
    token_ids: Vec<u32>,
    images: Option<Images>,
    sources: Vec<i32>,
    deep_sources: Vec<i32>,
    uses_learned: bool,
    positions: Vec<[u32; 3]>,
    spans: Vec<[u32; 4]>,
    readouts: Vec<usize>,
}

impl Batch {
    /// Packs items. `merge` is the vision tower's merge size.
    pub fn new(items: Vec<Item>, merge: usize) -> Self {
        let mut ids: HashMap<u32, u32> = HashMap::new();
        let mut token_ids = Vec::new();
        for item in &items {
            for token in &item.sequence.tokens {
                if let Token::Id(id) = *token {
                    ids.entry(id).or_insert_with(|| {
                        token_ids.push(id);
                        token_ids.len() as u32 - 1
                    });
                }
            }
        }
        let merged = |p: &Patches| (p.grid.t * p.grid.h * p.grid.w / (merge * merge)) as u32;
        let image_rows: u32 = items
            .iter()
            .filter_map(|i| i.patches.as_ref())
            .map(merged)
            .sum();
        let learned_start = token_ids.len() as u32 + image_rows;

        let mut batch = Self {
            sources: Vec::new(),
            deep_sources: Vec::new(),
            uses_learned: false,
            positions: Vec::new(),
            spans: Vec::new(),
            readouts: Vec::new(),
            images: None,
            token_ids,
        };
        let (mut grids, mut values) = (Vec::new(), Vec::new());
        let mut image_start = 0;
        for item in items {
            let Sequence {
                tokens,
                positions,
                prefix,
                branches,
                ..
            } = item.sequence;
            let start = batch.sources.len();
            for token in &tokens {
                let (source, deep) = match *token {
                    Token::Id(id) => (ids[&id], image_rows),
                    Token::Image(i) => (
                        batch.token_ids.len() as u32 + image_start + i,
                        image_start + i,
                    ),
                    Token::Learned(i) => {
                        batch.uses_learned = true;
                        (learned_start + i, image_rows)
                    }
                };
                batch.sources.push(source as i32);
                batch.deep_sources.push(deep as i32);
            }
            batch.positions.extend(positions);
            let at = |i: usize| (start + i) as u32;
            batch
                .spans
                .extend((0..prefix).map(|i| [at(0), at(i + 1), 0, 0]));
            for branch in branches {
                let own = branch
                    .clone()
                    .map(|i| [at(0), at(prefix), at(branch.start), at(i + 1)]);
                batch.spans.extend(own);
                batch.readouts.push(start + branch.end - 1);
            }
            if let Some(patches) = item.patches {
                image_start += merged(&patches);
                grids.push(patches.grid);
                if values.is_empty() {
                    values = patches.values;
                } else {
                    values.extend(patches.values);
                }
            }
        }
        batch.images = (!grids.is_empty()).then_some(Images { grids, values });
        batch
    }

    /// The distinct token ids, in the order in which their embeddings are expected.
    pub fn token_ids(&self) -> &[u32] {
        &self.token_ids
    }

    /// All images of the batch.
    pub fn images(&self) -> Option<&Images> {
        self.images.as_ref()
    }

    /// Whether any position holds a learned vector.
    pub fn uses_learned(&self) -> bool {
        self.uses_learned
    }

    /// M-RoPE positions of all rows.
    pub fn positions(&self) -> &[[u32; 3]] {
        &self.positions
    }

    /// What each row sees.
    pub fn spans(&self) -> &[[u32; 4]] {
        &self.spans
    }

    /// The rows that are read out: for each item its views in order.
    pub fn readout_rows(&self) -> &[usize] {
        &self.readouts
    }

    /// Where each row's vector lies in the table of token embeddings, merged patches and learned
    /// vectors.
    pub fn sources(&self, device: &Device) -> Tensor<1, Int> {
        index(self.sources.clone(), device)
    }

    /// Where each row's DeepStack feature lies among the merged patches; one past their end for
    /// rows without an image.
    pub fn deep_sources(&self, device: &Device) -> Tensor<1, Int> {
        index(self.deep_sources.clone(), device)
    }

    /// [`readout_rows`](Self::readout_rows) on the device.
    pub fn readouts(&self, device: &Device) -> Tensor<1, Int> {
        index(
            self.readouts.iter().map(|&row| row as i32).collect(),
            device,
        )
    }
}

fn index(rows: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let shape = [rows.len()];
    Tensor::from_data(TensorData::new(rows, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::image::Grid;

    #[test]
    fn branches_see_the_prefix_and_themselves_only() {
        let sequence = Sequence {
            tokens: [7, 8, 7]
                .map(Token::Id)
                .into_iter()
                .chain([Token::Learned(0), Token::Learned(1)])
                .collect(),
            positions: vec![[0; 3], [1; 3], [2; 3], [3; 3], [3; 3]],
            prefix: 3,
            branches: vec![3..4, 4..5],
            truncated: false,
        };
        let item = Item {
            sequence,
            patches: None,
        };
        let batch = Batch::new(vec![item.clone(), item], 2);
        assert_eq!(batch.token_ids(), [7, 8]);
        assert_eq!(batch.sources[..5], [0, 1, 0, 2, 3]);
        assert_eq!(
            batch.spans()[5..],
            [
                [5, 6, 0, 0],
                [5, 7, 0, 0],
                [5, 8, 0, 0],
                [5, 8, 8, 9],
                [5, 8, 9, 10]
            ]
        );
        assert_eq!(batch.readout_rows(), [3, 4, 8, 9]);
    }

    #[test]
    fn each_image_position_takes_its_own_patch() {
        let item = |id| Item {
            sequence: Sequence {
                tokens: vec![Token::Id(id), Token::Image(0), Token::Image(1)],
                positions: vec![[0; 3]; 3],
                prefix: 2,
                branches: std::iter::once(2..3).collect(),
                truncated: false,
            },
            patches: Some(Patches {
                grid: Grid { t: 1, h: 2, w: 4 },
                values: vec![0.0; 8],
            }),
        };
        let batch = Batch::new(vec![item(1), item(2)], 2);
        assert_eq!(batch.sources, [0, 2, 3, 1, 4, 5]);
        assert_eq!(batch.deep_sources, [4, 0, 1, 4, 2, 3]);
        assert_eq!(batch.images().unwrap().values.len(), 16);
    }
}
