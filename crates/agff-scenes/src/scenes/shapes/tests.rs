//! What holds for the sheets of shapes, and what their reader refuses.

use std::collections::HashSet;

use resvg::usvg::roxmltree::Document;

use super::super::colour::Rgb;
use super::super::kinds;
use super::*;

#[test]
fn every_kind_has_shapes_in_each_of_its_views_and_no_other() {
    let there: HashSet<(&str, View)> = ALL.keys().copied().collect();
    let kinds = kinds::ALL.iter();
    let wanted: HashSet<(&str, View)> = kinds
        .flat_map(|kind| kind.views.iter().map(|&view| (kind.name, view)))
        .collect();
    let differing: Vec<_> = there.symmetric_difference(&wanted).collect();
    assert!(differing.is_empty(), "{differing:?}");
    assert!(ALL.values().all(|shapes| !shapes.is_empty()));
}

#[test]
fn some_shapes_depend_on_every_aspect() {
    for kind in kinds::ALL.iter() {
        let shapes = kind.views.iter().flat_map(|&view| of(kind, view));
        let named = shapes.fold(0, |bits, shape| {
            bits | shape.condition.when | shape.condition.unless
        });
        let aspects = (1 << kind.aspects.len()) - 1;
        assert_eq!(
            named & aspects,
            aspects,
            "{}: {:?}",
            kind.name,
            kind.aspects
        );
        assert!(named >> WORD == 0 || kind.lettered, "{}", kind.name);
    }
}

#[test]
fn words_of_a_kind_are_not_confused() {
    for kind in kinds::ALL.iter() {
        let names = kind.aspects.iter().map(|aspect| aspect.name());
        let mut seen = HashSet::from(["plain", "a word"]);
        assert!(names.clone().all(|name| seen.insert(name)), "{}", kind.name);
    }
}

#[test]
fn a_browser_shows_every_shape_once_and_in_its_colour() {
    let style = include_str!("sheet.css");
    for (name, sheet) in SHEETS {
        let document = Document::parse(sheet).unwrap();
        let mut ids = HashSet::new();
        for node in document.descendants() {
            let id = node.attribute("id");
            assert!(id.is_none_or(|id| ids.insert(id)), "{name}: {id:?}");
            let class = node.attribute("class").unwrap_or_default();
            let ink = class.split(' ').next().unwrap_or_default();
            let rule = match Ink::named(ink) {
                Some(Ink::Is(Rgb(r, g, b))) => {
                    format!(".{ink} {{ --ink: #{r:02x}{g:02x}{b:02x}; }}")
                }
                Some(_) => format!(".{ink} {{ --ink: #"),
                // A view, or an eye.
                None => continue,
            };
            assert!(style.contains(&rule), "{rule}");
        }
    }
}

/// A bird whose one view has these elements.
fn bird(elements: &str) -> Result<Vec<Shape>, String> {
    let sheet = format!("<svg><svg id='bird' class='side'>{elements}</svg></svg>");
    let mut all = Shapes::new();
    read::sheet(&sheet, &mut all)?;
    Ok(all.remove(&("bird", View::Side)).unwrap_or_default())
}

#[test]
fn conditions_and_transforms_of_elements_around_count() {
    let shapes = bird(
        "<g data-when='flying' transform='translate(10 0)'>\
           <circle id='a' data-unless='a worm, a long tail' class='dark' cx='20' cy='50' r='5'/>\
           <use href='#a' transform='matrix(-1 0 0 1 100 0)'/>\
         </g>\
         <rect class='contrast word' x='1' y='2' width='3' height='4'/>\
         <circle class='eye' data-open='flying' cx='20' cy='50' r='5'/>",
    );
    let shapes = shapes.unwrap();
    let drawn = |facts| shapes.iter().filter(|shape| shape.is_drawn(facts)).count();
    // Without the condition: the word, and the bow of a closed eye.
    assert_eq!(drawn(0), 2);
    assert_eq!((drawn(0b010), drawn(0b011), drawn(0b110)), (5, 3, 3));
    let left = |shape: &Shape| match &shape.outline {
        Outline::Path(path) => path.bounds().left(),
        Outline::Word([x, ..], _) => *x,
    };
    assert_eq!(left(&shapes[0]), 25.0);
    assert_eq!(left(&shapes[1]), 85.0);
    assert_eq!(shapes[0].manner, Manner::Filled);
    assert!(matches!(
        shapes[2].outline,
        Outline::Word([1.0, 2.0, 3.0, 4.0], _)
    ));
}

#[test]
fn what_is_not_known_is_refused() {
    for wrong in [
        "<text class='main'/>",
        "<path class='main'/>",
        "<path class='main' d='M0 0 A1 1 0 0 0 2 2'/>",
        "<path class='mauve' d='M0 0 L1 1'/>",
        "<path class='main thick' d='M0 0 L1 1'/>",
        "<path class='main limb' d='M0 0 L1 1'/>",
        "<path class='main bare' stroke-width='2' d='M0 0 L1 1'/>",
        "<path class='main' style='fill: red' d='M0 0 L1 1'/>",
        "<path class='main' data-when='a hat' d='M0 0 L1 1'/>",
        "<path class='main' transform='skewX(1)' d='M0 0 L1 1'/>",
        "<path class='main' transform='rotate(1 2)' d='M0 0 L1 1'/>",
        "<circle class='main' cx='1' cy='1' r='large'/>",
        "<g class='main'/>",
        "<circle class='main' data-open='flying' cx='1' cy='1' r='1'/>",
        "<use href='#a'/><circle id='a' class='main' cx='1' cy='1' r='1'/>",
        "<g id='a'><use href='#a'/></g>",
    ] {
        assert!(bird(wrong).is_err(), "{wrong}");
    }
    for wrong in [
        "<svg",
        "<svg><svg id='roc' class='side'/></svg>",
        "<svg><svg id='bird' class='within'/></svg>",
        "<svg><svg id='bird' class='side'/><svg id='bird' class='side'/></svg>",
    ] {
        assert!(read::sheet(wrong, &mut Shapes::new()).is_err(), "{wrong}");
    }
}
