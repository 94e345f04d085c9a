//! The baseline that only sees colours: colour words of a text against the colours of an image.
//!
//! Both become shares of the same [`NAMES`]: a text by the colour words in it, an image by the hue,
//! saturation and value of its pixels. Two are compared by their Bhattacharyya coefficient, Σ √(a·b). Where
//! the colours do not decide, it guesses, always the same for the same two inputs: a baseline that
//! lost every tie would look worse than chance and flatter the model beside it.

use super::shuffle::mix;
use agff::input::image::Pixels;

/// The colours.
pub const NAMES: [&str; 13] = [
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "brown",
    "beige",
];

/// Other words for them.
const SYNONYMS: &[(&str, &str)] = &[
    ("gray", "grey"),
    ("silver", "grey"),
    ("crimson", "red"),
    ("scarlet", "red"),
    ("maroon", "red"),
    ("gold", "yellow"),
    ("golden", "yellow"),
    ("lime", "green"),
    ("olive", "green"),
    ("teal", "turquoise"),
    ("cyan", "turquoise"),
    ("aqua", "turquoise"),
    ("navy", "blue"),
    ("azure", "blue"),
    ("violet", "purple"),
    ("lilac", "purple"),
    ("lavender", "purple"),
    ("magenta", "pink"),
    ("tan", "beige"),
    ("cream", "beige"),
    ("ivory", "beige"),
];

/// Pixels of an image that are looked at, about.
const LOOKED_AT: usize = 1 << 14;

/// How much a guess may move a similarity: less than colours that differ.
const GUESS: f64 = 1e-4;

/// The colours of a text, of an image, or of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Colours {
    /// The share of each of [`NAMES`]; they sum to one, or are all zero for a text without colours.
    pub shares: [f32; NAMES.len()],
    /// What guesses follow from.
    hash: u64,
}

impl Colours {
    /// The colours that a text names.
    pub fn of_text(text: &str) -> Self {
        let mut shares = [0.0; NAMES.len()];
        let lower = text.to_lowercase();
        for word in lower.split(|c: char| !c.is_alphanumeric()) {
            let synonym = SYNONYMS.iter().find(|(other, _)| *other == word);
            let name = synonym.map_or(word, |(_, name)| name);
            if let Some(i) = NAMES.iter().position(|known| *known == name) {
                shares[i] += 1.0;
            }
        }
        Self::new(shares, text.bytes())
    }

    /// The colours that an image shows.
    pub fn of_pixels(pixels: &Pixels) -> Self {
        let mut shares = [0.0; NAMES.len()];
        let all = pixels.rgb.as_chunks::<3>().0;
        // An odd step, so that it does not fall into one column of an even width.
        let step = (all.len() / LOOKED_AT) | 1;
        let seen = all.iter().step_by(step);
        for &rgb in seen.clone() {
            shares[name_of(rgb)] += 1.0;
        }
        Self::new(shares, seen.flatten().copied())
    }

