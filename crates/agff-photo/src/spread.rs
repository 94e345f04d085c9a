//! How texts' scores spread: what `agff` divides a score by to say how sure it is ([`agff::Certainty`]).

use agff::{Calibration, Levels, Spread, unit};

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

/// Of the classes' vectors, `[hidden, classes]`.
pub fn calibration(classes: &[f32], hidden: usize) -> Calibration {
    let count = classes.len() / hidden;
    let column = |class: usize| -> Vec<f32> {
        let column = (0..hidden).map(|i| classes[i * count + class]);
        let column: Vec<f32> = column.collect();
        unit(&column).into_iter().flatten().collect()
    };
    let vectors: Vec<Vec<f32>> = (0..count).map(column).filter(|v| !v.is_empty()).collect();
    Calibration {
        spread: spread(&vectors, RANK.min(hidden)),
        slope: SLOPE,
        middle: MIDDLE,
        levels: LEVELS,
    }
}

/// The largest directions of the vectors' second moment, by orthogonal iteration (Golub and Van Loan, Matrix
/// Computations, 8.2).
fn spread(vectors: &[Vec<f32>], rank: usize) -> Spread {
    let dimensions = vectors[0].len();
    // Any beginning does whose vectors are independent, and not orthogonal to what is looked for.
    let mut directions: Vec<Vec<f64>> = (0..rank)
        .map(|i| {
            vectors[i * vectors.len() / rank]
                .iter()
                .map(|&x| x.into())
                .collect()
        })
        .collect();
    let mut lengths = Vec::new();
    for _ in 0..STEPS {
        for direction in &mut directions {
            *direction = moment(vectors, direction);
        }
        lengths = orthonormal(&mut directions);
    }
    let of_all = vectors
        .iter()
        .flatten()
        .map(|&x| f64::from(x).powi(2))
        .sum::<f64>();
    let rest = of_all / vectors.len() as f64 - lengths.iter().sum::<f64>();
    let (mut scales, mut digits) = (Vec::new(), String::new());
    for (direction, length) in directions.iter().zip(&lengths) {
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

/// The mean of v·(v·x) over the vectors.
fn moment(vectors: &[Vec<f32>], x: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; x.len()];
    for vector in vectors {
        let product: f64 = vector.iter().zip(x).map(|(&v, x)| f64::from(v) * x).sum();
        for (sum, &v) in sum.iter_mut().zip(vector) {
            *sum += product * f64::from(v);
        }
    }
    sum.iter_mut().for_each(|x| *x /= vectors.len() as f64);
    sum
}

/// Makes vectors orthogonal and of unit length, one after the other, and gives the lengths that they had.
fn orthonormal(vectors: &mut [Vec<f64>]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut lengths = Vec::new();
    for i in 0..vectors.len() {
        let (before, after) = vectors.split_at_mut(i);
        let vector = &mut after[0];
        for other in before {
            let along = dot(other, vector);
            vector
                .iter_mut()
                .zip(other)
                .for_each(|(x, o)| *x -= along * *o);
        }
        let length = dot(vector, vector).sqrt().max(f64::MIN_POSITIVE);
        vector.iter_mut().for_each(|x| *x /= length);
        lengths.push(length);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_those_in_which_vectors_lie() {
        // Thrice along (1, 1, 0), once across it, and a little of the third axis.
        let along = [0.5_f32.sqrt(), 0.5_f32.sqrt(), 0.0];
        let across = [0.5_f32.sqrt(), -(0.5_f32.sqrt()), 0.0];
        let vectors: Vec<Vec<f32>> = [along, along, across, along, [0.0, 0.0, 0.1]]
            .iter()
            .map(|vector| vector.to_vec())
            .collect();
        let spread = spread(&vectors, 2);
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
