//! How texts' scores spread: what `agff` divides a score by to say how sure it is ([`agff::Certainty`]).

use agff::{Calibration, Levels, Spread};

use crate::principal::Moment;

/// Directions that are kept, 24 kB in a manifest; about half of the moment lies in them, and the rest counts as one number.
const RANK: usize = 32;

/// Steps of the iteration; the directions lie close together, and their sum is what counts.
const STEPS: usize = 60;

/// Fitted on the choosing half: right pictures among the first ten against the best pictures of texts without one.
const SLOPE: f32 = 0.942;
const MIDDLE: f32 = 4.24;

/// Nine of ten texts without a picture stay below the one, five of ten below the other, on the choosing half.
const LEVELS: Levels = Levels {
    probably: 0.58,
    perhaps: 0.27,
};

/// Of the classes as pictures lie that show one, `[classes, dimensions]`.
pub fn calibration(classes: &[f32], dimensions: usize) -> Calibration {
    Calibration {
        spread: spread(classes, dimensions, RANK.min(dimensions)),
        slope: SLOPE,
        middle: MIDDLE,
        levels: LEVELS,
    }
}

fn spread(vectors: &[f32], dimensions: usize, rank: usize) -> Spread {
    let moment = Moment::of(vectors, dimensions);
    let found = moment.largest(vectors, rank, STEPS);
    let rest = moment.whole() - found.moments.iter().sum::<f64>();
    let (mut scales, mut digits) = (Vec::new(), String::new());
    for (direction, length) in found.vectors.iter().zip(&found.moments) {
        let most = direction.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        scales.push((most * length.sqrt() / 127.0) as f32);
        for x in direction {
            let whole = (x / most * 127.0).round() as i8;
            digits.push_str(&format!("{:02x}", whole as u8));
        }
    }
    Spread {
        scales,
        directions: digits,
        rest: (rest.max(1e-9) / dimensions as f64) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_in_which_vectors_lie() {
        // Thrice along (1, 1, 0), once across it, and a little of the third axis.
        let along = [0.5_f32.sqrt(), 0.5_f32.sqrt(), 0.0];
        let across = [0.5_f32.sqrt(), -(0.5_f32.sqrt()), 0.0];
        let vectors = [along, along, across, along, [0.0, 0.0, 0.1]].concat();
        let spread = spread(&vectors, 3, 2);
        let length = |i: usize| (127.0 * spread.scales[i]).powi(2) * 2.0;
        assert!((length(0) - 0.6).abs() < 0.01, "{}", length(0));
        assert!((length(1) - 0.2).abs() < 0.01, "{}", length(1));
        assert_eq!(&spread.directions[..6], "7f7f00");
        assert!(
            (spread.rest - 0.01 / 5.0 / 3.0).abs() < 1e-5,
            "{}",
            spread.rest
        );
    }
}
