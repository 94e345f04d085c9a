//! The family `conse` against the golden case that PyTorch made (`tests/parity/make_towers.py`): the feature map,
//! the views, and texts, on every device; and what it refuses.

use std::fs;
use std::path::Path;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::ModelConfig;
use agff::families::conse::{BridgeConfig, Config, Parts};
use agff::package::Source;
use agff::package::manifest::Manifest;
use agff::tensors::Dtype;
use agff::{Agff, Code, Embedding, Input, InputImage, LoadOptions};

use crate::support::photo::{folder, manifest, package_of_parts, shape};
use crate::support::{cosine, gpu_or_say_so, largest_difference};

fn expected(name: &str) -> Vec<f32> {
    let bytes = fs::read(folder().join("expected.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let data = file.tensor(name).unwrap().data().to_vec();
    data.chunks(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

/// The case's package, written anew.
fn package(out: &Path, dtype: Dtype) {
    package_of_parts(out, dtype, None, false);
}

fn load(package: &Path, choice: DeviceChoice, guaranteed_limits: bool) -> Agff {
    let options = LoadOptions {
        device: DeviceOptions {
            choice,
            guaranteed_limits,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    pollster::block_on(Agff::load(Source::Folder(package.into()), options)).unwrap()
}

fn picture() -> Input {
    Input::image(
        "picture.png",
        fs::read(folder().join("picture.png")).unwrap(),
    )
}

fn embed(agff: &Agff, input: &Input) -> Embedding {
    pollster::block_on(agff.embed_one(input)).unwrap()
}

/// What differs from the reference by more than it may; the names of what is expected begin with `case`.
fn compare(agff: &Agff, device: &str, case: &str, least: f64) -> Vec<String> {
    let mut failures = Vec::new();
    let mut hold = |what: &str, found: &[f32], expected: &[f32]| {
        let (cos, most) = (cosine(found, expected), largest_difference(found, expected));
        if found.len() != expected.len() || cos < least {
            failures.push(format!(
                "{device} {case}{what}: cosine {cos:.7}, largest difference {most:.1e}"
            ));
        }
    };
    let of_picture = embed(agff, &picture());
    let views = expected(&format!("{case}picture.embedding"));
    assert_eq!(views.len(), of_picture.values.len());
    for (i, expected) in views.chunks_exact(of_picture.dimensions).enumerate() {
        hold(&format!("view {i}"), of_picture.view(i), expected);
    }
    for (name, text) in &shape().texts {
        let of_text = embed(agff, &Input::text(text));
        assert_eq!(of_text.views, ["global"], "a text has one vector");
        hold(
            name,
            &of_text.values,
            &expected(&format!("{case}{name}.embedding")),
        );
    }
    failures
}

#[test]
fn pictures_and_texts_equal_the_reference_on_every_device() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("package");
    let mut failures = Vec::new();
    let parts = Some(shape().parts);
    for (case, parts, trained) in [
        ("", None, false),
        ("parts.", parts, false),
        ("trained.", parts, true),
    ] {
        package_of_parts(&out, Dtype::F32, parts, trained);
        let agff = load(&out, DeviceChoice::Cpu, false);
        failures.extend(compare(&agff, "cpu", case, 0.999_99));
        if gpu_or_say_so("the family conse on the GPU") {
            for limits in [false, true] {
                let agff = load(&out, DeviceChoice::Gpu, limits);
                let device = format!("gpu, limits {limits}");
                failures.extend(compare(&agff, &device, case, 0.999_99));
            }
        }
        // Random weights are at their most chaotic; what photos lose is measured with the model itself.
        for (dtype, least) in [(Dtype::F16, 0.999), (Dtype::Q8, 0.99)] {
            package_of_parts(&out, dtype, parts, trained);
            let agff = load(&out, DeviceChoice::Cpu, false);
            failures.extend(compare(&agff, dtype.as_str(), case, least));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn several_inputs_at_once_give_what_each_gives_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("package");
    package(&out, Dtype::F32);
    let agff = load(&out, DeviceChoice::Cpu, false);
    let inputs = [
        Input::text("a dog"),
        picture(),
        Input::text("the quick brown fox ".repeat(10_000)),
        picture(),
        Input::text("   "),
    ];
    let together = pollster::block_on(agff.embed(&inputs)).unwrap();
    for (input, together) in inputs.iter().zip(&together) {
        let alone = embed(&agff, input);
        assert_eq!(alone.views, together.views);
        assert!(largest_difference(&alone.values, &together.values) < 1e-5);
    }
    assert!(together[2].truncated && !together[0].truncated);
    let similarity = agff.similarity(&together[0], &together[1]).unwrap();
    assert!(similarity.fine.is_some_and(|view| view > 0));
}

#[test]
fn a_photo_with_a_text_and_pictures_of_no_use_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let out = scratch.path().join("package");
    package(&out, Dtype::Q8);
    let agff = load(&out, DeviceChoice::Cpu, false);
    let both = Input {
        text: Some("a dog".into()),
        ..picture()
    };
    assert_eq!(agff.prepare(&both).unwrap_err().code(), Code::Input);
    let pixels = |width: u32, height: u32| Input {
        image: Some(InputImage::Pixels(agff::input::image::Pixels {
            width,
            height,
            rgb: vec![90; (width * height * 3) as usize],
        })),
        ..Input::default()
    };
    let panorama = agff.prepare(&pixels(2010, 10)).unwrap_err();
    assert_eq!(panorama.code(), Code::ImageAspect);
    // One pixel is a picture, and so is a flat colour.
    for (width, height) in [(1, 1), (400, 100)] {
        assert_eq!(embed(&agff, &pixels(width, height)).views.len(), 6);
    }
    let fewer = LoadOptions {
        max_pixels: Some(100),
        ..LoadOptions::default()
    };
    let source = Source::Folder(out.clone());
    let error = pollster::block_on(Agff::load(source, fewer)).err().unwrap();
    assert_eq!(error.code(), Code::Input);
}

#[test]
fn manifests_that_the_family_cannot_run_are_refused_by_their_field() {
    type Change = fn(&mut Manifest);
    fn with(change: fn(&mut Parts)) -> ModelConfig {
        let mut shape = shape();
        change(&mut shape.parts);
        ModelConfig::new(Config {
            vision: shape.vision,
            text: shape.text,
            bridge: BridgeConfig {
                parts: Some(shape.parts),
                ..shape.bridge
            },
        })
    }
    let changes: [(&str, Change); 11] = [
        ("bridge.parts.meaning", |m| {
            m.config = with(|parts| parts.meaning = 49)
        }),
        ("bridge.parts.appearance", |m| {
            m.config = with(|parts| parts.appearance = 0)
        }),
        ("bridge.parts.share", |m| {
            m.config = with(|parts| parts.share = f32::NAN)
        }),
        ("views[1].region", |m| m.views[1].region = None),
        ("views[2].region", |m| {
            m.views[2].region.as_mut().unwrap().width = 0.9
        }),
        ("views[1]", |m| m.views[1].learned = 3),
        // A learned region has no other, and stands behind all that are given.
        ("views[5]", |m| m.views[5].learned = 1),
        ("views[5]", |m| {
            (m.views[4].learned, m.views[4].region) = (1, None)
        }),
        ("image.max_pixels", |m| m.image.max_pixels = 10_000),
        ("prompt.prefix", |m| {
            m.prompt.prefix = "no place for the text".into()
        }),
        ("prompt.max_tokens", |m| m.prompt.max_tokens = 1 << 20),
    ];
    for (field, change) in changes {
        let mut changed = manifest(&shape(), Dtype::F32);
        change(&mut changed);
        let error = changed.check_but_files().unwrap_err();
        assert!(error.message().contains(field), "{field}: {error}");
    }
}
