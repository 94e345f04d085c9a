//! How the family's checkpoints are read: `ChineseCLIPModel` of `transformers`.

use super::Config;
use crate::Result;
use crate::checkpoint::{CONFIG_FILE, Description};
use crate::families::bert::{self, Pooling};
use crate::families::clip::checkpoint::{image, rename_vision, section, vision};
use crate::families::towers::checkpoint::no_prompts;
use crate::families::{FromCheckpoint, PromptSettings, View};

/// Longest text in tokens that the models were trained with.
const MAX_TOKENS: usize = 52;

/// Reads the small files.
pub(super) fn read(files: &Description) -> Result<FromCheckpoint<Config>> {
    let root = files.section(CONFIG_FILE)?;
    let of_pictures = section(&root, "vision_config")?;
    let of_texts = section(&root, "text_config")?;
    of_pictures.one_of("model_type", &["chinese_clip_vision_model"])?;
    of_texts.one_of("model_type", &["chinese_clip_text_model"])?;
    files.pooling(&[])?;
    no_prompts(files)?;
    let config = Config {
        vision: vision(&of_pictures)?,
        text: bert::checkpoint::config(&of_texts, Pooling::Cls)?,
        projection_dim: root.size("projection_dim", 512)?,
    };
    let max_tokens = MAX_TOKENS.min(config.text.max_position_embeddings);
    if max_tokens < 3 {
        let why = "is too small for a text between two special tokens";
        return of_texts.refuse("max_position_embeddings", why);
    }
    let [class, separator] = bert::checkpoint::ends(files)?;
    Ok(FromCheckpoint {
        image: image(files, config.vision.image_size)?,
        prompt: PromptSettings {
            prefix: format!("{class}{{text}}{separator}"),
            image: String::new(),
            image_token: String::new(),
            empty: String::new(),
            instruction: String::new(),
            named: Default::default(),
            max_tokens,
        },
        view: View {
            name: "global".into(),
            ..View::default()
        },
        tokens: vec![(class, None), (separator, None)],
        config,
    })
}

/// The name in packages of a checkpoint's tensor.
pub(super) fn rename(tensor: &str) -> Option<String> {
    if let Some(name) = rename_vision(tensor) {
        return Some(name);
    }
    if let Some(name) = tensor.strip_prefix("text_model.") {
        return bert::rename(name);
    }
    match tensor {
        "text_projection.weight" => Some("text.projection.weight".into()),
        // The temperature of training, and rows that count from zero.
        "logit_scale" | "vision_model.embeddings.position_ids" => None,
        other => Some(other.into()),
    }
}
