//! What a clip-art file is called: its title and keywords, cleaned for captions.

use std::path::Path;

use resvg::usvg::roxmltree::{Document, Node};

/// Titles that say nothing.
const EMPTY_TITLES: [&str; 14] = [
    "untitled",
    "unnamed",
    "new",
    "new document",
    "drawing",
    "image",
    "picture",
    "clipart",
    "clip art",
    "svg",
    "document",
    "test",
    "layer",
    "openclipart",
];

/// Keywords that say nothing of the picture, and folders that say nothing of their files.
const EMPTY_KEYWORDS: [&str; 17] = [
    "hash",
    "clipart",
    "clip art",
    "openclipart",
    "svg",
    "image",
    "images",
    "inkscape",
    "unsorted",
    "special",
    "misc",
    "other",
    "vector",
    "externalsource",
    "public domain",
    "example",
    "picture",
];

/// Most keywords that are kept of a file.
const MOST_KEYWORDS: usize = 8;

/// Longest title, in characters; what is longer is a description.
const LONGEST: usize = 60;

/// A file's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// As it was found, cleaned; `None` if the file has none that says anything.
    pub title: Option<String>,
    /// The file's name, cleaned, to stand in.
    pub file_name: Option<String>,
    /// Its own keywords, and the names of the folders that it is in.
    pub keywords: Vec<String>,
}

/// Reads the words of a parsed file that lies at `path` below the clip-art folder.
pub(super) fn words(document: &Document<'_>, path: &Path) -> Words {
    let root = document.root_element();
    let work = root.descendants().find(|node| is(node, "Work"));
    // Agents and licences have titles too: only the work's own counts, then the drawing's.
    let of_work = work.and_then(|work| work.children().find(|node| is(node, "title")));
    let of_root = root.children().find(|node| is(node, "title"));
    let titles = [of_work, of_root].into_iter().flatten();
    let title = titles.filter_map(|node| usable(node.text()?)).next();

    let mut keywords = Vec::new();
    let mut keep = |text: &str| {
        let word = clean(text);
        let says = word.len() >= 3 && word.len() <= 24 && !EMPTY_KEYWORDS.contains(&word.as_str());
        if says && !keywords.contains(&word) && keywords.len() < MOST_KEYWORDS {
            keywords.push(word);
        }
    };
    if let Some(subject) = work.and_then(|w| w.children().find(|node| is(node, "subject"))) {
        let items = subject.descendants().filter(|node| is(node, "li"));
        items.filter_map(|node| node.text()).for_each(&mut keep);
    }
    let folders = path.parent().into_iter().flat_map(Path::components);
    folders
        .filter_map(|part| part.as_os_str().to_str())
        .for_each(&mut keep);

    let stem = path.file_stem().and_then(|stem| stem.to_str());
    Words {
        title,
        file_name: stem.and_then(usable),
        keywords,
    }
}

fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// A cleaned title, if it says anything.
fn usable(title: &str) -> Option<String> {
    let title = clean(title);
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    let says = letters >= 3 && title.chars().count() <= LONGEST;
    (says && !EMPTY_TITLES.contains(&title.as_str())).then_some(title)
}

/// In lower case, with single spaces: camel case is taken apart, underscores and the like become spaces, file
/// endings and numbers at the end are dropped.
pub(super) fn clean(text: &str) -> String {
    let text = text.trim();
    let text = [".svg", ".SVG", ".png", ".eps"]
        .iter()
        .fold(text, |text, ending| {
            text.strip_suffix(ending).unwrap_or(text)
        });
    let mut spaced = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let starts_word = before.is_lowercase() && c.is_uppercase();
        let starts_number = before.is_alphabetic() && c.is_numeric();
        if starts_word || starts_number {
            spaced.push(' ');
        }
        let kept = c.is_alphanumeric() || matches!(c, '\'' | '&');
        if kept {
            spaced.extend(c.to_lowercase());
        } else {
            spaced.push(' ');
        }
        before = c;
    }
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    while words.len() > 1
        && words
            .last()
            .is_some_and(|word| word.chars().all(char::is_numeric))
    {
        words.pop();
    }
    words.join(" ")
}

/// A title without its numbers: titles of one such form are on one side of the split, and files of one are
/// not each other's negatives.
pub(super) fn normalised(title: &str) -> String {
    let letters: String = title.chars().filter(|c| !c.is_numeric()).collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    match words.is_empty() {
        true => title.to_owned(),
        false => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_cleaned() {
        for (title, expected) in [
            ("AIGA_Symbol_Signs", "aiga symbol signs"),
            ("redFlower2.svg", "red flower"),
            ("  Lady bug -- 03 ", "lady bug"),
            ("star_74pt27step", "star 74pt 27step"),
            ("2 dead frogs", "2 dead frogs"),
            ("Mother's café", "mother's café"),
            ("007", "007"),
            ("", ""),
        ] {
            assert_eq!(clean(title), expected, "{title}");
        }
        assert_eq!(normalised("card 5 of hearts"), "card of hearts");
        assert_eq!(normalised("star 74pt 27step"), "star pt step");
        assert_eq!(normalised("007"), "007");
    }

    #[test]
    fn the_works_title_counts_and_not_its_agents() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg'><metadata><Work>\
            <title>red_Apple01</title>\
            <subject><Bag><li>fruit</li><li>hash</li><li>red apple</li><li>fruit</li></Bag></subject>\
            <creator><Agent><title>Somebody</title></Agent></creator>\
            </Work></metadata></svg>";
        let document = Document::parse(svg).unwrap();
        let words = words(&document, Path::new("food/unsorted/x_apple_jane_01.svg"));
        assert_eq!(words.title.as_deref(), Some("red apple"));
        assert_eq!(words.file_name.as_deref(), Some("x apple jane"));
        assert_eq!(words.keywords, ["fruit", "red apple", "food"]);
    }

    #[test]
    fn a_title_that_says_nothing_is_none() {
        for title in ["", "  ", "12", "Untitled", "ab", &"long ".repeat(30)] {
            let svg =
                format!("<svg xmlns='http://www.w3.org/2000/svg'><title>{title}</title></svg>");
            let document = Document::parse(&svg).unwrap();
            assert_eq!(words(&document, Path::new("1.svg")).title, None, "{title}");
        }
    }
}
