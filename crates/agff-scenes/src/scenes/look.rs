//! What one thing looks like: everything about it that is not where it is.

use super::colour::{Colour, Rgb};
use super::kinds::Kind;

/// From where a thing is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub(super) enum View {
    Side,
    Front,
    Behind,
    Above,
}

/// What covers the main colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub(super) enum Surface {
    Plain,
    Striped,
    Dotted,
    Checked,
}

/// How a hand draws: the same for all things of a scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Width of the dark line around every part, in hundredths of the thing's size; 0 for none.
    pub outline: f32,
    /// Whether the main parts get darker downwards.
    pub shaded: bool,
}

/// A word that stands on a thing, and the number of its font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lettering {
    pub word: String,
    pub font: usize,
}

/// A thing as it looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    pub kind: &'static Kind,
    /// The colour that a caption would name.
    pub colour: Colour,
    /// The tone of it that the main parts have.
    pub main: Rgb,
    /// The colour of stripes, ribbons and other small parts.
    pub accent: Rgb,
    pub surface: Surface,
    pub view: View,
    /// Bit `i` is set if aspect `i` of the kind is on.
    pub aspects: u8,
    pub lettering: Option<Lettering>,
    pub style: Style,
}

impl Figure {
    /// Whether aspect `index` of its kind is on.
    pub fn on(&self, index: usize) -> bool {
        self.aspects >> index & 1 == 1
    }

    /// Turns aspect `index` on or off.
    pub fn set(&mut self, index: usize, on: bool) {
        self.aspects = self.aspects & !(1 << index) | u8::from(on) << index;
    }
}
