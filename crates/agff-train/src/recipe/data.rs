//! Where rows come from, and what happens to their pictures.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Check, fault, range, within};

/// One entry of `[[data]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DataFields", into = "DataFields")]
pub struct DataSource {
    /// Its rows.
    pub rows: Rows,
    /// How often it is drawn from, beside the others; 0 leaves it out. Default 1.
    pub weight: f64,
    /// Whether its pictures may be mirrored; what each row says, if this is absent.
    pub flip: Option<bool>,
    /// Whether its pictures are varied as `[augmentation]` says. Default true.
    pub augment: bool,
    /// Whether the rows of a group come in one batch. Default true.
    pub groups: bool,
    /// Whether to go on without it when the file is not there. Default false.
    pub optional: bool,
}

/// The rows of a source.
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// A JSON-lines file of [rows](agff_eval::data::rows).
    File(PathBuf),
    /// Captioned scenes, drawn into the run's folder when it begins.
    Scenes(Scenes),
}

impl Rows {
    /// What they are, without where they lie: a file by its own name and its folder's.
    pub fn describe(&self) -> String {
        match self {
            Self::Scenes(scenes) => format!("{} units of drawn scenes", scenes.count),
            Self::File(path) => {
                let parts: Vec<_> = path.iter().rev().take(2).collect();
                let names = parts.into_iter().rev().map(|part| part.to_string_lossy());
                names.collect::<Vec<_>>().join("/")
            }
        }
    }
}

/// Scenes that the run draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenes {
    /// The seed of the scenes, by itself: the run's own seed does not change them. Default 0.
    #[serde(default)]
    pub seed: u64,
    /// Sides of a scene in pixels. Default 256.
    #[serde(default = "default_size")]
    pub size: u32,
    /// How many units of two scenes there are.
    pub count: u64,
}

fn default_size() -> u32 {
    256
}

/// [`DataSource`] as it is written: with one of `rows` and `scenes`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataFields {
    #[serde(default)]
    rows: Option<PathBuf>,
    #[serde(default)]
    scenes: Option<Scenes>,
    #[serde(default = "one")]
    weight: f64,
    #[serde(default)]
    flip: Option<bool>,
    #[serde(default = "yes")]
    augment: bool,
    #[serde(default = "yes")]
    groups: bool,
    #[serde(default)]
    optional: bool,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

impl TryFrom<DataFields> for DataSource {
    type Error = &'static str;

    fn try_from(fields: DataFields) -> Result<Self, Self::Error> {
        let rows = match (fields.rows, fields.scenes) {
            (Some(file), None) => Rows::File(file),
            (None, Some(scenes)) => Rows::Scenes(scenes),
            (Some(_), Some(_)) => return Err("it has both `rows` and `scenes`; make two entries"),
            (None, None) => return Err("give `rows`, a JSON-lines file, or `scenes` to draw"),
        };
        Ok(Self {
            rows,
            weight: fields.weight,
            flip: fields.flip,
            augment: fields.augment,
            groups: fields.groups,
            optional: fields.optional,
        })
    }
}

impl From<DataSource> for DataFields {
    fn from(source: DataSource) -> Self {
        let (rows, scenes) = match source.rows {
            Rows::File(file) => (Some(file), None),
            Rows::Scenes(scenes) => (None, Some(scenes)),
        };
        Self {
            rows,
            scenes,
            weight: source.weight,
            flip: source.flip,
            augment: source.augment,
            groups: source.groups,
            optional: source.optional,
        }
    }
}

pub(super) fn check(sources: &[DataSource]) -> Check {
    if sources.is_empty() {
        return fault("data", "is empty; add a [[data]] with `rows` or `scenes`");
    }
    for (i, source) in sources.iter().enumerate() {
        let key = |name: &str| format!("data[{i}].{name}");
        within(&key("weight"), source.weight, 0.0, 1e9)?;
        match &source.rows {
            Rows::File(file) if file.as_os_str().is_empty() => {
                return fault(key("rows"), "is empty; name a JSON-lines file");
            }
            Rows::File(_) => {}
            Rows::Scenes(scenes) => {
                within(&key("scenes.size"), scenes.size, 32, 4096)?;
                within(&key("scenes.count"), scenes.count, 1, 1 << 31)?;
                if source.optional {
                    return fault(key("optional"), "is true, but scenes are always there");
                }
            }
        }
    }
    if sources.iter().all(|source| source.weight == 0.0) {
        return fault(
            "data[0].weight",
            "and all others are 0; nothing is left to train on",
        );
    }
    Ok(())
}

/// How large pictures are read in training, and how they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Images {
    /// Pictures with more pixels are reduced to about this many. Default: the start's own limit.
    pub max_pixels: Option<u64>,
    /// MiB of decoded pictures that are kept in memory, and with train = "maps" as many of what the towers make of
    /// inputs. Default 1024.
    pub memory: u64,
    /// MiB of decoded pictures that are kept in the run's folder once the memory is full.
    /// Default 8192.
    pub disk: u64,
}

impl Default for Images {
    fn default() -> Self {
        Self {
            max_pixels: None,
            memory: 1024,
            disk: 8192,
        }
    }
}

impl Images {
    pub(super) fn check(&self) -> Check {
        if let Some(pixels) = self.max_pixels {
            within("images.max_pixels", pixels, 256, 1 << 26)?;
        }
        within("images.memory", self.memory, 0, 1 << 30)?;
        within("images.disk", self.disk, 0, 1 << 30)
    }
}

/// How pictures are varied. By default they are not, but for mirroring where a row allows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Part of the picture's area that a crop has, from and to. Default [1, 1].
    pub crop_area: [f64; 2],
    /// A crop's width over its height, as a multiple of the picture's own. Default [1, 1].
    pub crop_aspect: [f64; 2],
    /// Probability of mirroring, for pictures that may be. Default 0.5.
    pub flip: f64,
    /// Brightness is multiplied by 1 ± up to this. Default 0.
    pub brightness: f64,
    /// Contrast is multiplied by 1 ± up to this. Default 0.
    pub contrast: f64,
    /// Saturation is multiplied by 1 ± up to this. Default 0.
    pub saturation: f64,
    /// Probability of blurring. Default 0.
    pub blur: f64,
    /// Deviation of the blur in pixels as the model reads them, from and to. Default [0.3, 1.2].
    pub blur_deviation: [f64; 2],
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            crop_area: [1.0; 2],
            crop_aspect: [1.0; 2],
            flip: 0.5,
            brightness: 0.0,
            contrast: 0.0,
            saturation: 0.0,
            blur: 0.0,
            blur_deviation: [0.3, 1.2],
        }
    }
}

impl Augmentation {
    pub(super) fn check(&self) -> Check {
        range("augmentation.crop_area", self.crop_area, 0.01, 1.0)?;
        range("augmentation.crop_aspect", self.crop_aspect, 0.1, 10.0)?;
        for (name, value) in [
            ("flip", self.flip),
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("saturation", self.saturation),
            ("blur", self.blur),
        ] {
            within(&format!("augmentation.{name}"), value, 0.0, 1.0)?;
        }
        range(
            "augmentation.blur_deviation",
            self.blur_deviation,
            0.1,
            10.0,
        )
    }
}
