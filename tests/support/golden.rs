//! The golden cases of `tests/parity/golden`, and the checkpoints that their rule makes.

use std::fs;
use std::path::{Path, PathBuf};

use half::bf16;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

/// The folder of all cases.
pub fn folder() -> PathBuf {
    crate::root().join("tests/parity/golden")
}

/// A case as its `case.json` tells it.
#[derive(Deserialize)]
pub struct Case {
    /// The folder's name.
    pub case: String,
    seed: String,
    gain: f64,
    dtype: String,
    names: String,
    shards: Vec<Shard>,
    /// Probabilities that a text is of a picture: their names, and the reference's number.
    #[serde(default)]
    pub probabilities: Vec<(String, String, f32)>,
    /// What was embedded.
    pub inputs: Vec<GoldenInput>,
}

#[derive(Deserialize)]
struct Shard {
    file: String,
    tensors: Vec<(String, Vec<usize>)>,
}

/// An input and what the reference made of it.
#[derive(Deserialize)]
pub struct GoldenInput {
    /// Its name within the case.
    pub id: String,
    /// The text.
    pub text: Option<String>,
    /// The image's file in `images`.
    pub image: Option<String>,
    /// The instruction, if it is not the usual one.
    pub instruction: Option<String>,
    /// The length that it is cut to.
    pub max_tokens: Option<usize>,
    /// Token ids.
    pub ids: Vec<u32>,
    /// How many there are.
    pub tokens: usize,
    /// How many there would be, not cut.
    pub whole_tokens: usize,
    /// Patches: frames, rows, columns.
    pub grid: Option<[usize; 3]>,
    /// Number of patches.
    pub patches: Option<usize>,
    /// Positions of the tokens: time, height, width.
    pub positions: Option<[Vec<u32>; 3]>,
    /// Some values of patches: row, column, value.
    pub patch_probes: Option<Vec<(usize, usize, f32)>>,
    /// The resized picture's file.
    pub resized: Option<String>,
    /// Its width and height.
    pub resized_size: Option<[u32; 2]>,
}

impl Case {
    /// Reads a case.
    pub fn read(name: &str) -> Self {
        let text = fs::read(folder().join(name).join("case.json")).unwrap();
        serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Every case.
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> = fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("case.json").exists())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert!(names.len() >= 7, "golden cases are missing: {names:?}");
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// Names and shapes of the checkpoint's tensors.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let shards = self.shards.iter();
        shards.flat_map(|shard| shard.tensors.clone()).collect()
    }

    /// The reference's tensor `ID.KIND`.
    pub fn expected(&self, name: &str) -> Option<Vec<f32>> {
        let bytes = fs::read(folder().join(&self.case).join("expected.safetensors")).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensor = file.tensor(name).ok()?;
        Some(
            tensor
                .data()
                .chunks(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .collect(),
        )
    }

    /// Writes the checkpoint folder as Hugging Face would have it.
    pub fn write_checkpoint(&self, out: &Path) {
        self.write_changed(out, |_, _| ());
    }

    /// The same, after a change of the weights: of each tensor's values, by its name.
    pub fn write_changed(&self, out: &Path, change: fn(&str, &mut [f32])) {
        fs::create_dir_all(out).unwrap();
        let case = folder().join(&self.case);
        for file in [
            "config.json",
            "preprocessor_config.json",
            "processor_config.json",
            "tokenizer_config.json",
            "model.safetensors.index.json",
            "modules.json",
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "3_Dense/config.json",
        ] {
            if case.join(file).exists() {
                fs::create_dir_all(out.join(file).parent().unwrap()).unwrap();
                fs::copy(case.join(file), out.join(file)).unwrap();
            }
        }
        // Some have a tokenizer of their own.
        let own = case.join("tokenizer.json");
        let tokenizer = match own.exists() {
            true => own,
            false => folder().join("tokenizer.json"),
        };
        fs::copy(tokenizer, out.join("tokenizer.json")).unwrap();
        for shard in &self.shards {
            let data: Vec<(String, Vec<usize>, Vec<u8>)> = shard
                .tensors
                .iter()
                .map(|(name, shape)| {
                    (
                        self.stored_name(name),
                        shape.clone(),
                        self.bytes(name, shape, change),
                    )
                })
                .collect();
            let dtype = if self.dtype == "bf16" {
                Dtype::BF16
            } else {
                Dtype::F32
            };
            let views = data.iter().map(|(name, shape, bytes)| {
                (name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
            });
            let file = out.join(&shard.file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            safetensors::serialize_to_file(views, None, &file).unwrap();
        }
    }

    fn stored_name(&self, official: &str) -> String {
        match self.names.as_str() {
            "bare" => official
                .strip_prefix("model.")
                .unwrap_or(official)
                .to_owned(),
            _ => official.to_owned(),
        }
    }

    fn bytes(&self, name: &str, shape: &[usize], change: fn(&str, &mut [f32])) -> Vec<u8> {
        let mut values = weights(&self.seed, name, shape, self.gain);
        change(name, &mut values);
        match self.dtype.as_str() {
            "bf16" => values
                .iter()
                .flat_map(|&v| bf16::from_f32(v).to_le_bytes())
                .collect(),
            _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        }
    }
}

/// The weights that the rule of `tests/parity/README.md` gives a tensor.
pub fn weights(seed: &str, name: &str, shape: &[usize], gain: f64) -> Vec<f32> {
    let (mean, std) = if name.ends_with(".bias") {
        (0.0, 0.05)
    } else if shape.len() == 1 {
        (1.0, 0.1)
    } else if name.ends_with("embed_tokens.weight") {
        (0.0, 0.25)
    } else if name.ends_with("pos_embed.weight") {
        (0.0, 0.5)
    } else {
        (
            0.0,
            gain / (shape[1..].iter().product::<usize>() as f64).sqrt(),
        )
    };
    let hash = format!("{seed}/{name}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ b as u64).wrapping_mul(0x100_0000_01b3)
        });
    let factor = (2.0 * 3.0f64.sqrt() * std) as f32;
    (0..shape.iter().product::<usize>() as u64)
        .map(|i| {
            let mut z = hash.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            let u = (z >> 40) as f32 / (1u64 << 24) as f32;
            let value = (u - 0.5) * factor;
            if mean == 0.0 { value } else { value + mean }
        })
        .collect()
}
