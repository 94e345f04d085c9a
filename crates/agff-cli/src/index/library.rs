//! `agff index stats`, `remove` and `duplicates`: what is in the index, and what need not be.

use std::path::{Path, PathBuf};

use agff::index::store::Store;
use agff::index::{Alike, NearDuplicates, PairOptions};
use agff::{Code, Error};
use serde::Serialize;
use serde_json::json;

use super::add::is_gone;
use super::{At, name_of, text_of};
use crate::output::{Align, Console, Unit, bytes, fields, table};
use crate::{Done, Failure, Outcome, inputs};

const STATS_EXAMPLES: &str = "\
Examples:
  agff index stats --json";

/// Say what is in the index
#[derive(clap::Args)]
#[command(after_help = STATS_EXAMPLES)]
pub struct StatsArgs {
    #[command(flatten)]
    pub at: At,
}

pub fn stats(args: StatsArgs, console: &Console) -> Done {
    let folder = args.at.folder()?;
    let store = args.at.open(console)?;
    let (origin, damage) = (store.origin(), store.damage());
    let (files, records) = (store.places().count(), store.index().len());
    if args.at.json {
        console.json_line(&json!({
            "index": folder.display().to_string(),
            "files": files,
            "records": records,
            "bytes": store.bytes(),
            "damage": damage,
            "origin": origin,
        }))?;
        return Ok(Outcome::Complete);
    }
    let trained = match origin.trained {
        true => "",
        false => ", never trained",
    };
    let whole = match damage.is_none() {
        true => "none".to_owned(),
        false => format!(
            "{} places, {} left out",
            damage.gaps + u64::from(damage.torn_bytes > 0),
            bytes(damage.skipped_bytes + damage.torn_bytes)
        ),
    };
    fields(
        console,
        &[
            ("index", folder.display().to_string()),
            ("photos", files.to_string()),
            ("different", records.to_string()),
            ("size", bytes(store.bytes())),
            ("damage", whole),
            ("model", format!("{}{trained}", origin.model)),
            ("fingerprint", origin.fingerprint.clone()),
            ("views", origin.views.join(", ")),
            ("dimensions", origin.dimensions.to_string()),
            ("decoder", origin.decoder.clone()),
        ],
    )?;
    Ok(Outcome::Complete)
}

const REMOVE_LONG: &str = "\
Take photos out of the index; their files stay as they are

A path may be a file or a folder, there or not; all that the index has of it, or below it, is
taken out. So is a record whose id is named, with all its files.";

const REMOVE_EXAMPLES: &str = "\
Examples:
  agff index remove ~/Pictures/private
  agff index remove --missing";

/// Take photos out of the index; their files stay as they are
#[derive(clap::Args)]
#[command(long_about = REMOVE_LONG, after_help = REMOVE_EXAMPLES)]
pub struct RemoveArgs {
    /// Files, folders, or ids of records
    #[arg(value_name = "PATH", required_unless_present = "missing")]
    paths: Vec<PathBuf>,
    /// Whatever is in the index and no longer on the disk
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    pub at: At,
}

