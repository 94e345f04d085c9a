//! Checkpoints of published models' full shapes, as bf16; but for the largest with weights by the rule of the golden
//! cases.

mod two_billion;

use std::path::Path;

use half::bf16;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use crate::golden::{self, Case};

/// A published shape.
pub struct Shape {
    /// A name for it.
    pub name: &'static str,
    /// The golden case whose tokenizer and processor it has.
    case: &'static str,
    config: fn() -> Value,
}

/// SigLIP 2 B/16 with its 256 000 tokens, CLIP B/32, and Qwen3-VL-Embedding-2B in two files.
pub const SHAPES: [Shape; 3] = [
    Shape {
        name: "siglip2-base-patch16-224",
        case: "siglip-2",
        config: || {
            json!({
                "model_type": "siglip",
                "text_config": {"model_type": "siglip_text_model", "vocab_size": 256_000},
                "vision_config": {"model_type": "siglip_vision_model"},
            })
        },
    },
    Shape {
        name: "clip-vit-base-patch32",
        case: "clip-openai",
        config: || json!({"model_type": "clip", "text_config": {}, "vision_config": {}}),
    },
    Shape {
        name: "Qwen3-VL-Embedding-2B",
        case: "small",
        config: || {
            let small = std::fs::read(golden::folder().join("small/config.json")).unwrap();
            two_billion::config(serde_json::from_slice(&small).unwrap())
        },
    },
];

impl Shape {
    /// Whether it is the one of two towers, whose parts of a photo can be views.
    pub fn has_regions(&self) -> bool {
        self.case != "small"
    }

    /// Writes the checkpoint into a folder, unless it is there.
    pub fn write(&self, folder: &Path) {
        let whole = folder.join(".whole");
        if whole.exists() {
            return;
        }
        std::fs::create_dir_all(folder).unwrap();
        for (name, bytes) in self.small_files() {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        match self.case {
            "small" => two_billion::write(folder),
            _ => std::fs::write(folder.join("model.safetensors"), self.weights()).unwrap(),
        }
        std::fs::write(whole, "").unwrap();
    }

    /// Those without weights.
    pub fn small_files(&self) -> Vec<(String, Vec<u8>)> {
        let folder = golden::folder().join(self.case);
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let mut files = vec![(
            "config.json".into(),
            (self.config)().to_string().into_bytes(),
        )];
        // Some have a tokenizer of their own.
        let tokenizer = match folder.join("tokenizer.json").exists() {
            true => read("tokenizer.json"),
            false => read("../tokenizer.json"),
        };
        files.push(("tokenizer.json".into(), tokenizer));
        for name in ["tokenizer_config.json", "preprocessor_config.json"] {
            // Those of the two towers say how large the case's own pictures are.
            let own = name.starts_with("pre") && self.has_regions();
            if folder.join(name).exists() && !own {
                files.push((name.into(), read(name)));
            }
        }
        files
    }

    /// The tensors of the case, at the full shape.
    fn weights(&self) -> Vec<u8> {
        let mut tensors = Vec::new();
        let siglip = self.case.starts_with("siglip");
        let mut add = |name: String, shape: &[usize]| {
            let values = golden::weights(self.name, &name, shape, 1.0);
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
                .collect();
            tensors.push((name, shape.to_vec(), bytes));
        };
        for (tower, width) in [
            ("vision_model", 768),
            ("text_model", if siglip { 768 } else { 512 }),
        ] {
            for layer in 0..12 {
                let at = |part: &str| format!("{tower}.encoder.layers.{layer}.{part}");
                for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                    add(at(&format!("self_attn.{part}.weight")), &[width, width]);
                    add(at(&format!("self_attn.{part}.bias")), &[width]);
                }
                for (part, shape) in [("fc1", [4 * width, width]), ("fc2", [width, 4 * width])] {
                    add(at(&format!("mlp.{part}.weight")), &shape);
                    add(at(&format!("mlp.{part}.bias")), &shape[..1]);
                }
                for norm in ["layer_norm1", "layer_norm2"] {
                    add(at(&format!("{norm}.weight")), &[width]);
                    add(at(&format!("{norm}.bias")), &[width]);
                }
            }
        }
        for (name, _) in Case::read(self.case).tensors() {
            if name.contains(".encoder.") {
                continue;
            }
            let full: Vec<usize> = match (siglip, name.as_str()) {
                (_, "logit_scale" | "logit_bias") => vec![1],
                (true, "text_model.embeddings.token_embedding.weight") => vec![256_000, 768],
                (true, "text_model.embeddings.position_embedding.weight") => vec![64, 768],
                (true, "vision_model.embeddings.position_embedding.weight") => vec![196, 768],
                (true, "vision_model.embeddings.patch_embedding.weight") => vec![768, 3, 16, 16],
                (true, "vision_model.head.probe") => vec![1, 1, 768],
                (true, "vision_model.head.attention.in_proj_weight") => vec![3 * 768, 768],
                (true, "vision_model.head.attention.in_proj_bias") => vec![3 * 768],
                (true, "vision_model.head.mlp.fc1.weight") => vec![3072, 768],
                (true, "vision_model.head.mlp.fc1.bias") => vec![3072],
                (true, "vision_model.head.mlp.fc2.weight") => vec![768, 3072],
                (
                    true,
                    "text_model.head.weight" | "vision_model.head.attention.out_proj.weight",
                ) => vec![768, 768],
                (false, "text_model.embeddings.token_embedding.weight") => vec![49_408, 512],
                (false, "text_model.embeddings.position_embedding.weight") => vec![77, 512],
                (false, "vision_model.embeddings.position_embedding.weight") => vec![50, 768],
                (false, "vision_model.embeddings.patch_embedding.weight") => vec![768, 3, 32, 32],
                (false, "visual_projection.weight") => vec![512, 768],
                (false, "text_projection.weight") => vec![512, 512],
                (false, name) if name.starts_with("text_model.") => vec![512],
                _ => vec![768],
            };
            add(name, &full);
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (
                name,
                TensorView::new(Dtype::BF16, shape.clone(), bytes).unwrap(),
            )
        });
        safetensors::serialize(views, None).unwrap()
    }
}
