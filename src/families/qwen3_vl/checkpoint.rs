//! What a checkpoint of the family says in its small files, and how it names its tensors.
//!
//! Both generations of the files are read: rotary parameters as `rope_theta` beside
//! `rope_scaling`, or together as `rope_parameters`; pixel limits as `size` or as `min_pixels` and
//! `max_pixels`; the image processor in a file of its own, or inside `processor_config.json`. What a file
//! leaves out has the default that `transformers` gives it. What would change the computation and is not
//! built here is refused, never ignored.

use serde_json::Value;

use super::config::{Config, TextConfig, VisionConfig};
use crate::checkpoint::{CONFIG_FILE, Description, LAST_TOKEN, Section};
use crate::families::{FromCheckpoint, ImageSettings, PromptSettings, View, image_processor};
use crate::ops::Activation;
use crate::{Error, Result};

/// The official generation prompt, after which a plain checkpoint's embedding is read.
const GENERATION_PROMPT: &str = "<|im_start|>assistant\n";

/// Qwen3-VL-Embedding's template.
const PREFIX: &str = "<|im_start|>system\n{instruction}<|im_end|>\n\
                      <|im_start|>user\n{image}{text}<|im_end|>\n";

/// The token that marks an image position.
const IMAGE_TOKEN: &str = "<|image_pad|>";

/// The usual limit on a prompt's tokens.
const MAX_TOKENS: usize = 8192;

/// Prefixes of names in checkpoints, and what packages have for them. A leading `model.` is
/// taken off before; the first that fits counts. The later ones are those of older or re-saved checkpoints.
const PREFIXES: &[(&str, &str)] = &[
    ("visual.", "vision."),
    ("language_model.model.", "text."),
    ("language_model.", "text."),
    ("layers.", "text.layers."),
    ("embed_tokens.", "text.embed_tokens."),
    ("norm.", "text.norm."),
];

/// Pixel limits of an image processor that states none.
const DEFAULT_PIXELS: (u64, u64) = (56 * 56, 28 * 28 * 1280);

/// Pixel limits that Qwen3-VL is published with. They are the chat model's: its embedder is run with others.
const CHAT_PIXELS: (u64, u64) = (65_536, 16_777_216);

/// Qwen3-VL-Embedding's limits, in merged patches.
const EMBEDDING_PATCHES: (u64, u64) = (4, 1800);

/// Reads the small files.
pub(super) fn read(files: &Description) -> Result<FromCheckpoint<Config>> {
    let (config, image_token_id) = config(&files.section(CONFIG_FILE)?)?;
    let image = image_settings(files, &config.vision)?;
    files.pooling(&[LAST_TOKEN])?;
    let prompt = PromptSettings {
        prefix: PREFIX.into(),
        image: "<|vision_start|>{pad}<|vision_end|>".into(),
        image_token: IMAGE_TOKEN.into(),
        empty: "NULL".into(),
        instruction: "Represent the user's input.".into(),
        named: Default::default(),
        max_tokens: MAX_TOKENS.min(config.text.max_position_embeddings),
    };
    let view = View {
        name: "global".into(),
        prompt: GENERATION_PROMPT.into(),
        learned: 0,
        region: None,
    };
    let tokens = image_token_id.map(|id| (IMAGE_TOKEN.into(), Some(id)));
    Ok(FromCheckpoint {
        config,
        image,
        prompt,
        view,
        tokens: tokens.into_iter().collect(),
    })
}

/// The name that packages have for a checkpoint's tensor, or `None` for what an embedder does not
/// need: the output head, and rotary frequencies, which follow from the configuration.
pub(super) fn rename(name: &str) -> Option<String> {
    let bare = name.strip_prefix("model.").unwrap_or(name);
    if bare.ends_with("lm_head.weight") || bare.ends_with(".inv_freq") {
        return None;
    }
    Some(
        PREFIXES
            .iter()
            .find_map(|(from, to)| Some(format!("{to}{}", bare.strip_prefix(from)?)))
            .unwrap_or_else(|| name.into()),
    )
}

