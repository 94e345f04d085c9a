//! What holds for every kind of thing.

use std::collections::HashSet;

use super::super::art::Art;
use super::super::colour::{Colour, Rgb};
use super::super::look::{Figure, Style, Surface, View};
use super::super::sketch::{Frame, Thing};
use super::*;

fn figure(kind: &'static Kind, colour: Colour) -> Figure {
    let main = colour.rgb();
    Figure {
        kind,
        colour,
        main,
        accent: if main.brightness() > 140.0 {
            Rgb(60, 40, 160)
        } else {
            Rgb(250, 220, 120)
        },
        surface: Surface::Plain,
        view: kind.views[0],
        aspects: 0,
        lettering: None,
        style: Style {
            outline: 1.3,
            shaded: true,
        },
    }
}

/// A figure on a picture of the size that small models see, all figures in one frame.
fn painted(figure: &Figure, frame: Frame) -> Vec<u8> {
    let mut picture = resvg::tiny_skia::Pixmap::new(128, 128).unwrap();
    picture.fill(resvg::tiny_skia::Color::from_rgba8(150, 190, 170, 255));
    let thing = Thing {
        frame,
        size: 0.6,
        ..Thing::new(figure.clone())
    };
    thing.paint(&mut picture, 128.0);
    picture.take()
}

/// How many of the pixels are clearly different.
fn differing(a: &[u8], b: &[u8]) -> usize {
    let clearly = |(a, b): (&[u8], &[u8])| {
        let apart = a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)));
        apart.sum::<u32>() > 90
    };
    a.chunks_exact(4)
        .zip(b.chunks_exact(4))
        .filter(|&pair| clearly(pair))
        .count()
}

#[test]
fn there_are_many_kinds_each_with_a_name_of_its_own() {
    let names: HashSet<&str> = ALL.iter().map(|kind| kind.name).collect();
    assert!(ALL.len() >= 60, "{}", ALL.len());
    assert_eq!(names.len(), ALL.len());
    for kind in ALL.iter() {
        assert!(kind.aspects.len() <= 8, "{}", kind.name);
        let views: HashSet<View> = kind.views.iter().copied().collect();
        assert_eq!(
            (views.len(), views.is_empty()),
            (kind.views.len(), false),
            "{}",
            kind.name
        );
    }
}

#[test]
fn every_aspect_is_seen_from_the_usual_side() {
    let mut faults = Vec::new();
    for kind in ALL.iter() {
        for colour in [Colour::Green, Colour::Black, Colour::White] {
            for index in 0..kind.aspects.len() {
                for others in [0, 0xff] {
                    let mut on = figure(kind, colour);
                    on.aspects = others;
                    let mut off = on.clone();
                    on.set(index, true);
                    off.set(index, false);
                    let frame = Frame::around([&on, &off]);
                    let count = differing(&painted(&on, frame), &painted(&off, frame));
                    if count < 40 {
                        faults.push(format!(
                            "{} {:?} {colour:?} {others}: {count} pixels",
                            kind.name, kind.aspects[index]
                        ));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_view_every_colour_and_every_direction_looks_different() {
    let mut faults = Vec::new();
    for kind in ALL.iter() {
        let base = figure(kind, Colour::Green);
        let views = kind.views.iter().map(|&view| {
            let figure = Figure {
                view,
                aspects: 0b1010_1010,
                ..base.clone()
            };
            let frame = Frame::around([&figure]);
            (view, painted(&figure, frame))
        });
        let views: Vec<_> = views.collect();
        for (i, (a, first)) in views.iter().enumerate() {
            for (b, second) in &views[..i] {
                let count = differing(first, second);
                if count < 100 {
                    faults.push(format!("{} {a:?} {b:?}: {count}", kind.name));
                }
            }
        }
        for &view in kind.views {
            for aspects in [0, 0xff] {
                let of = |colour| {
                    let figure = Figure {
                        view,
                        aspects,
                        ..figure(kind, colour)
                    };
                    painted(&figure, Frame::around([&figure]))
                };
                let count = differing(&of(Colour::Red), &of(Colour::Turquoise));
                if count < 120 {
                    faults.push(format!(
                        "{} {view:?} {aspects}: {count} pixels have its colour",
                        kind.name
                    ));
                }
            }
        }
        if kind.facing != Facing::None {
            let side = if kind.views.contains(&Side) {
                Side
            } else {
                kind.views[0]
            };
            let figure = Figure {
                view: side,
                ..base.clone()
            };
            let frame = Frame::around([&figure]);
            let there = painted(&figure, frame);
            let mirrored: Vec<u8> = there
                .chunks_exact(128 * 4)
                .flat_map(|row| row.chunks_exact(4).rev().flatten().copied())
                .collect();
            let count = differing(&there, &mirrored);
            if count < 100 {
                faults.push(format!("{} mirrored: {count}", kind.name));
            }
        }
        if kind.upright {
            for aspects in [0, 0xff] {
                let figure = Figure {
                    aspects,
                    ..base.clone()
                };
                let frame = Frame::around([&figure]);
                let there = painted(&figure, frame);
                let turned: Vec<u8> = there.chunks_exact(4).rev().flatten().copied().collect();
                let count = differing(&there, &turned);
                if count < 200 {
                    faults.push(format!("{} {aspects} upside down: {count}", kind.name));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_kind_can_be_drawn_however_it_looks() {
    for kind in ALL.iter() {
        for &view in kind.views {
            for aspects in 0..1u8 << kind.aspects.len().min(4) {
                for surface in [
                    Surface::Plain,
                    Surface::Striped,
                    Surface::Dotted,
                    Surface::Checked,
                ] {
                    let figure = Figure {
                        view,
                        aspects,
                        surface,
                        ..figure(kind, Colour::Blue)
                    };
                    let bounds = Art::of(&figure).bounds().unwrap();
                    assert!(
                        bounds.width() > 5.0 && bounds.height() > 5.0,
                        "{}",
                        kind.name
                    );
                    assert!(
                        bounds.width() < 200.0 && bounds.height() < 200.0,
                        "{}",
                        kind.name
                    );
                }
            }
        }
    }
}
