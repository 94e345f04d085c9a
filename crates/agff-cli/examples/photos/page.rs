//! The part of docs/photos.md that is written by this program.

use std::fmt::Write;
use std::path::Path;

use agff_train::checkpoint::write_whole;

use crate::Failed;
use crate::bars;
use crate::browser::Compared;
use crate::collage_tables::{self, Collages};
use crate::groceries::Named;
use crate::numbers::{Bootstrap, Interval, PLACES, RESAMPLES, Tally};
use crate::scaled::Scaled;
use crate::singles::{Asking, FUSION};
use crate::sure::{self, Certain};
use crate::taught::{self, Lessons};
use crate::trained::{self, Trained};
use crate::variants::Variant;
use crate::ways::Way;

/// What is between these two lines is written here; the rest by hand.
const BEGIN: &str = "<!-- written by `make eval-photos` -->";
const END: &str = "<!-- end -->";

/// Everything that was measured. Of two, the first is of the reported half.
pub struct Measured<'a> {
    /// The Debian packages.
    pub versions: String,
    /// Who asks.
    pub asking: &'a [Asking; 2],
    /// Types of weights, the package's own first.
    pub variants: &'a [Variant],
    /// The model that is built in.
    pub nano: &'a Variant,
    /// Between the library's fused similarity and this program's.
    pub fusion_apart: f64,
    /// What chance recalls.
    pub chance: [f64; 3],
    /// Collages.
    pub collages: Collages,
    /// Groceries, if there were any.
    pub groceries: Option<Named>,
    /// Words that were taught, if there were teachers.
    pub lessons: Option<Lessons>,
    /// The model trained on photos and their names, if there were some.
    pub trained: Option<Trained>,
    /// In a page.
    pub browser: Compared,
    /// Large JPEGs, decoded at a part of their size.
    pub scaled: Scaled,
    /// Captions against texts that nothing shows.
    pub certain: Certain,
    /// Distinct captions.
    pub captions: [usize; 2],
}

/// Writes the marked part of the document.
///
/// # Errors
/// If the document has no such part, or cannot be written.
pub fn write(document: &Path, measured: &Measured<'_>) -> Result<(), Failed> {
    let text = std::fs::read_to_string(document)?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        return Err(format!("{} has no place for the numbers", document.display()).into());
    };
    let boot = Bootstrap::new(measured.captions[0]);
    let choosing = Bootstrap::new(measured.captions[1]);
    let mut part = String::new();
    part += &bars::bars(measured, &boot);
    part += &singles(measured, &boot, &choosing);
    part += &types(measured, &boot);
    part += &collage_tables::collages(measured, &boot);
    part += &sure::text(&measured.certain);
    part += &taught::text(measured.lessons.as_ref());
    part += &trained::text(measured.trained.as_ref(), &measured.variants[0], &boot);
    part += &others(measured);
    print!("{part}");
    let (before, after) = (&text[..begin + BEGIN.len()], &text[end..]);
    write_whole(document, format!("{before}\n\n{part}\n{after}").as_bytes())?;
    Ok(())
}

fn singles(measured: &Measured<'_>, boot: &Bootstrap, choosing: &Bootstrap) -> String {
    let own = &measured.variants[0];
    let [(stamps, pictures), (others, _)] = [0, 1].map(|i| measured.asking[i].counts());
    let mut text = format!(
        "### A caption finds its picture\n\n\
         {} of {stamps} stamps ask, each for its picture among all {pictures}; one with the same caption is right too. These are\n\
         `agff eval`'s queries, and it counts the same. The last column is of the other half ({others} stamps, {} captions), on which\n\
         the model's constants were chosen: it flatters.\n\n\
         | %, recall@1 / 5 / 10 | @1 | @5 | @10 | choosing half |\n|---|---|---|---|---|\n",
        plural(measured.captions[0], "caption"),
        measured.captions[1],
    );
    let mut row = |name: &str, [tally, other]: &[Tally; 2]| {
        let cells = recalls(boot, tally).join(" | ");
        let values = [0, 1, 2].map(|k| number(choosing.recall(other, k).value));
        let _ = writeln!(text, "| {name} | {cells} | {} |", values.join(" / "));
    };
    row("**fused** (the package's own)", &own.fused);
    let of_stamps = [0, 1].map(|i| own.fused[i].times(&measured.asking[i].stamps_of_captions()));
    row("the same, each stamp counted", &of_stamps);
    for (name, way) in [
        ("the whole picture alone", Way::Global),
        ("the best region", Way::Max),
        ("the mean over regions", Way::Mean),
        ("flat log-sum-exp of all ten views", Way::Flat(FUSION)),
    ] {
        row(name, own.way(way));
    }
    row("agff-nano, fused", &measured.nano.fused);
    let chance = measured.chance.map(number).join(" | ");
    let _ = write!(
        text,
        "| chance | {chance} | |\n\n\
         Fused less the whole alone, at @1 / @5 / @10: {}.\n\n\
         As a text has one view, two of the four patterns remain: the text with the whole, and with the regions. The fused similarity\n\
         is the library's; this program's own differs from it by {:.0e} at most.\n\n",
        differences(boot, &own.way(Way::Global)[0], &own.fused[0]),
        measured.fusion_apart,
    );
    text
}

