//! The tables of `docs/ablation.md`, and the plots beside it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use agff_train::checkpoint::write_whole;

use crate::numbers::{gain, over_seeds};
use crate::run::Outcome;
use crate::{Failed, TEST, TUNING, arms, plot};

/// The tables stand between these two lines; what is around them is written by hand.
const BEGIN: &str = "<!-- written by `make ablation` -->";
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

/// Writes tables and plots.
pub fn write(document: &Path, sections: &[Section]) -> Result<(), Failed> {
    let text = std::fs::read_to_string(document)?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
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
        let file = format!("{}.svg", i + 1);
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
            table(section, i == 0)
        )?;
    }
    let text = format!(
        "{}\n{tables}\n{}",
        &text[..begin + BEGIN.len()],
        &text[end..]
    );
    write_whole(document, text.as_bytes())?;
    Ok(())
}

/// A section as a table. `by_category` adds one over the patterns.
fn table(section: &Section, by_category: bool) -> String {
    let arms = section.arms();
    let reference = arms
        .iter()
        .find(|(first, _)| first.arm == arms::REFERENCE || first.arm == arms::PLAIN);
    let mut text = String::from(
        "| arm | seeds | group accuracy | least to most | against the first | precision@1 | for choosing |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (first, runs) in &arms {
        let groups = over_seeds(runs, TEST, |e| e.report.overall.group_accuracy.value);
        let precision = over_seeds(runs, TEST, |e| e.report.overall.precision_at_1.value);
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
            "| {} (`{}`) | {} | {:.1} % | {:.1} to {:.1} | {against} | {:.1} % | {:.1} % |",
            first.what,
            first.arm,
            runs.len(),
            100.0 * groups.mean(),
            100.0 * low,
            100.0 * high,
            100.0 * precision.mean(),
            100.0 * choosing.mean(),
        );
    }
    if by_category {
        text += &categories(&arms);
    }
    text
}

/// Group accuracy by pattern, the mean over seeds.
fn categories(arms: &[(&Outcome, Vec<&Outcome>)]) -> String {
    let Some((first, _)) = arms.first() else {
        return String::new();
    };
    let names: Vec<&String> = first.exams[TEST].report.categories.keys().collect();
    let mut text = String::from("\n| group accuracy, % |");
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
