//! Matrices as the inner loops see them: where they begin, and how far apart their rows are.

/// A matrix whose rows are contiguous.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Its first value.
    pub values: *const f32,
    /// How far apart its rows are.
    pub stride: usize,
}

/// The results, row by row.
#[derive(Clone, Copy)]
pub struct Results {
    pub values: *mut f32,
    pub stride: usize,
    pub scale: f32,
    /// Whether results are added to what is there.
    pub accumulate: bool,
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn rows(values: *const f32, stride: usize) -> Rows {
        Rows { values, stride }
    }

    /// Compares a product with its definition, stored and added, among values that are nobody's. `b` has steps
    /// from row to row and from column to column.
    pub fn check(
        [m, n, k]: [usize; 3],
        [b_row, b_column]: [usize; 2],
        product: impl Fn(Rows, Rows, Results),
    ) {
        let (a_stride, stride) = (k + 3, n + 2);
        let numbers = |count: usize, salt: usize| -> Vec<f32> {
            (0..count)
                .map(|i| ((i * 37 + salt) % 101) as f32 / 50.0 - 1.0)
                .collect()
        };
        let (a, b) = (
            numbers(m * a_stride, 5),
            numbers(k * b_row + n * b_column, 11),
        );
        let before = numbers(m * stride, 3);
        for accumulate in [false, true] {
            let mut out = before.clone();
            let results = Results {
                values: out.as_mut_ptr(),
                stride,
                scale: 0.5,
                accumulate,
            };
            product(
                rows(a.as_ptr(), a_stride),
                rows(b.as_ptr(), b_column),
                results,
            );
            for i in 0..m {
                for j in 0..stride {
                    let at = i * stride + j;
                    let kept = f64::from(before[at]);
                    let expected = if j < n {
                        let dot: f64 = (0..k)
                            .map(|x| {
                                let right = b[x * b_row + j * b_column];
                                f64::from(a[i * a_stride + x]) * f64::from(right)
                            })
                            .sum();
                        dot * 0.5 + if accumulate { kept } else { 0.0 }
                    } else {
                        kept
                    };
                    let off = (f64::from(out[at]) - expected).abs();
                    assert!(
                        off < 1e-4 * expected.abs().max(1.0),
                        "{m} {n} {k}: [{i}, {j}] is off by {off}"
                    );
                }
            }
        }
    }
}
