//! The tower for pictures: inverted bottlenecks (Sandler et al., arXiv 1801.04381) without
//! squeeze-and-excitation. Batch norms are folded into the convolutions.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::config::{Block, VisionConfig};
use crate::Result;
use crate::layers::{Depthwise, Linear, Vars};
use crate::ops::windows;

/// The tower up to its last feature map.
#[derive(Module, Debug)]
pub struct Tower {
    stem: Linear,
    blocks: Vec<Bottleneck>,
    head: Linear,
    #[module(skip)]
    config: VisionConfig,
}

impl Tower {
    /// Takes the tower's weights.
    pub fn new(config: &VisionConfig, vars: &Vars) -> Result<Self> {
        let blocks = config.blocks();
        let last = blocks.last().map_or(config.stem, |block| block.out);
        Ok(Self {
            stem: vars.linear("stem", [config.stem, 27], true)?,
            blocks: blocks
                .iter()
                .enumerate()
                .map(|(i, block)| Bottleneck::new(block, &vars.at("blocks").at(i)))
                .collect::<Result<_>>()?,
            head: vars.linear("head", [config.head, last], true)?,
            config: config.clone(),
        })
    }

    /// Normalised pixels, `[n · side · side, 3]`, to feature maps, `[n · cells, head]`.
    pub fn forward(&self, pixels: Vec<f32>, device: &Device) -> Tensor<2> {
        let act = self.config.hidden_act;
        let count = pixels.len() / 3;
        let x = Tensor::from_data(TensorData::new(pixels, [count, 3]), device);
        let x = windows(x, &self.config.stem_window());
        let mut x = self.stem.activated(x, act);
        for (block, shape) in self.blocks.iter().zip(self.config.blocks()) {
            x = block.forward(x, &shape, &self.config);
        }
        self.head.activated(x, act)
    }
}

/// A block: wider, over windows, narrower again.
#[derive(Module, Debug)]
struct Bottleneck {
    expand: Option<Linear>,
    depthwise: Depthwise,
    project: Linear,
}

impl Bottleneck {
    fn new(block: &Block, vars: &Vars) -> Result<Self> {
        let Block {
            window,
            channels,
            inner,
            out,
        } = *block;
        let expand = (inner != channels).then(|| vars.linear("expand", [inner, channels], true));
        Ok(Self {
            expand: expand.transpose()?,
            depthwise: vars.depthwise("depthwise", window.kernel, inner)?,
            project: vars.linear("project", [out, inner], true)?,
        })
    }

    fn forward(&self, x: Tensor<2>, block: &Block, config: &VisionConfig) -> Tensor<2> {
        let act = config.hidden_act;
        let wide = match &self.expand {
            Some(expand) => expand.activated(x.clone(), act),
            None => x.clone(),
        };
        let wide = self.depthwise.forward(wide, &block.window, act);
        let whole = block.window.outputs() == block.window.inputs();
        match whole && block.channels == block.out {
            true => self.project.added_to(wide, x),
            false => self.project.forward(wide),
        }
    }
}
