//! `agff index search`: photos found by texts and photos, and why.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use agff::families::Region;
use agff::index::store::Store;
use agff::index::words::{Taught, named_in};
use agff::index::{Hit, SearchOptions, Term, content_id};
use agff::{Certainty, Code, Embedding, Error, Patterns, Probability, Sure};
use serde::Serialize;

use super::{At, manifest, name_of, package_of};
use crate::compare::{Certain, Ranked, best, ranking_table};
use crate::model::{self, ModelArgs};
use crate::output::{Console, Style, shortened, shown};
use crate::pipeline::{self, Job};
use crate::regions::Regions;
use crate::{Done, Failure, Outcome, inputs};

const LONG: &str = "\
Find photos by a text, a photo, or several of either

A query that names a file is a photo, any other is a text. Of several, the score is the sum
of the fused similarities times their weights; what --minus names counts against a photo.
The table shows how much each pattern counts, and the pair of views that contributes most, as
`agff compare` does (of several queries: of the one that counts most). A word that was taught
(`agff index teach`) finds what looks like the photos that it was taught by.

With --json every photo is one object on one line, best first:
  {\"target\": \"mug.jpg\", \"paths\": [\"mug.jpg\", …], \"id\": \"9f86…\", \"rank\": 1, \"score\": 0.81,
   \"patterns\": {\"gg\": …, \"fg\": …, \"gf\": …, \"ff\": …}, \"weights\": {the same keys},
   \"best\": [\"fine-2\", \"global\"], \"terms\": [{\"query\": \"a red mug\", \"weight\": 1,
   \"score\": …, \"patterns\": …, \"weights\": …, \"best\": …}, …], \"trained\": true}
for models that were trained to give one, as SigLIP, the \"probability\" that the text is of the
photo, by their global views (of several texts: of the one that counts most); and where one text
is asked for and the model says how sure it is, as photo and SigLIP do, a number between 0 and 1,
\"certainty\", and a word for it: \"sure\" is \"probably\", \"perhaps\" or \"hardly\". Of a term that is
a taught word \"taught\" is true; its score is 0 for photos as they are on the whole, and 1 for the mean of
those that it was taught by.";

const EXAMPLES: &str = "\
Examples:
  agff index search \"sunset over the sea\"
  agff index search beach.jpg \"at night\" --weight 1 --weight 0.5
  agff index search \"a street\" --minus cars -n 50 --json";

/// Find photos by a text, a photo, or several of either
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// A text, or a photo's file
    #[arg(value_name = "TEXT|FILE")]
    queries: Vec<OsString>,
    /// A text, even if there is a file of that name
    #[arg(long, value_name = "STR")]
    text: Vec<OsString>,
    /// A photo's file
    #[arg(long, value_name = "FILE")]
    image: Vec<PathBuf>,
    /// What is not looked for: a text, or a photo's file
    #[arg(long, value_name = "TEXT|FILE")]
    minus: Vec<OsString>,
    /// The weight of a query (1 if not given): of the first, the second, …, those of --text, --image and
    /// --minus last
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    weight: Vec<f32>,
    /// Show N photos at most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = inputs::count)]
    limit: usize,
    /// Show photos with this score or a higher one only; auto: those that probably or perhaps show it
    #[arg(long, value_name = "S|auto", allow_negative_numbers = true, value_parser = least)]
    min_score: Option<Least>,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    model: ModelArgs,
}

/// `--min-score`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Least {
    Auto,
    Score(f32),
}

fn least(argument: &str) -> Result<Least, String> {
    match argument {
        "auto" => Ok(Least::Auto),
        number => number
            .parse()
            .map(Least::Score)
            .map_err(|_| "neither a number nor auto".into()),
    }
}

/// Something to search by.
struct Asked {
    job: Job,
    weight: f32,
    /// What the index has of a photo, or a taught word's vector.
    embedding: Option<Embedding>,
    taught: Option<Taught>,
}

impl Asked {
    /// What its similarity counts.
    fn factor(&self) -> f32 {
        self.weight * self.taught.as_ref().map_or(1.0, |taught| taught.weight)
    }

    /// What is added to the sum.
    fn offset(&self) -> f32 {
        self.weight * self.taught.as_ref().map_or(0.0, |taught| taught.offset)
    }
}

