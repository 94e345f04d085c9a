//! Makes `models/agff-nano` as it is before training: its shape, its tokenizer, and weights by
//! chance.
//!
//! ```sh
//! apt-get install openclipart-svg
//! cargo run --example make_nano -- /usr/share/openclipart/svg models/agff-nano
//! ```
//!
//! The tokenizer's merges are counted on the titles, descriptions and keywords of Debian's
//! openclipart-svg (public domain) and on the sentences of `SENTENCES`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use agff::package::config::{Activation, ModelConfig, TextConfig, VisionConfig};
use agff::package::manifest::{
    Dtype, FORMAT, FORMAT_VERSION, Fusion, ImageSettings, Manifest, PromptSettings, Reduction, View,
};
use agff::package::tensors::{Kind, TensorSpec};
use agff::package::{RawTensor, expected_tensors, write_package};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

const VOCABULARY: usize = 4096;

const SPECIAL: [&str; 6] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
];

/// How Qwen's tokenizers cut text before merging.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The language of searching photos, which clip-art titles lack.
const SENTENCES: &str = "\
Represent the user's input. Represent the photo. Find the photo that shows this.
a photo of a dog. a photo of the cat. a picture of two people. an image with three red chairs.
the red mug left of the laptop. the blue cup right of the plate. a ball above the box. a bird below the cloud.
a small yellow car in front of a large green house. a tall tree behind the old bridge. a child next to a bicycle.
one, two, three, four, five, six, seven, eight, nine, ten apples on the table. no people. many birds. several boats.
black, white, grey, gray, red, orange, yellow, green, blue, purple, pink, brown, golden, silver, dark, light, bright.
facing left, facing right, facing the camera, seen from above, from the side, from behind, from below, upside down.
open, closed, empty, full, lit, broken, wet, dry, standing, sitting, lying, walking, running, sleeping, smiling.
round, square, striped, dotted, curved, straight, tall, short, wide, narrow, thick, thin, near, far, inside, outside.
the sign says stop. the word hello is written on the wall. with, without, between, under, over, on top of, at, by, of.
sunset over the sea. a snowy mountain in winter. a busy street at night. a kitchen with a window. a bowl of fruit.
milk, juice, yoghurt, carrots, tomatoes, potatoes, bananas, oranges, lemons, mushrooms, peppers, cheese, bread, cream.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [clipart, out] = arguments.as_slice() else {
        return Err("usage: make_nano SVG_FOLDER OUT".into());
    };
    let tokenizer = tokenizer(clipart)?;
    let config = config(tokenizer.get_vocab_size(true));
    config.validate()?;
    let manifest = manifest(config);
    let tokenizer = tokenizer.to_string(false).map_err(|e| e.to_string())?;
    let tensors = expected_tensors(&manifest.config, &manifest.views);
    let tensors = tensors.into_iter().flat_map(|spec| match stored(&spec) {
        Ok(tensors) => tensors.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    write_package(out, manifest, tensors, tokenizer.as_bytes())?;
    Ok(())
}

fn config(vocabulary: usize) -> ModelConfig {
    let hidden = 192;
    ModelConfig {
        vision: VisionConfig {
            depth: 6,
            hidden_size: hidden,
            hidden_act: Activation::GeluPytorchTanh,
            intermediate_size: 576,
            num_heads: 4,
            in_channels: 3,
            patch_size: 16,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            out_hidden_size: hidden,
            num_position_embeddings: 256,
            deepstack_visual_indexes: vec![3],
            rope_theta: 10_000.0,
        },
        text: TextConfig {
            vocab_size: vocabulary,
            hidden_size: hidden,
            intermediate_size: 576,
            num_hidden_layers: 4,
            num_attention_heads: 6,
            num_key_value_heads: 2,
            head_dim: 32,
            hidden_act: Activation::Silu,
            max_position_embeddings: 2048,
            rms_norm_eps: 1e-6,
            rope_theta: 10_000.0,
            mrope_section: [6, 5, 5],
            attention_bias: false,
            tie_word_embeddings: true,
        },
    }
}

fn manifest(config: ModelConfig) -> Manifest {
    let hidden = config.text.hidden_size;
    let mut views = vec![View {
        name: "global".into(),
        prompt: "<|im_start|>".into(),
        learned: 1,
    }];
    views.extend((1..=4).map(|i| View {
        name: format!("fine-{i}"),
        prompt: String::new(),
        learned: 2,
    }));
    Manifest {
        format: FORMAT.into(),
        version: FORMAT_VERSION,
        name: "agff-nano".into(),
        family: "qwen3_vl".into(),
        trained: false,
        dtype: Dtype::Q8,
        image: ImageSettings {
            min_pixels: 128 * 128,
            max_pixels: 320 * 320,
            mean: [0.5; 3],
            std: [0.5; 3],
        },
        prompt: PromptSettings {
            prefix: "<|im_start|>{instruction}\n{image}{text}<|im_end|>".into(),
            image: "<|vision_start|>{pad}<|vision_end|>".into(),
            image_token: "<|image_pad|>".into(),
            empty: "NULL".into(),
            instruction: "Represent the user's input.".into(),
            named: [
                ("document", "Represent the photo."),
                ("query", "Find the photo that shows this."),
            ]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
            max_tokens: 512,
        },
        views,
        fusion: Fusion {
            temperature: 0.05,
            reduction: Reduction::LogSumExp,
        },
        dimensions: vec![hidden, 128, 64],
        licence: "MIT OR Apache-2.0".into(),
        provenance: "Weights by chance, never trained; made by examples/make_nano.rs. \
                     Tokenizer counted on Debian's openclipart-svg (public domain)."
            .into(),
        files: Vec::new(),
        config,
    }
}

/// Byte-level BPE with the family's special tokens.
fn tokenizer(clipart: &Path) -> Result<Tokenizer, Box<dyn std::error::Error>> {
    let mut strings = BTreeSet::new();
    collect(clipart, &mut strings)?;
    if strings.is_empty() {
        return Err(format!("{}: no titles in SVG files found here", clipart.display()).into());
    }
    let corpus: Vec<String> = strings
        .into_iter()
        .map(|s| s.to_lowercase())
        .chain(std::iter::repeat_n(SENTENCES.to_owned(), 20))
        .collect();

    let split = Split::new(
        SplitPattern::Regex(WORDS.into()),
        SplitDelimiterBehavior::Isolated,
        false,
    )
    .map_err(|e| e.to_string())?;
    let bytes = ByteLevel::new(false, false, false);
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer
        .with_normalizer(Some(NFC))
        .map_err(|e| e.to_string())?;
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::Split(split),
        PreTokenizerWrapper::ByteLevel(bytes),
    ])));
    tokenizer.with_decoder(Some(bytes));
    let mut trainer: TrainerWrapper = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(VOCABULARY - SPECIAL.len())
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build()
        .into();
    tokenizer
        .train(&mut trainer, corpus.into_iter())
        .map_err(|e| e.to_string())?;
    let special = SPECIAL.map(|token| AddedToken::from(token, true));
    tokenizer
        .add_special_tokens(special)
        .map_err(|e| e.to_string())?;
    Ok(tokenizer)
}

