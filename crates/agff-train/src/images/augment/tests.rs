//! What variations do to pixels, and how far they go.

use super::*;
use crate::random::What;
use agff::families::qwen3_vl::ImageProcessor;

fn processor() -> ImageProcessor {
    ImageProcessor {
        patch_size: 4,
        temporal_patch_size: 2,
        merge_size: 2,
        min_pixels: 64,
        max_pixels: 64 * 64,
        mean: [0.5; 3],
        std: [0.5; 3],
    }
}

fn stream(index: u64) -> Draw {
    let what = What::Picture { source: 0, side: 0 };
    Draw::new(3, 5, what, index)
}

/// A picture of random pixels.
fn noise(width: u32, height: u32) -> Pixels {
    let mut draw = stream(u64::MAX);
    let rgb = (0..width * height * 3)
        .map(|_| draw.below(256) as u8)
        .collect();
    Pixels { width, height, rgb }
}

fn wide() -> Augmentation {
    Augmentation {
        crop_area: [0.3, 0.9],
        crop_aspect: [0.5, 2.0],
        flip: 0.5,
        brightness: 0.3,
        contrast: 0.2,
        saturation: 0.5,
        blur: 0.5,
        blur_deviation: [0.5, 2.0],
    }
}

#[test]
fn every_number_stays_within_what_the_recipe_says_and_uses_its_range() {
    let settings = wide();
    let mut flips = 0;
    let mut blurs = 0;
    let mut extremes = [(f64::MAX, f64::MIN); 5];
    for index in 0..4000 {
        let v = Variation::draw(&settings, true, &mut stream(index));
        let Crop {
            left,
            top,
            width,
            height,
        } = v.crop;
        assert!(
            left >= 0.0 && top >= 0.0 && left + width <= 1.0 && top + height <= 1.0,
            "{v:?}"
        );
        flips += usize::from(v.flip);
        blurs += usize::from(v.blur > 0.0);
        assert!(v.blur == 0.0 || (0.5..2.0).contains(&v.blur));
        let numbers = [
            width * height,
            width / height,
            f64::from(v.brightness),
            f64::from(v.contrast),
            f64::from(v.saturation),
        ];
        for ((least, most), number) in extremes.iter_mut().zip(numbers) {
            *least = least.min(number);
            *most = most.max(number);
        }
    }
    let ranges = [(0.3, 0.9), (0.5, 2.0), (0.7, 1.3), (0.8, 1.2), (0.5, 1.5)];
    for ((low, high), (least, most)) in ranges.into_iter().zip(extremes) {
        let (slack, width) = (1e-6, high - low);
        assert!(
            least >= low - slack && most <= high + slack,
            "{least} to {most}"
        );
        assert!(
            least < low + width / 50.0 && most > high - width / 50.0,
            "{least} to {most}"
        );
    }
    // 2000 are expected of each, with a deviation of 32.
    assert!((1_850..2_150).contains(&flips) && (1_850..2_150).contains(&blurs));
}

#[test]
fn a_picture_that_may_not_be_mirrored_is_not_and_the_rest_is_the_same() {
    let settings = Augmentation {
        flip: 1.0,
        ..wide()
    };
    for index in 0..100 {
        let may = Variation::draw(&settings, true, &mut stream(index));
        let may_not = Variation::draw(&settings, false, &mut stream(index));
        assert!(may.flip && !may_not.flip);
        assert_eq!(Variation { flip: false, ..may }, may_not);
    }
}

#[test]
fn turning_one_kind_off_leaves_the_others_as_they_were() {
    let all = Variation::draw(&wide(), true, &mut stream(1));
    let settings = Augmentation {
        brightness: 0.0,
        blur: 0.0,
        ..wide()
    };
    let some = Variation::draw(&settings, true, &mut stream(1));
    let expected = Variation {
        brightness: 1.0,
        blur: 0.0,
        ..all
    };
    assert_eq!(some, expected);
}

#[test]
fn by_default_and_without_mirroring_nothing_changes() {
    let drawn = Variation::draw(&Augmentation::default(), false, &mut stream(1));
    assert_eq!(drawn, Variation::NONE);
    let (picture, processor) = (noise(150, 90), processor());
    let varied = Variation::NONE.apply("a", &picture, &processor).unwrap();
    let (width, height) = processor.target_size("a", 150, 90).unwrap();
    assert_eq!(varied, resize(&picture, width, height).unwrap());
}

#[test]
fn a_crop_is_the_part_that_it_names() {
    let picture = noise(40, 24);
    let crop = Crop {
        left: 0.25,
        top: 0.5,
        width: 0.4,
        height: 1.0 / 3.0,
    };
    let cut = crop.of(&picture).unwrap();
    assert_eq!((cut.width, cut.height), (16, 8));
    for y in 0..8 {
        let row = &picture.rgb[((12 + y) * 40 + 10) * 3..][..16 * 3];
        assert_eq!(&cut.rgb[y * 48..][..48], row, "row {y}");
    }
    // However small, there is a pixel, and it lies in the picture.
    let corner = Crop {
        left: 0.999,
        top: 0.999,
        width: 1e-6,
        height: 1e-6,
    };
    assert_eq!(
        corner.of(&picture).unwrap().rgb,
        picture.rgb[picture.rgb.len() - 3..]
    );
    assert!(Variation::NONE.crop.of(&picture).is_none());
}

