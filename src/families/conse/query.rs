//! What a person asks for, without the words around it: "photos of my dog" is "dog".

/// Words with which people begin to ask.
const ASKING: [&[&str]; 5] = [
    &["please"],
    &["show", "me"],
    &["find"],
    &["search", "for"],
    &["look", "for"],
];

/// Articles and the like.
const DETERMINERS: [&str; 14] = [
    "a", "an", "the", "some", "my", "our", "your", "his", "her", "their", "this", "that", "these",
    "those",
];

/// What may be said of a picture as such.
const ADJECTIVES: [&str; 4] = ["nice", "good", "old", "new"];

/// Pictures.
const PICTURES: [&str; 16] = [
    "photo",
    "photos",
    "photograph",
    "photographs",
    "picture",
    "pictures",
    "pic",
    "pics",
    "image",
    "images",
    "shot",
    "shots",
    "snap",
    "snaps",
    "snapshot",
    "snapshots",
];

/// What joins a picture and what is in it.
const JOINING: [&str; 3] = ["of", "with", "showing"];

/// The thing that is asked for. English; what it does not know stays as it is, and something always stays.
pub fn thing(text: &str) -> &str {
    let around = [' ', '.', '!', '?', '…', '"', '“', '”', '\''];
    let text = text.trim().trim_matches(around);
    let mut rest = text;
    while let Some(after) = ASKING.iter().find_map(|words| without(rest, words)) {
        rest = after;
    }
    rest = without_determiners(rest);
    let noun = ADJECTIVES
        .iter()
        .find_map(|word| without(rest, &[word]))
        .unwrap_or(rest);
    let joined = PICTURES.iter().find_map(|word| without(noun, &[word]));
    if let Some(of) = joined.and_then(|of| JOINING.iter().find_map(|word| without(of, &[word]))) {
        rest = without_determiners(of);
    }
    match rest {
        "" => text,
        thing => thing,
    }
}

fn without_determiners(mut text: &str) -> &str {
    while let Some(after) = DETERMINERS.iter().find_map(|word| without(text, &[word])) {
        text = after;
    }
    text
}

/// The text after these words, if it begins with them and goes on.
fn without<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for word in words {
        let head = rest.get(..word.len())?;
        let after = &rest[word.len()..];
        if !head.eq_ignore_ascii_case(word) || !after.starts_with(char::is_whitespace) {
            return None;
        }
        rest = after.trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_around_a_thing_are_left_out() {
        for text in [
            "dog",
            "a dog",
            "the dog.",
            "photos of my dog",
            "Photos of my dog!",
            "a photo of a dog",
            "show me pictures of the dog",
            "please find my old photos with a dog",
            "“dog”",
            "  an image showing dog ",
        ] {
            assert_eq!(thing(text), "dog", "{text:?}");
        }
    }

    #[test]
    fn what_is_asked_for_stays_even_where_it_looks_like_the_words_around_it() {
        for (text, expected) in [
            ("photo", "photo"),
            ("a", "a"),
            ("photo of", "photo of"),
            ("picture frame", "picture frame"),
            ("the old man", "old man"),
            ("show me", "show me"),
            ("photos of photos", "photos"),
            ("", ""),
            ("?!", ""),
            ("ein Hund", "ein Hund"),
            ("aé", "aé"),
        ] {
            assert_eq!(thing(text), expected, "{text:?}");
        }
    }
}
