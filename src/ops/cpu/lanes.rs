//! Sums and maxima over eight lanes: vectorised by the compiler, and sums more exact than one
//! running sum.

/// `Σ x`.
#[inline(always)]
pub fn sum(x: &[f32]) -> f32 {
    reduce([x], 0.0, |[x]| x, |a, b| a + b)
}

/// `Σ x²`.
#[inline(always)]
pub fn sum_of_squares(x: &[f32]) -> f32 {
    reduce([x], 0.0, |[x]| x * x, |a, b| a + b)
}

/// The sum of a term over rows of the same length.
#[cfg(feature = "autodiff")]
#[inline(always)]
pub fn sum_of_terms<const N: usize>(rows: [&[f32]; N], term: impl Fn([f32; N]) -> f32) -> f32 {
    reduce(rows, 0.0, term, |a, b| a + b)
}

/// The largest value, `-∞` if there is none.
#[inline(always)]
pub fn largest(x: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    reduce([x], f32::NEG_INFINITY, |[x]| x, larger)
}

#[inline(always)]
fn reduce<const N: usize>(
    rows: [&[f32]; N],
    start: f32,
    term: impl Fn([f32; N]) -> f32,
    join: impl Fn(f32, f32) -> f32,
) -> f32 {
    const LANES: usize = 8;
    let length = rows[0].len();
    let rows = rows.map(|row| &row[..length]);
    let mut lanes = [start; LANES];
    let whole = length / LANES * LANES;
    for begin in (0..whole).step_by(LANES) {
        let parts = rows.map(|row| &row[begin..begin + LANES]);
        for (lane, value) in lanes.iter_mut().enumerate() {
            *value = join(*value, term(parts.map(|part| part[lane])));
        }
    }
    for (lane, i) in (whole..length).enumerate() {
        lanes[lane] = join(lanes[lane], term(rows.map(|row| row[i])));
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    join(join(join(a, e), join(c, g)), join(join(b, f), join(d, h)))
}
