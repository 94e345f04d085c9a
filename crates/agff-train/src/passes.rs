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
use super::parameters::{ByName, Parameters};
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
        let mut gradients = all.backward();
        let gradients = leaves
            .into_iter()
            .filter_map(|(name, leaf)| Some((name, leaf.grad_remove(&mut gradients)?)))
            .collect();
        sum.add(i, gradients);
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
mod tests {
    use super::super::base::Base;
    use super::super::loss::{Contrast, Hardness, Mask};
    use super::super::objective::{Objective, Pairs};
    use super::super::recipe::{Captions, Lora, Train};
    use super::super::scores::Scoring;
    use super::super::testing::{device, inputs, tiny, tiny_photo, tiny_towers, values};
    use super::*;

    const PASS: Pass = Pass {
        seed: 1,
        step: 5,
        chunk: 0,
    };

    fn way(cache: Cache, caption_weight: f32) -> Way {
        Way {
            cache,
            pass: PASS,
            caption_weight,
        }
    }

    fn objective(encoder: &Encoder) -> Objective {
        Objective {
            scoring: Scoring::Fused(encoder.base().manifest.fusion),
            contrast: Contrast {
                hardness: Hardness::E1 { alpha: 5.0 },
                margin: 0.0,
                mask_margin: None,
            },
            both_directions: true,
            matryoshka: Vec::new(),
            within_groups: 0.0,
            orthogonality: 0.1,
        }
    }

    fn pairs(inputs: usize) -> Pairs {
        let rows = inputs / 2;
        Pairs {
            queries: (0..rows).map(|i| 2 * i).collect(),
            positives: (0..rows).map(|i| 2 * i + 1).collect(),
            negatives: Vec::new(),
            mask: Mask::none(rows, rows),
            groups: (0..rows as u32).collect(),
        }
    }

    fn model(train: Train, lora: &Lora) -> (Encoder, Parameters) {
        let base = tiny(2);
        let mut parameters = Parameters::new(&base, train, lora, None, 3, &device()).unwrap();
        // B of an adapter begins at zero, where half of the gradients are zero too.
        for (name, parameter) in &mut parameters.0 {
            if name.ends_with(".lora_b") {
                let shape = parameter.values.dims();
                parameter.values = super::super::testing::noise(shape, 9, &device()) * 0.1;
            }
        }
        let encoder = Encoder::new(base, train, lora, &parameters, &device(), None).unwrap();
        (encoder, parameters)
    }

    fn run(train: Train, lora: &Lora, chunks: &Chunks, cache: Cache) -> (Outcome, ByName) {
        let (encoder, parameters) = model(train, lora);
        let items = inputs(&encoder, 12);
        let objective = objective(&encoder);
        let loss = |hidden| objective.evaluate(hidden, encoder.views(), &pairs(12), 0.05);
        let all = gradient(&encoder, &parameters, &items, chunks, way(cache, 0.0), loss).unwrap();
        (all.outcome, all.gradients)
    }

    /// How much the loss grows along its gradient, by the gradient and by two runs of the model beside each other.
    fn slopes(base: Base, train: Train, vision: bool) -> (f64, f64) {
        let lora = Lora {
            rank: 2,
            vision,
            ..Lora::default()
        };
        let mut parameters = Parameters::new(&base, train, &lora, None, 3, &device()).unwrap();
        for (name, parameter) in &mut parameters.0 {
            let zero = name.ends_with(".lora_b") || name.starts_with("bridge.maps");
            if zero || name.starts_with("views.") && train == Train::Maps {
                let shape = parameter.values.dims();
                parameter.values = super::super::testing::noise(shape, 9, &device()) * 0.1;
            }
        }
        let encoder = Encoder::new(base, train, &lora, &parameters, &device(), None).unwrap();
        let items = inputs(&encoder, 12);
        let mut objective = objective(&encoder);
        objective.contrast.hardness = Hardness::None;
        objective.orthogonality = 0.0;
        let evaluate = |hidden| objective.evaluate(hidden, encoder.views(), &pairs(12), 0.05);
        let chunks = chunks(&items, 3, 2);
        let all = gradient(
            &encoder,
            &parameters,
            &items,
            &chunks,
            way(Cache::Keep, 0.0),
            evaluate,
        )
        .unwrap();
        let square: f64 = all
            .gradients
            .values()
            .flat_map(|g| values(g.clone()))
            .map(|x| f64::from(x).powi(2))
            .sum();
        let length = square.sqrt();
        let moved = |by: f64| {
            let mut moved = parameters.clone();
            for (name, gradient) in &all.gradients {
                let parameter = moved.0.get_mut(name).unwrap();
                let step = gradient.clone() * (by / length) as f32;
                parameter.values = parameter.values.clone() + step;
            }
            let hidden = outputs(&encoder, &moved, &items, &chunks).unwrap();
            f64::from(evaluate(hidden).unwrap().loss)
        };
        // So that the loss changes by about as much as floats tell well, and goes on straight.
        let step = 0.01 / length;
        (length, (moved(step) - moved(-step)) / (2.0 * step))
    }