/// Titles, descriptions and keywords of all SVG files below a folder.
fn collect(folder: &Path, strings: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, strings)?;
        } else if path.extension().is_some_and(|e| e == "svg") {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            for tag in ["dc:title", "dc:description", "rdf:li"] {
                let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
                strings.extend(
                    text.split(&open)
                        .skip(1)
                        .filter_map(|rest| rest.split(&close).next())
                        .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
                        .filter(|s| s.len() > 1 && s.is_ascii() && !s.contains(['<', '&', '('])),
                );
            }
        }
    }
    Ok(())
}

/// A tensor of the package: weights by chance at the usual scales, packed as q8.
fn stored(spec: &TensorSpec) -> agff::Result<Vec<RawTensor>> {
    let dtype = match spec.kind {
        Kind::Plain => Dtype::F32,
        Kind::Linear | Kind::TokenTable => Dtype::Q8,
    };
    RawTensor::stored(spec, dtype, &chance(spec))
}

/// Uniform values of variance 1/fan-in, ones for norms, zeros for biases; from a counter and the
/// tensor's name, so that every run makes the same package.
fn chance(spec: &TensorSpec) -> Vec<f32> {
    let count: usize = spec.shape.iter().product();
    if spec.shape.len() == 1 {
        return vec![
            if spec.name.ends_with(".bias") {
                0.0
            } else {
                1.0
            };
            count
        ];
    }
    let fan_in = match spec.kind {
        Kind::Linear => spec.shape[1] as f32,
        Kind::TokenTable | Kind::Plain => 1.0,
    };
    let seed = spec.name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..count as u64)
        .map(|i| {
            let mut z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let unit = ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
            unit * (12.0 / fan_in).sqrt()
        })
        .collect()
}
