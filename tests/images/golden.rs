//! Pixels, sizes and patches equal to the reference libraries'.

use agff::Code;
use agff::families::Preprocessing;
use agff::input::image::resize;

use super::{cases, decoded, golden, hex, noise, number, processors, read, report};

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
        let resized = resize(&source, width, height).expect("resizing");
        if Some(hex(&resized.rgb).as_str()) != case["sha256"].as_str() {
            failures.push(format!("{source:?} to {width} × {height}"));
        }
    }
    report(failures);
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
