//! Several inputs as one ragged row of tokens.

use std::collections::HashMap;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::vision::Images;
use crate::families::{Continuation, Item, Patches, Sequence, Token};

/// Packed inputs: where each position's vector comes from, what it sees, and what is read.
#[derive(Debug)]
pub struct Batch {
    images: Option<Images>,
    sources: Vec<i32>,
    deep_sources: Vec<i32>,
    uses_learned: bool,
    positions: Vec<[u32; 3]>,
    spans: Vec<[u32; 4]>,
    readouts: Vec<usize>,
    targets: Vec<u32>,
}

impl Batch {
    /// Packs items whose distinct token ids are `token_ids`. `merge` is the vision tower's merge size.
    pub fn new(items: Vec<Item>, token_ids: &[u32], merge: usize) -> Self {
        let ids: HashMap<u32, u32> = token_ids.iter().copied().zip(0..).collect();
        let known = token_ids.len() as u32;
        let merged = |p: &Patches| (p.grid.patches() / (merge * merge)) as u32;
        let image_rows: u32 = items
            .iter()
            .filter_map(|i| i.patches.as_ref())
            .map(merged)
            .sum();
        let learned_start = known + image_rows;

        let mut batch = Self {
            sources: Vec::new(),
            deep_sources: Vec::new(),
            uses_learned: false,
            positions: Vec::new(),
            spans: Vec::new(),
            readouts: Vec::new(),
            targets: Vec::new(),
            images: None,
        };
        let mut said = Vec::new();
        let (mut grids, mut values) = (Vec::new(), Vec::new());
        let mut image_start = 0;
        for item in items {
            let Sequence {
                tokens,
                positions,
                prefix,
                branches,
                continuation,
                truncated: _,
            } = item.sequence;
            let start = batch.sources.len();
            for token in &tokens {
                let (source, deep) = match *token {
                    Token::Id(id) => (ids[&id], image_rows),
                    Token::Image(i) => (known + image_start + i, image_start + i),
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
            let continued = continuation.iter().map(|c| &c.branch);
            for branch in branches.iter().chain(continued) {
                let own = branch
                    .clone()
                    .map(|i| [at(0), at(prefix), at(branch.start), at(i + 1)]);
                batch.spans.extend(own);
            }
            let read = branches.iter().map(|branch| start + branch.end - 1);
            batch.readouts.extend(read);
            if let Some(Continuation { branch, targets }) = continuation {
                let end = start + branch.end;
                said.extend(end - targets.len()..end);
                batch.targets.extend(targets);
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
        batch.readouts.extend(said);
        batch.images = (!grids.is_empty()).then_some(Images { grids, values });
        batch
    }

    /// All images of the batch; they can be taken once.
    pub fn take_images(&mut self) -> Option<Images> {
        self.images.take()
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

    /// The rows that are read out: for each item its views in order, then those of
    /// [`targets`](Self::targets).
    pub fn readout_rows(&self) -> &[usize] {
        &self.readouts
    }

    /// The token that each of the last read rows is to give next; none but in training.
    pub fn targets(&self) -> &[u32] {
        &self.targets
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
    use crate::families::{Grid, Region, token_ids};

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
            continuation: None,
            truncated: false,
        };
        let item = Item {
            sequence,
            patches: None,
        };
        let items = vec![item.clone(), item];
        let ids = token_ids(&items);
        assert_eq!(ids, [7, 8]);
        let batch = Batch::new(items, &ids, 2);
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
    fn what_is_to_be_said_is_read_after_all_views() {
        let item = |said: &[u32]| Item {
            sequence: Sequence {
                tokens: (0..3 + said.len() as u32).map(Token::Id).collect(),
                positions: vec![[0; 3]; 3 + said.len()],
                prefix: 2,
                branches: std::iter::once(2..3).collect(),
                continuation: (!said.is_empty()).then(|| Continuation {
                    branch: 3..3 + said.len(),
                    targets: said[1..].to_vec(),
                }),
                truncated: false,
            },
            patches: None,
        };
        let items = vec![item(&[7, 8, 9]), item(&[]), item(&[7, 6])];
        let batch = Batch::new(items.clone(), &token_ids(&items), 2);
        // Tokens 0..6, 6..9 and 9..14; views at 2, 8 and 11.
        assert_eq!(batch.readout_rows(), [2, 8, 11, 4, 5, 13]);
        assert_eq!(batch.targets(), [8, 9, 6]);
        assert_eq!(batch.spans()[5], [0, 2, 3, 6]);
        assert_eq!(batch.spans()[13], [9, 11, 12, 14]);
    }

    #[test]
    fn each_image_position_takes_its_own_patch() {
        let item = |id| Item {
            sequence: Sequence {
                tokens: vec![Token::Id(id), Token::Image(0), Token::Image(1)],
                positions: vec![[0; 3]; 3],
                prefix: 2,
                branches: std::iter::once(2..3).collect(),
                continuation: None,
                truncated: false,
            },
            patches: Some(Patches {
                seen: Region::WHOLE,
                grid: Grid { t: 1, h: 2, w: 4 },
                values: vec![0.0; 8],
            }),
        };
        let items = vec![item(1), item(2)];
        let mut batch = Batch::new(items.clone(), &token_ids(&items), 2);
        assert_eq!(batch.sources, [0, 2, 3, 1, 4, 5]);
        assert_eq!(batch.deep_sources, [4, 0, 1, 4, 2, 3]);
        assert_eq!(batch.take_images().unwrap().values.len(), 16);
    }
}
