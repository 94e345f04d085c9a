//! Checkpoints of the family `toy` (`tests/toy`), which has a few numbers for weights.

use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

/// Width of the checkpoint's vectors.
pub const WIDTH: usize = 32;

/// Tokens of its vocabulary: those of agff-nano's tokenizer.
pub const VOCABULARY: usize = 4096;

/// Writes a checkpoint as somebody else would: the family's own names, a configuration, a tokenizer.
pub fn write_checkpoint(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let config = serde_json::json!({
        "model_type": "toy", "width": WIDTH, "vocab_size": VOCABULARY
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::copy(
        crate::nano().join("tokenizer.json"),
        folder.join("tokenizer.json"),
    )
    .unwrap();
    let values = |name: &str, count: usize| -> Vec<u8> {
        let values = (0..count).map(|i| crate::packages::value(name, i));
        values.flat_map(f32::to_le_bytes).collect()
    };
    let pixels = values("pixels.weight", WIDTH * 3);
    let bias = values("pixels.bias", WIDTH);
    let letters = values("letters.weight", VOCABULARY * WIDTH);
    let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
    let tensors = [
        ("pixels.weight", view(&[WIDTH, 3], &pixels)),
        ("pixels.bias", view(&[WIDTH], &bias)),
        ("letters.weight", view(&[VOCABULARY, WIDTH], &letters)),
    ];
    let file = safetensors::serialize(tensors, None).unwrap();
    fs::write(folder.join("model.safetensors"), file).unwrap();
}
