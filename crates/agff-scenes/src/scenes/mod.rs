//! Scenes that the project draws itself, each with captions: data to learn fine perception from.
//!
//! A [`Unit`] is two scenes that differ in exactly one fact of one of nine [`Pattern`]s, each with
//! captions that state it. [`draw`] makes unit number `index` of a seed; it is the same on every
//! machine and in any order, so a trainer may draw as it goes. [`files`] writes them out.
//!
//! From idea to pixels:
//!
//! ```text
//! patterns ─ a fact ─ stage ─ things in places ─ sketch ─ art ─ pixels
//!              └───── wording ─ captions            └ background, light
//! ```
//!
//! `kinds` says what there is, `shapes` has the drawings, `split` keeps combinations, words and fonts apart
//! for the test set.

mod art;
mod background;
mod brush;
mod colour;
mod draw;
pub mod files;
mod ink;
mod kinds;
mod letters;
mod light;
mod look;
mod path;
mod patterns;
mod shapes;
mod sketch;
mod split;
mod stage;
mod wording;
mod words;

pub use patterns::Pattern;
pub use split::Split;
pub use wording::Caption;

use colour::Colour;
use draw::Draw;
use kinds::Kind;
use stage::{Draft, Stage};

use agff::input::image::Pixels;
use agff::{Code, Error, Result};

/// Sides that scenes can be drawn at, in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 32..=1024;

/// Two scenes that differ in one fact.
#[derive(Debug, Clone)]
pub struct Unit {
    /// What kind of fact it is.
    pub pattern: Pattern,
    /// The scenes.
    pub scenes: [Scene; 2],
}

/// A picture and what is true of it.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The picture, square.
    pub pixels: Pixels,
    /// One or more sentences. All of them are false of the unit's other scene.
    pub captions: Vec<Caption>,
    /// Every thing in it.
    things: Vec<(&'static Kind, Colour)>,
}

impl Scene {
    /// Whether a caption, of whatever scene, might be true of this one as well: everything that it
    /// speaks of is there. Then the scene is no negative for the caption. (For the two scenes of one unit
    /// this is no question: their captions are false of each other.)
    pub fn may_fit(&self, caption: &Caption) -> bool {
        caption.may_fit(&self.things)
    }
}

/// A unit before it is painted: cheap to make, so that what is not wanted need not be painted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What kind of fact it is.
    pub pattern: Pattern,
    draft: Draft,
}

impl Plan {
    /// Number `index` under `seed`, of a pattern.
    pub fn of(pattern: Pattern, split: Split, seed: u64, index: u64) -> Self {
        let stream = match split {
            Split::Training => b"training",
            Split::Test => b"held out",
        };
        let key = index.wrapping_mul(Pattern::ALL.len() as u64) + pattern as u64;
        let mut draw = Draw::new(seed, stream, key);
        let mut again = || {
            let mut stage = Stage::new(Draw::new(draw.word(), stream, key), split);
            pattern.draft(&mut stage)
        };
        // White steam before a white wall: rather something else.
        let mut draft = again();
        for _ in 1..ATTEMPTS {
            if is_seen(&draft) {
                break;
            }
            draft = again();
        }
        Self { pattern, draft }
    }

    /// Training unit number `index` under `seed`; the patterns take turns.
    pub fn training(seed: u64, index: u64) -> Self {
        let patterns = Pattern::ALL.len() as u64;
        let pattern = Pattern::ALL[(index % patterns) as usize];
        Self::of(pattern, Split::Training, seed, index / patterns)
    }

    /// The captions of its scenes.
    pub fn captions(&self) -> &[Vec<Caption>; 2] {
        &self.draft.captions
    }

    /// Paints it, `side` pixels wide and high.
    ///
    /// # Errors
    /// [`Code::Input`] if the side is not among [`SIDES`].
    pub fn paint(&self, side: u32) -> Result<Unit> {
        let refused = || {
            let (least, most) = (SIDES.start(), SIDES.end());
            let why = format!("scenes are drawn at {least} to {most} pixels, not {side}");
            Error::new(Code::Input, "", why)
        };
        if !SIDES.contains(&side) {
            return Err(refused());
        }
        let scene = |which: usize| {
            let sketch = &self.draft.sketches[which];
            let figures = sketch.things.iter().map(|thing| &thing.figure);
            Ok(Scene {
                pixels: Pixels {
                    width: side,
                    height: side,
                    rgb: sketch.paint(side).ok_or_else(refused)?,
                },
                captions: self.draft.captions[which].clone(),
                things: figures.map(|figure| (figure.kind, figure.colour)).collect(),
            })
        };
        Ok(Unit {
            pattern: self.pattern,
            scenes: [scene(0)?, scene(1)?],
        })
    }
}

/// How often a unit is thought of anew until its fact can be seen.
const ATTEMPTS: usize = 12;

/// Whether the two scenes of a draft clearly differ even when they are small.
fn is_seen(draft: &Draft) -> bool {
    const SIDE: u32 = 64;
    const CLEARLY: u32 = 75;
    const PIXELS: usize = 8;
    let [Some(a), Some(b)] = draft.sketches.each_ref().map(|sketch| sketch.paint(SIDE)) else {
        return false;
    };
    let differ = |(a, b): &(&[u8], &[u8])| {
        let channels = a.iter().zip(*b).map(|(&a, &b)| u32::from(a.abs_diff(b)));
        channels.sum::<u32>() > CLEARLY
    };
    let pixels = a.chunks_exact(3).zip(b.chunks_exact(3));
    pixels.filter(differ).nth(PIXELS - 1).is_some()
}

/// Draws training unit number `index` of `seed`, its scenes `side` pixels wide and high.
///
/// # Errors
/// [`Code::Input`] if the side is not among [`SIDES`].
pub fn draw(seed: u64, index: u64, side: u32) -> Result<Unit> {
    Plan::training(seed, index).paint(side)
}

/// The fonts that come with the crate, as text in an SVG finds them.
pub(super) fn fonts() -> std::sync::Arc<resvg::usvg::fontdb::Database> {
    letters::DATABASE.clone()
}

#[cfg(test)]
mod tests;
