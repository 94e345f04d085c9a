//! The kinds of thing that scenes are made of: what they are called, what can be said of them, and
//! from where they can be seen.
//!
//! The kinds of one file have their shapes in the sheet of the same name, `shapes/*.svg`. What can differ
//! about a kind is said in its [`Aspect`]s: its shapes say by name at which of them they are drawn.

mod animals;
mod birds;
mod buildings;
mod clothes;
mod craft;
mod devices;
mod figures;
mod food;
mod fruit;
mod furniture;
mod household;
mod kitchen;
mod large_animals;
mod people;
mod plants;
mod rooms;
mod small_animals;
mod symbols;
mod tableware;
mod things;
mod tools;
mod vehicles;

use std::sync::LazyLock;

use super::look::View;

/// A kind of thing.
#[derive(Debug)]
pub(super) struct Kind {
    /// What one is called, without an article.
    pub name: &'static str,
    pub plural: &'static str,
    pub facing: Facing,
    /// Whether one sees which way up it is.
    pub upright: bool,
    /// From where it can be seen; the first is the usual one.
    pub views: &'static [View],
    /// At most eight.
    pub aspects: &'static [Aspect],
    /// Whether the main colour may be striped, dotted or checked.
    pub patterned: bool,
    /// How its colour is said after its name, where it is not said before it: "a man in red".
    pub preposition: Option<&'static str>,
    /// Whether it shows a word.
    pub lettered: bool,
    pub role: Role,
}

/// What a direction means for a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facing {
    /// It has none.
    None,
    /// It looks somewhere.
    Looks,
    /// It goes somewhere.
    Goes,
    /// It points somewhere, in any of the four directions.
    Points,
    /// It has a front.
    Faces,
}

/// What else can be put where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing in particular.
    Thing,
    /// Its top is flat: things stand on it.
    Surface,
    /// Its top is flat, and there is room beneath.
    Table,
    /// It is open at the top: things look out of it.
    Container,
}

/// Something about a kind that is one way or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aspect {
    /// A part that is there or not, with its article: "a collar", "horns".
    Part(&'static str),
    /// A state, as adjectives, that changes with time: "open" or "closed".
    State(&'static str, &'static str),
    /// How it is shaped, as adjectives: "round" or "square".
    Shape(&'static str, &'static str),
    /// How a part of it is shaped: "a pointed roof" or "a flat roof".
    Made(&'static str, &'static str),
}

impl Aspect {
    /// What is said of it where it is on, by which shapes name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Part(name) => name,
            Self::State(on, _) | Self::Shape(on, _) | Self::Made(on, _) => on,
        }
    }
}

use Aspect::{Made, Part, Shape, State};
use View::{Above, Behind, Front, Side};

impl Kind {
    /// A kind that has nothing special yet.
    const fn new(name: &'static str, plural: &'static str) -> Self {
        Self {
            name,
            plural,
            facing: Facing::None,
            upright: true,
            views: &[Side],
            aspects: &[],
            patterned: false,
            preposition: None,
            lettered: false,
            role: Role::Thing,
        }
    }

    const fn looks(mut self) -> Self {
        self.facing = Facing::Looks;
        self
    }

    const fn goes(mut self) -> Self {
        self.facing = Facing::Goes;
        self
    }

    /// It points somewhere, and no way up is wrong.
    const fn points(mut self) -> Self {
        self.facing = Facing::Points;
        self.upright = false;
        self
    }

    const fn faces(mut self) -> Self {
        self.facing = Facing::Faces;
        self
    }

    /// One does not see which way up it is.
    const fn any_way_up(mut self) -> Self {
        self.upright = false;
        self
    }

    const fn views(mut self, views: &'static [View]) -> Self {
        self.views = views;
        self
    }

    const fn aspects(mut self, aspects: &'static [Aspect]) -> Self {
        self.aspects = aspects;
        self
    }

    const fn patterned(mut self) -> Self {
        self.patterned = true;
        self
    }

    const fn coloured(mut self, preposition: &'static str) -> Self {
        self.preposition = Some(preposition);
        self
    }

    const fn lettered(mut self) -> Self {
        self.lettered = true;
        self
    }

    const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// Kinds are the same if they are called the same.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

#[cfg(test)]
mod pixels;
#[cfg(test)]
mod tests;

/// Every kind, by name: in which file it is makes no difference to any scene.
pub(super) static ALL: LazyLock<Vec<&'static Kind>> = LazyLock::new(|| {
    let mut kinds: Vec<&'static Kind> = [
        animals::KINDS,
        large_animals::KINDS,
        birds::KINDS,
        small_animals::KINDS,
        vehicles::KINDS,
        craft::KINDS,
        fruit::KINDS,
        food::KINDS,
        furniture::KINDS,
        rooms::KINDS,
        tools::KINDS,
        household::KINDS,
        buildings::KINDS,
        plants::KINDS,
        tableware::KINDS,
        kitchen::KINDS,
        clothes::KINDS,
        symbols::KINDS,
        things::KINDS,
        devices::KINDS,
        people::KINDS,
        figures::KINDS,
    ]
    .into_iter()
    .flatten()
    .collect();
    kinds.sort_by_key(|kind| kind.name);
    kinds
});
