//! How records lie in memory: blocks of rows, as int8 codes with a scale for each view and a bound on
//! the error for each row, and as f32 where that is asked for.
//!
//! Blocks do not move when more come, so growing needs no second copy of everything; in WASM,
//! memory that is copied out of is never given back.

use std::borrow::Cow;

use super::Precision;

/// Rows of a block. Sums over its pairs of views are made for all of them at once.
pub const BLOCK: usize = 64;

/// The codes of a view are padded with zeros to a multiple of this, so that no loop over them has a
/// remainder.
pub const LANES: usize = 16;

/// The largest code.
const LARGEST: f32 = 127.0;

/// Up to [`BLOCK`] records.
#[derive(Debug, Clone)]
pub struct Block {
    /// Records that are in it.
    pub len: usize,
    /// `[BLOCK, views, stride]`
    pub codes: Vec<i8>,
    /// What a code of 1 stands for, `[BLOCK, views]`.
    pub scales: Vec<f32>,
    /// For each row the largest distance of a vector from what its codes stand for.
    pub errors: Vec<f32>,
    /// `[BLOCK, views, dimensions]`, of [`Precision::F32`].
    values: Vec<f32>,
}

/// A row on its way to another place.
struct Moved {
    codes: Vec<i8>,
    scales: Vec<f32>,
    error: f32,
    values: Vec<f32>,
}

impl Block {
    /// Rows whose codes are what a test wants.
    #[cfg(test)]
    pub fn of_codes(len: usize, codes: Vec<i8>, scales: Vec<f32>) -> Self {
        Self {
            len,
            codes,
            scales,
            errors: vec![0.0; BLOCK],
            values: Vec::new(),
        }
    }

    fn take(&self, at: usize) -> Moved {
        Moved {
            codes: part(&self.codes, at).to_vec(),
            scales: part(&self.scales, at).to_vec(),
            error: self.errors[at],
            values: part(&self.values, at).to_vec(),
        }
    }

    fn put(&mut self, at: usize, row: Moved) {
        part_mut(&mut self.codes, at).copy_from_slice(&row.codes);
        part_mut(&mut self.scales, at).copy_from_slice(&row.scales);
        self.errors[at] = row.error;
        part_mut(&mut self.values, at).copy_from_slice(&row.values);
    }
}

/// A row's part of what a block holds for all of its rows.
fn part<T>(all: &[T], at: usize) -> &[T] {
    let each = all.len() / BLOCK;
    &all[at * each..][..each]
}

fn part_mut<T>(all: &mut [T], at: usize) -> &mut [T] {
    let each = all.len() / BLOCK;
    &mut all[at * each..][..each]
}

/// All records.
#[derive(Debug, Clone)]
pub struct Rows {
    views: usize,
    dimensions: usize,
    precision: Precision,
    len: usize,
    blocks: Vec<Block>,
}

impl Rows {
    pub fn new(views: usize, dimensions: usize, precision: Precision) -> Self {
        Self {
            views,
            dimensions,
            precision,
            len: 0,
            blocks: Vec::new(),
        }
    }

    pub fn views(&self) -> usize {
        self.views
    }

    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Codes of a view, with padding.
    pub fn stride(&self) -> usize {
        self.dimensions.next_multiple_of(LANES)
    }

    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Adds a row of `[views, dimensions]` values.
    pub fn push(&mut self, values: &[f32]) {
        let (views, stride) = (self.views, self.stride());
        if self.len == self.blocks.len() * BLOCK {
            let kept = match self.precision {
                Precision::F32 => BLOCK * views * self.dimensions,
                Precision::Int8 => 0,
            };
            self.blocks.push(Block {
                len: 0,
                codes: vec![0; BLOCK * views * stride],
                scales: vec![0.0; BLOCK * views],
                errors: vec![0.0; BLOCK],
                values: vec![0.0; kept],
            });
        }
        self.len += 1;
        self.blocks[(self.len - 1) / BLOCK].len += 1;
        self.set(self.len - 1, values);
    }

    /// Writes a row that is there.
    pub fn set(&mut self, row: usize, values: &[f32]) {
        let (dimensions, stride) = (self.dimensions, self.stride());
        let block = &mut self.blocks[row / BLOCK];
        let at = row % BLOCK;
        let codes = part_mut(&mut block.codes, at);
        let scales = part_mut(&mut block.scales, at);
        let mut error: f64 = 0.0;
        for ((vector, codes), scale) in values
            .chunks_exact(dimensions)
            .zip(codes.chunks_exact_mut(stride))
            .zip(scales)
        {
            *scale = quantise(vector, codes);
            error = error.max(distance(vector, codes, *scale));
        }
        block.errors[at] = above(error);
        if self.precision == Precision::F32 {
            part_mut(&mut block.values, at).copy_from_slice(values);
        }
    }

    /// Removes a row; the last one comes in its place.
    pub fn swap_remove(&mut self, row: usize) {
        let last = self.len - 1;
        if row != last {
            let moved = self.blocks[last / BLOCK].take(last % BLOCK);
            self.blocks[row / BLOCK].put(row % BLOCK, moved);
        }
        self.len = last;
        let end = &mut self.blocks[last / BLOCK];
        end.len -= 1;
        if end.len == 0 {
            self.blocks.pop();
        }
    }

