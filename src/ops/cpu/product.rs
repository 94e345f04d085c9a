//! Matrix products into parts of a matrix: by `gemm`, and in pages of rows with rows by [`dots`].

use std::marker::PhantomData;

#[cfg(target_family = "wasm")]
use super::dots;

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
        if m == 0 || n == 0 || k == 0 {
            return;
        }
        assert!(self.length >= (m - 1) * self.stride + n);
        assert!(a.values.len() > (m - 1) * a.row + (k - 1) * a.column);
        assert!(b.values.len() > (k - 1) * b.row + (n - 1) * b.column);
        #[cfg(target_family = "wasm")]
        if a.column == 1 && b.row == 1 {
            let rows = |operand: Operand, stride| dots::Rows {
                values: operand.values.as_ptr(),
                stride,
            };
            let out = dots::Results {
                values: self.values,
                stride: self.stride,
                scale,
                accumulate,
            };
            // SAFETY: the assertions above hold every element that is read or written.
            unsafe { dots::rows_by_rows([m, n, k], rows(a, a.row), rows(b, b.column), out) };
            return;
        }
        // SAFETY: as above.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                self.values,
                1,
                self.stride as isize,
                accumulate,
                a.values.as_ptr(),
                a.column as isize,
                a.row as isize,
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
}
