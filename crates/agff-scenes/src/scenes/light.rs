//! The light of a scene: how bright it is, of what tint, and from which side it comes.

use super::draw::Draw;

/// Factors on the finished picture, in 256ths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Light {
    /// For red, green and blue.
    gain: [i32; 3],
    /// By how much more at the right and lower edge than at the left and upper.
    slope: [i32; 2],
}

impl Light {
    /// Any light in which colours are still called the same.
    pub fn any(draw: &mut Draw) -> Self {
        let bright = match draw.below(4) {
            0 => draw.between(206.0, 236.0),
            1 => draw.between(262.0, 282.0),
            _ => draw.between(240.0, 262.0),
        };
        // Warm to the one side, cold to the other.
        let warm = draw.between(-0.06, 0.06);
        let gain = [bright * (1.0 + warm), bright, bright * (1.0 - warm)];
        let slope = match draw.chance(60) {
            true => [draw.between(-44.0, 44.0), draw.between(-44.0, 44.0)],
            false => [0.0; 2],
        };
        Self {
            gain: gain.map(|x| x as i32),
            slope: slope.map(|x| x as i32),
        }
    }

    /// Lights a square picture, RGB and 8 bits a channel.
    pub fn shine(&self, side: usize, rgb: &mut [u8]) {
        let middle = side as i32 / 2;
        for (y, row) in rgb.chunks_exact_mut(3 * side).enumerate() {
            let down = self.slope[1] * (y as i32 - middle) / side as i32;
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let across = self.slope[0] * (x as i32 - middle) / side as i32;
                for (value, gain) in pixel.iter_mut().zip(self.gain) {
                    let lit = (i32::from(*value) * (gain + down + across)) >> 8;
                    *value = lit.clamp(0, 255) as u8;
                }
            }
        }
    }
}
