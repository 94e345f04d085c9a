//! A figure's shapes, and how they get on a picture.
//!
//! They are in a box of 100 × 100 units, y downwards, and face right. They need not fill the box: where
//! and how large a thing comes on the picture goes by the bounds of what was drawn.

use std::borrow::Cow;

use resvg::tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path,
    Pattern, Pixmap, Point, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::colour::{BLACK, Rgb};
use super::ink::Ink;
use super::letters;
use super::look::{Figure, Surface};
use super::shapes::{self, Manner, Outline};

/// One part: an outline, filled or drawn as a line.
#[derive(Debug)]
struct Part {
    path: Cow<'static, Path>,
    ink: Ink,
    /// How little it lets through of what is behind it, 0 to 1.
    opacity: f32,
    /// Width of the line; filled if there is none.
    line: Option<f32>,
    /// Whether the style's dark line goes around it.
    outlined: bool,
}

/// A figure as it is drawn.
#[derive(Debug)]
pub(super) struct Art<'a> {
    figure: &'a Figure,
    parts: Vec<Part>,
}

impl<'a> Art<'a> {
    /// Draws a figure.
    pub fn of(figure: &'a Figure) -> Self {
        let mut parts = Vec::with_capacity(32);
        let facts = shapes::facts(figure);
        let shapes = shapes::of(figure.kind, figure.view).iter();
        for shape in shapes.filter(|shape| shape.is_drawn(facts)) {
            let path = match &shape.outline {
                Outline::Path(path) => Cow::Borrowed(path),
                Outline::Word(area, turn) => match word(figure, *area, *turn) {
                    Some(path) => Cow::Owned(path),
                    None => continue,
                },
            };
            let edge = figure.style.outline;
            if let (Manner::Limb(width), true) = (shape.manner, edge > 0.0) {
                parts.push(Part {
                    path: path.clone(),
                    ink: Ink::Is(edge_of(shape.ink.on(figure))),
                    opacity: 1.0,
                    line: Some(width + 2.0 * edge),
                    outlined: false,
                });
            }
            parts.push(Part {
                path,
                ink: shape.ink,
                opacity: shape.opacity * shape.ink.opacity(figure),
                line: match shape.manner {
                    Manner::Line(width) | Manner::Limb(width) => Some(width),
                    Manner::Filled | Manner::Bare => None,
                },
                outlined: shape.manner == Manner::Filled,
            });
        }
        Self { figure, parts }
    }

    /// The box around everything drawn, if anything was.
    pub fn bounds(&self) -> Option<Rect> {
        let boxes = self.parts.iter().map(|part| {
            let half = part.line.unwrap_or(0.0) / 2.0;
            let bounds = part.path.compute_tight_bounds();
            let bounds = bounds.unwrap_or_else(|| part.path.bounds());
            (
                [bounds.left() - half, bounds.top() - half],
                [bounds.right() + half, bounds.bottom() + half],
            )
        });
        let (a, b) = boxes.reduce(|(a, b), (c, d)| {
            (
                [a[0].min(c[0]), a[1].min(c[1])],
                [b[0].max(d[0]), b[1].max(d[1])],
            )
        })?;
        Rect::from_ltrb(a[0], a[1], b[0], b[1])
    }

    /// Puts the thing on a picture; `place` takes units of the box to pixels.
    pub fn paint(&self, picture: &mut Pixmap, place: Transform) {
        let texture = texture(self.figure);
        for part in &self.parts {
            let mut paint = Paint {
                anti_alias: true,
                shader: self.shader(part, texture.as_ref()),
                ..Paint::default()
            };
            let mut picture = picture.as_mut();
            if let Some(width) = part.line {
                picture.stroke_path(&part.path, &paint, &stroke(width), place, None);
                continue;
            }
            picture.fill_path(&part.path, &paint, FillRule::Winding, place, None);
            let width = self.figure.style.outline;
            if part.outlined && width > 0.0 {
                paint.shader = Shader::SolidColor(color(edge_of(part.ink.on(self.figure)), 1.0));
                picture.stroke_path(&part.path, &paint, &stroke(width), place, None);
            }
        }
    }

    fn shader<'t>(&self, part: &Part, texture: Option<&'t Pixmap>) -> Shader<'t> {
        let (ink, rgb) = (part.ink, part.ink.on(self.figure));
        if let (Ink::Main, Some(texture)) = (ink, texture) {
            let scale = TILE / texture.width() as f32;
            return Pattern::new(
                texture.as_ref(),
                SpreadMode::Repeat,
                FilterQuality::Bilinear,
                1.0,
                Transform::from_scale(scale, scale),
            );
        }
        if ink == Ink::Main && self.figure.style.shaded {
            let stops = vec![
                GradientStop::new(0.0, color(rgb.mix(Rgb(255, 255, 255), 0.16), 1.0)),
                GradientStop::new(1.0, color(rgb.mix(BLACK, 0.22), 1.0)),
            ];
            let (top, bottom) = (Point::from_xy(30.0, 0.0), Point::from_xy(60.0, 100.0));
            let pad = SpreadMode::Pad;
            if let Some(shader) =
                LinearGradient::new(top, bottom, stops, pad, Transform::identity())
            {
                return shader;
            }
        }
        Shader::SolidColor(color(rgb, part.opacity))
    }
}

/// The outline of a figure's word, if it has one.
fn word(figure: &Figure, area: [f32; 4], turn: Transform) -> Option<Path> {
    let lettering = figure.lettering.as_ref()?;
    letters::outline(lettering, area)?.transform(turn)
}

/// The colour of the line around a part of a colour.
fn edge_of(rgb: Rgb) -> Rgb {
    match rgb.brightness() {
        ..50.0 => rgb.mix(Rgb(150, 150, 150), 0.5),
        _ => rgb.mix(BLACK, 0.62),
    }
}

/// Side of a texture's tile in units of the drawing's box.
const TILE: f32 = 18.0;

/// One tile of the figure's surface, if it has one.
fn texture(figure: &Figure) -> Option<Pixmap> {
    const SIDE: u32 = 24;
    let (ground, other) = (color(figure.main, 1.0), color(figure.accent, 1.0));
    if figure.surface == Surface::Plain {
        return None;
    }
    let mut tile = Pixmap::new(SIDE, SIDE)?;
    tile.fill(ground);
    let other = other.premultiply().to_color_u8();
    for (i, pixel) in tile.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (i as u32 % SIDE, i as u32 / SIDE);
        let (half, dx, dy) = (SIDE / 2, x.abs_diff(SIDE / 2), y.abs_diff(SIDE / 2));
        let covered = match figure.surface {
            Surface::Plain => false,
            Surface::Striped => x < half,
            Surface::Dotted => dx * dx + dy * dy < 7 * 7,
            Surface::Checked => (x < half) != (y < half),
        };
        if covered {
            *pixel = other;
        }
    }
    Some(tile)
}

/// A line with round ends and corners.
fn stroke(width: f32) -> Stroke {
    Stroke {
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    }
}

/// The rasteriser's form of a colour; `opacity` from 0 to 1.
pub(super) fn color(Rgb(r, g, b): Rgb, opacity: f32) -> Color {
    let one = |value: u8| f32::from(value) / 255.0;
    Color::from_rgba(one(r), one(g), one(b), opacity).unwrap_or(Color::BLACK)
}
