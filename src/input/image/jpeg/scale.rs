//! Decoding at a half, a quarter or an eighth of the size.
//!
//! A block's lowest `n × n` frequencies are the picture at `n/8` of its size: they are transformed
//! with an inverse cosine transform of that size, and the others are read but not used. Where
//! colour is sampled more coarsely than light, its blocks give more samples, up to 8 × 8, and need
//! not be enlarged after.

use super::scan::ZIGZAG;

/// How many samples a block's side becomes: 8, 4, 2 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale(u32);

impl Scale {
    /// The smallest scale at which the short side has at least `least` pixels; full size without
    /// `least`, and where the picture is smaller.
    pub(super) fn choose(width: u32, height: u32, least: Option<u32>) -> Self {
        let short = width.min(height);
        let scales = [Self(1), Self(2), Self(4)];
        let enough = |scale: &Self| least.is_some_and(|least| scale.side(short) >= least.max(1));
        scales.into_iter().find(enough).unwrap_or(Self(8))
    }

    /// What the size is divided by: 1, 2, 4 or 8.
    pub(super) fn divisor(self) -> u32 {
        8 / self.0
    }

    /// A side of `pixels`, scaled and rounded up.
    pub(super) fn side(self, pixels: u32) -> u32 {
        pixels.div_ceil(self.divisor())
    }

    /// How many samples a block's side becomes in a component with sampling `factor`, where the
    /// largest factor is `most`; and how many times they are enlarged after.
    pub(super) fn block(self, factor: u32, most: u32) -> (u32, u32) {
        let mut side = self.0;
        while side < 8 && (most * self.0).is_multiple_of(factor * side * 2) {
            side *= 2;
        }
        (side, most * self.0 / (factor * side))
    }
}

/// How many coefficients, in the order in which they are sent, a block of `width` × `height`
/// samples is made of.
pub(super) fn needed(width: u32, height: u32) -> usize {
    let is_needed = |&place: &u8| u32::from(place) % 8 < width && u32::from(place) / 8 < height;
    ZIGZAG
        .iter()
        .rposition(is_needed)
        .map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_side_is_never_below_what_is_asked_for() {
        for (width, height, least, divisor) in [
            (4000, 3000, None, 1),
            (4000, 3000, Some(3001), 1),
            (4000, 3000, Some(3000), 1),
            (4000, 3000, Some(1500), 2),
            (3000, 4000, Some(750), 4),
            (4000, 3000, Some(751), 2),
            (4000, 3000, Some(376), 4),
            (4000, 3000, Some(375), 8),
            (4000, 3000, Some(0), 8),
            // Rounded up: 17 / 8 is 3.
            (17, 90, Some(3), 8),
            (1, 1, Some(1), 8),
            (1, 1, Some(2), 1),
            (0, 5, Some(1), 1),
        ] {
            let scale = Scale::choose(width, height, least);
            assert_eq!(scale.divisor(), divisor, "{width} × {height}, {least:?}");
        }
    }

    #[test]
    fn coarser_components_get_larger_blocks() {
        let blocks = |factor, most| [8, 4, 2, 1].map(|side| Scale(side).block(factor, most));
        assert_eq!(blocks(1, 1), [(8, 1), (4, 1), (2, 1), (1, 1)]);
        assert_eq!(blocks(2, 2), [(8, 1), (4, 1), (2, 1), (1, 1)]);
        assert_eq!(blocks(1, 2), [(8, 2), (8, 1), (4, 1), (2, 1)]);
        assert_eq!(blocks(1, 4), [(8, 4), (8, 2), (8, 1), (4, 1)]);
        assert_eq!(blocks(1, 3), [(8, 3), (4, 3), (2, 3), (1, 3)]);
    }

    #[test]
    fn the_lowest_frequencies_are_needed() {
        let sides = [1, 2, 4, 8];
        assert_eq!(sides.map(|side| needed(side, side)), [1, 5, 25, 64]);
        assert_eq!((needed(2, 1), needed(1, 2), needed(8, 4)), (2, 3, 54));
    }
}
