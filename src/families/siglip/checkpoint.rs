//! How the family's checkpoints are read: `SiglipModel` of `transformers`. Their `config.json` may be nearly empty.

use super::{Config, Padding, Side};
use crate::checkpoint::{CONFIG_FILE, Description};
use crate::families::towers::checkpoint::{image_settings, no_prompts, rename_block};
use crate::families::towers::{TextConfig, TransformerConfig, VisionConfig};
use crate::families::{FromCheckpoint, ImageSettings, PromptSettings, View};
use crate::ops::Activation;
use crate::tensors::TOKEN_TABLE;
use crate::{Code, Error, Result};

/// The shape of the base model, which is that of a checkpoint whose file says nothing else.
fn base() -> TransformerConfig {
    TransformerConfig {
        hidden_size: 768,
        intermediate_size: 3072,
        num_hidden_layers: 12,
        num_attention_heads: 12,
        hidden_act: Activation::GeluPytorchTanh,
        layer_norm_eps: 1e-6,
    }
}

/// Reads the small files.
pub(super) fn read(files: &Description) -> Result<FromCheckpoint<Config>> {
    let root = files.section(CONFIG_FILE)?;
    let (vision, text) = (root.section("vision_config")?, root.section("text_config")?);
    vision.one_of("model_type", &["siglip_vision_model"])?;
    text.one_of("model_type", &["siglip_text_model"])?;
    if vision.boolean("vision_use_head")? == Some(false) {
        return vision.refuse(
            "vision_use_head",
            "models without the pooling head have no texts",
        );
    }
    files.pooling(&[])?;
    no_prompts(files)?;
    let config = Config {
        vision: VisionConfig::read(
            &vision,
            VisionConfig {
                image_size: 224,
                patch_size: 16,
                transformer: base(),
            },
        )?,
        text: TextConfig::read(
            &text,
            TextConfig {
                vocab_size: 32_000,
                max_position_embeddings: 64,
                transformer: base(),
            },
        )?,
        padding: Padding {
            token: files.padding_token()?.unwrap_or("<pad>").to_owned(),
            // The models were trained with padding on the right; a file may say otherwise.
            side: match files.pads_left()? {
                true => Side::Left,
                false => Side::Right,
            },
        },
    };
    let width = text.size("projection_size", config.text.transformer.hidden_size)?;
    let dimensions = config.vision.transformer.hidden_size;
    if width != dimensions {
        let why = format!(
            "has texts of {width} dimensions (`text_config.projection_size`) and pictures of {dimensions}"
        );
        return Err(Error::new(Code::Config, root.file(), why));
    }
    let end = files.end_token()?.unwrap_or("<eos>");
    Ok(FromCheckpoint {
        image: image_settings(files, config.vision.image_size, ImageSettings::halves())?,
        prompt: PromptSettings {
            prefix: format!("{{text}}{end}"),
            image: String::new(),
            image_token: String::new(),
            empty: String::new(),
            instruction: String::new(),
            named: Default::default(),
            max_tokens: config.text.max_position_embeddings,
        },
        view: View {
            name: "global".into(),
            ..View::default()
        },
        tokens: vec![(end.to_owned(), None)],
        config,
    })
}

/// The name in packages of a checkpoint's tensor.
pub(super) fn rename(tensor: &str) -> Option<String> {
    if let Some(name) = tensor.strip_prefix("vision_model.") {
        if let Some(block) = name.strip_prefix("encoder.").and_then(rename_block) {
            return Some(format!("vision.{block}"));
        }
        let (part, of) = name.rsplit_once('.')?;
        return Some(match (part, of) {
            ("embeddings.patch_embedding", of) => format!("vision.patch_embed.{of}"),
            ("embeddings.position_embedding", of) => format!("vision.positions.{of}"),
            ("post_layernorm", of) => format!("vision.norm.{of}"),
            ("head", "probe") => "vision.head.probe".into(),
            ("head.attention", "in_proj_weight") => "vision.head.in_proj.weight".into(),
            ("head.attention", "in_proj_bias") => "vision.head.in_proj.bias".into(),
            ("head.attention.out_proj", of) => format!("vision.head.output.{of}"),
            ("head.layernorm", of) => format!("vision.head.norm.{of}"),
            ("head.mlp.fc1", of) => format!("vision.head.mlp.up.{of}"),
            ("head.mlp.fc2", of) => format!("vision.head.mlp.down.{of}"),
            // `position_ids` counts from zero.
            ("embeddings", "position_ids") => return None,
            _ => tensor.into(),
        });
    }
    if let Some(name) = tensor.strip_prefix("text_model.") {
        if let Some(block) = name.strip_prefix("encoder.").and_then(rename_block) {
            return Some(format!("text.{block}"));
        }
        let (part, of) = name.rsplit_once('.')?;
        return Some(match (part, of) {
            ("embeddings.token_embedding", "weight") => TOKEN_TABLE.into(),
            ("embeddings.position_embedding", of) => format!("text.positions.{of}"),
            ("final_layer_norm", of) => format!("text.norm.{of}"),
            ("head", of) => format!("text.head.{of}"),
            ("embeddings", "position_ids") => return None,
            _ => tensor.into(),
        });
    }
    match tensor {
        // `SIGMOID`: vectors do not depend on them.
        "logit_scale" | "logit_bias" => None,
        other => Some(other.into()),
    }
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
        let read = of_config(r#"{"model_type": "siglip"}"#);
        let (vision, text) = (&read.config.vision, &read.config.text);
        assert_eq!(
            (vision.image_size, vision.patch_size, vision.cells()),
            (224, 16, 14)
        );
        assert_eq!(
            (text.vocab_size, text.max_position_embeddings),
            (32_000, 64)
        );
        assert_eq!(vision.transformer, base());
        assert_eq!(text.transformer, base());
        assert_eq!(read.image.max_pixels, 224 * 224);
        assert_eq!(read.image.mean, [0.5; 3]);
        assert_eq!(read.image.crop_from, None);
        assert_eq!(read.prompt.prefix, "{text}<eos>");
    }
}
