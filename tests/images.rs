//! Pictures against Pillow, torchvision and transformers, and against everything that can be wrong
//! with a file. The files and `golden.json` are made by `tests/fixtures/images/make.py`.

use std::path::PathBuf;

use agff::input::image::{DecodeLimits, ImageProcessor, Pixels, decode};
use agff::{Code, Error};
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

/// One value of each broken rule at most, joined: a table-driven test reports all failing cases.
fn report(failures: Vec<String>) {
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn pictures_decode_as_pillow_decodes_them() {
    let mut failures = Vec::new();
    for case in cases(&golden(), "decoded") {
        let name = case["file"].as_str().expect("a name");
        let pixels = match decoded(name, &read(name)) {
            Ok(pixels) => pixels,
            Err(error) => {
                failures.push(format!("{error:?}"));
                continue;
            }
        };
        let size = (u64::from(pixels.width), u64::from(pixels.height));
        if size != (number(&case["width"]), number(&case["height"])) {
            failures.push(format!("{name}: {pixels:?}"));
            continue;
        }
        if Some(hex(&pixels.rgb).as_str()) != case["sha256"].as_str() {
            failures.push(format!("{name}: other pixels than Pillow's"));
        }
    }
    report(failures);
}

#[test]
fn resized_pixels_equal_torchvisions() {
    let mut failures = Vec::new();
    for case in cases(&golden(), "resized") {
        let side = |key: &str, i: usize| number(&case[key][i]) as u32;
        let source = noise(side("from", 0), side("from", 1));
        let (width, height) = (side("to", 0), side("to", 1));
        let resized = ImageProcessor::resize(&source, width, height).expect("resizing");
        if Some(hex(&resized.rgb).as_str()) != case["sha256"].as_str() {
            failures.push(format!("{source:?} to {width} × {height}"));
        }
    }
    report(failures);
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

#[test]
fn target_sizes_equal_the_reference_smart_resize() {
    let golden = golden();
    let processors = processors(&golden);
    let mut failures = Vec::new();
    for case in cases(&golden, "sizes") {
        let at = |i: usize| number(&case[i]) as u32;
        let size = processors[at(0) as usize].target_size("a.jpg", at(1), at(2));
        let matches = match &size {
            Ok(size) => *size == (at(3), at(4)),
            // The reference raises for the same sizes.
            Err(error) => (at(3), at(4)) == (0, 0) && error.code() == Code::ImageAspect,
        };
        if !matches {
            failures.push(format!("{case}: {size:?}"));
        }
    }
    report(failures);
}

#[test]
fn patches_equal_the_reference_bit_for_bit() {
    let golden = golden();
    let processors = processors(&golden);
    let mut failures = Vec::new();
    for case in cases(&golden, "patches") {
        let processor = &processors[number(&case["processor"]) as usize];
        let source = noise(
            number(&case["width"]) as u32,
            number(&case["height"]) as u32,
        );
        let patches = processor.patches("noise", &source).expect("patches");
        let grid = [patches.grid.t, patches.grid.h, patches.grid.w];
        let bytes: Vec<u8> = patches
            .values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let same_grid = (0..3).all(|i| number(&case["grid"][i]) as usize == grid[i]);
        assert_eq!(
            patches.values.len(),
            grid.iter().product::<usize>() * processor.patch_values()
        );
        if !same_grid || Some(hex(&bytes).as_str()) != case["sha256"].as_str() {
            failures.push(format!("{case}: {patches:?}"));
        }
    }
    report(failures);
}

#[test]
fn a_file_cut_anywhere_is_corrupt() {
    let mut failures = Vec::new();
    for (name, bytes) in pictures() {
        for length in 0..bytes.len() {
            match decoded(&name, &bytes[..length]) {
                Err(error) if error.code() == Code::ImageCorrupt && error.subject() == name => {}
                // One byte says nothing about the format.
                Err(error) if length == 1 && error.code() == Code::ImageFormat => {}
                other => failures.push(format!("{name} cut to {length} bytes: {other:?}")),
            }
        }
    }
    report(failures);
}

#[test]
fn a_jpeg_cut_and_closed_again_is_corrupt() {
    let mut failures = Vec::new();
    for (name, bytes) in pictures() {
        if !name.ends_with(".jpg") {
            continue;
        }
        let whole = decoded(&name, &bytes).expect("a fixture");
        // Only the marker that ends the picture, or padding before it, may be missing.
        for length in 3..bytes.len() - 2 {
            let mut closed = bytes[..length].to_vec();
            closed.extend([0xff, 0xd9]);
            match decoded(&name, &closed) {
                Err(error) if error.code() == Code::ImageCorrupt => {}
                Ok(pixels) if pixels == whole && length + 3 >= bytes.len() => {}
                other => failures.push(format!("{name} closed at {length} bytes: {other:?}")),
            }
        }
    }
    report(failures);
}

#[test]
fn a_damaged_file_gives_a_picture_or_a_typed_error_never_a_panic() {
    const SEED: u64 = 0x5eed_1234_abcd;
    println!("seed {SEED:#x}");
    let mut state = SEED;
    let mut random = move |below: usize| {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    };
    let limits = DecodeLimits {
        max_pixels: 1 << 20,
        max_bytes: 1 << 25,
        ..DecodeLimits::default()
    };
    let (mut good, mut bad) = (0, 0);
    for (name, bytes) in pictures() {
        for _ in 0..300 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(3) {
                let at = random(damaged.len());
                match random(5) {
                    0 => damaged[at] ^= 1 << random(8),
                    1 => damaged[at] = random(256) as u8,
                    2 => drop(damaged.remove(at)),
                    3 => damaged.insert(at, random(256) as u8),
                    _ => {
                        let from = random(damaged.len());
                        damaged[at] = damaged[from];
                    }
                }
            }
            match decode(&name, &damaged, &limits) {
                Ok(pixels) => {
                    good += 1;
                    let values = u64::from(pixels.width) * u64::from(pixels.height) * 3;
                    assert_eq!(pixels.rgb.len() as u64, values, "{name}");
                    assert!(values > 0, "{name}");
                }
                Err(error) => {
                    bad += 1;
                    assert_eq!(error.subject(), name);
                    assert!(error.code().as_str().starts_with("image-"), "{error:?}");
                }
            }
        }
    }
    println!("{good} pictures, {bad} errors");
    assert!(good > 0 && bad > 0);
}

/// The CRC-32 of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// `rgb.png` with another size in its header.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = read("rgb.png");
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[test]
fn bad_files_are_named_and_explained() {
    let jpeg_of_size = |width: u16, height: u16| {
        let mut bytes = read("420.jpg");
        let at = bytes
            .windows(2)
            .position(|w| w == [0xff, 0xc0])
            .expect("a frame");
        bytes[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
        bytes[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        bytes
    };
    let gif_of_size = |width: u16, height: u16| {
        let mut bytes = read("still.gif");
        bytes[6..8].copy_from_slice(&width.to_le_bytes());
        bytes[8..10].copy_from_slice(&height.to_le_bytes());
        bytes
    };
    let mut webp_of_no_width = read("lossy.webp");
    let at = webp_of_no_width
        .windows(3)
        .position(|w| w == [0x9d, 0x01, 0x2a])
        .expect("a frame");
    webp_of_no_width[at + 3..at + 5].fill(0);
    let mut damaged_png = read("rgb.png");
    let middle = damaged_png.len() / 2;
    damaged_png[middle] ^= 0x10;
    let mut arithmetic = read("420.jpg");
    let at = arithmetic
        .windows(2)
        .position(|w| w == [0xff, 0xc0])
        .expect("a frame");
    arithmetic[at + 1] = 0xc9;
    let ftyp =
        |brand: &[u8; 4]| [b"\0\0\0\x18ftyp".as_slice(), brand, b"\0\0\0\0mif1", brand].concat();
    let table: Vec<(&str, Vec<u8>, Code, &str)> = vec![
        (
            "bomb.png",
            png_of_size(30_000, 30_000),
            Code::ImageTooLarge,
            "30000 × 30000",
        ),
        (
            "huge.png",
            png_of_size(u32::MAX >> 1, u32::MAX >> 1),
            Code::ImageTooLarge,
            "limit",
        ),
        (
            "bomb.jpg",
            jpeg_of_size(65_535, 65_535),
            Code::ImageTooLarge,
            "limit",
        ),
        (
            "bomb.gif",
            gif_of_size(65_535, 65_535),
            Code::ImageTooLarge,
            "limit",
        ),
        ("empty.png", png_of_size(0, 0), Code::ImageEmpty, "0 × 0"),
        ("thin.png", png_of_size(5, 0), Code::ImageEmpty, "5 × 0"),
        ("empty.jpg", jpeg_of_size(0, 7), Code::ImageEmpty, "0 × 7"),
        ("empty.gif", gif_of_size(0, 0), Code::ImageEmpty, "0 × 0"),
        ("empty.webp", webp_of_no_width, Code::ImageEmpty, "0 × 23"),
        ("larger.png", png_of_size(37, 24), Code::ImageCorrupt, "PNG"),
        (
            "larger.jpg",
            jpeg_of_size(37, 64),
            Code::ImageCorrupt,
            "before the last pixel",
        ),
        (
            "smaller.gif",
            gif_of_size(20, 20),
            Code::ImageCorrupt,
            "outside",
        ),
        ("damaged.png", damaged_png, Code::ImageCorrupt, "PNG"),
        (
            "arithmetic.jpg",
            arithmetic,
            Code::ImageFormat,
            "arithmetic",
        ),
        ("nothing.jpg", vec![], Code::ImageCorrupt, "empty"),
        (
            "notes.jpg",
            b"Dear diary, caf\xc3\xa9.\n".to_vec(),
            Code::ImageFormat,
            "a text file",
        ),
        (
            "page.png",
            b"<!DOCTYPE html><title>404</title>".to_vec(),
            Code::ImageFormat,
            "web page",
        ),
        (
            "logo.svg",
            b"<?xml version=\"1.0\"?>\n<svg/>".to_vec(),
            Code::ImageFormat,
            "SVG",
        ),
        (
            "photo.heic",
            ftyp(b"heic"),
            Code::ImageFormat,
            "this is a HEIC photo; convert it to JPEG or PNG",
        ),
        ("photo.jpg", ftyp(b"avif"), Code::ImageFormat, "AVIF"),
        (
            "clip.mp4",
            b"\0\0\0\x14ftypisom\0\0\0\0mp42".to_vec(),
            Code::ImageFormat,
            "a video",
        ),
        (
            "scan.tif",
            b"II*\0\x08\0\0\0".to_vec(),
            Code::ImageFormat,
            "TIFF",
        ),
        (
            "paint.bmp",
            b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec(),
            Code::ImageFormat,
            "BMP",
        ),
        (
            "new.jxl",
            b"\xff\x0a\x7a\x1f".to_vec(),
            Code::ImageFormat,
            "JPEG XL",
        ),
        (
            "noise.jpg",
            vec![0x9b; 40],
            Code::ImageFormat,
            "JPEG, PNG, WebP and GIF are read",
        ),
    ];
    let mut failures = Vec::new();
    for (name, bytes, code, part) in table {
        match decoded(name, &bytes) {
            Err(error)
                if error.code() == code
                    && error.subject() == name
                    && error.message().contains(part) => {}
            other => failures.push(format!("{name}: {other:?}, not {code} with \"{part}\"")),
        }
    }
    report(failures);
}

#[test]
fn limits_are_the_callers() {
    let bytes = read("rgb.png");
    let code = |limits| match decode("a.png", &bytes, &limits) {
        Ok(_) => None,
        Err(error) => Some(error.code()),
    };
    let limits = DecodeLimits::default();
    assert_eq!(code(limits), None);
    let exactly = DecodeLimits {
        max_pixels: 37 * 23,
        ..limits
    };
    assert_eq!(code(exactly), None);
    for tight in [
        DecodeLimits {
            max_pixels: 37 * 23 - 1,
            ..limits
        },
        DecodeLimits {
            max_bytes: 37 * 23,
            ..limits
        },
        DecodeLimits {
            max_file_bytes: bytes.len() as u64 - 1,
            ..limits
        },
    ] {
        assert_eq!(code(tight), Some(Code::ImageTooLarge), "{tight:?}");
    }
}

#[test]
fn what_follows_the_end_of_a_picture_is_left_alone() {
    for (name, bytes) in pictures() {
        let mut longer = bytes.clone();
        longer.extend(b"\xff\xd8 appended by a phone \x89PNG");
        let pixels = decoded(&name, &longer).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(pixels, decoded(&name, &bytes).expect("a fixture"), "{name}");
    }
}

#[test]
fn inconsistent_pixels_and_sizes_are_refused() {
    let golden = golden();
    let processor = &processors(&golden)[0];
    let code = |error: Error| error.code();
    let short = Pixels {
        width: 32,
        height: 32,
        rgb: vec![0; 5],
    };
    assert_eq!(
        ImageProcessor::resize(&short, 3, 3).map_err(code),
        Err(Code::Input)
    );
    assert_eq!(
        processor.patches_from_resized(&short).map_err(code),
        Err(Code::Input)
    );
    let odd = noise(33, 32);
    assert_eq!(
        processor.patches_from_resized(&odd).map_err(code),
        Err(Code::Input)
    );
    assert_eq!(
        ImageProcessor::resize(&odd, 0, 3).map_err(code),
        Err(Code::ImageEmpty)
    );
    assert_eq!(
        processor.target_size("a", 0, 9).map_err(code),
        Err(Code::ImageEmpty)
    );
    let long = processor
        .target_size("long.png", 4_001, 20)
        .expect_err("too long");
    assert_eq!(
        (long.code(), long.subject()),
        (Code::ImageAspect, "long.png")
    );
    let nothing = ImageProcessor {
        patch_size: 0,
        ..processor.clone()
    };
    assert_eq!(
        nothing.target_size("a", 9, 9).map_err(code),
        Err(Code::Config)
    );
}
