//! The report as a page: one file that needs no other, light or dark as the reader's system is.
//!
//! Everything that comes from files (texts, names, categories) is escaped, and the page forbids itself
//! to load or run anything.

use std::fmt::Write;

use agff_eval::Rate;
use agff_eval::data::Part;
use agff_eval::questions::Score;

use super::bars::bar;
use super::material::Material;
use super::measured::{Column, interval, percent, points, probability};
use super::misses::{self, Miss};
use super::pictures::thumbnail;
use super::table::{counts, has_groups};

/// Most misses that are shown.
const MISSES: usize = 24;

const STYLE: &str = include_str!("page.css");

/// The whole page about the columns; misses are the first one's.
pub fn page(columns: &[Column], material: &Material, files: &[String]) -> String {
    let Some(first) = columns.first() else {
        return String::new();
    };
    let mut body = header(first, files);
    headline(first, &mut body);
    comparison(columns, material, &mut body);
    categories(columns, &mut body);
    retrieval(columns, &mut body);
    show_misses(&misses::worst(first, material, MISSES), &mut body);
    let title = escaped(&first.about.name);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}: evaluation</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
{body}<footer>Bars show the share of right answers, whiskers its 95&nbsp;% interval (Wilson; units are taken as
independent), dashed lines what chance would reach. A tie is wrong; a group is right if every
question of it is. Differences have Newcombe's interval for pairs and McNemar's exact p.
Made by agff {version}.</footer>
</main>
</body>
</html>"#,
        version = env!("CARGO_PKG_VERSION"),
    )
}

fn header(first: &Column, files: &[String]) -> String {
    let mut badges = String::new();
    let mut badge = |class: &str, text: &str| {
        let _ = write!(
            badges,
            r#"<span class="badge {class}">{}</span>"#,
            escaped(text)
        );
    };
    if let Some(model) = &first.about.model {
        match model.trained {
            true => badge("", "trained"),
            false => badge("warn", "never trained: its ranking means nothing"),
        }
        badge("", model.dtype.as_str());
        badge("", &format!("{} dimensions", model.dimensions));
        match &model.view {
            Some(view) => badge("", &format!("view {view} only")),
            None => badge("", "all views, fused"),
        }
        badge("", &format!("on the {}", model.device));
    }
    let files: Vec<String> = files.iter().map(|file| escaped(file)).collect();
    format!(
        "<header>\n<p class=\"eyebrow\">agff eval</p>\n<h1>{}</h1>\n<p class=\"files\">{}</p>\n<p>{badges}</p>\n</header>\n",
        escaped(&first.about.name),
        files.join("<br>")
    )
}

/// The first column's main numbers, large.
fn headline(first: &Column, body: &mut String) {
    body.push_str("<section class=\"cards\">\n");
    let mut card = |name: &str, rate: &Rate, chance: f64, of: &str| {
        let _ = writeln!(
            body,
            concat!(
                r#"<div class="card"><h2>{}</h2><p class="number">{}</p>{}"#,
                r#"<p class="note">95&nbsp;%: {} · {} of {} {} · chance {}</p></div>"#
            ),
            name,
            percent(rate.value),
            bar(rate, Some(chance), "c0"),
            interval(rate),
            rate.correct,
            rate.count,
            of,
            percent(chance)
        );
    };
    if let Some(report) = &first.measured.report {
        let score = &report.overall;
        let (precision, groups) = (&score.precision_at_1, &score.group_accuracy);
        card(
            "Precision@1",
            precision,
            score.chance.precision_at_1,
            "questions",
        );
        if has_groups(score) {
            card(
                "Group accuracy",
                groups,
                score.chance.group_accuracy,
                "groups",
            );
        }
    }
    for set in &first.measured.sets {
        let report = &set.query_to_positive.report;
        card(
            "Recall@1",
            &report.recall_at_1,
            report.chance.recall_at_1,
            "queries",
        );
        card(
            "Recall@10",
            &report.recall_at_10,
            report.chance.recall_at_10,
            "queries",
        );
    }
    body.push_str("</section>\n");
}

