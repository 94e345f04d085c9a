//! The nine patterns of fine-grained perception, as the benchmark MMVP names them: for each, how a
//! unit's fact is chosen, drawn and said.

mod colour;
mod count;
mod orientation;
mod position;
mod presence;
mod state;
mod structure;
mod text;
mod viewpoint;

use super::split::Split;
use super::stage::{Draft, Stage};
use super::wording::Wordings;

/// A pattern of perception: what the two scenes of a unit differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pattern {
    /// Which way something faces, points or leans, and which way up it is.
    Orientation,
    /// Whether something, or a part of it, is there.
    Presence,
    /// Whether it is open, lit, full, broken, awake.
    State,
    /// How many there are.
    Count,
    /// Where things are to each other and in the picture.
    Position,
    /// What has which colour, and what is striped.
    Colour,
    /// How things are made and arranged.
    Structure,
    /// What is written.
    Text,
    /// From where and from how far things are seen.
    Viewpoint,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 9] = [
        Self::Orientation,
        Self::Presence,
        Self::State,
        Self::Count,
        Self::Position,
        Self::Colour,
        Self::Structure,
        Self::Text,
        Self::Viewpoint,
    ];

    /// The category that questions carry, as MMVP-VLM names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orientation => "orientation and direction",
            Self::Presence => "presence of specific features",
            Self::State => "state and condition",
            Self::Count => "quantity and count",
            Self::Position => "positional and relational context",
            Self::Colour => "color and appearance",
            Self::Structure => "structural characteristics",
            Self::Text => "texts",
            Self::Viewpoint => "viewpoint and perspective",
        }
    }

    /// A word for file names.
    pub fn key(self) -> &'static str {
        match self {
            Self::Orientation => "orientation",
            Self::Presence => "presence",
            Self::State => "state",
            Self::Count => "count",
            Self::Position => "position",
            Self::Colour => "color",
            Self::Structure => "structure",
            Self::Text => "text",
            Self::Viewpoint => "viewpoint",
        }
    }

    /// Makes a unit of this pattern.
    pub(super) fn draft(self, stage: &mut Stage) -> Draft {
        match self {
            Self::Orientation => orientation::draft(stage),
            Self::Presence => presence::draft(stage),
            Self::State => state::draft(stage),
            Self::Count => count::draft(stage),
            Self::Position => position::draft(stage),
            Self::Colour => colour::draft(stage),
            Self::Structure => structure::draft(stage),
            Self::Text => text::draft(stage),
            Self::Viewpoint => viewpoint::draft(stage),
        }
    }

    /// The sentence templates of its captions. ` | ` is between the halves of those that speak of the two
    /// scenes of a unit in two ways.
    pub fn templates(self, split: Split) -> impl Iterator<Item = &'static str> {
        let of_split = move |wordings: &&'static Wordings| wordings.of(split);
        self.wordings().iter().flat_map(of_split).copied()
    }

    fn wordings(self) -> &'static [&'static Wordings] {
        match self {
            Self::Orientation => orientation::WORDINGS,
            Self::Presence => presence::WORDINGS,
            Self::State => state::WORDINGS,
            Self::Count => count::WORDINGS,
            Self::Position => position::WORDINGS,
            Self::Colour => colour::WORDINGS,
            Self::Structure => structure::WORDINGS,
            Self::Text => text::WORDINGS,
            Self::Viewpoint => viewpoint::WORDINGS,
        }
    }
}
