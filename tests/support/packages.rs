//! Small random packages: a configuration, its tensors by a hash of their names, and a folder.

use std::path::Path;

use agff::families::ModelConfig;
use agff::families::qwen3_vl::{Config, TextConfig, VisionConfig};
use agff::ops::Activation;
use agff::package::manifest::{
    Dtype, FORMAT, FORMAT_VERSION, Fusion, ImageSettings, Manifest, PromptSettings, Reduction, View,
};
use agff::package::write_package;
use agff::tensors::quantize::{has_scales, pack_rows, scale_words, words_per_row};
use agff::tensors::{RawTensor, Suffix, TensorSpec};

/// A tokenizer's bytes for tests that never tokenize.
pub const TOKENIZER: &[u8] = b"{\"added_tokens\": []}";

/// A model of two blocks and two layers, with every kind of tensor.
pub fn small_config() -> Config {
    Config {
        vision: VisionConfig {
            depth: 2,
            hidden_size: 32,
            hidden_act: Activation::GeluPytorchTanh,
            intermediate_size: 48,
            num_heads: 2,
            in_channels: 3,
            patch_size: 4,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            out_hidden_size: 72,
            num_position_embeddings: 16,
            deepstack_visual_indexes: vec![0],
            rope_theta: 10_000.0,
        },
        text: TextConfig {
            vocab_size: 300,
            hidden_size: 72,
            intermediate_size: 80,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            head_dim: 16,
            hidden_act: Activation::Silu,
            max_position_embeddings: 4096,
            rms_norm_eps: 1e-6,
            rope_theta: 500_000.0,
            mrope_section: [4, 2, 2],
            attention_bias: true,
            tie_word_embeddings: false,
        },
    }
}

/// A manifest for `config`; its files are filled in by the writer.
pub fn manifest(config: Config, dtype: Dtype) -> Manifest {
    Manifest {
        format: FORMAT.into(),
        version: FORMAT_VERSION,
        name: "test".into(),
        family: "qwen3_vl".into(),
        trained: false,
        dtype,
        image: ImageSettings {
            min_pixels: 64,
            max_pixels: 4096,
            mean: [0.5; 3],
            std: [0.5; 3],
            ..ImageSettings::default()
        },
        prompt: PromptSettings {
            prefix: "{instruction}{image}{text}".into(),
            image: "{pad}".into(),
            image_token: "<|image_pad|>".into(),
            empty: "NULL".into(),
            instruction: String::new(),
            named: Default::default(),
            max_tokens: 1024,
        },
        views: vec![
            View {
                name: "global".into(),
                prompt: "so: ".into(),
                learned: 0,
                region: None,
            },
            View {
                name: "fine-1".into(),
                prompt: String::new(),
                learned: 2,
                region: None,
            },
        ],
        probability: None,
        certainty: None,
        fusion: Fusion {
            temperature: 0.05,
            reduction: Reduction::LogSumExp,
        },
        dimensions: vec![config.text.hidden_size],
        licence: "CC0-1.0".into(),
        provenance: "random".into(),
        languages: Vec::new(),
        files: Vec::new(),
        config: ModelConfig::new(config),
    }
}

/// A value in −1..1 that depends on the tensor's name and the place only.
pub fn value(name: &str, place: usize) -> f32 {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut z = seed.wrapping_add((place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// The first values of a tensor.
pub fn values(name: &str, count: usize) -> Vec<f32> {
    (0..count).map(|place| value(name, place)).collect()
}

/// The stored tensors of one tensor: its values and, if it has them, its scales.
pub fn stored(spec: &TensorSpec, dtype: Dtype, values: &[f32]) -> Vec<RawTensor> {
    let dtype = spec.stored_dtype(dtype);
    if dtype == Dtype::F32 {
        return vec![RawTensor::f32(&spec.name, spec.shape.clone(), values)];
    }
    let (n, k) = (spec.shape[0], spec.shape[1]);
    let packed = pack_rows(dtype, &spec.name, k, values).expect("random values are finite");
    let name = |suffix: Suffix| format!("{}{}", spec.name, suffix.as_str());
    let mut list = vec![RawTensor::packed(
        name(Suffix::of(dtype)),
        vec![n, words_per_row(dtype, k)],
        packed.words,
    )];
    if has_scales(dtype) {
        let shape = vec![n, scale_words(k)];
        list.push(RawTensor::packed(
            name(Suffix::Scales),
            shape,
            packed.scales,
        ));
    }
    list
}

/// The stored tensors of a random model.
pub fn random_tensors(manifest: &Manifest) -> impl Iterator<Item = RawTensor> {
    let dtype = manifest.dtype;
    manifest.tensors().into_iter().flat_map(move |spec| {
        let values = values(&spec.name, spec.shape.iter().product());
        stored(&spec, dtype, &values)
    })
}

/// Writes a random package.
pub fn write_random(out: &Path, dtype: Dtype) -> Manifest {
    let manifest = manifest(small_config(), dtype);
    let tensors: Vec<_> = random_tensors(&manifest).map(Ok).collect();
    write_package(out, manifest, tensors, TOKENIZER).expect("a package can be written")
}
