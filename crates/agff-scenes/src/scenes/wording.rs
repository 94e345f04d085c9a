//! Captions: nouns with their colours, sentence templates, and what a caption claims.

use super::colour::Colour;
use super::kinds::Kind;
use super::split::Split;

/// A true sentence about a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// The sentence, in lower case but for written words, without a full stop.
    pub text: String,
    /// Whether it is as true of the mirrored picture.
    pub flip: bool,
    /// The things that must be there for it to be true.
    mentions: Vec<Noun>,
}

impl Caption {
    pub(super) fn new(text: String, mentions: Vec<Noun>, letters: bool) -> Self {
        let sided = |word: &str| matches!(word, "left" | "right");
        Self {
            flip: !letters && !text.split_whitespace().any(sided),
            text,
            mentions,
        }
    }

    /// The names of kinds, and of colours where it names them, that the caption speaks of.
    pub fn mentions(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> + '_ {
        let name = |noun: &Noun| (noun.kind.name, noun.colour.map(Colour::name));
        self.mentions.iter().map(name)
    }

    /// Whether everything that the caption speaks of is among `things`. Where it is not, the caption
    /// is false; where it is, the caption may be true.
    pub(super) fn may_fit(&self, things: &[(&'static Kind, Colour)]) -> bool {
        self.mentions.iter().all(|noun| {
            let same = |&(kind, colour): &(&Kind, Colour)| {
                kind == noun.kind && noun.colour.is_none_or(|named| named == colour)
            };
            things.iter().any(same)
        })
    }
}

/// A kind as a caption names it, with or without its colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Noun {
    pub kind: &'static Kind,
    pub colour: Option<Colour>,
}

impl Noun {
    fn with_colour(&self, name: &str) -> String {
        match (self.colour, self.kind.preposition) {
            (Some(colour), None) => format!("{} {name}", colour.name()),
            (Some(colour), Some(preposition)) => format!("{name} {preposition} {}", colour.name()),
            (None, _) => name.to_owned(),
        }
    }

    /// "red mug"
    pub fn bare(&self) -> String {
        self.with_colour(self.kind.name)
    }

    /// "red mugs"
    pub fn plural(&self) -> String {
        self.with_colour(self.kind.plural)
    }

    /// "a red mug"
    pub fn a(&self) -> String {
        with_article(&self.bare())
    }

    /// "the red mug"
    pub fn the(&self) -> String {
        format!("the {}", self.bare())
    }

    /// "an old red mug", say, for "old".
    pub fn a_such(&self, adjective: &str) -> String {
        with_article(&format!("{adjective} {}", self.bare()))
    }
}

/// With "a" or "an" before it.
pub(super) fn with_article(words: &str) -> String {
    // No word here begins with a silent h or a spoken u.
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {words}", if vowel { "an" } else { "a" })
}

/// Without the "a" or "an" before it.
pub(super) fn without_article(words: &str) -> &str {
    let bare = words.strip_prefix("a ").or(words.strip_prefix("an "));
    bare.unwrap_or(words)
}

/// "one" to "six".
pub(super) fn number(n: usize) -> &'static str {
    const WORDS: [&str; 7] = ["no", "one", "two", "three", "four", "five", "six"];
    WORDS[n.min(6)]
}

/// The ways to state one sort of fact. Names in braces are filled in. A template for both scenes of
/// a unit, or two with ` | ` between them: for the one and for the other.
#[derive(Debug)]
pub(super) struct Wordings {
    pub training: &'static [&'static str],
    /// Only the test set speaks so, though in words that training knows.
    pub test: &'static [&'static str],
}

impl Wordings {
    pub fn of(&self, split: Split) -> &'static [&'static str] {
        match split {
            Split::Training => self.training,
            Split::Test => self.test,
        }
    }
}

/// What fills a template in for one scene, and what it then speaks of.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    filled: Vec<(String, String)>,
    mentions: Vec<Noun>,
}

impl Slots {
    /// Fills `{name}` in.
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.filled.push((format!("{{{name}}}"), text.into()));
        self
    }

    /// Says that the sentence will speak of this.
    pub fn mention(mut self, noun: Noun) -> Self {
        self.mentions.push(noun);
        self
    }

    /// Fills in `{a}` and `{the}` for a thing that is spoken of.
    pub fn noun(self, noun: Noun) -> Self {
        self.with("a", noun.a())
            .with("the", noun.the())
            .with("noun", noun.bare())
            .with("nouns", noun.plural())
            .mention(noun)
    }

    /// Fills in `{b}` and `{the b}` for another thing that is spoken of.
    pub fn other(self, noun: Noun) -> Self {
        self.with("b", noun.a())
            .with("the b", noun.the())
            .with("nouns b", noun.plural())
            .mention(noun)
    }

    /// The caption that a template becomes for scene `side` of its unit.
    pub fn tell(&self, template: &str, side: usize, letters: bool) -> Caption {
        let mut halves = template.split(" | ");
        let first = halves.next().unwrap_or_default();
        let chosen = match side {
            0 => first,
            _ => halves.next().unwrap_or(first),
        };
        let mut text = chosen.to_owned();
        for (name, filled) in &self.filled {
            text = text.replace(name, filled);
        }
        debug_assert!(!text.contains(['{', '}', '|']), "{template}: {text}");
        Caption::new(text, self.mentions.clone(), letters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_follow_the_sound() {
        for (words, expected) in [
            ("red mug", "a red mug"),
            ("orange mug", "an orange mug"),
            ("umbrella", "an umbrella"),
        ] {
            assert_eq!(with_article(words), expected);
            assert_eq!(without_article(expected), words);
        }
        assert_eq!(without_article("horns"), "horns");
    }

    #[test]
    fn templates_of_two_halves_have_one_for_each_scene() {
        let slots = Slots::default().with("a", "a cat");
        assert_eq!(slots.tell("{a} | no {a}", 0, false).text, "a cat");
        assert_eq!(slots.tell("{a} | no {a}", 1, false).text, "no a cat");
        assert_eq!(slots.tell("{a}", 1, false).text, "a cat");
    }

    #[test]
    fn a_caption_with_a_side_or_beside_letters_is_not_true_mirrored() {
        for (text, letters, flip) in [
            ("a cat facing left", false, false),
            ("a bright cat", false, true),
            ("a bright cat", true, false),
        ] {
            assert_eq!(
                Caption::new(text.into(), vec![], letters).flip,
                flip,
                "{text}"
            );
        }
    }
}
