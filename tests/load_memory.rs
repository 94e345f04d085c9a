//! Host memory while a model of more than 200 MB is loaded, counted at the allocator: beside the
//! weights' own resident copy, the largest tensor and 64 MB. The package stays in `target/parity`
//! for the same test in the browser.

use std::path::{Path, PathBuf};

use agff::device::{DeviceChoice, DeviceOptions};
use agff::package::write_package;
use agff::tensors::Dtype;
use agff::{Agff, LoadOptions, Source};

use crate::memory::peak;
use crate::support::{self, alone, gpu_or_say_so, packages};

const MB: usize = 1_000_000;

/// Writes the package, and says how many bytes its weights have and its largest tensor.
fn large_package() -> (PathBuf, usize, usize) {
    let mut config = packages::small_config();
    config.vision.out_hidden_size = 1024;
    config.text.hidden_size = 1024;
    config.text.intermediate_size = 16 * 1024;
    config.text.num_hidden_layers = 4;
    config.text.vocab_size = 4096;
    let manifest = packages::manifest(config, Dtype::Q8);
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../parity/large");
    if out.exists() {
        std::fs::remove_dir_all(&out).unwrap();
    }
    let (mut weights, mut largest) = (0, 0);
    let tensors = packages::random_tensors(&manifest).inspect(|tensor| {
        if !tensor.name.starts_with("text.embed_tokens") {
            weights += 4 * tensor.words.len();
            largest = largest.max(4 * tensor.words.len());
        }
    });
    let tokenizer = std::fs::read(support::nano().join("tokenizer.json")).unwrap();
    write_package(&out, manifest.clone(), tensors.map(Ok), &tokenizer).unwrap();
    (out, weights, largest)
}

#[test]
fn loading_takes_the_weights_one_tensor_and_little_more() {
    alone(
        "load_memory::loading_takes_the_weights_one_tensor_and_little_more",
        || {
            let (package, weights, largest) = large_package();
            assert!(weights > 200 * MB, "{weights}");
            let mut devices = vec![(DeviceChoice::Cpu, weights)];
            if gpu_or_say_so("memory of loading onto the GPU") {
                devices.push((DeviceChoice::Gpu, 0));
            }
            for (choice, resident) in devices {
                let device = DeviceOptions {
                    choice,
                    ..Default::default()
                };
                let options = LoadOptions {
                    device,
                    ..Default::default()
                };
                let (agff, peak) = peak(|| {
                    pollster::block_on(Agff::load(Source::Folder(package.clone()), options))
                        .unwrap()
                });
                println!(
                    "{choice:?}: {} MB of weights, largest tensor {} MB; loading peaked at {} MB of host memory, \
             {} MB beside the resident weights",
                    weights / MB,
                    largest / MB,
                    peak / MB,
                    peak.saturating_sub(resident) / MB
                );
                assert!(peak < resident + largest + 64 * MB, "{choice:?}: {peak}");
                let embedding = pollster::block_on(agff.embed_text("a dog")).unwrap();
                assert_eq!(embedding.dimensions, 1024);
            }
        },
    );
}