pub fn remove(args: RemoveArgs, console: &Console) -> Done {
    let mut store = args.at.open_to_write(console)?;
    let (mut removed, mut failed) = (0, 0);
    for path in &args.paths {
        let id = path.to_str().filter(|id| store.record(id).is_some());
        if let Some(id) = id {
            let files = store.paths_of(id).count();
            store.remove(id)?;
            removed += files.max(1);
            continue;
        }
        let absolute = PathBuf::from(text_of(path)?);
        let below = |known: &str| Path::new(known).starts_with(&absolute);
        match forget(&mut store, below)? {
            0 => {
                failed += 1;
                let message = "the index has nothing of this, nor below it";
                console.error(&Error::new(
                    Code::Input,
                    path.display().to_string(),
                    message,
                ));
            }
            count => removed += count,
        }
    }
    if args.missing {
        removed += forget(&mut store, is_gone)?;
    }
    store.finish()?;
    if removed == 0 && failed > 0 {
        return Err(Failure::Reported);
    }
    let photos = store.places().count();
    match args.at.json {
        true => console.json_line(&json!({"removed": removed, "photos": photos}))?,
        false => console.line(&format!("{removed} removed; the index has {photos} photos"))?,
    }
    Ok(if failed == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}

/// Takes out the files that are wanted, and gives how many.
fn forget(store: &mut Store, wanted: impl Fn(&str) -> bool) -> agff::Result<usize> {
    let paths: Vec<String> = store
        .places()
        .map(|(_, place)| place.path.clone())
        .filter(|path| wanted(path))
        .collect();
    for path in &paths {
        store.forget(path)?;
    }
    Ok(paths.len())
}

const DUPLICATES_LONG: &str = "\
Find photos that are nearly the same

Compares all pairs: by the cosine of their global views, or by their fused similarity (which
takes much longer, and of a copy is not 1). Files with the same bytes come first, with the
score 1.

With --json every pair is one object on one line:
  {\"score\": 0.98, \"first\": \"a.jpg\", \"second\": \"b.jpg\", \"same\": false}";

const DUPLICATES_EXAMPLES: &str = "\
Examples:
  agff index duplicates
  agff index duplicates --threshold 0.9 --limit 100 --json";

/// Find photos that are nearly the same
#[derive(clap::Args)]
#[command(long_about = DUPLICATES_LONG, after_help = DUPLICATES_EXAMPLES)]
pub struct DuplicatesArgs {
    /// The least similarity of a pair
    #[arg(
        long,
        value_name = "S",
        default_value_t = 0.95,
        allow_negative_numbers = true,
        value_parser = inputs::cosine
    )]
    threshold: f32,
    /// What is compared
    #[arg(long, value_enum, default_value_t = By::Global)]
    by: By,
    /// Show N pairs at most, the most similar ones
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    pub at: At,
}

/// `--by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// The cosine of the global views
    Global,
    /// The fused similarity
    Fused,
}

/// Two files that are alike.
#[derive(Serialize)]
struct Twins<'a> {
    score: f32,
    first: &'a str,
    second: &'a str,
    same: bool,
}

/// Blocks of records between two moves of the progress bar.
const STEP: usize = 8;

pub fn duplicates(args: DuplicatesArgs, console: &Console) -> Done {
    let store = args.at.open(console)?;
    let index = store.index();
    let options = PairOptions {
        alike: match args.by {
            By::Global => Alike::Global,
            By::Fused => Alike::Fused,
        },
        threshold: args.threshold,
        limit: args.limit,
    };
    let mut found = NearDuplicates::default();
    // The work of a block grows with its number.
    let work = |blocks: usize| (blocks * blocks) as u64;
    console.begin("Comparing", work(index.blocks()), Unit::Weights);
    for start in (0..index.blocks()).step_by(STEP) {
        let end = index.blocks().min(start + STEP);
        found.extend(index.near_duplicates_in(start..end, &options)?, args.limit);
        console.progress(work(end), "");
    }
    console.end();
    let pairs = index.pairs(&found);

    let mut twins = Vec::new();
    for id in index.ids() {
        let mut paths = store.paths_of(id);
        let Some(first) = paths.next() else {
            continue;
        };
        twins.extend(paths.map(|second| Twins {
            score: 1.0,
            first,
            second,
            same: true,
        }));
    }
    twins.extend(pairs.iter().map(|pair| Twins {
        score: pair.score,
        first: name_of(&store, &pair.first),
        second: name_of(&store, &pair.second),
        same: false,
    }));
    let more = found.more || twins.len() > args.limit;
    twins.truncate(args.limit);
    if args.at.json {
        for pair in &twins {
            console.json_line(pair)?;
        }
    } else if twins.is_empty() {
        console.line("no two photos are that similar")?;
    } else {
        let rows: Vec<Vec<String>> = twins
            .iter()
            .map(|pair| {
                let score = match pair.same {
                    true => "same".into(),
                    false => format!("{:.3}", pair.score),
                };
                vec![score, pair.first.into(), pair.second.into()]
            })
            .collect();
        let heads = [
            ("score", Align::Right),
            ("photo", Align::Left),
            ("and", Align::Left),
        ];
        for line in table(console, &heads, &rows) {
            console.line(&line)?;
        }
    }
    if more {
        console.note(&format!(
            "there are more than the {} pairs shown",
            args.limit
        ));
    }
    Ok(Outcome::Complete)
}
