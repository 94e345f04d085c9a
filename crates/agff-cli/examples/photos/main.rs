//! Measures the model `photo`, and writes what came of it into docs/photos.md.
//!
//! ```sh
//! make eval-photos
//! ```
//!
//! Captions search cut-out photos of things, one by one and put together to collages; photos of groceries get their
//! names; and everything is embedded once more in a page. Constants of the model were chosen on one half of the
//! stamps; what is reported is of the other half.

mod bars;
mod browser;
mod collage;
mod collage_tables;
mod collages;
mod draw;
mod groceries;
mod model;
mod numbers;
mod page;
mod scaled;
mod singles;
mod stamps;
mod sure;
mod taught;
mod trained;
mod variants;
mod ways;

use std::path::{Path, PathBuf};

use agff::Source;
use clap::Parser;

use collage_tables::Collages;
use collages::{Column, Search, TEMPERATURES};
use model::Grid;
use page::Measured;
use singles::{Asking, Embeddings, FUSION};
use stamps::{Half, Stamp};
use taught::Lessons;
use trained::Trained;
use variants::{Variant, variant};
use ways::Way;

/// Why it could not be done.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Grids of regions, across and down.
const GRIDS: [(usize, usize); 7] = [(1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4)];

/// The package's own among them.
const OWN: usize = 4;

/// Seeds of collages of other numbers than three.
const OTHER_SEEDS: u64 = 2;

/// Landscapes, in what the Debian packages have.
const BACKGROUNDS: &str = "usr/share/backgrounds/mate/nature";

/// Most that a value of a view may differ when there are other views beside it.
const ROUNDING: f32 = 1e-5;

#[derive(Parser)]
struct Args {
    /// Folder with what the Debian packages have in it
    #[arg(long)]
    debian: PathBuf,
    /// The packages and their versions, to be named
    #[arg(long)]
    versions: String,
    /// Folder of the packages photo, photo-f16 and photo-f32
    #[arg(long)]
    models: PathBuf,
    /// The command line
    #[arg(long)]
    agff: PathBuf,
    /// Folder of photos of groceries, with choice.jsonl
    #[arg(long)]
    groceries: Option<PathBuf>,
    /// Folder of photos of groceries that teach words, with pairs.jsonl
    #[arg(long, requires = "groceries")]
    teachers: Option<PathBuf>,
    /// Folder for files on the way
    #[arg(long)]
    out: PathBuf,
    /// The document whose marked part is written
    #[arg(long, default_value = "docs/photos.md")]
    document: PathBuf,
    /// Measure words that are taught alone, and print what comes of it
    #[arg(long)]
    only_taught: bool,
    /// Train alone, and print what the choosing half of the stamps says of it, which is what numbers are chosen by
    #[arg(long, requires = "teachers")]
    only_trained: bool,
    /// How often collages of three things are made of the reported half: one for each stamp
    #[arg(long, default_value_t = 6)]
    seeds: u64,
}

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out)?;
    if args.only_taught {
        let agff = model::load(Source::Folder(args.models.join("photo")))?;
        print!("{}", taught::text(lessons(&args, &agff)?.as_ref()));
        return Ok(());
    }
    let folder = args.debian.join("usr/share/tuxpaint/stamps");
    let stamps = stamps::read(&folder)?;
    let asking = [Half::Reported, Half::Choosing].map(|half| Asking::new(&stamps, half));
    let [reported, choosing] = &asking;
    let package = args.models.join("photo");
    if let Some(teachers) = args.teachers.as_ref().filter(|_| args.only_trained) {
        let (agff, ..) = trained::train(&package, teachers, &args.out)?;
        let own = model::load(Source::Folder(package))?;
        for (name, agff) in [("as it was", &own), ("trained", &agff)] {
            let (variant, _) = variant(name, agff, 0, &asking)?;
            let recalls = [0, 1, 2].map(|k| page::number(variant.fused[1].share(k)));
            println!("choosing half, {name}: {}", recalls.join(" / "));
        }
        return Ok(());
    }

    let mut variants = Vec::new();
    let mut kept = None;
    for dtype in ["q8", "f16", "f32"] {
        let path = match dtype {
            "q8" => package.clone(),
            other => args.models.join(format!("photo-{other}")),
        };
        eprintln!("{dtype}");
        let agff = model::load(Source::Folder(path.clone()))?;
        let (variant, embeddings) = variant(dtype, &agff, model::bytes(&path)?, &asking)?;
        variants.push(variant);
        kept.get_or_insert((agff, embeddings));
    }
    let (agff, embeddings) = kept.ok_or("no package was measured")?;
    let fusion_apart = reported.check_fusion(&embeddings)?;
    let nano = variants::nano(&asking)?;

    let rows = args.out.join("stamps.jsonl");
    reported.write(&rows)?;
    let Variant { fused, .. } = &variants[0];
    let global = variants[0].way(Way::Global);
    singles::check_command(&args.agff, &rows, &package, &fused[0], &global[0])?;
    eprintln!("`agff eval` counts the same");

    let groceries = args.groceries.as_deref();
    let groceries = groceries
        .map(|folder| groceries::name(&agff, folder))
        .transpose()?;
    let lessons = lessons(&args, &agff)?;
    let trained = trained(&args, &agff, &package, &asking)?;
    eprintln!("in a page");
    let browser = browser::compare(&stamps, &folder, &args.models, &embeddings, &args.out)?;
    let backgrounds = args.debian.join(BACKGROUNDS);
    let scaled = scaled::compare(&agff, &backgrounds)?;
    let certain = sure::measure(&agff, &asking, &embeddings)?;
    let collages = collages(&args, &stamps, &embeddings)?;
    let measured = Measured {
        versions: args.versions,
        asking: &asking,
        variants: &variants,
        nano: &nano,
        fusion_apart,
        chance: reported.chance(&embeddings),
        collages,
        groceries,
        lessons,
        trained,
        browser,
        scaled,
        certain,
        captions: [reported.captions().len(), choosing.captions().len()],
    };
    page::write(&args.document, &measured)?;
    println!("written: {}", args.document.display());
    Ok(())
}

