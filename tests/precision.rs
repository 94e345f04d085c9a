//! Packed weights as whole numbers: what that changes.

use crate::support::{self, cosine};
use agff::device::{DeviceChoice, DeviceOptions};
use agff::ops::Precision;
use agff::{Agff, Embedding, Input, LoadOptions, Source};

fn nano(precision: Precision) -> Agff {
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..Default::default()
        },
        precision,
        ..Default::default()
    };
    pollster::block_on(Agff::load(Source::Folder(support::nano()), options)).unwrap()
}

fn embed(precision: Precision) -> Vec<Embedding> {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/www/demo/public/samples");
    let photos = ["cat", "coffee", "rocket", "lemons"].map(|name| {
        let bytes = std::fs::read(format!("{samples}/{name}.jpg")).unwrap();
        Input::image(name, bytes)
    });
    let texts = [
        "a",
        "two red mugs left of a laptop",
        "a cat looks into the camera",
    ];
    let inputs: Vec<Input> = photos.into_iter().chain(texts.map(Input::text)).collect();
    pollster::block_on(nano(precision).embed(&inputs)).unwrap()
}

#[test]
fn whole_numbers_of_twelve_bits_hardly_change_a_vector() {
    let (fast, exact) = (embed(Precision::Fast), embed(Precision::Exact));
    let mut least = 1.0_f64;
    let mut same = true;
    for (fast, exact) in fast.iter().zip(&exact) {
        for view in 0..exact.views.len() {
            least = least.min(cosine(fast.view(view), exact.view(view)));
            same &= fast.view(view) == exact.view(view);
        }
    }
    println!("least cosine of fast with exact: {least:.7}");
    assert!(!same, "one of the two was not used");
    assert!(least >= 0.9999, "{least}");
}
