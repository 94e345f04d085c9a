//! What a package says of its model beside the shape: how pictures are prepared, prompts, views.

use std::collections::{BTreeMap, HashSet};

#[cfg(feature = "engine")]
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::input::image::Resample;
#[cfg(feature = "engine")]
use crate::layers::{Group, Held, Vars, held};
#[cfg(feature = "engine")]
use crate::tensors::{EMBEDDING_DEVIATION, Init};
use crate::{Code, Error, Result};

/// Most views of a package.
pub const MAX_VIEWS: usize = 256;

/// Most learned vectors of one view.
pub const MAX_LEARNED: usize = 1024;

/// Most characters of one template.
pub(crate) const MAX_TEMPLATE: usize = 1 << 16;

/// How images are prepared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageSettings {
    /// Images with fewer pixels are enlarged to about this many.
    pub min_pixels: u64,
    /// Images with more pixels are reduced to about this many.
    pub max_pixels: u64,
    /// Mean of each channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    pub std: [f32; 3],
    /// How they are resampled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub resample: Resample,
    /// The length in pixels that the short side is brought to before the middle is cut out; absent where
    /// pictures are not cropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crop_from: Option<u32>,
}

impl ImageSettings {
    /// Means and deviations that bring samples to −1..1.
    pub(crate) fn halves() -> Self {
        Self {
            mean: [0.5; 3],
            std: [0.5; 3],
            ..Self::default()
        }
    }

    /// Checks mean and deviation.
    pub(crate) fn check_samples(&self) -> Result<()> {
        if !self.mean.iter().all(|m| m.is_finite()) {
            return fault("image.mean", "must be finite numbers");
        }
        if !self.std.iter().all(|s| s.is_finite() && *s > 0.0) {
            return fault("image.std", "must be positive numbers");
        }
        Ok(())
    }

    /// The means and deviations of OpenAI's models of photos and text (Radford et al., arXiv 2103.00020).
    pub(crate) fn openai() -> Self {
        Self {
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
            ..Self::default()
        }
    }
}

/// How an input becomes tokens. The templates are plain text with the tokenizer's special tokens
/// written out; `{instruction}`, `{image}` and `{text}` are filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptSettings {
    /// The prefix that all views share.
    pub prefix: String,
    /// What stands for `{image}` when there is one; `{pad}` in it is repeated once for each merged patch.
    pub image: String,
    /// The token that marks an image position.
    pub image_token: String,
    /// What stands for `{text}` when there is neither text nor image.
    pub empty: String,
    /// The instruction when the caller gives none.
    pub instruction: String,
    /// Instructions by name, for `--prompt query` and the like.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
    /// Most tokens of the prefix and the first view together; longer text is cut.
    pub max_tokens: usize,
}

impl PromptSettings {
    /// Whether an instruction has a place in the template; where it has none, it changes nothing.
    pub fn takes_instruction(&self) -> bool {
        self.prefix.contains("{instruction}")
    }
}

/// A view: a short branch off the prefix, read out at its last position; or a region of the picture, where a
/// family makes its views of one feature map.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// `global`, `fine-1`, … or a name of its own.
    pub name: String,
    /// Tokens of the branch, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Learned vectors after the prompt, stored as the tensor `views.NAME` of shape `[learned, hidden]`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub learned: usize,
    /// The part of the picture that it sees; all of it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// A rectangle of a picture, upright as people see it, in fractions of its sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Its left edge.
    pub x: f32,
    /// Its upper edge.
    pub y: f32,
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
}

impl Region {
    /// All of a picture.
    pub const WHOLE: Self = Self {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
    };

