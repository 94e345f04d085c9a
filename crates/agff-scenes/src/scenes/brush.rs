//! Painting backgrounds: plain shapes, measured in shares of the picture's side.

use resvg::tiny_skia::{
    FillRule, GradientStop, LinearGradient, Paint, Path, Pixmap, Point, Shader, SpreadMode,
    Transform,
};

use super::art::color;
use super::colour::Rgb;
use super::path;

/// Paints in shares of the picture's side.
pub(super) struct Brush<'a> {
    pub picture: &'a mut Pixmap,
    pub side: f32,
}

impl Brush<'_> {
    fn fill(&mut self, path: Option<Path>, shader: Shader<'_>) {
        let paint = Paint {
            anti_alias: true,
            shader,
            ..Paint::default()
        };
        let scale = Transform::from_scale(self.side, self.side);
        if let Some(path) = path {
            self.picture
                .fill_path(&path, &paint, FillRule::Winding, scale, None);
        }
    }

    pub fn rect(&mut self, rgb: Rgb, opacity: f32, [x, y, w, h]: [f32; 4]) {
        let path = path::rounded(x, y, w, h, 0.0);
        self.fill(path, Shader::SolidColor(color(rgb, opacity)));
    }

    pub fn oval(&mut self, rgb: Rgb, opacity: f32, [x, y]: [f32; 2], [rx, ry]: [f32; 2]) {
        let path = path::oval(x, y, rx, ry);
        self.fill(path, Shader::SolidColor(color(rgb, opacity)));
    }

    pub fn shape(&mut self, rgb: Rgb, opacity: f32, outline: &str) {
        self.fill(
            path::parse(outline),
            Shader::SolidColor(color(rgb, opacity)),
        );
    }

    /// From one colour to another, between two corners.
    pub fn gradient(&mut self, [x0, y0, x1, y1]: [f32; 4], from: Rgb, to: Rgb) {
        self.blend(
            [x0, y0, x1, y1],
            [0.0, 0.0, 1.0, 1.0],
            [(from, 1.0), (to, 1.0)],
        );
    }

    /// A colour that comes in downwards over a part.
    pub fn fade(&mut self, rgb: Rgb, part: [f32; 4]) {
        let ends = [0.0, part[1], 0.0, part[1] + part[3]];
        self.blend(ends, part, [(rgb, 0.0), (rgb, 1.0)]);
    }

    fn blend(
        &mut self,
        [x0, y0, x1, y1]: [f32; 4],
        [x, y, w, h]: [f32; 4],
        stops: [(Rgb, f32); 2],
    ) {
        let [from, to] = stops;
        let stops = vec![
            GradientStop::new(0.0, color(from.0, from.1)),
            GradientStop::new(1.0, color(to.0, to.1)),
        ];
        let shader = LinearGradient::new(
            Point::from_xy(x0, y0),
            Point::from_xy(x1, y1),
            stops,
            SpreadMode::Pad,
            Transform::identity(),
        );
        if let Some(shader) = shader {
            self.fill(path::rounded(x, y, w, h, 0.0), shader);
        }
    }
}
