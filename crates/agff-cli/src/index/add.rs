//! `agff index add`: photos into the index.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, UNIX_EPOCH};

use agff::index::store::{Kind, Place, Record, Store};
use agff::{Code, Error};
use serde::Serialize;

use super::{At, origin, remembered, tell_damage, text_of};
use crate::model::{self, ModelArgs};
use crate::output::{Console, shown};
use crate::pipeline::{self, Job, Limits, Made};
use crate::{Done, Failure, Outcome, inputs, interrupt};

const LONG: &str = "\
Bring photos into the index

A file whose length and time of change are known is not read again; a content that is known
is not embedded again. Files below the given folders that are gone go from the index too.
Ctrl-C stops after the photos in work; running the command again goes on.

With --json one object tells what was done:
  {\"added\": 310, \"known\": 2, \"unchanged\": 5000, \"gone\": 1, \"failed\": 0,
   \"stopped\": false, \"photos\": 5312, \"index\": \"…\"}";

const EXAMPLES: &str = "\
Examples:
  agff index add ~/Pictures
  agff index add holiday/*.jpg --index holiday.index --model qwen";

/// How long what was stored may not be on the disk yet, should the machine stop.
const UNSYNCED: Duration = Duration::from_secs(2);

/// Bring photos into the index
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Photos: folders (and those below), files, or patterns such as 'holiday/*.jpg'
    #[arg(value_name = "DIR", required = true)]
    photos: Vec<PathBuf>,
    /// Read every file, even if its length and time of change are known
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    model: ModelArgs,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Summary {
    added: usize,
    known: usize,
    unchanged: usize,
    gone: usize,
    failed: usize,
    stopped: bool,
    photos: usize,
    index: String,
}

pub fn run(args: Args, console: &Console) -> Done {
    let folder = args.at.folder()?;
    let mut summary = Summary {
        index: folder.display().to_string(),
        ..Summary::default()
    };
    let mut fail = |error: Error| {
        summary.failed += 1;
        console.error(&error);
    };
    let photos = inputs::photos(&args.photos, &mut fail);
    if photos.is_empty() {
        return Err(Failure::Reported);
    }
    let model = remembered(&args.model, &folder)?;
    let origin = origin(&model, console)?;
    let mut store = Store::open_or_create(&folder, &origin)?;
    tell_damage(&store, console);

    let mut found = Found::default();
    for photo in photos {
        match place(&photo) {
            Err(error) => fail(error),
            Ok(place) => {
                found.paths.insert(place.path.clone());
                let known = store.place_of(&place.path);
                if !args.check && known.is_some_and(|(_, old)| *old == place) {
                    summary.unchanged += 1;
                } else {
                    found.jobs.push(Job::image(photo.clone()));
                    found.places.insert(photo, place);
                }
            }
        }
    }
    let gone = gone(&store, &args.photos, &found.paths)?;
    if !found.jobs.is_empty() {
        embed(&mut store, found, model, &mut summary, console)?;
    }
    // Last, so that the content of a file that was moved is still known when it is found again.
    for path in gone {
        summary.gone += usize::from(store.forget(&path)?);
    }
    store.finish()?;
    summary.photos = store.places().count();
    tell(&summary, args.at.json, console)?;
    Ok(match (summary.failed, summary.stopped) {
        (0, false) => Outcome::Complete,
        _ => Outcome::Partial,
    })
}

/// What the arguments led to.
#[derive(Default)]
struct Found {
    /// All files.
    paths: HashSet<String>,
    /// Those that must be read.
    jobs: Vec<Job>,
    places: HashMap<PathBuf, Place>,
}

/// Embeds what is not known.
fn embed(
    store: &mut Store,
    found: Found,
    model: ModelArgs,
    summary: &mut Summary,
    console: &Console,
) -> Result<(), Failure> {
    // The index cuts the vectors.
    let whole = ModelArgs { dim: None, ..model };
    let loaded = model::load(&whole, console)?;
    let jobs: Vec<Job> = found
        .jobs
        .into_iter()
        .map(|job| Job {
            instruction: loaded.instruction.clone(),
            ..job
        })
        .collect();
    let stop = interrupt::flag("stopping after the photos in work", console)?;
    // Of files with the same content the first that is read is embedded; it may come after the others.
    let ids = store.index().ids().into_iter().map(str::to_owned);
    let claimed: Mutex<HashSet<String>> = Mutex::new(ids.collect());
    let claim = |id: &str| match claimed.lock() {
        Ok(mut claimed) => !claimed.insert(id.to_owned()),
        Err(_) => false,
    };
    let limits = Limits {
        known: &claim,
        stop: &stop,
    };
    let mut waiting: Vec<(String, Place)> = Vec::new();
    let mut synced = Instant::now();
    pipeline::embed_new(&loaded.agff, &jobs, &limits, console, |job, made| {
        let place = job.image.as_ref().and_then(|path| found.places.get(path));
        let lost = || Error::new(Code::Internal, job.name(), "has no place");
        let place = place.cloned().ok_or_else(lost)?;
        match made {
            Ok(Made {
                content: Some(id),
                embedding: Some(embedding),
            }) => {
                let record = Record {
                    kind: Kind::Image,
                    text: None,
                    tokens: embedding.tokens as u64,
                    truncated: embedding.truncated,
                };
                store.add(&id, record, &embedding, Some(place))?;
                summary.added += 1;
            }
            Ok(Made { content, .. }) => {
                let id = content.ok_or_else(lost)?;
                if store.record(&id).is_some() {
                    store.place(&id, place)?;
                    summary.known += 1;
                } else {
                    waiting.push((id, place));
                }
            }
            Err(error) => {
                // What it was is not there any more.
                if matches!(error.code().as_str().split('-').next(), Some("image")) {
                    store.forget(&place.path)?;
                }
                summary.failed += 1;
                console.error(&error);
            }
        }
        if synced.elapsed() > UNSYNCED {
            store.sync()?;
            synced = Instant::now();
        }
        Ok(())
    })?;
    summary.stopped = stop.load(Ordering::Relaxed);
    for (id, place) in waiting {
        if store.record(&id).is_some() {
            store.place(&id, place)?;
            summary.known += 1;
        } else if !summary.stopped {
            store.forget(&place.path)?;
            summary.failed += 1;
            let message = "has the same content as a photo that could not be embedded";
            console.error(&Error::new(Code::Input, place.path, message));
        }
    }
    Ok(())
}

/// A file as it is now.
fn place(photo: &Path) -> agff::Result<Place> {
    let path = text_of(photo)?;
    // What cannot be looked at is told of when it is read.
    let seen = fs::metadata(photo).ok().and_then(|meta| {
        let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((meta.len(), i64::try_from(since.as_nanos()).ok()?))
    });
    Ok(Place { path, seen })
}

/// The files below the folders that the index has and that are no longer there.
fn gone(
    store: &Store,
    arguments: &[PathBuf],
    found: &HashSet<String>,
) -> agff::Result<HashSet<String>> {
    let mut gone = HashSet::new();
    for folder in arguments.iter().filter(|path| path.is_dir()) {
        let folder = PathBuf::from(text_of(folder)?);
        let below = |path: &str| Path::new(path).starts_with(&folder);
        // A folder without a single photo may be a disk that is not there today.
        if !found.iter().any(|path| below(path)) {
            continue;
        }
        let paths = store.places().map(|(_, place)| place.path.as_str());
        let missing = paths.filter(|path| below(path) && !found.contains(*path) && is_gone(path));
        gone.extend(missing.map(str::to_owned));
    }
    Ok(gone)
}

/// Whether there is certainly no such file.
pub fn is_gone(path: &str) -> bool {
    fs::symlink_metadata(path).is_err_and(|e| {
        matches!(
            e.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
        )
    })
}

fn tell(summary: &Summary, json: bool, console: &Console) -> Result<(), Failure> {
    if json {
        return console.json_line(summary);
    }
    let mut parts = vec![format!("{} added", summary.added)];
    for (count, what) in [
        (summary.known, "known by their content"),
        (summary.unchanged, "unchanged"),
        (summary.gone, "gone"),
        (summary.failed, "failed"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    console.line(&format!(
        "{}; the index has {} photos, in {}",
        parts.join(", "),
        summary.photos,
        shown(&summary.index)
    ))?;
    if summary.stopped {
        console.note("stopped; run the same command again to go on");
    }
    Ok(())
}
