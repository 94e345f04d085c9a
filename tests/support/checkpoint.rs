//! Hugging Face checkpoints for tests: weights by the rule of tests/parity/README.md ("Weights"), in a folder
//! with everything that `convert` reads.
#![allow(dead_code)] // each test binary uses its own part of this

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::{Value, json};

/// How a checkpoint's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    F32,
    F16,
    Bf16,
}

/// A tensor's official name and its shape.
pub type Named = (String, Vec<usize>);

/// One file of a checkpoint.
pub struct Shard {
    pub file: String,
    pub tensors: Vec<Named>,
}

/// FNV-1a, 64 bits.
pub fn name_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Mean and deviation of a tensor's values.
fn spread(name: &str, shape: &[usize], gain: f64) -> (f32, f64) {
    if name.ends_with(".bias") {
        (0.0, 0.05)
    } else if shape.len() == 1 {
        (1.0, 0.1)
    } else if name.ends_with("embed_tokens.weight") {
        (0.0, 0.25)
    } else if name.ends_with("pos_embed.weight") {
        (0.0, 0.5)
    } else {
        let fan = shape[1..].iter().product::<usize>() as f64;
        (0.0, gain / fan.sqrt())
    }
}

/// The values of the tensor with this official name.
pub fn tensor(seed: &str, name: &str, shape: &[usize], gain: f64) -> Vec<f32> {
    let h = name_hash(&format!("{seed}/{name}"));
    let (mean, std) = spread(name, shape, gain);
    let factor = (2.0 * 3.0_f64.sqrt() * std) as f32;
    (0..shape.iter().product::<usize>() as u64)
        .map(|i| {
            let mut z = h.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            let u = (z >> 40) as f32 / (1 << 24) as f32;
            let value = (u - 0.5) * factor;
            if mean == 0.0 { value } else { value + mean }
        })
        .collect()
}

/// Values as a checkpoint stores them.
pub fn encode(values: &[f32], stored: Stored) -> (Dtype, Vec<u8>) {
    match stored {
        Stored::F32 => (
            Dtype::F32,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ),
        Stored::F16 => (
            Dtype::F16,
            values
                .iter()
                .flat_map(|&v| half::f16::from_f32(v).to_le_bytes())
                .collect(),
        ),
        Stored::Bf16 => (
            Dtype::BF16,
            values
                .iter()
                .flat_map(|&v| bf16::from_f32(v).to_le_bytes())
                .collect(),
        ),
    }
}

/// Writes a safetensors file of tensors that are given as bytes.
pub fn write_safetensors(path: &Path, tensors: &BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>) {
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("bytes fit the shape");
        (name.as_str(), view)
    });
    serialize_to_file(views, None, path).expect("the file can be written");
}

/// Writes the weights of `shards` into `out`, and their index if there are several. With `bare`,
/// names are stored without their leading `model.`.
pub fn write_weights(
    out: &Path,
    shards: &[Shard],
    seed: &str,
    gain: f64,
    stored: Stored,
    bare: bool,
) {
    let mut map = serde_json::Map::new();
    for shard in shards {
        let mut tensors = BTreeMap::new();
        for (name, shape) in &shard.tensors {
            let (dtype, bytes) = encode(&tensor(seed, name, shape, gain), stored);
            let key = match name.strip_prefix("model.") {
                Some(rest) if bare => rest,
                _ => name,
            };
            map.insert(key.into(), shard.file.clone().into());
            tensors.insert(key.to_string(), (dtype, shape.clone(), bytes));
        }
        write_safetensors(&out.join(&shard.file), &tensors);
    }
    if shards.len() > 1 {
        let index = json!({"metadata": {}, "weight_map": map});
        fs::write(out.join("model.safetensors.index.json"), index.to_string()).unwrap();
    }
}

/// Writes the checkpoint of a golden case (a folder with `case.json` and `config.json`, the tokenizer beside
/// the folder) into the folder `out`, which is made.
pub fn write_golden(case: &Path, out: &Path) {
    fs::create_dir_all(out).unwrap();
    let golden = case.parent().expect("a case has a folder above it");
    let copies = [
        (case, "config.json"),
        (case, "preprocessor_config.json"),
        (golden, "tokenizer.json"),
        (golden, "tokenizer_config.json"),
    ];
    for (from, file) in copies {
        if from.join(file).exists() {
            fs::copy(from.join(file), out.join(file)).unwrap();
        }
    }
    let json = fs::read(case.join("case.json")).expect("the case has a case.json");
    let json: Value = serde_json::from_slice(&json).expect("case.json is JSON");
    let shards: Vec<Shard> = json["shards"]
        .as_array()
        .expect("`shards` is a list")
        .iter()
        .map(|shard| Shard {
            file: shard["file"].as_str().expect("`file` is a name").into(),
            tensors: serde_json::from_value(shard["tensors"].clone()).expect("names and shapes"),
        })
        .collect();
    let stored = match json["dtype"].as_str() {
        Some("f32") => Stored::F32,
        Some("bf16") => Stored::Bf16,
        other => panic!("unknown dtype {other:?}"),
    };
    write_weights(
        out,
        &shards,
        json["seed"].as_str().expect("`seed` is a string"),
        json["gain"].as_f64().expect("`gain` is a number"),
        stored,
        json["names"] == "bare",
    );
}
