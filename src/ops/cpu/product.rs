//! Matrix products into parts of a matrix: of rows with rows by [`strips`](super::strips) on x86-64, in pages by
//! [`tiles`](super::tiles), or by [`dots`](super::dots) where there are few rows, and by `gemm` elsewhere.

use std::marker::PhantomData;
use std::ops::Range;

#[cfg(any(target_family = "wasm", target_arch = "x86_64"))]
use super::matrix::{Results, Rows};
#[cfg(target_arch = "x86_64")]
use super::strips::{self, Strips};
#[cfg(target_family = "wasm")]
use super::{dots, tiles};

/// A matrix that is read: its first value, and how far apart its rows and its columns are.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    pub values: &'a [f32],
    pub row: usize,
    pub column: usize,
}

impl<'a> Operand<'a> {
    /// Rows one after the other, `stride` apart.
    pub fn rows(values: &'a [f32], stride: usize) -> Self {
        Self {
            values,
            row: stride,
            column: 1,
        }
    }

    /// The same numbers with rows for columns.
    pub fn transposed(self) -> Self {
        Self {
            values: self.values,
            row: self.column,
            column: self.row,
        }
    }

    /// Everything from a row on.
    fn from(self, row: usize) -> Self {
        Self {
            values: &self.values[row * self.row..],
            ..self
        }
    }

    /// Panics unless it has so many rows and columns.
    fn check(self, [rows, columns]: [usize; 2]) {
        let some = rows > 0 && columns > 0;
        let last = rows.saturating_sub(1) * self.row + columns.saturating_sub(1) * self.column;
        assert!(
            !some || self.values.len() > last,
            "an operand is as large as it says"
        );
    }

    #[cfg(any(target_family = "wasm", target_arch = "x86_64"))]
    fn pointer(self) -> Rows {
        Rows {
            values: self.values.as_ptr(),
            stride: self.row,
        }
    }
}

/// The left operand of one product or several, made ready once for all of them.
pub struct Left<'a> {
    rows: Operand<'a>,
    /// How many rows there are, and their length.
    shape: [usize; 2],
    #[cfg(target_family = "wasm")]
    panels: Option<tiles::Panels>,
    #[cfg(target_arch = "x86_64")]
    strips: Option<Strips>,
}

/// Rows up to which products of rows with rows read both where they are.
#[cfg(target_family = "wasm")]
const FEW_ROWS: usize = 3;

impl<'a> Left<'a> {
    /// What one product needs of it.
    fn for_one(shape: [usize; 2], rows: Operand<'a>, right: Operand) -> Self {
        if right.row == 1 {
            return Self::new(shape, rows);
        }
        rows.check(shape);
        Self {
            rows,
            shape,
            #[cfg(target_family = "wasm")]
            panels: None,
            #[cfg(target_arch = "x86_64")]
            strips: None,
        }
    }

    /// `m` rows of `k` values, for products with matrices whose columns are contiguous, like weights.
    pub fn new([m, k]: [usize; 2], rows: Operand<'a>) -> Self {
        rows.check([m, k]);
        Self {
            rows,
            shape: [m, k],
            // SAFETY: the matrix has just been found to have these rows.
            #[cfg(target_family = "wasm")]
            panels: (m > FEW_ROWS && rows.column == 1)
                .then(|| unsafe { tiles::Panels::of(rows.pointer(), m, k) }),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            strips: strips::Vectors::here()
                .filter(|_| rows.column == 1)
                .map(|vectors| unsafe { Strips::of(vectors, rows.pointer(), m, k) }),
        }
    }
}

/// A matrix that is written, of which several threads may each have a part.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    values: *mut f32,
    length: usize,
    stride: usize,
    _borrowed: PhantomData<&'a mut [f32]>,
}

