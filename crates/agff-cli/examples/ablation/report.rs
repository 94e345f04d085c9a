//! The tables of `docs/ablation.md`, and the plots beside it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use agff_train::checkpoint::write_whole;

use crate::numbers::{gain, over_seeds};
use crate::run::Outcome;
use crate::study::Study;
use crate::{Failed, TEST, TUNING, plot};

/// The tables stand between a study's first line and this one; what is around them is written by hand.
const END: &str = "<!-- end -->";

/// Runs that are compared with each other.
pub struct Section {
    title: &'static str,
    outcomes: Vec<Outcome>,
}

impl Section {
    /// Runs in the order in which they are shown.
    pub fn new(title: &'static str, outcomes: Vec<Outcome>) -> Self {
        Self { title, outcomes }
    }

    /// The arms in their order, each with its runs.
    pub fn arms(&self) -> Vec<(&Outcome, Vec<&Outcome>)> {
        let mut seen = BTreeSet::new();
        let first = self.outcomes.iter().filter(|o| seen.insert(o.arm.as_str()));
        first
            .map(|first| {
                let runs = self.outcomes.iter().filter(|o| o.arm == first.arm);
                (first, runs.collect())
            })
            .collect()
    }
}

/// Writes a study's tables and plots.
pub fn write(document: &Path, study: &Study, sections: &[Section]) -> Result<(), Failed> {
    let text = std::fs::read_to_string(document)?;
    let place = text.find(study.begin).and_then(|at| {
        let begin = at + study.begin.len();
        Some((begin, begin + text[begin..].find(END)?))
    });
    let Some((begin, end)) = place else {
        return Err(format!("{} has no place for the tables", document.display()).into());
    };
    let folder = document.with_extension("");
    std::fs::create_dir_all(&folder)?;
    let mut tables = String::new();
    for (i, section) in sections
        .iter()
        .enumerate()
        .filter(|(_, s)| s.arms().len() > 1)
    {
        let file = format!("{}{}.svg", study.plots, i + 1);
        write_whole(&folder.join(&file), plot::bars(section).as_bytes())?;
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        write!(
            tables,
            "\n## {}\n\n![{}]({name}/{file})\n\n{}",
            section.title,
            section.title,
            table(section, study, i == 0)
        )?;
    }
    let text = format!("{}\n{tables}\n{}", &text[..begin], &text[end..]);
    write_whole(document, text.as_bytes())?;
    Ok(())
}

/// A section as a table. `by_category` adds one over the patterns.
fn table(section: &Section, study: &Study, by_category: bool) -> String {
    let arms = section.arms();
    let reference = arms.first();
    let what = study.right;
    let (head, line) = match study.groups {
        true => (" precision@1 |", "---:|"),
        false => ("", ""),
    };
    let mut text = format!(
        "| arm | seeds | {what} | least to most | against the first |{head} for choosing |\n\
         |---|---:|---:|---:|---:|{line}---:|\n",
    );
    for (first, runs) in &arms {
        let groups = over_seeds(runs, TEST, |e| e.report.overall.group_accuracy.value);
        let precision = over_seeds(runs, TEST, |e| e.report.overall.precision_at_1.value);
        let precision = match study.groups {
            true => format!(" {:.1} % |", 100.0 * precision.mean()),
            false => String::new(),
        };
        let choosing = over_seeds(&runs[..1], TUNING, |e| {
            e.report.overall.group_accuracy.value
        });
        let (low, high) = groups.range();
        let against = match reference {
            Some((other, others)) if other.arm != first.arm => {
                // Seed by seed, so that both have the same ones.
                let others = &others[..others.len().min(runs.len())];
                let gain = gain(&runs[..others.len()], others, TEST);
                format!("{:+.1} ± {:.1}", 100.0 * gain.value, 100.0 * gain.half)
            }
            _ => String::from("–"),
        };
        let _ = writeln!(
            text,
            "| {} (`{}`) | {} | {:.1} % | {:.1} to {:.1} | {against} |{precision} {:.1} % |",
            first.what,
            first.arm,
            runs.len(),
            100.0 * groups.mean(),
            100.0 * low,
            100.0 * high,
            100.0 * choosing.mean(),
        );
    }
    if by_category {
        text += &categories(&arms, what);
    }
    text
}

/// Group accuracy by pattern, the mean over seeds.
fn categories(arms: &[(&Outcome, Vec<&Outcome>)], what: &str) -> String {
    let Some((first, _)) = arms.first() else {
        return String::new();
    };
    let names: Vec<&String> = first.exams[TEST].report.categories.keys().collect();
    let mut text = format!("\n| {what}, % |");
    for name in &names {
        let _ = write!(text, " {name} |");
    }
    let _ = write!(text, "\n|---|{}\n", "---:|".repeat(names.len()));
    for (first, runs) in arms {
        let _ = write!(text, "| `{}` |", first.arm);
        for name in &names {
            let value = over_seeds(runs, TEST, |exam| {
                let score = exam.report.categories.get(*name);
                score.map_or(0.0, |score| score.group_accuracy.value)
            });
            let _ = write!(text, " {:.0} |", 100.0 * value.mean());
        }
        text.push('\n');
    }
    text
}
