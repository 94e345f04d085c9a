//! A package from a Hugging Face checkpoint.
//!
//! The checkpoint is read tensor by tensor, a large tensor in pieces of some rows, so memory holds one piece
//! as f32 and packed, and of a quantised tensor its scales (a thirty-second part). The same
//! checkpoint and options give the same bytes.

use std::path::{Path, PathBuf};

use super::manifest::{FORMAT, FORMAT_VERSION, MANIFEST_FILE, Manifest};
use super::plan::{Prepared, prepare};
use super::views_file::ViewsFile;
use super::writer::PackageWriter;
use crate::checkpoint::{Checkpoint, read_capped};
use crate::families::View;
use crate::tensors::quantize::{has_scales, pack_rows, scale_words, words_per_row};
use crate::tensors::{Dtype, Group, StoredDtype, Suffix, TensorSpec};
use crate::{Code, Error, Result};

/// Values of a piece that is packed at once.
const PIECE: usize = 4 << 20;

/// Standard deviation of learned vectors that nobody has learned yet.
const RANDOM_STD: f32 = 0.02;

/// What to make of a checkpoint.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// How linear weights are stored. (The token embeddings of a q4 package are q8.)
    pub dtype: Dtype,
    /// A `views.json`; without one the package has the view `global`, the checkpoint's own embedding.
    pub views: Option<PathBuf>,
    /// Fine views: the parts of the picture in a grid of so many on a side, for families whose views are regions.
    pub regions: Option<usize>,
    /// The package's name; by default that of the checkpoint's folder.
    pub name: Option<String>,
    /// The weights' licence; by default what the checkpoint's `README.md` says.
    pub licence: Option<String>,
    /// What to call the checkpoint where the package says what it was made of; by default its folder's name.
    pub checkpoint: Option<String>,
    /// A sentence on where the weights come from, put before what `convert` says itself.
    pub provenance: Option<String>,
    /// Whether the weights were ever trained.
    pub trained: bool,
    /// Fewest pixels that images are enlarged to, instead of the checkpoint's own.
    pub min_pixels: Option<u64>,
    /// Most pixels that images are reduced to, instead of the checkpoint's own.
    pub max_pixels: Option<u64>,
    /// Replace a package that is at the target already.
    pub force: bool,
}

impl Default for ConvertOptions {
    fn default() -> Self {
        Self {
            dtype: Dtype::F16,
            views: None,
            regions: None,
            name: None,
            licence: None,
            checkpoint: None,
            provenance: None,
            trained: true,
            min_pixels: None,
            max_pixels: None,
            force: false,
        }
    }
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvertProgress<'a> {
    /// The tensor that is being converted.
    pub tensor: &'a str,
    /// Weights that were converted.
    pub done: u64,
    /// Weights of the model.
    pub total: u64,
}