// SAFETY: all that writes through the pointer is unsafe and asks for parts of one's own.
unsafe impl Send for Target<'_> {}
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    /// A matrix with rows `stride` apart.
    pub fn new(values: &'a mut [f32], stride: usize) -> Self {
        Self {
            values: values.as_mut_ptr(),
            length: values.len(),
            stride,
            _borrowed: PhantomData,
        }
    }

    /// The part from a row and column on.
    pub fn from(self, row: usize, column: usize) -> Self {
        let at = row * self.stride + column;
        assert!(at <= self.length, "a part begins within its matrix");
        Self {
            // SAFETY: within the matrix, or at its end.
            values: unsafe { self.values.add(at) },
            length: self.length - at,
            ..self
        }
    }

    /// The first `columns` values of a row.
    ///
    /// # Safety
    /// Nobody else may use these values while the slice lives.
    pub unsafe fn row(self, row: usize, columns: usize) -> &'a mut [f32] {
        let at = row * self.stride;
        assert!(at + columns <= self.length, "a row ends within its matrix");
        // SAFETY: within the matrix; that it is not shared is promised by the caller.
        unsafe { std::slice::from_raw_parts_mut(self.values.add(at), columns) }
    }

    /// The first `m × n` values become `scale · a · b`, or that is added to them; `a` is
    /// `m × k` and `b` `k × n`.
    ///
    /// # Safety
    /// Nobody else may use these values meanwhile.
    pub unsafe fn product(
        self,
        [m, n, k]: [usize; 3],
        a: Operand,
        b: Operand,
        scale: f32,
        accumulate: bool,
    ) {
        #[cfg(target_family = "wasm")]
        if a.column == 1 && b.column == 1 && m > 0 && n > 0 && k > 0 {
            a.check([m, k]);
            b.check([k, n]);
            let out = self.results([m, n], scale, accumulate);
            // SAFETY: the checks hold every element that is read or written.
            unsafe { tiles::rows_by_columns([m, n, k], a.pointer(), b.pointer(), out) };
            return;
        }
        // SAFETY: promised by the caller.
        unsafe { self.product_of(&Left::for_one([m, k], a, b), 0..m, n, b, scale, accumulate) }
    }

    /// The same with some rows of a left operand that was made ready before; `b` has `n` columns. The first of them is
    /// a multiple of 16.
    ///
    /// # Safety
    /// Nobody else may use these values meanwhile.
    pub unsafe fn product_of(
        self,
        a: &Left,
        rows: Range<usize>,
        n: usize,
        b: Operand,
        scale: f32,
        accumulate: bool,
    ) {
        let ([all, k], m) = (a.shape, rows.len());
        assert!(rows.end <= all);
        if m == 0 || n == 0 || k == 0 {
            return;
        }
        b.check([k, n]);
        #[cfg(target_family = "wasm")]
        if a.rows.column == 1 && b.row == 1 {
            let out = self.results([m, n], scale, accumulate);
            let columns = b.transposed().pointer();
            // SAFETY: the checks hold every element that is read or written.
            unsafe {
                match &a.panels {
                    Some(panels) => tiles::panels_by_rows(panels, rows, n, columns, out),
                    None => {
                        let left = a.rows.from(rows.start).pointer();
                        dots::rows_by_rows([m, n, k], left, columns, out);
                    }
                }
            }
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if let (Some(strips), 1) = (&a.strips, b.row) {
            let out = self.results([m, n], scale, accumulate);
            // SAFETY: the checks hold every element that is read or written, and strips are made where there are such
            // vectors only.
            unsafe { strips::strips_by_rows(strips, rows, n, b.transposed().pointer(), out) };
            return;
        }
        assert!(self.length >= (m - 1) * self.stride + n);
        let left = a.rows.from(rows.start);
        // SAFETY: the checks hold every element that is read or written.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                self.values,
                1,
                self.stride as isize,
                accumulate,
                left.values.as_ptr(),
                left.column as isize,
                left.row as isize,
                b.values.as_ptr(),
                b.column as isize,
                b.row as isize,
                if accumulate { 1.0 } else { 0.0 },
                scale,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }

    /// Panics unless `m × n` values are there.
    #[cfg(any(target_family = "wasm", target_arch = "x86_64"))]
    fn results(self, [m, n]: [usize; 2], scale: f32, accumulate: bool) -> Results {
        assert!(self.length >= (m - 1) * self.stride + n);
        Results {
            values: self.values,
            stride: self.stride,
            scale,
            accumulate,
        }
    }
}