    /// A row's values, or those that its codes stand for.
    pub fn values(&self, row: usize) -> Cow<'_, [f32]> {
        let (dimensions, stride) = (self.dimensions, self.stride());
        let (block, at) = (&self.blocks[row / BLOCK], row % BLOCK);
        if self.precision == Precision::F32 {
            return Cow::Borrowed(part(&block.values, at));
        }
        let codes = part(&block.codes, at).chunks_exact(stride);
        let scales = part(&block.scales, at);
        let values = codes.zip(scales).flat_map(|(codes, &scale)| {
            codes[..dimensions]
                .iter()
                .map(move |&code| f32::from(code) * scale)
        });
        Cow::Owned(values.collect())
    }

    /// The bound on the error of a row.
    pub fn error(&self, row: usize) -> f32 {
        self.blocks[row / BLOCK].errors[row % BLOCK]
    }
}

/// The codes of a vector, and what a code of 1 stands for.
fn quantise(vector: &[f32], codes: &mut [i8]) -> f32 {
    let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let scale = most / LARGEST;
    let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
    for (code, &x) in codes.iter_mut().zip(vector) {
        // The product may be a bit more than the largest code; the cast saturates beyond ±128 only.
        *code = (x * inverse).round().clamp(-LARGEST, LARGEST) as i8;
    }
    scale
}

/// The length of the difference of a vector and what its codes stand for.
fn distance(vector: &[f32], codes: &[i8], scale: f32) -> f64 {
    let square: f64 = vector
        .iter()
        .zip(codes)
        .map(|(&x, &code)| {
            let off = f64::from(x) - f64::from(code) * f64::from(scale);
            off * off
        })
        .sum();
    square.sqrt()
}

/// The number as f32, not rounded down.
fn above(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) < x {
        near.next_up()
    } else {
        near
    }
}

/// Views of a query as 16-bit codes: finer than the records', so that their error is what counts.
#[derive(Debug, Clone, Default)]
pub struct QueryCodes {
    /// `[views, stride]`
    pub codes: Vec<i16>,
    /// What a code of 1 stands for, `[views]`.
    pub scales: Vec<f32>,
}

impl QueryCodes {
    /// Adds the views of a query, and gives the largest distance of one from what its codes stand for.
    pub fn push(&mut self, values: &[f32], dimensions: usize, stride: usize) -> f32 {
        // A sum of `stride` products with codes up to 127 must fit an i32.
        let largest = (i32::MAX / (127 * stride as i32)).min(i32::from(i16::MAX)) as f32;
        let mut error: f64 = 0.0;
        for vector in values.chunks_exact(dimensions) {
            let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let scale = most / largest;
            let inverse = if scale > 0.0 { scale.recip() } else { 0.0 };
            let start = self.codes.len();
            self.codes.resize(start + stride, 0);
            let mut square: f64 = 0.0;
            for (code, &x) in self.codes[start..].iter_mut().zip(vector) {
                *code = (x * inverse).round().clamp(-largest, largest) as i16;
                square += (f64::from(x) - f64::from(*code) * f64::from(scale)).powi(2);
            }
            self.scales.push(scale);
            error = error.max(square.sqrt());
        }
        above(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::vectors;

    #[test]
    fn codes_are_as_near_to_a_vector_as_their_bound_says() {
        for dimensions in [1, 3, 16, 100, 256] {
            let mut rows = Rows::new(2, dimensions, Precision::F32);
            let mut coded = Rows::new(2, dimensions, Precision::Int8);
            let all: Vec<Vec<f32>> = (0..5).map(|i| vectors(i, 2, dimensions)).collect();
            for values in &all {
                rows.push(values);
                coded.push(values);
            }
            for (row, values) in all.iter().enumerate() {
                assert_eq!(&*rows.values(row), values);
                let stand_for = coded.values(row);
                for (a, b) in values.chunks(dimensions).zip(stand_for.chunks(dimensions)) {
                    let square: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
                    assert!(square.sqrt() <= f64::from(rows.error(row)) + 1e-7);
                    assert!(rows.error(row) < 0.05);
                }
            }
        }
    }

    #[test]
    fn the_last_row_takes_the_place_of_one_that_goes() {
        for count in [1, 2, BLOCK, BLOCK + 1, 2 * BLOCK + 3] {
            for gone in [0, count / 2, count - 1] {
                for precision in [Precision::F32, Precision::Int8] {
                    let mut rows = Rows::new(2, 5, precision);
                    let all: Vec<Vec<f32>> = (0..count as u64).map(|i| vectors(i, 2, 5)).collect();
                    all.iter().for_each(|values| rows.push(values));
                    let mut expected: Vec<(Vec<f32>, f32)> = (0..count)
                        .map(|row| (rows.values(row).into_owned(), rows.error(row)))
                        .collect();
                    rows.swap_remove(gone);
                    expected.swap_remove(gone);
                    let left: usize = rows.blocks().iter().map(|block| block.len).sum();
                    assert_eq!(left, expected.len());
                    assert_eq!(rows.blocks().len(), expected.len().div_ceil(BLOCK));
                    for (row, (values, error)) in expected.iter().enumerate() {
                        assert_eq!((&*rows.values(row), rows.error(row)), (&values[..], *error));
                    }
                }
            }
        }
    }
}
