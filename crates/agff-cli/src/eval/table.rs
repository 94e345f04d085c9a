//! The result for people: tables on the terminal.

use agff_eval::Rate;
use agff_eval::questions::Score;

use super::material::Material;
use super::measured::{Column, interval, percent, points, probability};
use crate::Failure;
use crate::output::{Align, Console, Style, shortened, table};

/// Prints everything there is to tell about the columns.
pub fn print(columns: &[Column], material: &Material, console: &Console) -> Result<(), Failure> {
    let Some(first) = columns.first() else {
        return Ok(());
    };
    if let Some(report) = &first.measured.report {
        let overall = &report.overall;
        console.line(&console.style(Style::Bold, &counts(overall)))?;
        print_overall(columns, has_groups(overall), console)?;
        print_differences(columns, material, has_groups(overall), console)?;
        print_categories(columns, console)?;
    }
    print_retrieval(columns, console)
}

/// Whether groups say something that questions do not.
pub fn has_groups(score: &Score) -> bool {
    score.groups + score.groups_left_out != score.questions + score.questions_left_out
}

/// How much was asked.
pub fn counts(score: &Score) -> String {
    let plural = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let mut text = plural(score.questions, "question");
    if has_groups(score) {
        text += &format!(" in {}", plural(score.groups, "group"));
    }
    if score.questions_left_out > 0 {
        text += &format!(", {} left out", score.questions_left_out);
    }
    text
}

fn of(rate: &Rate) -> String {
    format!("{} of {}", rate.correct, rate.count)
}

fn print_overall(columns: &[Column], groups: bool, console: &Console) -> Result<(), Failure> {
    let mut heads = vec![
        ("", Align::Left),
        ("precision@1", Align::Right),
        ("95 %", Align::Right),
        ("right", Align::Right),
    ];
    if groups {
        heads.extend([
            ("groups", Align::Right),
            ("95 %", Align::Right),
            ("right", Align::Right),
        ]);
    }
    let rate = |rate: &Rate| [percent(rate.value), interval(rate), of(rate)];
    let mut rows = Vec::new();
    for column in columns {
        let Some(report) = &column.measured.report else {
            continue;
        };
        let mut row = vec![column.about.name.clone()];
        row.extend(rate(&report.overall.precision_at_1));
        if groups {
            row.extend(rate(&report.overall.group_accuracy));
        }
        rows.push(row);
    }
    if let Some(report) = &columns[0].measured.report {
        let chance = report.overall.chance;
        let mut row = vec!["chance".to_owned(), percent(chance.precision_at_1)];
        if groups {
            row.extend([String::new(), String::new(), percent(chance.group_accuracy)]);
        }
        rows.push(row);
    }
    print_table(&heads, &rows, console)
}

fn print_differences(
    columns: &[Column],
    material: &Material,
    groups: bool,
    console: &Console,
) -> Result<(), Failure> {
    let (first, others) = columns.split_at(1);
    let mut rows = Vec::new();
    for other in others {
        let Some(differences) = other.measured.differences(material, &first[0].measured) else {
            continue;
        };
        let mut row = vec![other.about.name.clone()];
        let of_groups = groups.then_some(differences.group_accuracy);
        for difference in [differences.precision_at_1].iter().chain(&of_groups) {
            row.extend([points(difference), probability(difference)]);
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let against = format!("against {}, points", first[0].about.name);
    let mut heads = vec![
        (against.as_str(), Align::Left),
        ("precision@1", Align::Right),
        ("", Align::Right),
    ];
    if groups {
        heads.extend([("groups", Align::Right), ("", Align::Right)]);
    }
    console.line("")?;
    print_table(&heads, &rows, console)
}

fn print_categories(columns: &[Column], console: &Console) -> Result<(), Failure> {
    let reports: Vec<_> = columns
        .iter()
        .filter_map(|column| Some((column.about.name.as_str(), column.measured.report.as_ref()?)))
        .collect();
    let Some((_, first)) = reports.first() else {
        return Ok(());
    };
    if first.categories.is_empty() {
        return Ok(());
    }
    // Beside each other only the values fit; one alone has its interval.
    let alone = reports.len() == 1;
    for (what, counted, rate) in [
        (
            "precision@1",
            "questions",
            (|score: &Score| score.precision_at_1) as fn(&Score) -> Rate,
        ),
        ("group accuracy", "groups", |score| score.group_accuracy),
    ] {
        if counted == "groups" && !has_groups(&first.overall) {
            continue;
        }
        let mut heads = vec![(what, Align::Left), (counted, Align::Right)];
        heads.extend(reports.iter().map(|(name, _)| (*name, Align::Right)));
        if alone {
            heads.push(("95 %", Align::Right));
        }
        let rows: Vec<Vec<String>> = first
            .categories
            .iter()
            .map(|(category, score)| {
                let own = rate(score);
                let mut row = vec![shortened(category, 40), own.count.to_string()];
                row.extend(reports.iter().map(|(_, report)| {
                    let of_report = report.categories.get(category);
                    of_report.map_or_else(String::new, |score| percent(rate(score).value))
                }));
                if alone {
                    row.push(interval(&own));
                }
                row
            })
            .collect();
        console.line("")?;
        print_table(&heads, &rows, console)?;
    }
    Ok(())
}

fn print_retrieval(columns: &[Column], console: &Console) -> Result<(), Failure> {
    const HEADS: [(&str, Align); 6] = [
        ("", Align::Left),
        ("recall@1", Align::Right),
        ("95 %", Align::Right),
        ("recall@5", Align::Right),
        ("recall@10", Align::Right),
        ("median rank", Align::Right),
    ];
    let several = columns[0].measured.report.is_some() || columns[0].measured.sets.len() > 1;
    for (i, set) in columns[0].measured.sets.iter().enumerate() {
        for (d, (name, direction)) in set.directions().into_iter().enumerate() {
            let report = &direction.report;
            if several || d > 0 {
                console.line("")?;
            }
            let mut title = format!(
                "{}, {name}: {} queries, {} targets",
                shortened(&set.file, 60),
                report.queries,
                report.targets
            );
            if report.queries_left_out > 0 {
                title += &format!(", {} queries left out", report.queries_left_out);
            }
            console.line(&console.style(Style::Bold, &title))?;
            let mut rows: Vec<Vec<String>> = columns
                .iter()
                .filter_map(|column| Some((column, column.measured.sets.get(i)?)))
                .map(|(column, set)| {
                    let report = &set.directions()[d].1.report;
                    vec![
                        column.about.name.clone(),
                        percent(report.recall_at_1.value),
                        interval(&report.recall_at_1),
                        percent(report.recall_at_5.value),
                        percent(report.recall_at_10.value),
                        report.median_rank.to_string(),
                    ]
                })
                .collect();
            let chance = report.chance;
            rows.push(vec![
                "chance".to_owned(),
                percent(chance.recall_at_1),
                String::new(),
                percent(chance.recall_at_5),
                percent(chance.recall_at_10),
            ]);
            print_table(&HEADS, &rows, console)?;
        }
    }
    Ok(())
}

fn print_table(
    heads: &[(&str, Align)],
    rows: &[Vec<String>],
    console: &Console,
) -> Result<(), Failure> {
    for line in table(console, heads, rows) {
        console.line(&line)?;
    }
    Ok(())
}
