//! Words as outlines, in fonts that come with the crate.
//!
//! See `fonts/README.md` for where the fonts come from and their licences.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Path, PathBuilder, Transform};
use resvg::usvg::{Group, Node, Options, Tree, fontdb};

use super::look::Lettering;
use super::path;

/// A font: the name of its family, and its file.
struct Font {
    family: &'static str,
    bytes: &'static [u8],
}

macro_rules! font {
    ($family:literal, $file:literal) => {
        Font {
            family: $family,
            bytes: include_bytes!(concat!("fonts/", $file)),
        }
    };
}

/// All fonts, those of training first.
const FONTS: [Font; 8] = [
    font!("agff sans-wide", "sans-wide.ttf"),
    font!("agff serif-wide", "serif-wide.ttf"),
    font!("agff sans-soft", "sans-soft.ttf"),
    font!("agff round", "round.ttf"),
    font!("agff slab", "slab.otf"),
    font!("agff typewriter", "typewriter.otf"),
    font!("agff test-sans", "test-sans.ttf"),
    font!("agff test-serif", "test-serif.ttf"),
];

/// Numbers of the fonts that training scenes are drawn in, and of those for the test set.
pub(super) const TRAINING: [usize; 6] = [0, 1, 2, 3, 4, 5];
pub(super) const HELD_OUT: [usize; 2] = [6, 7];

/// The fonts as text in an SVG finds them: no font of the system is ever used.
pub(super) static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for font in &FONTS {
        database.load_font_data(font.bytes.to_vec());
    }
    // For texts that name a font that is not here.
    database.set_sans_serif_family(FONTS[2].family);
    database.set_serif_family(FONTS[1].family);
    database.set_monospace_family(FONTS[5].family);
    database.set_cursive_family(FONTS[3].family);
    database.set_fantasy_family(FONTS[4].family);
    Arc::new(database)
});

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| Options {
    fontdb: DATABASE.clone(),
    ..Options::default()
});

/// The outline of a word of letters and digits, scaled to fill the box `[x, y, w, h]` in width or height
/// and centred in it. `None` if the word has no outline.
pub(super) fn outline(lettering: &Lettering, [x, y, w, h]: [f32; 4]) -> Option<Path> {
    let family = FONTS[lettering.font].family;
    // Words are ours: none has a character that XML would want escaped.
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='999' height='100'>\
         <text y='90' font-family='{family}' font-weight='bold' font-size='80'>{}</text></svg>",
        lettering.word
    );
    let tree = Tree::from_str(&svg, &OPTIONS).ok()?;
    let mut builder = PathBuilder::new();
    collect(tree.root(), &mut builder);
    let path = builder.finish()?;
    let bounds = path.bounds();
    let scale = (w / bounds.width()).min(h / bounds.height());
    path.transform(
        Transform::from_translate(x + w / 2.0, y + h / 2.0)
            .pre_scale(scale, scale)
            .pre_translate(
                -(bounds.left() + bounds.right()) / 2.0,
                -(bounds.top() + bounds.bottom()) / 2.0,
            ),
    )
}

/// Adds every outline below a group.
fn collect(group: &Group, to: &mut PathBuilder) {
    for node in group.children() {
        match node {
            Node::Group(inner) => collect(inner, to),
            Node::Text(text) => collect(text.flattened(), to),
            Node::Path(outline) => {
                if let Some(path) = path::quadratic(outline.data(), outline.abs_transform()) {
                    to.push_path(&path);
                }
            }
            Node::Image(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_has_every_letter_and_digit() {
        for font in 0..FONTS.len() {
            for c in ('A'..='Z').chain('0'..='9') {
                let lettering = Lettering {
                    word: c.into(),
                    font,
                };
                let path = outline(&lettering, [10.0, 20.0, 30.0, 40.0]).unwrap();
                let bounds = path.bounds();
                assert!(bounds.left() > 9.99 && bounds.right() < 40.01, "{c} {font}");
                assert!(
                    bounds.top() > 19.99 && bounds.bottom() < 60.01,
                    "{c} {font}"
                );
                let full =
                    (bounds.width() - 30.0).abs() < 0.01 || (bounds.height() - 40.0).abs() < 0.01;
                assert!(full, "{c} {font}: {bounds:?}");
            }
        }
    }

    #[test]
    fn fonts_differ() {
        let of = |font| {
            let word = "GATE".to_owned();
            outline(&Lettering { word, font }, [0.0, 0.0, 100.0, 100.0])
        };
        for a in 0..FONTS.len() {
            for b in 0..a {
                assert_ne!(of(a), of(b), "{a} {b}");
            }
        }
    }
}