/// Teaches words, if there are photos that teach.
fn lessons(args: &Args, agff: &agff::Agff) -> Result<Option<Lessons>, Failed> {
    let folders = args.groceries.as_deref().zip(args.teachers.as_deref());
    folders
        .map(|(searched, teachers)| taught::measure(agff, teachers, searched))
        .transpose()
}

/// Trains on photos and their names, if there are some.
fn trained(
    args: &Args,
    agff: &agff::Agff,
    package: &Path,
    asking: &[Asking; 2],
) -> Result<Option<Trained>, Failed> {
    let folders = args.groceries.as_deref().zip(args.teachers.as_deref());
    folders
        .map(|(searched, teachers)| {
            trained::measure((agff, package), teachers, searched, asking, &args.out)
        })
        .transpose()
}

/// Makes collages of both halves and searches them, with all grids of regions at once.
fn collages(args: &Args, stamps: &[Stamp], known: &Embeddings) -> Result<Collages, Failed> {
    let package = args.models.join("photo");
    let (views, grids) = model::grids(&GRIDS);
    let wide = model::load(model::with_views(&package, &views)?)?;
    check_views(&wide, &grids[OWN], stamps, known)?;
    let columns = columns();
    let backgrounds = args.debian.join(BACKGROUNDS);
    let run = |half: Half, threes: u64, others: u64| {
        let of_half: Vec<&Stamp> = stamps.iter().filter(|stamp| stamp.half == half).collect();
        let search = Search::new(&wide, &backgrounds, &of_half, known, &grids, OWN)?;
        search.run(threes, others, &columns)
    };
    Ok(Collages {
        reported: run(Half::Reported, args.seeds, args.seeds.min(OTHER_SEEDS))?,
        choosing: run(Half::Choosing, 1, 1)?,
        grids,
        own: OWN,
    })
}

/// Ways with the package's regions, temperatures with them, and the package's fusion with other regions.
fn columns() -> Vec<Column> {
    let ways = [Way::Global, Way::Max, Way::Mean].into_iter();
    let tempered = TEMPERATURES
        .iter()
        .flat_map(|&tau| [Way::Patterns(tau), Way::Flat(tau)]);
    let own = ways.chain(tempered).map(|way| Column { grid: OWN, way });
    let others = (0..GRIDS.len()).filter(|&grid| grid != OWN);
    let fused = others.map(|grid| Column {
        grid,
        way: Way::Patterns(FUSION),
    });
    own.chain(fused).collect()
}

/// Checks that more views beside them change nothing of the package's own.
fn check_views(
    wide: &agff::Agff,
    own: &Grid,
    stamps: &[Stamp],
    known: &Embeddings,
) -> Result<(), Failed> {
    for stamp in stamps.iter().step_by(stamps::COUNT / 10) {
        let part = agff_eval::data::Part::image(&stamp.path);
        let made = model::embed_parts(wide, std::slice::from_ref(&part))?;
        let of_own = ways::with_views(&made[&part], &own.views);
        let apart = of_own.values.iter().zip(&known[&part].values);
        let apart = apart.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        if apart > ROUNDING || of_own.values.len() != known[&part].values.len() {
            let name = Path::new(&stamp.name).display();
            return Err(format!("with more views, those of {name} are {apart:.1e} away").into());
        }
    }
    Ok(())
}
