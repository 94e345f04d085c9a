//! `views.json`: what `convert` is told about views, fusion and prompts beyond the checkpoint.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::families::{PromptSettings, Region, View, check_views};
use crate::{Code, Error, Result};
use crate::{Fusion, Reduction};

/// The contents of a `views.json`. Unknown fields are refused: this file is written by hand, and a slip of
/// the pen must not be taken for an absent field.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewsFile {
    /// The views, `global` first.
    pub views: Vec<View>,
    /// The fused similarity's parameters.
    #[serde(default = "default_fusion")]
    pub fusion: Fusion,
    /// Instructions by name.
    #[serde(default)]
    pub named: BTreeMap<String, String>,
    /// The template of what all views share; the family's own when absent.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The instruction when the caller gives none.
    #[serde(default)]
    pub instruction: Option<String>,
    /// Dimensions that an embedding may be cut to, the full one first.
    #[serde(default)]
    pub dimensions: Option<Vec<usize>>,
    /// A safetensors file, relative to this one, with the learned vectors `views.NAME`.
    #[serde(default)]
    pub vectors: Option<String>,
}

fn default_fusion() -> Fusion {
    Fusion {
        temperature: 0.05,
        reduction: Reduction::LogSumExp,
    }
}

impl ViewsFile {
    /// One view, which reproduces a checkpoint's own embedding.
    pub fn of(view: View) -> Self {
        Self {
            views: vec![view],
            fusion: default_fusion(),
            named: BTreeMap::new(),
            prefix: None,
            instruction: None,
            dimensions: None,
            vectors: None,
        }
    }

    /// The view `global`, and the parts of the picture in a grid of `side` × `side`: `fine-1` at the top left,
    /// then row by row.
    pub fn grid(own: View, side: usize) -> Self {
        let size = 1.0 / side as f32;
        let part = |i: usize| View {
            name: format!("fine-{}", i + 1),
            region: Some(Region {
                x: (i % side) as f32 * size,
                y: (i / side) as f32 * size,
                width: size,
                height: size,
            }),
            ..View::default()
        };
        let views = std::iter::once(own).chain((0..side * side).map(part));
        Self {
            views: views.collect(),
            ..Self::of(View::default())
        }
    }

    /// Reads a `views.json`.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] naming the field.
    pub fn parse(json: &[u8], file: &str) -> Result<Self> {
        let fail = |why: String| Error::new(Code::PackageManifest, file, why);
        let mut reader = serde_json::Deserializer::from_slice(json);
        let views: Self = serde_path_to_error::deserialize(&mut reader)
            .map_err(|e| fail(format!("`{}`: {}", e.path(), e.inner())).with_source(e))?;
        reader
            .end()
            .map_err(|e| fail(format!("goes on after its end: {e}")).with_source(e))?;
        check_views(&views.views).map_err(|e| fail(e.message().into()))?;
        Ok(views)
    }

    /// The family's prompts, with what this file says instead.
    pub fn prompt(&self, own: PromptSettings) -> PromptSettings {
        PromptSettings {
            prefix: self.prefix.clone().unwrap_or(own.prefix),
            instruction: self.instruction.clone().unwrap_or(own.instruction),
            named: match self.named.is_empty() {
                true => own.named,
                false => self.named.clone(),
            },
            ..own
        }
    }
}

/// Checks that the tokenizer has every special token that the prompts spell out, and that its ids
/// fit the model.
///
/// # Errors
/// [`Code::Tokenizer`] naming the token.
pub fn check_tokenizer(
    json: &[u8],
    file: &str,
    prompt: &PromptSettings,
    views: &[View],
    vocab_size: usize,
    tokens: &[(String, Option<u64>)],
) -> Result<()> {
    #[derive(Deserialize)]
    struct Added {
        id: u64,
        content: String,
    }
    #[derive(Deserialize)]
    struct Tokenizer {
        #[serde(default)]
        added_tokens: Vec<Added>,
    }
    let fail = |why: String| Err(Error::new(Code::Tokenizer, file, why));
    let tokenizer: Tokenizer = serde_json::from_slice(json).map_err(|e| {
        Error::new(
            Code::Tokenizer,
            file,
            format!("is not a tokenizer.json: {e}"),
        )
        .with_source(e)
    })?;
    if let Some(a) = tokenizer
        .added_tokens
        .iter()
        .find(|a| a.id >= vocab_size as u64)
    {
        return fail(format!(
            "token {:?} has id {}, but the model knows {vocab_size} tokens: they do not belong \
             together",
            a.content, a.id
        ));
    }
    let id_of = |token: &str| {
        let added = tokenizer.added_tokens.iter().find(|a| a.content == token);
        added.map(|a| a.id)
    };
    let templates = [&prompt.prefix, &prompt.image, &prompt.image_token];
    for text in templates.into_iter().chain(views.iter().map(|v| &v.prompt)) {
        for token in special_tokens(text) {
            if id_of(token).is_none() {
                return fail(format!("has no special token {token}, which a prompt uses"));
            }
        }
    }
    if !prompt.image_token.is_empty() && id_of(&prompt.image_token).is_none() {
        return fail(format!("has no token {}", prompt.image_token));
    }
    for (token, should) in tokens {
        match (id_of(token), should) {
            (None, _) => {
                return fail(format!(
                    "has no special token {token}, which stands beside every text of this model; is it another \
                     model's tokenizer, or does tokenizer_config.json not name its own?"
                ));
            }
            (Some(is), Some(should)) if is != *should => {
                return fail(format!(
                    "{token} has id {is}, but the configuration says {should}: they do not belong together"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Everything of the form `<|name|>`.
fn special_tokens(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("<|").filter_map(|(at, _)| {
        let end = text[at..].find("|>")?;
        let token = &text[at..at + end + 2];
        token[2..token.len() - 2]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_')
            .then_some(token)
    })
}
