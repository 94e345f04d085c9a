//! From arguments to photos: files, folders and glob patterns.
//!
//! A file is taken as it is, whatever its name. A folder gives the photos in it and below, known by
//! their extension, in the order of their names; what is hidden (a name with a dot in front) is left
//! out. An argument that is no file but has `*`, `?` or `[` in it is a pattern, for shells that do not expand
//! them; it gives what a shell's expansion would.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use agff::input::image::DecodeLimits;
use agff::{Code, Error, Result};
use walkdir::{DirEntry, WalkDir};

use crate::patterns::{expand, pattern};

/// Extensions of the formats that are read.
const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "apng"];

/// The photos that the arguments name, in their order; what is wrong with the others goes to
/// `failed`.
pub fn photos(arguments: &[PathBuf], failed: &mut dyn FnMut(Error)) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for argument in arguments {
        if std::fs::symlink_metadata(argument).is_ok() {
            add(argument, &mut found, failed);
            continue;
        }
        match pattern(argument) {
            Some(pattern) => expand(pattern, &mut found, failed),
            None => failed(missing(argument)),
        }
    }
    found
}

/// Adds a file, or the photos of a folder.
pub fn add(path: &Path, found: &mut Vec<PathBuf>, failed: &mut dyn FnMut(Error)) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let before = found.len();
    let mut errors = 0;
    let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    for entry in WalkDir::new(path)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(visible)
    {
        match entry {
            // A link that leads nowhere too: reading it will tell, as of any photo that cannot be read.
            Ok(entry) if is_photo(entry.path()) && !entry.path().is_dir() => {
                found.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => {
                errors += 1;
                failed(unreadable(path, error));
            }
        }
    }
    if found.len() == before && errors == 0 {
        failed(Error::new(
            Code::Input,
            path.display().to_string(),
            "has no photos in it or in the folders below (JPEG, PNG, WebP and GIF are read)",
        ));
    }
}

pub fn is_photo(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    EXTENSIONS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(extension))
}

pub fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

fn missing(path: &Path) -> Error {
    let name = path.display().to_string();
    Error::new(Code::Io, name, "there is no such file or folder")
}

pub fn unreadable(folder: &Path, error: walkdir::Error) -> Error {
    let path = error.path().unwrap_or(folder).to_owned();
    match error.into_io_error() {
        Some(error) => Error::io(path, error),
        None => Error::new(Code::Io, path.display().to_string(), "leads back to itself"),
    }
}

/// The bytes of a photo's file, no more than may be decoded.
///
/// # Errors
/// [`Code::Io`], and [`Code::ImageTooLarge`] for a file that is longer than the limit.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let most = DecodeLimits::default().max_file_bytes;
    let failed = |e| Error::io(path, e);
    let meta = std::fs::metadata(path).map_err(|e| match path.is_symlink() {
        true => {
            let message = format!("is a link that leads nowhere: {e}");
            Error::new(Code::Io, path.display().to_string(), message).with_source(e)
        }
        false => failed(e),
    })?;
    // Opening a pipe would wait for somebody to write into it.
    if !meta.is_file() {
        let name = path.display().to_string();
        return Err(Error::new(Code::Io, name, "is not a regular file"));
    }
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(
            Code::ImageTooLarge,
            path.display().to_string(),
            format!(
                "the file has more than {} MiB, too many for a photo",
                most >> 20
            ),
        ));
    }
    Ok(bytes)
}

/// The texts that the arguments give; those that are not text go to `failed`.
pub fn texts(option: &str, arguments: &[OsString], failed: &mut dyn FnMut(Error)) -> Vec<String> {
    let texts = arguments.iter().map(|argument| text(option, argument));
    texts
        .filter_map(|text| text.map_err(&mut *failed).ok())
        .collect()
}

/// A text argument.
///
/// # Errors
/// [`Code::Input`] if it is not UTF-8, naming the option.
pub fn text(option: &str, argument: &OsStr) -> Result<String> {
    argument.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(
            Code::Input,
            option,
            format!("{argument:?} is not valid UTF-8; is the terminal set to another encoding?"),
        )
    })
}

/// A number of things, for an option of the command line: at least one.
pub fn count(argument: &str) -> std::result::Result<usize, String> {
    match argument.parse() {
        Ok(0) => Err("there must be at least one".into()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("{error}")),
    }
}

