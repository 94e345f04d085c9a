//! The model against the golden cases that `transformers` made (`tests/parity/README.md`).
//!
//! Every case is written as a checkpoint, converted, loaded and run. The packages stay in
//! `target/parity`, with what came out natively, for the same test in the browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::support::golden::{self, Case, GoldenInput};
use crate::support::{self, cosine, gpu_or_say_so, largest_difference};
use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::Item;
use agff::input::image::{self, DecodeLimits};
use agff::package::{ConvertOptions, convert};
use agff::tensors::Dtype;
use agff::{Agff, Embedding, Input, LoadOptions, Prepared, Source};

/// Where the packages of all cases are kept.
fn parity_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../parity")
}

/// The case's package, converted anew in every run, once.
fn package(case: &Case, dtype: Dtype) -> PathBuf {
    static DONE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    let mut done = DONE.lock().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let checkpoint = scratch.path().join("checkpoint");
    case.write_checkpoint(&checkpoint);
    let out = parity_folder().join(format!(
        "{}-{}",
        case.case,
        format!("{dtype:?}").to_lowercase()
    ));
    if done.contains(&out) {
        return out;
    }
    if dtype == Dtype::F32 {
        // For the page, which converts it by itself.
        case.write_checkpoint(&parity_folder().join("checkpoints").join(&case.case));
    }
    let options = ConvertOptions {
        dtype,
        force: true,
        ..ConvertOptions::default()
    };
    convert(&checkpoint, &out, &options, &mut |_| ())
        .unwrap_or_else(|e| panic!("{}: {e:?}", case.case));
    done.push(out.clone());
    out
}

fn load(package: &Path, choice: DeviceChoice, guaranteed_limits: bool) -> Agff {
    let device = DeviceOptions {
        choice,
        guaranteed_limits,
        ..DeviceOptions::default()
    };
    let options = LoadOptions {
        device,
        ..LoadOptions::default()
    };
    pollster::block_on(Agff::load(Source::Folder(package.into()), options))
        .unwrap_or_else(|e| panic!("{}: {e:?}", package.display()))
}

fn input(golden: &GoldenInput) -> Input {
    let mut input = Input {
        text: golden.text.clone(),
        ..Input::default()
    };
    input.instruction = golden.instruction.clone();
    if let Some(name) = &golden.image {
        let bytes = fs::read(golden::folder().join("images").join(name)).unwrap();
        input.image = Input::image(name, bytes).image;
    }
    input
}

/// The input with the reference's own patches in place of ours.
fn with_reference_patches(agff: &Agff, golden: &GoldenInput, prepared: Prepared) -> Prepared {
    let Some(resized) = &golden.resized else {
        return prepared;
    };
    let bytes = fs::read(golden::folder().join(resized)).unwrap();
    let pixels = image::decode(resized, &bytes, &DecodeLimits::default()).unwrap();
    let patches = agff.preprocessing().patches_from_resized(&pixels).unwrap();
    Prepared::new(Item {
        patches: Some(patches),
        ..prepared.item().clone()
    })
}

fn embed(agff: &Agff, prepared: Prepared) -> Embedding {
    pollster::block_on(agff.embed_prepared(vec![prepared]))
        .unwrap()
        .remove(0)
}

/// Holds a device to every golden embedding; returns what failed.
fn compare_with_reference(case: &Case, agff: &Agff, device: &str) -> Vec<String> {
    let mut failures = Vec::new();
    let mut fail =
        |id: &str, what: String| failures.push(format!("{device} {} {id}: {what}", case.case));
    for golden in case.inputs.iter().filter(|i| i.max_tokens.is_none()) {
        let prepared = agff
            .prepare(&input(golden))
            .unwrap_or_else(|e| panic!("{}: {e:?}", golden.id));
        let expected = case.expected(&format!("{}.embedding", golden.id)).unwrap();
        let ours = embed(agff, with_reference_patches(agff, golden, prepared.clone()));
        assert_eq!(ours.tokens, golden.tokens, "{}", golden.id);
        let (cos, most) = (
            cosine(&ours.values, &expected),
            largest_difference(&ours.values, &expected),
        );
        if cos < 0.99999 || most > 2e-4 {
            fail(
                &golden.id,
                format!("cosine {cos:.7}, largest difference {most:.1e}"),
            );
        }
        if let Some(name) = &golden.image {
            let least = if name.ends_with(".png") {
                0.99999
            } else {
                0.999
            };
            let cos = cosine(&embed(agff, prepared).values, &expected);
            if cos < least {
                fail(
                    &golden.id,
                    format!("from the file: cosine {cos:.7} < {least}"),
                );
            }
        }
    }
    for (text, picture, expected) in &case.probabilities {
        let [text, picture] = [text, picture].map(|id| {
            let golden = case.inputs.iter().find(|input| input.id == *id).unwrap();
            let prepared = agff.prepare(&input(golden)).unwrap();
            embed(agff, with_reference_patches(agff, golden, prepared))
        });
        let ours = agff.probability(&text, &picture).unwrap().unwrap();
        if (ours - expected).abs() > 1e-4 {
            fail(
                "probability",
                format!("{ours}, the reference has {expected}"),
            );
        }
        let cut = [text, picture].map(|whole| whole.truncate(8).unwrap());
        assert_eq!(agff.probability(&cut[0], &cut[1]).unwrap(), None);
    }
    failures
}

