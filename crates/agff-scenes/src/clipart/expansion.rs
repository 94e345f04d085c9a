//! How large a drawing becomes once everything that it refers to is put in its place.
//!
//! An SVG of a few lines can stand for more shapes than any memory holds: uses of uses of uses, patterns
//! filled with patterns. The size is counted here before anything is expanded, rather too high than
//! too low.

use std::collections::{HashMap, HashSet};

use resvg::usvg::roxmltree::{Document, Node, NodeId};

/// Elements of one nested in another, at the most, as the SVG parser has it.
const MOST_DEPTH: usize = 1024;

/// The number of elements after expansion; `u64::MAX` if it is beyond counting.
pub(super) fn size(document: &Document<'_>) -> u64 {
    let mut ids = HashMap::new();
    for node in document.descendants() {
        if let Some(id) = node.attribute("id") {
            ids.entry(id).or_insert(node);
        }
    }
    // What a style sheet refers to, any element may.
    let sheets = document
        .descendants()
        .filter(|node| node.tag_name().name() == "style");
    let sheets = sheets
        .filter_map(|node| node.text())
        .flat_map(targets)
        .collect();
    let mut count = Count {
        ids,
        sheets,
        known: HashMap::new(),
        open: HashSet::new(),
    };
    count.of(document.root_element(), 0)
}

struct Count<'a, 'input> {
    ids: HashMap<&'a str, Node<'a, 'input>>,
    sheets: Vec<&'a str>,
    /// Sizes of elements that were counted.
    known: HashMap<NodeId, u64>,
    /// Elements that are being counted: a reference to one of them is a circle, which is not followed.
    open: HashSet<NodeId>,
}

impl<'a, 'input> Count<'a, 'input> {
    fn of(&mut self, node: Node<'a, 'input>, depth: usize) -> u64 {
        if let Some(&size) = self.known.get(&node.id()) {
            return size;
        }
        if depth > MOST_DEPTH {
            return u64::MAX;
        }
        if !self.open.insert(node.id()) {
            return 0;
        }
        let children = node.children().filter(|child| child.is_element());
        let own = children.fold(1u64, |sum, child| {
            sum.saturating_add(self.of(child, depth + 1))
        });
        let (mut once, mut for_each) = (0u64, 0u64);
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            if name == "href" {
                let target = value.strip_prefix('#').unwrap_or_default();
                once = once.saturating_add(self.target(target, depth));
                continue;
            }
            for target in targets(value) {
                let size = self.target(target, depth);
                match name {
                    "mask" | "clip-path" | "filter" => once = once.saturating_add(size),
                    // Fills, strokes and markers are handed down.
                    _ => for_each = for_each.saturating_add(size),
                }
            }
        }
        for i in 0..self.sheets.len() {
            once = once.saturating_add(self.target(self.sheets[i], depth));
        }
        let size = own
            .saturating_add(once)
            .saturating_add(own.saturating_mul(for_each));
        self.open.remove(&node.id());
        self.known.insert(node.id(), size);
        size
    }

    fn target(&mut self, id: &str, depth: usize) -> u64 {
        match self.ids.get(id).copied() {
            // Gradients are not expanded.
            Some(node) if node.tag_name().name().ends_with("Gradient") => 0,
            Some(node) => self.of(node, depth + 1),
            None => 0,
        }
    }
}

/// The names in every `url(#name)` of a text.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("url(").skip(1).filter_map(|rest| {
        let inner = rest.split(')').next()?;
        inner.trim().trim_matches(['"', '\'']).strip_prefix('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> u64 {
        let head =
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>";
        size(&Document::parse(&format!("{head}{body}</svg>")).unwrap())
    }

    #[test]
    fn references_count_as_what_they_refer_to() {
        for (body, expected) in [
            ("<g/><g/>", 3),
            ("<g id='a'><g/></g><use x:href='#a'/>", 1 + 2 + 1 + 2),
            ("<use href='#nothing'/>", 2),
            // Two shapes under a pattern of three elements.
            (
                "<pattern id='p'><g/><g/></pattern><g style='fill: url( \"#p\" )'><g/></g>",
                1 + 3 + 2 + 2 * 3,
            ),
            (
                "<linearGradient id='l'><stop/></linearGradient><g fill='url(#l)'/>",
                1 + 2 + 1,
            ),
            // A circle is not followed.
            ("<g id='a'><use href='#a'/></g>", 3),
        ] {
            assert_eq!(of(body), expected, "{body}");
        }
    }

    #[test]
    fn what_grows_beyond_bounds_is_counted_without_being_expanded() {
        let grown = |i: usize| {
            let uses = format!("<use href='#g{}'/>", i - 1).repeat(10);
            format!("<g id='g{i}'>{uses}</g>")
        };
        let body: String = (1..100).map(grown).collect();
        assert_eq!(of(&format!("<g id='g0'/>{body}")), u64::MAX);
        let deep = format!("{}{}", "<g>".repeat(3000), "</g>".repeat(3000));
        assert_eq!(of(&deep), u64::MAX);
    }
}
