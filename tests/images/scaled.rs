//! JPEG pictures decoded at a part of their size.

use agff::input::image::{DecodeLimits, Pixels, decode, decode_scaled};
use agff::{Code, Error};
use agff_test_support::{jpeg, root};
use image::metadata::Orientation;

use super::{decoded, folder, pictures, read, report};

const DIVISORS: [u32; 3] = [2, 4, 8];

/// Decodes a file at `1 / divisor` of its size.
fn scaled(name: &str, bytes: &[u8], divisor: u32) -> Result<Pixels, Error> {
    let whole = decoded(name, bytes)?;
    let least = whole.width.min(whole.height).div_ceil(divisor);
    decode_scaled(name, bytes, &DecodeLimits::default(), Some(least))
}

/// The part of `pixels` from its top left corner, of `width` × `height`.
fn corner(pixels: &Pixels, width: u32, height: u32) -> Pixels {
    let row = |y: u32| &pixels.rgb[(y * pixels.width * 3) as usize..][..(width * 3) as usize];
    Pixels {
        width,
        height,
        rgb: (0..height).flat_map(row).copied().collect(),
    }
}

/// A picture's lightness, in all channels.
fn grey(mut pixels: Pixels) -> Pixels {
    for pixel in pixels.rgb.chunks_exact_mut(3) {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        pixel.fill(((299 * r + 587 * g + 114 * b + 500) / 1000) as u8);
    }
    pixels
}

/// Mean distance of the samples of `small` from the means of the `divisor`² pixels of `whole` that
/// they stand for, and the mean of the signed difference. What lies on the edges counts only if all
/// pixels are there.
fn from_means(small: &Pixels, whole: &Pixels, divisor: u32) -> (f64, f64) {
    let (mut distance, mut bias, mut count) = (0.0, 0.0, 0.0);
    let at = |pixels: &Pixels, x: u32, y: u32, c: u32| {
        f64::from(pixels.rgb[((y * pixels.width + x) * 3 + c) as usize])
    };
    for y in 0..whole.height / divisor {
        for x in 0..whole.width / divisor {
            for c in 0..3 {
                let mut sum = 0.0;
                for (dx, dy) in (0..divisor).flat_map(|dx| (0..divisor).map(move |dy| (dx, dy))) {
                    sum += at(whole, x * divisor + dx, y * divisor + dy, c);
                }
                let difference = at(small, x, y, c) - sum / f64::from(divisor * divisor);
                distance += difference.abs();
                bias += difference;
                count += 1.0;
            }
        }
    }
    (distance / count, bias / count)
}

#[test]
fn photos_are_the_means_of_their_pixels() {
    let folder = root().join("www/demo/public/samples");
    let mut failures = Vec::new();
    for name in [
        "astronaut.jpg",
        "cat.jpg",
        "coffee.jpg",
        "galaxies.jpg",
        "rocket.jpg",
    ] {
        let bytes = std::fs::read(folder.join(name)).expect("a sample photo");
        let whole = decoded(name, &bytes).expect("a photo");
        for divisor in DIVISORS {
            let small = scaled(name, &bytes, divisor).expect("a photo");
            let size = (
                whole.width.div_ceil(divisor),
                whole.height.div_ceil(divisor),
            );
            assert_eq!((small.width, small.height), size, "{name} / {divisor}");
            let (distance, bias) = from_means(&small, &whole, divisor);
            println!("{name} / {divisor}: {distance:.2}, {bias:.2}");
            if distance > 2.0 || bias.abs() > 0.3 {
                failures.push(format!(
                    "{name} / {divisor}: {distance:.2} off, {bias:.2} lighter"
                ));
            }
        }
    }
    report(failures);
}

#[test]
fn every_sampling_is_near_the_mean_of_its_pixels() {
    let mut failures = Vec::new();
    let is_lying = |name: &str| name.ends_with(".jpg") && !name.starts_with("turned");
    for (name, bytes) in pictures().iter().filter(|(name, _)| is_lying(name)) {
        let whole = decoded(name, bytes).expect("a fixture");
        for divisor in DIVISORS
            .into_iter()
            .filter(|&d| d <= whole.width.min(whole.height))
        {
            let small = scaled(name, bytes, divisor).expect("a fixture");
            let (colour, bias) = from_means(&small, &whole, divisor);
            let (light, _) = from_means(&grey(small), &grey(whole.clone()), divisor);
            println!("{name} / {divisor}: {colour:.2}, light {light:.2}, {bias:.2}");
            // Small, rich in detail, and noisy: a photo is much nearer. The whole picture's colour
            // is smoothed where it is enlarged, which at a half it need not be; three times as
            // coarse a colour stays coarse.
            let far = if name.contains("311111") { 50.0 } else { 25.0 };
            if light > 11.0 || colour > far || bias.abs() > 2.0 {
                failures.push(format!(
                    "{name} / {divisor}: {colour:.2}, light {light:.2}, {bias:.2}"
                ));
            }
        }
    }
    report(failures);
}

#[test]
fn a_progressive_file_gives_what_a_baseline_file_gives() {
    for name in ["420", "422", "444", "grey"] {
        for divisor in DIVISORS {
            let [baseline, progressive] =
                [format!("{name}.jpg"), format!("{name}-progressive.jpg")]
                    .map(|name| scaled(&name, &read(&name), divisor).expect("a fixture"));
            assert!(baseline == progressive, "{name} / {divisor}");
        }
    }
}