/// A query of the search with the term that the index is given.
type Part<'a> = (&'a Asked, Term<'a>);

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    target: &'a str,
    paths: Vec<&'a str>,
    id: &'a str,
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
    terms: Vec<Explained<'a>>,
    trained: bool,
}

/// What the model says of matches beside their scores.
#[derive(Default)]
struct Of {
    regions: Regions,
    probability: Option<Probability>,
    /// Of the one text that is asked for.
    certainty: Option<Certainty>,
}

impl Of {
    fn certain(&self, hit: &Hit) -> Option<Certain> {
        let of = &hit.terms[0];
        let certainty = self.certainty.as_ref();
        certainty.map(|certainty| Certain::of(certainty, of.score, &of.patterns))
    }
}

/// What one query has to do with a hit.
#[derive(Serialize)]
struct Explained<'a> {
    query: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    taught: bool,
    weight: f32,
    score: f32,
    patterns: Patterns,
    weights: Patterns,
    best: [&'a str; 2],
}

pub fn run(args: Args, console: &Console) -> Done {
    let mut asked = asked(&args, console)?;
    let store = args.at.open(console)?;
    for query in &mut asked {
        if let Some(path) = &query.job.image {
            let id = content_id(&inputs::read(path)?);
            query.embedding = store.index().get(&id);
        }
    }
    let heading: Vec<String> = asked
        .iter()
        .map(|query| titled(&query.job.name(), query.weight))
        .collect();
    let mut asked = with_taught(asked, &store, console);
    // Known only where the model is.
    let mut model = Of::default();
    if asked.iter().any(|query| query.embedding.is_none()) {
        model = embed(&mut asked, &args, &store, console)?;
    } else if !store.origin().trained {
        // Otherwise loading the model says so.
        console.note(&model::untrained(&store.origin().model));
    }
    let lost = || Error::new(Code::Internal, "query", "was not embedded");
    let terms = asked
        .iter()
        .map(|query| {
            Ok(Term {
                embedding: query.embedding.as_ref().ok_or_else(lost)?,
                weight: query.factor(),
            })
        })
        .collect::<agff::Result<Vec<Term<'_>>>>()?;
    let offset: f32 = asked.iter().map(Asked::offset).sum();
    let min_score = match (args.min_score, &model.certainty) {
        (None, _) => None,
        (Some(Least::Score(score)), _) => Some(score - offset),
        // The taught word decides, and not the sum.
        (Some(Least::Auto), Some(_)) if asked[0].taught.is_some() => None,
        (Some(Least::Auto), Some(certainty)) => {
            certainty.least_score().map(|score| score * terms[0].weight)
        }
        (Some(Least::Auto), None) => {
            let message = "--min-score auto is for one text, and a model that says how sure it is, as photo does; or for \
                           one taught word and nothing else";
            return Err(Failure::Usage(message.into()));
        }
    };
    // What was said not to show a word is not found by it, where nothing else is asked for.
    let unlike: HashSet<&str> = word_alone(&asked)
        .and_then(|word| store.word(word.job.text.as_deref()?))
        .iter()
        .flat_map(|word| word.unlike.ids.iter().map(String::as_str))
        .collect();
    let options = SearchOptions {
        limit: args.limit.saturating_add(unlike.len()),
        min_score,
    };
    let mut found = store.index().search(&terms, &options)?;
    found.hits.retain(|hit| !unlike.contains(hit.id.as_str()));
    found.hits.truncate(args.limit);
    found.hits.iter_mut().for_each(|hit| hit.score += offset);
    if args.min_score == Some(Least::Auto) {
        let hardly = |hit: &Hit| model.certain(hit).is_some_and(|c| c.sure == Sure::Hardly);
        found.hits.retain(|hit| !hardly(hit));
    }
    if console.verbose() {
        console.status(&format!(
            "{} of {} records were scored in full",
            found.scored,
            store.index().len()
        ));
    }
    let terms: Vec<Part<'_>> = asked.iter().zip(terms).collect();
    if args.at.json {
        for (rank, hit) in found.hits.iter().enumerate() {
            console.json_line(&line(rank + 1, hit, &terms, &store, &model))?;
        }
        return Ok(Outcome::Complete);
    }
    console.line(&console.style(Style::Bold, &heading.join(" ")))?;
    if found.hits.is_empty() {
        return console
            .line(match args.min_score {
                Some(Least::Auto) => "nothing that looks like this",
                _ => "nothing was found",
            })
            .map(|()| Outcome::Complete);
    }
    let rows: Vec<Ranked<'_>> = found
        .hits
        .iter()
        .map(|hit| {
            let (main, term) = main_term(hit, &terms);
            Ranked {
                name: name_of(&store, &hit.id),
                score: hit.score,
                weights: main.weights,
                best: best(&term.embedding.views, store.index().views(), main),
                sure: model.certain(hit).map(|certain| certain.sure),
            }
        })
        .collect();
    for line in ranking_table(console, &rows) {
        console.line(&line)?;
    }
    Ok(Outcome::Complete)
}

