//! Outlines, in SVG's path language and with arithmetic that is the same on every machine.
//!
//! Every curve is made of quadratic Béziers. The rasteriser cuts cubic ones with the system's
//! trigonometric functions, whose last bits differ between systems; so does a rotation, which is why
//! [`sine_cosine`] is written out.

use resvg::tiny_skia::{Path, PathBuilder, PathSegment, Point, Transform};

/// The outline that `text` describes: `M x y`, `L x y …`, `Q cx cy x y …`, `C x y x y x y …`, `Z`, all
/// absolute; numbers after a command's own repeat it. `None` if it says something else or nothing.
pub(super) fn parse(text: &str) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let mut numbers = [0.0; 6];
    let (mut command, mut count) = (' ', 0);
    let mut last = Point::zero();
    // A letter may touch its number.
    for word in text.split_whitespace() {
        let mut rest = word;
        if let Some(letter) = word.chars().next().filter(char::is_ascii_alphabetic) {
            if count != 0 {
                return None;
            }
            command = letter;
            rest = &word[1..];
            if letter == 'Z' {
                builder.close();
            }
        }
        if rest.is_empty() {
            continue;
        }
        let wanted = match command {
            'M' | 'L' => 2,
            'Q' => 4,
            'C' => 6,
            _ => return None,
        };
        numbers[count] = rest.parse().ok()?;
        count += 1;
        if count < wanted {
            continue;
        }
        let points: Vec<Point> = numbers[..count]
            .chunks_exact(2)
            .map(|xy| Point::from_xy(xy[0], xy[1]))
            .collect();
        match *points.as_slice() {
            [to] if command == 'M' => {
                builder.move_to(to.x, to.y);
                command = 'L';
            }
            [to] => builder.line_to(to.x, to.y),
            [bend, to] => builder.quad_to(bend.x, bend.y, to.x, to.y),
            [a, b, to] => cubic(&mut builder, [last, a, b, to]),
            _ => return None,
        }
        last = *points.last()?;
        count = 0;
    }
    if count != 0 {
        return None;
    }
    builder.finish()
}

/// An ellipse of eight arcs.
pub(super) fn oval(cx: f32, cy: f32, rx: f32, ry: f32) -> Option<Path> {
    // An eighth of a circle: its end, and its control point where the tangents meet.
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const SLOPE: f32 = 0.414_213_57;
    const AROUND: [(f32, f32, f32, f32); 8] = [
        (1.0, SLOPE, HALF, HALF),
        (SLOPE, 1.0, 0.0, 1.0),
        (-SLOPE, 1.0, -HALF, HALF),
        (-1.0, SLOPE, -1.0, 0.0),
        (-1.0, -SLOPE, -HALF, -HALF),
        (-SLOPE, -1.0, 0.0, -1.0),
        (SLOPE, -1.0, HALF, -HALF),
        (1.0, -SLOPE, 1.0, 0.0),
    ];
    let mut builder = PathBuilder::new();
    builder.move_to(cx + rx, cy);
    for (bx, by, x, y) in AROUND {
        builder.quad_to(cx + bx * rx, cy + by * ry, cx + x * rx, cy + y * ry);
    }
    builder.close();
    builder.finish()
}

/// A rectangle with corners rounded by `r`.
pub(super) fn rounded(x: f32, y: f32, w: f32, h: f32, r: f32) -> Option<Path> {
    let r = r.min(w / 2.0).min(h / 2.0);
    let (right, bottom) = (x + w, y + h);
    let mut builder = PathBuilder::new();
    builder.move_to(x + r, y);
    builder.line_to(right - r, y);
    if r > 0.0 {
        builder.quad_to(right, y, right, y + r);
    }
    builder.line_to(right, bottom - r);
    if r > 0.0 {
        builder.quad_to(right, bottom, right - r, bottom);
    }
    builder.line_to(x + r, bottom);
    if r > 0.0 {
        builder.quad_to(x, bottom, x, bottom - r);
    }
    builder.line_to(x, y + r);
    if r > 0.0 {
        builder.quad_to(x, y, x + r, y);
    }
    builder.close();
    builder.finish()
}

