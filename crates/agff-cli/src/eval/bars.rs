//! A rate as a bar with its interval and the chance level, as SVG inside of a page.

use agff_eval::Rate;

/// Width of the drawing; its height is [`HEIGHT`].
const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 16.0;

/// A bar from 0 to 1 with a whisker from the interval's lower to its upper end, and a dashed line at
/// chance. Its colours are the page's; `class` picks the bar's.
pub fn bar(rate: &Rate, chance: Option<f64>, class: &str) -> String {
    let x = |value: f64| value.clamp(0.0, 1.0) * WIDTH;
    let (low, high, middle) = (x(rate.low), x(rate.high), HEIGHT / 2.0);
    let line = |class: &str, x1: f64, y1: f64, x2: f64, y2: f64| {
        format!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#)
    };
    let chance = chance.map_or_else(String::new, |chance| {
        line("chance", x(chance), 0.0, x(chance), HEIGHT)
    });
    let label = format!(
        "{:.1} %, interval {:.1} to {:.1}",
        100.0 * rate.value,
        100.0 * rate.low,
        100.0 * rate.high
    );
    format!(
        concat!(
            r#"<svg class="bar {class}" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{label}">"#,
            r#"<rect class="track" width="{width}" height="{height}" rx="3"/>"#,
            r#"<rect class="value" y="3" width="{value:.1}" height="{inner}" rx="2"/>"#,
            r#"{chance}{whisker}{low}{high}</svg>"#
        ),
        class = class,
        width = WIDTH,
        height = HEIGHT,
        inner = HEIGHT - 6.0,
        value = x(rate.value),
        label = label,
        chance = chance,
        whisker = line("whisker", low, middle, high, middle),
        low = line("whisker", low, middle - 4.0, low, middle + 4.0),
        high = line("whisker", high, middle - 4.0, high, middle + 4.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use agff_eval::wilson;

    #[test]
    fn a_bar_is_as_long_as_its_rate_and_its_whisker_as_its_interval() {
        let rate = wilson(1, 2);
        let svg = bar(&rate, Some(0.25), "one");
        assert!(
            svg.contains(r#"<rect class="value" y="3" width="80.0""#),
            "{svg}"
        );
        assert!(svg.contains(r#"class="chance" x1="40.0""#), "{svg}");
        let (low, high) = (160.0 * rate.low, 160.0 * rate.high);
        assert!(
            svg.contains(&format!(
                r#"x1="{low:.1}" y1="8.0" x2="{high:.1}" y2="8.0""#
            )),
            "{svg}"
        );
    }
}
