//! Rendering an SVG that may be anything: within limits, and with nothing but itself to read.
//!
//! There is no script engine and no network; images, whether files or embedded, are left out, and text is
//! set in the crate's own fonts. What would take too much memory or time is refused before it is
//! drawn, as far as that can be foreseen; what still takes too long is given up.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::{Document, ParsingOptions};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::effort::{Effort, check_filters};
use super::expansion;
use super::skip::Skip;

/// Most bytes of a file.
pub(super) const MOST_BYTES: u64 = 4 << 20;
/// Most nodes of its XML.
const MOST_NODES: u32 = 200_000;
/// Most elements once every reference is expanded.
const MOST_ELEMENTS: u64 = 500_000;
/// More than this longer than wide, or wider than long, nothing is seen.
const MOST_ASPECT: f32 = 12.0;
/// The share of the picture that the drawing takes up.
const SHARE: f32 = 0.94;
/// After so long a drawing is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Drawings that were given up and may still be at work.
const MOST_STUCK: usize = 8;

/// A rendered drawing: premultiplied RGBA, `[side, side, 4]`, nothing behind it.
pub(super) type Rgba = Vec<u8>;

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| Options {
    fontdb: crate::scenes::fonts(),
    font_family: "sans-serif".into(),
    image_href_resolver: ImageHrefResolver {
        resolve_data: Box::new(|_, _, _| None),
        resolve_string: Box::new(|_, _| None),
    },
    ..Options::default()
});

/// Parses a file's text.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Skip> {
    let options = ParsingOptions {
        // Inkscape and Illustrator write entities; outside ones are never read.
        allow_dtd: true,
        nodes_limit: MOST_NODES,
        entity_resolver: None,
    };
    use resvg::usvg::roxmltree::Error;
    Document::parse_with_options(text, options).map_err(|error| match error {
        Error::NodesLimitReached => Skip::TooMuch,
        _ => Skip::Broken,
    })
}

/// Runs `work` on a thread of its own, with room for deep nesting, and gives it up when it takes too
/// long: then the thread goes on by itself until the program ends.
pub(super) fn patiently<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Skip> + Send + 'static,
) -> Result<T, Skip> {
    static STUCK: AtomicUsize = AtomicUsize::new(0);
    if STUCK.load(Ordering::Relaxed) >= MOST_STUCK {
        return Err(Skip::TooSlow);
    }
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    let started = thread.spawn(move || {
        // If nobody waits any more, nobody wants it.
        let _ = sender.send(work());
    });
    if started.is_err() {
        return Err(Skip::TooMuch);
    }
    match receiver.recv_timeout(PATIENCE) {
        Ok(done) => done,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            STUCK.fetch_add(1, Ordering::Relaxed);
            Err(Skip::TooSlow)
        }
        // The renderer panicked.
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Skip::Broken),
    }
}

/// Renders a parsed file, its drawn part in the middle of a square picture.
pub(super) fn render(document: &Document<'_>, side: u32) -> Result<Rgba, Skip> {
    if expansion::size(document) > MOST_ELEMENTS {
        return Err(Skip::TooMuch);
    }
    let tree = Tree::from_xmltree(document, &OPTIONS).map_err(|error| match error {
        resvg::usvg::Error::ElementsLimitReached => Skip::TooMuch,
        _ => Skip::Broken,
    })?;
    // Filters enlarge what is drawn, so the layer's box; but not what lies beside the page.
    let drawn = tree.root().abs_layer_bounding_box();
    let page = tree.size();
    let left = drawn.left().max(0.0);
    let top = drawn.top().max(0.0);
    let width = drawn.right().min(page.width()) - left;
    let height = drawn.bottom().min(page.height()) - top;
    let lengths = [width, height];
    if lengths
        .iter()
        .any(|length| !length.is_finite() || *length <= 0.0)
    {
        return Err(Skip::Blank);
    }
    let (long, short) = (width.max(height), width.min(height));
    if long > MOST_ASPECT * short {
        return Err(Skip::Aspect);
    }
    let side_length = side as f32;
    let scale = SHARE * side_length / long;
    check_filters(&tree)?;
    Effort::default().of(tree.root(), f64::from(scale), f64::from(side))?;

    let mut picture = Pixmap::new(side, side).ok_or(Skip::TooMuch)?;
    let middle = side_length / 2.0;
    let place = Transform::from_translate(middle, middle)
        .pre_scale(scale, scale)
        .pre_translate(-(left + width / 2.0), -(top + height / 2.0));
    resvg::render(&tree, place, &mut picture.as_mut());
    let rgba = picture.take();
    match is_blank(&rgba) {
        true => Err(Skip::Blank),
        false => Ok(rgba),
    }
}

