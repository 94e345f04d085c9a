//! A section as a picture: for each arm a bar to its mean, and a dot for each seed.

use std::fmt::Write;

use crate::TEST;
use crate::numbers::over_seeds;
use crate::report::Section;

const NAMES: f64 = 170.0;
const WIDTH: f64 = 420.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 28.0;

/// Group accuracy on the test set, as SVG that reads on light and dark pages.
pub fn bars(section: &Section) -> String {
    let arms = section.arms();
    let value = |exam: &crate::run::ExamOutcome| exam.report.overall.group_accuracy.value;
    let rows: Vec<_> = arms
        .iter()
        .map(|(first, runs)| (&first.arm, over_seeds(runs, TEST, value)))
        .collect();
    // From just below the least to just above the largest, in steps of five per cent.
    let (mut low, mut high) = (1.0f64, 0.0f64);
    for (_, values) in &rows {
        let (least, most) = values.range();
        (low, high) = (low.min(least), high.max(most));
    }
    let chance = arms.first().map(|(first, _)| {
        let overall = &first.exams[TEST].report.overall;
        overall.chance.group_accuracy
    });
    let low = ((low - 0.02).max(0.0) * 20.0).floor() / 20.0;
    let high = ((high + 0.02).min(1.0) * 20.0).ceil() / 20.0;
    let x = |value: f64| NAMES + (value - low) / (high - low) * WIDTH;
    let height = HEAD + ROW * rows.len() as f64 + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {height:.0}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"group accuracy of each arm\">\n\
         <style>text{{fill:#555}}.grid{{stroke:#8884}}.bar{{fill:#3b82f6;opacity:.55}}.seed{{fill:#1d4ed8}}\
         .chance{{stroke:#d97706;stroke-dasharray:3 3}}\
         @media(prefers-color-scheme:dark){{text{{fill:#bbb}}.seed{{fill:#93c5fd}}}}</style>\n",
        NAMES + WIDTH + 40.0
    );
    let mut mark = low;
    while mark < high + 1e-9 {
        let at = x(mark);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{HEAD}\" y2=\"{height:.0}\"/>\
             <text x=\"{at:.1}\" y=\"18\" text-anchor=\"middle\">{:.0} %</text>",
            100.0 * mark
        );
        mark += 0.05;
    }
    if let Some(at) = chance.filter(|chance| (low..=high).contains(chance)).map(x) {
        let _ = writeln!(
            svg,
            "<line class=\"chance\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{HEAD}\" y2=\"{height:.0}\"/>"
        );
    }
    for (row, (name, values)) in rows.iter().enumerate() {
        let y = HEAD + ROW * (row as f64 + 0.5);
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"bar\" x=\"{NAMES}\" y=\"{:.1}\" width=\"{:.1}\" height=\"14\" rx=\"2\"/>",
            NAMES - 8.0,
            y + 4.0,
            y - 7.0,
            x(values.mean()) - NAMES,
        );
        for &value in &values.values {
            let _ = writeln!(
                svg,
                "<circle class=\"seed\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3\"/>",
                x(value)
            );
        }
    }
    svg + "</svg>\n"
}
