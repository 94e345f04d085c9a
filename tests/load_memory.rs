//! Host memory while a model of more than 200 MB is loaded, counted at the allocator: beside the
//! weights' own resident copy, the largest tensor and 64 MB. The package stays in `target/parity`
//! for the same test in the browser.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use agff::device::{DeviceChoice, DeviceOptions};
use agff::package::manifest::Dtype;
use agff::package::write_package;
use agff::{Agff, LoadOptions, Source};
use support::{gpu_or_say_so, packages};

/// The system's allocator, with the bytes in use and their peak.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above, so from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

// One test, so that no other runs beside it and is counted too.
#[test]
fn loading_takes_the_weights_one_tensor_and_little_more() {
    let (package, weights, largest) = large_package();
    assert!(weights > 200 * MB, "{weights}");
    let mut devices = vec![(DeviceChoice::Cpu, weights)];
    if gpu_or_say_so("memory of loading onto the GPU") {
        devices.push((DeviceChoice::Gpu, 0));
    }
    for (choice, resident) in devices {
        let before = IN_USE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let device = DeviceOptions {
            choice,
            ..Default::default()
        };
        let options = LoadOptions {
            device,
            ..Default::default()
        };
        let agff =
            pollster::block_on(Agff::load(Source::Folder(package.clone()), options)).unwrap();
        let peak = PEAK.load(Ordering::Relaxed) - before;
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
}
