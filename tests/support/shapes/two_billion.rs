//! The full shape of Qwen3-VL-Embedding-2B, 4.3 GB as bf16 in two files, with values by chance: who runs it looks at
//! bytes, times and memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

/// The `config.json` of the small case at the full size.
pub fn config(mut small: Value) -> Value {
    let text = &mut small["text_config"];
    for (field, value) in [
        ("hidden_size", 2048),
        ("intermediate_size", 6144),
        ("num_hidden_layers", 28),
        ("num_attention_heads", 16),
        ("num_key_value_heads", 8),
        ("head_dim", 128),
        ("vocab_size", 151_936),
    ] {
        text[field] = value.into();
    }
    text["rope_scaling"]["mrope_section"] = json!([24, 20, 20]);
    let vision = &mut small["vision_config"];
    for (field, value) in [
        ("hidden_size", 1024),
        ("intermediate_size", 4096),
        ("depth", 24),
        ("num_heads", 16),
        ("out_hidden_size", 2048),
        ("num_position_embeddings", 2304),
    ] {
        vision[field] = value.into();
    }
    vision["deepstack_visual_indexes"] = json!([5, 11, 17]);
    small
}

/// Names and shapes, in the order of the files.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
    let text = "model.language_model";
    add(format!("{text}.embed_tokens.weight"), &[151_936, 2048]);
    for layer in 0..28 {
        let at = |part: &str| format!("{text}.layers.{layer}.{part}.weight");
        for (part, shape) in [
            ("input_layernorm", &[2048][..]),
            ("self_attn.q_proj", &[2048, 2048]),
            ("self_attn.k_proj", &[1024, 2048]),
            ("self_attn.v_proj", &[1024, 2048]),
            ("self_attn.o_proj", &[2048, 2048]),
            ("self_attn.q_norm", &[128]),
            ("self_attn.k_norm", &[128]),
            ("post_attention_layernorm", &[2048]),
            ("mlp.gate_proj", &[6144, 2048]),
            ("mlp.up_proj", &[6144, 2048]),
            ("mlp.down_proj", &[2048, 6144]),
        ] {
            add(at(part), shape);
        }
    }
    add(format!("{text}.norm.weight"), &[2048]);
    let mut both = |name: String, shape: &[usize]| {
        add(format!("{name}.weight"), shape);
        add(format!("{name}.bias"), &shape[..1]);
    };
    let vision = "model.visual";
    both(format!("{vision}.patch_embed.proj"), &[1024, 3, 2, 16, 16]);
    for block in 0..24 {
        for (part, shape) in [
            ("norm1", &[1024][..]),
            ("norm2", &[1024]),
            ("attn.qkv", &[3072, 1024]),
            ("attn.proj", &[1024, 1024]),
            ("mlp.linear_fc1", &[4096, 1024]),
            ("mlp.linear_fc2", &[1024, 4096]),
        ] {
            both(format!("{vision}.blocks.{block}.{part}"), shape);
        }
    }
    for (merger, norm) in [
        ("merger", 1024),
        ("deepstack_merger_list.0", 4096),
        ("deepstack_merger_list.1", 4096),
        ("deepstack_merger_list.2", 4096),
    ] {
        both(format!("{vision}.{merger}.norm"), &[norm]);
        both(format!("{vision}.{merger}.linear_fc1"), &[4096, 4096]);
        both(format!("{vision}.{merger}.linear_fc2"), &[2048, 4096]);
    }
    add(format!("{vision}.pos_embed.weight"), &[2304, 1024]);
    all
}

/// Writes the weights and their index.
pub fn write(folder: &Path) {
    let all = tensors();
    let (first, second) = all.split_at(all.len() / 3);
    let mut map = serde_json::Map::new();
    for (number, tensors) in [first, second].into_iter().enumerate() {
        let name = format!("model-{:05}-of-00002.safetensors", number + 1);
        let mut header = serde_json::Map::new();
        let mut at = 0;
        for (tensor, shape) in tensors {
            let end = at + 2 * shape.iter().product::<usize>();
            header.insert(
                tensor.clone(),
                json!({"dtype": "BF16", "shape": shape, "data_offsets": [at, end]}),
            );
            map.insert(tensor.clone(), name.clone().into());
            at = end;
        }
        let json = Value::from(header).to_string();
        let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join(&name)).unwrap());
        out.write_all(&(json.len() as u64).to_le_bytes()).unwrap();
        out.write_all(json.as_bytes()).unwrap();
        // Values from ±1/128 to ±1/64, four at once (xorshift64, Marsaglia 2003).
        let mut state = 0x9e37_79b9_7f4a_7c15_u64 + number as u64;
        let mut buffer = Vec::with_capacity(1 << 20);
        let mut left = at;
        while left > 0 {
            buffer.clear();
            while buffer.len() < (1 << 20).min(left) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let four = state & 0x807f_807f_807f_807f | 0x3c00_3c00_3c00_3c00;
                buffer.extend_from_slice(&four.to_le_bytes());
            }
            let length = buffer.len().min(left);
            out.write_all(&buffer[..length]).unwrap();
            left -= length;
        }
        out.flush().unwrap();
    }
    let index = json!({"metadata": {}, "weight_map": map});
    std::fs::write(
        folder.join("model.safetensors.index.json"),
        index.to_string(),
    )
    .unwrap();
}
