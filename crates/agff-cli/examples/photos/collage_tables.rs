//! The tables of what was found among collages.

use std::fmt::Write;

use crate::collages::{Column, Found, NUMBERS, TEMPERATURES};
use crate::model::Grid;
use crate::numbers::Bootstrap;
use crate::page::{Measured, factor, interval, number, points};
use crate::singles::FUSION;
use crate::ways::Way;

/// What was found in collages, and with which regions.
pub struct Collages {
    /// Of the reported half.
    pub reported: Found,
    /// Of the choosing half.
    pub choosing: Found,
    /// Grids of regions.
    pub grids: Vec<Grid>,
    /// The package's own among them.
    pub own: usize,
}

impl Collages {
    /// A way with the package's own regions.
    pub fn with(&self, way: Way) -> Column {
        let grid = self.own;
        Column { grid, way }
    }
}

/// The section of the document.
pub fn collages(measured: &Measured<'_>, boot: &Bootstrap) -> String {
    let collages = &measured.collages;
    let found = &collages.reported;
    let fused = collages.with(Way::Patterns(FUSION));
    let mut text = format!(
        "### Several things in a photo\n\n\
         Collages of 1, 2, 3, 4 or 6 stamps of the reported half on landscapes, made in sets of {}: one for each stamp, which is in it with\n\
         others at random. Every caption of a collage asks for it among its set; other collages with that caption are left out. Of threes\n\
         there are more sets, and so they count more where all numbers are taken together. Recall@1 in %:\n\n",
        measured.asking[0].counts().0,
    );
    let heads = NUMBERS.map(|number| format!(" {number} |")).concat();
    let _ = write!(
        text,
        "| things |{heads} all |\n|---|---|---|---|---|---|---|\n"
    );
    for (name, way) in [
        ("**fused** (the package's own)", Way::Patterns(FUSION)),
        ("the whole picture alone", Way::Global),
        ("the best region", Way::Max),
        ("the mean over regions", Way::Mean),
        ("flat log-sum-exp of all ten views", Way::Flat(FUSION)),
    ] {
        let column = collages.with(way);
        let cells = NUMBERS.map(|n| interval(boot.recall(found.of(n, column), 0)));
        let all = interval(boot.recall(&found.all(column), 0));
        let _ = writeln!(text, "| {name} | {} | {all} |", cells.join(" | "));
    }
    let counts = NUMBERS.map(|n| found.of(n, fused).queries().to_string());
    let made = found.collages.map(|made| made.to_string()).join(" | ");
    let _ = write!(
        text,
        "| collages | {made} | {} |\n| queries | {} | {} |\n\nOf threes, @1 / @5 / @10: ",
        found.collages.iter().sum::<usize>(),
        counts.join(" | "),
        found.all(fused).queries()
    );
    let threes = |way| {
        let tally = found.of(3, collages.with(way));
        [0, 1, 2].map(|k| number(tally.share(k))).join(" / ")
    };
    let _ = write!(
        text,
        "fused {}, the whole {}, the best region {}, the mean {}.\n\n\
         | fused less … at recall@1, points | threes | all |\n|---|---|---|\n",
        threes(Way::Patterns(FUSION)),
        threes(Way::Global),
        threes(Way::Max),
        threes(Way::Mean)
    );
    for (name, way) in [
        ("the whole picture alone", Way::Global),
        ("the best region", Way::Max),
        ("the mean over regions", Way::Mean),
    ] {
        let other = collages.with(way);
        let three = boot.difference(found.of(3, other), found.of(3, fused), 0);
        let all = boot.difference(&found.all(other), &found.all(fused), 0);
        let _ = writeln!(text, "| {name} | {} | {} |", points(three), points(all));
    }
    let global = collages.with(Way::Global);
    let ratio = boot.ratio(&found.all(global), &found.all(fused), 0);
    let _ = writeln!(
        text,
        "\nOf all numbers together, fused is {} times the whole alone.\n",
        factor(ratio)
    );
    text + &sweeps(collages)
}

/// Other temperatures and other regions. Nothing was chosen by these tables.
fn sweeps(collages: &Collages) -> String {
    let mut text = String::from(
        "Other constants, for all numbers together, recall@1 in % (choosing half in brackets, one set of each number).\n\
         They are shown after the fact: the package's τ and regions were fixed before, on the choosing half.\n\n",
    );
    let cell = |column: Column| {
        let of = |found: &Found| number(found.all(column).share(0));
        format!("{} ({})", of(&collages.reported), of(&collages.choosing))
    };
    let heads = TEMPERATURES.map(|tau| format!(" {tau:.3} |")).concat();
    let _ = write!(text, "| τ |{heads}\n|---|---|---|---|---|\n");
    for (name, ways) in [
        ("fused, two patterns", TEMPERATURES.map(Way::Patterns)),
        ("flat log-sum-exp", TEMPERATURES.map(Way::Flat)),
    ] {
        let cells = ways.map(|way| cell(collages.with(way)));
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let heads: Vec<String> = collages
        .grids
        .iter()
        .map(|grid| format!("{} × {}", grid.across, grid.down))
        .collect();
    let cells: Vec<String> = (0..collages.grids.len())
        .map(|grid| {
            let way = Way::Patterns(FUSION);
            cell(Column { grid, way })
        })
        .collect();
    let _ = write!(
        text,
        "\n| regions | {} |\n|---{}|\n| fused | {} |\n\n\
         One region is the whole picture. A region that ends within a cell of the map takes a share of it.\n\n",
        heads.join(" | "),
        "|---".repeat(heads.len()),
        cells.join(" | ")
    );
    text
}
