//! Shelves: the arms, and the pictures that they are trained and asked on.
//!
//! A shelf is a picture of 2, 4 or 9 photos of different products side by side, and its caption names one of them. A global
//! vector has to give up some of the others; views may share them out.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use agff::input::image::{DecodeLimits, Pixels, decode, resize};
use agff_eval::data::{Part, Question, Row, read_rows};
use agff_train::random::{Draw, What};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::arms::{self, Arm};
use crate::report::Section;
use crate::run::Runs;
use crate::{Failed, SEEDS, each, swept, tuned};

/// Photos across and down.
const GRIDS: [(u32, u32); 3] = [(2, 1), (2, 2), (3, 3)];

/// Side of a shelf in pixels; a multiple of 2 and 3, near what the model reads.
const SIDE: u32 = 264;

/// Shelves of each grid: to train on, to be asked for choosing, and to be asked.
const COUNTS: [usize; 3] = [400, 100, 300];

/// Shelves among which one is found.
const CANDIDATES: usize = 16;

/// Of each product's photos that train, this share, the last by their names, is for choosing.
const CHOOSING: f64 = 0.2;

/// A photo and its product.
struct Photo {
    path: PathBuf,
    product: usize,
}

/// A shelf that was written.
struct Shelf {
    image: String,
    products: Vec<usize>,
}

/// Writes the shelves: rows to train on and questions for choosing of the photos of `teachers`, questions for the test of
/// those of `searched`; both folders have a `pairs.jsonl`. What is there already stays.
///
/// # Errors
/// If something cannot be read or written.
pub fn write(teachers: &Path, searched: &Path, out: &Path) -> Result<(), Failed> {
    if out.join("test.jsonl").is_file() {
        return Ok(());
    }
    fs::create_dir_all(out.join("images"))?;
    let mut products = Vec::new();
    let all = photos(teachers, &mut products)?;
    let test = photos(searched, &mut products)?;
    let (mut train, mut choosing) = (Vec::new(), Vec::new());
    for product in 0..products.len() {
        let mut of: Vec<&Photo> = all.iter().filter(|p| p.product == product).collect();
        of.sort_by(|a, b| a.path.cmp(&b.path));
        let kept = of.len() - (of.len() as f64 * CHOOSING).round() as usize;
        train.extend_from_slice(&of[..kept]);
        choosing.extend_from_slice(&of[kept..]);
    }
    let test: Vec<&Photo> = test.iter().collect();
    let text = |product: usize| format!("a photo of {}", products[product]);

    let mut lines = Vec::new();
    for shelves in hung("train", &train, COUNTS[0], out)? {
        for (number, shelf) in shelves.iter().enumerate() {
            // Each thing of a shelf is as likely to be named.
            let named = shelf.products[number % shelf.products.len()];
            let others = shelf.products.iter().filter(|&&product| product != named);
            lines.push(serde_json::to_string(&Row {
                query: Part::image(&shelf.image),
                positive: Part::text(text(named)),
                label: Some(products[named].clone()),
                also: others.map(|&product| products[product].clone()).collect(),
                ..Row::default()
            })?);
        }
    }
    fs::write(out.join("rows.jsonl"), lines.join("\n") + "\n")?;
    for (name, photos, count) in [
        ("choosing", &choosing, COUNTS[1]),
        ("test", &test, COUNTS[2]),
    ] {
        let mut lines = Vec::new();
        for shelves in hung(name, photos, count, out)? {
            for (number, shelf) in shelves.iter().enumerate() {
                let named = shelf.products[number % shelf.products.len()];
                let without = (1..shelves.len())
                    .map(|further| &shelves[(number + further) % shelves.len()])
                    .filter(|other| !other.products.contains(&named));
                let others = without.take(CANDIDATES - 1).map(|other| &other.image);
                lines.push(serde_json::to_string(&Question {
                    group: Some(shelf.image.clone()),
                    category: Some(format!("{} things", shelf.products.len())),
                    query: Part::text(text(named)),
                    candidates: std::iter::once(&shelf.image)
                        .chain(others)
                        .map(Part::image)
                        .collect(),
                    answer: 0,
                })?);
            }
        }
        fs::write(out.join(format!("{name}.jsonl")), lines.join("\n") + "\n")?;
    }
    Ok(())
}

