//! What a checkpoint's small files say: whether it can be converted, and what its package would take.

use std::path::Path;

use super::manifest::{FORMAT, FORMAT_VERSION, MANIFEST_FILE, Manifest, TOKENIZER_FILE};
use super::options::ConvertOptions;
use super::views_file::{ViewsFile, check_tokenizer};
use crate::checkpoint::{
    ADAPTER_WEIGHTS_FILE, Adapter, CONFIG_FILE, Description, README_FILE, SmallFiles,
    TokenizerFiles,
};
use crate::families::registry::Family;
use crate::families::{
    FromCheckpoint, MAX_VIEWS, ModelConfig, PromptSettings, Settings, View, registry,
};
use crate::input::text::Tokenizer;
use crate::tensors::quantize::{has_scales, scale_words, words_per_row};
use crate::tensors::{Dtype, Group, Kind, TensorSpec};
use crate::{Code, Error, Result};

#[cfg(not(target_family = "wasm"))]
use super::manifest::MAX_MANIFEST_BYTES;
#[cfg(not(target_family = "wasm"))]
use crate::checkpoint::{ADAPTER_CONFIG_FILE, read_capped};

/// Standard deviation of learned vectors that nobody has learned yet.
const RANDOM_STD: f32 = 0.02;

/// A `views.json`, and how to call it in messages.
pub(super) type GivenViews = Option<(Vec<u8>, String)>;

/// What a checkpoint's small files say, checked.
pub(super) struct Prepared {
    pub family: &'static Family,
    of: FromCheckpoint<ModelConfig>,
    pub views: ViewsFile,
    prompt: PromptSettings,
    pub tokenizer: Vec<u8>,
    /// The tensors of the package, in their order.
    pub specs: Vec<TensorSpec>,
    /// What is added to the weights.
    pub adapter: Option<Adapter>,
    /// The files of the weights of linear layers behind the network, in their order.
    pub modules: Vec<String>,
    /// What the model card says of the licence.
    licence: Option<String>,
    /// The last part of the checkpoint's place.
    place: String,
}

impl Prepared {
    /// Checks the small files.
    pub fn new(files: &SmallFiles, options: &ConvertOptions, views: GivenViews) -> Result<Self> {
        let mut described = Description::config(files)?;
        let family = registry::by_model_type(described.model_type()?)
            .map_err(|e| e.about(described.shown(CONFIG_FILE)))?;
        described.read_others(files)?;
        let mut of = family.from_checkpoint(&described)?;
        let image = &mut of.image;
        image.max_pixels = options.max_pixels.unwrap_or(image.max_pixels);
        image.min_pixels = options
            .min_pixels
            .unwrap_or_else(|| image.min_pixels.min(image.max_pixels));
        let views_shown = views.as_ref().map(|(_, shown)| shown.clone());
        let views = chosen_views(options, views, of.view.clone())?;
        let prompt = views.prompt(of.prompt.clone());
        let settings = Settings {
            image: &of.image,
            prompt: &prompt,
            views: &views.views,
        };
        let of_views = |e: Error| match &views_shown {
            Some(shown) if e.message().starts_with("`views") => e.about(shown.clone()),
            _ => e.about(MANIFEST_FILE),
        };
        of.config.check(settings).map_err(of_views)?;
        let tokenizer = family.tokenizer(TokenizerFiles::of(files)).map_err(|e| {
            let file = files.shown(e.subject());
            Error::new(e.code(), file, e.message()).with_source(e)
        })?;
        let file = files.shown(TOKENIZER_FILE);
        check_tokenizer(
            &tokenizer,
            &file,
            &prompt,
            &views.views,
            of.config.token_table()[0],
            &of.tokens,
        )?;
        // What loading will do with it.
        let of_tokenizer = |e: Error| match e.code() {
            Code::Tokenizer => e.about(file.clone()),
            _ => of_views(e),
        };
        Tokenizer::from_bytes(&tokenizer)
            .and_then(|tokenizer| of.config.layout(settings, tokenizer))
            .and_then(|layout| layout.item(None, Some("a text"), None))
            .map_err(of_tokenizer)?;
        let specs = of.config.tensors(&views.views);
        let adapter = Adapter::of(files, &|name| family.rename(name))?;
        if let Some(adapter) = &adapter {
            adapter.check(specs.iter()).map_err(|e| {
                let why = format!("{} {}", e.subject(), e.message());
                Error::new(e.code(), files.shown(ADAPTER_WEIGHTS_FILE), why)
            })?;
        }
        Ok(Self {
            family,
            of,
            views,
            prompt,
            tokenizer,
            specs,
            adapter,
            modules: described.module_weights()?,
            licence: files.get(README_FILE).and_then(readme_licence),
            place: folder_name(files.place()),
        })
    }

