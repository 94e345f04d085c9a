//! What lies behind the things: walls and floors, meadows, beaches, patterns.

use resvg::tiny_skia::Pixmap;

use super::art::color;
use super::brush::Brush;
use super::colour::{BARK, BLACK, Colour, GLOW, Rgb, WHITE, WOOD};
use super::draw::Draw;
use super::look::Figure;

/// A background: what it is of, its colours, and where its horizon is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Background {
    form: Form,
    /// The upper or only colour, and the lower or other one.
    colours: [Rgb; 2],
    /// Where the ground begins, from 0 at the top to 1; meaningless without ground.
    horizon: f32,
    /// Seeds what is strewn about.
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Gradient,
    Blobs,
    Stripes,
    Dots,
    Tiles,
    Room,
    Meadow,
    Beach,
    Snow,
    Night,
    Street,
}

const FLAT: [Form; 6] = [
    Form::Plain,
    Form::Gradient,
    Form::Blobs,
    Form::Stripes,
    Form::Dots,
    Form::Tiles,
];

/// The night goes with nearly every colour, so it would come up too often.
const GROUND: [Form; 11] = [
    Form::Room,
    Form::Room,
    Form::Meadow,
    Form::Meadow,
    Form::Beach,
    Form::Beach,
    Form::Snow,
    Form::Snow,
    Form::Street,
    Form::Street,
    Form::Night,
];

