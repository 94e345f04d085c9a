//! The classes that the tower tells apart, in its order: their names, other words for them, and what they are kinds
//! of.

/// One class a line, three columns with tabs between; words have a comma and a space between. How the list was
/// made, and whose the words are, is said in `classes.md`.
const CLASSES: &str = include_str!("classes.txt");

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// Words for it, the name's among them.
    pub words: &'static str,
    /// What it is a kind of, the nearest first.
    pub kinds: Vec<&'static str>,
}

/// All classes.
pub fn all() -> impl Iterator<Item = Class> {
    CLASSES.lines().map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        Class {
            name: next(),
            words: next(),
            kinds: next().split(", ").collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_name_words_and_kinds() {
        assert_eq!(all().count(), 1000);
        for class in all() {
            let words = std::iter::once(class.name).chain(class.words.split(", "));
            for word in words.chain(class.kinds.iter().copied()) {
                assert!(!word.is_empty() && word == word.trim(), "{class:?}");
            }
        }
        // Two birds and machines have one name.
        let cranes: Vec<Class> = all()
            .filter(|class| class.words.starts_with("crane"))
            .collect();
        assert_eq!(cranes.len(), 2);
        assert_ne!(cranes[0].name, cranes[1].name);
    }
}
