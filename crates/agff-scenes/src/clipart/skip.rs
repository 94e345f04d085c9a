//! Why a file is left out.

use std::fmt;

/// Why a file makes no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// It could not be opened or read.
    Unreadable,
    /// It has more bytes than are read.
    TooLarge,
    /// It is not XML, or not an SVG.
    Broken,
    /// It has too many nodes, outlines, layers or dashes, or too large patterns.
    TooMuch,
    /// It has a filter that takes long.
    Filter,
    /// It took too long.
    TooSlow,
    /// Nothing is seen on it, or one colour alone.
    Blank,
    /// It is far longer than wide, or wider than long.
    Aspect,
    /// Neither title nor file name say anything.
    NoTitle,
    /// Another file looks exactly the same.
    SamePicture,
    /// So many others have the same title that it says nothing.
    CommonTitle,
}

impl Skip {
    /// As a short phrase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "cannot be read",
            Self::TooLarge => "too large",
            Self::Broken => "broken",
            Self::TooMuch => "too much in it",
            Self::Filter => "slow filter",
            Self::TooSlow => "too slow",
            Self::Blank => "blank",
            Self::Aspect => "too long or too wide",
            Self::NoTitle => "no title",
            Self::SamePicture => "same picture as another",
            Self::CommonTitle => "same title as many others",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