    #[test]
    fn the_gradient_of_two_towers_is_the_slope_of_their_loss() {
        for (fine, train, vision) in [
            (0, Train::Lora, true),
            (2, Train::Lora, true),
            (2, Train::Lora, false),
            (2, Train::All, true),
        ] {
            let (gradient, measured) = slopes(tiny_towers(fine), train, vision);
            let off = (gradient - measured).abs() / gradient;
            assert!(
                gradient > 1e-3 && off < 0.02,
                "{fine} {train:?}: {gradient} and {measured}"
            );
        }
        // The maps behind two towers, and regions that are learned.
        for fine in [0, 2] {
            let base = tiny_photo(fine).with_maps().unwrap();
            let (gradient, measured) = slopes(base, Train::Maps, false);
            let off = (gradient - measured).abs() / gradient;
            assert!(
                gradient > 1e-3 && off < 0.02,
                "{fine} learned regions: {gradient} and {measured}"
            );
        }
        // The same for one sequence of both.
        let (gradient, measured) = slopes(tiny(2), Train::Lora, true);
        assert!(
            (gradient - measured).abs() < 0.02 * gradient,
            "{gradient} and {measured}"
        );
    }

    #[test]
    fn a_text_of_two_towers_is_its_one_view_in_the_place_of_all() {
        let base = tiny_towers(2);
        let parameters =
            Parameters::new(&base, Train::All, &Lora::default(), None, 3, &device()).unwrap();
        let encoder = Encoder::new(
            base,
            Train::All,
            &Lora::default(),
            &parameters,
            &device(),
            None,
        )
        .unwrap();
        let items = inputs(&encoder, 4);
        let hidden = outputs(&encoder, &parameters, &items, &chunks(&items, 2, 2)).unwrap();
        let (views, size) = (encoder.views(), encoder.dimensions());
        assert_eq!(hidden.len(), 4 * views * size);
        for (i, item) in hidden.chunks(views * size).enumerate() {
            let (first, second) = (&item[..size], &item[size..2 * size]);
            assert_eq!(first == second, i.is_multiple_of(2), "input {i}");
        }
    }

    fn largest_difference(a: &ByName, b: &ByName) -> f32 {
        assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
        let differences = a.iter().map(|(name, a)| {
            let (a, b) = (values(a.clone()), values(b[name].clone()));
            let most = a.iter().fold(1e-3f32, |m, x| m.max(x.abs()));
            let d = a.iter().zip(&b).map(|(a, b)| (a - b).abs());
            d.fold(0.0f32, f32::max) / most
        });
        differences.fold(0.0, f32::max)
    }

    #[test]
    fn gradients_of_chunks_are_those_of_the_whole_batch() {
        let whole: Chunks = vec![(0..12).collect()];
        let lora = Lora::default();
        let (expected, all) = run(Train::All, &lora, &whole, Cache::Keep);
        for cache in [Cache::Keep, Cache::Recompute] {
            let small: Chunks = vec![vec![0, 2, 4], vec![1, 3], vec![6, 8, 10, 5], vec![7, 9, 11]];
            let (outcome, gradients) = run(Train::All, &lora, &small, cache);
            assert!((outcome.loss - expected.loss).abs() < 1e-5);
            let difference = largest_difference(&gradients, &all);
            assert!(difference < 1e-4, "{cache:?}: {difference}");
        }
    }

    #[test]
    fn both_passes_leave_out_the_same_inputs_of_an_adapter() {
        let lora = Lora {
            rank: 4,
            dropout: 0.3,
            vision: true,
            ..Lora::default()
        };
        let chunks: Chunks = vec![(0..6).collect(), (6..12).collect()];
        let (kept, first) = run(Train::Lora, &lora, &chunks, Cache::Keep);
        let (repeated, second) = run(Train::Lora, &lora, &chunks, Cache::Recompute);
        assert!((kept.loss - repeated.loss).abs() < 1e-5);
        assert!(largest_difference(&first, &second) < 1e-3);
    }

