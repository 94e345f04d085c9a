//! Rows from clip-art: pictures of SVG files, and their titles and keywords.
//!
//! Debian's package `openclipart-svg` (public domain) has eight thousand of them, with words far
//! beyond those of [`scenes`](super::scenes). Files whose title says nothing, that look exactly like another or
//! that cannot be rendered within limits are left out, each for a stated reason ([`Skip`]). Titles
//! are split by a hash of their words: some are held out to be searched for, and none is on both sides.

mod effort;
mod expansion;
mod picture;
mod skip;
mod title;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use skip::Skip;

use super::folder::{DataFolder, DataManifest, MakeOptions, Workers};
use super::hash::stable;
use super::scenes::files::png;
use agff::input::image::Pixels;
use agff::{Code, Error, Result};
use agff_eval::data::{Part, Row};

/// Counts up whenever the same folder gives other files.
const GENERATOR: u32 = 1;
/// More files of one title than this, and it says nothing of any.
const MOST_OF_A_TITLE: usize = 12;
/// Keywords that one row adds to the title.
const KEYWORDS_IN_A_ROW: usize = 3;
/// Files that are rendered before their rows are written.
const CHUNK: usize = 128;
/// Words that a mirrored picture may not fit.
const SIDED: [&str; 22] = [
    "left",
    "right",
    "east",
    "west",
    "arrow",
    "flag",
    "map",
    "sign",
    "letter",
    "number",
    "text",
    "word",
    "logo",
    "clock",
    "card",
    "button",
    "keyboard",
    "semaphore",
    "alphabet",
    "symbol",
    "digit",
    "book",
];

/// What came of a folder of clip-art.
#[derive(Debug, Clone)]
pub struct Made {
    /// The data set.
    pub manifest: DataManifest,
    /// The files that were left out, relative to the folder, by reason.
    pub skipped: BTreeMap<Skip, Vec<PathBuf>>,
}

/// A file that makes a picture. All of a folder are held until their titles are known.
struct Drawn {
    path: PathBuf,
    words: title::Words,
    /// The picture, packed.
    png: Vec<u8>,
    /// Of the drawing alone.
    digest: [u8; 32],
}

/// Makes rows of the SVG files in `folder` and below: `rows.jsonl` with `images/` to train on, and
/// `holdout/pairs.jsonl` with `holdout/images/` of the share `holdout` of titles, 0 to 1.
/// `progress` hears how many files of how many are done.
///
/// # Errors
/// [`Code::Io`]; [`Code::Input`] for a share or a size that cannot be; [`Code::Data`] if no file makes a
/// row.
pub fn make(
    folder: &Path,
    out: &Path,
    holdout: f64,
    options: &MakeOptions,
    mut progress: impl FnMut(u64, u64),
) -> Result<Made> {
    if !(0.0..1.0).contains(&holdout) {
        let why =
            format!("the share of titles to hold out is 0 or more and below 1, not {holdout}");
        return Err(Error::new(Code::Input, "", why));
    }
    if !super::scenes::SIDES.contains(&options.size) {
        let (least, most) = (super::scenes::SIDES.start(), super::scenes::SIDES.end());
        let why = format!(
            "pictures are {least} to {most} pixels wide, not {}",
            options.size
        );
        return Err(Error::new(Code::Input, "", why));
    }
    let target = DataFolder::create(out, options.force)?;
    let mut files = Vec::new();
    find(folder, Path::new(""), &mut files)?;
    files.sort();
    if files.is_empty() {
        let why = "has no .svg files in it or below";
        return Err(Error::new(Code::Data, folder.display().to_string(), why));
    }
    let holdout = (holdout * 1e6) as u64;
    let workers = Workers::new(options.threads)?;
    let mut skipped: BTreeMap<Skip, Vec<PathBuf>> = BTreeMap::new();
    let mut drawn: Vec<Drawn> = Vec::new();
    let mut seen = HashSet::new();
    let (mut done, total) = (0, files.len() as u64);
    for chunk in files.chunks(CHUNK) {
        let results = workers.map(chunk.to_vec(), |path| {
            let result = draw(folder, &path, options);
            (path, result)
        });
        for (path, result) in results {
            match result? {
                Ok(one) if seen.insert(one.digest) => drawn.push(one),
                Ok(_) => skipped.entry(Skip::SamePicture).or_default().push(path),
                Err(why) => skipped.entry(why).or_default().push(path),
            }
        }
        done += chunk.len() as u64;
        progress(done, total);
    }
    let titled = titled(drawn, &mut skipped);
    let manifest = write(target, titled, holdout, options)?;
    Ok(Made { manifest, skipped })
}

