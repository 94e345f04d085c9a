//! The drawing board: parts of a thing in a box of 100 × 100 units, y downwards, and how they get on
//! a picture.
//!
//! A thing faces right. It need not fill its box: where and how large it comes on the picture goes by
//! the bounds of what was drawn.

use resvg::tiny_skia::{
    Color, FillRule, FilterQuality, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path,
    Pattern, Pixmap, Point, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::colour::{BLACK, Rgb};
use super::letters;
use super::look::{Figure, Surface, View};
use super::path;

/// What a part is painted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    /// The thing's colour, with its stripes or dots.
    Main,
    /// The thing's colour without them.
    Flat,
    /// A darker tone of it.
    Dark,
    /// A lighter tone of it.
    Light,
    /// The other colour.
    Accent,
    /// A colour that does not depend on the thing's.
    Is(Rgb),
    /// Such a colour that lets through what is behind: colour and opacity, 0 to 1.
    Clear(Rgb, f32),
}

/// One part: an outline, filled or drawn as a line.
#[derive(Debug)]
struct Part {
    path: Path,
    ink: Ink,
    /// Width of the line; filled if there is none.
    line: Option<f32>,
    /// Whether the style's dark line goes around it.
    outlined: bool,
}

/// A thing being drawn.
#[derive(Debug)]
pub(super) struct Art<'a> {
    /// What it shall look like.
    pub figure: &'a Figure,
    parts: Vec<Part>,
    turn: Transform,
}

impl<'a> Art<'a> {
    /// Draws a figure.
    pub fn of(figure: &'a Figure) -> Self {
        let mut art = Self {
            figure,
            parts: Vec::with_capacity(32),
            turn: Transform::identity(),
        };
        (figure.kind.draw)(&mut art);
        art
    }

    /// Whether aspect `index` of the kind is on.
    pub fn on(&self, index: usize) -> bool {
        self.figure.on(index)
    }

    /// From where it is seen.
    pub fn view(&self) -> View {
        self.figure.view
    }

    /// Black or white, whichever is seen on the thing's colour.
    pub fn ink(&self) -> Ink {
        Ink::Is(self.figure.main.ink())
    }

    /// What an opening in the thing is filled with: darkness, or grey in what is dark itself.
    pub fn hollow(&self) -> Ink {
        match self.figure.main.brightness() {
            ..60.0 => Ink::Is(Rgb(138, 138, 146)),
            _ => Ink::Is(BLACK),
        }
    }

    /// A filled part, in SVG's path language.
    pub fn fill(&mut self, ink: Ink, outline: &str) {
        self.add(path::parse(outline), ink, None, true);
    }

    /// The same without the dark line around it.
    pub fn bare(&mut self, ink: Ink, outline: &str) {
        self.add(path::parse(outline), ink, None, false);
    }

    /// A line with round ends.
    pub fn line(&mut self, ink: Ink, width: f32, course: &str) {
        self.add(path::parse(course), ink, Some(width), false);
    }

    /// A line with round ends and the dark line around it: limbs, handles, tails.
    pub fn limb(&mut self, ink: Ink, width: f32, course: &str) {
        let Some(path) = path::parse(course) else {
            debug_assert!(false, "not a path: {course}");
            return;
        };
        let edge = self.figure.style.outline;
        if edge > 0.0 {
            let dark = Ink::Is(self.edge(ink));
            self.add(Some(path.clone()), dark, Some(width + 2.0 * edge), false);
        }
        self.add(Some(path), ink, Some(width), false);
    }

    /// An ellipse.
    pub fn oval(&mut self, ink: Ink, cx: f32, cy: f32, rx: f32, ry: f32) {
        self.add(path::oval(cx, cy, rx, ry), ink, None, true);
    }

    /// An ellipse without the dark line around it.
    pub fn spot(&mut self, ink: Ink, cx: f32, cy: f32, rx: f32, ry: f32) {
        self.add(path::oval(cx, cy, rx, ry), ink, None, false);
    }

    /// The line of an ellipse.
    pub fn ring(&mut self, ink: Ink, width: f32, cx: f32, cy: f32, rx: f32, ry: f32) {
        self.add(path::oval(cx, cy, rx, ry), ink, Some(width), false);
    }

