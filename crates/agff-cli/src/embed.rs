//! `agff embed`: vectors of photos and texts.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use agff::index::store::{DECODER, Kind};
use agff::{Code, Embedding, Error, Result};

use crate::inputs;
use crate::model::{self, Loaded, ModelArgs};
use crate::output::{Console, Style, shortened, shown};
use crate::pipeline::{self, Job, Limits, Made};
use crate::vectors::{self, Row};
use crate::{Done, Failure, Outcome};

const LONG: &str = "\
Vectors of photos and texts, one line per input

Photos come first, in the order given (a folder's in the order of their names), then the
texts. An input that cannot be read is reported on stderr, the others are done, and the
exit code is 2.

With --json (and in the file of -o) every input is one object on one line:
  {\"input\": \"mug.jpg\", \"kind\": \"image\", \"views\": [\"global\", …], \"tokens\": 83,
   \"embeddings\": [[…], …], \"truncated\": false, \"trained\": true,
   \"model\": \"63d1…\", \"decoder\": \"exact\", \"sha256\": \"9f86…\"}
`input` is the photo's path or the text; `kind` is image, text or joint (which has its
text in `text`); `embeddings` has one unit vector per view; `truncated` says that the
text was too long and was cut; `model` is the fingerprint of the model's package;
`decoder` and `sha256` are a photo's. A file whose name ends in .parquet has columns of
the same names. `agff index import` reads both.";

const EXAMPLES: &str = "\
Examples:
  agff embed holiday/ --json > vectors.jsonl
  agff embed --text \"a red mug\" --image 'photos/**/*.jpg' -o vectors.jsonl
  agff embed --joint --image mug.jpg --text \"what is left of this?\" --json";

/// Vectors of photos and texts, one line per input
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Photos: files, folders (and those below), or patterns such as 'holiday/*.jpg'
    #[arg(value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Photos, the same as without --image
    #[arg(long, value_name = "PHOTO", num_args = 1..)]
    image: Vec<PathBuf>,
    /// Text to embed
    #[arg(long, value_name = "STR")]
    text: Vec<OsString>,
    /// Take the first photo file and the first text together as one input, and so on
    #[arg(long)]
    joint: bool,
    /// Print JSON, one object per line
    #[arg(long)]
    json: bool,
    /// Write JSON lines (or Parquet, if the name ends so) to a file instead, which appears when it is whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
}

impl Args {
    /// Whether errors are JSON as well.
    pub fn json(&self) -> bool {
        self.json
    }
}

