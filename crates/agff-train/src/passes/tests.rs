//! Gradients of batches, however they are divided.

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
