//! What the unit tests of training share.

use burn::tensor::{Device, Tensor, TensorData};

use super::base::Base;
use super::encoder::Encoder;
use super::features::Input;
use super::recipe::{RandomStart, Views};
use agff::families::{ImageSettings, ModelConfig, PromptSettings, Region, View, clip, conse};
use agff::input::image::Pixels;
use agff::package::Manifest;
use agff::{Fusion, Reduction};

/// The CPU.
pub fn device() -> Device {
    Device::flex()
}

/// The CPU with gradients.
pub fn tracked() -> Device {
    Device::flex().autodiff()
}

/// Uniform noise between −1 and 1, the same for the same seed.
pub fn noise<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor's values, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("floats")
}

/// A model of a few thousand weights by chance, with `fine` fine views and agff-nano's tokenizer.
pub fn tiny(fine: usize) -> Base {
    let config = serde_json::json!({
        "vision": {
            "depth": 2, "hidden_size": 32, "hidden_act": "gelu_pytorch_tanh", "intermediate_size": 48,
            "num_heads": 2, "in_channels": 3, "patch_size": 8, "spatial_merge_size": 2,
            "temporal_patch_size": 1, "out_hidden_size": 32, "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0], "rope_theta": 10000.0
        },
        "text": {
            "vocab_size": 4096, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "hidden_act": "silu",
            "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
            "mrope_section": [2, 1, 1], "attention_bias": false, "tie_word_embeddings": true
        }
    });
    let random: RandomStart = serde_json::from_value(serde_json::json!({
        "name": "tiny", "tokenizer": "tokenizer.json", "config": config,
        "image": { "min_pixels": 256, "max_pixels": 1024 }
    }))
    .expect("a start");
    let views = Views {
        fine,
        ..Views::default()
    };
    let fusion = Fusion {
        temperature: 0.05,
        reduction: Reduction::LogSumExp,
    };
    let tokenizer = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../models/agff-nano/tokenizer.json"
    );
    let tokenizer = std::fs::read(tokenizer).expect("the default model");
    Base::random(random.manifest(Some(&views), fusion), tokenizer, 7).expect("a model")
}

/// The same of two towers, with `fine` halves of the picture as fine views.
pub fn tiny_towers(fine: usize) -> Base {
    let transformer = serde_json::json!({
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "hidden_act": "gelu", "layer_norm_eps": 1e-5
    });
    let config = serde_json::json!({
        "vision": { "image_size": 16, "patch_size": 4, "transformer": transformer },
        "text": { "vocab_size": 4096, "max_position_embeddings": 32, "transformer": transformer },
        "projection_dim": 24
    });
    let config: clip::Config = serde_json::from_value(config).expect("a shape");
    let tiny = tiny(0);
    let halves = (0..fine).map(|i| View {
        name: format!("fine-{}", i + 1),
        region: Some(Region {
            x: if i % 2 == 0 { 0.0 } else { 0.5 },
            y: 0.0,
            width: 0.5,
            height: 1.0,
        }),
        ..View::default()
    });
    let global = View {
        name: "global".into(),
        ..View::default()
    };
    let manifest = Manifest {
        family: "clip".into(),
        image: ImageSettings {
            min_pixels: 256,
            max_pixels: 256,
            mean: [0.5; 3],
            std: [0.5; 3],
            ..ImageSettings::default()
        },
        prompt: PromptSettings {
            prefix: "<|im_start|>{text}<|im_end|>".into(),
            image: String::new(),
            image_token: String::new(),
            empty: String::new(),
            instruction: String::new(),
            named: Default::default(),
            max_tokens: 32,
        },
        views: std::iter::once(global).chain(halves).collect(),
        dimensions: vec![24],
        config: ModelConfig::new(config),
        ..tiny.manifest
    };
    Base::random(manifest, tiny.tokenizer, 7).expect("a model")
}

/// A small photo model: a tower of convolutions and an encoder of texts, with `fine` learned regions.
pub fn tiny_photo(fine: usize) -> Base {
    let config = serde_json::json!({
        "vision": {
            "image_size": 16, "stem": 8, "head": 48, "classes": 20, "hidden_act": "relu6",
            "stages": [{ "kernel": 3, "stride": 2, "expand": 2, "channels": 16, "repeats": 1 }]
        },
        "text": {
            "vocab_size": 4096, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4,
            "intermediate_size": 48, "max_position_embeddings": 32, "type_vocab_size": 2,
            "layer_norm_eps": 1e-12, "hidden_act": "gelu", "pooling": "mean"
        },
        "bridge": {
            "keep": 5, "temperature": 1.5,
            "parts": { "meaning": 24, "appearance": 8, "share": 0.5 }
        }
    });
    let config: conse::Config = serde_json::from_value(config).expect("a shape");
    let tiny = tiny_towers(0);
    let learned = (1..=fine).map(|i| View {
        name: format!("fine-{i}"),
        learned: 1,
        ..View::default()
    });
    let manifest = Manifest {
        family: "conse".into(),
        views: tiny.manifest.views.iter().cloned().chain(learned).collect(),
        dimensions: vec![32],
        config: ModelConfig::new(config),
        ..tiny.manifest
    };
    manifest.check_but_files().expect("a manifest");
    Base::random(manifest, tiny.tokenizer, 7).expect("a model")
}

/// Texts and pictures of noise, in turn.
pub fn inputs(encoder: &Encoder, count: usize) -> Vec<Input> {
    let one = |i: usize| {
        if i.is_multiple_of(2) {
            let text = format!("a photo of {i} red chairs");
            return encoder.item(Some(&text), None, None);
        }
        let noise = values(noise([16 * (16 + 8 * (i % 3)) * 3], i as u64, &device()));
        let pixels = Pixels {
            width: 16,
            height: (noise.len() / 48) as u32,
            rgb: noise.iter().map(|x| (x * 127.0 + 128.0) as u8).collect(),
        };
        let patches = encoder.preprocessing().patches("noise", &pixels)?;
        encoder.item(None, None, Some(patches))
    };
    (0..count)
        .map(|i| Input::Whole(one(i).expect("an input")))
        .collect()
}
