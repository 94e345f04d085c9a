//! `agff bench mmvp`: the pairs of MMVP-VLM, and the table of its paper (Tong et al., "Eyes Wide Shut", arXiv 2401.06209): the
//! share of pairs with both statements right, by pattern.

use std::path::PathBuf;

use agff_eval::layouts::mmvp::{Benchmark, pattern_names};
use agff_eval::questions::{self, Score};
use serde_json::json;

use super::{Bench, Common, no_data_sets};
use crate::eval::measured::{interval, percent};
use crate::inputs::is_photo;
use crate::output::{Align, Console, table};
use crate::{Done, Failure, Outcome};

const LONG: &str = "\
Measure a model on the pairs of MMVP-VLM

DIR has Questions.csv and the images by their numbers, as they are published. A pair is right
if each of its two statements is more similar to its own image. The average is the mean over
the nine patterns, as in the paper.";

const EXAMPLES: &str = "\
Examples:
  agff bench mmvp MMVP_VLM --model google/siglip2-base-patch16-224";

/// Measure a model on the pairs of MMVP-VLM
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES)]
pub struct Args {
    /// Folder with Questions.csv
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// What is put before every statement
    #[arg(long, value_name = "STR", default_value = "a photo of ")]
    prefix: String,
    #[command(flatten)]
    pub(super) common: Common,
}

pub fn run(args: Args, console: &Console) -> Done {
    let benchmark = Benchmark::read(&args.folder, is_photo)?;
    if benchmark.pairs() == 0 {
        return Err(no_data_sets(&args.folder, "statement").into());
    }
    let settings = [format!("prefix {}", args.prefix)];
    let mut bench = Bench::new("mmvp", &args.common, &settings, console)?;
    let mut questions = Vec::new();
    for pair in benchmark.questions(&args.prefix) {
        questions.extend(pair?);
    }
    // The table is the same in every copy.
    let mut files = vec![benchmark.table().to_owned()];
    let images = questions::parts(&questions).into_iter();
    files.extend(images.filter_map(|part| part.image.clone()));
    let result = bench.measure("MMVP-VLM", &files, || Ok(questions))?;
    let report = &result.report;
    let mut rows: Vec<(&str, &Score)> = Vec::new();
    for pattern in pattern_names() {
        rows.extend(
            report
                .categories
                .get_key_value(pattern)
                .map(|(name, score)| (name.as_str(), score)),
        );
    }
    // A type that the paper does not have.
    let known = |name: &str| rows.iter().any(|(row, _)| *row == name);
    let others: Vec<_> = report
        .categories
        .iter()
        .filter(|(name, _)| !known(name))
        .collect();
    rows.extend(
        others
            .into_iter()
            .map(|(name, score)| (name.as_str(), score)),
    );
    let average = report.mean_of_categories.map(|means| means.group_accuracy);
    let whole = report.overall;
    if args.common.json {
        let patterns = rows.iter().map(|(name, score)| {
            json!({
                "name": name, "pairs": score.group_accuracy, "pairs_left_out": score.groups_left_out,
            })
        });
        console.json_line(&json!({
            "benchmark": "mmvp",
            "model": bench.name,
            "patterns": patterns.collect::<Vec<_>>(),
            "average": average,
            "all": whole.group_accuracy,
            "chance": whole.chance.group_accuracy,
            "kept": bench.kept.folder().display().to_string(),
        }))?;
    } else {
        let heads = [
            ("pattern", Align::Left),
            ("pairs right", Align::Right),
            ("95 %", Align::Right),
            ("pairs", Align::Right),
            ("left out", Align::Right),
        ];
        let line = |name: &str, score: &Score| {
            let rate = &score.group_accuracy;
            vec![
                name.to_owned(),
                percent(rate.value),
                interval(rate),
                rate.count.to_string(),
                score.groups_left_out.to_string(),
            ]
        };
        let mut lines: Vec<Vec<String>> =
            rows.iter().map(|(name, score)| line(name, score)).collect();
        if let Some(average) = average {
            let empty = String::new;
            lines.push(vec![
                "average".into(),
                percent(average),
                empty(),
                empty(),
                empty(),
            ]);
        }
        lines.push(line("all pairs", &whole));
        console.line(&format!("MMVP-VLM, {}", bench.name))?;
        for line in table(console, &heads, &lines) {
            console.line(&line)?;
        }
        console.line(&format!(
            "chance is {}",
            percent(whole.chance.group_accuracy)
        ))?;
        console.status(&format!("kept in {}", bench.kept.folder().display()));
    }
    if whole.group_accuracy.count == 0 {
        return Err(Failure::Reported);
    }
    Ok(match whole.groups_left_out {
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    })
}
