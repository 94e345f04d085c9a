//! How BERT checkpoints are read: `BertModel` of `transformers`, and `sentence-transformers` around it.

use super::config::{Config, Dense, DenseActivation, Pooling};
use crate::checkpoint::{CONFIG_FILE, DenseModule, Description, Section};
use crate::families::{FromCheckpoint, ImageSettings, PromptSettings, View};
use crate::ops::Activation;
use crate::tensors::TOKEN_TABLE;
use crate::{Code, Error, Result};

/// Reads the shape; what is left out is as in BERT's base model.
pub(in crate::families) fn config(s: &Section<'_>, pooling: Pooling) -> Result<Config> {
    s.one_of("position_embedding_type", &["absolute"])?;
    if s.boolean("is_decoder")? == Some(true) {
        return s.refuse("is_decoder", "only encoders are built here");
    }
    Ok(Config {
        vocab_size: s.size("vocab_size", 30522)?,
        hidden_size: s.size("hidden_size", 768)?,
        num_hidden_layers: s.size("num_hidden_layers", 12)?,
        num_attention_heads: s.size("num_attention_heads", 12)?,
        intermediate_size: s.size("intermediate_size", 3072)?,
        max_position_embeddings: s.size("max_position_embeddings", 512)?,
        type_vocab_size: s.size("type_vocab_size", 2)?,
        layer_norm_eps: s.float("layer_norm_eps", 1e-12)?,
        hidden_act: s.activation(Activation::Gelu)?,
        pooling,
        dense: Vec::new(),
    })
}

/// The tokens before and after a text.
pub(in crate::families) fn ends(files: &Description) -> Result<[String; 2]> {
    let class = files.class_token()?.unwrap_or("[CLS]");
    let separator = files.separator_token()?.unwrap_or("[SEP]");
    Ok([class.to_owned(), separator.to_owned()])
}

/// A linear layer behind one that gives so many values.
fn dense(files: &Description, module: &DenseModule, before: usize) -> Result<Dense> {
    let fail = |why: String| {
        let file = format!("{}/{CONFIG_FILE}", module.path);
        Err(Error::new(Code::Config, files.shown(&file), why))
    };
    if module.in_features != before {
        let why = format!(
            "takes {} values (`in_features`), and gets {before}",
            module.in_features
        );
        return fail(why);
    }
    Ok(Dense {
        out_features: module.out_features,
        bias: module.bias,
        activation: match module.activation.as_str() {
            "Identity" => DenseActivation::Identity,
            "Tanh" => DenseActivation::Tanh,
            other => {
                let why = format!(
                    "has the `activation_function` {other}; Identity and Tanh are built here"
                );
                return fail(why);
            }
        },
    })
}

/// Reads the small files.
pub fn read(files: &Description) -> Result<FromCheckpoint<Config>> {
    let s = files.section(CONFIG_FILE)?;
    // `sentence-transformers` says which; without it the mean is what these encoders are trained for.
    let modules = files.modules(&["mean", "cls"])?;
    let pooling = match modules.pooling {
        Some("cls") => Pooling::Cls,
        _ => Pooling::Mean,
    };
    let mut config = config(&s, pooling)?;
    for module in &modules.dense {
        let dense = dense(files, module, config.dimensions())?;
        config.dense.push(dense);
    }
    let positions = config.max_position_embeddings;
    let max_tokens = files.max_tokens()?.unwrap_or(positions).min(positions);
    if max_tokens < 3 {
        let why = format!("a text of {max_tokens} tokens has no room between two special ones");
        return Err(Error::new(Code::Config, s.file(), why));
    }
    let prompts = files.prompts()?;
    let prompted = !prompts.named.is_empty() || !prompts.default.is_empty();
    if let Some(file) = modules
        .without_prompt
        .filter(|_| pooling == Pooling::Mean && prompted)
    {
        let why =
            "`include_prompt` is false: the mean over a text without its prompt is not built here";
        return Err(Error::new(Code::Config, files.shown(&file), why));
    }
    let [class, separator] = ends(files)?;
    Ok(FromCheckpoint {
        image: ImageSettings {
            min_pixels: 1,
            max_pixels: 1,
            std: [1.0; 3],
            ..ImageSettings::default()
        },
        prompt: PromptSettings {
            prefix: format!("{class}{{instruction}}{{text}}{separator}"),
            image: String::new(),
            image_token: String::new(),
            empty: String::new(),
            instruction: prompts.default,
            named: prompts.named,
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
pub fn rename(tensor: &str) -> Option<String> {
    let name = tensor.strip_prefix("bert.").unwrap_or(tensor);
    if let Some(rest) = name.strip_prefix("embeddings.") {
        return Some(match rest {
            "word_embeddings.weight" => TOKEN_TABLE.into(),
            "position_embeddings.weight" => "text.positions.weight".into(),
            "token_type_embeddings.weight" => "text.types.weight".into(),
            "LayerNorm.weight" => "text.norm.weight".into(),
            "LayerNorm.bias" => "text.norm.bias".into(),
            // `position_ids` counts from zero.
            _ => return None,
        });
    }
    let (layer, rest) = name.strip_prefix("encoder.layer.")?.split_once('.')?;
    let (part, of) = rest.rsplit_once('.')?;
    let part = match part {
        "attention.self.query" => "attention.query",
        "attention.self.key" => "attention.key",
        "attention.self.value" => "attention.value",
        "attention.output.dense" => "attention.output",
        "attention.output.LayerNorm" => "attention.norm",
        "intermediate.dense" => "mlp.up",
        "output.dense" => "mlp.down",
        "output.LayerNorm" => "mlp.norm",
        other => other,
    };
    Some(format!("text.layers.{layer}.{part}.{of}"))
}
