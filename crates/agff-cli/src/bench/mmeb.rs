//! `agff bench mmeb`: the data sets of MMEB, and the table of its paper (Jiang et al., "VLM2Vec", arXiv 2410.05160): precision@1
//! of every data set, and means over those of a task, of those whose kind was trained on there, and of all.

use std::path::{Path, PathBuf};

use agff::{Code, Error};
use agff_eval::Rate;
use agff_eval::layouts::mmeb::DataSet;
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::{Bench, Common, no_data_sets};
use crate::eval::measured::{interval, percent};
use crate::output::{Align, Console, table};
use crate::{Done, Failure, Outcome};

/// The data sets of each task: those that the paper trains on, and those that it only measures.
const TASKS: [(&str, &[&str], &[&str]); 4] = [
    (
        "classification",
        &[
            "ImageNet-1K",
            "N24News",
            "HatefulMemes",
            "VOC2007",
            "SUN397",
        ],
        &[
            "Place365",
            "ImageNet-A",
            "ImageNet-R",
            "ObjectNet",
            "Country211",
        ],
    ),
    (
        "question answering",
        &[
            "OK-VQA",
            "A-OKVQA",
            "DocVQA",
            "InfographicsVQA",
            "ChartQA",
            "Visual7W",
        ],
        &["ScienceQA", "VizWiz", "GQA", "TextVQA"],
    ),
    (
        "retrieval",
        &[
            "VisDial",
            "CIRR",
            "VisualNews_t2i",
            "VisualNews_i2t",
            "MSCOCO_t2i",
            "MSCOCO_i2t",
            "NIGHTS",
            "WebQA",
        ],
        &["FashionIQ", "Wiki-SS-NQ", "OVEN", "EDIS"],
    ),
    (
        "grounding",
        &["MSCOCO"],
        &["RefCOCO", "RefCOCO-Matching", "Visual7W-Pointing"],
    ),
];

/// All data sets.
const COUNT: usize = 36;

const LONG: &str = "\
Measure a model on the data sets of MMEB

DIR is the folder of the evaluation's data sets, each a Parquet file in a folder of its name;
those that are not there are missing in the table. The first candidate of a row is right.
A question whose input the model cannot take (an image together with a text, where it embeds
one or the other) or whose image is not there is left out and counted; the exit code is 2.
The mean over the data sets is the paper's overall number, if all 36 are there and nothing
is left out.";

const EXAMPLES: &str = "\
Examples:
  agff bench mmeb MMEB-eval --images MMEB-eval/images --model qwen
  agff bench mmeb MMEB-eval --images images --only CIRR,NIGHTS --split-instruction";

/// Measure a model on the data sets of MMEB
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the data sets
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Folder that the image paths begin in [default: DIR]
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// These data sets only
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Take what the texts of a data set begin with, up to a colon or full stop, as its instruction
    #[arg(long)]
    split_instruction: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

/// What came of a data set.
struct Row {
    name: String,
    task: Option<usize>,
    trained_on: bool,
    rate: Rate,
    left_out: usize,
}