/// The SVG files below a folder, relative to it. Links are not followed: they may lead anywhere.
fn find(root: &Path, inner: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let folder = root.join(inner);
    for entry in fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
        let entry = entry.map_err(|e| Error::io(&folder, e))?;
        let name = inner.join(entry.file_name());
        let kind = entry.file_type().map_err(|e| Error::io(&folder, e))?;
        if kind.is_dir() {
            find(root, &name, files)?;
        } else if kind.is_file()
            && name
                .extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("svg"))
        {
            files.push(name);
        }
    }
    Ok(())
}

/// Reads and renders a file; or says why not.
fn draw(root: &Path, path: &Path, options: &MakeOptions) -> Result<Result<Drawn, Skip>> {
    let side = options.size;
    let (words, rgba) = match read(root, path, side) {
        Ok(read) => read,
        Err(why) => return Ok(Err(why)),
    };
    let name = path.display().to_string();
    let chance = stable(&["background", &options.seed.to_string(), &name]);
    Ok(Ok(Drawn {
        path: path.into(),
        words,
        digest: Sha256::digest(&rgba).into(),
        png: png(&Pixels {
            width: side,
            height: side,
            rgb: over(&rgba, background(&rgba, chance)),
        })?,
    }))
}

/// A file's words and its drawing.
fn read(root: &Path, path: &Path, side: u32) -> Result<(title::Words, picture::Rgba), Skip> {
    let whole = root.join(path);
    let length = fs::metadata(&whole).map_err(|_| Skip::Unreadable)?.len();
    if length > picture::MOST_BYTES {
        return Err(Skip::TooLarge);
    }
    let bytes = fs::read(&whole).map_err(|_| Skip::Unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| Skip::Broken)?;
    let path = path.to_owned();
    picture::patiently(move || {
        let document = picture::parse(&text)?;
        let words = title::words(&document, &path);
        if words.title.is_none() && words.file_name.is_none() {
            return Err(Skip::NoTitle);
        }
        Ok((words, picture::render(&document, side)?))
    })
}

/// White more often than not, else a light colour; a dark one behind what is nearly white itself.
fn background(rgba: &[u8], chance: u64) -> [u8; 3] {
    let (mut light, mut weight) = (0, 0);
    for pixel in rgba.chunks_exact(4) {
        light += pixel[..3].iter().map(|&c| u64::from(c)).sum::<u64>();
        weight += 3 * u64::from(pixel[3]);
    }
    let nearly_white = weight > 0 && light * 100 > weight * 88;
    let tint = [chance >> 8, chance >> 16, chance >> 24].map(|bits| (bits & 63) as u8);
    match (nearly_white, chance % 100) {
        (true, _) => tint.map(|t| 40 + t),
        (false, 0..60) => [255; 3],
        (false, _) => tint.map(|t| 192 + t),
    }
}

/// Premultiplied pixels over a colour.
fn over(rgba: &[u8], behind: [u8; 3]) -> Vec<u8> {
    let pixels = rgba.chunks_exact(4);
    let pixel = |p: &[u8]| {
        let through = 255 - u32::from(p[3]);
        let one =
            |i: usize| p[i].saturating_add(((u32::from(behind[i]) * through + 127) / 255) as u8);
        [one(0), one(1), one(2)]
    };
    pixels.flat_map(pixel).collect()
}

