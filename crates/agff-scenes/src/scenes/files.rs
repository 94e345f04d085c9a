//! Scenes as files: rows to train on, and the matching questions of the test set.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use serde::Serialize;

use super::{Caption, Pattern, Plan, Scene, Split, Unit};
use crate::folder::{DataFolder, DataManifest, MakeOptions, Workers, Written};
use agff::input::image::Pixels;
use agff::{Code, Error, Result};
use agff_eval::data::{Part, Question, Row};

/// Counts up whenever the same seed gives other scenes.
pub const GENERATOR: u32 = 1;

/// Pairs of each pattern in the test set, unless told otherwise.
pub const TEST_PAIRS: u64 = 60;

/// The side of the pictures, unless told otherwise, in pixels.
pub const DEFAULT_SIZE: u32 = 192;

/// The file of a training set's rows.
pub const ROWS_FILE: &str = "rows.jsonl";

/// Units that are painted before they are written.
const CHUNK: usize = 128;

/// A row with the pattern of its fact, which trainers leave aside.
#[derive(Debug, Serialize)]
struct SceneRow {
    #[serde(flatten)]
    row: Row,
    category: &'static str,
}

/// Writes `units` training units into a new folder: `rows.jsonl`, `images/…/*.png` and
/// `manifest.json`. `progress` hears how many units are done.
///
/// Each caption of a scene is a row with the scene as its positive, the unit's other scene as its
/// negative, and the scene's name as its label. The captions of one number of a unit's two scenes are a group: each
/// scene is the other caption's hard negative.
///
/// # Errors
/// [`Code::Io`]; [`Code::Input`] for a size that scenes are not drawn at, or no units.
pub fn write_training(
    out: &Path,
    units: u64,
    options: &MakeOptions,
    progress: impl FnMut(u64),
) -> Result<DataManifest> {
    if units == 0 {
        return Err(Error::new(Code::Input, "", "no units were asked for"));
    }
    let plan = |index: u64| Named {
        // With the seed, so that labels of several sets are told apart.
        name: format!("{}-{index:06}", options.seed),
        folder: format!("images/{:03}", index / 1000),
        plan: Plan::training(options.seed, index),
    };
    let named = (0..units).map(plan);
    let rows = |lines: &mut dyn FnMut(&SceneRow) -> Result<()>, made: &Made| {
        for side in 0..2 {
            for (number, caption) in made.captions[side].iter().enumerate() {
                lines(&row(made, side, number, caption))?;
            }
        }
        Ok(())
    };
    write(
        out,
        options,
        Split::Training,
        ROWS_FILE,
        named,
        rows,
        progress,
    )
}

/// Writes the test set into a new folder: `questions.jsonl`, `images/*.png` and `manifest.json`, with
/// `pairs` pairs of scenes of each pattern.
///
/// Each pair is a group of two questions with the same two candidates.
///
/// # Errors
/// As [`write_training`]'s, and [`Code::Input`] if there are not so many different pairs.
pub fn write_test(
    out: &Path,
    pairs: u64,
    options: &MakeOptions,
    progress: impl FnMut(u64),
) -> Result<DataManifest> {
    if pairs == 0 {
        return Err(Error::new(Code::Input, "", "no pairs were asked for"));
    }
    let mut named = Vec::new();
    for pattern in Pattern::ALL {
        for (number, plan) in different(pattern, pairs, options.seed)?
            .into_iter()
            .enumerate()
        {
            named.push(Named {
                name: format!("{}-{number:04}", pattern.key()),
                folder: "images".into(),
                plan,
            });
        }
    }
    let questions = |lines: &mut dyn FnMut(&Question) -> Result<()>, made: &Made| {
        for answer in 0..2 {
            let caption = &made.captions[answer][0];
            lines(&Question {
                group: Some(made.name.clone()),
                category: Some(made.pattern.name().into()),
                query: Part::text(&caption.text),
                candidates: made.images.iter().map(Part::image).collect(),
                answer,
            })?;
        }
        Ok(())
    };
    let named = named.into_iter();
    write(
        out,
        options,
        Split::Test,
        "questions.jsonl",
        named,
        questions,
        progress,
    )
}

