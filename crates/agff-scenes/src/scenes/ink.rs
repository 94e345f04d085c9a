//! What the parts of a drawing are painted with, by the names that the shapes use.

use super::colour::{self, BLACK, Rgb, WHITE};
use super::look::Figure;

/// What a part is painted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    /// The thing's colour, with its stripes or dots.
    Main,
    /// The thing's colour without them.
    Flat,
    /// A darker tone of it.
    Dark,
    /// A lighter tone of it.
    Light,
    /// A pale tone of it: of a light bulb that is lit, and of one that is not.
    Pale,
    Paler,
    /// Glass in the thing's colour, so that what is empty has a colour too.
    Glass,
    /// The other colour.
    Accent,
    /// Black or white, whichever is seen on the thing's colour.
    Contrast,
    /// What an opening in the thing is filled with: darkness, or grey in what is dark itself.
    Hollow,
    /// One colour, but another where the first would not be seen on the thing's.
    BarkOrStraw,
    BlackOrGlow,
    CreamOrCrimson,
    GlowOrWater,
    /// A colour that does not depend on the thing's.
    Is(Rgb),
}

impl Ink {
    /// The ink of a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "main" => Self::Main,
            "flat" => Self::Flat,
            "dark" => Self::Dark,
            "light" => Self::Light,
            "pale" => Self::Pale,
            "paler" => Self::Paler,
            "glass" => Self::Glass,
            "accent" => Self::Accent,
            "contrast" => Self::Contrast,
            "hollow" => Self::Hollow,
            "bark-or-straw" => Self::BarkOrStraw,
            "black-or-glow" => Self::BlackOrGlow,
            "cream-or-crimson" => Self::CreamOrCrimson,
            "glow-or-water" => Self::GlowOrWater,
            _ => Self::Is(colour::named(name)?),
        })
    }

    /// Its colour on a figure, without stripes and shades.
    pub fn on(self, figure: &Figure) -> Rgb {
        let main = figure.main;
        let unless = |seen: bool, usual, other| if seen { usual } else { other };
        match self {
            Self::Main | Self::Flat => main,
            Self::Dark => main.shade(),
            Self::Light => main.tint(),
            Self::Pale => main.mix(WHITE, 0.2),
            Self::Paler => main.mix(WHITE, 0.4),
            Self::Glass => match is_bright(main) {
                true => main.mix(colour::STEEL, 0.6),
                false => main.mix(WHITE, 0.5),
            },
            Self::Accent => figure.accent,
            Self::Contrast => main.ink(),
            Self::Hollow => unless(main.brightness() >= 60.0, BLACK, Rgb(138, 138, 146)),
            Self::BarkOrStraw => {
                let seen = main.distance(colour::BARK) >= 0.7;
                unless(seen, colour::BARK, colour::STRAW)
            }
            Self::BlackOrGlow => unless(main.brightness() >= 90.0, BLACK, colour::GLOW),
            Self::CreamOrCrimson => {
                let seen = main.distance(colour::CREAM) >= 0.6;
                unless(seen, colour::CREAM, colour::CRIMSON)
            }
            Self::GlowOrWater => {
                let seen = main.distance(colour::GLOW) >= 0.5;
                unless(seen, colour::GLOW, colour::WATER)
            }
            Self::Is(rgb) => rgb,
        }
    }

    /// How little it lets through of what is behind, 0 to 1.
    pub fn opacity(self, figure: &Figure) -> f32 {
        match self {
            Self::Glass if is_bright(figure.main) => 0.85,
            Self::Glass => 0.8,
            _ => 1.0,
        }
    }
}

/// Whether glass must be darker than the colour to be seen as glass.
fn is_bright(main: Rgb) -> bool {
    main.brightness() >= 215.0
}