/// Whether next to nothing is covered, or all that is has one colour and fills a square.
fn is_blank(rgba: &[u8]) -> bool {
    let pixels = rgba.len() / 4;
    let covered = rgba.chunks_exact(4).filter(|p| p[3] > 24).count();
    if covered * 400 < pixels {
        return true;
    }
    let mut colours: HashMap<&[u8], usize> = HashMap::new();
    for pixel in rgba.chunks_exact(4).filter(|p| p[3] == 255) {
        *colours.entry(pixel).or_default() += 1;
    }
    // A plain square, with its antialiased edge.
    let share = (SHARE * SHARE * 0.97 * pixels as f32) as usize;
    colours.values().any(|&count| count > share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<svg xmlns='http://www.w3.org/2000/svg' \
        xmlns:xlink='http://www.w3.org/1999/xlink' width='100' height='100'";

    fn draw(body: &str) -> Result<Rgba, Skip> {
        let text = format!("{HEAD}>{body}</svg>");
        patiently(move || render(&parse(&text)?, 64))
    }

    #[test]
    fn a_drawing_fills_the_middle_of_the_picture() {
        let rgba = draw("<circle cx='20' cy='20' r='10' fill='red'/>").unwrap();
        let at = |x: usize, y: usize| &rgba[(y * 64 + x) * 4..][..4];
        assert_eq!(at(32, 32), [255, 0, 0, 255]);
        assert_eq!(at(4, 32), [255, 0, 0, 255]);
        assert_eq!(at(2, 2), [0, 0, 0, 0]);
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for body in [
            "",
            "<rect width='100' height='100' fill='blue'/>",
            "<rect width='10' height='10' fill='none'/>",
            "<rect x='500' y='500' width='10' height='10'/>",
        ] {
            assert_eq!(draw(body), Err(Skip::Blank), "{body}");
        }
    }

    #[test]
    fn files_and_embedded_images_are_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.svg");
        let secret = format!("{HEAD}><circle cx='50' cy='50' r='40' fill='red'/></svg>");
        std::fs::write(&path, secret).unwrap();
        let outside = path.display().to_string();
        let embedded = "data:image/svg+xml;base64,\
            PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnIHdpZHRoPSc5JyBoZWlnaHQ9JzknPjxjaXJjbGUgcj0nOScvPjwvc3ZnPg==";
        for href in [outside.as_str(), embedded, &format!("file://{outside}")] {
            let body = format!("<image width='100' height='100' xlink:href='{href}'/>");
            assert_eq!(draw(&body), Err(Skip::Blank), "{href}");
        }
        let entity =
            format!("<!DOCTYPE svg [<!ENTITY x SYSTEM '{outside}'>]>{HEAD}><text>&x;</text></svg>");
        assert!(parse(&entity).is_err());
    }

    #[test]
    fn hostile_files_end_soon_and_are_skipped() {
        let begun = std::time::Instant::now();
        let uses: String = (1..30)
            .map(|i| {
                let inner = format!("<use xlink:href='#g{}'/>", i - 1).repeat(10);
                format!("<g id='g{i}'>{inner}</g>")
            })
            .collect();
        let patterns: String = (1..12)
            .map(|i| {
                let inner = format!("<rect width='9' height='9' fill='url(#p{})'/>", i - 1);
                format!(
                    "<pattern id='p{i}' width='10' height='10' patternUnits='userSpaceOnUse'>{}</pattern>",
                    inner.repeat(20)
                )
            })
            .collect();
        let entities: String = (1..20)
            .map(|i| format!("<!ENTITY e{i} '{}'>", format!("&e{};", i - 1).repeat(10)))
            .collect();
        let deep = format!("{}{}", "<g opacity='.9'>".repeat(5000), "</g>".repeat(5000));
        for (name, body) in [
            (
                "uses",
                format!("<g id='g0'><rect width='9' height='9'/></g>{uses}"),
            ),
            (
                "patterns",
                format!(
                    "<pattern id='p0' width='9' height='9' patternUnits='userSpaceOnUse'>\
                     <circle r='4'/></pattern>{patterns}<rect width='99' height='99' fill='url(#p11)'/>"
                ),
            ),
            (
                "a huge tile",
                "<pattern id='p' width='90000' height='90000' patternUnits='userSpaceOnUse'>\
                 <circle r='4'/></pattern><rect width='99' height='99' fill='url(#p)'/>"
                    .into(),
            ),
            (
                "dashes",
                "<path d='M0 0H1e7' stroke='red' stroke-dasharray='1e-5 1e-5'/>\
                 <circle cx='50' cy='50' r='40'/>"
                    .repeat(50),
            ),
            (
                "turbulence",
                "<filter id='f'><feTurbulence baseFrequency='9' numOctaves='99999999'/></filter>\
                 <rect width='99' height='99' filter='url(#f)'/>"
                    .into(),
            ),
            ("deep", deep),
            ("elements", "<rect width='9' height='9'/>".repeat(300_000)),
        ] {
            let got = draw(&body);
            assert!(got.is_err(), "{name} was drawn");
            assert_ne!(got, Err(Skip::TooSlow), "{name} had to be given up");
        }
        let bomb =
            format!("<!DOCTYPE svg [<!ENTITY e0 'x'>{entities}]>{HEAD}><text>&e19;</text></svg>");
        assert!(parse(&bomb).is_err());
        for broken in ["", "<svg", "\u{0}", "<html/>", "no xml at all"] {
            let text = broken.to_owned();
            let got = patiently(move || render(&parse(&text)?, 64));
            assert_eq!(got, Err(Skip::Broken), "{broken}");
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{:?}",
            begun.elapsed()
        );
    }

    #[test]
    fn text_is_set_in_the_fonts_of_the_crate() {
        for family in ["Arial", "serif", "monospace"] {
            let body =
                format!("<text x='10' y='60' font-size='40' font-family='{family}'>Ab</text>");
            assert!(draw(&body).is_ok(), "{family}");
        }
    }
}
