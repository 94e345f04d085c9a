//! Windows over feature maps, and convolution as a linear layer over them.
//!
//! A feature map of `n` pictures is a matrix `[n · height · width, channels]`, row by row from the top left.

#[cfg(feature = "engine")]
use burn::backend::Dispatch;
#[cfg(feature = "engine")]
use burn::tensor::Tensor;
#[cfg(feature = "engine")]
use burn::tensor::module::unfold4d;
#[cfg(feature = "engine")]
use burn::tensor::ops::{PadMode, UnfoldOptions};

#[cfg(feature = "engine")]
use super::InferenceKernels;

/// Square windows over a map: where each begins, and what lies around the map (zeros).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Rows of the map.
    pub height: usize,
    /// Columns of the map.
    pub width: usize,
    /// Side of a window.
    pub kernel: usize,
    /// Steps from one window to the next, in both directions.
    pub stride: usize,
    /// Rows of zeros above the map.
    pub above: usize,
    /// Columns of zeros left of the map.
    pub left: usize,
    /// Windows below each other.
    pub rows: usize,
    /// Windows beside each other.
    pub columns: usize,
}

impl Window {
    /// TensorFlow's "same": `ceil(size / stride)` windows each way. If the zeros that this takes are odd in
    /// number, one more of them lies below and to the right.
    pub fn same(height: usize, width: usize, kernel: usize, stride: usize) -> Self {
        let side = |size: usize| {
            let count = size.div_ceil(stride);
            let zeros = ((count - 1) * stride + kernel).saturating_sub(size);
            (count, zeros / 2)
        };
        let ((rows, above), (columns, left)) = (side(height), side(width));
        Self {
            height,
            width,
            kernel,
            stride,
            above,
            left,
            rows,
            columns,
        }
    }

    /// Values of the map for each channel.
    pub fn inputs(&self) -> usize {
        self.height * self.width
    }

    /// Windows over one map.
    pub fn outputs(&self) -> usize {
        self.rows * self.columns
    }

    /// The maps as `[n, channels, …]` with their zeros around them.
    #[cfg(feature = "engine")]
    pub(super) fn padded(&self, x: Tensor<2>) -> Tensor<4> {
        let [rows, channels] = x.dims();
        let below =
            ((self.rows - 1) * self.stride + self.kernel).saturating_sub(self.above + self.height);
        let right =
            ((self.columns - 1) * self.stride + self.kernel).saturating_sub(self.left + self.width);
        x.reshape([rows / self.inputs(), self.height, self.width, channels])
            .permute([0, 3, 1, 2])
            .pad(
                (self.left, right, self.above, below),
                PadMode::Constant(0.0),
            )
    }
}

/// The values in each window, `[n · windows, kernel · kernel · channels]`: by the window's rows, then its
/// columns, then channels.
///
/// A linear layer over them, whose weight's columns are in that order, is a convolution.
#[cfg(feature = "engine")]
pub fn windows(x: Tensor<2>, window: &Window) -> Tensor<2> {
    if super::needs_reference(&x) {
        return windows_reference(x, window);
    }
    Tensor::from_dispatch(Dispatch::windows(x.into_dispatch(), *window))
}

/// The definition of [`windows`].
#[cfg(feature = "engine")]
pub fn windows_reference(x: Tensor<2>, window: &Window) -> Tensor<2> {
    let [rows, channels] = x.dims();
    let (maps, side) = (rows / window.inputs(), window.kernel);
    let options = UnfoldOptions::new([window.stride; 2], [0; 2], [1; 2]);
    // [n, channels · kernel · kernel, all positions]; the zeros below and to the right may be too many.
    let all = unfold4d(window.padded(x), [side; 2], options);
    let found = all.dims()[2];
    let columns = found / window.rows;
    all.reshape([maps, channels, side * side, window.rows, columns])
        .narrow(4, 0, window.columns)
        .permute([0, 3, 4, 2, 1])
        .reshape([maps * window.outputs(), side * side * channels])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_windows_are_those_of_tensorflow() {
        // size, kernel, stride: windows, zeros before
        for (size, kernel, stride, count, before) in [
            (260, 3, 2, 130, 0),
            (224, 3, 2, 112, 0),
            (65, 5, 2, 33, 2),
            (33, 3, 2, 17, 1),
            (17, 5, 2, 9, 2),
            (9, 3, 1, 9, 1),
            (9, 5, 1, 9, 2),
            (1, 5, 2, 1, 2),
            (7, 1, 2, 4, 0),
        ] {
            let window = Window::same(size, size, kernel, stride);
            assert_eq!(
                (window.rows, window.above),
                (count, before),
                "{size}, {kernel}, {stride}"
            );
            assert_eq!((window.columns, window.left), (count, before));
        }
    }
}
