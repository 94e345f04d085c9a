//! The models that are compared: checked before any work, loaded one after the other, and each asked
//! for every distinct input once.
//!
//! Views and dimensions are cut from the same embeddings, so comparing them costs nothing more; another type of
//! weights is another model.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use agff::package::manifest::{Dtype, Manifest};
use agff::package::repack::repacked;
use agff::package::{Package, Source};
use agff::{Code, Embedding, Error, Result};
use agff_eval::data::Part;
use pollster::block_on;

use crate::Failure;
use crate::model::{self, Loaded, ModelArgs};
use crate::output::Console;
use crate::pipeline::{self, Job};

/// The name under which `--view` knows the similarity that fuses all views.
pub const FUSED: &str = "fused";

/// A model to evaluate, whose manifest was read.
pub struct Candidate {
    /// What it is called beside others.
    pub label: String,
    pub package: Package,
}

/// Opens the packages, no weights yet, and gives each a name that the others do not have.
///
/// # Errors
/// What is wrong with a package, or [`Code::Input`] if it has no such view.
pub fn open(paths: &[PathBuf], views: &[String]) -> Result<Vec<Candidate>> {
    let packages = match paths {
        [] => vec![(None, model::source(None)?)],
        paths => paths
            .iter()
            .map(|path| Ok((Some(path.as_path()), model::source(Some(path))?)))
            .collect::<Result<Vec<_>>>()?,
    };
    let mut candidates = Vec::new();
    for (path, source) in packages {
        let package = block_on(Package::open(source))?;
        for view in views {
            view_of(package.manifest(), view)?;
        }
        candidates.push((path, package));
    }
    let mut names: HashMap<&str, usize> = HashMap::new();
    for (_, package) in &candidates {
        *names.entry(&package.manifest().name).or_default() += 1;
    }
    let label = |path: Option<&Path>, name: &str| match path {
        Some(path) if names[name] > 1 => path.display().to_string(),
        _ => name.to_owned(),
    };
    let labels: Vec<String> = candidates
        .iter()
        .map(|(path, package)| label(*path, &package.manifest().name))
        .collect();
    Ok(labels
        .into_iter()
        .zip(candidates)
        .map(|(label, (_, package))| Candidate { label, package })
        .collect())
}

/// The place of a view; `None` for the similarity that fuses all.
fn view_of(manifest: &Manifest, name: &str) -> Result<Option<usize>> {
    let place = manifest.views.iter().position(|view| view.name == name);
    match place {
        Some(_) => Ok(place),
        None if name == FUSED => Ok(None),
        None => {
            let names: Vec<&str> = manifest.views.iter().map(|v| v.name.as_str()).collect();
            Err(Error::new(
                Code::Input,
                "--view",
                format!(
                    "there is no view {name:?}; {} has {}, and {FUSED} is all of them together",
                    manifest.name,
                    names.join(", ")
                ),
            ))
        }
    }
}

impl Candidate {
    /// Loads it with its weights as they are, or stored as `dtype`.
    ///
    /// # Errors
    /// Everything that can be wrong with the package, the type, or the device.
    pub fn load(
        &self,
        dtype: Option<Dtype>,
        args: &ModelArgs,
        console: &Console,
    ) -> Result<Loaded> {
        let source: Source = match dtype {
            Some(dtype) => block_on(repacked(&self.package, dtype))?,
            None => self.package.source().clone(),
        };
        model::load_from(source, args, console)
    }
}

/// What could not be embedded, or not whole.
#[derive(Default)]
pub struct Failures {
    /// Inputs without their instructions.
    inputs: HashSet<Part>,
    /// Inputs whose texts were cut.
    truncated: HashSet<Part>,
    /// Whether one could not be read, rather than not be taken by the model.
    unreadable: bool,
}

impl Failures {
    /// Notes an input, and says why, unless it failed before.
    pub fn add(&mut self, part: &Part, error: &Error, console: &Console) {
        self.unreadable |= error.code() != Code::Input;
        if self.inputs.insert(bare(part)) {
            console.error(error);
        }
    }

    /// Whether an input could not be read: its image is missing or damaged, say. Others the model cannot take.
    pub fn any_unreadable(&self) -> bool {
        self.unreadable
    }

    pub fn has(&self, part: &Part) -> bool {
        !self.inputs.is_empty() && self.inputs.contains(&bare(part))
    }

    /// Whether the image by itself can be used.
    pub fn spare(&self, image: &Path) -> bool {
        let is_other = |part: &Part| part.image.as_deref() != Some(image);
        self.inputs.is_empty() || self.inputs.iter().all(is_other)
    }

    pub fn count(&self) -> usize {
        self.inputs.len()
    }

    /// How many texts were cut.
    pub fn truncated(&self) -> usize {
        self.truncated.len()
    }
}

/// An input without its instruction: it fails with any of them.
fn bare(part: &Part) -> Part {
    Part {
        instruction: None,
        ..part.clone()
    }
}

/// Embeddings of inputs.
pub type Embeddings = HashMap<Part, Embedding>;

/// Embeds the parts that `known` lacks, and adds them to it; what fails goes to `failures`.
///
/// # Errors
/// What stops everything: the device, the package.
pub fn embed(
    loaded: &Loaded,
    parts: &[&Part],
    known: &mut Embeddings,
    failures: &mut Failures,
    console: &Console,
) -> Result<(), Failure> {
    let wanted: Vec<&Part> = parts
        .iter()
        .copied()
        .filter(|part| !known.contains_key(part) && !failures.has(part))
        .collect();
    let jobs: Vec<Job> = wanted
        .iter()
        .map(|part| Job {
            image: part.image.clone(),
            text: part.text.clone(),
            instruction: part.instruction.clone(),
        })
        .collect();
    let mut next = wanted.iter();
    pipeline::embed(&loaded.agff, &jobs, console, |_, embedding| {
        let Some(part) = next.next() else {
            return Ok(());
        };
        match embedding {
            Ok(embedding) => {
                if embedding.truncated {
                    failures.truncated.insert(bare(part));
                }
                known.insert((*part).clone(), embedding);
            }
            Err(error) => failures.add(part, &error, console),
        }
        Ok(())
    })
}

/// The embeddings with one view only, or all, cut to so many dimensions.
///
/// # Errors
/// [`Code::Input`] for a view that does not exist, [`Code::Embedding`] for dimensions that do not.
pub fn cut(
    embeddings: &Embeddings,
    manifest: &Manifest,
    view: Option<&str>,
    dimensions: Option<usize>,
) -> Result<Embeddings> {
    let view = match view {
        Some(name) => view_of(manifest, name)?,
        None => None,
    };
    embeddings
        .iter()
        .map(|(part, whole)| {
            let one = match view {
                Some(place) => Embedding {
                    views: vec![whole.views[place].clone()],
                    values: whole.view(place).to_vec(),
                    ..whole.clone()
                },
                None => whole.clone(),
            };
            let cut = match dimensions {
                Some(dimensions) => one.truncate(dimensions)?,
                None => one,
            };
            Ok((part.clone(), cut))
        })
        .collect()
}
