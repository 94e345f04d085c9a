//! The package `photo` as `make photo-model` made it: it knows things in photos, and where they are.

use std::path::{Path, PathBuf};

use agff::device::{DeviceChoice, DeviceOptions};
use agff::package::Package;
use agff::{Agff, Embedding, LoadOptions, Source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn package() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let package = root().join(target).join("models/photo");
    assert!(
        package.join("agff.json").exists(),
        "the model of photos is missing: run `make photo-model`"
    );
    package
}

fn load() -> Agff {
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    pollster::block_on(Agff::load(Source::Folder(package()), options)).unwrap()
}

fn photo(agff: &Agff, name: &str) -> Embedding {
    let path = root().join("www/demo/public/samples").join(name);
    let bytes = std::fs::read(path).unwrap();
    pollster::block_on(agff.embed_image(name, bytes)).unwrap()
}

/// Photos of the page, and words that must find them before the others. The words are far apart in the list of
/// classes, so a list in another order would find others.
const PHOTOS: [(&str, &[&str]); 8] = [
    ("lemons.jpg", &["lemon", "lemons", "photos of lemons"]),
    ("oranges.jpg", &["orange fruit", "oranges"]),
    ("pineapples.jpg", &["pineapple", "a pineapple"]),
    ("red-peppers.jpg", &["bell pepper", "peppers"]),
    ("coffee.jpg", &["coffee", "a cup of coffee", "espresso"]),
    ("cat.jpg", &["cat", "a cat", "photos of my cat", "kitten"]),
    // The astronaut has a space shuttle behind her, which is a rocket too.
    ("rocket.jpg", &["missile", "a missile in the sky"]),
    ("astronaut.jpg", &["astronaut", "space suit"]),
];

#[test]
fn words_find_the_photos_of_what_they_name() {
    let agff = load();
    let photos = PHOTOS.map(|(name, _)| photo(&agff, name));
    let mut failures = Vec::new();
    for (right, (name, words)) in PHOTOS.iter().enumerate() {
        for word in *words {
            let query = pollster::block_on(agff.embed_text(word)).unwrap();
            let score = |i: &usize| agff.similarity(&query, &photos[*i]).unwrap().score;
            let first = (0..photos.len())
                .max_by(|a, b| score(a).total_cmp(&score(b)))
                .unwrap();
            if first != right {
                failures.push(format!("{word:?} finds {} before {name}", PHOTOS[first].0));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_view_that_matches_most_is_the_region_of_the_thing() {
    let agff = load();
    let target = photo(&agff, "astronaut.jpg");
    let query = pollster::block_on(agff.embed_text("a space shuttle")).unwrap();
    let similarity = agff.similarity(&query, &target).unwrap();
    let view = similarity.fine.expect("there are fine views");
    let region = agff.manifest().views[view].region.unwrap();
    // It stands behind her, in the right third of the picture.
    assert!(region.x > 0.6, "{region:?}");
    assert!(
        similarity.weights.gf > 0.9,
        "the region finds it, not the whole"
    );
}

#[test]
fn the_package_says_what_it_is_and_whose() {
    let package_folder = package();
    let package =
        pollster::block_on(Package::open(Source::Folder(package_folder.clone()))).unwrap();
    let manifest = package.manifest();
    assert_eq!(
        (manifest.name.as_str(), manifest.family.as_str()),
        ("photo", "conse")
    );
    assert_eq!(manifest.licence, "Apache-2.0");
    assert!(manifest.trained && manifest.provenance.contains("EfficientNet-Lite2"));
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    assert!(bytes <= 25_000_000, "{bytes} bytes");
    let card = std::fs::read_to_string(package_folder.join("README.md")).unwrap();
    for said in [
        "Apache License",
        "EfficientNet-Lite",
        "all-MiniLM-L6-v2",
        "What was changed",
        "trained on",
    ] {
        assert!(card.contains(said), "the card does not say {said:?}");
    }
}
