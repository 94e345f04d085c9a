//! Models: loaded from packages, with views of their own or others, and asked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use agff::device::{DeviceChoice, DeviceOptions};
use agff::families::{Region, View};
use agff::input::image::Pixels;
use agff::package::manifest::MANIFEST_FILE;
use agff::{Agff, Embedding, Input, InputImage, LoadOptions, Source};
use agff_eval::data::Part;
use pollster::block_on;
use rayon::prelude::*;

use crate::Failed;

/// Inputs that are prepared at once.
const AT_ONCE: usize = 64;

/// Loads a package onto the CPU.
///
/// # Errors
/// Everything that can be wrong with it.
pub fn load(source: Source) -> Result<Agff, Failed> {
    let options = LoadOptions {
        device: DeviceOptions {
            choice: DeviceChoice::Cpu,
            ..DeviceOptions::default()
        },
        ..LoadOptions::default()
    };
    Ok(block_on(Agff::load(source, options))?)
}

/// The model that the program carries with it.
pub fn nano() -> Source {
    let files = agff_nano::FILES.iter();
    Source::memory(files.map(|&(name, bytes)| (name.to_owned(), Cow::Borrowed(bytes))))
}

/// A package with other views.
///
/// # Errors
/// If it cannot be read.
pub fn with_views(package: &Path, views: &[View]) -> Result<Source, Failed> {
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(package.join(MANIFEST_FILE))?)?;
    manifest["views"] = serde_json::to_value(views)?;
    let paths = manifest["files"].as_array().into_iter().flatten();
    let mut files = Vec::new();
    for path in paths.filter_map(|file| file["path"].as_str()) {
        files.push((path.to_owned(), Cow::Owned(fs::read(package.join(path))?)));
    }
    let manifest = serde_json::to_vec(&manifest)?;
    files.push((MANIFEST_FILE.to_owned(), Cow::Owned(manifest)));
    Ok(Source::memory(files))
}

/// Bytes of a package's files.
///
/// # Errors
/// If its manifest cannot be read.
pub fn bytes(package: &Path) -> Result<u64, Failed> {
    let manifest = fs::read(package.join(MANIFEST_FILE))?;
    let files = agff::package::Manifest::parse(&manifest)?.files;
    Ok(files.iter().map(|file| file.bytes).sum::<u64>() + manifest.len() as u64)
}

/// A grid of regions over a picture, and where its views are among a model's.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Regions beside each other.
    pub across: usize,
    /// Regions above each other.
    pub down: usize,
    /// The views: the whole, then the regions.
    pub views: Vec<usize>,
}

/// The whole picture and some grids of regions, as views of one model.
pub fn grids(sizes: &[(usize, usize)]) -> (Vec<View>, Vec<Grid>) {
    let mut views = vec![View {
        name: "global".into(),
        ..View::default()
    }];
    let mut grids = Vec::new();
    for &(across, down) in sizes {
        let mut grid = Grid {
            across,
            down,
            views: vec![0],
        };
        let (width, height) = (1.0 / across as f32, 1.0 / down as f32);
        for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
            grid.views.push(views.len());
            views.push(View {
                name: format!("{across}x{down}-{x}-{y}"),
                region: Some(Region {
                    x: x as f32 * width,
                    y: y as f32 * height,
                    width,
                    height,
                }),
                ..View::default()
            });
        }
        grids.push(grid);
    }
    (views, grids)
}

/// Embeds inputs, which are made when it is their turn.
///
/// # Errors
/// Of the first input that cannot be read.
pub fn embed<T: Sync>(
    agff: &Agff,
    items: &[T],
    input: impl Fn(&T) -> Result<Input, Failed> + Sync,
) -> Result<Vec<Embedding>, Failed> {
    let mut embeddings = Vec::with_capacity(items.len());
    for items in items.chunks(AT_ONCE) {
        let prepared = items
            .par_iter()
            .map(|item| Ok(agff.prepare(&input(item)?)?))
            .collect::<Result<_, Failed>>()?;
        embeddings.extend(block_on(agff.embed_prepared(prepared))?);
    }
    Ok(embeddings)
}

/// Embeds what data files name, each part once.
///
/// # Errors
/// As [`embed`].
pub fn embed_parts(agff: &Agff, parts: &[Part]) -> Result<HashMap<Part, Embedding>, Failed> {
    let embeddings = embed(agff, parts, |part| {
        let image = part.image.as_ref().map(|path| {
            Ok::<_, Failed>(InputImage::Encoded {
                name: path.display().to_string(),
                bytes: fs::read(path)?,
            })
        });
        Ok(Input {
            image: image.transpose()?,
            text: part.text.clone(),
            instruction: part.instruction.clone(),
        })
    })?;
    Ok(parts.iter().cloned().zip(embeddings).collect())
}

/// An input of pixels.
pub fn picture(pixels: Pixels) -> Input {
    Input {
        image: Some(InputImage::Pixels(pixels)),
        ..Input::default()
    }
}
