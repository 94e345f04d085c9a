//! What of a picture reaches the model, from files on the disk.

use super::*;
use agff::families::qwen3_vl::ImageProcessor;

fn processor() -> ImageProcessor {
    ImageProcessor {
        patch_size: 8,
        temporal_patch_size: 2,
        merge_size: 2,
        min_pixels: 32 * 32,
        max_pixels: 64 * 64,
        mean: [0.5; 3],
        std: [0.5; 3],
    }
}

/// A PNG of smooth colours with some noise.
fn save(folder: &Path, name: &str, width: u32, height: u32) -> PathBuf {
    let mut draw = Draw::new(9, 0, What::Weights, u64::from(width * height));
    let picture = ::image::RgbImage::from_fn(width, height, |x, y| {
        let noise = draw.below(40) as u32;
        ::image::Rgb([x * 200 / width + noise, y * 200 / height + noise, 90].map(|v| v as u8))
    });
    let path = folder.join(name);
    picture.save(&path).unwrap();
    path
}

fn open(folder: &Path, augmentation: &Augmentation) -> Pictures {
    Pictures::new(
        Box::new(processor()),
        &Images::default(),
        augmentation,
        folder,
    )
    .unwrap()
}

fn cropping() -> Augmentation {
    Augmentation {
        crop_area: [0.4, 1.0],
        crop_aspect: [0.8, 1.25],
        brightness: 0.2,
        ..Augmentation::default()
    }
}

const OCCASION: Occasion = Occasion {
    seed: 1,
    step: 2,
    source: 3,
    row: 4,
    side: 0,
    may_flip: true,
};

fn request(path: &Path, occasion: Option<Occasion>) -> PictureRequest<'_> {
    PictureRequest {
        picture: Picture::File(path),
        occasion,
    }
}

#[test]
fn a_picture_that_is_not_varied_has_the_patches_of_inference() {
    let folder = tempfile::tempdir().unwrap();
    // Reduced, enlarged, as it is, odd; the last is read at 864 × 16, and what is of that size at
    // 464 × 16: it must be kept whole.
    let sizes = [
        (300, 200),
        (10, 12),
        (64, 64),
        (400, 9),
        (61, 67),
        (64, 65),
        (1000, 70),
        (3100, 17),
    ];
    let pictures = open(folder.path(), &cropping());
    for (width, height) in sizes {
        let path = save(
            folder.path(),
            &format!("{width}x{height}.png"),
            width,
            height,
        );
        let bytes = std::fs::read(&path).unwrap();
        let decoded = image::decode("", &bytes, &DecodeLimits::default()).unwrap();
        let expected = processor().patches("", &decoded).unwrap();
        for _ in 0..2 {
            let patches = pictures.patches(&request(&path, None)).unwrap();
            assert!(
                patches == expected,
                "{width} × {height}: first from the file, then kept"
            );
        }
    }
}

/// [`processor`], for a model whose pictures decode scaled.
#[derive(Debug)]
struct Scaled(ImageProcessor);

impl Preprocessing for Scaled {
    fn target_size(&self, name: &str, width: u32, height: u32) -> Result<(u32, u32)> {
        self.0.target_size(name, width, height)
    }

    fn patches_from_resized(&self, pixels: &Pixels) -> Result<Patches> {
        self.0.patches_from_resized(pixels)
    }

    fn with_max_pixels(&self, pixels: u64) -> Result<Box<dyn Preprocessing>> {
        self.0.with_max_pixels(pixels)
    }

    fn pixel_limits(&self) -> (u64, u64) {
        self.0.pixel_limits()
    }

    fn scaled_input(&self) -> Option<u32> {
        Some(100)
    }
}

#[test]
fn a_photo_is_decoded_at_the_part_of_its_size_that_the_model_asks_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let photo = root.join("www/demo/public/samples/astronaut.jpg");
    let folder = tempfile::tempdir().unwrap();
    let images = Images::default();
    let scaled = Box::new(Scaled(processor()));
    let scaled = Pictures::new(scaled, &images, &cropping(), folder.path()).unwrap();

    let bytes = std::fs::read(&photo).unwrap();
    let limits = DecodeLimits::default();
    let quarter = image::decode_scaled("", &bytes, &limits, Some(100)).unwrap();
    assert_eq!((quarter.width, quarter.height), (120, 120));
    let want = processor().patches("", &quarter).unwrap().values;
    assert!(scaled.patches(&request(&photo, None)).unwrap().values == want);
    let whole = open(folder.path(), &cropping());
    assert!(whole.patches(&request(&photo, None)).unwrap().values != want);
    // Crops keep 0.4 of the area and more.
    let sides = [false, true].map(|cropped| scaled.least_side(cropped));
    assert_eq!(sides, [Some(100), Some(159)]);
    assert_eq!(whole.least_side(true), None);
}