#[test]
fn sides_are_rounded_up_and_what_is_cut_off_changes_nothing_else() {
    // The sizes that a file's MCUs allow. Colour is not interpolated in these, so no pixel depends
    // on where the picture ends.
    for (name, widths, heights, divisors) in [
        ("444.jpg", 33..=40, 17..=24, &[1, 2, 4, 8][..]),
        ("420.jpg", 33..=48, 17..=32, &[2, 4, 8]),
        ("one-pixel.jpg", 1..=16, 1..=16, &[2, 4, 8]),
    ] {
        let bytes = read(name);
        let largest = jpeg::with_size(&bytes, *widths.end(), *heights.end());
        for &divisor in divisors {
            let largest = scaled(name, &largest, divisor).expect("a picture");
            for (width, height) in widths
                .clone()
                .flat_map(|w| heights.clone().map(move |h| (w, h)))
            {
                let short = u32::from(width.min(height));
                if divisor < 8 && short.div_ceil(divisor) == short.div_ceil(divisor * 2) {
                    // No short side asks for this divisor.
                    continue;
                }
                let bytes = jpeg::with_size(&bytes, width, height);
                let small = scaled(name, &bytes, divisor).expect("a picture");
                let side = |side: u16| u32::from(side).div_ceil(divisor);
                let want = corner(&largest, side(width), side(height));
                assert!(
                    small == want,
                    "{name}, {width} × {height} / {divisor}: {small:?}"
                );
            }
        }
    }
}

#[test]
fn a_scaled_picture_is_turned_upright() {
    let lying = read("turned-1.jpg");
    for divisor in DIVISORS {
        let lying = scaled("turned-1.jpg", &lying, divisor).expect("a fixture");
        for exif in 2..=8 {
            let name = format!("turned-{exif}.jpg");
            let turned = scaled(&name, &read(&name), divisor).expect("a fixture");
            let buffer = image::RgbImage::from_raw(lying.width, lying.height, lying.rgb.clone());
            let mut want = image::DynamicImage::ImageRgb8(buffer.expect("a buffer"));
            want.apply_orientation(Orientation::from_exif(exif).expect("an orientation"));
            let size = (want.width(), want.height());
            assert_eq!((turned.width, turned.height), size, "{name}");
            assert!(
                turned.rgb == want.into_rgb8().into_raw(),
                "{name} / {divisor}"
            );
        }
    }
}

#[test]
fn other_formats_and_pictures_that_are_small_enough_stay_whole() {
    for (name, bytes) in pictures() {
        let whole = decoded(&name, &bytes).expect("a fixture");
        let limits = DecodeLimits::default();
        let just = whole.width.min(whole.height);
        for least in [None, Some(just), Some(u32::MAX)] {
            let same = decode_scaled(&name, &bytes, &limits, least).expect("a fixture");
            assert!(same == whole, "{name} {least:?}");
        }
        if !name.ends_with(".jpg") {
            let same = decode_scaled(&name, &bytes, &limits, Some(1)).expect("a fixture");
            assert!(same == whole, "{name}");
        }
    }
}

#[test]
fn a_scaled_file_cut_anywhere_is_corrupt() {
    let mut failures = Vec::new();
    for name in [
        "420.jpg",
        "422-progressive.jpg",
        "restarts.jpg",
        "grey.jpg",
        "cmyk.jpg",
    ] {
        let bytes = std::fs::read(folder().join(name)).expect("a fixture");
        for (length, least) in (2..bytes.len() - 2).flat_map(|n| [1, 4, 8].map(|l| (n, l))) {
            let cut = &bytes[..length];
            match decode_scaled(name, cut, &DecodeLimits::default(), Some(least)) {
                Err(error) if error.code() == Code::ImageCorrupt => {}
                other => failures.push(format!("{name} cut to {length} bytes: {other:?}")),
            }
        }
    }
    report(failures);
}

#[test]
fn a_photo_of_111_megapixels_is_within_the_limits_at_an_eighth() {
    let photo = std::fs::read(root().join("www/demo/public/samples/coffee.jpg")).expect("a photo");
    let name = "large.jpg";
    let large = jpeg::tiled(&photo, 25, 29);
    let error = decode(name, &large, &DecodeLimits::default()).expect_err("over 100 megapixels");
    assert_eq!((error.code(), error.subject()), (Code::ImageTooLarge, name));
    assert!(
        error.message().contains("12000 × 9280"),
        "{}",
        error.message()
    );

    let limits = DecodeLimits {
        max_bytes: 12 << 20,
        ..DecodeLimits::default()
    };
    let small = decode_scaled(name, &large, &limits, Some(1160)).expect("a smaller picture");
    assert_eq!((small.width, small.height), (1500, 1160));
    // Twice the sides take four times the memory.
    let error = decode_scaled(name, &large, &limits, Some(1161)).expect_err("a limit");
    assert_eq!(error.code(), Code::ImageTooLarge);
    let message = error.message();
    assert!(
        message.contains("1/4 of its size") && message.contains("MiB"),
        "{message}"
    );
}