/// What the arguments ask for.
fn asked(args: &Args, console: &Console) -> Result<Vec<Asked>, Failure> {
    let either = |argument: &OsString| {
        let path = Path::new(argument);
        if path.is_file() {
            return Ok(Job::image(argument.into()));
        }
        if inputs::is_photo(path) {
            console.note(&format!(
                "there is no file {}; it is searched for as a text",
                shown(&path.to_string_lossy())
            ));
        }
        inputs::text("query", argument).map(Job::text)
    };
    let mut plus = args
        .queries
        .iter()
        .map(either)
        .collect::<agff::Result<Vec<_>>>()?;
    for text in &args.text {
        plus.push(Job::text(inputs::text("--text", text)?));
    }
    plus.extend(args.image.iter().cloned().map(Job::image));
    let minus = args
        .minus
        .iter()
        .map(either)
        .collect::<agff::Result<Vec<_>>>()?;
    let count = plus.len() + minus.len();
    if count == 0 {
        return Err(Failure::Usage(
            "say what to search for: a text or a photo".into(),
        ));
    }
    if args.weight.len() > count {
        return Err(Failure::Usage(format!(
            "here are {} weights for {count} queries",
            args.weight.len()
        )));
    }
    let signs = plus.iter().map(|_| 1.0).chain(minus.iter().map(|_| -1.0));
    let signs: Vec<f32> = signs.collect();
    let jobs = plus.into_iter().chain(minus);
    let weights = args.weight.iter().copied().chain(std::iter::repeat(1.0));
    Ok(jobs
        .zip(signs)
        .zip(weights)
        .map(|((job, sign), weight)| Asked {
            job,
            weight: sign * weight,
            embedding: None,
            taught: None,
        })
        .collect())
}

/// The same with the taught words that texts name, each before its text. A text of nothing else counts little beside
/// them.
fn with_taught(asked: Vec<Asked>, store: &Store, console: &Console) -> Vec<Asked> {
    let mut all = Vec::with_capacity(asked.len());
    let mut background = None;
    for mut query in asked {
        let text = query
            .job
            .text
            .as_deref()
            .filter(|_| query.job.image.is_none());
        let named = named_in(text.unwrap_or_default(), store.words());
        let mut rest: f32 = 1.0;
        for word in &named.words {
            if background.is_none() {
                background = store.index().background();
            }
            let Some(background) = &background else {
                break;
            };
            let taught = match background.query(word) {
                Ok(taught) => taught,
                Err(error) => {
                    console.note(&format!("{error}; it is searched for as a text"));
                    continue;
                }
            };
            if !named.more {
                rest = rest.min(taught.text);
            }
            all.push(Asked {
                job: Job::text(word.name.clone()),
                weight: query.weight,
                embedding: Some(taught.embedding.clone()),
                taught: Some(taught),
            });
        }
        query.weight *= rest;
        all.push(query);
    }
    all
}

/// The taught word that is asked for and nothing else: it, and it as a text.
fn word_alone(asked: &[Asked]) -> Option<&Asked> {
    match asked {
        [word, text] if word.taught.is_some() && 0.0 < text.weight && text.weight < word.weight => {
            Some(word)
        }
        _ => None,
    }
}

