//! What `agff eval --json` printed, as tables.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{line, name, not_understood};
use agff::{Error, Result};
use agff_eval::questions::{Chance, Score};
use agff_eval::{Rate, retrieval};

/// The parts of the object that a card shows.
#[derive(Deserialize)]
struct Evaluation {
    #[serde(flatten)]
    first: Column,
    files: Vec<String>,
    #[serde(default)]
    others: Vec<Column>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    view: Option<String>,
    dtype: Option<String>,
    precision_at_1: Option<Rate>,
    group_accuracy: Option<Rate>,
    chance: Option<Chance>,
    #[serde(default)]
    categories: BTreeMap<String, Score>,
    #[serde(default)]
    retrieval: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    file: String,
    query_to_positive: retrieval::Report,
}

/// Adds the tables of an evaluation.
pub fn table(out: &mut String, path: &Path) -> Result<()> {
    let text = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let all: Evaluation = serde_json::from_slice(&text).map_err(|e| not_understood(path, e))?;
    let columns: Vec<&Column> = std::iter::once(&all.first).chain(&all.others).collect();
    if all.first.precision_at_1.is_some() {
        questions(out, &all.files, &columns);
    }
    for (i, set) in all.first.retrieval.iter().enumerate() {
        searches(out, set, &columns, i);
    }
    Ok(())
}

fn questions(out: &mut String, files: &[String], columns: &[&Column]) {
    let files: Vec<String> = files.iter().map(|file| shown(file)).collect();
    line(out, format!("\n{}\n", files.join(", ")));
    let head = columns.iter().map(|column| column.title());
    line(out, row("", head));
    line(out, row("---", columns.iter().map(|_| "---:".into())));
    let rate = |rate: Option<Rate>| rate.map_or_else(|| "–".into(), |rate| percent(&rate));
    line(
        out,
        row(
            "precision@1",
            columns.iter().map(|c| rate(c.precision_at_1)),
        ),
    );
    if columns[0]
        .group_accuracy
        .is_some_and(|groups| groups.count != columns[0].questions())
    {
        line(
            out,
            row(
                "group accuracy",
                columns.iter().map(|c| rate(c.group_accuracy)),
            ),
        );
        for category in columns[0].categories.keys() {
            let of = |column: &&Column| {
                rate(
                    column
                        .categories
                        .get(category)
                        .map(|score| score.group_accuracy),
                )
            };
            line(out, row(&format!("– {category}"), columns.iter().map(of)));
        }
        let chance = |column: &&Column| {
            let chance = column.chance.map(|chance| 100.0 * chance.group_accuracy);
            chance.map_or_else(|| "–".into(), |chance| format!("{chance:.1} %"))
        };
        line(out, row("chance of a group", columns.iter().map(chance)));
    } else {
        let chance = |column: &&Column| {
            let chance = column.chance.map(|chance| 100.0 * chance.precision_at_1);
            chance.map_or_else(|| "–".into(), |chance| format!("{chance:.1} %"))
        };
        line(out, row("chance", columns.iter().map(chance)));
    }
}

fn searches(out: &mut String, first: &Set, columns: &[&Column], set: usize) {
    let report = &first.query_to_positive;
    line(
        out,
        format!(
            "\n{}: {} queries search {} targets\n",
            shown(&first.file),
            report.queries,
            report.targets
        ),
    );
    line(
        out,
        row(
            "",
            columns
                .iter()
                .map(|column| column.title())
                .chain(["chance".into()]),
        ),
    );
    line(
        out,
        row(
            "---",
            columns.iter().map(|_| "---:".into()).chain(["---:".into()]),
        ),
    );
    type Pick = fn(&retrieval::Report) -> (&Rate, f64);
    let picks: [(&str, Pick); 3] = [
        ("recall@1", |r| (&r.recall_at_1, r.chance.recall_at_1)),
        ("recall@5", |r| (&r.recall_at_5, r.chance.recall_at_5)),
        ("recall@10", |r| (&r.recall_at_10, r.chance.recall_at_10)),
    ];
    for (name, pick) in picks {
        let value = |column: &&Column| match column.retrieval.get(set) {
            Some(set) => percent(pick(&set.query_to_positive).0),
            None => "–".into(),
        };
        let chance = format!("{:.1} %", 100.0 * pick(report).1);
        line(out, row(name, columns.iter().map(value).chain([chance])));
    }
}

impl Column {
    fn title(&self) -> String {
        let view = self
            .view
            .as_ref()
            .map(|view| format!(", {view}"))
            .unwrap_or_default();
        let dtype = self
            .dtype
            .as_ref()
            .map(|dtype| format!(", {dtype}"))
            .unwrap_or_default();
        format!("{}{dtype}{view}", self.name)
    }

    fn questions(&self) -> usize {
        self.precision_at_1.map_or(0, |rate| rate.count)
    }
}

/// A file by its folder's name and its own.
fn shown(file: &str) -> String {
    let path = Path::new(file);
    let folder = path.parent().map(name).filter(|folder| !folder.is_empty());
    match folder {
        Some(folder) => format!("`{folder}/{}`", name(path)),
        None => format!("`{}`", name(path)),
    }
}

fn percent(rate: &Rate) -> String {
    let [value, low, high] = [rate.value, rate.low, rate.high].map(|x| 100.0 * x);
    format!("{value:.1} % ({low:.1} to {high:.1})")
}

fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    cells.fold(format!("| {first} |"), |row, cell| {
        format!("{row} {cell} |")
    })
}
