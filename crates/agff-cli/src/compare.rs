//! `agff compare`: photos ranked by texts, and why.

use std::ffi::OsString;
use std::path::PathBuf;

use agff::families::Region;
use agff::{Certainty, Error, Patterns, Similarity, Sure};
use serde::Serialize;

use crate::inputs;
use crate::model::{self, ModelArgs};
use crate::output::{Align, Console, Style, shortened, shown, table};
use crate::pipeline::{self, Job};
use crate::regions::Regions;
use crate::{Done, Failure, Outcome};

const LONG: &str = "\
Rank photos by a text, and say why

The score fuses four patterns: the text's global and fine views against the photo's
global and fine views (gg, fg, gf, ff; the first letter is the text's). The table shows
how much each pattern counts, and the pair of views that contributes most. An instruction
or prompt is for the texts only.

With --json every pair is one object on one line, best first for each text; the first letter of
a pattern is the text's, g for global, f for fine:
  {\"query\": \"a red mug\", \"target\": \"mug.jpg\", \"rank\": 1, \"score\": 0.81,
   \"patterns\": {\"gg\": …, \"fg\": …, \"gf\": …, \"ff\": …}, \"weights\": {the same keys},
   \"best\": [\"fine-2\", \"global\"], \"trained\": true}
for models that were trained to give one, as SigLIP, the \"probability\" that the text is of the
photo, by their global views; and for models that say how sure they are, as photo and SigLIP, a
number between 0 and 1, \"certainty\", and a word for it: \"sure\" is \"probably\", \"perhaps\" or \"hardly\".";

const EXAMPLES: &str = "\
Examples:
  agff compare --text \"sunset over the sea\" holiday/ --top 10
  agff compare --text \"a cat\" --text \"a dog\" --image 'pets/*.jpg' --json";

/// Rank photos by a text, and say why
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Text to rank by; several make several rankings
    #[arg(long, value_name = "STR", required = true)]
    text: Vec<OsString>,
    /// Photos: files, folders (and those below), or patterns such as 'holiday/*.jpg'
    #[arg(value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Photos, the same as without --image
    #[arg(long, value_name = "PHOTO", num_args = 1..)]
    image: Vec<PathBuf>,
    /// Show the best N photos only
    #[arg(long, value_name = "N", value_parser = inputs::count)]
    top: Option<usize>,
    /// Print JSON, one object per line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    model: ModelArgs,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    target: &'a str,
    rank: usize,
    score: f32,
    patterns: Patterns,
    weights: Patterns,
    best: [&'a str; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f32>,
    #[serde(flatten)]
    certainty: Option<Certain>,
    trained: bool,
}

pub fn run(args: Args, console: &Console) -> Done {
    let mut failed = 0;
    let mut fail = |error: Error| {
        failed += 1;
        console.error(&error);
    };
    let photos: Vec<PathBuf> = args.photos.iter().chain(&args.image).cloned().collect();
    if photos.is_empty() {
        return Err(Failure::Usage("name the photos to compare with".into()));
    }
    let texts = inputs::texts("--text", &args.text, &mut fail);
    let photos = inputs::photos(&photos, &mut fail);
    if texts.is_empty() || photos.is_empty() {
        return Err(Failure::Reported);
    }
    let loaded = model::load(&args.model, console)?;

    let count = texts.len();
    let mut jobs: Vec<Job> = texts
        .into_iter()
        .map(|text| Job {
            instruction: loaded.instruction.clone(),
            ..Job::text(text)
        })
        .collect();
    model::tell_texts(&jobs, &loaded, console);
    jobs.extend(photos.into_iter().map(Job::image));
    let mut queries = Vec::new();
    let mut targets = Vec::new();
    let mut at = 0;
    pipeline::embed(&loaded.agff, &jobs, console, |job, embedding| {
        let list = if at < count {
            &mut queries
        } else {
            &mut targets
        };
        at += 1;
        let whole = embedding.and_then(|whole| match loaded.dimensions {
            Some(dimensions) => whole.truncate(dimensions),
            None => Ok(whole),
        });
        match whole {
            Ok(embedding) => {
                model::tell_cut(job, &embedding, console);
                list.push((job.name(), embedding));
            }
            Err(error) => fail(error),
        }
        Ok(())
    })?;
    if queries.is_empty() || targets.is_empty() {
        return Err(Failure::Reported);
    }

    let regions = Regions::of(loaded.agff.manifest());
    for (i, (text, query)) in queries.iter().enumerate() {
        let mut ranking = targets
            .iter()
            .map(|(name, target)| Ok((name, target, loaded.agff.similarity(query, target)?)))
            .collect::<agff::Result<Vec<_>>>()?;
        // Stable: equal scores stay in the order of the arguments.
        ranking.sort_by(|(.., a), (.., b)| b.score.total_cmp(&a.score));
        ranking.truncate(args.top.unwrap_or(usize::MAX));
        let certainty = loaded.agff.manifest().certainty_of(query);
        let certain = |s: &Similarity| {
            let certainty = certainty.as_ref();
            certainty.map(|certainty| Certain::of(certainty, s.score, &s.patterns))
        };
        if args.json {
            for (rank, (name, target, s)) in ranking.iter().enumerate() {
                console.json_line(&Line {
                    query: text,
                    target: name,
                    rank: rank + 1,
                    score: s.score,
                    patterns: s.patterns,
                    weights: s.weights,
                    best: best(&query.views, &target.views, s),
                    region: regions.of_match(&target.views, s),
                    probability: loaded.agff.probability(query, target)?,
                    certainty: certain(s),
                    trained: loaded.trained(),
                })?;
            }
            continue;
        }
        if i > 0 {
            console.line("")?;
        }
        console.line(&console.style(Style::Bold, &format!("“{}”", shortened(text, 70))))?;
        let rows: Vec<Ranked<'_>> = ranking
            .iter()
            .map(|(name, target, s)| Ranked {
                name,
                score: s.score,
                weights: s.weights,
                best: best(&query.views, &target.views, s),
                sure: certain(s).map(|certain| certain.sure),
            })
            .collect();
        for line in ranking_table(console, &rows) {
            console.line(&line)?;
        }
    }
    Ok(if failed == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}

/// How sure a match is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Certain {
    pub certainty: f32,
    pub sure: Sure,
}

impl Certain {
    /// Of a match, by what the model says of its text.
    pub fn of(certainty: &Certainty, score: f32, patterns: &Patterns) -> Self {
        let number = certainty.of(score, patterns);
        Self {
            certainty: number,
            sure: certainty.word(number),
        }
    }
}

/// A photo in its place.
pub struct Ranked<'a> {
    pub name: &'a str,
    pub score: f32,
    /// How much each pattern counts.
    pub weights: Patterns,
    /// The pair of views that contributes most.
    pub best: [&'a str; 2],
    /// How sure it is, for models that say so.
    pub sure: Option<Sure>,
}

/// The patterns of texts that have a global view alone, in words.
const OF_ONE_VIEW: [(&str, Weight); 2] = [("whole", |w| w.gg), ("part", |w| w.gf)];

/// All patterns, in words: first the text's side.
const OF_VIEWS: [(&str, Weight); 4] = [
    ("whole–whole", |w| w.gg),
    ("detail–whole", |w| w.fg),
    ("whole–detail", |w| w.gf),
    ("detail–detail", |w| w.ff),
];

type Weight = fn(&Patterns) -> f32;

/// Photos in their order as a table.
pub fn ranking_table(console: &Console, photos: &[Ranked<'_>]) -> Vec<String> {
    let one_view = photos
        .iter()
        .all(|p| (p.weights.fg, p.weights.ff) == (0.0, 0.0));
    let all: &[(&str, Weight)] = if one_view { &OF_ONE_VIEW } else { &OF_VIEWS };
    // Models without fine views have one.
    let counts = |weight: Weight| photos.iter().any(|photo| weight(&photo.weights) > 0.0);
    let patterns: Vec<_> = all.iter().filter(|(_, weight)| counts(*weight)).collect();
    let mut heads = vec![("rank", Align::Right), ("score", Align::Right)];
    heads.extend(patterns.iter().map(|(name, _)| (*name, Align::Right)));
    let sure = photos.iter().any(|photo| photo.sure.is_some());
    if sure {
        heads.push(("sure", Align::Left));
    }
    heads.extend([("best pair", Align::Left), ("photo", Align::Left)]);
    let rows: Vec<Vec<String>> = photos
        .iter()
        .enumerate()
        .map(|(rank, photo)| {
            let mut row = vec![(rank + 1).to_string(), format!("{:.3}", photo.score)];
            let percent = |weight: f32| format!("{:.0}%", 100.0 * weight);
            row.extend(
                patterns
                    .iter()
                    .map(|(_, weight)| percent(weight(&photo.weights))),
            );
            if sure {
                row.push(photo.sure.map_or("", Sure::as_str).to_owned());
            }
            row.extend([photo.best.join(" – "), shown(photo.name).into_owned()]);
            row
        })
        .collect();
    table(console, &heads, &rows)
}

/// The names of the pair of views that contributes most.
pub fn best<'a>(query: &'a [String], target: &'a [String], s: &Similarity) -> [&'a str; 2] {
    let name = |views: &'a [String], i: usize| views.get(i).map_or("", String::as_str);
    [name(query, s.best.0), name(target, s.best.1)]
}
