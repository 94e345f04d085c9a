//! The vision tower: patches to merged features, with DeepStack features on the way.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::VisionConfig;
use super::rope::{patch_places, vision_rotary};
use crate::Result;
use crate::families::Grid;
use crate::layers::{Held, LayerNorm, Linear, Vars, held, in_row_groups};
use crate::ops::{Activation, Attention, Rotary, Spans, norm_rotary, span_attention};

/// Epsilon of every LayerNorm of the tower.
const EPSILON: f64 = 1e-6;

/// Several images' patches, one after the other.
#[derive(Debug, Clone)]
pub struct Images {
    /// The grid of each image, in patches.
    pub grids: Vec<Grid>,
    /// Normalised pixels of all patches, `[patches, patch_values]`.
    pub values: Vec<f32>,
}

/// What the decoder gets: all `[merged patches, out_hidden_size]`.
pub struct Features {
    /// The tower's output.
    pub merged: Tensor<2>,
    /// Features of earlier blocks, for the first decoder layers (DeepStack, arXiv 2406.04334).
    pub deep: Vec<Tensor<2>>,
}

/// The vision tower.
#[derive(Module, Debug)]
pub struct VisionTower {
    patch_embed: Linear,
    positions: Held<2>,
    blocks: Vec<Block>,
    merger: Merger,
    deep_mergers: Vec<Merger>,
    #[module(skip)]
    config: VisionConfig,
}

impl VisionTower {
    /// Takes the tower's weights.
    pub fn new(config: &VisionConfig, vars: &Vars) -> Result<Self> {
        let c = config;
        let patch_embed = vars.at("patch_embed");
        let patch_embed =
            patch_embed.patch_linear("proj", [c.hidden_size, c.patch_values()], true)?;
        let positions = vars.at("pos_embed");
        let positions = positions.matrix("weight", [c.num_position_embeddings, c.hidden_size])?;
        let blocks = (0..c.depth).map(|i| Block::new(c, &vars.at("blocks").at(i)));
        let blocks = blocks.collect::<Result<_>>()?;
        let merger = Merger::new(c, false, &vars.at("merger"))?;
        let deep = 0..c.deepstack_visual_indexes.len();
        let deep = deep.map(|i| Merger::new(c, true, &vars.at("deepstack_merger_list").at(i)));
        Ok(Self {
            patch_embed,
            positions,
            blocks,
            merger,
            deep_mergers: deep.collect::<Result<_>>()?,
            config: config.clone(),
        })
    }

    /// Runs all images at once; every patch sees the patches of its own image.
    pub fn forward(&self, images: Images, device: &Device) -> Features {
        let c = &self.config;
        let rows: usize = images.grids.iter().map(|g| g.patches()).sum();
        let values = TensorData::new(images.values, [rows, c.patch_values()]);
        let patches = Tensor::from_data(values, device);
        let mut x = self
            .patch_embed
            .added_to(patches, self.position_rows(&images.grids, device));

        let rotary = vision_rotary(
            &images.grids,
            c.spatial_merge_size,
            c.head_dim(),
            c.rope_theta,
            device,
        );
        let mut start = 0;
        let mut spans = Vec::with_capacity(rows);
        // Frames are images of their own to the attention.
        for (frames, count) in images.grids.iter().map(|g| (g.t, g.h * g.w)) {
            for _ in 0..frames {
                spans.extend(std::iter::repeat_n(
                    [start, start + count as u32, 0, 0],
                    count,
                ));
                start += count as u32;
            }
        }
        let spans = Spans::new(spans, device);

        let mut deep = Vec::new();
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, &rotary, &spans, c);
            if let Some(at) = c
                .deepstack_visual_indexes
                .iter()
                .position(|&index| index == i)
            {
                deep.push(self.deep_mergers[at].forward(x.clone()));
            }
        }
        Features {
            merged: self.merger.forward(x),
            deep,
        }
    }

    /// The learned position table, interpolated bilinearly (corners aligned) to each grid,
    /// `[patches, hidden]`.
    fn position_rows(&self, grids: &[Grid], device: &Device) -> Tensor<2> {
        let side = self.config.position_side();
        // Neighbours and the second one's share along an axis of `length` patches.
        let taps = |place: usize, length: usize| {
            let at = if length > 1 {
                place as f32 * ((side - 1) as f32 / (length - 1) as f32)
            } else {
                0.0
            };
            let low = (at as usize).min(side - 1);
            (low, (low + 1).min(side - 1), at - low as f32)
        };
        let mut index: [Vec<i32>; 4] = Default::default();
        let mut share: [Vec<f32>; 4] = Default::default();
        for &grid in grids {
            for (y, x) in patch_places(grid, self.config.spatial_merge_size) {
                let ((y0, y1, fy), (x0, x1, fx)) = (taps(y, grid.h), taps(x, grid.w));
                let corners = [
                    (y0, x0, (1.0 - fy) * (1.0 - fx)),
                    (y0, x1, (1.0 - fy) * fx),
                    (y1, x0, fy * (1.0 - fx)),
                    (y1, x1, fy * fx),
                ];
                for (corner, (y, x, weight)) in corners.into_iter().enumerate() {
                    index[corner].push((y * side + x) as i32);
                    share[corner].push(weight);
                }
            }
        }
        let table = held(&self.positions);
        let rows = index[0].len();
        index
            .into_iter()
            .zip(share)
            .map(|(index, share)| {
                let index = Tensor::<1, Int>::from_data(TensorData::new(index, [rows]), device);
                let share = Tensor::<2>::from_data(TensorData::new(share, [rows, 1]), device);
                table.clone().select(0, index) * share
            })
            .reduce(|sum, corner| sum + corner)
            .expect("there are four corners")
    }
}

