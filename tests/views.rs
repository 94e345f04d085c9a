//! Views are branches of one prefix: computed together, they are what each is alone, and cost
//! little more than one.

use std::time::{Duration, Instant};

use crate::support::{self, cosine, gpu_or_say_so, packages};
use agff::device::{DeviceChoice, DeviceOptions};
use agff::input::image::Pixels;
use agff::package::manifest::{Dtype, Manifest, View};
use agff::package::write_package;
use agff::tensors::RawTensor;
use agff::{Agff, Embedding, Input, InputImage, LoadOptions, Source};

/// A package of the same random model with these views. A view `as-fine-2` has the learned
/// vectors of `fine-2`.
fn load_with_views(views: Vec<View>, choice: DeviceChoice) -> Agff {
    let mut config = packages::small_config();
    config.text.vocab_size = 4096;
    let mut manifest = packages::manifest(config, Dtype::Q8);
    manifest.prompt.image = "<|vision_start|>{pad}<|vision_end|>".into();
    let tensors = tensors(&manifest, &views);
    manifest.views = views
        .into_iter()
        .map(|view| View {
            name: stored_name(&view).into(),
            ..view
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = std::fs::read(support::nano().join("tokenizer.json")).unwrap();
    write_package(folder.path(), manifest, tensors, &tokenizer).unwrap();
    let device = DeviceOptions {
        choice,
        ..Default::default()
    };
    let options = LoadOptions {
        device,
        ..Default::default()
    };
    pollster::block_on(Agff::load(Source::Folder(folder.path().into()), options)).unwrap()
}

/// `global=fine-2` is stored as `global` and made of the vectors of `fine-2`.
fn stored_name(view: &View) -> &str {
    view.name.split('=').next().unwrap()
}

fn tensors(manifest: &Manifest, views: &[View]) -> Vec<agff::Result<RawTensor>> {
    let mut list: Vec<_> = {
        let mut plain = manifest.clone();
        plain.views.retain(|view| view.learned == 0);
        packages::random_tensors(&plain).map(Ok).collect()
    };
    for view in views.iter().filter(|view| view.learned > 0) {
        let shape = vec![view.learned, manifest.config.embedding_dim()];
        let source = view.name.split('=').next_back().unwrap();
        let values = packages::values(source, shape.iter().product());
        list.push(Ok(RawTensor::f32(
            format!("views.{}", stored_name(view)),
            shape,
            &values,
        )));
    }
    list
}

fn view(name: &str, prompt: &str, learned: usize) -> View {
    View {
        name: name.into(),
        prompt: prompt.into(),
        learned,
        region: None,
    }
}

fn all_views() -> Vec<View> {
    vec![
        view("global", "so: ", 1),
        view("fine-1", "", 2),
        view("fine-2", "in detail", 0),
        view("fine-3", "where", 3),
        view("fine-4", "", 1),
    ]
}

fn inputs() -> Vec<Input> {
    let pixels = |width: u32, height: u32| {
        let rgb = (0..width * height * 3)
            .map(|i| (i * 37 % 251) as u8)
            .collect();
        let image = Some(InputImage::Pixels(Pixels { width, height, rgb }));
        Input {
            image,
            ..Input::default()
        }
    };
    let joint = Input {
        text: Some("what is this?".into()),
        ..pixels(40, 24)
    };
    vec![
        Input::text("a red mug left of a laptop"),
        pixels(48, 32),
        joint,
        Input::text("dog"),
    ]
}

fn embed(agff: &Agff, input: &Input) -> Embedding {
    pollster::block_on(agff.embed_one(input)).unwrap()
}

fn devices() -> Vec<DeviceChoice> {
    match gpu_or_say_so("views on the GPU") {
        true => vec![DeviceChoice::Cpu, DeviceChoice::Gpu],
        false => vec![DeviceChoice::Cpu],
    }
}

#[test]
fn every_view_equals_the_same_view_computed_alone() {
    for choice in devices() {
        let together = load_with_views(all_views(), choice);
        for (i, one) in all_views().into_iter().enumerate() {
            // The only view of a package is its `global`, whatever it is made of.
            let alone = view(&format!("global={}", one.name), &one.prompt, one.learned);
            let alone = load_with_views(vec![alone], choice);
            for input in inputs() {
                let (all, single) = (embed(&together, &input), embed(&alone, &input));
                assert_eq!(all.views[i], one.name);
                let cos = cosine(all.view(i), single.view(0));
                assert!(cos >= 0.99999, "{choice:?} {}: {cos}", one.name);
            }
        }
    }
}

#[test]
fn inputs_packed_together_equal_the_same_inputs_alone() {
    for choice in devices() {
        let agff = load_with_views(all_views(), choice);
        let packed = pollster::block_on(agff.embed(&inputs())).unwrap();
        for (input, packed) in inputs().iter().zip(packed) {
            let alone = embed(&agff, input);
            assert_eq!(alone.tokens, packed.tokens);
            let cos = cosine(&alone.values, &packed.values);
            assert!(cos >= 0.99999, "{choice:?}: {cos}");
        }
    }
}

#[test]
fn the_order_of_views_changes_nothing_else() {
    let mut views = all_views();
    views[1..].reverse();
    let (straight, turned) = (
        load_with_views(all_views(), DeviceChoice::Cpu),
        load_with_views(views, DeviceChoice::Cpu),
    );
    for input in inputs() {
        let (a, b) = (embed(&straight, &input), embed(&turned, &input));
        for (i, name) in a.views.iter().enumerate() {
            let j = b.views.iter().position(|other| other == name).unwrap();
            assert!(cosine(a.view(i), b.view(j)) >= 0.99999, "{name}");
        }
    }
}

/// The same nano with its five views and with `global` alone, in turn, the best of many.
#[test]
fn four_more_views_of_a_photo_cost_no_more_than_15_percent() {
    let nano = |views: usize| {
        let folder = support::keep_views(&support::nano(), views);
        let device = DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..Default::default()
        };
        let options = LoadOptions {
            device,
            ..Default::default()
        };
        let source = Source::Folder(folder.path().into());
        (
            pollster::block_on(Agff::load(source, options)).unwrap(),
            folder,
        )
    };
    let ((five, _five), (one, _one)) = (nano(5), nano(1));
    let rgb = (0..640 * 480 * 3).map(|i| (i * 31 % 255) as u8).collect();
    let photo = InputImage::Pixels(Pixels {
        width: 640,
        height: 480,
        rgb,
    });
    let photo = Input {
        image: Some(photo),
        ..Input::default()
    };
    for (what, input, limit) in [
        ("photo", photo, 1.15),
        ("short text", Input::text("a red mug"), f64::MAX),
    ] {
        let prepared = [&five, &one].map(|agff| agff.prepare(&input).unwrap());
        let mut best = [Duration::MAX; 2];
        for _ in 0..30 {
            for (i, agff) in [&five, &one].into_iter().enumerate() {
                let inputs = vec![prepared[i].clone()];
                let start = Instant::now();
                pollster::block_on(agff.embed_prepared(inputs)).unwrap();
                best[i] = best[i].min(start.elapsed());
            }
        }
        let ratio = best[0].as_secs_f64() / best[1].as_secs_f64();
        println!(
            "{what}: K = 4 takes {ratio:.3} × K = 0 ({:.1?} and {:.1?})",
            best[0], best[1]
        );
        assert!(ratio <= limit, "{what}: {ratio:.3}");
    }
}