    /// Two together, each counting half; one without colours does not count.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut shares = self.shares;
        for (share, other) in shares.iter_mut().zip(other.shares) {
            *share += other;
        }
        let hashes = [self.hash, other.hash].map(u64::to_le_bytes);
        Self::new(shares, hashes.into_iter().flatten())
    }

    /// How alike two are, 0 to 1, and a guess of less than a ten-thousandth.
    pub fn similarity(&self, other: &Self) -> f32 {
        let coefficient: f64 = self
            .shares
            .iter()
            .zip(other.shares)
            .map(|(&a, b)| (f64::from(a) * f64::from(b)).sqrt())
            .sum();
        let guess = (mix(self.hash, other.hash) >> 11) as f64 / (1u64 << 53) as f64;
        (coefficient + GUESS * guess) as f32
    }

    fn new(counts: [f32; NAMES.len()], content: impl Iterator<Item = u8>) -> Self {
        let sum: f32 = counts.iter().sum();
        // FNV-1a (Fowler, Noll, Vo).
        let hash = content.fold(0xcbf2_9ce4_8422_2325_u64, |h, byte| {
            (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            shares: counts.map(|count| if sum > 0.0 { count / sum } else { 0.0 }),
            hash,
        }
    }
}

/// The place in [`NAMES`] of what a person would call a pixel, by hue, saturation and value.
fn name_of(rgb: [u8; 3]) -> usize {
    let [r, g, b] = rgb.map(|c| f32::from(c) / 255.0);
    let value = r.max(g).max(b);
    let range = value - r.min(g).min(b);
    let saturation = if value > 0.0 { range / value } else { 0.0 };
    let hue = match range {
        0.0 => 0.0,
        _ if value == r => 60.0 * ((g - b) / range).rem_euclid(6.0),
        _ if value == g => 60.0 * ((b - r) / range + 2.0),
        _ => 60.0 * ((r - g) / range + 4.0),
    };
    let warm = (15.0..65.0).contains(&hue);
    let name = match (hue, saturation, value) {
        (_, _, v) if v < 0.15 => "black",
        (_, s, v) if s < 0.12 && v > 0.85 => "white",
        (_, s, _) if s < 0.12 => "grey",
        (_, s, v) if warm && s < 0.4 && v > 0.7 => "beige",
        (h, s, v) if h < 45.0 && v < 0.65 && s < 0.9 && h >= 10.0 => "brown",
        (h, s, v) if !(12.0..330.0).contains(&h) && s < 0.6 && v > 0.7 => "pink",
        (h, ..) if !(12.0..345.0).contains(&h) => "red",
        (h, ..) if h < 42.0 => "orange",
        (h, ..) if h < 68.0 => "yellow",
        (h, ..) if h < 165.0 => "green",
        (h, ..) if h < 195.0 => "turquoise",
        (h, ..) if h < 255.0 => "blue",
        (h, ..) if h < 295.0 => "purple",
        _ => "pink",
    };
    NAMES.iter().position(|known| *known == name).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(colours: &Colours, name: &str) -> f32 {
        colours.shares[NAMES.iter().position(|known| *known == name).unwrap()]
    }

    fn plain(rgb: [u8; 3], count: u32) -> Pixels {
        Pixels {
            width: count,
            height: 1,
            rgb: rgb.repeat(count as usize),
        }
    }

    #[test]
    fn pixels_have_the_names_that_people_give_them() {
        for (rgb, name) in [
            ([0, 0, 0], "black"),
            ([255, 255, 255], "white"),
            ([128, 128, 128], "grey"),
            ([220, 20, 30], "red"),
            ([255, 140, 0], "orange"),
            ([250, 220, 40], "yellow"),
            ([40, 160, 60], "green"),
            ([64, 200, 190], "turquoise"),
            ([30, 70, 200], "blue"),
            ([120, 40, 170], "purple"),
            ([255, 130, 180], "pink"),
            ([120, 72, 40], "brown"),
            ([235, 215, 175], "beige"),
        ] {
            let colours = Colours::of_pixels(&plain(rgb, 3));
            assert_eq!(share(&colours, name), 1.0, "{rgb:?} {name}: {colours:?}");
        }
    }

    #[test]
    fn words_are_found_whole_and_with_their_synonyms() {
        let colours = Colours::of_text("A GRAY cat, a red-and-gray scarf on a tank.");
        assert_eq!(share(&colours, "red"), 1.0 / 3.0);
        assert_eq!(share(&colours, "grey"), 2.0 / 3.0);
        assert_eq!(Colours::of_text("a tank").shares, [0.0; NAMES.len()]);
    }

    #[test]
    fn the_image_with_the_named_colour_wins_however_little_of_it_there_is() {
        let mut red = plain([240, 240, 240], 100);
        let mut blue = red.clone();
        red.rgb[..3].copy_from_slice(&[220, 20, 30]);
        blue.rgb[..3].copy_from_slice(&[30, 70, 200]);
        let (red, blue) = (Colours::of_pixels(&red), Colours::of_pixels(&blue));
        let (wants_red, wants_blue) = (
            Colours::of_text("a red mug"),
            Colours::of_text("a blue mug"),
        );
        assert!(wants_red.similarity(&red) > wants_red.similarity(&blue));
        assert!(wants_blue.similarity(&blue) > wants_blue.similarity(&red));
        let both = wants_red.and(&wants_blue);
        assert_eq!((share(&both, "red"), share(&both, "blue")), (0.5, 0.5));
    }

    #[test]
    fn without_colours_it_guesses_and_is_right_half_of_the_time() {
        let mut right = 0;
        for i in 0..2000 {
            let query = Colours::of_text(&format!("number {i}"));
            let [a, b] = ["one", "two"].map(|text| Colours::of_text(&format!("{text} {i}")));
            let (a, b) = (query.similarity(&a), query.similarity(&b));
            assert_ne!(a, b, "{i}");
            right += usize::from(a > b);
        }
        // Four standard deviations.
        assert!((911..=1089).contains(&right), "{right}");
    }
}
