//! Reading a sheet of shapes. Strictly: what it does not know it refuses, so that nothing that is
//! written in a sheet goes unseen.

use resvg::tiny_skia::{Path, Transform};
use resvg::usvg::roxmltree::{Document, Node};

use super::super::colour::{BLACK, WHITE};
use super::super::ink::Ink;
use super::super::kinds::{self, Kind};
use super::super::look::View;
use super::super::path;
use super::{Condition, Manner, Outline, PLAIN, Shape, Shapes, WORD};

/// What is wrong with a sheet.
type Result<T> = std::result::Result<T, String>;

/// Attributes of every element, and those of shapes.
const PLACED: &[&str] = &["id", "data-when", "data-unless", "transform"];
const PAINTED: &[&str] = &["class", "stroke-width", "fill-opacity"];

/// Adds the shapes of a sheet to those of others.
pub(super) fn sheet(text: &str, all: &mut Shapes) -> Result<()> {
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    for drawing in elements(document.root_element()) {
        only(drawing, &["id", "class", "x", "y"])?;
        let name = attribute(drawing, "id")?.replace('-', " ");
        let kind = kinds::ALL.iter().find(|kind| kind.name == name);
        let kind = *kind.ok_or_else(|| format!("there is no kind {name:?}"))?;
        let views: Vec<Node<'_, '_>> = match drawing.has_attribute("class") {
            true => vec![drawing],
            false => elements(drawing).collect(),
        };
        for node in views {
            let view = view(node).map_err(|wrong| format!("{name}: {wrong}"))?;
            let mut reader = Reader {
                kind,
                drawing,
                shapes: Vec::new(),
            };
            for child in elements(node) {
                reader
                    .element(child, Condition::default(), Transform::identity())
                    .map_err(|wrong| format!("{name} {view:?}: {wrong}"))?;
            }
            if all.insert((kind.name, view), reader.shapes).is_some() {
                return Err(format!("{name} {view:?} is there twice"));
            }
        }
    }
    Ok(())
}

/// Which view an `<svg>` has the shapes of.
fn view(node: Node<'_, '_>) -> Result<View> {
    only(node, &["id", "class", "x", "y"])?;
    match attribute(node, "class")? {
        "side" => Ok(View::Side),
        "front" => Ok(View::Front),
        "behind" => Ok(View::Behind),
        "above" => Ok(View::Above),
        other => Err(format!("there is no view {other:?}")),
    }
}

/// Collects the shapes of one view of a kind.
struct Reader<'a, 'input> {
    kind: &'static Kind,
    /// All that there is of the kind.
    drawing: Node<'a, 'input>,
    shapes: Vec<Shape>,
}

impl<'a, 'input> Reader<'a, 'input> {
    /// Reads an element that is within others, which all in all have a condition and a transform.
    fn element(
        &mut self,
        node: Node<'a, 'input>,
        mut condition: Condition,
        mut turn: Transform,
    ) -> Result<()> {
        condition.when |= self.facts(node, "data-when")?;
        condition.unless |= self.facts(node, "data-unless")?;
        if let Some(own) = node.attribute("transform") {
            turn = turn.pre_concat(transform(own)?);
        }
        let tag = node.tag_name().name();
        let is_eye = node.attribute("class") == Some("eye");
        let (painted, own): (&[&str], &[&str]) = match tag {
            "g" => (&[], &[]),
            "use" => (&[], &["href"]),
            "path" => (PAINTED, &["d"]),
            "circle" if is_eye => (&[], &["class", "data-open", "cx", "cy", "r"]),
            "circle" => (PAINTED, &["cx", "cy", "r"]),
            "ellipse" => (PAINTED, &["cx", "cy", "rx", "ry"]),
            "rect" => (PAINTED, &["x", "y", "width", "height", "rx"]),
            other => return Err(format!("<{other}> is no shape")),
        };
        only(node, &[PLACED, painted, own].concat())?;
        match tag {
            "g" => elements(node).try_for_each(|child| self.element(child, condition, turn)),
            "use" => self.element(self.target(node)?, condition, turn),
            "circle" if is_eye => self.eye(node, condition, turn),
            _ => self.shape(node, condition, turn),
        }
    }

    /// What a `<use>` draws again. It is further up, so that nothing draws itself.
    fn target(&self, node: Node<'a, 'input>) -> Result<Node<'a, 'input>> {
        let href = attribute(node, "href")?;
        let mut all = self.drawing.descendants();
        let target = all.find(|other| {
            let id = other.attribute("id");
            id.is_some() && id == href.strip_prefix('#')
        });
        target
            .filter(|target| target.range().end <= node.range().start)
            .ok_or_else(|| format!("there is no {href} further up"))
    }

