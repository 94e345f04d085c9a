//! From the planes of a JPEG frame to RGB rows: upsampling and colour.
//!
//! Components that are half as wide or half as high are interpolated between their samples'
//! centres with weights 3/4 and 1/4, others repeated, with the roundings of libjpeg, and colours
//! are converted in its 16-bit fixed point (ITU-T T.871, clause 7).

use super::super::limits;
use super::frame::{Component, Frame};
use crate::Result;

/// How the components make a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    YCbCr,
    /// As Adobe writes it: 255 is no ink.
    Cmyk,
    /// CMY as YCbCr, inverted; K as in [`Colour::Cmyk`].
    Ycck,
}

/// All pixels of the frame.
///
/// # Errors
/// [`Code::ImageTooLarge`](crate::Code::ImageTooLarge) where memory does not suffice.
pub(super) fn rgb(frame: &Frame, colour: Colour) -> Result<Vec<u8>> {
    let width = frame.width as usize;
    let mut out = limits::buffer(width * frame.height as usize * 3, 0)?;
    let mut rows: Vec<Row> = frame.components.iter().map(Row::new).collect();
    for (y, line) in out.chunks_exact_mut(width * 3).enumerate() {
        for row in &mut rows {
            row.move_to(y);
        }
        let plane = |i: usize| rows[i].samples(width);
        match colour {
            Colour::Grey => {
                for (pixel, &l) in line.chunks_exact_mut(3).zip(plane(0)) {
                    pixel.fill(l);
                }
            }
            Colour::Rgb => {
                let planes = plane(0).iter().zip(plane(1)).zip(plane(2));
                for (pixel, ((&r, &g), &b)) in line.chunks_exact_mut(3).zip(planes) {
                    pixel.copy_from_slice(&[r, g, b]);
                }
            }
            Colour::YCbCr => {
                let planes = plane(0).iter().zip(plane(1)).zip(plane(2));
                for (pixel, ((&y, &cb), &cr)) in line.chunks_exact_mut(3).zip(planes) {
                    pixel.copy_from_slice(&from_ycc(y, cb, cr));
                }
            }
            Colour::Cmyk | Colour::Ycck => {
                let planes = plane(0).iter().zip(plane(1)).zip(plane(2)).zip(plane(3));
                for (pixel, (((&a, &b), &c), &k)) in line.chunks_exact_mut(3).zip(planes) {
                    let light = match colour {
                        Colour::Cmyk => [a, b, c],
                        _ => from_ycc(a, b, c).map(|ink| 255 - ink),
                    };
                    for (out, light) in pixel.iter_mut().zip(light) {
                        *out = k - times(255 - light, k);
                    }
                }
            }
        }
    }
    Ok(out)
}

/// `a·b / 255`, rounded.
#[inline]
fn times(a: u8, b: u8) -> u8 {
    let t = u32::from(a) * u32::from(b) + 128;
    ((t + (t >> 8)) >> 8) as u8
}

#[inline]
fn from_ycc(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    // 1.402, 0.344136, 0.714136 and 1.772 times 2^16, to the five digits that libjpeg uses.
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((91_881 * cr + HALF) >> 16);
    let green = y + ((-22_554 * cb - 46_802 * cr + HALF) >> 16);
    let blue = y + ((116_130 * cb + HALF) >> 16);
    [red, green, blue].map(|c| c.clamp(0, 255) as u8)
}

/// Makes two samples of each of `line`, from it and its neighbours; at the ends it is its own.
#[inline(always)]
fn twice<T: Copy>(line: &[T], out: &mut [u8], pair: impl Fn(T, T, T) -> [u8; 2]) {
    let last = line.len() - 1;
    out[..2].copy_from_slice(&pair(line[0], line[0], line[1.min(last)]));
    for (out, near) in out[2..].chunks_exact_mut(2).zip(line.windows(3)) {
        out.copy_from_slice(&pair(near[0], near[1], near[2]));
    }
    let end = pair(line[last.saturating_sub(1)], line[last], line[last]);
    out[last * 2..][..2].copy_from_slice(&end);
}