    /// The name in packages of a tensor in a file of the checkpoint; `None` for what an embedder does not need.
    pub fn rename(&self, file: &str, tensor: &str) -> Option<String> {
        match self.modules.iter().position(|module| module == file) {
            None => self.family.rename(tensor),
            Some(i) => {
                let of = tensor.strip_prefix("linear.").unwrap_or(tensor);
                Some(format!("dense.{i}.{of}"))
            }
        }
    }

    /// The tensors that come from the checkpoint.
    pub fn of_checkpoint(&self) -> impl Iterator<Item = &TensorSpec> {
        self.specs.iter().filter(|spec| spec.group != Group::Views)
    }

    /// The package's manifest but for its files. `random` are the views whose learned vectors nobody has learned.
    ///
    /// # Errors
    /// [`Code::PackageManifest`].
    pub fn manifest(&self, options: &ConvertOptions, random: &[String]) -> Result<Manifest> {
        let own = |given: &Option<String>| given.clone().unwrap_or_else(|| self.place.clone());
        let mut provenance = Vec::from_iter(options.provenance.clone());
        provenance.push(format!(
            "Converted from the checkpoint {} by agff {}.",
            own(&options.checkpoint),
            env!("CARGO_PKG_VERSION")
        ));
        if self.adapter.is_some() {
            let folder = options.adapter.as_deref().map(folder_name);
            provenance.push(match options.adapter_name.clone().or(folder) {
                Some(name) => format!("The adapter {name} is folded in."),
                None => "The adapter beside it is folded in.".into(),
            });
        }
        if !random.is_empty() {
            provenance.push(format!(
                "The learned vectors of the views {} are untrained: random values of deviation \
                 {RANDOM_STD}.",
                random.join(", ")
            ));
        }
        let dimensions = self.views.dimensions.clone();
        let licence = options.licence.clone().or_else(|| self.licence.clone());
        let manifest = Manifest {
            format: FORMAT.into(),
            version: FORMAT_VERSION,
            name: own(&options.name),
            family: self.family.name.into(),
            trained: options.trained,
            dtype: options.dtype,
            image: self.of.image.clone(),
            prompt: self.prompt.clone(),
            fusion: self.views.fusion,
            // Read with the weights.
            probability: None,
            certainty: None,
            dimensions: dimensions.unwrap_or_else(|| vec![self.of.config.embedding_dim()]),
            licence: licence.unwrap_or_else(|| "unknown".into()),
            provenance: provenance.join(" "),
            languages: Vec::new(),
            files: Vec::new(),
            views: self.views.views.clone(),
            config: self.of.config.clone(),
        };
        manifest
            .check_but_files()
            .map_err(|e| e.about(MANIFEST_FILE))?;
        Ok(manifest)
    }

    /// What a package of this type takes.
    pub fn plan(&self, dtype: Dtype) -> Plan {
        let mut plan = Plan {
            family: self.family.name,
            parameters: 0,
            package: 0,
            device: 0,
            token_table: 0,
            largest: 0,
        };
        for spec in &self.specs {
            let bytes = stored_bytes(spec, spec.stored_dtype(dtype));
            plan.parameters += spec.count() as u64;
            plan.package += bytes;
            match spec.kind {
                Kind::TokenTable => plan.token_table += bytes,
                Kind::Linear | Kind::Plain => {
                    plan.device += bytes;
                    plan.largest = plan.largest.max(bytes);
                }
            }
        }
        plan
    }
}

/// What a package of a checkpoint takes, known from its small files alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The model family.
    pub family: &'static str,
    /// Weights, each counted once.
    pub parameters: u64,
    /// Bytes of the package's tensors.
    pub package: u64,
    /// Bytes of them that are on the device as long as the model is loaded.
    pub device: u64,
    /// Bytes of the token embeddings, which are read by row.
    pub token_table: u64,
    /// Bytes of the largest tensor on the device. One that is larger than a device binds at once is cut between
    /// rows.
    pub largest: u64,
}

/// Reads and checks the small files of the checkpoint in the folder `hf`; its weights need not be there.
///
/// # Errors
/// As [`convert`](super::convert()) for everything but weights.
#[cfg(not(target_family = "wasm"))]
pub fn plan(hf: &Path, options: &ConvertOptions) -> Result<Plan> {
    Ok(prepare(hf, options)?.plan(options.dtype))
}

/// Reads and checks the small files of a folder.
#[cfg(not(target_family = "wasm"))]
pub(super) fn prepare(hf: &Path, options: &ConvertOptions) -> Result<Prepared> {
    check_folder(hf)?;
    let views = match &options.views {
        None => None,
        Some(path) => {
            let json = read_capped(path, MAX_MANIFEST_BYTES)?;
            Some((json, path.display().to_string()))
        }
    };
    let mut files = SmallFiles::read(hf)?;
    if let Some(adapter) = &options.adapter {
        files.read_adapter(adapter)?;
    }
    Prepared::new(&files, options, views)
}

