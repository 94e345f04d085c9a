//! Which taught words a text names.

use super::Word;

/// Words that say nothing of what is looked for.
const LITTLE: [&str; 24] = [
    "a", "an", "the", "my", "our", "your", "his", "her", "their", "this", "that", "of", "with",
    "and", "in", "on", "photo", "photos", "picture", "pictures", "image", "images", "show", "find",
];

/// A text with the taught words that it names.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<'a> {
    /// The words, in the order of the text, each once.
    pub words: Vec<&'a Word>,
    /// Whether the text says more than these.
    pub more: bool,
}

/// The taught words that a text names, the longest first where they overlap: "Jackson at the lake".
pub fn named_in<'a>(text: &str, taught: &'a [Word]) -> Named<'a> {
    let said = words(text);
    // One whose photos were all taken back is not known any more.
    let left = taught.iter().filter(|word| !word.like.ids.is_empty());
    let known: Vec<(Vec<String>, &Word)> = left.map(|word| (words(&word.name), word)).collect();
    let mut named = Named {
        words: Vec::new(),
        more: false,
    };
    let mut at = 0;
    while at < said.len() {
        let rest = &said[at..];
        let here = known.iter().filter(|(name, _)| rest.starts_with(name));
        match here.max_by_key(|(name, _)| name.len()) {
            Some((name, word)) => {
                at += name.len();
                if !named.words.iter().any(|known| std::ptr::eq(*known, *word)) {
                    named.words.push(word);
                }
            }
            None => {
                named.more |= !LITTLE.contains(&said[at].as_str());
                at += 1;
            }
        }
    }
    named
}

/// What stands between words, beside spaces.
const BETWEEN: &str = ".,;:!?\"()[]{}<>/\\|«»“”„…、。，；：！？（）「」『』【】《》";

/// What may stand within a word, and around one.
const AROUND: [char; 8] = ['\'', '-', '–', '—', '_', '*', '~', '`'];

/// The words of a text in small letters, without signs around them. An ending `'s` is none of its word's. Signs that
/// tell words apart stay: C++ is not C#.
pub(super) fn words(text: &str) -> Vec<String> {
    let small = text.to_lowercase().replace(['’', '‘'], "'");
    small
        .split(|c: char| c.is_whitespace() || c.is_control() || BETWEEN.contains(c))
        .map(|word| word.trim_matches(AROUND))
        .map(|word| word.strip_suffix("'s").unwrap_or(word))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