/// The model's shape, and the id of the token that marks an image position if it is stated.
fn config(root: &Section<'_>) -> Result<(Config, Option<u64>)> {
    let text_section = root.section("text_config")?;
    let vision_section = root.section("vision_config")?;
    text_section.one_of("model_type", &["qwen3_vl_text"])?;
    vision_section.one_of("model_type", &["qwen3_vl", "qwen3_vl_vision"])?;
    let mut text = text_config(&text_section)?;
    text.tie_word_embeddings = match root.boolean("tie_word_embeddings")? {
        Some(tied) => tied,
        None => text_section
            .boolean("tie_word_embeddings")?
            .unwrap_or(false),
    };
    let model = Config {
        vision: vision_config(&vision_section)?,
        text,
    };
    model.check_numbers().map_err(|e| {
        let field = match e.subject().split_once('.') {
            Some((part, field)) => format!("{part}_config.{field}"),
            None => e.subject().into(),
        };
        Error::new(e.code(), root.file(), format!("`{field}` {}", e.message()))
    })?;
    Ok((model, root.number("image_token_id")?))
}

fn text_config(s: &Section) -> Result<TextConfig> {
    let sliding = s.boolean("use_sliding_window")?;
    for (field, on) in [
        ("use_sliding_window", sliding == Some(true)),
        (
            "sliding_window",
            sliding.is_none() && s.present("sliding_window"),
        ),
    ] {
        if on {
            return s.refuse(field, "sliding windows are not built here");
        }
    }
    if let Some(Value::Array(types)) = s.get("layer_types")
        && types.iter().any(|t| t != "full_attention")
    {
        return s.refuse("layer_types", "only full attention is built here");
    }
    let num_attention_heads = s.size("num_attention_heads", 32)?;
    let hidden_size = s.size("hidden_size", 4096)?;
    let rope = Rope::parse(s, 500_000.0, &["default"])?;
    let mrope_section = match rope.own.sizes("mrope_section")? {
        None => [24, 20, 20],
        Some(list) => list
            .try_into()
            .map_err(|_| rope.own.wrong("mrope_section", "must be three numbers"))?,
    };
    if rope.own.boolean("mrope_interleaved")? == Some(false) {
        return rope.own.refuse(
            "mrope_interleaved",
            "only interleaved rotary sections are built here",
        );
    }
    Ok(TextConfig {
        vocab_size: s.size("vocab_size", 151_936)?,
        hidden_size,
        intermediate_size: s.size("intermediate_size", 22_016)?,
        num_hidden_layers: s.size("num_hidden_layers", 32)?,
        num_attention_heads,
        num_key_value_heads: match s.get("num_key_value_heads") {
            Some(Value::Null) => num_attention_heads,
            _ => s.size("num_key_value_heads", 32)?,
        },
        head_dim: match s.get("head_dim") {
            Some(Value::Null) => hidden_size / num_attention_heads.max(1),
            _ => s.size("head_dim", 128)?,
        },
        hidden_act: s.activation(Activation::Silu)?,
        max_position_embeddings: s.size("max_position_embeddings", 128_000)?,
        rms_norm_eps: s.float("rms_norm_eps", 1e-6)?,
        rope_theta: rope.theta,
        mrope_section,
        attention_bias: s.boolean("attention_bias")?.unwrap_or(false),
        tie_word_embeddings: false,
    })
}

fn vision_config(s: &Section) -> Result<VisionConfig> {
    let rope = Rope::parse(s, 10_000.0, &["axial", "default"])?;
    Ok(VisionConfig {
        depth: s.size_or(["depth", "num_hidden_layers"], 27)?,
        hidden_size: s.size("hidden_size", 1152)?,
        hidden_act: s.activation(Activation::GeluPytorchTanh)?,
        intermediate_size: s.size("intermediate_size", 4304)?,
        num_heads: s.size_or(["num_heads", "num_attention_heads"], 16)?,
        in_channels: s.size("in_channels", 3)?,
        patch_size: s.side("patch_size", 16)?,
        spatial_merge_size: s.size("spatial_merge_size", 2)?,
        temporal_patch_size: s.side("temporal_patch_size", 2)?,
        out_hidden_size: s.size("out_hidden_size", 3584)?,
        num_position_embeddings: s.size("num_position_embeddings", 2304)?,
        deepstack_visual_indexes: s
            .sizes("deepstack_visual_indexes")?
            .unwrap_or_else(|| vec![8, 16, 24]),
        rope_theta: rope.theta,
    })
}

