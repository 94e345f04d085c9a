//! A Hugging Face checkpoint's `config.json` and `preprocessor_config.json`.
//!
//! Both generations of the files are read: rotary parameters as `rope_theta` beside
//! `rope_scaling`, or together as `rope_parameters`; pixel limits as `size` or as `min_pixels` and
//! `max_pixels`. What a file leaves out has the default that `transformers` gives it. What would change
//! the computation and is not built here is refused, never ignored.

use serde_json::{Map, Value};

use super::config::{Activation, ModelConfig, TextConfig, VisionConfig};
use super::manifest::{FAMILIES, ImageSettings};
use crate::{Code, Error, Result};

/// The configuration's file name.
pub const CONFIG_FILE: &str = "config.json";

/// The image processor's file name.
pub const PREPROCESSOR_FILE: &str = "preprocessor_config.json";

/// Channel means and deviations that `transformers` gives to an image processor that states none:
/// those of CLIP (OpenAI, 2021).
const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Pixel limits of an image processor that states none.
const DEFAULT_PIXELS: (u64, u64) = (56 * 56, 28 * 28 * 1280);

/// Without an image processor's file: Qwen3-VL-Embedding's limits, in merged patches.
const EMBEDDING_PATCHES: (u64, u64) = (4, 1800);

/// What a `config.json` says.
#[derive(Debug, Clone, PartialEq)]
pub struct HfConfig {
    /// The model's shape.
    pub model: ModelConfig,
    /// The id of the token that marks an image position, if it is stated.
    pub image_token_id: Option<u64>,
}