pub fn run(args: Args, console: &Console) -> Done {
    let data_sets = data_sets(&args.folder, &args.only)?;
    let mut settings = Vec::new();
    if args.split_instruction {
        settings.push("split instruction".to_owned());
    }
    let images = args.images.as_ref().unwrap_or(&args.folder);
    let whole = std::path::absolute(images).map_err(|e| Error::io(images, e))?;
    settings.push(format!("images {}", whole.display()));
    let mut bench = Bench::new("mmeb", &args.common, &settings, console)?;
    let (mut rows, mut damaged) = (Vec::new(), 0);
    for (name, files) in data_sets {
        let result = bench.measure(&name, &files, || {
            let mut questions = Vec::new();
            for path in &files {
                let mut data_set = DataSet::read(path)?;
                if args.split_instruction {
                    data_set = data_set.split_instructions();
                }
                questions.extend(data_set.questions(images));
            }
            Ok(questions)
        });
        let result = match result {
            // The others may be whole.
            Err(Failure::Error(error)) if error.code() == Code::Data => {
                console.error(&error);
                damaged += 1;
                continue;
            }
            other => other?,
        };
        let score = result.report.overall;
        let (task, trained_on) = task_of(&name);
        rows.push(Row {
            name,
            task,
            trained_on,
            rate: score.precision_at_1,
            left_out: score.questions_left_out,
        });
    }
    rows.sort_by_key(|row| (row.task.unwrap_or(TASKS.len()), !row.trained_on));
    let left_out = rows.iter().any(|row| row.left_out > 0);
    if rows.is_empty() {
        return Err(Failure::Reported);
    }
    if args.common.json {
        console.json_line(&object(&rows, &bench))?;
    } else {
        print(&rows, &bench, console)?;
    }
    if rows.iter().all(|row| row.rate.count == 0) {
        return Err(Failure::Reported);
    }
    Ok(match left_out || damaged > 0 {
        false => Outcome::Complete,
        true => Outcome::Partial,
    })
}

/// A data set's name and its files.
type Files = (String, Vec<PathBuf>);

/// The data sets below a folder, in the order of names. Where a folder has files that say `test`, they are the data set,
/// and else all of it.
fn data_sets(folder: &Path, only: &[String]) -> Result<Vec<Files>, Failure> {
    if !folder.is_dir() {
        let why = "is not a folder; name the one with the data sets";
        return Err(Error::new(Code::Io, folder.display().to_string(), why).into());
    }
    let mut found: Vec<Files> = Vec::new();
    let files = WalkDir::new(folder).max_depth(3).sort_by_file_name();
    for entry in files.into_iter().filter_map(Result::ok) {
        let is_parquet = |path: &Path| {
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("parquet"))
        };
        if !is_parquet(entry.path()) || !entry.path().is_file() {
            continue;
        }
        let path = entry.into_path();
        let name = DataSet::name(&path);
        match found.iter_mut().find(|(known, _)| same(known, &name)) {
            None => found.push((name, vec![path])),
            Some((_, files)) if files[0].parent() == path.parent() => files.push(path),
            Some((known, files)) => {
                let why = format!(
                    "is the data set {known} again, which {} has; leave one of them out",
                    files[0].display()
                );
                return Err(Error::new(Code::Data, path.display().to_string(), why).into());
            }
        }
    }
    if found.is_empty() {
        return Err(no_data_sets(folder, "data set as a Parquet file").into());
    }
    let is_test = |path: &Path| {
        let below = path.strip_prefix(folder).unwrap_or(path);
        below.to_string_lossy().to_lowercase().contains("test")
    };
    for (_, files) in &mut found {
        if files.iter().any(|path| is_test(path)) {
            files.retain(|path| is_test(path));
        }
    }
    if let Some(unknown) = only
        .iter()
        .find(|only| !found.iter().any(|(name, _)| same(only, name)))
    {
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let why = format!(
            "is none of the data sets that are there: {}",
            names.join(", ")
        );
        return Err(Error::new(Code::Input, unknown.as_str(), why).into());
    }
    found.retain(|(name, _)| only.is_empty() || only.iter().any(|only| same(only, name)));
    Ok(found)
}

/// A name without what people write differently.
fn same(a: &str, b: &str) -> bool {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    plain(a) == plain(b)
}

/// The task of a data set, and whether the paper trains on it.
fn task_of(name: &str) -> (Option<usize>, bool) {
    for (task, (_, trained, others)) in TASKS.iter().enumerate() {
        for (list, trained_on) in [(trained, true), (others, false)] {
            if list.iter().any(|known| same(known, name)) {
                return (Some(task), trained_on);
            }
        }
    }
    (None, false)
}

