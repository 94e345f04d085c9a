//! Files of a folder as HTTP responses, for [`serve`](crate::serve).
//!
//! Byte ranges (token embeddings are read by row), the MIME types that browsers insist on
//! (`application/wasm`), and entity tags, so that a reload asks but does not fetch again. Nothing
//! outside of the folder is served, not even through a link.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tiny_http::{Header, Response, ResponseBox};

/// The request headers that matter.
#[derive(Debug, Default)]
pub struct Asked {
    /// `If-None-Match`
    pub none_match: Option<String>,
    /// `Range`
    pub range: Option<String>,
    /// `If-Range`
    pub if_range: Option<String>,
}

/// The answer to a GET or HEAD of `url` below the folder `root`, which is canonical.
pub fn respond(root: &Path, url: &str, asked: &Asked) -> ResponseBox {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let not_found = || text(404, "not found");
    let Some(file) = locate(root, path) else {
        return not_found();
    };
    if file.is_dir() {
        if !path.ends_with('/') {
            // Relative links of the folder's page need the slash. One slash in front: two would name
            // another host.
            let target = format!("/{}/", path.trim_start_matches('/'));
            return with(text(301, "moved"), "Location", &target);
        }
        return match locate(root, &format!("{path}index.html")) {
            Some(index) if index.is_file() => send(&index, asked).unwrap_or_else(|_| not_found()),
            _ => not_found(),
        };
    }
    send(&file, asked).unwrap_or_else(|_| not_found())
}

/// The file or folder that a URL's path names, if it is there and below `root`.
fn locate(root: &Path, path: &str) -> Option<PathBuf> {
    let decoded = decode(path)?;
    let mut file = root.to_owned();
    for part in decoded
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        if part == ".." || part.contains(['\\', '\0', ':']) {
            return None;
        }
        file.push(part);
    }
    // Links are followed here, so what leads out is seen.
    let file = fs::canonicalize(file).ok()?;
    file.starts_with(root).then_some(file)
}

/// Percent-decodes; `None` if the result is not UTF-8, or an escape is not one.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digit = |i: usize| char::from(*after.get(i)?).to_digit(16);
        bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

/// A file, or the part of it that is asked for.
fn send(path: &Path, asked: &Asked) -> io::Result<ResponseBox> {
    // Opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path)?.is_file() {
        return Ok(text(404, "not found"));
    }
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    let (length, tag) = (meta.len(), entity_tag(&meta));
    let respond = |status: u16, body: Box<dyn Read + Send>, length: u64| {
        let length = usize::try_from(length).ok();
        // With its length rather than in chunks, so that a download can show how far it is.
        let response = Response::new(status.into(), Vec::new(), body, length, None)
            .with_chunked_threshold(usize::MAX);
        let headers = [
            ("Content-Type", mime_type(path)),
            ("Accept-Ranges", "bytes"),
            ("Cache-Control", "no-cache"),
            ("X-Content-Type-Options", "nosniff"),
            ("ETag", &tag),
        ];
        headers
            .into_iter()
            .fold(response, |response, (name, value)| {
                with(response, name, value)
            })
    };
    if asked
        .none_match
        .as_deref()
        .is_some_and(|tags| matches(tags, &tag))
    {
        return Ok(respond(304, Box::new(io::empty()), length));
    }
    // A range of another version of the file would not fit the rest.
    let range = asked
        .range
        .as_deref()
        .filter(|_| asked.if_range.as_ref().is_none_or(|t| *t == tag));
    match range.map_or(Part::Whole, |range| part(range, length)) {
        Part::Whole => Ok(respond(200, Box::new(file.take(length)), length)),
        Part::Range(Range { start, end }) => {
            file.seek(SeekFrom::Start(start))?;
            let range = format!("bytes {start}-{}/{length}", end - 1);
            let body = Box::new(file.take(end - start));
            Ok(with(
                respond(206, body, end - start),
                "Content-Range",
                &range,
            ))
        }
        Part::Outside => {
            let range = format!("bytes */{length}");
            Ok(with(text(416, "no such range"), "Content-Range", &range))
        }
    }
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Everything: there is no range, or one that may be ignored (RFC 9110, section 14.2).
    Whole,
    Range(Range<u64>),
    /// Nothing of it is in the file.
    Outside,
}