#[test]
fn one_occasion_gives_the_same_pixels_and_every_other_different_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "a.png", 300, 200);
    let pictures = open(folder.path(), &cropping());
    let patches = pictures.patches(&request(&path, Some(OCCASION))).unwrap();
    // In another run, where nothing is kept, and from several threads at once.
    let other_folder = tempfile::tempdir().unwrap();
    let forgetful = Images {
        memory: 0,
        disk: 0,
        ..Images::default()
    };
    let other = Pictures::new(
        Box::new(processor()),
        &forgetful,
        &cropping(),
        other_folder.path(),
    )
    .unwrap();
    let many = vec![request(&path, Some(OCCASION)); 6];
    for again in other.patches_of(&many).unwrap() {
        assert!(again == patches);
    }
    assert_eq!(other.usage().memory, 0);
    for changed in [
        Occasion {
            seed: 2,
            ..OCCASION
        },
        Occasion {
            step: 3,
            ..OCCASION
        },
        Occasion {
            source: 4,
            ..OCCASION
        },
        Occasion { row: 5, ..OCCASION },
        Occasion {
            side: 1,
            ..OCCASION
        },
    ] {
        let varied = pictures.patches(&request(&path, Some(changed))).unwrap();
        assert!(varied != patches, "{changed:?}");
    }
}

#[test]
fn only_a_picture_that_may_be_is_mirrored() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "a.png", 48, 48);
    let always = Augmentation {
        flip: 1.0,
        ..Augmentation::default()
    };
    let pictures = open(folder.path(), &always);
    let whole = pictures.patches(&request(&path, None)).unwrap();
    for step in 0..10 {
        let occasion = |may_flip| Occasion {
            step,
            may_flip,
            ..OCCASION
        };
        let kept = pictures
            .patches(&request(&path, Some(occasion(false))))
            .unwrap();
        assert!(kept == whole);
        let mirrored = pictures
            .patches(&request(&path, Some(occasion(true))))
            .unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut pixels = image::decode("", &bytes, &DecodeLimits::default()).unwrap();
        pixels.rgb = (0..48 * 48)
            .flat_map(|i| {
                let from = (i / 48 * 48 + 47 - i % 48) * 3;
                [pixels.rgb[from], pixels.rgb[from + 1], pixels.rgb[from + 2]]
            })
            .collect();
        assert!(mirrored == processor().patches("", &pixels).unwrap());
    }
}

#[test]
fn kept_pictures_are_small_and_still_have_what_the_smallest_crop_reads() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = open(folder.path(), &cropping());
    for (width, height) in [(1000, 700), (90, 3000), (70, 70), (20, 20)] {
        let path = save(folder.path(), &format!("{width}.png"), width, height);
        let kept = pictures.kept(&path, true).unwrap();
        let pixels = f64::from(kept.width * kept.height);
        let needed = 64.0 * 64.0 / 0.4;
        let whole = (kept.width, kept.height) == (width, height);
        assert!(
            whole || pixels >= needed,
            "{width} × {height} is kept as {kept:?}"
        );
        assert!(
            pixels <= needed * 1.1,
            "{width} × {height} is kept as {kept:?}"
        );
    }
    let tiny = Augmentation {
        crop_area: [0.01, 1.0],
        ..Augmentation::default()
    };
    let kept = open(folder.path(), &tiny)
        .kept(&folder.path().join("1000.png"), true)
        .unwrap();
    assert!(kept.width * kept.height < 4 * 64 * 64 + 1000, "{kept:?}");
}

#[test]
fn a_recipes_limit_lowers_that_of_the_model_and_never_raises_it() {
    let folder = tempfile::tempdir().unwrap();
    for (limit, expected) in [(None, 4096), (Some(1024), 1024), (Some(1 << 20), 4096)] {
        let images = Images {
            max_pixels: limit,
            ..Images::default()
        };
        let augmentation = Augmentation::default();
        let pictures =
            Pictures::new(Box::new(processor()), &images, &augmentation, folder.path()).unwrap();
        assert_eq!(pictures.preprocessing().pixel_limits().1, expected);
        assert!(pictures.preprocessing().pixel_limits().0 <= expected);
    }
}

#[test]
fn pixels_at_hand_are_varied_like_those_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = save(folder.path(), "a.png", 60, 60);
    let pictures = open(folder.path(), &cropping());
    let bytes = std::fs::read(&path).unwrap();
    let pixels = image::decode("", &bytes, &DecodeLimits::default()).unwrap();
    for occasion in [None, Some(OCCASION)] {
        let at_hand = PictureRequest {
            picture: Picture::Pixels(Cow::Borrowed(&pixels)),
            occasion,
        };
        let file = pictures.patches(&request(&path, occasion)).unwrap();
        assert!(pictures.patches(&at_hand).unwrap() == file);
    }
}

#[test]
fn a_damaged_or_missing_file_is_found_beforehand_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = save(folder.path(), "good.png", 50, 50);
    let damaged = folder.path().join("damaged.png");
    let bytes = std::fs::read(&good).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let missing = folder.path().join("missing.png");
    let pictures = open(folder.path(), &cropping());
    let decoded = std::sync::Mutex::new(Vec::new());
    let tell = |path: &Path| decoded.lock().unwrap().push(path.to_owned());
    pictures
        .decode_all(&[(&good, true), (&good, false)], tell)
        .unwrap();
    assert_eq!(decoded.lock().unwrap().len(), 2);
    assert!(pictures.usage().memory > 0);
    for (path, code) in [
        (&damaged, agff::Code::ImageCorrupt),
        (&missing, agff::Code::Io),
    ] {
        let error = pictures.decode_all(&[(path, true)], |_| ()).unwrap_err();
        assert_eq!(
            (error.code(), error.subject()),
            (code, &*path.display().to_string())
        );
    }
}