    fn shape(&mut self, node: Node<'_, '_>, condition: Condition, turn: Transform) -> Result<()> {
        let class = attribute(node, "class")?;
        let (name, manner) = class.split_once(' ').unwrap_or((class, ""));
        let ink = Ink::named(name).ok_or_else(|| format!("there is no ink {name:?}"))?;
        let width = match node.has_attribute("stroke-width") {
            true => Some(number(node, "stroke-width")?),
            false => None,
        };
        let manner = match (manner, width) {
            ("", None) => Manner::Filled,
            ("", Some(width)) => Manner::Line(width),
            ("bare" | "word", None) => Manner::Bare,
            ("limb", Some(width)) => Manner::Limb(width),
            _ => return Err(format!("{class:?} is not drawn like this")),
        };
        let outline = match class.ends_with(" word") {
            true => {
                let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| number(node, name));
                Outline::Word([x?, y?, w?, h?], turn)
            }
            false => Outline::Path(outline(node)?.transform(turn).ok_or("it is nowhere")?),
        };
        self.shapes.push(Shape {
            condition,
            outline,
            ink,
            opacity: match node.has_attribute("fill-opacity") {
                true => number(node, "fill-opacity")?,
                false => 1.0,
            },
            manner,
        });
        Ok(())
    }

    /// An eye: open, or closed as a bow while the aspect `data-open` is off.
    fn eye(&mut self, node: Node<'_, '_>, condition: Condition, turn: Transform) -> Result<()> {
        let [x, y, r] = ["cx", "cy", "r"].map(|name| number(node, name));
        let (x, y, r) = (x?, y?, r?);
        let awake = self.facts(node, "data-open")?;
        let open = Condition {
            when: condition.when | awake,
            ..condition
        };
        let closed = Condition {
            unless: condition.unless | awake,
            ..condition
        };
        let (left, right, low) = (x - r, x + r, y + 1.3 * r);
        let bow = path::parse(&format!("M{left} {y} Q{x} {low} {right} {y}"));
        let ball = path::oval(x, y, r, r);
        let pupil = path::oval(x + 0.2 * r, y, 0.6 * r, 0.62 * r);
        let shapes = [
            (open, ball, Ink::Is(WHITE), Manner::Bare),
            (open, pupil, Ink::Is(BLACK), Manner::Bare),
            (closed, bow, Ink::Contrast, Manner::Line(0.5 * r)),
        ];
        // An eye that never closes has no bow.
        let count = if awake == 0 { 2 } else { 3 };
        for (condition, path, ink, manner) in shapes.into_iter().take(count) {
            let path = path.and_then(|path| path.transform(turn));
            self.shapes.push(Shape {
                condition,
                outline: Outline::Path(path.ok_or("it is nowhere")?),
                ink,
                opacity: 1.0,
                manner,
            });
        }
        Ok(())
    }

    /// The bits of the facts that an attribute names.
    fn facts(&self, node: Node<'_, '_>, attribute: &str) -> Result<u16> {
        let names = node.attribute(attribute).into_iter();
        let mut names = names.flat_map(|names| names.split(", "));
        names.try_fold(0, |bits, name| {
            let mut aspects = self.kind.aspects.iter();
            let bit = match name {
                "plain" => Some(PLAIN),
                "a word" => Some(WORD),
                _ => aspects.position(|aspect| aspect.name() == name),
            };
            let bit = bit.ok_or_else(|| format!("there is no {name:?} about it"))?;
            Ok(bits | 1 << bit)
        })
    }
}

/// The outline of a path, circle, ellipse or rectangle.
fn outline(node: Node<'_, '_>) -> Result<Path> {
    let get = |name| number(node, name);
    let path = match node.tag_name().name() {
        "path" => path::parse(attribute(node, "d")?),
        "circle" => path::oval(get("cx")?, get("cy")?, get("r")?, get("r")?),
        "ellipse" => path::oval(get("cx")?, get("cy")?, get("rx")?, get("ry")?),
        _ => {
            let radius = match node.has_attribute("rx") {
                true => get("rx")?,
                false => 0.0,
            };
            path::rounded(get("x")?, get("y")?, get("width")?, get("height")?, radius)
        }
    };
    path.ok_or_else(|| "it has no outline".to_owned())
}

/// A transform of one step.
fn transform(text: &str) -> Result<Transform> {
    let wrong = || format!("{text:?} is no transform");
    let (name, numbers) = text.split_once('(').ok_or_else(wrong)?;
    let numbers = numbers.strip_suffix(')').ok_or_else(wrong)?;
    let numbers: std::result::Result<Vec<f32>, _> = numbers.split(' ').map(str::parse).collect();
    match (name, numbers.map_err(|_| wrong())?.as_slice()) {
        ("matrix", &[sx, ky, kx, sy, tx, ty]) => Ok(Transform::from_row(sx, ky, kx, sy, tx, ty)),
        ("translate", &[x, y]) => Ok(Transform::from_translate(x, y)),
        ("rotate", &[degrees, x, y]) => Ok(Transform::from_translate(x, y)
            .pre_concat(path::rotation(degrees))
            .pre_translate(-x, -y)),
        _ => Err(wrong()),
    }
}

fn elements<'a, 'input>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str> {
    let value = node.attribute(name);
    value.ok_or_else(|| format!("<{}> has no {name}", node.tag_name().name()))
}

fn number(node: Node<'_, '_>, name: &str) -> Result<f32> {
    let text = attribute(node, name)?;
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| format!("{name}={text:?} is no number"))
}

/// Refuses attributes of other names.
fn only(node: Node<'_, '_>, names: &[&str]) -> Result<()> {
    let other = node.attributes().find(|a| !names.contains(&a.name()));
    match other {
        Some(other) => Err(format!("what is {}=… for?", other.name())),
        None => Ok(()),
    }
}