    /// A rectangle.
    pub fn rect(&mut self, ink: Ink, x: f32, y: f32, w: f32, h: f32) {
        self.add(path::rounded(x, y, w, h, 0.0), ink, None, true);
    }

    /// A rectangle with round corners.
    pub fn slab(&mut self, ink: Ink, [x, y, w, h]: [f32; 4], r: f32) {
        self.add(path::rounded(x, y, w, h, r), ink, None, true);
    }

    /// A star; see [`path::star`].
    pub fn star(&mut self, ink: Ink, [cx, cy]: [f32; 2], points: usize, outer: f32, inner: f32) {
        self.add(path::star(cx, cy, points, outer, inner), ink, None, true);
    }

    /// An eye: open, or closed as a bow.
    pub fn eye(&mut self, x: f32, y: f32, r: f32, open: bool) {
        if open {
            self.spot(Ink::Is(Rgb(255, 255, 255)), x, y, r, r);
            self.spot(Ink::Is(BLACK), x + 0.2 * r, y, 0.6 * r, 0.62 * r);
        } else {
            let (left, right, low) = (x - r, x + r, y + 1.3 * r);
            let ink = Ink::Is(self.figure.main.ink());
            self.line(ink, 0.5 * r, &format!("M{left} {y} Q{x} {low} {right} {y}"));
        }
    }

    /// What `draw` draws, moved by `transform`.
    pub fn moved(&mut self, transform: Transform, draw: impl FnOnce(&mut Self)) {
        let before = self.turn;
        self.turn = before.pre_concat(transform);
        draw(self);
        self.turn = before;
    }

    /// What `draw` draws, turned clockwise by `degrees` about a point.
    pub fn turned(&mut self, degrees: f32, [x, y]: [f32; 2], draw: impl FnOnce(&mut Self)) {
        let about = Transform::from_translate(x, y)
            .pre_concat(path::rotation(degrees))
            .pre_translate(-x, -y);
        self.moved(about, draw);
    }

    /// What `draw` draws, and again mirrored about x = 50.
    pub fn both_sides(&mut self, mut draw: impl FnMut(&mut Self)) {
        draw(self);
        self.moved(Transform::from_row(-1.0, 0.0, 0.0, 1.0, 100.0, 0.0), draw);
    }

    /// The figure's word, as large as it fits into the box `[x, y, w, h]`; nothing if it has none.
    pub fn letters(&mut self, ink: Ink, area: [f32; 4]) {
        if let Some(lettering) = &self.figure.lettering {
            self.add(letters::outline(lettering, area), ink, None, false);
        }
    }

    fn add(&mut self, path: Option<Path>, ink: Ink, line: Option<f32>, outlined: bool) {
        let path = path.and_then(|path| path.transform(self.turn));
        debug_assert!(path.is_some(), "a part of a {}", self.figure.kind.name);
        if let Some(path) = path {
            self.parts.push(Part {
                path,
                ink,
                line,
                outlined,
            });
        }
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
                shader: self.shader(part.ink, texture.as_ref()),
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
                paint.shader = Shader::SolidColor(color(self.edge(part.ink), 1.0));
                picture.stroke_path(&part.path, &paint, &stroke(width), place, None);
            }
        }
    }

    /// The colour of an ink, without stripes and shades.
    fn plain(&self, ink: Ink) -> Rgb {
        let figure = self.figure;
        match ink {
            Ink::Main | Ink::Flat => figure.main,
            Ink::Dark => figure.main.shade(),
            Ink::Light => figure.main.tint(),
            Ink::Accent => figure.accent,
            Ink::Is(rgb) | Ink::Clear(rgb, _) => rgb,
        }
    }

    /// The colour of the line around a part of this ink.
    fn edge(&self, ink: Ink) -> Rgb {
        let rgb = self.plain(ink);
        match rgb.brightness() {
            ..50.0 => rgb.mix(Rgb(150, 150, 150), 0.5),
            _ => rgb.mix(BLACK, 0.62),
        }
    }

    fn shader<'t>(&self, ink: Ink, texture: Option<&'t Pixmap>) -> Shader<'t> {
        let rgb = self.plain(ink);
        if let Ink::Clear(_, opacity) = ink {
            return Shader::SolidColor(color(rgb, opacity));
        }
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
        Shader::SolidColor(color(rgb, 1.0))
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