fn photos(folder: &Path, products: &mut Vec<String>) -> Result<Vec<Photo>, Failed> {
    let mut photos = Vec::new();
    for row in read_rows(&folder.join("pairs.jsonl"))? {
        let (Some(label), Some(path)) = (row.label, row.query.image) else {
            return Err("a row has no photo, or no product".into());
        };
        let known = products.iter().position(|product| *product == label);
        let product = known.unwrap_or_else(|| {
            products.push(label);
            products.len() - 1
        });
        photos.push(Photo { path, product });
    }
    Ok(photos)
}

/// So many shelves of each grid, of photos drawn by chance.
fn hung(
    name: &str,
    photos: &[&Photo],
    count: usize,
    out: &Path,
) -> Result<Vec<Vec<Shelf>>, Failed> {
    let mut all = Vec::new();
    for (grid, &(across, down)) in GRIDS.iter().enumerate() {
        let mut shelves = Vec::new();
        for number in 0..count {
            let seed = name
                .bytes()
                .fold(grid as u64, |seed, b| seed << 8 ^ u64::from(b));
            let mut draw = Draw::new(seed, 0, What::Order, number as u64);
            let mut chosen: Vec<&Photo> = Vec::new();
            while chosen.len() < (across * down) as usize {
                let photo = photos[draw.below(photos.len() as u64) as usize];
                if chosen.iter().all(|other| other.product != photo.product) {
                    chosen.push(photo);
                }
            }
            let image = format!("images/{name}-{}-{number:03}.png", across * down);
            let pixels = shelf(&chosen, across, down)?;
            let mut bytes = Vec::new();
            PngEncoder::new(&mut bytes).write_image(
                &pixels.rgb,
                pixels.width,
                pixels.height,
                ExtendedColorType::Rgb8,
            )?;
            fs::write(out.join(&image), bytes)?;
            shelves.push(Shelf {
                image,
                products: chosen.iter().map(|photo| photo.product).collect(),
            });
        }
        all.push(shelves);
    }
    Ok(all)
}

/// Photos side by side, each cut to the middle of its place's shape.
fn shelf(photos: &[&Photo], across: u32, down: u32) -> Result<Pixels, Failed> {
    let (width, height) = (SIDE / across, SIDE / down);
    let row = (SIDE * 3) as usize;
    let mut rgb = vec![0; row * SIDE as usize];
    for (place, photo) in photos.iter().enumerate() {
        let name = photo.path.display().to_string();
        let whole = decode(&name, &fs::read(&photo.path)?, &DecodeLimits::default())?;
        let scale = (f64::from(width) / f64::from(whole.width))
            .max(f64::from(height) / f64::from(whole.height));
        let side = |side: u32, least: u32| ((f64::from(side) * scale).round() as u32).max(least);
        let (w, h) = (side(whole.width, width), side(whole.height, height));
        let resized = resize(&whole, w, h)?;
        let (left, above) = ((w - width) / 2, (h - height) / 2);
        let (x, y) = (
            place as u32 % across * width,
            place as u32 / across * height,
        );
        for line in 0..height {
            let from = ((above + line) * w + left) as usize * 3;
            let to = (y + line) as usize * row + x as usize * 3;
            let length = width as usize * 3;
            rgb[to..to + length].copy_from_slice(&resized.rgb[from..from + length]);
        }
    }
    Ok(Pixels {
        width: SIDE,
        height: SIDE,
        rgb,
    })
}

