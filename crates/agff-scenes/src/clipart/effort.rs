//! What rendering a drawing will take, counted before it is begun.

use resvg::tiny_skia::{Path, Transform};
use resvg::usvg::filter::Kind;
use resvg::usvg::{Group, Node, Paint, Tree};

use super::skip::Skip;

/// Most things that are drawn, patterns counted as often as they are used.
const MOST_DRAWN: usize = 60_000;
/// Most points of their outlines.
const MOST_POINTS: usize = 3_000_000;
/// Most pixels of layers and pattern tiles.
const MOST_PIXELS: f64 = 2e8;
/// Most dashes of dashed lines.
const MOST_DASHES: f64 = 200_000.0;
/// Most filters.
const MOST_FILTERS: usize = 64;

/// Only filters whose time goes by the picture's size.
pub(super) fn check_filters(tree: &Tree) -> Result<(), Skip> {
    let filters = tree.filters();
    let primitives = filters.iter().flat_map(|filter| filter.primitives());
    let quick = |kind: &Kind| {
        matches!(
            kind,
            Kind::Blend(_)
                | Kind::ColorMatrix(_)
                | Kind::ComponentTransfer(_)
                | Kind::Composite(_)
                | Kind::DropShadow(_)
                | Kind::Flood(_)
                | Kind::GaussianBlur(_)
                | Kind::Merge(_)
                | Kind::Offset(_)
        )
    };
    let count = primitives.clone().count();
    match count <= MOST_FILTERS && primitives.map(|p| p.kind()).all(quick) {
        true => Ok(()),
        false => Err(Skip::Filter),
    }
}

/// What rendering will take, counted as far as a limit.
#[derive(Debug, Default)]
pub(super) struct Effort {
    drawn: usize,
    points: usize,
    pixels: f64,
    dashes: f64,
}

impl Effort {
    /// Adds what is below `group`, which is drawn at `scale` into a picture of `side` pixels.
    pub fn of(&mut self, group: &Group, scale: f64, side: f64) -> Result<(), Skip> {
        for node in group.children() {
            self.drawn += 1;
            match node {
                Node::Group(inner) => {
                    if inner.should_isolate() {
                        let layer = inner.abs_layer_bounding_box();
                        let length = |l: f32| (f64::from(l) * scale).min(5.0 * side);
                        let filters = 1.0 + inner.filters().len() as f64;
                        self.pixels += filters * length(layer.width()) * length(layer.height());
                    }
                    // Masks and clips; patterns are met at their paths.
                    self.of(inner, scale, side)?;
                    if let Some(mask) = inner.mask() {
                        self.of(mask.root(), scale, side)?;
                    }
                    if let Some(clip) = inner.clip_path() {
                        self.of(clip.root(), scale, side)?;
                    }
                }
                Node::Path(path) => {
                    self.points += path.data().points().len();
                    let fill = path.fill().map(|fill| fill.paint());
                    let stroke = path.stroke();
                    for paint in [fill, stroke.map(|stroke| stroke.paint())]
                        .into_iter()
                        .flatten()
                    {
                        self.pattern(paint, path.abs_transform(), scale, side)?;
                    }
                    if let Some(dashes) = stroke.and_then(|stroke| stroke.dasharray()) {
                        self.dashes(path.data(), dashes);
                    }
                }
                Node::Text(text) => self.of(text.flattened(), scale, side)?,
                Node::Image(_) => {}
            }
            self.check()?;
        }
        Ok(())
    }

    fn pattern(
        &mut self,
        paint: &Paint,
        transform: Transform,
        scale: f64,
        side: f64,
    ) -> Result<(), Skip> {
        let Paint::Pattern(pattern) = paint else {
            return Ok(());
        };
        let whole = transform.pre_concat(pattern.transform());
        let (sx, sy) = whole.get_scale();
        let (sx, sy) = (f64::from(sx) * scale, f64::from(sy) * scale);
        let (width, height) = (
            f64::from(pattern.rect().width()),
            f64::from(pattern.rect().height()),
        );
        let tile = (width * sx) * (height * sy);
        self.pixels += if tile.is_finite() { tile } else { f64::MAX };
        self.check()?;
        self.of(pattern.root(), sx.max(sy), side)
    }

    fn dashes(&mut self, path: &Path, dashes: &[f32]) {
        let between = path.points().windows(2);
        let length: f64 = between.map(|p| f64::from(p[0].distance(p[1]))).sum();
        let period: f64 = dashes.iter().map(|&dash| f64::from(dash)).sum();
        let count = length / period * dashes.len() as f64;
        self.dashes += if count.is_finite() { count } else { f64::MAX };
    }

    fn check(&self) -> Result<(), Skip> {
        let within = self.drawn <= MOST_DRAWN
            && self.points <= MOST_POINTS
            && self.pixels <= MOST_PIXELS
            && self.dashes <= MOST_DASHES;
        if within { Ok(()) } else { Err(Skip::TooMuch) }
    }
}