/// Uniform values of deviation [`RANDOM_STD`] that follow from the name alone: FNV-1a (Fowler, Noll,
/// Vo) of the name seeds SplitMix64 (Steele, Lea and Flood, 2014).
pub(super) fn random_values(name: &str, count: usize) -> Vec<f32> {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    (1..=count as u64)
        .map(|i| {
            let mut z = seed.wrapping_add(i.wrapping_mul(STEP));
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let unit = ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32;
            (unit - 0.5) * (12.0_f32.sqrt() * RANDOM_STD)
        })
        .collect()
}

/// Bytes of a tensor as it is stored, with its scales.
fn stored_bytes(spec: &TensorSpec, dtype: Dtype) -> u64 {
    let (n, k) = (spec.shape[0], spec.row_len());
    let words = match dtype {
        Dtype::F32 => k,
        _ if has_scales(dtype) => words_per_row(dtype, k) + scale_words(k),
        _ => words_per_row(dtype, k),
    };
    4 * n as u64 * words as u64
}

fn chosen_views(options: &ConvertOptions, given: GivenViews, own: View) -> Result<ViewsFile> {
    match (given, options.regions) {
        (None, None | Some(0)) => Ok(ViewsFile::of(own)),
        (None, Some(side)) => Ok(ViewsFile::grid(own, side.min(MAX_VIEWS))),
        (Some((json, shown)), None) => ViewsFile::parse(&json, &shown),
        (Some(_), Some(_)) => {
            let why = "stands beside a file of views; name the regions in that file";
            Err(Error::new(Code::Input, "regions", why))
        }
    }
}

/// A folder's own name, there or not: what a package is called that is given no name.
pub fn folder_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let name = whole.as_deref().unwrap_or(folder).file_name();
    name.map_or_else(|| "model".into(), |n| n.to_string_lossy().into_owned())
}

/// The `license:` of the front matter of a model card: one, or a list of several.
fn readme_licence(card: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(card)
        .ok()?
        .trim_start_matches('\u{feff}');
    let mut lines = text.lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut lines = lines.take_while(|line| line.trim_end() != "---");
    let stated = lines.find_map(|line| line.strip_prefix("license:"))?.trim();
    let stated: Vec<&str> = match stated.strip_prefix('[') {
        Some(list) => list.trim_end_matches(']').split(',').collect(),
        None if stated.is_empty() => lines
            .map_while(|line| line.trim().strip_prefix("- "))
            .collect(),
        None => vec![stated],
    };
    let names: Vec<&str> = stated
        .iter()
        .map(|name| match name.trim().trim_matches(['"', '\'']) {
            "apache-2.0" => "Apache-2.0",
            "mit" => "MIT",
            other => other,
        })
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Says what a folder is that is no checkpoint's.
#[cfg(not(target_family = "wasm"))]
fn check_folder(hf: &Path) -> Result<()> {
    let why = if hf.join(CONFIG_FILE).exists() {
        return Ok(());
    } else if hf.join(MANIFEST_FILE).exists() {
        "is a package already; use it as it is"
    } else if hf.join(ADAPTER_CONFIG_FILE).exists() {
        "has an adapter of PEFT alone; convert the model that it was made for, with this as its --adapter"
    } else if hf.is_dir() {
        "has no config.json in it; name the folder with the checkpoint's files"
    } else if hf.exists() {
        "is not a folder; name the one with the checkpoint's files"
    } else {
        "there is no such folder; a checkpoint is downloaded first, then converted"
    };
    let name = hf.display().to_string();
    Err(Error::new(Code::PackageFileMissing, name, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_states_one_licence_or_several() {
        for (card, licence) in [
            ("---\nlicense: mit\n---\n# A model", Some("MIT")),
            (
                "---\r\nlanguage: en\r\nlicense: \"apache-2.0\"\r\n---\r\n",
                Some("Apache-2.0"),
            ),
            (
                "\u{feff}---\nlicense:\n- mit\n- cc-by-4.0\ntags: []\n---\n",
                Some("MIT, cc-by-4.0"),
            ),
            ("---\nlicense: [mit, \"gemma\"]\n---\n", Some("MIT, gemma")),
            ("---\nlicense:\n---\n", None),
            ("---\ntags: []\n---\nlicense: mit\n", None),
            ("license: mit\n", None),
        ] {
            assert_eq!(
                readme_licence(card.as_bytes()).as_deref(),
                licence,
                "{card:?}"
            );
        }
    }
}
