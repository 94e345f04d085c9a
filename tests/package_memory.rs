//! Host memory while a package of 270 MB is written and read, counted at the allocator.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use agff::package::convert::write_tensor;
use agff::package::manifest::Dtype;
use agff::package::{Package, PackageWriter, Source, expected_tensors};
use pollster::block_on;
use support::packages::{self, TOKENIZER, value};

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

/// Runs `work` and gives the most bytes that were in use beyond those before it.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = IN_USE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed) - before)
}

const MIB: usize = 1 << 20;

// One test, so that no other runs beside it and is counted too.
#[test]
fn a_package_of_any_size_needs_one_tensor_and_one_chunk() {
    let mut config = packages::small_config();
    config.vision.out_hidden_size = 1024;
    config.text.hidden_size = 1024;
    // Just above a shard's 64 MiB: these tensors are split.
    config.text.intermediate_size = 16_640;
    config.text.vocab_size = 16_640;
    config.text.num_hidden_layers = 1;
    let manifest = packages::manifest(config, Dtype::F32);
    let specs = expected_tensors(&manifest.config, &manifest.views);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("p");

    let (manifest, writing) = peak(|| {
        let mut writer = PackageWriter::create(&out, false).unwrap();
        for spec in &specs {
            let row: usize = spec.shape[1..].iter().product();
            write_tensor(&mut writer, spec, Dtype::F32, |rows| {
                let places = rows.start * row..rows.end * row;
                Ok(places.map(|i| value(&spec.name, i)).collect())
            })
            .unwrap();
        }
        writer.finish(manifest, TOKENIZER).unwrap()
    });
    let size: u64 = manifest.files.iter().map(|f| f.bytes).sum();
    assert!(size > 260 << 20);
    assert!(manifest.files.iter().all(|f| f.bytes <= 64 << 20));
    assert!(manifest.files.len() > 6, "the large tensors were split");
    assert!(writing < 64 * MIB, "writing took {} MiB", writing / MIB);

    let mut largest = 0;
    let (names, reading) = peak(|| {
        block_on(async {
            let package = Package::open(Source::Folder(out.clone())).await.unwrap();
            let mut names = Vec::new();
            package
                .load_tensors(&mut |_| {}, |tensor| {
                    largest = largest.max(tensor.words.len() * 4);
                    let values = tensor.as_f32().unwrap();
                    for place in [0, values.len() / 2, values.len() - 1] {
                        assert_eq!(values[place], value(&tensor.name, place));
                    }
                    names.push(tensor.name);
                    Ok(())
                })
                .await
                .unwrap();
            names
        })
    });
    assert_eq!(names.len(), specs.len() - 1);
    assert!(
        reading < largest + 4 * MIB,
        "reading took {} MiB",
        reading / MIB
    );

    let cache = 8 * MIB;
    let (_, looking) = peak(|| {
        block_on(async {
            let package = Package::open(Source::Folder(out.clone())).await.unwrap();
            let table = package.token_table(cache).await.unwrap();
            for start in (0..16_640_u32).step_by(64) {
                let ids: Vec<u32> = (start..start + 64).collect();
                let rows = table.rows(&ids).await.unwrap();
                let first = start as usize * 1024;
                assert_eq!(rows[0], value("text.embed_tokens.weight", first));
            }
        });
    });
    assert!(looking < cache + 4 * MIB, "rows took {} MiB", looking / MIB);
    println!(
        "package {} MB, largest tensor {} MiB; peak of host memory: writing {} MiB, reading {} MiB, \
         rows with a cache of {} MiB {} MiB",
        size / 1_000_000,
        largest / MIB,
        writing / MIB,
        reading / MIB,
        cache / MIB,
        looking / MIB
    );
}