pub fn run(args: Args, console: &Console) -> Done {
    let mut failed = 0;
    let mut fail = |error: Error| {
        failed += 1;
        console.error(&error);
    };
    let jobs = jobs(&args, &mut fail)?;
    if jobs.is_empty() {
        return Err(Failure::Reported);
    }
    let loaded = model::load(&args.model, console)?;
    let jobs: Vec<Job> = jobs
        .into_iter()
        .map(|job| Job {
            instruction: loaded.instruction.clone(),
            ..job
        })
        .collect();

    model::tell_texts(&jobs, &loaded, console);
    let started = Instant::now();
    let mut done = 0;
    let as_lines = args.json || args.output.is_some();
    let mut rows = vectors::Writer::to(args.output.as_deref(), console)?;
    let made_by = MadeBy {
        fingerprint: loaded.agff.manifest().fingerprint()?,
        trained: loaded.trained(),
    };
    let limits = Limits {
        known: &|_| false,
        stop: &AtomicBool::new(false),
    };
    pipeline::embed_new(&loaded.agff, &jobs, &limits, console, |job, made| {
        match made.and_then(|made| cut(made, &loaded)) {
            Err(error) => fail(error),
            Ok((content, embedding)) => {
                done += 1;
                if as_lines {
                    rows.write(row(job, content, &embedding, &made_by))?;
                } else {
                    console.line(&summary(job, &embedding, console))?;
                }
                if !args.json {
                    model::tell_cut(job, &embedding, console);
                }
            }
        }
        Ok(())
    })?;
    if done == 0 {
        return Err(Failure::Reported);
    }
    rows.finish()?;
    let device = loaded.agff.device();
    let seconds = started.elapsed().as_secs_f64();
    let inputs = if done == 1 { "input" } else { "inputs" };
    console.status(&format!(
        "{done} {inputs} in {seconds:.2} s on the {}, {}",
        device.kind, device.name
    ));
    Ok(if failed == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}

/// What the arguments ask for; arguments that cannot be used go to `fail`.
fn jobs(args: &Args, fail: &mut dyn FnMut(Error)) -> Result<Vec<Job>, Failure> {
    let photos: Vec<PathBuf> = args.photos.iter().chain(&args.image).cloned().collect();
    if photos.is_empty() && args.text.is_empty() {
        return Err(Failure::Usage("name photos, or a text with --text".into()));
    }
    if args.joint {
        if photos.len() != args.text.len() {
            return Err(Failure::Usage(format!(
                "--joint takes one text for each photo; here are {} and {}",
                args.text.len(),
                photos.len()
            )));
        }
        let pair = |(photo, text): (PathBuf, &OsString)| {
            let text = inputs::text("--text", text)?;
            Ok(Job {
                text: Some(text),
                ..Job::image(photo)
            })
        };
        let pairs = photos.into_iter().zip(&args.text).map(pair);
        return Ok(pairs
            .filter_map(|job| job.map_err(&mut *fail).ok())
            .collect());
    }
    let photos = inputs::photos(&photos, fail).into_iter().map(Job::image);
    let texts = inputs::texts("--text", &args.text, fail)
        .into_iter()
        .map(Job::text);
    Ok(photos.chain(texts).collect())
}

/// What made the vectors.
struct MadeBy {
    fingerprint: String,
    trained: bool,
}

/// The embedding at the dimensions that were asked for, with the content of its photo.
fn cut(made: Made, loaded: &Loaded) -> Result<(Option<String>, Embedding)> {
    let left_out = || Error::new(Code::Internal, "", "the model left it out");
    let embedding = made.embedding.ok_or_else(left_out)?;
    let embedding = match loaded.dimensions {
        Some(dimensions) => embedding.truncate(dimensions)?,
        None => embedding,
    };
    Ok((made.content, embedding))
}

fn kind(job: &Job) -> Kind {
    match (&job.image, &job.text) {
        (Some(_), Some(_)) => Kind::Joint,
        (Some(_), None) => Kind::Image,
        (None, _) => Kind::Text,
    }
}

fn row(job: &Job, content: Option<String>, embedding: &Embedding, made_by: &MadeBy) -> Row {
    Row {
        input: job.name(),
        text: job.image.as_ref().and(job.text.clone()),
        kind: kind(job),
        views: embedding.views.clone(),
        tokens: embedding.tokens as u64,
        embeddings: Row::vectors(embedding),
        truncated: embedding.truncated,
        trained: made_by.trained,
        model: Some(made_by.fingerprint.clone()),
        decoder: content.as_ref().map(|_| DECODER.to_owned()),
        sha256: content,
    }
}

/// One line for people.
fn summary(job: &Job, embedding: &Embedding, console: &Console) -> String {
    let name = match &job.image {
        Some(path) => shown(&path.display().to_string()).into_owned(),
        None => format!("“{}”", shortened(&job.name(), 60)),
    };
    let views = embedding.views.len();
    let size = format!(
        "{:<5}  {views} {} × {}, {} tokens",
        kind(job).name(),
        if views == 1 { "view" } else { "views" },
        embedding.dimensions,
        embedding.tokens
    );
    format!(
        "{}  {}",
        console.style(Style::Dim, &format!("{size:<36}")),
        name
    )
}
