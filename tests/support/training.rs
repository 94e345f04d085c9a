//! A folder with pictures of coloured shapes, rows that name them, and a recipe.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const COLOURS: [(&str, [u8; 3]); 6] = [
    ("red", [220, 40, 30]),
    ("green", [40, 180, 60]),
    ("blue", [40, 70, 220]),
    ("yellow", [240, 220, 50]),
    ("white", [250, 250, 250]),
    ("black", [20, 20, 20]),
];
const PLACES: [&str; 4] = ["top left", "top right", "bottom left", "bottom right"];

/// A run's folder.
pub struct Folder {
    temp: TempDir,
}

impl Folder {
    /// 24 pictures, a square of one colour in one corner of each; rows both to train on and,
    /// as questions, to be examined with.
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("images")).unwrap();
        let mut rows = String::new();
        let mut questions = String::new();
        for (colour, rgb) in COLOURS {
            for (corner, place) in PLACES.into_iter().enumerate() {
                let name = format!("images/{colour}-{corner}.png");
                picture(rgb, corner).save(temp.path().join(&name)).unwrap();
                let text = format!("a {colour} square in the {place}");
                rows += &format!(
                    "{{\"query\": {{\"text\": \"{text}\"}}, \"positive\": {{\"image\": \"{name}\"}}, \
                     \"negatives\": [{{\"image\": \"images/{colour}-{}.png\"}}]}}\n",
                    (corner + 1) % 4
                );
                questions += &format!(
                    "{{\"group\": \"{colour}\", \"query\": {{\"text\": \"{text}\"}}, \"candidates\": \
                     [{{\"image\": \"{name}\"}}, {{\"image\": \"images/{colour}-{}.png\"}}], \"answer\": 0}}\n",
                    (corner + 2) % 4
                );
            }
        }
        fs::write(temp.path().join("rows.jsonl"), rows).unwrap();
        fs::write(temp.path().join("questions.jsonl"), questions).unwrap();
        fs::write(
            temp.path().join("recipe.toml"),
            RECIPE.replace("TOKENIZER", TOKENIZER),
        )
        .unwrap();
        Self { temp }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.temp.path()
    }

    /// A path in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The newest checkpoint's bytes of a run in `out`.
    pub fn newest_checkpoint(&self, out: &str) -> Vec<u8> {
        let checkpoints = self.join(out).join("checkpoints");
        let mut files: Vec<_> = fs::read_dir(checkpoints)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        fs::read(files.last().unwrap()).unwrap()
    }

    /// The lines of a run's `metrics.jsonl`, without what is measured in time.
    pub fn metrics(&self, out: &str) -> Vec<String> {
        let text = fs::read_to_string(self.join(out).join("metrics.jsonl")).unwrap();
        text.lines()
            .map(|line| {
                let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
                let values = line.as_object_mut().unwrap();
                values.remove("time");
                values.remove("samples_per_second");
                line.to_string()
            })
            .collect()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

fn picture(rgb: [u8; 3], corner: usize) -> image::RgbImage {
    let (left, top) = (corner % 2 * 24 + 4, corner / 2 * 24 + 4);
    image::RgbImage::from_fn(48, 48, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let inside = (left..left + 16).contains(&x) && (top..top + 16).contains(&y);
        image::Rgb(if inside { rgb } else { [128, 128, 128] })
    })
}

const TOKENIZER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../models/agff-nano/tokenizer.json"
);

const RECIPE: &str = r#"
out = "run"
seed = 5

[start.random]
name = "tiny"
tokenizer = "TOKENIZER"

[start.random.config.vision]
depth = 2
hidden_size = 32
hidden_act = "gelu_pytorch_tanh"
intermediate_size = 64
num_heads = 2
in_channels = 3
patch_size = 8
spatial_merge_size = 2
temporal_patch_size = 1
out_hidden_size = 32
num_position_embeddings = 36
deepstack_visual_indexes = [0]
rope_theta = 10000.0

[start.random.config.text]
vocab_size = 4096
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 2
num_attention_heads = 4
num_key_value_heads = 2
head_dim = 8
hidden_act = "silu"
max_position_embeddings = 256
rms_norm_eps = 1e-6
rope_theta = 10000.0
mrope_section = [2, 1, 1]
attention_bias = false
tie_word_embeddings = true

[start.random.image]
min_pixels = 256
max_pixels = 2304

[views]
fine = 2
learned = 1

[[data]]
rows = "rows.jsonl"

[augmentation]
brightness = 0.1
crop_area = [0.9, 1.0]

[batch]
rows = 12
chunk = 5

[loss]
temperature = 0.07
learn_temperature = true
hardness = "e1"
alpha = 3.0

[optimiser]
learning_rate = 3e-3
warmup_steps = 5
steps = 40

[checkpoint]
every = 10

[log]
every = 1
"#;
