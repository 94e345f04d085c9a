//! `agff bench mmeb`: the data sets of MMEB, and the table of its paper (Jiang et al., "VLM2Vec", arXiv 2410.05160): precision@1
//! of every data set, and means over those of a task, of those whose kind was trained on there, and of all.

use std::path::{Path, PathBuf};

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
    let settings = match args.split_instruction {
        true => vec!["split instruction".to_owned()],
        false => Vec::new(),
    };
    let mut bench = Bench::new("mmeb", &args.common, &settings, console)?;
    let images = args.images.as_ref().unwrap_or(&args.folder);
    let mut rows = Vec::new();
    for (name, path) in data_sets {
        let result = bench.measure(&name, &path, || {
            let mut data_set = DataSet::read(&path)?;
            if args.split_instruction {
                data_set = data_set.split_instructions();
            }
            Ok(data_set.questions(images).collect())
        })?;
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
    let left_out: usize = rows.iter().map(|row| row.left_out).sum();
    if args.common.json {
        console.json_line(&object(&rows, &bench))?;
    } else {
        print(&rows, &bench, console)?;
    }
    if rows.iter().all(|row| row.rate.count == 0) {
        return Err(Failure::Reported);
    }
    Ok(match left_out {
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    })
}

/// The Parquet files below a folder by the names of their data sets, in the order of names. Where a data set has several
/// parts, the first one that says `test` is it.
fn data_sets(folder: &Path, only: &[String]) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    let files = WalkDir::new(folder).max_depth(3).sort_by_file_name();
    for entry in files.into_iter().filter_map(Result::ok) {
        let path = entry.into_path();
        if path
            .extension()
            .is_none_or(|e| !e.eq_ignore_ascii_case("parquet"))
        {
            continue;
        }
        let name = DataSet::name(&path);
        let wanted = only.is_empty() || only.iter().any(|only| same(only, &name));
        let is_test = |path: &Path| path.to_string_lossy().contains("test");
        match found.iter_mut().find(|(known, _)| *known == name) {
            _ if !wanted => {}
            Some((_, known)) if is_test(&path) && !is_test(known) => *known = path,
            Some(_) => {}
            None => found.push((name, path)),
        }
    }
    match found.is_empty() {
        true => Err(no_data_sets(folder, "data set as a Parquet file").into()),
        false => Ok(found),
    }
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
            percent(row.rate.value),
            interval(&row.rate),
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
            "precision_at_1": row.rate,
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
