//! A photo model of the family `conse`: the golden case's package.

use std::fs;
use std::path::{Path, PathBuf};

use agff::families::conse::{BridgeConfig, Config, Parts, VisionConfig};
use agff::families::{ImageSettings, ModelConfig, PromptSettings, Region, View, bert};
use agff::package::PackageWriter;
use agff::package::convert::write_tensor;
use agff::package::manifest::{FORMAT, FORMAT_VERSION, Manifest};
use agff::tensors::Dtype;
use agff::{Fusion, Reduction};
use serde::Deserialize;

use crate::golden;

/// What `shape.json` says.
#[derive(Deserialize)]
pub struct Shape {
    /// The tower for pictures.
    pub vision: VisionConfig,
    /// Without parts.
    pub bridge: BridgeConfig,
    /// For cases with vectors of two parts.
    pub parts: Parts,
    /// The encoder of texts.
    pub text: bert::Config,
    /// Fine views: x, y, width and height.
    pub regions: Vec<[f32; 4]>,
    /// What the weights are made from by the rule.
    pub seed: String,
    /// See the rule.
    pub gain: f64,
    /// What the rule's values of the centre are multiplied by.
    pub centre: f32,
    /// What is asked, by name.
    pub texts: std::collections::BTreeMap<String, String>,
}

/// The case's folder.
pub fn folder() -> PathBuf {
    golden::folder().join("conse")
}

/// Its shape.
pub fn shape() -> Shape {
    serde_json::from_slice(&fs::read(folder().join("shape.json")).unwrap()).unwrap()
}

/// The manifest of its package.
pub fn manifest(shape: &Shape, dtype: Dtype) -> Manifest {
    let pixels = (shape.vision.image_size * shape.vision.image_size) as u64;
    let fine = shape.regions.iter().enumerate().map(|(i, region)| View {
        name: format!("fine-{}", i + 1),
        region: Some(Region {
            x: region[0],
            y: region[1],
            width: region[2],
            height: region[3],
        }),
        ..View::default()
    });
    let global = View {
        name: "global".into(),
        ..View::default()
    };
    Manifest {
        format: FORMAT.into(),
        version: FORMAT_VERSION,
        name: "golden".into(),
        family: "conse".into(),
        trained: false,
        dtype,
        image: ImageSettings {
            min_pixels: pixels,
            max_pixels: pixels,
            mean: [127.0 / 255.0; 3],
            std: [128.0 / 255.0; 3],
            ..ImageSettings::default()
        },
        prompt: PromptSettings {
            prefix: "[CLS]a photo of a {text}[SEP]".into(),
            image: String::new(),
            image_token: String::new(),
            empty: "thing".into(),
            instruction: String::new(),
            named: Default::default(),
            max_tokens: shape.text.max_position_embeddings,
        },
        views: std::iter::once(global).chain(fine).collect(),
        probability: None,
        certainty: None,
        fusion: Fusion {
            temperature: 0.05,
            reduction: Reduction::LogSumExp,
        },
        dimensions: vec![match shape.bridge.parts {
            Some(parts) => parts.meaning + parts.appearance,
            None => shape.text.hidden_size,
        }],
        licence: "none".into(),
        provenance: String::new(),
        languages: Vec::new(),
        files: Vec::new(),
        config: ModelConfig::new(Config {
            vision: shape.vision.clone(),
            text: shape.text.clone(),
            bridge: shape.bridge,
        }),
    }
}

/// Writes its package anew: with vectors of two parts, perhaps, and what training adds, maps and a learned region.
pub fn package_of_parts(out: &Path, dtype: Dtype, parts: Option<Parts>, trained: bool) {
    let mut shape = shape();
    shape.bridge.parts = parts;
    shape.bridge.maps = trained;
    let mut manifest = manifest(&shape, dtype);
    if trained {
        manifest.views.push(View {
            name: "look".into(),
            learned: 1,
            ..View::default()
        });
    }
    let mut writer = PackageWriter::create(out, true).unwrap();
    for spec in manifest.tensors() {
        let mut values = golden::weights(&shape.seed, &spec.name, &spec.shape, shape.gain);
        if spec.name == "bridge.centre" {
            values.iter_mut().for_each(|value| *value *= shape.centre);
        }
        let row = values.len() / spec.shape[0];
        write_tensor(&mut writer, &spec, spec.stored_dtype(dtype), |rows| {
            Ok(values[rows.start * row..rows.end * row].to_vec())
        })
        .unwrap();
    }
    let tokenizer = fs::read(folder().join("tokenizer.json")).unwrap();
    writer.finish(manifest, &tokenizer).unwrap();
}