fn part(header: &str, length: u64) -> Part {
    let Some((unit, set)) = header.split_once('=') else {
        return Part::Whole;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Part::Whole;
    };
    let number = |text: &str| match text {
        "" => Some(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    let (Some(first), Some(last)) = (number(first.trim()), number(last.trim())) else {
        return Part::Whole; // Several ranges, say.
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    match (first, last) {
        (None, None) => Part::Whole,
        (Some(first), Some(last)) if last < first => Part::Whole,
        (Some(first), _) if first >= length => Part::Outside,
        (Some(first), last) => {
            Part::Range(first..last.map_or(length, |last| last.saturating_add(1).min(length)))
        }
        (None, Some(0)) => Part::Outside,
        (None, Some(_)) if length == 0 => Part::Outside,
        (None, Some(count)) => Part::Range(length.saturating_sub(count)..length),
    }
}

/// Whether an `If-None-Match` header has this tag in it.
fn matches(tags: &str, tag: &str) -> bool {
    tags.split(',')
        .map(str::trim)
        .any(|t| t == "*" || t.strip_prefix("W/").unwrap_or(t) == tag)
}

/// A tag that changes with the file.
fn entity_tag(meta: &Metadata) -> String {
    let changed = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!(
        "\"{:x}-{:x}\"",
        meta.len(),
        changed.unwrap_or_default().as_nanos()
    )
}

fn mime_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "jsonl" => "application/jsonl",
        "wasm" => "application/wasm",
        "txt" | "md" | "wgsl" | "ts" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        // safetensors among them
        _ => "application/octet-stream",
    }
}

/// A response with one more header; without it, should a value not be plain ASCII.
pub fn with(mut response: ResponseBox, name: &str, value: &str) -> ResponseBox {
    if let Ok(header) = Header::from_bytes(name, value) {
        response.add_header(header);
    }
    response
}

/// A short text.
pub fn text(status: u16, text: &str) -> ResponseBox {
    Response::from_string(format!("{text}\n"))
        .with_status_code(status)
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_standard_says() {
        for (header, length, expected) in [
            ("bytes=0-0", 10, Part::Range(0..1)),
            ("bytes=2-5", 10, Part::Range(2..6)),
            ("bytes=2-", 10, Part::Range(2..10)),
            ("bytes=2-99", 10, Part::Range(2..10)),
            ("bytes=2-99999999999999999999999", 10, Part::Range(2..10)),
            ("bytes=-3", 10, Part::Range(7..10)),
            ("bytes=-99", 10, Part::Range(0..10)),
            ("Bytes = 1-2", 10, Part::Range(1..3)),
            ("bytes=10-", 10, Part::Outside),
            ("bytes=99999999999999999999999-", 10, Part::Outside),
            ("bytes=-0", 10, Part::Outside),
            ("bytes=0-", 0, Part::Outside),
            ("bytes=-5", 0, Part::Outside),
            ("bytes=5-2", 10, Part::Whole),
            ("bytes=-", 10, Part::Whole),
            ("bytes=0-1,4-5", 10, Part::Whole),
            ("bytes=a-b", 10, Part::Whole),
            ("bytes=--1", 10, Part::Whole),
            ("lines=0-1", 10, Part::Whole),
            ("bytes", 10, Part::Whole),
        ] {
            assert_eq!(part(header, length), expected, "{header} of {length}");
        }
    }

    #[test]
    fn nothing_outside_of_the_folder_is_found() {
        let outside = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(outside.path()).unwrap().join("root");
        fs::create_dir_all(root.join("a b")).unwrap();
        fs::write(root.join("a b/c.txt"), "in").unwrap();
        fs::write(outside.path().join("secret"), "out").unwrap();
        assert_eq!(
            locate(&root, "/a%20b/./c.txt"),
            Some(root.join("a b/c.txt"))
        );
        assert_eq!(locate(&root, "/"), Some(root.clone()));
        for path in [
            "/../secret",
            "/a%20b/../../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/..%5csecret",
            "/a b/%00",
            "/%zz",
            "/%2",
            "/%ff",
            "/none",
        ] {
            assert_eq!(locate(&root, path), None, "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path().join("secret"), root.join("link")).unwrap();
            assert_eq!(locate(&root, "/link"), None);
        }
    }

    #[test]
    fn tags_match_in_lists_and_when_they_are_weak() {
        for (tags, expected) in [
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("", false),
        ] {
            assert_eq!(matches(tags, "\"a\""), expected, "{tags}");
        }
    }

    #[test]
    fn browsers_get_the_types_they_insist_on() {
        for (name, expected) in [
            ("agff_bg.wasm", "application/wasm"),
            ("agff.JS", "text/javascript; charset=utf-8"),
            ("agff.json", "application/json"),
            ("weights-00001.safetensors", "application/octet-stream"),
            ("README", "application/octet-stream"),
        ] {
            assert_eq!(mime_type(Path::new(name)), expected, "{name}");
        }
    }
}