/// So many plans of the test set whose captions all differ.
fn different(pattern: Pattern, pairs: u64, seed: u64) -> Result<Vec<Plan>> {
    let mut said = HashSet::new();
    let mut plans = Vec::new();
    for index in 0..pairs.saturating_mul(20) {
        let plan = Plan::of(pattern, Split::Test, seed, index);
        let [first, second] = plan.captions();
        if said.insert([first[0].text.clone(), second[0].text.clone()]) {
            plans.push(plan);
            if plans.len() as u64 == pairs {
                return Ok(plans);
            }
        }
    }
    let why = format!(
        "there are not {pairs} different pairs of {}; ask for fewer",
        pattern.name()
    );
    Err(Error::new(Code::Input, "", why))
}

/// A unit to paint, and what it and its files are called.
struct Named {
    name: String,
    folder: String,
    plan: Plan,
}

/// A painted unit whose pictures were written.
struct Made {
    name: String,
    pattern: Pattern,
    captions: [Vec<Caption>; 2],
    /// Their names, relative to the data set.
    images: [String; 2],
    files: [Written; 2],
}

/// Paints units on all threads and writes them in their order; `lines` makes the lines of each.
fn write<L: Serialize>(
    out: &Path,
    options: &MakeOptions,
    split: Split,
    lines_name: &str,
    units: impl Iterator<Item = Named>,
    lines: impl Fn(&mut dyn FnMut(&L) -> Result<()>, &Made) -> Result<()>,
    mut progress: impl FnMut(u64),
) -> Result<DataManifest> {
    let mut folder = DataFolder::create(out, options.force)?;
    let workers = Workers::new(options.threads)?;
    let mut file = folder.lines(lines_name)?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut units = units.fuse();
    let mut done = 0;
    loop {
        let chunk: Vec<Named> = units.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        for made in workers.map(chunk, |unit| make(&folder, unit, options.size)) {
            let made = made?;
            lines(&mut |line| file.push(line), &made)?;
            *counts.entry(made.pattern.name().into()).or_default() += 1;
            made.files.into_iter().for_each(|file| folder.add(file));
            done += 1;
        }
        progress(done);
    }
    let [split, lines_are] = match split {
        Split::Training => ["training", "rows"],
        Split::Test => ["test", "questions"],
    };
    counts.insert(lines_are.into(), file.len());
    counts.insert("units".into(), done);
    counts.insert("pictures".into(), 2 * done);
    let written = file.finish()?;
    folder.add(written);
    folder.finish(DataManifest {
        made_by: "agff data scenes".into(),
        generator: GENERATOR,
        split: split.into(),
        seed: options.seed,
        size: options.size,
        counts,
        files: 0,
        bytes: 0,
        sha256: String::new(),
    })
}

/// Paints a unit and writes its pictures.
fn make(folder: &DataFolder, named: Named, side: u32) -> Result<Made> {
    let unit: Unit = named.plan.paint(side)?;
    let Named {
        name, folder: into, ..
    } = named;
    let images = ["a", "b"].map(|letter| format!("{into}/{name}{letter}.png"));
    let write =
        |which: usize| folder.write(images[which].clone(), &png(&unit.scenes[which].pixels)?);
    let files = [write(0)?, write(1)?];
    Ok(Made {
        name,
        pattern: unit.pattern,
        captions: unit.scenes.map(|scene: Scene| scene.captions),
        images,
        files,
    })
}

fn row(made: &Made, side: usize, number: usize, caption: &Caption) -> SceneRow {
    let letter = ["a", "b"][side];
    SceneRow {
        row: Row {
            query: Part::text(&caption.text),
            positive: Part::image(&made.images[side]),
            negatives: vec![Part::image(&made.images[1 - side])],
            label: Some(format!("{}{letter}", made.name)),
            group: Some(format!("{}-{number}", made.name)),
            flip: caption.flip,
            ..Row::default()
        },
        category: made.pattern.name(),
    }
}

/// A picture as a PNG: packed quickly, for such pictures are small anyway.
pub(crate) fn png(pixels: &Pixels) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    let (width, height) = (pixels.width, pixels.height);
    encoder
        .write_image(&pixels.rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|e| {
            Error::new(Code::Internal, "", "a picture cannot be written as PNG").with_source(e)
        })?;
    Ok(bytes)
}
