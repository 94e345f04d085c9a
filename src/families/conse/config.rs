//! The shape of a model: an EfficientNet-Lite tower, a BERT encoder, and the bridge between them.

use serde::{Deserialize, Serialize};

use crate::families::bert;
use crate::ops::{Activation, Window};
use crate::{Code, Error, Result};

/// Most of any of the numbers.
const MOST: usize = 1 << 16;

/// Most cells of the last feature map, and pixels along a side of a picture.
const MOST_SIDE: usize = 2048;

/// The shape of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The tower for pictures.
    pub vision: VisionConfig,
    /// The encoder for texts.
    pub text: bert::Config,
    /// What brings both into one space.
    pub bridge: BridgeConfig,
}

/// A tower of convolutions that ends in a classifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisionConfig {
    /// Side of the square that pictures are brought to, in pixels.
    pub image_size: usize,
    /// Channels of the first convolution.
    pub stem: usize,
    /// Stages of inverted bottlenecks.
    pub stages: Vec<Stage>,
    /// Channels of the last feature map.
    pub head: usize,
    /// Classes that the classifier knows.
    pub classes: usize,
    /// Activation after every convolution but the projections.
    pub hidden_act: Activation,
}

/// Some blocks of the same kind, of which the first may halve the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Side of the depthwise kernels.
    pub kernel: usize,
    /// Steps of the first block's depthwise convolution.
    pub stride: usize,
    /// How many times wider a block is inside.
    pub expand: usize,
    /// Channels that each block gives.
    pub channels: usize,
    /// Blocks.
    pub repeats: usize,
}

/// How class probabilities become a point among the texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BridgeConfig {
    /// Classes whose probabilities count, the most probable first.
    pub keep: usize,
    /// Temperature of the softmax over classes.
    pub temperature: f32,
    /// How a picture's vector is divided; all of it says what the picture shows if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// Whether linear maps that were trained move what pictures and texts say: a picture by its features, a text by
    /// itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub maps: bool,
}

impl BridgeConfig {
    /// Values of a vector that say what is shown, of texts of `hidden` values.
    pub(super) fn meaning(&self, hidden: usize) -> usize {
        self.parts.map_or(hidden, |parts| parts.meaning)
    }
}

/// How a picture's vector is divided between what the picture shows and how it looks. Texts find it by the first
/// part; other pictures, and words taught by pictures, by both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// Values for what it shows: its place among the texts, projected to so many dimensions.
    pub meaning: usize,
    /// Values for how it looks: the feature vector, projected to so many. A text has zeros there.
    pub appearance: usize,
    /// Share of the squared length that is meaning.
    pub share: f32,
}

/// A block of the tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Block {
    pub window: Window,
    pub channels: usize,
    pub inner: usize,
    pub out: usize,
}

impl VisionConfig {
    /// EfficientNet-Lite `variant`, 0 to 4, with 1000 classes (Tan and Le, arXiv 1905.11946; the Lite variants
    /// are of the TensorFlow model garden): no squeeze-and-excitation, ReLU6, stem and head not scaled.
    pub fn lite(variant: usize) -> Option<Self> {
        let (width, depth, image_size) = match variant {
            0 => (1.0, 1.0, 224),
            1 => (1.0, 1.1, 240),
            2 => (1.1, 1.2, 260),
            3 => (1.2, 1.4, 280),
            4 => (1.4, 1.8, 300),
            _ => return None,
        };
        let base = [
            (3, 1, 1, 16, 1),
            (3, 2, 6, 24, 2),
            (5, 2, 6, 40, 2),
            (3, 2, 6, 80, 3),
            (5, 1, 6, 112, 3),
            (5, 2, 6, 192, 4),
            (3, 1, 6, 320, 1),
        ];
        let last = base.len() - 1;
        let stage = |(i, (kernel, stride, expand, channels, repeats)): (usize, _)| Stage {
            kernel,
            stride,
            expand,
            channels: scaled(channels, width),
            // The first and the last stage keep their one block.
            repeats: match i {
                0 => repeats,
                _ if i == last => repeats,
                _ => (repeats as f64 * depth).ceil() as usize,
            },
        };
        Some(Self {
            image_size,
            stem: 32,
            stages: base.into_iter().enumerate().map(stage).collect(),
            head: 1280,
            classes: 1000,
            hidden_act: Activation::Relu6,
        })
    }

    /// Windows of the first convolution.
    pub(super) fn stem_window(&self) -> Window {
        Window::same(self.image_size, self.image_size, 3, 2)
    }