/// All columns beside each other.
fn comparison(columns: &[Column], material: &Material, body: &mut String) {
    let Some(report) = &columns[0].measured.report else {
        return;
    };
    if columns.len() < 2 {
        return;
    }
    let groups = has_groups(&report.overall);
    let _ = write!(
        body,
        "<section>\n<h2>Compared</h2>\n<p class=\"note\">{}; differences to {} in points</p>\n",
        counts(&report.overall),
        escaped(&columns[0].about.name)
    );
    body.push_str(
        "<table><thead><tr><th></th><th colspan=\"2\">precision@1</th><th>difference</th>",
    );
    if groups {
        body.push_str("<th colspan=\"2\">group accuracy</th><th>difference</th>");
    }
    body.push_str("</tr></thead><tbody>\n");
    for (i, column) in columns.iter().enumerate() {
        let Some(report) = &column.measured.report else {
            continue;
        };
        let (score, chance) = (&report.overall, &report.overall.chance);
        let differences = match i {
            0 => None,
            _ => column.measured.differences(material, &columns[0].measured),
        };
        let difference = |of: Option<agff_eval::Difference>| {
            let shown = |of| {
                format!(
                    "{}<br><small>{}</small>",
                    points(&of),
                    escaped(&probability(&of))
                )
            };
            let of = of.map(shown);
            format!("<td class=\"interval\">{}</td>", of.unwrap_or_default())
        };
        let _ = write!(
            body,
            "<tr><th class=\"name\">{}</th>",
            escaped(&column.about.name)
        );
        body.push_str(&cells(&score.precision_at_1, chance.precision_at_1, i));
        body.push_str(&difference(differences.map(|of| of.precision_at_1)));
        if groups {
            body.push_str(&cells(&score.group_accuracy, chance.group_accuracy, i));
            body.push_str(&difference(differences.map(|of| of.group_accuracy)));
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</tbody></table>\n</section>\n");
}

/// A table over the categories; several columns are rows below each other in each.
fn categories(columns: &[Column], body: &mut String) {
    let reports: Vec<_> = columns
        .iter()
        .filter_map(|column| Some((&column.about.name, column.measured.report.as_ref()?)))
        .collect();
    let Some((_, first)) = reports.first().filter(|(_, r)| !r.categories.is_empty()) else {
        return;
    };
    let groups = has_groups(&first.overall);
    let several = reports.len() > 1;
    body.push_str("<section>\n<h2>By category</h2>\n<table><thead><tr><th>category</th>");
    if several {
        body.push_str("<th></th>");
    }
    body.push_str("<th>questions</th><th colspan=\"2\">precision@1</th>");
    if groups {
        body.push_str("<th>groups</th><th colspan=\"2\">group accuracy</th>");
    }
    body.push_str("</tr></thead><tbody>\n");
    for category in first.categories.keys() {
        for (i, (name, report)) in reports.iter().enumerate() {
            let Some(score) = report.categories.get(category) else {
                continue;
            };
            body.push_str(if i == 0 {
                "<tr class=\"first\">"
            } else {
                "<tr>"
            });
            if i == 0 {
                let _ = write!(
                    body,
                    "<th rowspan=\"{}\">{}</th>",
                    reports.len(),
                    escaped(category)
                );
            }
            if several {
                let _ = write!(body, "<td>{}</td>", escaped(name));
            }
            body.push_str(&score_cells(score, groups, i));
            body.push_str("</tr>\n");
        }
    }
    body.push_str("</tbody></table>\n</section>\n");
}

fn score_cells(score: &Score, groups: bool, column: usize) -> String {
    let chance = &score.chance;
    let mut text = format!("<td class=\"count\">{}</td>", score.questions);
    text += &cells(&score.precision_at_1, chance.precision_at_1, column);
    if groups {
        let _ = write!(text, "<td class=\"count\">{}</td>", score.groups);
        text += &cells(&score.group_accuracy, chance.group_accuracy, column);
    }
    text
}

/// A bar, and the value with its interval.
fn cells(rate: &Rate, chance: f64, column: usize) -> String {
    format!(
        "<td>{}</td><td class=\"interval\"><b>{}</b><br><small>{}</small></td>",
        bar(rate, Some(chance), &format!("c{}", column % 6)),
        percent(rate.value),
        interval(rate)
    )
}

fn retrieval(columns: &[Column], body: &mut String) {
    for (i, set) in columns[0].measured.sets.iter().enumerate() {
        for (d, (name, direction)) in set.directions().into_iter().enumerate() {
            let report = &direction.report;
            let _ = write!(
                body,
                "<section>\n<h2>Found: {name}</h2>\n<p class=\"note\">{}; {} queries, {} targets</p>\n",
                escaped(&set.file),
                report.queries,
                report.targets
            );
            body.push_str(
                "<table><thead><tr><th></th><th colspan=\"2\">recall@1</th><th colspan=\"2\">recall@5</th><th colspan=\"2\">recall@10</th><th class=\"name\">median rank</th></tr></thead><tbody>\n",
            );
            for (c, column) in columns.iter().enumerate() {
                let Some(set) = column.measured.sets.get(i) else {
                    continue;
                };
                let report = &set.directions()[d].1.report;
                let chance = &report.chance;
                let _ = writeln!(
                    body,
                    "<tr><th class=\"name\">{}</th>{}{}{}<td class=\"count\">{}</td></tr>",
                    escaped(&column.about.name),
                    cells(&report.recall_at_1, chance.recall_at_1, c),
                    cells(&report.recall_at_5, chance.recall_at_5, c),
                    cells(&report.recall_at_10, chance.recall_at_10, c),
                    report.median_rank
                );
            }
            body.push_str("</tbody></table>\n</section>\n");
        }
    }
}

fn show_misses(misses: &[Miss<'_>], body: &mut String) {
    if misses.is_empty() {
        return;
    }
    body.push_str("<section>\n<h2>Worst misses</h2>\n<p class=\"note\">Where the wrong candidate was furthest before the right one; of each query one.</p>\n<div class=\"misses\">\n");
    for miss in misses {
        body.push_str("<article class=\"miss\">");
        if let Some(category) = miss.category {
            let _ = write!(body, "<p class=\"eyebrow\">{}</p>", escaped(category));
        }
        let _ = writeln!(
            body,
            concat!(
                r#"<div class="query">{}</div><div class="pair">"#,
                r#"<figure class="right"><figcaption>right <b>{:.3}</b></figcaption>{}</figure>"#,
                r#"<figure class="wrong"><figcaption>chosen <b>{:.3}</b></figcaption>{}</figure>"#,
                "</div></article>"
            ),
            shown(miss.query),
            miss.score,
            shown(miss.right),
            miss.chosen_score,
            shown(miss.chosen)
        );
    }
    body.push_str("</div>\n</section>\n");
}

/// A part as it looks: its picture, its text, or both.
fn shown(part: &Part) -> String {
    let mut html = String::new();
    if let Some(path) = &part.image {
        let name = escaped(&path.display().to_string());
        // It was decoded before; should it be gone since, its name has to do.
        html += &match thumbnail(path) {
            Ok(url) => format!("<img src=\"{url}\" alt=\"{name}\" title=\"{name}\">"),
            Err(_) => format!("<p>{name}</p>"),
        };
    }
    if let Some(text) = &part.text {
        let _ = write!(html, "<p>{}</p>", escaped(text));
    }
    html
}

/// A text as HTML that is nothing but this text.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_files_say_is_text_and_nothing_else() {
        assert_eq!(
            escaped("<img src=x onerror='a(\"b\")'> & more"),
            "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt; &amp; more"
        );
        let part = Part::text("</p><script>alert(1)</script>");
        assert!(!shown(&part).contains("<script"), "{}", shown(&part));
    }
}