/// The image processor's settings, or Qwen3-VL-Embedding's if there is no file of it.
fn image_settings(files: &Description, vision: &VisionConfig) -> Result<ImageSettings> {
    let side = (vision.patch_size * vision.spatial_merge_size) as u64;
    let embedding = EMBEDDING_PATCHES;
    let (fewest, most) = (embedding.0 * side * side, embedding.1 * side * side);
    let Some(s) = files.image_processor()? else {
        return Ok(ImageSettings {
            min_pixels: fewest,
            max_pixels: most,
            ..ImageSettings::halves()
        });
    };
    for (field, should) in [
        ("patch_size", vision.patch_size),
        ("temporal_patch_size", vision.temporal_patch_size),
        ("merge_size", vision.spatial_merge_size),
    ] {
        // transformers' own default is 14, 2 and 2; a file without them is taken to agree.
        let is = s.size(field, should)?;
        if is != should {
            let why = format!("is {is}, but {CONFIG_FILE} says {should}");
            return Err(s.wrong(field, &why));
        }
    }
    if s.number("resample")?.is_some_and(|r| r != 3) {
        return s.refuse("resample", "only bicubic (3) resampling is built here");
    }
    // Mean and deviation that `transformers` gives to an image processor that states none.
    let common = image_processor::common(&s, ImageSettings::openai())?;
    let size = s.section("size")?;
    // A limit, with the field that states it.
    type Limit<'a> = (u64, &'a Section<'a>, &'static str);
    let pixels = |old, new, default| -> Result<Limit<'_>> {
        Ok(
            match (s.number(old)?, size.number(new)?, size.number(old)?) {
                (Some(n), _, _) => (n, &s, old),
                (None, Some(n), _) => (n, &size, new),
                (None, None, Some(n)) => (n, &size, old),
                (None, None, None) => (default, &s, old),
            },
        )
    };
    let (min_pixels, of_min, min_field) = pixels("min_pixels", "shortest_edge", DEFAULT_PIXELS.0)?;
    let (max_pixels, of_max, max_field) = pixels("max_pixels", "longest_edge", DEFAULT_PIXELS.1)?;
    // What a manifest refuses too, but there it would be named after the manifest's fields.
    if max_pixels < side * side || max_pixels > 1 << 32 {
        let why = format!(
            "is {max_pixels}; it must be between one merged patch, {}, and 2^32",
            side * side
        );
        return Err(of_max.wrong(max_field, &why));
    }
    if min_pixels == 0 || min_pixels > max_pixels {
        let why =
            format!("is {min_pixels}; it must be between 1 and the upper limit, {max_pixels}");
        return Err(of_min.wrong(min_field, &why));
    }
    let (min_pixels, max_pixels) = match (min_pixels, max_pixels) {
        CHAT_PIXELS => (fewest, most),
        stated => stated,
    };
    Ok(ImageSettings {
        min_pixels,
        max_pixels,
        ..common
    })
}

/// The rotary parameters of a section, wherever it has them.
struct Rope<'a> {
    own: Section<'a>,
    theta: f64,
}

impl<'a> Rope<'a> {
    fn parse(s: &Section<'a>, default_theta: f64, types: &[&str]) -> Result<Self> {
        let old = s.present("rope_scaling");
        let own = s.section(if old {
            "rope_scaling"
        } else {
            "rope_parameters"
        })?;
        own.one_of("rope_type", types)?;
        own.one_of("type", types)?;
        for section in [s, &own] {
            if section.float("partial_rotary_factor", 1.0)? != 1.0 {
                return section
                    .refuse("partial_rotary_factor", "only whole heads are rotated here");
            }
        }
        let theta = own.float("rope_theta", s.float("rope_theta", default_theta)?)?;
        Ok(Self { own, theta })
    }
}