/// Files with the title that each goes by: its own, or the file's name where too many share it.
fn titled(drawn: Vec<Drawn>, skipped: &mut BTreeMap<Skip, Vec<PathBuf>>) -> Vec<(String, Drawn)> {
    let mut common: HashMap<String, usize> = HashMap::new();
    for file in &drawn {
        if let Some(title) = &file.words.title {
            *common.entry(title::normalised(title)).or_default() += 1;
        }
    }
    let says = |title: &&String| {
        let of_it = common.get(&title::normalised(title)).copied();
        of_it.unwrap_or(0) <= MOST_OF_A_TITLE
    };
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut kept = Vec::new();
    for file in drawn {
        let own = file.words.title.as_ref().filter(says);
        let title = own.or(file.words.file_name.as_ref()).cloned();
        let Some(title) = title else {
            skipped.entry(Skip::NoTitle).or_default().push(file.path);
            continue;
        };
        let of_it = taken.entry(title::normalised(&title)).or_default();
        *of_it += 1;
        if *of_it > MOST_OF_A_TITLE {
            skipped
                .entry(Skip::CommonTitle)
                .or_default()
                .push(file.path);
        } else {
            kept.push((title, file));
        }
    }
    kept
}

/// Writes pictures and rows.
fn write(
    mut target: DataFolder,
    titled: Vec<(String, Drawn)>,
    holdout: u64,
    options: &MakeOptions,
) -> Result<DataManifest> {
    let mut rows = target.lines("rows.jsonl")?;
    let mut pairs = target.lines("holdout/pairs.jsonl")?;
    let (mut pictures, mut held_out) = (0, 0);
    for (title, file) in &titled {
        let label = title::normalised(title);
        let row = |text: &str, image: &str| Row {
            query: Part::text(text),
            positive: Part::image(image),
            label: Some(label.clone()),
            flip: flips(title, &file.words.keywords),
            ..Row::default()
        };
        if stable(&["title", &label]) % 1_000_000 < holdout {
            let image = format!("images/{held_out:05}.png");
            held_out += 1;
            let written = target.write(format!("holdout/{image}"), &file.png)?;
            target.add(written);
            pairs.push(&row(title, &image))?;
            continue;
        }
        let image = format!("images/{:03}/{pictures:05}.png", pictures / 1000);
        pictures += 1;
        let written = target.write(image.clone(), &file.png)?;
        target.add(written);
        rows.push(&row(title, &image))?;
        if let Some(text) = with_keywords(title, &file.words.keywords) {
            rows.push(&row(&text, &image))?;
        }
    }
    if pictures == 0 {
        let why = "no file makes a row to train on; see what was skipped and why";
        return Err(Error::new(Code::Data, "", why));
    }
    let counts = [
        ("rows", rows.len()),
        ("held out", pairs.len()),
        ("pictures", pictures + held_out),
    ];
    let counts = counts.map(|(name, count)| (name.to_owned(), count)).into();
    for file in [rows.finish()?, pairs.finish()?] {
        target.add(file);
    }
    target.finish(DataManifest {
        made_by: "agff data clipart".into(),
        generator: GENERATOR,
        split: "training".into(),
        seed: options.seed,
        size: options.size,
        counts,
        files: 0,
        bytes: 0,
        sha256: String::new(),
    })
}

/// The title and the first keywords that it does not say already: "ladybug, insect, red".
fn with_keywords(title: &str, keywords: &[String]) -> Option<String> {
    let said: Vec<&str> = title.split_whitespace().collect();
    let new = keywords
        .iter()
        .filter(|word| !said.contains(&word.as_str()));
    let new: Vec<&str> = new.take(KEYWORDS_IN_A_ROW).map(String::as_str).collect();
    (!new.is_empty()).then(|| format!("{title}, {}", new.join(", ")))
}

/// Whether nothing in its words says that a mirrored picture would be wrong.
fn flips(title: &str, keywords: &[String]) -> bool {
    let texts = keywords.iter().map(String::as_str).chain([title]);
    let mut words = texts.flat_map(str::split_whitespace);
    !words.any(|word| SIDED.iter().any(|sided| word.starts_with(sided)))
}
