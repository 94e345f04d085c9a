//! Patterns of files' names, for shells that do not expand them.
//!
//! Below `**` links to folders are not followed, as one may lead back to itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use agff::{Code, Error};
use walkdir::{DirEntry, WalkDir};

use crate::inputs::{add, is_hidden, is_photo, unreadable};

/// Adds what a pattern matches.
pub fn expand(pattern: &str, found: &mut Vec<PathBuf>, failed: &mut dyn FnMut(Error)) {
    let options = glob::MatchOptions {
        require_literal_separator: true,
        require_literal_leading_dot: true,
        ..Default::default()
    };
    let matched = match deep(pattern) {
        Some((base, whole)) => below(&base, &whole, options, found, failed),
        None => here(pattern, options, failed).map(|paths| {
            paths.iter().for_each(|path| add(path, found, failed));
            !paths.is_empty()
        }),
    };
    match matched {
        Ok(true) => {}
        Ok(false) => {
            failed(Error::new(
                Code::Input,
                pattern,
                "there is no such file, and no file matches this as a pattern",
            ));
        }
        Err(error) => {
            let begins = match pattern.contains('[') {
                true => "; `[` begins a set of characters in one",
                false => "",
            };
            let message = format!(
                "there is no such file, and this is not a pattern: {}{begins}",
                error.msg
            );
            failed(Error::new(Code::Input, pattern, message).with_source(error));
        }
    }
}

/// What a pattern matches, as it stands.
fn here(
    pattern: &str,
    options: glob::MatchOptions,
    failed: &mut dyn FnMut(Error),
) -> std::result::Result<Vec<PathBuf>, glob::PatternError> {
    let told = |path: glob::GlobResult| {
        path.map_err(|error| {
            let path = error.path().to_owned();
            failed(Error::io(path, error.into()));
        })
        .ok()
    };
    Ok(glob::glob_with(pattern, options)?
        .filter_map(told)
        .collect())
}

/// A pattern with `**` in it: what is before that, and the pattern with single separators.
fn deep(pattern: &str) -> Option<(String, String)> {
    let is_separator = std::path::is_separator;
    let parts: Vec<&str> = pattern
        .split(is_separator)
        .filter(|p| !p.is_empty())
        .collect();
    let first = parts.iter().position(|part| *part == "**")?;
    let root = if pattern.starts_with(is_separator) {
        "/"
    } else {
        ""
    };
    let base = format!("{root}{}", parts[..first].join("/"));
    Some((base, format!("{root}{}", parts.join("/"))))
}

/// Adds what a pattern matches in all folders below `base`, and tells whether that was anything.
/// Links to folders are not followed there: one may lead back to itself.
fn below(
    base: &str,
    pattern: &str,
    options: glob::MatchOptions,
    found: &mut Vec<PathBuf>,
    failed: &mut dyn FnMut(Error),
) -> std::result::Result<bool, glob::PatternError> {
    let whole = glob::Pattern::new(pattern)?;
    // All that is below a folder is its photos, as if it had been named.
    let all = pattern.ends_with("/**") || pattern == "**";
    // Hidden folders need not be walked where no part of the pattern can match them.
    let hidden = pattern.starts_with('.') || pattern.contains("/.");
    let bases = match base {
        "" => vec![PathBuf::from(".")],
        base => here(base, options, failed)?,
    };
    let mut seen = HashSet::new();
    for folder in bases.iter().filter(|folder| folder.is_dir()) {
        let visible =
            |entry: &DirEntry| entry.depth() == 0 || hidden || !is_hidden(entry.file_name());
        let entries = WalkDir::new(folder)
            .min_depth(1)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(visible);
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    failed(unreadable(folder, error));
                    continue;
                }
            };
            let path = match base {
                "" => entry.path().strip_prefix(".").unwrap_or(entry.path()),
                _ => entry.path(),
            };
            let unwanted = match path.is_dir() {
                true => all || entry.path_is_symlink(),
                false => all && !is_photo(path),
            };
            if !unwanted && whole.matches_path_with(path, options) {
                let mut more = Vec::new();
                add(path, &mut more, failed);
                found.extend(more.into_iter().filter(|path| seen.insert(path.clone())));
            }
        }
    }
    Ok(!seen.is_empty())
}

/// The argument as a pattern, if it is one.
pub fn pattern(argument: &Path) -> Option<&str> {
    argument
        .to_str()
        .filter(|text| text.contains(['*', '?', '[']))
}