/// The mean over data sets, each counting the same, and how many there are.
fn mean<'a>(rows: impl Iterator<Item = &'a Row>) -> (Option<f64>, usize) {
    let values: Vec<f64> = rows
        .filter(|row| row.rate.count > 0)
        .map(|row| row.rate.value)
        .collect();
    let count = values.len();
    (
        (count > 0).then(|| values.iter().sum::<f64>() / count as f64),
        count,
    )
}

/// The means of the paper's table: its name, the mean, of how many, and of how many there could be.
fn means(rows: &[Row]) -> Vec<(String, Option<f64>, usize, usize)> {
    let known = || rows.iter().filter(|row| row.task.is_some());
    let mut means = Vec::new();
    for (task, (name, trained, others)) in TASKS.iter().enumerate() {
        let (value, count) = mean(known().filter(|row| row.task == Some(task)));
        means.push((
            format!("mean, {name}"),
            value,
            count,
            trained.len() + others.len(),
        ));
    }
    for (name, trained_on, most) in [
        ("mean, in distribution", true, 20),
        ("mean, out of it", false, 16),
    ] {
        let (value, count) = mean(known().filter(|row| row.trained_on == trained_on));
        means.push((name.to_owned(), value, count, most));
    }
    let (value, count) = mean(known());
    means.push(("overall".to_owned(), value, count, COUNT));
    means
}

fn print(rows: &[Row], bench: &Bench<'_>, console: &Console) -> Result<(), Failure> {
    let heads = [
        ("data set", Align::Left),
        ("task", Align::Left),
        ("precision@1", Align::Right),
        ("95 %", Align::Right),
        ("questions", Align::Right),
        ("left out", Align::Right),
    ];
    let mut lines = Vec::new();
    for row in rows {
        lines.push(vec![
            row.name.clone(),
            row.task.map_or("", |task| TASKS[task].0).to_owned(),
            if row.rate.count > 0 {
                percent(row.rate.value)
            } else {
                "–".into()
            },
            if row.rate.count > 0 {
                interval(&row.rate)
            } else {
                String::new()
            },
            row.rate.count.to_string(),
            row.left_out.to_string(),
        ]);
    }
    for (name, value, count, most) in means(rows) {
        let Some(value) = value else { continue };
        let of = format!("{count} of {most} data sets");
        lines.push(vec![
            name,
            of,
            percent(value),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    console.line(&format!("MMEB, {}", bench.name))?;
    for line in table(console, &heads, &lines) {
        console.line(&line)?;
    }
    console.status(&format!("kept in {}", bench.kept.folder().display()));
    Ok(())
}

fn object(rows: &[Row], bench: &Bench<'_>) -> Value {
    let sets = rows.iter().map(|row| {
        json!({
            "name": row.name,
            "task": row.task.map(|task| TASKS[task].0),
            "in_distribution": row.task.map(|_| row.trained_on),
            "precision_at_1": (row.rate.count > 0).then_some(row.rate),
            "questions_left_out": row.left_out,
        })
    });
    let means = means(rows).into_iter().map(|(name, value, count, most)| {
        json!({"name": name, "precision_at_1": value, "data_sets": count, "of": most})
    });
    json!({
        "benchmark": "mmeb",
        "model": bench.name,
        "data_sets": sets.collect::<Vec<_>>(),
        "means": means.collect::<Vec<_>>(),
        "kept": bench.kept.folder().display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_have_all_data_sets_once() {
        let mut all: Vec<&str> = TASKS
            .iter()
            .flat_map(|(_, trained, others)| trained.iter().chain(*others).copied())
            .collect();
        assert_eq!(all.len(), COUNT);
        assert_eq!(
            TASKS
                .iter()
                .map(|(_, trained, _)| trained.len())
                .sum::<usize>(),
            20
        );
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), COUNT);
        assert_eq!(task_of("country-211"), (Some(0), false));
        assert_eq!(task_of("MSCOCO_t2i"), (Some(2), true));
        assert_eq!(task_of("MSCOCO"), (Some(3), true));
        assert_eq!(task_of("something else"), (None, false));
    }
}