fn types(measured: &Measured<'_>, boot: &Bootstrap) -> String {
    let mut text = String::from(
        "### Size against accuracy\n\nThe same captions, fused, with the weights stored in other types.\n\n\
         | weights | MB | @1 | @5 | @10 | less f32 | choosing half |\n|---|---:|---|---|---|---|---|\n",
    );
    let whole = measured.variants.last();
    for variant in measured.variants {
        let cells = recalls(boot, &variant.fused[0]).join(" | ");
        let less = match whole {
            Some(whole) if whole.name != variant.name => {
                differences(boot, &whole.fused[0], &variant.fused[0])
            }
            _ => "–".to_owned(),
        };
        let megabytes = variant.bytes as f64 / 1e6;
        let choosing = [0, 1, 2].map(|k| number(variant.fused[1].share(k)));
        let _ = writeln!(
            text,
            "| {} | {megabytes:.1} | {cells} | {less} | {} |",
            variant.name,
            choosing.join(" / ")
        );
    }
    text + "\n"
}

fn others(measured: &Measured<'_>) -> String {
    let mut text = String::from("### Groceries by name\n\n");
    let _ = match &measured.groceries {
        Some(named) => writeln!(
            text,
            "{} photos of {} products get their product's name, among all names, in {:.1} % [{:.1}, {:.1}] (Wilson's interval), without the\n\
             model being taught any; chance is {:.1} %. The photos are the validation part of *groceries* ([data.md](data.md)).\n",
            named.right.count,
            named.names,
            100.0 * named.right.value,
            100.0 * named.right.low,
            100.0 * named.right.high,
            100.0 * named.chance,
        ),
        None => writeln!(
            text,
            "Left out in this run: `make eval-photos GROCERIES=FILE.tar` names photos of groceries ([data.md](data.md)).\n"
        ),
    };
    let Compared {
        version,
        pictures,
        texts,
    } = &measured.browser;
    let _ = write!(
        text,
        "### In a page\n\n\
         The CPU engine in {version} embeds all {} stamps and {} captions with the same package. The least cosine with the native\n\
         vectors is {:.8} over {} views of pictures, and {:.8} over the texts; no value differs by more than {:.0e}.\n\n\
         Measured with {};\n\
         the pictures are GPL and no part of this repository. Intervals are at 95 %, by {RESAMPLES} resamples of the captions, each with\n\
         all its queries; they do not know of other landscapes.\n",
        pictures.inputs,
        texts.inputs,
        pictures.least,
        pictures.views,
        texts.least,
        pictures.apart.max(texts.apart),
        measured.versions,
    );
    text
}

/// Recall at each of [`PLACES`] with its interval.
fn recalls(boot: &Bootstrap, tally: &Tally) -> [String; PLACES.len()] {
    [0, 1, 2].map(|k| interval(boot.recall(tally, k)))
}

/// How much more the second recalls, at each of [`PLACES`].
fn differences(boot: &Bootstrap, first: &Tally, second: &Tally) -> String {
    let each = [0, 1, 2].map(|k| points(boot.difference(first, second, k)));
    each.join(" / ")
}

/// A share in percent, without its interval.
pub fn number(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// A share in percent.
pub fn interval(of: Interval) -> String {
    format!(
        "{} [{}, {}]",
        number(of.value),
        number(of.low),
        number(of.high)
    )
}

/// A difference in points.
pub fn points(of: Interval) -> String {
    let point = |share: f64| match 100.0 * share {
        -0.05..0.05 => "0.0".to_owned(),
        points => format!("{points:+.1}").replace('-', "−"),
    };
    format!(
        "{} [{}, {}]",
        point(of.value),
        point(of.low),
        point(of.high)
    )
}

/// How many times.
pub fn factor(of: Interval) -> String {
    format!("{:.2} [{:.2}, {:.2}]", of.value, of.low, of.high)
}

fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
