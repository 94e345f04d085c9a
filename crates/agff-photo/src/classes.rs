//! The names of the classes that the tower tells apart, in its order.

/// One name a line. How the list was made is said in `classes.md`.
const NAMES: &str = include_str!("classes.txt");

/// The names.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_name_for_each_class() {
        assert_eq!(names().count(), 1000);
        assert!(names().all(|name| !name.trim().is_empty() && name == name.trim()));
    }
}