    /// All blocks in order.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let (mut side, mut channels) = (self.stem_window().rows, self.stem);
        for stage in &self.stages {
            for i in 0..stage.repeats {
                let stride = if i == 0 { stage.stride } else { 1 };
                let window = Window::same(side, side, stage.kernel, stride);
                blocks.push(Block {
                    window,
                    channels,
                    inner: channels * stage.expand,
                    out: stage.channels,
                });
                (side, channels) = (window.rows, stage.channels);
            }
        }
        blocks
    }

    /// Cells along a side of the last feature map.
    pub fn cells(&self) -> usize {
        let last = self.blocks().last().map(|block| block.window.rows);
        last.unwrap_or(self.stem_window().rows)
    }

    /// Values of the widest activation for each pixel.
    pub(super) fn widest(&self) -> usize {
        let pixels = self.image_size * self.image_size;
        let stem = self.stem_window().outputs() * 27;
        let blocks = self
            .blocks()
            .into_iter()
            .map(|b| b.window.inputs() * b.inner);
        let head = self.cells() * self.cells() * self.head;
        let most = blocks.chain([3 * pixels, stem, head]).max().unwrap_or(0);
        most.div_ceil(pixels)
    }

    fn check_numbers(&self) -> Result<()> {
        let fail = |field: &str, why: String| Err(Error::new(Code::Config, field, why));
        let within = |field: &str, value: usize, most: usize| match value {
            0 => fail(field, "is 0; it must be 1 or more".into()),
            _ if value > most => fail(field, format!("is {value}, more than {most}")),
            _ => Ok(()),
        };
        within("vision.image_size", self.image_size, MOST_SIDE)?;
        within("vision.stem", self.stem, MOST)?;
        within("vision.head", self.head, MOST)?;
        within("vision.classes", self.classes, MOST)?;
        within("vision.stages", self.stages.len(), 64)?;
        for (i, stage) in self.stages.iter().enumerate() {
            for (field, value, most) in [
                ("kernel", stage.kernel, 15),
                ("stride", stage.stride, 4),
                ("expand", stage.expand, 32),
                ("channels", stage.channels, 1 << 12),
                ("repeats", stage.repeats, 64),
            ] {
                within(&format!("vision.stages[{i}].{field}"), value, most)?;
            }
        }
        Ok(())
    }
}

/// Channels times a factor, to the nearest multiple of 8, but no less than nine tenths.
fn scaled(channels: usize, factor: f64) -> usize {
    let wanted = channels as f64 * factor;
    let nearest = ((wanted + 4.0) as usize / 8 * 8).max(8);
    match (nearest as f64) < 0.9 * wanted {
        true => nearest + 8,
        false => nearest,
    }
}

impl Config {
    /// Checks that the numbers describe a model that can exist.
    ///
    /// # Errors
    /// [`Code::Config`] with the field as its subject.
    pub(super) fn check_numbers(&self) -> Result<()> {
        self.vision.check_numbers()?;
        self.text.check_part("text")?;
        let fail = |field: &str, why: String| Err(Error::new(Code::Config, field, why));
        let BridgeConfig {
            keep,
            temperature,
            parts,
            maps: _,
        } = self.bridge;
        if keep == 0 || keep > self.vision.classes {
            let most = self.vision.classes;
            let why = format!("is {keep}; it must be between 1 and the classes, {most}");
            return fail("bridge.keep", why);
        }
        if !temperature.is_finite() || temperature <= 0.0 {
            return fail(
                "bridge.temperature",
                format!("is {temperature}; it must be positive"),
            );
        }
        let Some(parts) = parts else {
            return Ok(());
        };
        let (hidden, head) = (self.text.hidden_size, self.vision.head);
        for (field, value, most) in [
            ("bridge.parts.meaning", parts.meaning, hidden),
            ("bridge.parts.appearance", parts.appearance, head),
        ] {
            if value == 0 || value > most {
                return fail(
                    field,
                    format!("is {value}; it must be between 1 and {most}"),
                );
            }
        }
        match 0.0 < parts.share && parts.share < 1.0 {
            true => Ok(()),
            false => {
                let why = format!("is {}; it must be between 0 and 1", parts.share);
                fail("bridge.parts.share", why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lite_variants_have_the_published_shapes() {
        // Blocks, channels of the stages, side of the last map.
        for (variant, blocks, channels, cells) in [
            (0, 16, [16, 24, 40, 80, 112, 192, 320], 7),
            (1, 21, [16, 24, 40, 80, 112, 192, 320], 8),
            (2, 21, [16, 24, 48, 88, 120, 208, 352], 9),
            (3, 24, [24, 32, 48, 96, 136, 232, 384], 9),
            (4, 30, [24, 32, 56, 112, 160, 272, 448], 10),
        ] {
            let config = VisionConfig::lite(variant).unwrap();
            let of: Vec<usize> = config.stages.iter().map(|stage| stage.channels).collect();
            assert_eq!(of, channels, "lite{variant}");
            assert_eq!(config.blocks().len(), blocks, "lite{variant}");
            assert_eq!(config.cells(), cells, "lite{variant}");
            config.check_numbers().unwrap();
        }
        assert_eq!(VisionConfig::lite(5), None);
    }
}