/// A transformer block: attention within each image and an MLP, both after a LayerNorm.
#[derive(Module, Debug)]
pub(super) struct Block {
    norm1: LayerNorm,
    norm2: LayerNorm,
    qkv: Linear,
    proj: Linear,
    fc1: Linear,
    fc2: Linear,
}

impl Block {
    pub fn new(c: &VisionConfig, vars: &Vars) -> Result<Self> {
        let (hidden, wide) = (c.hidden_size, c.intermediate_size);
        let (attention, mlp) = (vars.at("attn"), vars.at("mlp"));
        // Attention and MLP of every block are added up.
        let branches = 2 * c.depth;
        Ok(Self {
            norm1: vars.layer_norm("norm1", hidden, EPSILON)?,
            qkv: attention.linear("qkv", [3 * hidden, hidden], true)?,
            proj: attention
                .ending(branches)
                .linear("proj", [hidden, hidden], true)?,
            norm2: vars.layer_norm("norm2", hidden, EPSILON)?,
            fc1: mlp.linear("linear_fc1", [wide, hidden], true)?,
            fc2: mlp
                .ending(branches)
                .linear("linear_fc2", [hidden, wide], true)?,
        })
    }

    pub fn forward(
        &self,
        x: Tensor<2>,
        rotary: &Rotary,
        spans: &Spans,
        c: &VisionConfig,
    ) -> Tensor<2> {
        let qkv = self.qkv.forward(self.norm1.forward(x.clone()));
        let attention = span_attention(
            Attention {
                query: norm_rotary(qkv.clone(), 0, c.num_heads, None, rotary),
                key: norm_rotary(qkv.clone(), c.hidden_size, c.num_heads, None, rotary),
                value: qkv,
                value_offset: 2 * c.hidden_size,
                heads: c.num_heads,
                kv_heads: c.num_heads,
                head_dim: c.head_dim(),
            },
            spans,
        );
        let x = self.proj.added_to(attention, x);
        in_row_groups(x, c.intermediate_size, |x| {
            let wide = self
                .fc1
                .activated(self.norm2.forward(x.clone()), c.hidden_act);
            self.fc2.added_to(wide, x)
        })
    }
}

/// Joins each square of patches into one feature of the decoder's width.
#[derive(Module, Debug)]
struct Merger {
    norm: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    /// Whether the norm goes over the joined square (DeepStack) or over single patches.
    #[module(skip)]
    norm_joined: bool,
    #[module(skip)]
    joined: usize,
}

impl Merger {
    fn new(c: &VisionConfig, norm_joined: bool, vars: &Vars) -> Result<Self> {
        let joined = c.hidden_size * c.spatial_merge_size * c.spatial_merge_size;
        let norm_width = if norm_joined { joined } else { c.hidden_size };
        Ok(Self {
            norm: vars.layer_norm("norm", norm_width, EPSILON)?,
            fc1: vars.linear("linear_fc1", [joined, joined], true)?,
            fc2: vars.linear("linear_fc2", [c.out_hidden_size, joined], true)?,
            norm_joined,
            joined,
        })
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [rows, hidden] = x.dims();
        let shape = [rows * hidden / self.joined, self.joined];
        let x = if self.norm_joined {
            self.norm.forward(x.reshape(shape))
        } else {
            self.norm.forward(x).reshape(shape)
        };
        in_row_groups(x, self.joined, |x| {
            self.fc2.forward(self.fc1.activated(x, Activation::Gelu))
        })
    }
}