    /// Whether it lies within the picture and has some size: a thousandth of each side at least. Edges may be off by
    /// what rounding takes.
    pub fn is_valid(&self) -> bool {
        let side =
            |begin: f32, size: f32| begin >= 0.0 && size >= 1e-3 && begin + size <= 1.0 + 1e-6;
        side(self.x, self.width) && side(self.y, self.height)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a manifest says beside the model's shape.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// How images are prepared.
    pub image: &'a ImageSettings,
    /// How inputs become tokens.
    pub prompt: &'a PromptSettings,
    /// The views, `global` first.
    pub views: &'a [View],
}

/// The learned vectors of all views, one after the other, `[count, width]`; nothing if there are none.
///
/// # Errors
/// [`Code::PackageTensor`] if one is missing or has another shape.
#[cfg(feature = "engine")]
pub fn learned_views(views: &[View], width: usize, vars: &Vars) -> Result<Held<2>> {
    initial_views(views, width, Init::Deviation(EMBEDDING_DEVIATION), vars)
}

/// [`learned_views`] that begin as `init` says in a model by chance.
///
/// # Errors
/// As there.
#[cfg(feature = "engine")]
pub(super) fn initial_views(
    views: &[View],
    width: usize,
    init: Init,
    vars: &Vars,
) -> Result<Held<2>> {
    let vars = vars.group(Group::Views).at("views");
    let mut learned = Vec::new();
    for view in views.iter().filter(|view| view.learned > 0) {
        learned.push(vars.initial_matrix(&view.name, [view.learned, width], init)?);
    }
    let values: Option<Vec<_>> = learned
        .iter()
        .map(|v| v.as_ref().map(|_| held(v)))
        .collect();
    Ok(values
        .filter(|values| !values.is_empty())
        .and_then(|values| crate::layers::hold(Tensor::cat(values, 0))))
}

/// The error for a field of a manifest.
pub(crate) fn fault<T>(field: impl AsRef<str>, why: impl AsRef<str>) -> Result<T> {
    Err(Error::new(
        Code::PackageManifest,
        "",
        format!("`{}` {}", field.as_ref(), why.as_ref()),
    ))
}

/// Checks the views by themselves; `views.json` is checked with it too.
pub fn check_views(views: &[View]) -> Result<()> {
    match views.first() {
        Some(first) if first.name == "global" => {}
        Some(first) => {
            return fault(
                "views[0].name",
                format!("is {:?}; the first view is \"global\"", first.name),
            );
        }
        None => return fault("views", "is empty; there must be at least \"global\""),
    }
    if views.len() > MAX_VIEWS {
        return fault(
            "views",
            format!("has {} entries, more than {MAX_VIEWS}", views.len()),
        );
    }
    let mut seen = HashSet::new();
    for (i, view) in views.iter().enumerate() {
        let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if view.name.is_empty() || view.name.len() > 64 || !view.name.chars().all(ok) {
            return fault(
                format!("views[{i}].name"),
                format!(
                    "is {:?}; it must be 1 to 64 letters, digits, '-', '_' or '.'",
                    view.name
                ),
            );
        }
        if !seen.insert(view.name.as_str()) {
            return fault(
                format!("views[{i}].name"),
                format!("is {:?}, which another view has too", view.name),
            );
        }
        if view.learned > MAX_LEARNED {
            return fault(
                format!("views[{i}].learned"),
                format!("is {}, more than {MAX_LEARNED}", view.learned),
            );
        }
        if view.prompt.len() > MAX_TEMPLATE {
            return fault(
                format!("views[{i}].prompt"),
                format!("is longer than {MAX_TEMPLATE} bytes"),
            );
        }
        if let Some(region) = &view.region
            && !region.is_valid()
        {
            return fault(
                format!("views[{i}].region"),
                "must be a rectangle within the picture, in fractions of its sides",
            );
        }
    }
    Ok(())
}

/// Checks views that are branches off the prefix.
pub(crate) fn check_branches(views: &[View]) -> Result<()> {
    for (i, view) in views.iter().enumerate() {
        if view.prompt.is_empty() && view.learned == 0 {
            return fault(
                format!("views[{i}]"),
                "has neither a prompt nor learned vectors; a view is read at its last position, \
                 so it must have one",
            );
        }
        if view.region.is_some() {
            return fault(
                format!("views[{i}].region"),
                "is a part of the picture, but views of this family are branches of the prompt",
            );
        }
    }
    Ok(())
}