impl Background {
    /// One that all `figures` are well seen on; with a ground to stand on, if `ground` says so.
    pub fn behind<'a>(
        draw: &mut Draw,
        figures: impl Iterator<Item = &'a Figure> + Clone,
        ground: bool,
    ) -> Self {
        // What a figure without a dark line around it needs to stand out.
        let enough = |figure: &Figure| {
            if figure.style.outline > 0.0 {
                0.5
            } else {
                0.66
            }
        };
        let mut best: Option<(f32, Self)> = None;
        for _ in 0..40 {
            let candidate = Self::any(draw, ground);
            let margin = figures
                .clone()
                .flat_map(|figure| {
                    let colours = candidate.colours.iter();
                    colours.map(move |c| c.distance(figure.main) - enough(figure))
                })
                .fold(f32::MAX, f32::min);
            if margin >= 0.0 {
                return candidate;
            }
            if best.as_ref().is_none_or(|(most, _)| margin > *most) {
                best = Some((margin, candidate));
            }
        }
        best.map_or_else(|| Self::any(draw, ground), |(_, candidate)| candidate)
    }

    fn any(draw: &mut Draw, ground: bool) -> Self {
        let form = *draw.pick(if ground { &GROUND } else { &FLAT });
        let horizon = draw.between(0.38, 0.6);
        let near = |draw: &mut Draw, rgb: Rgb| rgb.mix(tone(draw), draw.between(0.0, 0.14));
        let first = tone(draw);
        let colours = match form {
            Form::Plain => [first, first],
            Form::Gradient | Form::Blobs => [first, first.mix(tone(draw), 0.45)],
            // Faint enough not to be taken for a thing.
            Form::Stripes | Form::Dots | Form::Tiles => [first, first.mix(tone(draw), 0.24)],
            Form::Room => {
                let floors = [WOOD, BARK, Rgb(200, 190, 176), tone(draw)];
                let floor = *draw.pick(&floors);
                [first, near(draw, floor)]
            }
            Form::Meadow => {
                let grass = [Rgb(112, 178, 84), Rgb(92, 150, 70), Rgb(150, 196, 96)];
                let sky = [Rgb(178, 220, 246), Rgb(204, 226, 238), Rgb(140, 200, 240)];
                let (grass, sky) = (*draw.pick(&grass), *draw.pick(&sky));
                [near(draw, sky), near(draw, grass)]
            }
            Form::Beach => [
                near(draw, Rgb(120, 196, 226)),
                near(draw, Rgb(238, 216, 164)),
            ],
            Form::Snow => [near(draw, Rgb(168, 196, 222)), Rgb(238, 243, 248)],
            Form::Night => [near(draw, Rgb(30, 38, 74)), near(draw, Rgb(44, 58, 62))],
            Form::Street => [
                near(draw, Rgb(196, 206, 216)),
                near(draw, Rgb(112, 114, 120)),
            ],
        };
        Self {
            form,
            colours,
            horizon,
            seed: draw.word(),
        }
    }

    /// Where the ground begins, from 0 at the top to 1, if there is one.
    pub fn horizon(&self) -> Option<f32> {
        GROUND.contains(&self.form).then_some(self.horizon)
    }

    /// Where things that stand on the ground are, as captions say it.
    pub fn place(&self) -> Option<&'static str> {
        match self.form {
            Form::Room => Some("on the floor"),
            Form::Meadow => Some("on the grass"),
            Form::Beach => Some("on the sand"),
            Form::Snow => Some("in the snow"),
            Form::Night => Some("at night"),
            Form::Street => Some("on the street"),
            _ => None,
        }
    }

    /// Covers the whole picture.
    pub fn paint(&self, picture: &mut Pixmap) {
        let draw = &mut Draw::new(self.seed, b"backdrop", 0);
        let [first, second] = self.colours;
        let mut brush = Brush {
            side: picture.width() as f32,
            picture,
        };
        brush.picture.fill(color(first, 1.0));
        match self.form {
            Form::Plain => {}
            Form::Gradient => {
                let ends = *draw.pick(&[
                    [0.0, 0.0, 0.0, 1.0],
                    [0.0, 0.0, 1.0, 1.0],
                    [1.0, 0.0, 0.0, 1.0],
                ]);
                brush.gradient(ends, first, second);
            }
            Form::Blobs => {
                for _ in 0..7 {
                    let (x, y) = (draw.between(0.0, 1.0), draw.between(0.0, 1.0));
                    let r = draw.between(0.1, 0.32);
                    brush.oval(second, 0.4, [x, y], [r, r]);
                }
            }
            Form::Stripes => {
                let (count, upright) = (draw.below(6) + 5, draw.chance(50));
                let width = 1.0 / count as f32;
                for i in 0..count {
                    let at = i as f32 * width;
                    match upright {
                        true => brush.rect(second, 1.0, [at, 0.0, width / 2.0, 1.0]),
                        false => brush.rect(second, 1.0, [0.0, at, 1.0, width / 2.0]),
                    }
                }
            }
            Form::Dots => {
                let count = draw.below(4) + 6;
                let step = 1.0 / count as f32;
                for row in 0..=count {
                    for column in 0..=count {
                        let shift = if row % 2 == 0 { 0.0 } else { 0.5 };
                        let at = [(column as f32 + shift) * step, row as f32 * step];
                        brush.oval(second, 1.0, at, [step * 0.22, step * 0.22]);
                    }
                }
            }
            Form::Tiles => {
                let count = draw.below(4) + 4;
                let step = 1.0 / count as f32;
                for row in 0..count {
                    for column in (row % 2..count).step_by(2) {
                        let (x, y) = (column as f32 * step, row as f32 * step);
                        brush.rect(second, 1.0, [x, y, step, step]);
                    }
                }
            }
            Form::Room => self.room(&mut brush, draw),
            Form::Meadow => self.meadow(&mut brush, draw),
            Form::Beach => self.beach(&mut brush, draw),
            Form::Snow => self.snow(&mut brush, draw),
            Form::Night => self.night(&mut brush, draw),
            Form::Street => self.street(&mut brush, draw),
        }
    }

    fn ground(&self, brush: &mut Brush<'_>) {
        let below = 1.0 - self.horizon;
        brush.rect(self.colours[1], 1.0, [0.0, self.horizon, 1.0, below]);
        let deep = self.colours[1].mix(BLACK, 0.14);
        brush.fade(deep, [0.0, self.horizon, 1.0, below]);
    }

    fn room(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        let [wall, floor] = self.colours;
        if draw.chance(40) {
            for i in 0..6 {
                let x = i as f32 / 6.0;
                brush.rect(
                    wall.mix(WHITE, 0.18),
                    1.0,
                    [x, 0.0, 1.0 / 12.0, self.horizon],
                );
            }
        }
        self.ground(brush);
        let skirting = [0.0, self.horizon - 0.03, 1.0, 0.03];
        brush.rect(wall.mix(WHITE, 0.5), 1.0, skirting);
        if draw.chance(60) {
            for i in 1..5 {
                let t = i as f32 / 5.0;
                let y = self.horizon + (1.0 - self.horizon) * t * t;
                brush.rect(floor.mix(BLACK, 0.2), 1.0, [0.0, y, 1.0, 0.008]);
            }
        }
    }

    fn clouds(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        for _ in 0..draw.below(4) {
            let (x, y) = (
                draw.between(0.05, 0.95),
                draw.between(0.04, self.horizon * 0.6),
            );
            let w = draw.between(0.05, 0.11);
            for (dx, r) in [(-1.0, 0.6), (0.0, 0.9), (1.0, 0.65)] {
                brush.oval(WHITE, 0.75, [x + dx * w * 0.8, y], [w * r, w * r * 0.6]);
            }
        }
    }

    fn meadow(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        let grass = self.colours[1];
        self.clouds(brush, draw);
        if draw.chance(60) {
            for _ in 0..2 {
                let at = [draw.between(0.0, 1.0), self.horizon + 0.05];
                let hill = [draw.between(0.3, 0.6), draw.between(0.12, 0.24)];
                brush.oval(grass.mix(Rgb(120, 150, 150), 0.4), 1.0, at, hill);
            }
        }
        self.ground(brush);
        for _ in 0..26 {
            let (x, y) = (
                draw.between(0.0, 1.0),
                draw.between(self.horizon + 0.03, 0.98),
            );
            let blade = grass.mix(BLACK, 0.24);
            brush.rect(blade, 0.7, [x, y, 0.008, 0.024]);
        }
    }

    fn beach(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        self.clouds(brush, draw);
        let sea = self.horizon - draw.between(0.1, 0.18);
        let water = Rgb(58, 136, 190);
        brush.rect(water, 1.0, [0.0, sea, 1.0, self.horizon - sea + 0.02]);
        for _ in 0..5 {
            let (x, y) = (
                draw.between(0.0, 0.9),
                draw.between(sea + 0.02, self.horizon - 0.01),
            );
            brush.rect(WHITE, 0.6, [x, y, draw.between(0.04, 0.12), 0.007]);
        }
        self.ground(brush);
    }

    fn snow(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        for _ in 0..draw.below(4) {
            let x = draw.between(0.0, 1.0);
            let (w, top) = (draw.between(0.1, 0.26), draw.between(0.08, 0.24));
            let (base, peak) = (self.horizon, self.horizon - top);
            let hill = Rgb(136, 152, 172);
            brush.shape(
                hill,
                0.9,
                &format!("M{} {base} L{x} {peak} L{} {base} Z", x - w, x + w),
            );
        }
        self.ground(brush);
        for _ in 0..28 {
            let at = [draw.between(0.0, 1.0), draw.between(0.0, 1.0)];
            let r = draw.between(0.004, 0.01);
            brush.oval(WHITE, 0.85, at, [r, r]);
        }
    }

    fn night(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        for _ in 0..24 {
            let at = [draw.between(0.0, 1.0), draw.between(0.0, self.horizon)];
            let r = draw.between(0.003, 0.008);
            brush.oval(WHITE, 0.8, at, [r, r]);
        }
        if draw.chance(50) {
            let at = [draw.between(0.1, 0.9), draw.between(0.06, 0.18)];
            brush.oval(GLOW.mix(WHITE, 0.5), 0.9, at, [0.05, 0.05]);
        }
        self.ground(brush);
    }

    fn street(&self, brush: &mut Brush<'_>, draw: &mut Draw) {
        let mut x = 0.0;
        while x < 1.0 {
            let (w, top) = (draw.between(0.1, 0.24), draw.between(0.1, 0.34));
            let wall = self.colours[0].mix(tone(draw), 0.3).mix(BLACK, 0.12);
            brush.rect(wall, 1.0, [x, self.horizon - top, w, top]);
            x += w;
        }
        self.ground(brush);
        brush.rect(Rgb(170, 170, 172), 1.0, [0.0, self.horizon, 1.0, 0.035]);
        let y = self.horizon + (1.0 - self.horizon) * 0.55;
        for i in 0..5 {
            brush.rect(WHITE, 0.7, [i as f32 * 0.22, y, 0.12, 0.02]);
        }
    }
}

/// A colour for a wall or a floor: pale, greyish or dark rather than bright.
fn tone(draw: &mut Draw) -> Rgb {
    let hue = draw.pick(&Colour::ALL).rgb();
    match draw.below(10) {
        0..6 => hue.mix(WHITE, draw.between(0.55, 0.85)),
        6..8 => hue.mix(Rgb(128, 128, 132), draw.between(0.5, 0.85)),
        _ => hue.mix(BLACK, draw.between(0.45, 0.75)),
    }
}
