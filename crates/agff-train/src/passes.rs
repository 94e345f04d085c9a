//! A batch's gradient in two passes, so that the batch may be larger than memory (GradCache: Gao et
//! al., arXiv 2101.06983).
//!
//! The first pass computes all outputs, chunk by chunk; the loss of the whole batch gives each
//! output its gradient; the second pass carries these into the parameters, chunk by chunk. The second
//! pass either repeats the forward computation (memory for one chunk at a time) or has kept the
//! first one's graphs (a third less work). Both give the gradients of the whole batch.

use std::collections::BTreeMap;
use std::sync::Mutex;

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::encoder::{Encoder, Output, Pass};
use super::features::Input;
use super::objective::Outcome;
use super::parameters::{ByName, Parameters, gradients_of};
use super::recipe::Cache;
use agff::{Code, Error, Result};

/// Inputs that run together, by index.
pub type Chunks = Vec<Vec<usize>>;

/// Groups inputs of one kind (with or without an image) into chunks of at most so many inputs.
pub fn chunks(items: &[Input], most_images: usize, most_texts: usize) -> Chunks {
    let mut chunks = Chunks::new();
    for (with_image, most) in [(true, most_images), (false, most_texts)] {
        let kind = (0..items.len()).filter(|&i| items[i].has_picture() == with_image);
        let kind: Vec<usize> = kind.collect();
        // Chunks of about the same size, so that no thread waits for the last one.
        let count = kind.len().div_ceil(most.max(1)).max(1);
        let size = kind.len().div_ceil(count).max(1);
        chunks.extend(kind.chunks(size).map(<[usize]>::to_vec));
    }
    chunks
}

/// Outputs of all inputs, `[inputs, views, dimensions]`, without gradients.
///
/// # Errors
/// Those of [`Encoder::forward`].
pub fn outputs(
    encoder: &Encoder,
    parameters: &Parameters,
    items: &[Input],
    chunks: &Chunks,
) -> Result<Vec<f32>> {
    let trained = parameters.plain();
    let run = |chunk: &Vec<usize>| {
        let output = encoder.forward(taken(items, chunk), &trained, None)?;
        to_vec(output.views)
    };
    let outputs = each(encoder.on_cpu(), chunks.iter().collect(), run)?;
    Ok(in_order(items.len(), chunks, &outputs))
}

/// How a gradient is computed.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// What the first pass leaves for the second.
    pub cache: Cache,
    /// The step, for dropout.
    pub pass: Pass,
    /// How much the mean over the captions' tokens counts beside the loss of all outputs.
    pub caption_weight: f32,
}

/// What came of a batch, and how its parameters should move.
pub struct Gradient {
    /// What came of the loss of all outputs.
    pub outcome: Outcome,
    /// The mean of `−log p` over the tokens of the batch's captions; `None` if it has none.
    pub captions: Option<f32>,
    /// The gradients of both together.
    pub gradients: ByName,
}

