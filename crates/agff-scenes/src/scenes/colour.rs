//! The fourteen colours that captions name, and what is done with colours in drawing.

/// A colour that a caption can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Green,
    Turquoise,
    LightBlue,
    Blue,
    Purple,
    Pink,
    Brown,
    Beige,
    Gray,
    Black,
    White,
}

impl Colour {
    /// Every colour.
    pub const ALL: [Self; 14] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Turquoise,
        Self::LightBlue,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
        Self::Beige,
        Self::Gray,
        Self::Black,
        Self::White,
    ];

    /// As captions call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Turquoise => "turquoise",
            Self::LightBlue => "light blue",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::Pink => "pink",
            Self::Brown => "brown",
            Self::Beige => "beige",
            Self::Gray => "gray",
            Self::Black => "black",
            Self::White => "white",
        }
    }

    /// Its purest tone; things are painted in tones near it.
    pub(super) fn rgb(self) -> Rgb {
        match self {
            Self::Red => Rgb(214, 32, 36),
            Self::Orange => Rgb(246, 132, 20),
            Self::Yellow => Rgb(250, 215, 40),
            Self::Green => Rgb(46, 145, 52),
            Self::Turquoise => Rgb(28, 190, 178),
            Self::LightBlue => Rgb(150, 208, 246),
            Self::Blue => Rgb(28, 74, 204),
            Self::Purple => Rgb(128, 44, 168),
            Self::Pink => Rgb(250, 140, 186),
            Self::Brown => Rgb(121, 72, 32),
            Self::Beige => Rgb(226, 204, 160),
            Self::Gray => Rgb(134, 136, 140),
            Self::Black => Rgb(34, 34, 38),
            Self::White => Rgb(250, 250, 250),
        }
    }
}

/// Red, green and blue, 8 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// `share` of `other` and the rest of this.
    pub fn mix(self, other: Rgb, share: f32) -> Self {
        let one = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share + 0.5) as u8;
        Self(
            one(self.0, other.0),
            one(self.1, other.1),
            one(self.2, other.2),
        )
    }

    /// Perceived brightness, 0 to 255.
    pub fn brightness(self) -> f32 {
        0.299 * f32::from(self.0) + 0.587 * f32::from(self.1) + 0.114 * f32::from(self.2)
    }

    /// A shade for folds, edges and what lies in shadow; of what is nearly black, a lighter one.
    pub fn shade(self) -> Self {
        match self.brightness() {
            ..55.0 => self.mix(WHITE, 0.28),
            _ => self.mix(BLACK, 0.3),
        }
    }

    /// A tone for what catches the light; of what is nearly white, a grey one.
    pub fn tint(self) -> Self {
        match self.brightness() {
            225.0.. => self.mix(BLACK, 0.14),
            _ => self.mix(WHITE, 0.45),
        }
    }

    /// Black or white, whichever is seen better on this.
    pub fn ink(self) -> Self {
        match self.brightness() {
            ..115.0 => WHITE,
            _ => BLACK,
        }
    }

    /// How different two colours look, 0 to about 3: the differences of the channels, weighted as the eye does.
    pub fn distance(self, other: Rgb) -> f32 {
        let d = |a: u8, b: u8| (f32::from(a) - f32::from(b)).abs() / 255.0;
        d(self.0, other.0) + 1.3 * d(self.1, other.1) + 0.7 * d(self.2, other.2)
    }
}

/// Constants, and [`named`].
macro_rules! named {
    ($($constant:ident $name:literal $rgb:expr;)*) => {
        $(pub(super) const $constant: Rgb = $rgb;)*

        /// The colour that shapes call by a name.
        pub(super) fn named(name: &str) -> Option<Rgb> {
            match name {
                $($name => Some($constant),)*
                _ => None,
            }
        }
    };
}

named! {
    BLACK "black" Rgb(24, 22, 26);
    WHITE "white" Rgb(255, 255, 255);
    CREAM "cream" Rgb(252, 240, 214);
    SILVER "silver" Rgb(196, 202, 210);
    STEEL "steel" Rgb(118, 126, 138);
    WOOD "wood" Rgb(176, 122, 66);
    BARK "bark" Rgb(106, 70, 40);
    LEAF "leaf" Rgb(70, 148, 56);
    GLOW "glow" Rgb(255, 226, 92);
    FLAME "flame" Rgb(255, 140, 26);
    PANE "pane" Rgb(176, 216, 236);
    NIGHT "night" Rgb(40, 52, 84);
    SKIN "skin" Rgb(236, 188, 150);
    ROSE "rose" Rgb(236, 110, 120);
    CRIMSON "crimson" Rgb(206, 44, 46);
    STRAW "straw" Rgb(228, 190, 104);
    WATER "water" Rgb(76, 150, 214);
    STEAM "steam" Rgb(232, 234, 238);
    SMOKE "smoke" Rgb(214, 214, 218);
    SNOW "snow" Rgb(246, 249, 252);
    SKY "sky" Rgb(214, 232, 240);
    LENS "lens" Rgb(196, 226, 240);
    FLOOR "floor" Rgb(90, 84, 78);
    MOSS "moss" Rgb(156, 186, 96);
}
