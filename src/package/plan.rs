//! What a checkpoint's small files say: whether it can be converted, and what its package would take.

use std::path::Path;

use super::convert::{ConvertOptions, row_len, values_of};
use super::manifest::{MANIFEST_FILE, MAX_MANIFEST_BYTES, TOKENIZER_FILE};
use super::views_file::{ViewsFile, check_tokenizer};
use crate::checkpoint::{CONFIG_FILE, Description, TOKENIZER_FILES, TokenizerFiles, read_capped};
use crate::families::registry::Family;
use crate::families::{
    FromCheckpoint, MAX_VIEWS, ModelConfig, PromptSettings, Settings, View, registry,
};
use crate::input::text::Tokenizer;
use crate::tensors::quantize::{has_scales, scale_words, words_per_row};
use crate::tensors::{Dtype, Kind, TensorSpec};
use crate::{Code, Error, Result};

/// What a folder has that PEFT wrote.
const ADAPTER_FILE: &str = "adapter_config.json";

/// What a checkpoint's small files say, checked.
pub(super) struct Prepared {
    pub family: &'static Family,
    pub of: FromCheckpoint<ModelConfig>,
    pub views: ViewsFile,
    pub prompt: PromptSettings,
    pub tokenizer: Vec<u8>,
    pub specs: Vec<TensorSpec>,
}

/// Reads and checks the small files.
pub(super) fn prepare(hf: &Path, options: &ConvertOptions) -> Result<Prepared> {
    let shown = |file: &str| hf.join(file).display().to_string();
    check_folder(hf)?;
    let mut files = Description::config(hf)?;
    let family = registry::by_model_type(files.model_type()?)
        .map_err(|e| e.about(files.shown(CONFIG_FILE)))?;
    files.read_others(hf)?;
    let mut of = family.from_checkpoint(&files)?;
    let image = &mut of.image;
    image.max_pixels = options.max_pixels.unwrap_or(image.max_pixels);
    image.min_pixels = options
        .min_pixels
        .unwrap_or_else(|| image.min_pixels.min(image.max_pixels));
    let views = read_views(options, of.view.clone())?;
    let prompt = views.prompt(of.prompt.clone());
    let settings = Settings {
        image: &of.image,
        prompt: &prompt,
        views: &views.views,
    };
    let of_views = |e: Error| match &options.views {
        Some(path) if e.message().starts_with("`views") => e.about(path.display().to_string()),
        _ => e.about(MANIFEST_FILE),
    };
    of.config.check(settings).map_err(of_views)?;
    let tokenizer = family.tokenizer(read_tokenizer(hf)?).map_err(|e| {
        let file = shown(e.subject());
        e.about(file)
    })?;
    check_tokenizer(
        &tokenizer,
        &shown(TOKENIZER_FILE),
        &prompt,
        &views.views,
        of.config.token_table()[0],
        &of.token_ids,
    )?;
    // What loading will do with it.
    let file = shown(TOKENIZER_FILE);
    let of_tokenizer = |e: Error| match e.code() {
        Code::Tokenizer => e.about(file.clone()),
        _ => of_views(e),
    };
    let settings = Settings {
        image: &of.image,
        prompt: &prompt,
        views: &views.views,
    };
    Tokenizer::from_bytes(&tokenizer)
        .and_then(|tokenizer| of.config.layout(settings, tokenizer))
        .map_err(of_tokenizer)?;
    let specs = of.config.tensors(&views.views);
    Ok(Prepared {
        family,
        of,
        views,
        prompt,
        tokenizer,
        specs,
    })
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
/// As [`convert`]'s for everything but weights.
pub fn plan(hf: &Path, options: &ConvertOptions) -> Result<Plan> {
    let Prepared { family, specs, .. } = prepare(hf, options)?;
    let mut plan = Plan {
        family: family.name,
        parameters: 0,
        package: 0,
        device: 0,
        token_table: 0,
        largest: 0,
    };
    for spec in &specs {
        let bytes = stored_bytes(spec, spec.stored_dtype(options.dtype));
        plan.parameters += values_of(spec);
        plan.package += bytes;
        match spec.kind {
            Kind::TokenTable => plan.token_table += bytes,
            Kind::Linear | Kind::Plain => {
                plan.device += bytes;
                plan.largest = plan.largest.max(bytes);
            }
        }
    }
    Ok(plan)
}

/// Bytes of a tensor as it is stored, with its scales.
fn stored_bytes(spec: &TensorSpec, dtype: Dtype) -> u64 {
    let (n, k) = (spec.shape[0], row_len(spec));
    let words = match dtype {
        Dtype::F32 => k,
        _ if has_scales(dtype) => words_per_row(dtype, k) + scale_words(k),
        _ => words_per_row(dtype, k),
    };
    4 * n as u64 * words as u64
}

fn read_views(options: &ConvertOptions, own: View) -> Result<ViewsFile> {
    let path = match (&options.views, options.regions) {
        (None, None | Some(0)) => return Ok(ViewsFile::of(own)),
        (None, Some(side)) => return Ok(ViewsFile::grid(own, side.min(MAX_VIEWS))),
        (Some(path), None) => path,
        (Some(_), Some(_)) => {
            let why = "stands beside a file of views; name the regions in that file";
            return Err(Error::new(Code::Input, "regions", why));
        }
    };
    let json = read_capped(path, MAX_MANIFEST_BYTES)?;
    ViewsFile::parse(&json, &path.display().to_string())
}

/// Says what a folder is that is no checkpoint's.
fn check_folder(hf: &Path) -> Result<()> {
    let why = if hf.join(CONFIG_FILE).exists() {
        return Ok(());
    } else if hf.join(MANIFEST_FILE).exists() {
        "is a package already; use it as it is"
    } else if hf.join(ADAPTER_FILE).exists() {
        "has an adapter of PEFT alone; put it into its model first (merge_and_unload(), save_pretrained()), or give \
         `agff merge` the adapter of a run of agff"
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

/// The files of the checkpoint's tokenizer.
fn read_tokenizer(hf: &Path) -> Result<TokenizerFiles> {
    let mut files = TokenizerFiles::default();
    for (name, most) in TOKENIZER_FILES {
        let path = hf.join(name);
        if path.exists() {
            files.insert(name, read_capped(&path, most)?);
        }
    }
    Ok(files)
}