/// The gradient of a batch's loss. `loss` is given the outputs of all views, `[inputs, views,
/// dimensions]`; captions that the items have are a loss of their own.
///
/// # Errors
/// Those of [`Encoder::forward`] and of `loss`.
pub fn gradient(
    encoder: &Encoder,
    parameters: &Parameters,
    items: &[Input],
    chunks: &Chunks,
    way: Way,
    loss: impl FnOnce(Vec<f32>) -> Result<Outcome>,
) -> Result<Gradient> {
    let pass_of = |chunk: usize| {
        Some(Pass {
            chunk: chunk as u64,
            ..way.pass
        })
    };
    let first = |(i, chunk): (usize, &Vec<usize>)| -> Result<First> {
        let (trained, kept) = match way.cache {
            Cache::Keep => (parameters.leaves(), true),
            Cache::Recompute => (parameters.plain(), false),
        };
        let output = encoder.forward(taken(items, chunk), &trained, pass_of(i))?;
        let values = to_vec(output.views.clone().inner())?;
        Ok(First {
            values,
            graph: kept.then_some((output, trained)),
        })
    };
    let first = each(encoder.on_cpu(), chunks.iter().enumerate().collect(), first)?;
    let (values, graphs): (Vec<_>, Vec<_>) = first.into_iter().map(|f| (f.values, f.graph)).unzip();
    let outcome = loss(in_order(items.len(), chunks, &values))?;

    let width = outcome.gradient.len() / items.len();
    let tokens: usize = items.iter().map(Input::said).sum();
    let sum = OrderedSum::default();
    let second = |(i, (chunk, graph)): (usize, (&Vec<usize>, Option<Graph>))| -> Result<f32> {
        let (output, leaves) = match graph {
            Some(graph) => graph,
            None => {
                let leaves = parameters.leaves();
                let output = encoder.forward(taken(items, chunk), &leaves, pass_of(i))?;
                (output, leaves)
            }
        };
        let rows = chunk
            .iter()
            .map(|&i| &outcome.gradient[i * width..][..width]);
        let weight = TensorData::new(rows.collect::<Vec<_>>().concat(), output.views.dims());
        let weight = Tensor::<2>::from_data(weight, encoder.device());
        let mut all = (output.views * weight).sum();
        let mut said = 0.0;
        if let Some(captions) = output.captions {
            said = to_vec(captions.clone().inner())?[0];
            all = all + captions * (way.caption_weight / tokens as f32);
        }
        if !all.is_tracked() {
            // Nothing of what these inputs go through is trained: pictures, where only the tower for texts has adapters.
            sum.add(i, ByName::new());
            return Ok(said);
        }
        sum.add(i, gradients_of(leaves, all));
        Ok(said)
    };
    let second = each(
        encoder.on_cpu(),
        chunks.iter().zip(graphs).enumerate().collect(),
        second,
    )?;
    Ok(Gradient {
        outcome,
        captions: (tokens > 0).then(|| second.iter().sum::<f32>() / tokens as f32),
        gradients: sum.total(),
    })
}

/// A chunk after the first pass.
struct First {
    values: Vec<f32>,
    graph: Option<Graph>,
}

/// A chunk's output, and the leaves that its graph begins with.
type Graph = (Output, ByName);

/// What `f` makes of every item, in their order: on all cores where the model runs on the CPU, and
/// one after the other on a GPU, which has its own parallelism. There, several threads would be
/// several streams, and tensors that cross between them arrive half-written now and then.
pub(super) fn each<T: Send, R: Send>(
    on_cpu: bool,
    items: Vec<T>,
    f: impl Fn(T) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    match on_cpu {
        true => items.into_par_iter().map(f).collect(),
        false => items.into_iter().map(f).collect(),
    }
}

/// A sum whose terms may come in any order, and that always adds them in the same one: the result
/// does not depend on which thread was faster.
#[derive(Default)]
struct OrderedSum(Mutex<Terms>);

#[derive(Default)]
struct Terms {
    next: usize,
    waiting: BTreeMap<usize, ByName>,
    sum: ByName,
}

impl OrderedSum {
    fn add(&self, term: usize, values: ByName) {
        let mut terms = self.0.lock().expect("no thread panics while it adds");
        terms.waiting.insert(term, values);
        loop {
            let next = terms.next;
            let Some(values) = terms.waiting.remove(&next) else {
                return;
            };
            terms.next += 1;
            add_to(&mut terms.sum, values);
        }
    }

    fn total(self) -> ByName {
        self.0.into_inner().expect("no thread panicked").sum
    }
}

/// Adds tensors by name.
pub fn add_to(sum: &mut ByName, values: ByName) {
    for (name, value) in values {
        let value = match sum.remove(&name) {
            Some(sum) => sum + value,
            None => value,
        };
        sum.insert(name, value);
    }
}

fn taken(items: &[Input], chunk: &[usize]) -> Vec<Input> {
    chunk.iter().map(|&i| items[i].clone()).collect()
}

/// Puts the chunks' outputs where their inputs are.
fn in_order(inputs: usize, chunks: &Chunks, outputs: &[Vec<f32>]) -> Vec<f32> {
    let total: usize = outputs.iter().map(Vec::len).sum();
    let width = total / inputs;
    let mut all = vec![0.0; total];
    for (chunk, output) in chunks.iter().zip(outputs) {
        for (&input, values) in chunk.iter().zip(output.chunks(width)) {
            all[input * width..][..width].copy_from_slice(values);
        }
    }
    all
}

fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor.into_data().try_into_vec().map_err(|error| {
        let message = format!("an output could not be read back: {error:?}");
        Error::new(Code::Internal, "model", message)
    })
}

#[cfg(test)]
mod tests;
