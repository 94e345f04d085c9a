//! Weights of Hugging Face checkpoints, by the rule of tests/parity/README.md, stored in every way that
//! `convert` reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use half::bf16;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::json;

use crate::support::golden::weights;

/// How a checkpoint's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    F32,
    F16,
    Bf16,
}

/// A tensor's official name and its shape.
pub type Named = (String, Vec<usize>);

/// Tensors of a file: type, shape, bytes.
pub type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// One file of a checkpoint.
pub struct Shard {
    pub file: String,
    pub tensors: Vec<Named>,
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
pub fn write_safetensors(path: &Path, tensors: &Tensors) {
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
            let (dtype, bytes) = encode(&weights(seed, name, shape, gain), stored);
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
