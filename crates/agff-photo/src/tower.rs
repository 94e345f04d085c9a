//! EfficientNet-Lite as its PyTorch port names it (lukemelas/EfficientNet-PyTorch and what was made of it), with
//! the batch norms folded into the convolutions before them.

use std::collections::BTreeMap;

use agff::families::conse::VisionConfig;
use agff::{Code, Error, Result};

use crate::torch::Tensor;

/// Epsilon of the batch norms.
const EPSILON: f64 = 1e-3;

/// The tower's tensors by their names in packages.
///
/// # Errors
/// [`Code::Input`] if a tensor is missing, has another shape, or is left over.
pub fn fold(
    config: &VisionConfig,
    weights: BTreeMap<String, Tensor>,
    shown: &str,
) -> Result<BTreeMap<String, Vec<f32>>> {
    let mut folding = Folding {
        weights,
        shown,
        folded: BTreeMap::new(),
    };
    let kernels = |tensor: &Tensor| -> Vec<f32> {
        // [out, channels, y, x] to [out, y, x, channels].
        let &[out, channels, height, width] = &tensor.shape[..] else {
            return tensor.values.clone();
        };
        let mut values = Vec::with_capacity(tensor.values.len());
        for of in tensor
            .values
            .chunks_exact(channels * height * width)
            .take(out)
        {
            for place in 0..height * width {
                values.extend((0..channels).map(|c| of[c * height * width + place]));
            }
        }
        values
    };
    folding.take(
        "_conv_stem",
        "_bn0",
        "vision.stem",
        &[config.stem, 3, 3, 3],
        kernels,
    )?;
    let (mut index, mut channels) = (0, config.stem);
    for stage in &config.stages {
        for _ in 0..stage.repeats {
            let from = |part: &str| format!("_blocks.{index}.{part}");
            let to = |part: &str| format!("vision.blocks.{index}.{part}");
            let (inner, side) = (channels * stage.expand, stage.kernel);
            if inner != channels {
                let shape = [inner, channels, 1, 1];
                let (conv, norm) = (from("_expand_conv"), from("_bn0"));
                folding.take(&conv, &norm, &to("expand"), &shape, kernels)?;
            }
            let shape = [inner, 1, side, side];
            let (conv, norm) = (from("_depthwise_conv"), from("_bn1"));
            folding.take(&conv, &norm, &to("depthwise"), &shape, |tensor| {
                // [channels, 1, y, x] to [y, x, channels].
                let taps = side * side;
                let place = |tap: usize| (0..inner).map(move |c| tensor.values[c * taps + tap]);
                (0..taps).flat_map(place).collect()
            })?;
            let shape = [stage.channels, inner, 1, 1];
            let (conv, norm) = (from("_project_conv"), from("_bn2"));
            folding.take(&conv, &norm, &to("project"), &shape, kernels)?;
            channels = stage.channels;
            index += 1;
        }
    }
    let shape = [config.head, channels, 1, 1];
    folding.take("_conv_head", "_bn1", "vision.head", &shape, kernels)?;
    let weight = folding.tensor("_fc.weight", &[config.classes, config.head])?;
    let bias = folding.tensor("_fc.bias", &[config.classes])?;
    let mut folded = folding.finish()?;
    folded.insert("vision.classifier.weight".into(), weight.values);
    folded.insert("vision.classifier.bias".into(), bias.values);
    Ok(folded)
}

struct Folding<'a> {
    weights: BTreeMap<String, Tensor>,
    shown: &'a str,
    folded: BTreeMap<String, Vec<f32>>,
}

impl Folding<'_> {
    /// Takes a convolution and its batch norm: `γ / √(variance + ε)` goes into the weight, what is left is the
    /// bias. `order` brings the weight's values into the order that packages have.
    fn take(
        &mut self,
        conv: &str,
        norm: &str,
        name: &str,
        shape: &[usize; 4],
        order: impl Fn(&Tensor) -> Vec<f32>,
    ) -> Result<()> {
        let mut weight = self.tensor(&format!("{conv}.weight"), shape)?;
        let [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.tensor(&format!("{norm}.{part}"), &shape[..1]));
        let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
        let mut bias = Vec::with_capacity(shape[0]);
        let per = shape[1..].iter().product();
        for (i, values) in weight.values.chunks_exact_mut(per).enumerate() {
            let of = |tensor: &Tensor| f64::from(tensor.values[i]);
            let scale = of(&gamma) / (of(&variance) + EPSILON).sqrt();
            values
                .iter_mut()
                .for_each(|value| *value = (f64::from(*value) * scale) as f32);
            bias.push((of(&beta) - of(&mean) * scale) as f32);
        }
        self.folded.insert(format!("{name}.weight"), order(&weight));
        self.folded.insert(format!("{name}.bias"), bias);
        Ok(())
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let fail = |why: String| Err(Error::new(Code::Input, self.shown, why));
        match self.weights.remove(name) {
            None => fail(format!("has no tensor {name}")),
            Some(tensor) if tensor.shape != shape => {
                let is = tensor.shape;
                fail(format!(
                    "has {name} of the shape {is:?}; {shape:?} is meant"
                ))
            }
            Some(tensor) => Ok(tensor),
        }
    }

    fn finish(self) -> Result<BTreeMap<String, Vec<f32>>> {
        match self.weights.keys().next() {
            None => Ok(self.folded),
            Some(name) => {
                let why = format!("has the tensor {name}, which no tower of this shape has");
                Err(Error::new(Code::Input, self.shown, why))
            }
        }
    }
}
