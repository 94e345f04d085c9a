//! The same training through the kernels of a GPU.

use std::path::PathBuf;

use agff::device::gpu::{GpuOptions, Wanted, open_wanted};
use agff::package::{ConvertOptions, convert};
use agff::tensors::Dtype;
use agff_train::features::FeatureCache;
use agff_train::inputs::{Inputs, Reader, SourceRows};
use agff_train::passes::{Way, chunks, gradient};
use agff_train::{Recipe, encoder, parameters, setup};
use burn::tensor::Device;

use super::run::{Folder, finish};
use super::support::golden::Case;
use super::support::gpu_or_say_so;
use super::support::photo::{package_of_parts, shape};

/// A software adapter if there is one: it is there to be tested on.
fn gpu() -> Device {
    let options = GpuOptions::default();
    let opened = pollster::block_on(open_wanted(options, Wanted::Software));
    let opened = opened.or_else(|_| pollster::block_on(open_wanted(options, Wanted::Hardware)));
    opened.unwrap().0
}

/// The loss and the gradients of the first batch.
fn first_gradients(recipe: &Recipe, device: &Device) -> (f32, Vec<(String, Vec<f32>)>) {
    let (sources, mut sampler): (Vec<SourceRows>, _) = setup::data(recipe, &mut |_| ()).unwrap();
    let base = setup::base(recipe).unwrap();
    let pictures = setup::pictures(recipe, &base).unwrap();
    let (train, lora) = (recipe.train, &recipe.lora);
    let parameters =
        parameters::Parameters::new(&base, train, lora, None, recipe.seed, device).unwrap();
    let objective = setup::objective(recipe, setup::scoring(recipe, base.manifest.fusion));
    let encoder = encoder::Encoder::new(base, train, lora, &parameters, device, None).unwrap();
    let batch = sampler.batch(0);
    let inputs = Inputs::of(
        &batch,
        &sources,
        &Reader {
            encoder: &encoder,
            parameters: &parameters,
            pictures: &pictures,
            features: &FeatureCache::new(0),
        },
        &recipe.captions,
        recipe.seed,
    )
    .unwrap();
    let pass = encoder::Pass {
        seed: recipe.seed,
        step: 0,
        chunk: 0,
    };
    let way = Way {
        cache: recipe.batch.cache,
        pass,
        caption_weight: recipe.captions.weight as f32,
    };
    let all = gradient(
        &encoder,
        &parameters,
        &inputs.items,
        &chunks(&inputs.items, 5, 10),
        way,
        |hidden| objective.evaluate(hidden, encoder.views(), &inputs.pairs, 0.07),
    )
    .unwrap();
    let host = |g: burn::tensor::Tensor<1>| g.into_data().try_into_vec().unwrap();
    let gradients = all.gradients.into_iter().map(|(name, g)| (name, host(g)));
    (all.outcome.loss, gradients.collect())
}

#[test]
fn gradients_and_twenty_steps_on_a_gpu_are_those_on_the_cpu() {
    if !gpu_or_say_so("training on a GPU") {
        return;
    }
    let gpu = gpu();
    let folder = Folder::new();
    same_gradients(&folder.recipe(&[]).unwrap(), &gpu);

    let (_, on_cpu) = folder.run(&["out='cpu'", "optimiser.steps=20"]);
    let set = ["out='gpu'", "optimiser.steps=20"];
    let mut trainer = folder.trainer_on(&set, false, &gpu).unwrap();
    let on_gpu = finish(&mut trainer);
    // AdamW's first steps go by the signs of gradients, so rounding shows where one is near zero.
    for (step, (a, b)) in on_cpu.iter().zip(&on_gpu).enumerate() {
        assert!((a - b).abs() < 0.05 * a, "step {step}: {a} {b}");
    }
    assert!(on_gpu[19] < on_gpu[0]);
}

#[test]
fn gradients_of_two_towers_on_a_gpu_are_those_on_the_cpu() {
    if !gpu_or_say_so("training two towers on a GPU") {
        return;
    }
    let gpu = gpu();
    for case in ["clip-openai", "siglip-2"] {
        let folder = Folder::new();
        let checkpoint = folder.join("checkpoint");
        Case::read(case).write_checkpoint(&checkpoint);
        let options = ConvertOptions {
            dtype: Dtype::F32,
            regions: Some(2),
            ..ConvertOptions::default()
        };
        convert(&checkpoint, &folder.join("package"), &options, &mut |_| ()).unwrap();
        for train in ["train='all'", "train='lora'"] {
            let set = [train, "lora.vision=true"].map(str::to_owned);
            same_gradients(&Recipe::read(&recipe_of(&folder), &set).unwrap(), &gpu);
        }
    }
}

#[test]
fn gradients_of_a_photo_model_on_a_gpu_are_those_on_the_cpu() {
    if !gpu_or_say_so("training a photo model on a GPU") {
        return;
    }
    let gpu = gpu();
    let folder = Folder::new();
    // Maps and a learned region, and neither.
    for (trained, trains) in [(true, ["maps", "all"]), (false, ["maps", "lora"])] {
        let package = folder.join("package");
        package_of_parts(&package, Dtype::F32, Some(shape().parts), trained);
        for train in trains {
            let set = [format!("train={train}")];
            same_gradients(&Recipe::read(&recipe_of(&folder), &set).unwrap(), &gpu);
        }
    }
}

/// A recipe that starts from the package in the folder, for a batch.
fn recipe_of(folder: &Folder) -> PathBuf {
    let path = folder.join("of-package.toml");
    let text = "out = 'run'\nseed = 5\nstart = { package = 'package' }\n[[data]]\nrows = 'rows.jsonl'\n\
                [batch]\nrows = 8\n[loss]\nhardness = 'e1'\n[optimiser]\nsteps = 1\nlearning_rate = 1e-3\n";
    std::fs::write(&path, text).unwrap();
    path
}

/// The first batch has the same gradients on both devices.
fn same_gradients(recipe: &Recipe, gpu: &Device) {
    let (cpu_loss, cpu) = first_gradients(recipe, &Device::flex());
    let (gpu_loss, other) = first_gradients(recipe, gpu);
    assert!((cpu_loss - gpu_loss).abs() < 1e-4 * cpu_loss.max(1.0));
    assert!(!cpu.is_empty());
    assert_eq!(cpu.len(), other.len());
    let mut wrong = Vec::new();
    for ((name, a), (_, b)) in cpu.iter().zip(&other) {
        let most = a.iter().fold(1f32, |most, x| most.max(x.abs()));
        let far = a
            .iter()
            .zip(b)
            .fold(0f32, |far, (a, b)| far.max((a - b).abs()));
        if far > 1e-4 * most {
            wrong.push(format!("{name}: {far:e} of {most:e}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
