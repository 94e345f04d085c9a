//! How the family's checkpoints are read: `CLIPModel` of `transformers`.

use super::Config;
use crate::Result;
use crate::checkpoint::{CONFIG_FILE, Description, Section};
use crate::families::towers::checkpoint::{image_settings, no_prompts, rename_block};
use crate::families::towers::{TextConfig, TransformerConfig, VisionConfig};
use crate::families::{FromCheckpoint, ImageSettings, PromptSettings, View};
use crate::ops::Activation;
use crate::tensors::TOKEN_TABLE;

/// The shape of ViT-B/32's tower of this width, which is that of a checkpoint whose file says nothing else.
fn base(hidden_size: usize) -> TransformerConfig {
    TransformerConfig {
        hidden_size,
        intermediate_size: 4 * hidden_size,
        num_hidden_layers: 12,
        num_attention_heads: hidden_size / 64,
        hidden_act: Activation::QuickGelu,
        layer_norm_eps: 1e-5,
    }
}

/// Files of 2022 state a section twice; the one of this name counts.
pub(in crate::families) fn section<'a>(root: &Section<'a>, name: &str) -> Result<Section<'a>> {
    let older = format!("{name}_dict");
    match root.present(&older) {
        true => root.section(&older),
        false => root.section(name),
    }
}

/// Reads the section of the tower for pictures; what it leaves out is as in ViT-B/32.
pub(in crate::families) fn vision(vision: &Section<'_>) -> Result<VisionConfig> {
    VisionConfig::read(
        vision,
        VisionConfig {
            image_size: 224,
            patch_size: 32,
            transformer: base(768),
        },
    )
}

/// Reads the image processor's settings.
pub(in crate::families) fn image(files: &Description, side: usize) -> Result<ImageSettings> {
    let cropped = ImageSettings {
        crop_from: Some(0),
        ..ImageSettings::openai()
    };
    image_settings(files, side, cropped)
}

/// Reads the small files.
pub(super) fn read(files: &Description) -> Result<FromCheckpoint<Config>> {
    let root = files.section(CONFIG_FILE)?;
    let (vision, text) = (
        section(&root, "vision_config")?,
        section(&root, "text_config")?,
    );
    vision.one_of("model_type", &["clip_vision_model"])?;
    text.one_of("model_type", &["clip_text_model"])?;
    files.pooling(&[])?;
    no_prompts(files)?;
    let config = Config {
        vision: self::vision(&vision)?,
        text: TextConfig::read(
            &text,
            TextConfig {
                vocab_size: 49_408,
                max_position_embeddings: 77,
                transformer: base(512),
            },
        )?,
        projection_dim: root.size("projection_dim", 512)?,
    };
    let max_tokens = config.text.max_position_embeddings;
    if max_tokens < 3 {
        let why = "is too small for a text between its two ends";
        return text.refuse("max_position_embeddings", why);
    }
    let (start, end) = (
        files.start_token()?.unwrap_or("<|startoftext|>"),
        files.end_token()?.unwrap_or("<|endoftext|>"),
    );
    // In files of before 2023 it is 2, and means the largest id of a text, which is that of the end.
    let end_id = text.number("eos_token_id")?.filter(|&id| id != 2);
    Ok(FromCheckpoint {
        tokens: vec![(start.to_owned(), None), (end.to_owned(), end_id)],
        image: image(files, config.vision.image_size)?,
        prompt: PromptSettings {
            prefix: format!("{start}{{text}}{end}"),
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
        config,
    })
}

/// The name in packages of a tensor of the tower for pictures; `None` if it is none.
pub(in crate::families) fn rename_vision(tensor: &str) -> Option<String> {
    if let Some(block) = tensor.strip_prefix("vision_model.encoder.") {
        return rename_block(block).map(|block| format!("vision.{block}"));
    }
    Some(
        match tensor {
            "vision_model.embeddings.class_embedding" => "vision.class",
            "vision_model.embeddings.patch_embedding.weight" => "vision.patch_embed.weight",
            "vision_model.embeddings.position_embedding.weight" => "vision.positions.weight",
            // So spelled.
            "vision_model.pre_layrnorm.weight" => "vision.norm1.weight",
            "vision_model.pre_layrnorm.bias" => "vision.norm1.bias",
            "vision_model.post_layernorm.weight" => "vision.norm2.weight",
            "vision_model.post_layernorm.bias" => "vision.norm2.bias",
            "visual_projection.weight" => "vision.projection.weight",
            _ => return None,
        }
        .into(),
    )
}

/// The name in packages of a checkpoint's tensor.
pub(super) fn rename(tensor: &str) -> Option<String> {
    if let Some(name) = rename_vision(tensor) {
        return Some(name);
    }
    if let Some(block) = tensor.strip_prefix("text_model.encoder.")
        && let Some(block) = rename_block(block)
    {
        return Some(format!("text.{block}"));
    }
    Some(
        match tensor {
            "text_model.embeddings.token_embedding.weight" => TOKEN_TABLE,
            "text_model.embeddings.position_embedding.weight" => "text.positions.weight",
            "text_model.final_layer_norm.weight" => "text.norm.weight",
            "text_model.final_layer_norm.bias" => "text.norm.bias",
            "text_projection.weight" => "text.projection.weight",
            // The temperature of training, and rows that count from zero.
            "logit_scale"
            | "vision_model.embeddings.position_ids"
            | "text_model.embeddings.position_ids" => return None,
            other => other,
        }
        .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::SmallFiles;

    fn of_config(json: &str) -> FromCheckpoint<Config> {
        let mut files = SmallFiles::new("");
        files.insert(CONFIG_FILE, json.into()).unwrap();
        read(&Description::config(&files).unwrap()).unwrap()
    }

    #[test]
    fn a_config_that_says_nothing_is_that_of_the_base_model() {
        let read = of_config(r#"{"model_type": "clip"}"#);
        let (vision, text) = (&read.config.vision, &read.config.text);
        assert_eq!(
            (vision.image_size, vision.patch_size, vision.cells()),
            (224, 32, 7)
        );
        assert_eq!(
            (text.vocab_size, text.max_position_embeddings),
            (49_408, 77)
        );
        assert_eq!(
            (vision.transformer.head_dim(), text.transformer.head_dim()),
            (64, 64)
        );
        assert_eq!(text.transformer.intermediate_size, 2048);
        assert_eq!(read.config.projection_dim, 512);
        assert_eq!(read.image.crop_from, Some(224));
        assert_eq!(read.prompt.prefix, "<|startoftext|>{text}<|endoftext|>");
    }

    #[test]
    fn the_section_of_files_of_2022_that_counts_is_the_later_one() {
        let json = r#"{"model_type": "clip", "text_config": {"hidden_size": 64},
            "text_config_dict": {"hidden_size": 768, "num_attention_heads": 12}, "vision_config_dict": null}"#;
        let read = of_config(json);
        assert_eq!(read.config.text.transformer.hidden_size, 768);
    }
}