#[test]
fn a_crop_is_read_at_its_own_size() {
    let variation = Variation {
        crop: Crop {
            left: 0.0,
            top: 0.0,
            width: 0.5,
            height: 0.25,
        },
        ..Variation::NONE
    };
    let varied = variation
        .apply("a", &noise(128, 128), &processor())
        .unwrap();
    assert_eq!((varied.width, varied.height), (64, 32));
}

#[test]
fn a_part_that_is_too_long_to_be_read_is_not_cut_out() {
    let variation = Variation {
        crop: Crop {
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 0.5,
        },
        ..Variation::NONE
    };
    // 150 : 1 can be read, 300 : 1 cannot.
    let long = noise(600, 4);
    let varied = variation.apply("a", &long, &processor()).unwrap();
    assert_eq!(
        varied,
        Variation::NONE.apply("a", &long, &processor()).unwrap()
    );
}

#[test]
fn a_mirrored_picture_has_its_pixels_from_right_to_left() {
    let picture = noise(8, 8);
    let variation = Variation {
        flip: true,
        ..Variation::NONE
    };
    let mirrored = variation.apply("a", &picture, &processor()).unwrap();
    for (y, x) in (0..8).flat_map(|y| (0..8).map(move |x| (y, x))) {
        let (here, there) = ((y * 8 + x) * 3, (y * 8 + 7 - x) * 3);
        assert_eq!(mirrored.rgb[here..here + 3], picture.rgb[there..there + 3]);
    }
}

#[test]
fn colours_change_as_three_steps_without_rounding_between_would() {
    let picture = noise(16, 16);
    for (brightness, contrast, saturation) in [
        (1.2, 1.0, 1.0),
        (1.0, 0.6, 1.0),
        (1.0, 1.0, 1.7),
        (0.8, 1.3, 0.4),
        (1.3, 0.0, 1.0),
    ] {
        let variation = Variation {
            brightness,
            contrast,
            saturation,
            ..Variation::NONE
        };
        let mut varied = picture.clone();
        variation.colour(&mut varied);
        let brighter: Vec<[f64; 3]> = picture
            .rgb
            .chunks_exact(3)
            .map(|p| [p[0], p[1], p[2]].map(|v| f64::from(v) * f64::from(brightness)))
            .collect();
        let grey = |[r, g, b]: [f64; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
        let mean = brighter.iter().map(|&p| grey(p)).sum::<f64>() / 256.0;
        for (pixel, varied) in brighter.into_iter().zip(varied.rgb.chunks_exact(3)) {
            let stretched = pixel.map(|v| mean + f64::from(contrast) * (v - mean));
            let own = grey(stretched);
            for (value, &varied) in stretched.into_iter().zip(varied) {
                let expected = (own + f64::from(saturation) * (value - own)).clamp(0.0, 255.0);
                let off = (expected - f64::from(varied)).abs();
                assert!(
                    off < 0.501,
                    "{brightness} {contrast} {saturation}: {expected} {varied}"
                );
            }
        }
    }
}

#[test]
fn a_blur_is_a_gaussian_that_keeps_flat_pictures_flat() {
    let mut flat = Pixels {
        width: 9,
        height: 7,
        rgb: vec![77; 9 * 7 * 3],
    };
    blur(&mut flat, 1.5);
    assert!(flat.rgb.iter().all(|&value| value == 77));

    // One bright pixel, red alone.
    let mut point = Pixels {
        width: 15,
        height: 15,
        rgb: vec![0; 15 * 15 * 3],
    };
    point.rgb[(7 * 15 + 7) * 3] = 255;
    blur(&mut point, 0.8);
    let at = |x: usize, y: usize| f64::from(point.rgb[(y * 15 + x) * 3]);
    let sum: f64 = (-3..=3)
        .map(|d: i32| (-0.5 * (f64::from(d) / 0.8).powi(2)).exp())
        .sum();
    let expected = |d: f64| (-0.5 * (d / 0.8).powi(2)).exp() / sum;
    for (x, y) in [(7, 7), (8, 7), (7, 8), (8, 8), (9, 7), (5, 6)] {
        let (dx, dy) = (x as f64 - 7.0, y as f64 - 7.0);
        let value = 255.0 * expected(dx) * expected(dy);
        assert!(
            (at(x, y) - value).abs() <= 1.0,
            "{x} {y}: {} {value}",
            at(x, y)
        );
    }
    assert!(point.rgb.chunks_exact(3).all(|p| p[1] == 0 && p[2] == 0));
}