fn report(failures: Vec<String>) {
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn weights_follow_their_rule() {
    #[derive(serde::Deserialize)]
    struct Vector {
        seed: String,
        name: String,
        shape: Vec<usize>,
        gain: f64,
        index: Vec<usize>,
        bits: Vec<String>,
    }
    let text = fs::read(golden::folder().join("weights.json")).unwrap();
    let vectors: Vec<Vector> = serde_json::from_slice(&text).unwrap();
    assert!(!vectors.is_empty());
    for v in vectors {
        let weights = golden::weights(&v.seed, &v.name, &v.shape, v.gain);
        for (i, bits) in v.index.iter().zip(&v.bits) {
            assert_eq!(
                format!("{:08x}", weights[*i].to_bits()),
                *bits,
                "{} [{i}]",
                v.name
            );
        }
    }
}

#[test]
fn tokens_positions_grids_and_patches_equal_the_reference() {
    for case in Case::all() {
        let package = package(&case, Dtype::F32);
        let agff = load(&package, DeviceChoice::Cpu, false);
        for golden in &case.inputs {
            let name = format!("{} {}", case.case, golden.id);
            let prepared = match golden.max_tokens {
                None => agff.prepare(&input(golden)).unwrap(),
                Some(most) => support::with_max_tokens(&package, most, |agff| {
                    agff.prepare(&input(golden)).unwrap()
                }),
            };
            let sequence = &prepared.item().sequence;
            assert_eq!(
                support::ids(sequence, support::IMAGE_TOKEN),
                golden.ids,
                "{name}"
            );
            assert_eq!(
                sequence.truncated,
                golden.tokens < golden.whole_tokens,
                "{name}"
            );
            if let Some([t, h, w]) = &golden.positions {
                let ours = &sequence.positions;
                for (axis, expected) in [t, h, w].into_iter().enumerate() {
                    let ours: Vec<u32> = ours.iter().map(|p| p[axis]).collect();
                    assert_eq!(&ours, expected, "{name} axis {axis}");
                }
            }
            let (Some(patches), Some(grid)) = (&prepared.item().patches, golden.grid) else {
                continue;
            };
            assert_eq!(
                [patches.grid.t, patches.grid.h, patches.grid.w],
                grid,
                "{name}"
            );
            if golden.image.as_ref().unwrap().ends_with(".png") {
                let values = patches.values.len() / patches.grid.patches();
                for &(row, column, expected) in golden.patch_probes.as_ref().unwrap() {
                    let ours = patches.values[row * values + column];
                    assert!(
                        (ours - expected).abs() < 1e-6,
                        "{name} patch {row} {column}: {ours} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn embeddings_on_the_cpu_equal_the_reference() {
    let mut failures = Vec::new();
    for case in Case::all() {
        let agff = load(&package(&case, Dtype::F32), DeviceChoice::Cpu, false);
        failures.extend(compare_with_reference(&case, &agff, "flex"));
    }
    report(failures);
}

#[test]
fn embeddings_on_the_gpu_equal_the_reference() {
    if !gpu_or_say_so("parity of embeddings on the GPU") {
        return;
    }
    let mut failures = Vec::new();
    for case in Case::all() {
        let package = package(&case, Dtype::F32);
        for (limits, name) in [(false, "gpu"), (true, "gpu with guaranteed limits")] {
            let agff = load(&package, DeviceChoice::Gpu, limits);
            failures.extend(compare_with_reference(&case, &agff, name));
        }
    }
    report(failures);
}

/// Where quantisation itself may lead; the weights of the golden cases are random, and so at
/// their most chaotic.
#[test]
fn quantised_packages_stay_close_to_the_floats() {
    println!("{:>8} {:>5} {:>9} {:>9}", "case", "dtype", "least", "mean");
    for case in Case::all() {
        let reference = load(&package(&case, Dtype::F32), DeviceChoice::Cpu, false);
        for (dtype, least) in [(Dtype::F16, 0.9999), (Dtype::Q8, 0.999), (Dtype::Q4, 0.85)] {
            let agff = load(&package(&case, dtype), DeviceChoice::Cpu, false);
            let inputs = case.inputs.iter().filter(|i| i.max_tokens.is_none());
            let cosines: Vec<f64> = inputs
                .map(|golden| {
                    let prepared = agff.prepare(&input(golden)).unwrap();
                    let exact = embed(&reference, prepared.clone());
                    cosine(&embed(&agff, prepared).values, &exact.values)
                })
                .collect();
            let worst = cosines.iter().copied().fold(1.0, f64::min);
            let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
            println!(
                "{:>8} {:>5} {worst:>9.6} {mean:>9.6}",
                case.case,
                format!("{dtype:?}")
            );
            assert!(worst >= least, "{} {dtype:?}: {worst} < {least}", case.case);
        }
    }
}

/// A packed package and one of its own stored numbers as f32 give the same vectors everywhere.
#[test]
fn quantised_kernels_compute_what_the_stored_numbers_say() {
    let gpu = gpu_or_say_so("quantised kernels on the GPU");
    for name in ["small", "deep", "patch14"] {
        let case = Case::read(name);
        for dtype in [Dtype::F16, Dtype::Q8, Dtype::Q4] {
            let packed = package(&case, dtype);
            let plain = support::dequantised(&packed);
            let exact = load(plain.path(), DeviceChoice::Cpu, false);
            let mut devices = vec![(DeviceChoice::Cpu, false)];
            if gpu {
                devices.extend([(DeviceChoice::Gpu, false), (DeviceChoice::Gpu, true)]);
            }
            for (choice, limits) in devices {
                let agff = load(&packed, choice, limits);
                for golden in case.inputs.iter().filter(|i| i.max_tokens.is_none()) {
                    let prepared = agff.prepare(&input(golden)).unwrap();
                    let expected = embed(&exact, prepared.clone());
                    let cos = cosine(&embed(&agff, prepared).values, &expected.values);
                    assert!(
                        cos >= 0.99999,
                        "{name} {dtype:?} {choice:?} {}: {cos}",
                        golden.id
                    );
                }
            }
        }
    }
}

/// What came out natively, for the same comparison in the browser.
#[test]
fn native_results_are_kept_for_the_browser() {
    #[derive(serde::Serialize)]
    struct Kept {
        id: String,
        text: Option<String>,
        image: Option<String>,
        instruction: Option<String>,
        resized: Option<String>,
        expected: Vec<f32>,
        native: Vec<f32>,
        pixels: Option<String>,
    }
    for case in Case::all() {
        let agff = load(&package(&case, Dtype::F32), DeviceChoice::Cpu, false);
        let kept: Vec<Kept> = case
            .inputs
            .iter()
            .filter(|golden| golden.max_tokens.is_none())
            .map(|golden| {
                let prepared = agff.prepare(&input(golden)).unwrap();
                let pixels = golden.image.as_ref().map(|name| {
                    let bytes = fs::read(golden::folder().join("images").join(name)).unwrap();
                    support::sha256(
                        &image::decode(name, &bytes, &DecodeLimits::default())
                            .unwrap()
                            .rgb,
                    )
                });
                Kept {
                    id: golden.id.clone(),
                    text: golden.text.clone(),
                    image: golden.image.clone(),
                    instruction: golden.instruction.clone(),
                    resized: golden.resized.clone(),
                    expected: case.expected(&format!("{}.embedding", golden.id)).unwrap(),
                    native: embed(&agff, prepared).values,
                    pixels,
                }
            })
            .collect();
        let folder = parity_folder();
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{}.json", case.case));
        fs::write(file, serde_json::to_vec(&kept).unwrap()).unwrap();
    }
}