/// Reads a `config.json`.
///
/// # Errors
/// [`Code::PackageFamily`] for another `model_type`, [`Code::Config`] for values that no model can
/// have or that ask for what is not built here. The message names the field.
pub fn parse_config(json: &[u8], file: &str) -> Result<HfConfig> {
    let map = object(json, file)?;
    let root = Section::root(&map, file);
    let family = root.string("model_type")?.unwrap_or_default();
    if !FAMILIES.contains(&family) {
        return Err(Error::new(
            Code::PackageFamily,
            file,
            format!(
                "`model_type` is {family:?}; this build converts {}",
                FAMILIES.join(", ")
            ),
        ));
    }
    if root.present("quantization_config") {
        return root.refuse(
            "quantization_config",
            "the checkpoint is already quantised; convert the original one",
        );
    }
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
    let model = ModelConfig {
        vision: vision_config(&vision_section)?,
        text,
    };
    model.validate().map_err(|e| {
        let field = match e.subject().split_once('.') {
            Some((part, field)) => format!("{part}_config.{field}"),
            None => e.subject().into(),
        };
        Error::new(e.code(), file, format!("`{field}` {}", e.message()))
    })?;
    Ok(HfConfig {
        model,
        image_token_id: root.number("image_token_id")?,
    })
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

/// Reads a `preprocessor_config.json`, or gives Qwen3-VL-Embedding's settings if there is none.
///
/// # Errors
/// [`Code::Config`] if it contradicts the model, or asks for another preparation than is built here.
pub fn parse_preprocessor(
    json: Option<&[u8]>,
    file: &str,
    vision: &VisionConfig,
) -> Result<ImageSettings> {
    let side = (vision.patch_size * vision.spatial_merge_size) as u64;
    let Some(json) = json else {
        return Ok(ImageSettings {
            min_pixels: EMBEDDING_PATCHES.0 * side * side,
            max_pixels: EMBEDDING_PATCHES.1 * side * side,
            mean: [0.5; 3],
            std: [0.5; 3],
        });
    };
    let map = object(json, file)?;
    let s = Section::root(&map, file);
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
    for field in ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb"] {
        if s.boolean(field)? == Some(false) {
            return s.refuse(field, "images are always prepared in full here");
        }
    }
    if s.number("resample")?.is_some_and(|r| r != 3) {
        return s.refuse("resample", "only bicubic (3) resampling is built here");
    }
    if (s.float("rescale_factor", 1.0 / 255.0)? * 255.0 - 1.0).abs() > 1e-4 {
        return s.refuse("rescale_factor", "only 1/255 is built here");
    }
    let size = s.section("size")?;
    let pixels = |old: &str, new: &str, default: u64| -> Result<u64> {
        Ok(match s.number(old)? {
            Some(n) => n,
            None => match size.number(new)? {
                Some(n) => n,
                None => size.number(old)?.unwrap_or(default),
            },
        })
    };
    Ok(ImageSettings {
        min_pixels: pixels("min_pixels", "shortest_edge", DEFAULT_PIXELS.0)?,
        max_pixels: pixels("max_pixels", "longest_edge", DEFAULT_PIXELS.1)?,
        mean: s.three("image_mean", CLIP_MEAN)?,
        std: s.three("image_std", CLIP_STD)?,
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

/// An object of a file, and where it is in it.
struct Section<'a> {
    file: &'a str,
    /// `text_config.` or nothing.
    path: String,
    /// `None` if the file has no such object: everything has its default.
    map: Option<&'a Map<String, Value>>,
}

fn object(json: &[u8], file: &str) -> Result<Map<String, Value>> {
    serde_json::from_slice(json).map_err(|e| {
        Error::new(Code::Config, file, format!("is not a JSON object: {e}")).with_source(e)
    })
}

impl<'a> Section<'a> {
    fn root(map: &'a Map<String, Value>, file: &'a str) -> Self {
        Self {
            file,
            path: String::new(),
            map: Some(map),
        }
    }

    /// A value as it is, `null` too.
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.map?.get(field)
    }

    fn value(&self, field: &str) -> Option<&'a Value> {
        self.get(field).filter(|v| !v.is_null())
    }

    fn present(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    fn wrong(&self, field: &str, why: &str) -> Error {
        Error::new(
            Code::Config,
            self.file,
            format!("`{}{field}` {why}", self.path),
        )
    }

    /// Refuses what is stated rightly but not built here.
    fn refuse<T>(&self, field: &str, why: &str) -> Result<T> {
        let is = self.get(field).map_or(String::new(), Value::to_string);
        Err(self.wrong(field, &format!("is {is}; {why}")))
    }

    fn section(&self, field: &str) -> Result<Section<'a>> {
        let map = match self.value(field) {
            None => None,
            Some(Value::Object(map)) => Some(map),
            Some(_) => return Err(self.wrong(field, "must be an object")),
        };
        Ok(Section {
            file: self.file,
            path: format!("{}{field}.", self.path),
            map,
        })
    }

    fn number(&self, field: &str) -> Result<Option<u64>> {
        self.value(field)
            .map(|v| {
                // Python writes whole floats into these files now and then.
                let whole = |f: &f64| f.fract() == 0.0 && (0.0..9e15).contains(f);
                v.as_u64()
                    .or_else(|| v.as_f64().filter(whole).map(|f| f as u64))
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not a whole number")))
            })
            .transpose()
    }

    fn size(&self, field: &str, default: usize) -> Result<usize> {
        match self.number(field)? {
            None => Ok(default),
            Some(n) => {
                usize::try_from(n).map_err(|_| self.wrong(field, &format!("is {n}: too large")))
            }
        }
    }

    /// A size that has two names.
    fn size_or(&self, fields: [&str; 2], default: usize) -> Result<usize> {
        self.size(fields[0], self.size(fields[1], default)?)
    }

    /// A side length, which may be stated once for each axis.
    fn side(&self, field: &str, default: usize) -> Result<usize> {
        match self.value(field) {
            Some(Value::Array(sides)) => match sides.split_first() {
                Some((first, rest)) if rest.iter().all(|s| s == first) => first
                    .as_u64()
                    .and_then(|n| usize::try_from(n).ok())
                    .ok_or_else(|| self.wrong(field, "must hold whole numbers")),
                _ => self.refuse(field, "only square patches are built here"),
            },
            _ => self.size(field, default),
        }
    }

    fn float(&self, field: &str, default: f64) -> Result<f64> {
        match self.value(field) {
            None => Ok(default),
            Some(v) => v
                .as_f64()
                .ok_or_else(|| self.wrong(field, &format!("is {v}, not a number"))),
        }
    }

    fn three(&self, field: &str, default: [f32; 3]) -> Result<[f32; 3]> {
        match self.value(field) {
            None => Ok(default),
            Some(v) => serde_json::from_value(v.clone())
                .map_err(|_| self.wrong(field, &format!("is {v}, not three numbers"))),
        }
    }

    fn boolean(&self, field: &str) -> Result<Option<bool>> {
        self.value(field)
            .map(|v| {
                v.as_bool()
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not true or false")))
            })
            .transpose()
    }

    fn string(&self, field: &str) -> Result<Option<&'a str>> {
        self.value(field)
            .map(|v| {
                v.as_str()
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not a string")))
            })
            .transpose()
    }

    /// Refuses a string that is none of these.
    fn one_of(&self, field: &str, known: &[&str]) -> Result<()> {
        match self.string(field)? {
            Some(is) if !known.contains(&is) => {
                self.refuse(field, &format!("built here: {}", known.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn sizes(&self, field: &str) -> Result<Option<Vec<usize>>> {
        self.value(field)
            .map(|v| {
                serde_json::from_value(v.clone())
                    .map_err(|_| self.wrong(field, &format!("is {v}, not whole numbers")))
            })
            .transpose()
    }

    fn activation(&self, default: Activation) -> Result<Activation> {
        match self.value("hidden_act") {
            None => Ok(default),
            Some(v) => serde_json::from_value(v.clone()).or_else(|_| {
                self.refuse(
                    "hidden_act",
                    "built here: gelu, gelu_pytorch_tanh, gelu_new, quick_gelu, silu, swish, relu",
                )
            }),
        }
    }
}
