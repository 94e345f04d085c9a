//! A scene before it is painted: which things are where, before what, in what light.

use resvg::tiny_skia::{FillRule, Paint, Pixmap, Shader, Transform};

use super::art::{Art, color};
use super::background::Background;
use super::colour::BLACK;
use super::light::Light;
use super::look::{Figure, View};
use super::path;

/// A thing in its place. Lengths are shares of the picture's side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thing {
    pub figure: Figure,
    /// The part of the figure's box that `size` and `centre` speak of.
    pub frame: Frame,
    /// Where the middle of the frame comes.
    pub centre: [f32; 2],
    /// The longer side of the frame.
    pub size: f32,
    /// Degrees, clockwise.
    pub tilt: f32,
    /// Quarter turns, clockwise.
    pub quarters: u8,
    /// Whether it faces left.
    pub mirrored: bool,
    /// Whether it stands on a ground and throws a shadow there.
    pub grounded: bool,
}

/// A part of the box that figures are drawn in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Frame {
    /// Around one or more figures, so that each of them keeps its place and scale in it.
    pub fn around<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Self {
        let drawn = figures
            .into_iter()
            .filter_map(|figure| Art::of(figure).bounds());
        let frames = drawn.map(|bounds| Self {
            left: bounds.left(),
            top: bounds.top(),
            right: bounds.right(),
            bottom: bounds.bottom(),
        });
        let whole = Self {
            left: 0.0,
            top: 0.0,
            right: 100.0,
            bottom: 100.0,
        };
        let joined = frames.reduce(|a, b| Self {
            left: a.left.min(b.left),
            top: a.top.min(b.top),
            right: a.right.max(b.right),
            bottom: a.bottom.max(b.bottom),
        });
        joined.unwrap_or(whole)
    }

    fn width(&self) -> f32 {
        (self.right - self.left).max(1.0)
    }

    fn height(&self) -> f32 {
        (self.bottom - self.top).max(1.0)
    }
}

impl Thing {
    /// A figure in the middle, upright, as large as the whole picture.
    pub fn new(figure: Figure) -> Self {
        Self {
            frame: Frame::around([&figure]),
            figure,
            centre: [0.5, 0.5],
            size: 1.0,
            tilt: 0.0,
            quarters: 0,
            mirrored: false,
            grounded: false,
        }
    }

    /// Units of the figure's box to shares of the picture's side.
    fn scale(&self) -> f32 {
        self.size / self.frame.width().max(self.frame.height())
    }

    /// Half the width and half the height that it takes up.
    pub fn half(&self) -> [f32; 2] {
        let half = self.scale() / 2.0;
        let (w, h) = (self.frame.width() * half, self.frame.height() * half);
        let (sine, cosine) = path::sine_cosine(self.tilt + 90.0 * f32::from(self.quarters));
        let (sine, cosine) = (sine.abs(), cosine.abs());
        [w * cosine + h * sine, w * sine + h * cosine]
    }

    /// Its lowest and its highest y.
    pub fn base(&self) -> f32 {
        self.centre[1] + self.half()[1]
    }

    pub fn top(&self) -> f32 {
        self.centre[1] - self.half()[1]
    }

    /// Moves it so that its lower edge is at `y`.
    pub fn stand_on(&mut self, y: f32) {
        self.centre[1] = y - self.half()[1];
    }

    /// Moves it into the picture, `margin` from the edges, as far as it fits.
    pub fn keep_inside(&mut self, margin: f32) {
        let halves = self.half();
        for (at, half) in self.centre.iter_mut().zip(halves) {
            let (low, high) = (half + margin, 1.0 - half - margin);
            *at = if low < high { at.clamp(low, high) } else { 0.5 };
        }
    }

    /// How much of its width and height, at the most, is also another's.
    pub fn overlaps(&self, other: &Thing) -> f32 {
        let (a, b) = (self.half(), other.half());
        let along = |i: usize| {
            let apart = (self.centre[i] - other.centre[i]).abs();
            (a[i] + b[i] - apart) / (2.0 * a[i].min(b[i]))
        };
        along(0).min(along(1)).clamp(0.0, 1.0)
    }

    fn transform(&self, side: f32) -> Transform {
        let scale = self.scale() * side;
        let across = if self.mirrored { -scale } else { scale };
        let middle = [
            (self.frame.left + self.frame.right) / 2.0,
            (self.frame.top + self.frame.bottom) / 2.0,
        ];
        Transform::from_translate(self.centre[0] * side, self.centre[1] * side)
            .pre_concat(path::rotation(self.tilt + 90.0 * f32::from(self.quarters)))
            .pre_scale(across, scale)
            .pre_translate(-middle[0], -middle[1])
    }

    pub fn paint(&self, picture: &mut Pixmap, side: f32) {
        let seen_from_above = self.figure.view == View::Above;
        if self.grounded && !seen_from_above {
            let [w, h] = self.half();
            let (x, y) = (self.centre[0] * side, (self.centre[1] + h * 0.97) * side);
            let paint = Paint {
                anti_alias: true,
                shader: Shader::SolidColor(color(BLACK, 0.22)),
                ..Paint::default()
            };
            if let Some(shadow) = path::oval(x, y, w * 0.9 * side, (w * 0.14 + 0.006) * side) {
                let here = Transform::identity();
                picture.fill_path(&shadow, &paint, FillRule::Winding, here, None);
            }
        }
        Art::of(&self.figure).paint(picture, self.transform(side));
    }
}

/// A scene: its things from the back to the front.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sketch {
    pub background: Background,
    pub light: Light,
    pub things: Vec<Thing>,
}

impl Sketch {
    /// The picture, `[side, side, 3]`, red first. `None` if a side of this length cannot be had.
    pub fn paint(&self, side: u32) -> Option<Vec<u8>> {
        let mut picture = Pixmap::new(side, side)?;
        self.background.paint(&mut picture);
        for thing in &self.things {
            thing.paint(&mut picture, side as f32);
        }
        let pixels = picture.pixels();
        let mut rgb = Vec::with_capacity(3 * pixels.len());
        // Opaque all over, so nothing is premultiplied.
        for pixel in pixels {
            rgb.extend_from_slice(&[pixel.red(), pixel.green(), pixel.blue()]);
        }
        self.light.shine(side as usize, &mut rgb);
        Some(rgb)
    }

    /// Whether a word can be read in it.
    pub fn has_letters(&self) -> bool {
        let mut figures = self.things.iter().map(|thing| &thing.figure);
        figures.any(|figure| figure.lettering.is_some())
    }
}
