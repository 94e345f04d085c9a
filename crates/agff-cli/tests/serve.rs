//! A folder over HTTP, asked in plain words.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::program::{agff, make_pipe, run, text_of};

/// A server, ended with its test.
struct Serving(Child, String);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Serving {
    fn folder(folder: &Path) -> Self {
        let mut child = agff()
            .args([
                "serve".into(),
                folder.as_os_str().to_owned(),
                "--port=0".into(),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let address = url
            .trim()
            .strip_prefix("http://")
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        Self(child, address)
    }

    /// Head (in lower case) and body of the answer to one request.
    fn ask(&self, request: &str, headers: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        (head, answer[end + 4..].to_vec())
    }
}

#[test]
fn a_folder_is_served_with_ranges_types_and_tags_and_nothing_else_is() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("site");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    fs::write(folder.join("index.html"), "<h1>hello</h1>").unwrap();
    fs::write(folder.join("sub/engine.wasm"), vec![7; 100_000]).unwrap();
    fs::write(folder.join("data.safetensors"), "0123456789").unwrap();
    let server = Serving::folder(&folder);
    if make_pipe(&folder.join("pipe")) {
        let (head, _) = server.ask("GET /pipe", "");
        assert!(head.starts_with("http/1.1 404"), "{head}");
    }

    let (head, body) = server.ask("GET /", "");
    assert!(
        head.starts_with("http/1.1 200") && head.contains("text/html"),
        "{head}"
    );
    assert_eq!(body, b"<h1>hello</h1>");
    let (head, body) = server.ask("GET /sub/engine.wasm?v=1", "");
    assert!(
        head.contains("application/wasm") && head.contains("content-length: 100000"),
        "{head}"
    );
    assert_eq!(body.len(), 100_000);
    let (head, body) = server.ask("HEAD /sub/engine.wasm", "");
    assert!(
        head.contains("content-length: 100000") && body.is_empty(),
        "{head}"
    );

    let (head, body) = server.ask("GET /data.safetensors", "Range: bytes=2-4\r\n");
    assert!(
        head.starts_with("http/1.1 206") && head.contains("content-range: bytes 2-4/10"),
        "{head}"
    );
    assert_eq!(body, b"234");
    let (head, _) = server.ask("GET /data.safetensors", "Range: bytes=10-\r\n");
    assert!(
        head.starts_with("http/1.1 416") && head.contains("bytes */10"),
        "{head}"
    );

    let tag = head_field(&server.ask("HEAD /data.safetensors", "").0, "etag");
    let (head, body) = server.ask(
        "GET /data.safetensors",
        &format!("If-None-Match: {tag}\r\n"),
    );
    assert!(
        head.starts_with("http/1.1 304") && body.is_empty(),
        "{head}"
    );
    let stale = "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n";
    assert_eq!(server.ask("GET /data.safetensors", stale).1, b"0123456789");

    for (request, status) in [
        ("GET /none", "404"),
        ("GET /../secret.txt", "404"),
        ("GET /%2e%2e/secret.txt", "404"),
        ("GET /sub", "301"),
        ("GET /sub/", "404"),
        ("POST /", "405"),
    ] {
        let (head, body) = server.ask(request, "");
        assert!(
            head.starts_with(&format!("http/1.1 {status}")),
            "{request}: {head}"
        );
        assert!(!body.windows(6).any(|w| w == b"secret"), "{request}");
    }

    // However long a body is said to be, and whatever is sent: an answer, and the server stays.
    for request in ["POST /", "GET /"] {
        for body in [
            "Content-Length: 99999999999999\r\n",
            "Content-Length: 99999999999999\r\nExpect: 100-continue\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            let (head, _) = server.ask(request, body);
            let status = if request == "GET /" { "200" } else { "405" };
            assert!(
                head.starts_with(&format!("http/1.1 {status}")),
                "{request} {body}: {head}"
            );
        }
    }
    let (head, _) = server.ask("GET /", &format!("A: {}\r\n", "a".repeat(100_000)));
    assert!(head.starts_with("http/1.1 431"), "{head}");
    let mut kept = TcpStream::connect(&server.1).unwrap();
    for _ in 0..2 {
        write!(kept, "HEAD /data.safetensors HTTP/1.1\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            kept.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 200"), "one connection, twice");
    }

    let busy = server.1.rsplit_once(':').unwrap().1;
    let got = run(["serve", &text_of(&folder), "--port", busy]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("--port"), "{}", got.err);
    let got = run(["serve", &text_of(&folder.join("index.html"))]);
    assert!(
        got.code == 1 && got.err.contains("is not a folder"),
        "{}",
        got.err
    );
}

/// The value of a header.
fn head_field(head: &str, name: &str) -> String {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {head}"))
        .to_owned()
}
