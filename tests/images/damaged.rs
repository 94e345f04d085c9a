//! Files that are cut, damaged, empty, too large or something else.

use agff::families::Preprocessing;
use agff::families::qwen3_vl::ImageProcessor;
use agff::input::image::{DecodeLimits, Pixels, decode, decode_scaled, resize};
use agff::{Code, Error};

use super::{decoded, golden, noise, pictures, processors, read, report};

#[test]
fn a_file_cut_anywhere_is_corrupt() {
    let mut failures = Vec::new();
    for (name, bytes) in pictures() {
        for length in 0..bytes.len() {
            match decoded(&name, &bytes[..length]) {
                // Only the end marker is not whole: see stray.rs.
                Ok(_) if name.ends_with(".jpg") && length + 2 >= bytes.len() => {}
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
            // Behind right checksums damage reaches the decoder itself.
            if name.ends_with(".png") && random(4) != 0 {
                renew_checksums(&mut damaged);
            }
            let whole = decode(&name, &damaged, &limits);
            let scaled = decode_scaled(&name, &damaged, &limits, Some(1 + random(24) as u32));
            match (&whole, &scaled) {
                (Ok(whole), Ok(scaled)) => {
                    assert!(scaled.width <= whole.width && scaled.height <= whole.height);
                    let values = u64::from(scaled.width) * u64::from(scaled.height) * 3;
                    assert_eq!(scaled.rgb.len() as u64, values, "{name}");
                }
                (Err(whole), Err(scaled)) if whole.code() == scaled.code() => {}
                // A smaller picture is within the limits, and then judged by its data.
                (Err(whole), _) if whole.code() == Code::ImageTooLarge => {}
                other => panic!("{name}: whole and scaled are judged unlike: {other:?}"),
            }
            match whole {
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

/// Makes the checksums of a PNG's chunks right, as far as its chunks can be followed.
fn renew_checksums(png: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = png.get(at..at + 4) {
        let length = length.iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
        let end = at + 8 + length;
        if end + 4 > png.len() {
            return;
        }
        let crc = crc32(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&crc.to_be_bytes());
        at = end + 4;
    }
}

/// `rgb.png` with another size in its header.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = read("rgb.png");
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    renew_checksums(&mut bytes);
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
    // The palette loses a byte: its colours no longer have three each.
    let mut short_palette = read("palette-3-bits-clear.png");
    let at = short_palette
        .windows(4)
        .position(|w| w == b"PLTE")
        .expect("a palette");
    short_palette[at - 1] -= 1;
    short_palette.remove(at + 4);
    renew_checksums(&mut short_palette);
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
        (
            "palette.png",
            short_palette,
            Code::ImageCorrupt,
            "its palette",
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
    assert_eq!(resize(&short, 3, 3).map_err(code), Err(Code::Input));
    assert_eq!(
        processor.patches_from_resized(&short).map_err(code),
        Err(Code::Input)
    );
    let odd = noise(33, 32);
    assert_eq!(
        processor.patches_from_resized(&odd).map_err(code),
        Err(Code::Input)
    );
    assert_eq!(resize(&odd, 0, 3).map_err(code), Err(Code::ImageEmpty));
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

#[test]
fn a_colour_profile_is_not_unpacked() {
    let plain = read("rgb.png");
    let mut with_profile = plain.clone();
    // Behind the signature and the header. What it says is compressed is not.
    let profile = b"iCCPname\0\0this is no zlib stream";
    let mut chunk = (profile.len() as u32 - 4).to_be_bytes().to_vec();
    chunk.extend(profile);
    chunk.extend(crc32(profile).to_be_bytes());
    with_profile.splice(33..33, chunk);
    let [plain, with_profile] =
        [plain, with_profile].map(|bytes| decoded("rgb.png", &bytes).unwrap().rgb);
    assert!(plain == with_profile);
}
