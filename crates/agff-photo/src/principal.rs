//! The directions in which vectors vary most.

/// Σ v·vᵀ over vectors, by their number.
pub struct Moment {
    width: usize,
    /// `[width, width]`.
    values: Vec<f64>,
}

/// Orthogonal directions of unit length, `[count]` of `[width]`.
pub struct Directions {
    /// The directions.
    pub vectors: Vec<Vec<f64>>,
    /// How much of the moment lies in each.
    pub moments: Vec<f64>,
}

impl Moment {
    /// Of `rows`, each of `width` values.
    pub fn of(rows: &[f32], width: usize) -> Self {
        let mut values = vec![0.0; width * width];
        for row in rows.chunks_exact(width) {
            for (i, &a) in row.iter().enumerate() {
                let sums = &mut values[i * width..(i + 1) * width];
                for (sum, &b) in sums.iter_mut().zip(row) {
                    *sum += f64::from(a) * f64::from(b);
                }
            }
        }
        let count = (rows.len() / width) as f64;
        values.iter_mut().for_each(|value| *value /= count);
        Self { width, values }
    }

    /// What lies in all directions together: the mean squared length.
    pub fn whole(&self) -> f64 {
        self.values.iter().step_by(self.width + 1).sum()
    }

    /// The `count` largest directions, by orthogonal iteration (Golub and Van Loan, Matrix Computations, 8.2) from
    /// some `rows`. After few `steps` they span nearly what the largest ones do, without being these one by one.
    pub fn largest(&self, rows: &[f32], count: usize, steps: usize) -> Directions {
        let width = self.width;
        // Any beginning does whose vectors are independent, and not orthogonal to what is looked for.
        let all = rows.len() / width;
        let mut vectors: Vec<Vec<f64>> = (0..count)
            .map(|i| &rows[i * all / count * width..][..width])
            .map(|row| row.iter().map(|&x| x.into()).collect())
            .collect();
        let mut moments = Vec::new();
        for _ in 0..steps {
            vectors = vectors.iter().map(|vector| self.times(vector)).collect();
            moments = orthonormal(&mut vectors);
        }
        Directions { vectors, moments }
    }

    fn times(&self, vector: &[f64]) -> Vec<f64> {
        self.values
            .chunks_exact(self.width)
            .map(|row| dot(row, vector))
            .collect()
    }
}

impl Directions {
    /// As the weight of a projection, `[count, width]`.
    pub fn weight(&self) -> Vec<f32> {
        self.vectors.iter().flatten().map(|&x| x as f32).collect()
    }
}

/// Makes vectors orthogonal and of unit length, one after the other, and gives the lengths that they had.
fn orthonormal(vectors: &mut [Vec<f64>]) -> Vec<f64> {
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directions_are_those_in_which_vectors_lie() {
        // Thrice along (1, 1, 0), once across it, and a little of the third axis.
        let half = 0.5_f32.sqrt();
        let along = [half, half, 0.0];
        let across = [half, -half, 0.0];
        let rows = [along, along, across, along, [0.0, 0.0, 0.1]].concat();
        let moment = Moment::of(&rows, 3);
        assert!((moment.whole() - 4.01 / 5.0).abs() < 1e-6);
        let found = moment.largest(&rows, 2, 60);
        for (i, (direction, length)) in [(along, 0.6), (across, 0.2)].into_iter().enumerate() {
            assert!(
                (found.moments[i] - length).abs() < 1e-6,
                "{:?}",
                found.moments
            );
            let direction = direction.map(f64::from);
            assert!((dot(&found.vectors[i], &direction).abs() - 1.0).abs() < 1e-6);
        }
    }
}