/// Converts the checkpoint in the folder `hf` to a package in the folder `out`, and returns its
/// manifest.
///
/// # Errors
/// [`Code::PackageFamily`], [`Code::Config`], [`Code::PackageFileMissing`],
/// [`Code::PackageTruncated`], [`Code::PackageTensor`], [`Code::PackageNotFinite`],
/// [`Code::Tokenizer`], [`Code::PackageManifest`] for a wrong `views.json`, [`Code::Io`]. Nothing is left at
/// `out` then.
pub fn convert(
    hf: &Path,
    out: &Path,
    options: &ConvertOptions,
    progress: &mut dyn FnMut(ConvertProgress<'_>),
) -> Result<Manifest> {
    let Prepared {
        family,
        of,
        views,
        prompt,
        tokenizer,
        specs,
    } = prepare(hf, options)?;
    let of_checkpoint = |s: &&TensorSpec| s.group != Group::Views;
    let mut checkpoint = Checkpoint::open(hf, &|name| family.rename(name))?;
    let own: Vec<TensorSpec> = specs.iter().filter(of_checkpoint).cloned().collect();
    checkpoint.check(&own)?;
    let mut vectors = LearnedVectors::open(&views, options)?;

    let manifest = Manifest {
        format: FORMAT.into(),
        version: FORMAT_VERSION,
        name: options.name.clone().unwrap_or_else(|| folder_name(hf)),
        family: family.name.into(),
        trained: options.trained,
        dtype: options.dtype,
        image: of.image,
        prompt,
        fusion: views.fusion,
        dimensions: views
            .dimensions
            .clone()
            .unwrap_or_else(|| vec![of.config.embedding_dim()]),
        licence: options
            .licence
            .clone()
            .or_else(|| readme_licence(hf))
            .unwrap_or_else(|| "unknown".into()),
        provenance: String::new(),
        languages: Vec::new(),
        files: Vec::new(),
        views: views.views,
        config: of.config,
    };
    manifest
        .check_but_files()
        .map_err(|e| e.about(MANIFEST_FILE))?;
    let mut writer = PackageWriter::create(out, options.force)?;
    let total = specs.iter().map(values_of).sum();
    let mut done = 0;
    for spec in &specs {
        progress(ConvertProgress {
            tensor: &spec.name,
            done,
            total,
        });
        let dtype = spec.stored_dtype(options.dtype);
        if of_checkpoint(&spec) {
            write_tensor(&mut writer, spec, dtype, |rows| {
                progress(ConvertProgress {
                    tensor: &spec.name,
                    done: done + (rows.start * row_len(spec)) as u64,
                    total,
                });
                checkpoint.rows(spec, rows)
            })?;
        } else {
            let values = vectors.values(spec)?;
            write_tensor(&mut writer, spec, dtype, |rows| {
                let row = row_len(spec);
                Ok(values[rows.start * row..rows.end * row].to_vec())
            })?;
        }
        done += values_of(spec);
        progress(ConvertProgress {
            tensor: &spec.name,
            done,
            total,
        });
    }
    let provenance = provenance(hf, options, &vectors.random);
    writer.finish(
        Manifest {
            provenance,
            ..manifest
        },
        &tokenizer,
    )
}

/// Writes one tensor from its rows: the values, then the scales.
///
/// # Errors
/// [`Code::PackageNotFinite`], and those of `rows` and the writer.
pub fn write_tensor(
    writer: &mut PackageWriter,
    spec: &TensorSpec,
    dtype: Dtype,
    mut rows: impl FnMut(std::ops::Range<usize>) -> Result<Vec<f32>>,
) -> Result<()> {
    let stored = |suffix: Suffix| format!("{}{}", spec.name, suffix.as_str());
    let (n, k) = (spec.shape[0], row_len(spec));
    if dtype == Dtype::F32 {
        writer.begin(&spec.name, StoredDtype::F32, &spec.shape)?;
    } else {
        let shape = [n, words_per_row(dtype, k)];
        writer.begin(&stored(Suffix::of(dtype)), StoredDtype::U32, &shape)?;
    }
    let step = (PIECE / k).max(1);
    let mut scales = Vec::new();
    for start in (0..n).step_by(step) {
        let values = rows(start..(start + step).min(n))?;
        let packed = pack_rows(dtype, &spec.name, k, &values)?;
        writer.rows(&packed.words)?;
        scales.extend_from_slice(&packed.scales);
    }
    writer.end()?;
    if has_scales(dtype) {
        let shape = [n, scale_words(k)];
        writer.begin(&stored(Suffix::Scales), StoredDtype::U32, &shape)?;
        writer.rows(&scales)?;
        writer.end()?;
    }
    Ok(())
}

pub(super) fn row_len(spec: &TensorSpec) -> usize {
    spec.shape[1..].iter().product()
}

pub(super) fn values_of(spec: &TensorSpec) -> u64 {
    spec.count() as u64
}

/// A folder's own name, there or not: what a package is called that is given no name.
pub fn folder_name(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let name = whole.as_deref().unwrap_or(folder).file_name();
    name.map_or_else(|| "model".into(), |n| n.to_string_lossy().into_owned())
}

/// The `license:` of the front matter of the checkpoint's `README.md`.
fn readme_licence(hf: &Path) -> Option<String> {
    let bytes = read_capped(&hf.join("README.md"), 1 << 20).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let front = text.strip_prefix("---\n")?.split("\n---").next()?;
    let stated = front
        .lines()
        .find_map(|line| line.strip_prefix("license:"))?
        .trim()
        .trim_matches(['"', '\'']);
    Some(match stated {
        "" => return None,
        "apache-2.0" => "Apache-2.0".into(),
        "mit" => "MIT".into(),
        other => other.into(),
    })
}

fn provenance(hf: &Path, options: &ConvertOptions, random: &[String]) -> String {
    let mut parts = Vec::from_iter(options.provenance.clone());
    parts.push(format!(
        "Converted from the checkpoint {} by agff {}.",
        options
            .checkpoint
            .clone()
            .unwrap_or_else(|| folder_name(hf)),
        env!("CARGO_PKG_VERSION")
    ));
    if !random.is_empty() {
        parts.push(format!(
            "The learned vectors of the views {} are untrained: random values of deviation \
             {RANDOM_STD}.",
            random.join(", ")
        ));
    }
    parts.join(" ")
}

/// Learned vectors of views: from the file that `views.json` names, or else random.
struct LearnedVectors {
    file: Option<Checkpoint>,
    /// Views whose vectors are random.
    random: Vec<String>,
}

impl LearnedVectors {
    fn open(views: &ViewsFile, options: &ConvertOptions) -> Result<Self> {
        let folder = options.views.as_deref().and_then(Path::parent);
        let file = match (&views.vectors, folder) {
            (Some(vectors), Some(folder)) => {
                Some(Checkpoint::file(folder.join(vectors), &|name| {
                    Some(name.into())
                })?)
            }
            _ => None,
        };
        let stray = file.iter().flat_map(Checkpoint::names).find(|name| {
            let named = |view: &View| name.strip_prefix("views.") == Some(&view.name);
            !views.views.iter().any(|v| v.learned > 0 && named(v))
        });
        match stray {
            None => Ok(Self {
                file,
                random: Vec::new(),
            }),
            Some(name) => Err(Error::new(
                Code::PackageTensor,
                name,
                "is in the file of learned vectors, but no view of views.json has any by that name",
            )),
        }
    }

    /// The vectors of one view, `[learned, hidden]`.
    fn values(&mut self, spec: &TensorSpec) -> Result<Vec<f32>> {
        if let Some(file) = &mut self.file
            && file.names().any(|name| name == spec.name)
        {
            return file.rows(spec, 0..spec.shape[0]);
        }
        let view = spec.name.trim_start_matches("views.");
        self.random.push(view.into());
        Ok(random_values(&spec.name, values_of(spec) as usize))
    }
}

/// Uniform values of deviation [`RANDOM_STD`] that follow from the name alone: FNV-1a (Fowler, Noll,
/// Vo) of the name seeds SplitMix64 (Steele, Lea and Flood, 2014).
fn random_values(name: &str, count: usize) -> Vec<f32> {
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
