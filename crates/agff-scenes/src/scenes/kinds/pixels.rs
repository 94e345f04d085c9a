//! Holds every drawing to its last bit: of each kind, in every view and with every combination of its
//! aspects, a hash of pixels and bounds.
//!
//! A test set is what it is by its pixels, and it shows only some of the combinations. Whoever changes a
//! drawing on purpose puts the lines that the test prints into `pixels.txt`.

use std::fmt::Write as _;

use resvg::tiny_skia::{Color, Pixmap};
use sha2::{Digest, Sha256};

use super::super::art::Art;
use super::super::colour::{Colour, Rgb};
use super::super::look::{Figure, Lettering, Style, Surface};
use super::super::sketch::Thing;
use super::*;

/// The hashes as they shall be, a kind a line.
const PIXELS: &str = include_str!("pixels.txt");

/// Colours for which some inks differ, with surfaces and lines around the parts.
const LOOKS: [(Colour, Surface, f32); 6] = [
    (Colour::Green, Surface::Plain, 1.3),
    (Colour::Black, Surface::Striped, 0.8),
    (Colour::White, Surface::Dotted, 0.0),
    (Colour::Yellow, Surface::Checked, 1.3),
    (Colour::Brown, Surface::Plain, 0.0),
    (Colour::Beige, Surface::Plain, 0.8),
];

/// Every figure of a kind.
fn figures(kind: &'static Kind) -> impl Iterator<Item = Figure> {
    let words = if kind.lettered { 2 } else { 1 };
    let combinations = kind.views.iter().flat_map(move |&view| {
        let aspects = 0..1u8 << kind.aspects.len();
        aspects.flat_map(move |aspects| (0..words).map(move |word| (view, aspects, word)))
    });
    combinations.flat_map(move |(view, aspects, word)| {
        LOOKS.map(|(colour, surface, outline)| Figure {
            kind,
            colour,
            main: colour.rgb(),
            accent: Rgb(60, 40, 160),
            surface,
            view,
            aspects,
            lettering: (word == 1).then(|| Lettering {
                word: "OPEN".to_owned(),
                font: 0,
            }),
            style: Style {
                outline,
                shaded: outline > 1.0,
            },
        })
    })
}

fn hash(kind: &'static Kind) -> String {
    const SIDE: u32 = 64;
    let mut hash = Sha256::new();
    for figure in figures(kind) {
        let bounds = Art::of(&figure).bounds().unwrap();
        for edge in [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()] {
            hash.update(edge.to_le_bytes());
        }
        let mut picture = Pixmap::new(SIDE, SIDE).unwrap();
        picture.fill(Color::from_rgba8(150, 190, 170, 255));
        Thing::new(figure).paint(&mut picture, SIDE as f32);
        hash.update(picture.data());
    }
    let bytes = hash.finalize();
    bytes[..8].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[test]
fn every_drawing_is_the_one_that_it_was() {
    let lines = ALL
        .iter()
        .map(|kind| format!("{} {}", hash(kind), kind.name));
    let lines: Vec<String> = lines.collect();
    let known: Vec<&str> = PIXELS.lines().collect();
    let changed = lines.iter().filter(|line| !known.contains(&line.as_str()));
    let changed: Vec<&str> = changed.map(String::as_str).collect();
    assert!(changed.is_empty(), "changed:\n{}", changed.join("\n"));
    assert_eq!(lines.len(), known.len());
}
