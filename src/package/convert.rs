//! A package from a Hugging Face checkpoint.
//!
//! The checkpoint is read tensor by tensor, a large tensor in pieces of some rows, so memory holds one piece
//! as f32 and packed, and of a quantised tensor its scales (a thirty-second part). The same
//! checkpoint and options give the same bytes.

use std::path::Path;

pub use super::options::ConvertOptions;
pub use super::plan::folder_name;
use super::plan::{Prepared, prepare, random_values};
use super::views_file::ViewsFile;
use super::writer::PackageWriter;
use crate::checkpoint::Checkpoint;
use crate::families::View;
use crate::package::Manifest;
use crate::tensors::quantize::{has_scales, pack_rows, scale_words, words_per_row};
use crate::tensors::{Dtype, Group, StoredDtype, Suffix, TensorSpec};
use crate::{Code, Error, Result};

/// Values of a piece that is packed at once.
const PIECE: usize = 4 << 20;

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
    let prepared = prepare(hf, options)?;
    let family = prepared.family;
    let mut checkpoint = Checkpoint::open(hf, &|name| family.rename(name))?;
    for module in &prepared.modules {
        checkpoint.add(hf.join(module), &|name| prepared.rename(module, name))?;
    }
    checkpoint.weights().check(prepared.of_checkpoint())?;
    let mut vectors = LearnedVectors::open(&prepared.views, options)?;
    let mut manifest = prepared.manifest(options, &vectors.random)?;
    manifest.probability = family.probability(|name| checkpoint.scalar(name))?;
    let Prepared {
        specs,
        tokenizer,
        adapter,
        ..
    } = prepared;
    let mut writer = PackageWriter::create(out, options.force)?;
    let total = specs.iter().map(|spec| spec.count() as u64).sum();
    let mut done = 0;
    for spec in &specs {
        progress(ConvertProgress {
            tensor: &spec.name,
            done,
            total,
        });
        let dtype = spec.stored_dtype(options.dtype);
        if spec.group != Group::Views {
            write_tensor(&mut writer, spec, dtype, |rows| {
                progress(ConvertProgress {
                    tensor: &spec.name,
                    done: done + (rows.start * spec.row_len()) as u64,
                    total,
                });
                let first = rows.start;
                let mut values = checkpoint.rows(spec, rows)?;
                if let Some(adapter) = &adapter {
                    adapter.add_to(&spec.name, first, &mut values);
                }
                Ok(values)
            })?;
        } else {
            let values = vectors.values(spec)?;
            write_tensor(&mut writer, spec, dtype, |rows| {
                let row = spec.row_len();
                Ok(values[rows.start * row..rows.end * row].to_vec())
            })?;
        }
        done += spec.count() as u64;
        progress(ConvertProgress {
            tensor: &spec.name,
            done,
            total,
        });
    }
    writer.finish(manifest, &tokenizer)
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
    let (n, k) = (spec.shape[0], spec.row_len());
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
        let names = || file.iter().flat_map(|file| file.weights().names());
        let stray = names().find(|name| {
            let named = |view: &View| name.strip_prefix("views.") == Some(&view.name);
            !views.views.iter().any(|v| v.learned > 0 && named(v))
        });
        match stray {
            None => {
                let given =
                    |view: &View| names().any(|name| name == format!("views.{}", view.name));
                let random = |view: &&View| view.learned > 0 && !given(view);
                let random = views.views.iter().filter(random);
                let random = random.map(|view| view.name.clone()).collect();
                Ok(Self { file, random })
            }
            Some(name) => Err(Error::new(
                Code::PackageTensor,
                name,
                "is in the file of learned vectors, but no view of views.json has any by that name",
            )),
        }
    }

    /// The vectors of one view, `[learned, hidden]`.
    fn values(&mut self, spec: &TensorSpec) -> Result<Vec<f32>> {
        match &mut self.file {
            Some(file) if file.weights().names().any(|name| name == spec.name) => {
                file.rows(spec, 0..spec.shape[0])
            }
            _ => Ok(random_values(&spec.name, spec.count())),
        }
    }
}
