//! The network of the family `toy`: one linear layer for pictures, a mean of token embeddings for texts, and
//! a learned vector that each view adds.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::Config;
use crate::Result;
use crate::families::{Item, Readout, Token, View, learned_views};
use crate::layers::{Group, Held, Linear, Vars, held};

/// See the head of the file.
pub struct Network {
    pixels: Linear,
    learned: Held<2>,
    views: usize,
}

impl Network {
    /// Takes the weights.
    pub fn new(config: &Config, views: &[View], vars: &Vars) -> Result<Self> {
        let pixels = vars.group(Group::Vision);
        let network = Self {
            pixels: pixels.linear("pixels", [config.width, 3], true)?,
            learned: learned_views(views, config.width, vars)?,
            views: views.len(),
        };
        vars.token_table([config.vocab_size, config.width]);
        Ok(network)
    }

    fn base(
        &self,
        item: &Item,
        ids: &[u32],
        tokens: Option<&Tensor<2>>,
        device: &Device,
    ) -> Tensor<2> {
        if let Some(patches) = &item.patches {
            let values = TensorData::new(patches.values.clone(), [1, 3]);
            return self.pixels.forward(Tensor::from_data(values, device));
        }
        let rows = item.sequence.tokens.iter().map(|token| match token {
            Token::Id(id) => ids.iter().position(|known| known == id).unwrap_or(0) as i32,
            Token::Image(_) | Token::Learned(_) => 0,
        });
        let rows: Vec<i32> = rows.collect();
        let count = rows.len();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), device);
        let tokens = tokens.expect("a text has tokens").clone();
        tokens.select(0, rows).mean_dim(0)
    }
}

impl crate::families::Network for Network {
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout {
        let bases = items
            .iter()
            .map(|item| self.base(item, ids, tokens.as_ref(), device));
        let learned = held(&self.learned);
        let views = bases.flat_map(|base| {
            let learned = &learned;
            (0..self.views).map(move |view| base.clone() + learned.clone().narrow(0, view, 1))
        });
        Readout {
            views: Tensor::cat(views.collect(), 0),
            counts: None,
            continuations: None,
        }
    }
}