/// Embeds the queries that the index does not have, and says what parts of photos the model's views are.
fn embed(
    asked: &mut [Asked],
    args: &Args,
    store: &Store,
    console: &Console,
) -> Result<Of, Failure> {
    let origin = store.origin();
    let mut model = args.model.clone();
    let (dimensions, pixels) = (
        model.dim.take(),
        model.max_pixels.replace(origin.max_pixels),
    );
    if model.model.is_none() {
        model.model = Some(package_of(origin));
    }
    for (given, kept, option) in [
        (
            dimensions.map(|n| n as u64),
            origin.dimensions as u64,
            "--dim",
        ),
        (pixels, origin.max_pixels, "--max-pixels"),
    ] {
        if given.is_some_and(|given| given != kept) {
            let message = format!("{option} is {kept} in this index; leave it out");
            return Err(Failure::Usage(message));
        }
    }
    // Checked before the weights are read.
    let manifest = manifest(model.model.as_deref())?;
    origin.same_model(&manifest.name, &manifest.fingerprint()?)?;
    let loaded = model::load(&model, console)?;
    let mut jobs = Vec::new();
    for query in asked.iter_mut().filter(|query| query.embedding.is_none()) {
        query.job.instruction = match query.job.image {
            // Photos are compared as those in the index were embedded.
            Some(_) => origin.instruction.clone(),
            None => loaded.instruction.clone(),
        };
        jobs.push(query.job.clone());
    }
    model::tell_texts(&jobs, &loaded, console);
    let mut embeddings = Vec::new();
    pipeline::embed(&loaded.agff, &jobs, console, |job, embedding| {
        let embedding = embedding?;
        model::tell_cut(job, &embedding, console);
        embeddings.push(embedding);
        Ok(())
    })?;
    let missing = asked.iter_mut().filter(|query| query.embedding.is_none());
    for (query, embedding) in missing.zip(embeddings) {
        query.embedding = Some(embedding);
    }
    let whole = manifest.dimensions.first() == Some(&origin.dimensions);
    let texts = asked.iter().all(|query| query.job.image.is_none());
    let taught = asked.iter().any(|query| query.taught.is_some());
    Ok(Of {
        regions: Regions::of(&manifest),
        probability: manifest.probability.filter(|_| whole && texts && !taught),
        certainty: match &asked[..] {
            [query] if whole && texts && query.weight > 0.0 => {
                let embedding = query.embedding.as_ref();
                embedding.and_then(|embedding| manifest.certainty_of(embedding))
            }
            asked => word_alone(asked)
                .and_then(|word| word.taught.as_ref())
                .map(|taught| taught.certainty),
        },
    })
}

fn line<'a>(
    rank: usize,
    hit: &'a Hit,
    terms: &'a [Part<'a>],
    store: &'a Store,
    model: &Of,
) -> Line<'a> {
    let views = store.index().views();
    let (main, term) = main_term(hit, terms);
    Line {
        target: name_of(store, &hit.id),
        paths: store.paths_of(&hit.id).collect(),
        id: &hit.id,
        rank,
        score: hit.score,
        patterns: main.patterns,
        weights: main.weights,
        best: best(&term.embedding.views, views, main),
        region: model.regions.of_match(views, main),
        probability: model.probability.map(|p| p.of(main.patterns.gg)),
        certainty: model.certain(hit),
        terms: hit
            .terms
            .iter()
            .zip(terms)
            .map(|(s, (query, term))| Explained {
                query: query.job.name(),
                taught: query.taught.is_some(),
                weight: query.weight,
                score: match &query.taught {
                    Some(taught) => taught.weight * s.score + taught.offset,
                    None => s.score,
                },
                patterns: s.patterns,
                weights: s.weights,
                best: best(&term.embedding.views, views, s),
            })
            .collect(),
        trained: store.origin().trained,
    }
}

/// The query that counts most for a hit.
fn main_term<'a>(hit: &'a Hit, terms: &'a [Part<'a>]) -> (&'a agff::Similarity, &'a Term<'a>) {
    let weights: Vec<f32> = terms.iter().map(|(_, term)| term.weight).collect();
    let i = hit.main_term(&weights);
    (&hit.terms[i], &terms[i].1)
}

/// A query with its sign and weight.
fn titled(name: &str, weight: f32) -> String {
    let name = shortened(name, 70);
    match weight {
        1.0 => format!("“{name}”"),
        -1.0 => format!("− “{name}”"),
        w if w < 0.0 => format!("− {} · “{name}”", -w),
        w => format!("{w} · “{name}”"),
    }
}