/// `path` with its cubic curves as quadratic ones, moved by `transform`.
pub(super) fn quadratic(path: &Path, transform: Transform) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let mut last = Point::zero();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                builder.move_to(to.x, to.y);
                last = to;
            }
            PathSegment::LineTo(to) => {
                builder.line_to(to.x, to.y);
                last = to;
            }
            PathSegment::QuadTo(bend, to) => {
                builder.quad_to(bend.x, bend.y, to.x, to.y);
                last = to;
            }
            PathSegment::CubicTo(a, b, to) => {
                cubic(&mut builder, [last, a, b, to]);
                last = to;
            }
            PathSegment::Close => builder.close(),
        }
    }
    builder.finish()?.transform(transform)
}

/// A cubic curve as four quadratic ones.
fn cubic(builder: &mut PathBuilder, [p0, p1, p2, p3]: [Point; 4]) {
    const PIECES: usize = 4;
    let at = |t: f32| {
        let s = 1.0 - t;
        let (a, b, c, d) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
        let x = a * p0.x + b * p1.x + c * p2.x + d * p3.x;
        let y = a * p0.y + b * p1.y + c * p2.y + d * p3.y;
        (x, y)
    };
    let mut from = (p0.x, p0.y);
    for piece in 1..=PIECES {
        let end = piece as f32 / PIECES as f32;
        let (middle, to) = (at(end - 0.5 / PIECES as f32), at(end));
        // The control point for which the curve goes through the middle.
        let bend = |m: f32, a: f32, b: f32| 2.0 * m - 0.5 * (a + b);
        builder.quad_to(
            bend(middle.0, from.0, to.0),
            bend(middle.1, from.1, to.1),
            to.0,
            to.1,
        );
        from = to;
    }
}

/// Sine and cosine of an angle in degrees.
pub(super) fn sine_cosine(degrees: f32) -> (f32, f32) {
    let degrees = f64::from(degrees) % 360.0;
    let x = degrees * (std::f64::consts::PI / 180.0);
    // Taylor's series: at 2π, the largest x, the last of 20 terms is below 1e-15.
    let (mut sine, mut cosine) = (0.0, 0.0);
    let mut term = 1.0;
    for n in 0..40u32 {
        match n % 4 {
            0 => cosine += term,
            1 => sine += term,
            2 => cosine -= term,
            _ => sine -= term,
        }
        term *= x / f64::from(n + 1);
    }
    (sine as f32, cosine as f32)
}

/// Turns by `degrees`, clockwise as y points down, about the origin.
pub(super) fn rotation(degrees: f32) -> Transform {
    let (sine, cosine) = sine_cosine(degrees);
    Transform::from_row(cosine, sine, -sine, cosine, 0.0, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_and_cosine_are_right() {
        for degrees in [-350.0f32, -90.0, -7.5, 0.0, 30.0, 45.0, 180.0, 359.0, 725.0] {
            let (sine, cosine) = sine_cosine(degrees);
            let radians = f64::from(degrees).to_radians();
            assert!((f64::from(sine) - radians.sin()).abs() < 1e-6, "{degrees}");
            assert!(
                (f64::from(cosine) - radians.cos()).abs() < 1e-6,
                "{degrees}"
            );
        }
    }

    #[test]
    fn paths_are_read_and_nonsense_is_not() {
        let path = parse("M0 0 L10 0 10 10 Q5 15 0 10 Z").unwrap();
        assert_eq!(path.segments().count(), 5);
        let bounds = path.bounds();
        assert_eq!((bounds.width(), bounds.height()), (10.0, 15.0));
        // A cubic becomes quadratic and stays where it was.
        let curve = parse("M0 0 C0 10 10 10 10 0").unwrap();
        let bounds = curve.compute_tight_bounds().unwrap();
        assert!((bounds.height() - 7.5).abs() < 0.05, "{bounds:?}");
        for wrong in [
            "",
            "M0",
            "M0 0 L1",
            "10 10",
            "M0 0 A1 1 0 0 0 2 2",
            "M0 0 Lx 1",
        ] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_oval_is_round() {
        let path = oval(0.0, 0.0, 100.0, 100.0).unwrap();
        let mut last = Point::zero();
        for segment in path.segments() {
            if let PathSegment::QuadTo(bend, to) = segment {
                let x = 0.25 * last.x + 0.5 * bend.x + 0.25 * to.x;
                let y = 0.25 * last.y + 0.5 * bend.y + 0.25 * to.y;
                assert!((x.hypot(y) - 100.0).abs() < 0.4);
            }
            if let PathSegment::MoveTo(to) | PathSegment::QuadTo(_, to) = segment {
                last = to;
                assert!((to.x.hypot(to.y) - 100.0).abs() < 0.01);
            }
        }
    }
}
