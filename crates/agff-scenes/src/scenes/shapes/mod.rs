//! The shapes that kinds of things are drawn with, from the SVG sheets of this folder.
//!
//! `README.md` says what is in a sheet. Each is read once, when the first thing is drawn.

mod read;

use std::collections::HashMap;
use std::sync::LazyLock;

use resvg::tiny_skia::{Path, Transform};

use super::ink::Ink;
use super::kinds::Kind;
use super::look::{Figure, Surface, View};

/// One shape.
#[derive(Debug)]
pub(super) struct Shape {
    /// When it is drawn.
    condition: Condition,
    pub outline: Outline,
    pub ink: Ink,
    /// How little it lets through of what is behind it, 0 to 1; the ink may let through more.
    pub opacity: f32,
    pub manner: Manner,
}

/// Where a shape is in the box of 100 × 100 units.
#[derive(Debug)]
pub(super) enum Outline {
    Path(Path),
    /// The figure's word, as large as it fits into a box `[x, y, w, h]`, and then moved.
    Word([f32; 4], Transform),
}

/// How an outline is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Manner {
    /// Filled, with the style's dark line around it.
    Filled,
    /// Filled without that line.
    Bare,
    /// As a line of a width.
    Line(f32),
    /// As a line of a width with the dark line around it: limbs, handles, tails.
    Limb(f32),
}

/// What must hold of a figure, in bits as of [`facts`].
#[derive(Debug, Clone, Copy, Default)]
struct Condition {
    /// All of this.
    when: u16,
    /// And nothing of this.
    unless: u16,
}

impl Shape {
    /// Whether it is drawn where such [`facts`] hold.
    pub fn is_drawn(&self, facts: u16) -> bool {
        let Condition { when, unless } = self.condition;
        facts & when == when && facts & unless == 0
    }
}

/// What holds of a figure, a bit each: its aspects, that its surface is plain, that a word is on it.
pub(super) fn facts(figure: &Figure) -> u16 {
    let plain = figure.surface == Surface::Plain;
    let word = figure.lettering.is_some();
    u16::from(figure.aspects) | u16::from(plain) << PLAIN | u16::from(word) << WORD
}

const PLAIN: usize = 8;
const WORD: usize = 9;

/// The shapes of a kind in one of its views, from the back to the front.
pub(super) fn of(kind: &Kind, view: View) -> &'static [Shape] {
    let shapes = ALL.get(&(kind.name, view));
    debug_assert!(shapes.is_some(), "{} {view:?}", kind.name);
    shapes.map_or(&[], Vec::as_slice)
}

type Shapes = HashMap<(&'static str, View), Vec<Shape>>;

/// Nothing can be wrong with the sheets: they come with the crate, and a test reads them.
static ALL: LazyLock<Shapes> = LazyLock::new(|| {
    let mut all = Shapes::new();
    for (name, sheet) in SHEETS {
        if let Err(wrong) = read::sheet(sheet, &mut all) {
            panic!("shapes/{name}.svg: {wrong}");
        }
    }
    all
});

macro_rules! sheets {
    ($($name:literal)*) => { [$(($name, include_str!(concat!($name, ".svg")))),*] };
}

const SHEETS: [(&str, &str); 22] = sheets!(
    "animals" "birds" "buildings" "clothes" "craft" "devices" "figures" "food" "fruit" "furniture"
    "household" "kitchen" "large_animals" "people" "plants" "rooms" "small_animals" "symbols"
    "tableware" "things" "tools" "vehicles"
);

#[cfg(test)]
mod tests;