/// Does what is missing, or as much of it as there is time for.
///
/// # Errors
/// Of training.
pub fn sections(runs: &Runs, stop: &AtomicBool) -> Result<Vec<Section>, Failed> {
    let plain = arms::named(views(), arms::PLAIN);
    let global = arms::named(views(), arms::REFERENCE);
    let compared = [views(), regions()].concat();
    let mut sections = vec![Section::new(
        "Shelves: views and fusion, InfoNCE",
        each(runs, stop, &compared, &SEEDS)?,
    )];
    sections.push(Section::new(
        "Shelves: how the package's own regions are fused",
        each(runs, stop, &regions(), &SEEDS)?,
    ));
    // Losses are compared by the fused and by the global view alike, each with a tuned temperature and margin.
    let mut sweeps = Vec::new();
    for (title, tuned_title, start, others) in [
        (
            "Shelves: losses, AGFF with K = 4",
            "Shelves: InfoNCE's temperature and margin, AGFF with K = 4",
            &plain,
            hardness(&plain, &["e1", "e2", "llave"]),
        ),
        (
            "Shelves: losses, global view alone",
            "Shelves: InfoNCE's temperature and margin, global view alone",
            &global,
            hardness(&global, &["e1"]),
        ),
        (
            "Shelves: losses, AGFF with the package's own regions",
            "Shelves: InfoNCE's temperature and margin, AGFF with the package's own regions",
            &regions()[0],
            hardness(&regions()[0], &["e1"]),
        ),
    ] {
        let arms = [vec![start.clone()], others].concat();
        let mut losses = each(runs, stop, &arms, &SEEDS)?;
        let all = [vec![start.clone()], tuning(start)].concat();
        let (outcomes, tuned) = tuned(runs, stop, &all)?;
        losses.extend(tuned);
        sections.push(Section::new(title, losses));
        sweeps.push(Section::new(tuned_title, outcomes));
    }
    // The package's temperature was chosen for single things; shelves may want another one.
    let all = [vec![plain.clone()], fusion()].concat();
    let outcomes = swept(runs, stop, &all)?;
    sections.push(Section::new(
        "Shelves: the temperature of the fusion",
        outcomes,
    ));
    sections.extend(sweeps);
    Ok(sections)
}

/// K learned regions, and how they are fused.
fn views() -> Vec<Arm> {
    let mut arms = vec![Arm::new(
        arms::REFERENCE,
        "global view alone",
        &["views.fine=0", "fusion.kind=global"],
    )];
    for k in [1, 4, 8] {
        for (kind, what) in [
            ("agff", "AGFF"),
            ("mean-of-views", "mean of views"),
            ("max", "best pair of views"),
        ] {
            let name = match (k, kind) {
                (4, "agff") => arms::PLAIN.to_owned(),
                _ => format!("{kind}-k{k}"),
            };
            arms.push(Arm::new(
                name,
                format!("{what}, K = {k}"),
                &[&fine(k), &format!("fusion.kind={kind}")],
            ));
        }
    }
    arms
}

/// The package's own nine regions, and how they are fused.
fn regions() -> Vec<Arm> {
    let of = |name: &str, what: &str, kind: &str| {
        let set = format!("fusion.kind={kind}");
        let what = format!("{what}, the package's own 3 × 3 regions");
        Arm::new(name, what, &[&set])
    };
    vec![
        of("regions", "AGFF", "agff"),
        of("regions-mean", "mean of views", "mean-of-views"),
        of("regions-max", "best pair of views", "max"),
    ]
}

fn fine(k: usize) -> String {
    format!("views={{fine={k}, learned=1}}")
}

/// Temperatures of the fusion, but for the package's own.
fn fusion() -> Vec<Arm> {
    let one = |t: &str| {
        Arm::new(
            format!("agff-f{t}"),
            format!("AGFF, K = 4, τ_f = {t}"),
            &[&fine(4), &format!("fusion.temperature={t}")],
        )
    };
    ["0.003", "0.01", "0.02", "0.07"].map(one).to_vec()
}

/// An arm with EGA or LLaVE's weights in the place of InfoNCE.
fn hardness(start: &Arm, losses: &[&str]) -> Vec<Arm> {
    let of = |&loss: &&str| {
        let what = match loss {
            "llave" => "LLaVE's weights".to_owned(),
            ega => format!("EGA {ega}"),
        };
        let hardness = format!("loss.hardness={loss}");
        let set: Vec<&str> = start.set.iter().map(String::as_str).collect();
        Arm::new(
            format!("{}-{loss}", start.name),
            format!("{}, {what}", start.what),
            &[set.as_slice(), &[&hardness]].concat(),
        )
    };
    losses.iter().map(of).collect()
}

/// An arm with other temperatures and margins.
fn tuning(start: &Arm) -> Vec<Arm> {
    let mut arms = Vec::new();
    for temperature in ["0.05", "0.1", "0.2"] {
        for margin in ["0", "0.1", "0.2"] {
            if (temperature, margin) == ("0.1", "0") {
                continue; // That is the start.
            }
            let mut set: Vec<&str> = start.set.iter().map(String::as_str).collect();
            let (t, m) = (
                format!("loss.temperature={temperature}"),
                format!("loss.margin={margin}"),
            );
            set.extend([t.as_str(), m.as_str()]);
            arms.push(Arm::new(
                format!("{}-t{temperature}-m{margin}", start.name),
                format!("{}, τ = {temperature}, margin {margin}", start.what),
                &set,
            ));
        }
    }
    arms
}
