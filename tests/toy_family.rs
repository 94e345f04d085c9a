//! A family that nothing but the registry knows: converted, inspected, embedded and indexed by the ordinary
//! code, on every device.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::{cosine, gpu_or_say_so, toy};
use agff::device::{DeviceChoice, DeviceOptions};
use agff::index::{Index, Precision, SearchOptions, Term};
use agff::input::image::Pixels;
use agff::package::{ConvertOptions, Package, convert};
use agff::tensors::{Dtype, Group};
use agff::{Agff, Code, Input, InputImage, LoadOptions, Source};
use pollster::block_on;

/// A package of the family, made once. It stays in `target/parity`, for the same test in the browser.
fn package(dtype: Dtype) -> PathBuf {
    static DONE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    let mut done = DONE.lock().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../parity");
    let checkpoint = folder.join(format!("toy-{}-checkpoint", dtype.as_str()));
    let out = folder.join(format!("toy-{}", dtype.as_str()));
    if done.contains(&out) {
        return out;
    }
    toy::write_checkpoint(&checkpoint);
    let options = ConvertOptions {
        dtype,
        force: true,
        ..ConvertOptions::default()
    };
    convert(&checkpoint, &out, &options, &mut |_| ()).unwrap();
    done.push(out.clone());
    out
}

fn load(package: &Path, choice: DeviceChoice) -> Agff {
    let device = DeviceOptions {
        choice,
        ..Default::default()
    };
    let options = LoadOptions {
        device,
        ..Default::default()
    };
    block_on(Agff::load(Source::Folder(package.into()), options)).unwrap()
}

fn plain(rgb: [u8; 3]) -> Input {
    let pixels = Pixels {
        width: 4,
        height: 2,
        rgb: rgb.repeat(8),
    };
    Input {
        image: Some(InputImage::Pixels(pixels)),
        ..Input::default()
    }
}

#[test]
fn its_checkpoint_becomes_a_package_that_says_what_it_is() {
    let folder = package(Dtype::F32);
    let package = block_on(Package::open(Source::Folder(folder))).unwrap();
    let manifest = package.manifest();
    assert_eq!(manifest.family, "toy");
    assert_eq!(manifest.config.embedding_dim(), toy::WIDTH);
    assert_eq!(manifest.dimensions, [toy::WIDTH]);
    let names: Vec<_> = manifest
        .tensors()
        .into_iter()
        .map(|t| (t.name, t.group))
        .collect();
    let expected = [
        ("pixels.weight", Group::Vision),
        ("pixels.bias", Group::Vision),
        ("views.global", Group::Views),
        ("text.embed_tokens.weight", Group::Embeddings),
    ];
    assert_eq!(
        names,
        expected.map(|(name, group)| (name.to_owned(), group))
    );
    assert_eq!(manifest.config.summary()[0].0, "toy");
}

#[test]
fn its_pictures_and_texts_are_embedded_the_same_on_every_device() {
    let inputs = [
        plain([250, 10, 10]),
        plain([10, 10, 250]),
        Input::text("a red mug"),
        Input::text("two blue chairs left of a table"),
    ];
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Q8] {
        let folder = package(dtype);
        let on = |choice| block_on(load(&folder, choice).embed(&inputs)).unwrap();
        let cpu = on(DeviceChoice::Cpu);
        for (embedding, input) in cpu.iter().zip(&inputs) {
            assert_eq!(embedding.views, ["global"]);
            // A pack gives what each gives alone.
            let alone = block_on(load(&folder, DeviceChoice::Cpu).embed_one(input)).unwrap();
            assert!(cosine(&embedding.values, &alone.values) > 0.999_999);
        }
        assert!(cosine(&cpu[0].values, &cpu[1].values) < 0.99);
        if gpu_or_say_so("the toy family on the GPU") {
            for (a, b) in cpu.iter().zip(on(DeviceChoice::Gpu)) {
                assert!(cosine(&a.values, &b.values) > 0.999_99, "{dtype:?}");
            }
        }
    }
}

#[test]
fn what_two_towers_cannot_do_is_an_error_that_says_so() {
    let agff = load(&package(Dtype::F32), DeviceChoice::Cpu);
    let both = Input {
        text: Some("a red mug".into()),
        ..plain([1, 2, 3])
    };
    let error = agff.prepare(&both).unwrap_err();
    assert_eq!(error.code(), Code::Input);
    assert!(error.message().contains("not both"), "{error}");
}

#[test]
fn its_vectors_are_indexed_and_found() {
    let agff = load(&package(Dtype::Q8), DeviceChoice::Cpu);
    let manifest = agff.manifest();
    let views = manifest
        .views
        .iter()
        .map(|view| view.name.clone())
        .collect();
    let fusion = manifest.fusion;
    let mut index = Index::new(views, toy::WIDTH, fusion, Precision::F32).unwrap();
    for (name, rgb) in [("red", [250, 10, 10]), ("blue", [10, 10, 250])] {
        let embedding = block_on(agff.embed_one(&plain(rgb))).unwrap();
        index.add(name, &embedding).unwrap();
    }
    let query = block_on(agff.embed_one(&plain([20, 20, 240]))).unwrap();
    let terms = [Term {
        embedding: &query,
        weight: 1.0,
    }];
    let options = SearchOptions {
        limit: 1,
        min_score: None,
    };
    let found = index.search(&terms, &options).unwrap();
    assert_eq!(found.hits[0].id, "blue");
}

#[test]
fn a_configuration_that_cannot_be_is_refused_by_its_own_field() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("checkpoint");
    toy::write_checkpoint(&checkpoint);
    std::fs::write(
        checkpoint.join("config.json"),
        r#"{"model_type": "toy", "width": 0}"#,
    )
    .unwrap();
    let options = ConvertOptions::default();
    let out = folder.path().join("out");
    let error = convert(&checkpoint, &out, &options, &mut |_| ()).unwrap_err();
    assert_eq!(error.code(), Code::Config, "{error}");
    assert!(error.message().contains("width"), "{error}");
}