/// How many times, and how, a component is enlarged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enlarge {
    No,
    /// Interpolated to twice the width.
    Wide,
    /// Interpolated to twice the height.
    High,
    /// Interpolated to both.
    Both,
    /// Repeated this often across and down.
    Repeat(usize, usize),
}

/// One component's samples at full width, for one row of pixels.
struct Row<'a> {
    component: &'a Component,
    enlarge: Enlarge,
    /// Samples in a row and rows that the encoder made from pixels.
    width: usize,
    height: usize,
    /// Where the current row starts in the plane.
    at: usize,
    /// Sums of two rows, weighted 3 and 1.
    sums: Vec<u16>,
    full: Vec<u8>,
}

impl<'a> Row<'a> {
    fn new(component: &'a Component) -> Self {
        let (width, height) = (component.width as usize, component.height as usize);
        let (across, down) = component.enlarged;
        // Rows of one or two samples are repeated across, as libjpeg does.
        let enlarge = match (across as usize, down as usize) {
            (1, 1) => Enlarge::No,
            (2, 1) if width > 2 => Enlarge::Wide,
            (1, 2) => Enlarge::High,
            (2, 2) if width > 2 => Enlarge::Both,
            (across, down) => Enlarge::Repeat(across, down),
        };
        let full = match enlarge {
            Enlarge::No => 0,
            Enlarge::High => width,
            Enlarge::Wide | Enlarge::Both => width * 2,
            Enlarge::Repeat(across, _) => width * across,
        };
        let sums = if enlarge == Enlarge::Both { width } else { 0 };
        Self {
            component,
            enlarge,
            width,
            height,
            at: 0,
            sums: vec![0; sums],
            full: vec![0; full],
        }
    }

    /// Row `y` of the component's own samples.
    fn line(&self, y: usize) -> &'a [u8] {
        &self.component.plane[y * self.component.line()..][..self.width]
    }

    /// The rows nearest to pixel row `y`: the one it lies in and the one that it leans to, at the
    /// edges itself.
    fn near_and_far(&self, y: usize) -> (&'a [u8], &'a [u8]) {
        let near = y / 2;
        let far = match y % 2 {
            0 => near.saturating_sub(1),
            _ => (near + 1).min(self.height - 1),
        };
        (self.line(near), self.line(far))
    }

    /// Makes the samples of pixel row `y`.
    fn move_to(&mut self, y: usize) {
        match self.enlarge {
            Enlarge::No => self.at = y * self.component.line(),
            Enlarge::Wide => {
                let line = self.line(y);
                // A sample's left half leans to the left, its right half to the right.
                twice(line, &mut self.full, |left, at, right| {
                    let [left, at, right] = [left, at, right].map(u16::from);
                    [
                        ((3 * at + left + 1) >> 2) as u8,
                        ((3 * at + right + 2) >> 2) as u8,
                    ]
                });
            }
            Enlarge::High => {
                let (near, far) = self.near_and_far(y);
                let bias = if y.is_multiple_of(2) { 1 } else { 2 };
                for ((out, &n), &f) in self.full.iter_mut().zip(near).zip(far) {
                    *out = ((3 * u32::from(n) + u32::from(f) + bias) >> 2) as u8;
                }
            }
            Enlarge::Both => {
                let (near, far) = self.near_and_far(y);
                for ((sum, &n), &f) in self.sums.iter_mut().zip(near).zip(far) {
                    *sum = 3 * u16::from(n) + u16::from(f);
                }
                twice(&self.sums, &mut self.full, |left, at, right| {
                    [
                        ((3 * at + left + 8) >> 4) as u8,
                        ((3 * at + right + 7) >> 4) as u8,
                    ]
                });
            }
            Enlarge::Repeat(across, down) => {
                let line = self.line(y / down);
                for (out, &sample) in self.full.chunks_exact_mut(across).zip(line) {
                    out.fill(sample);
                }
            }
        }
    }

    /// The first `width` samples of the current row.
    fn samples(&self, width: usize) -> &[u8] {
        match self.enlarge {
            Enlarge::No => &self.component.plane[self.at..][..width],
            _ => &self.full[..width],
        }
    }
}