    #[test]
    fn a_caption_s_gradient_agrees_with_finite_differences_and_leaves_the_views_alone() {
        let (encoder, parameters) = model(Train::All, &Lora::default());
        let settings = Captions {
            weight: 0.7,
            ..Captions::default()
        };
        let plain = inputs(&encoder, 8);
        let mut items = plain.clone();
        for (i, item) in items.iter_mut().enumerate().filter(|(i, _)| i % 2 == 1) {
            let caption = format!("{i} red chairs on a lawn");
            let Input::Whole(item) = item else {
                panic!("captions are for the whole model");
            };
            encoder.caption(item, &caption, &settings).unwrap();
        }
        // The loss over the batch is left out: the captions' gradient is there alone.
        let run = |parameters: &Parameters, chunks: &Chunks, cache| {
            let loss = |hidden: Vec<f32>| {
                let mut outcome = objective(&encoder).evaluate(hidden, 3, &pairs(8), 0.1)?;
                outcome.gradient.fill(0.0);
                Ok(outcome)
            };
            gradient(&encoder, parameters, &items, chunks, way(cache, 0.7), loss).unwrap()
        };
        let all = run(&parameters, &chunks(&items, 8, 8), Cache::Keep);
        let parts = run(&parameters, &chunks(&items, 3, 3), Cache::Recompute);
        assert!((all.captions.unwrap() - parts.captions.unwrap()).abs() < 1e-4);
        assert!(largest_difference(&all.gradients, &parts.gradients) < 1e-4);
        for name in [
            "text.embed_tokens.weight",
            "text.layers.1.self_attn.v_proj.weight",
            "text.norm.weight",
            "vision.blocks.0.attn.qkv.weight",
        ] {
            let slope = values(all.gradients[name].clone());
            let length = slope.iter().map(|g| g * g).sum::<f32>().sqrt();
            let at = |shift: f32| {
                let mut moved = parameters.clone();
                let parameter = moved.0.get_mut(name).unwrap();
                let step = all.gradients[name].clone() * (shift / length);
                parameter.values = parameter.values.clone() + step;
                0.7 * run(&moved, &chunks(&items, 8, 8), Cache::Keep)
                    .captions
                    .unwrap()
            };
            let h = 0.02;
            let difference = ((at(h) - at(-h)) / (2.0 * h) - length).abs() / length;
            assert!(difference < 0.03, "{name}: {difference}");
        }
        let views =
            |items: &[Input]| outputs(&encoder, &parameters, items, &chunks(items, 8, 8)).unwrap();
        let (with, without) = (views(&items), views(&plain));
        let most = with.iter().zip(&without).map(|(a, b)| (a - b).abs());
        assert!(most.fold(0.0, f32::max) < 1e-5);
    }

    #[test]
    fn a_parameter_s_gradient_agrees_with_finite_differences() {
        let (encoder, parameters) = model(Train::All, &Lora::default());
        let items = inputs(&encoder, 8);
        let objective = Objective {
            contrast: Contrast {
                hardness: Hardness::None,
                margin: 0.0,
                mask_margin: None,
            },
            ..objective(&encoder)
        };
        let chunks = chunks(&items, 3, 3);
        let loss = |hidden| objective.evaluate(hidden, encoder.views(), &pairs(8), 0.2);
        let gradients = gradient(
            &encoder,
            &parameters,
            &items,
            &chunks,
            way(Cache::Keep, 0.0),
            loss,
        )
        .unwrap()
        .gradients;
        for name in [
            "text.embed_tokens.weight",
            "text.layers.0.mlp.up_proj.weight",
            "text.layers.1.self_attn.k_proj.weight",
            "text.layers.0.self_attn.q_norm.weight",
            "text.norm.weight",
            "vision.blocks.0.attn.qkv.weight",
            "vision.blocks.1.norm2.bias",
            "vision.deepstack_merger_list.0.linear_fc2.weight",
            "vision.patch_embed.proj.weight",
            "vision.pos_embed.weight",
            "views.fine-1",
        ] {
            let gradient = values(gradients[name].clone());
            // Along the gradient itself, where the slope is its length.
            let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
            let at = |shift: f32| {
                let mut moved = parameters.clone();
                let parameter = moved.0.get_mut(name).unwrap();
                let step = gradients[name].clone() * (shift / length);
                parameter.values = parameter.values.clone() + step;
                let hidden = outputs(&encoder, &moved, &items, &chunks).unwrap();
                objective
                    .evaluate(hidden, encoder.views(), &pairs(8), 0.2)
                    .unwrap()
                    .loss
            };
            let h = 0.02;
            let slope = (at(h) - at(-h)) / (2.0 * h);
            let difference = (slope - length).abs() / length.max(1e-3);
            assert!(difference < 0.03, "{name}: {slope} {length}");
        }
    }

    #[test]
    fn chunks_are_of_one_kind_and_hold_every_input_once() {
        let (encoder, _) = model(Train::Views, &Lora::default());
        let items = inputs(&encoder, 11);
        let chunks = chunks(&items, 2, 4);
        let mut all: Vec<usize> = chunks.concat();
        all.sort_unstable();
        assert_eq!(all, (0..11).collect::<Vec<_>>());
        for chunk in &chunks {
            assert!(chunk.len() <= if chunk[0].is_multiple_of(2) { 4 } else { 2 });
            assert!(chunk.iter().all(|i| i % 2 == chunk[0] % 2));
        }
    }
}
