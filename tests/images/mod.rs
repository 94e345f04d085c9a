//! Pictures against Pillow, torchvision and transformers, and against everything that can be wrong
//! with a file. The files and `golden.json` are made by `tests/fixtures/images/make.py`.

mod damaged;
mod golden;
mod scaled;
mod stray;

use std::path::PathBuf;

use agff::Error;
use agff::families::qwen3_vl::ImageProcessor;
use agff::input::image::{DecodeLimits, Pixels, decode};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn golden() -> Value {
    serde_json::from_slice(&read("golden.json")).expect("golden.json")
}

fn cases(golden: &Value, key: &str) -> Vec<Value> {
    let cases = golden[key].as_array().expect(key).clone();
    assert!(!cases.is_empty(), "{key}");
    cases
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// High bytes of a 64-bit linear generator: the noise that make.py resizes.
fn noise(width: u32, height: u32) -> Pixels {
    let mut state = 1_u64;
    let rgb = (0..width * height * 3)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect();
    Pixels { width, height, rgb }
}

fn decoded(name: &str, bytes: &[u8]) -> Result<Pixels, Error> {
    decode(name, bytes, &DecodeLimits::default())
}

/// The fixtures that are pictures, with their bytes.
fn pictures() -> Vec<(String, Vec<u8>)> {
    cases(&golden(), "decoded")
        .iter()
        .map(|case| {
            let name = case["file"].as_str().expect("a name").to_owned();
            let bytes = read(&name);
            (name, bytes)
        })
        .collect()
}

/// Fails with every case that failed, so that one run of a table shows all of them.
fn report(failures: Vec<String>) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn processors(golden: &Value) -> Vec<ImageProcessor> {
    let triple =
        |value: &Value| std::array::from_fn(|i| value[i].as_f64().expect("a number") as f32);
    cases(golden, "processors")
        .iter()
        .map(|p| ImageProcessor {
            patch_size: number(&p["patch_size"]) as usize,
            temporal_patch_size: number(&p["temporal_patch_size"]) as usize,
            merge_size: number(&p["merge_size"]) as usize,
            min_pixels: number(&p["min_pixels"]),
            max_pixels: number(&p["max_pixels"]),
            mean: triple(&p["mean"]),
            std: triple(&p["std"]),
        })
        .collect()
}