/// A similarity, for an option of the command line: between -1 and 1.
pub fn cosine(argument: &str) -> std::result::Result<f32, String> {
    match argument.parse() {
        Ok(cosine) if (-1.0..=1.0).contains(&cosine) => Ok(cosine),
        Ok(_) => Err("similarities lie between -1 and 1".into()),
        Err(error) => Err(format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        folder
    }

    /// The names that arguments below `folder` give, and the errors.
    fn find(folder: &Path, arguments: &[&str]) -> (Vec<String>, Vec<Error>) {
        let arguments: Vec<PathBuf> = arguments.iter().map(|a| folder.join(a)).collect();
        let mut errors = Vec::new();
        let found = photos(&arguments, &mut |e| errors.push(e));
        let name = |path: &PathBuf| {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            name.replace('\\', "/")
        };
        (found.iter().map(name).collect(), errors)
    }

    #[test]
    fn a_folder_gives_its_photos_and_those_below_in_the_order_of_their_names() {
        let folder = folder_with(&["b.png", "a.JPG", "notes.txt", "c/z.webp", "c/y.gif", "x"]);
        let (found, errors) = find(folder.path(), &[""]);
        assert_eq!(found, ["a.JPG", "b.png", "c/y.gif", "c/z.webp"]);
        assert!(errors.is_empty());
    }

    #[test]
    fn hidden_files_and_folders_are_left_out_unless_they_are_named() {
        let folder = folder_with(&["a.png", "._a.png", ".thumbnails/b.png"]);
        assert_eq!(find(folder.path(), &[""]).0, ["a.png"]);
        assert_eq!(
            find(folder.path(), &[".thumbnails"]).0,
            [".thumbnails/b.png"]
        );
        assert_eq!(
            find(folder.path(), &["._a.png", "*.png"]).0,
            ["._a.png", "a.png"]
        );
    }

    #[test]
    fn a_named_file_is_taken_whatever_its_name() {
        let folder = folder_with(&["photo", "a[1].jpg", "a1.jpg"]);
        assert_eq!(
            find(folder.path(), &["photo", "a[1].jpg"]).0,
            ["photo", "a[1].jpg"]
        );
    }

    #[test]
    fn a_pattern_gives_what_a_shell_would() {
        let folder = folder_with(&["b.png", "a.png", "a.txt", "d/c.png"]);
        assert_eq!(find(folder.path(), &["*.png"]).0, ["a.png", "b.png"]);
        assert_eq!(find(folder.path(), &["a.*"]).0, ["a.png", "a.txt"]);
        assert_eq!(
            find(folder.path(), &["**/*.png"]).0,
            ["a.png", "b.png", "d/c.png"]
        );
        assert_eq!(find(folder.path(), &["?"]).0, ["d/c.png"]);
    }

    #[test]
    fn what_gives_nothing_is_an_error_that_names_it() {
        let folder = folder_with(&["docs/notes.txt"]);
        for (argument, code, part) in [
            ("docs", Code::Input, "no photos"),
            ("*.png", Code::Input, "matches"),
            ("none.png", Code::Io, "no such file"),
            (
                "a[",
                Code::Input,
                "there is no such file, and this is not a pattern",
            ),
            ("[x.jpg", Code::Input, "`[` begins a set"),
            ("a**b", Code::Input, "not a pattern"),
        ] {
            let (found, errors) = find(folder.path(), &[argument]);
            assert!(found.is_empty(), "{argument}");
            assert_eq!(errors.len(), 1, "{argument}");
            assert_eq!(errors[0].code(), code, "{argument}");
            assert!(errors[0].subject().ends_with(argument), "{}", errors[0]);
            assert!(errors[0].message().contains(part), "{}", errors[0]);
        }
    }

    #[test]
    fn two_stars_match_any_folders_below() {
        let folder = folder_with(&["a.png", "d/b.png", "d/e/b.png", "d/e/n.txt", ".h/b.png"]);
        for (pattern, expected) in [
            ("**/b.png", &["d/b.png", "d/e/b.png"][..]),
            ("**", &["a.png", "d/b.png", "d/e/b.png"]),
            ("d/**", &["d/b.png", "d/e/b.png"]),
            ("?/**/*.png", &["d/b.png", "d/e/b.png"]),
            ("**/d*", &["d/b.png", "d/e/b.png"]),
            ("**//e/*", &["d/e/b.png", "d/e/n.txt"]),
            (".h/**/*.png", &[".h/b.png"]),
        ] {
            let (found, errors) = find(folder.path(), &[pattern]);
            assert_eq!(found, expected, "{pattern}");
            assert!(errors.is_empty(), "{pattern}: {errors:?}");
        }
        assert_eq!(find(folder.path(), &["**/none.png"]).1.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_below_that_loop_or_lead_nowhere_are_not_followed_but_told() {
        use std::os::unix::fs::symlink;
        let folder = folder_with(&["d/a.png"]);
        let at = |name: &str| folder.path().join(name);
        symlink(folder.path(), at("d/up")).unwrap();
        symlink(at("d"), at("again")).unwrap();
        for pattern in ["**/*.png", "**/*", "**"] {
            assert_eq!(find(folder.path(), &[pattern]).0, ["d/a.png"], "{pattern}");
        }
        symlink(at("none"), at("d/b.png")).unwrap();
        assert_eq!(find(folder.path(), &[""]).0, ["d/a.png", "d/b.png"]);
        let error = read(&at("d/b.png")).unwrap_err();
        assert_eq!(error.code(), Code::Io);
        assert!(error.message().contains("leads nowhere"), "{error}");
    }

    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let error = read(tempfile::tempdir().unwrap().path()).unwrap_err();
        assert_eq!(error.code(), Code::Io);
        assert!(error.message().contains("regular file"), "{error}");
    }

    #[test]
    fn one_bad_argument_does_not_hide_the_others() {
        let folder = folder_with(&["a.png", "b.png"]);
        let (found, errors) = find(folder.path(), &["b.png", "none.png", "a.png"]);
        assert_eq!(found, ["b.png", "a.png"]);
        assert_eq!(errors.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn text_that_is_not_utf8_is_refused_and_paths_that_are_not_are_fine() {
        use std::os::unix::ffi::OsStrExt;
        let odd = OsStr::from_bytes(b"caf\xe9");
        assert_eq!(text("--text", odd).unwrap_err().code(), Code::Input);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(odd);
        std::fs::write(&path, b"x").unwrap();
        let found = photos(std::slice::from_ref(&path), &mut |e| panic!("{e}"));
        assert_eq!(found, [path]);
    }
}
