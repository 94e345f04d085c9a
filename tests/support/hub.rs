//! A server that behaves as a model hub does, on this machine: listings, redirects to another origin, lengths and
//! hashes of large files, ranges, tokens, and what goes wrong with them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Files from this length on are stored apart, and have their hash listed.
const LARGE: usize = 4 << 10;

/// Bytes that are sent at once.
const PIECE: usize = 16 << 10;

/// A running hub. It ends with the process.
#[derive(Clone)]
pub struct Hub {
    /// Its URL.
    pub url: String,
    /// The URL of the server that large files come from.
    pub store: String,
    state: Arc<Mutex<State>>,
}

/// What it has, and how it behaves.
#[derive(Default)]
pub struct State {
    /// Repositories by `owner/name`.
    pub repositories: BTreeMap<String, Repository>,
    /// Files by their path below `/plain/`, for a server that is no hub.
    pub plain: BTreeMap<String, Vec<u8>>,
    /// How often it says that it was asked too often.
    pub too_many: u32,
    /// Bodies of large files end after so many bytes, so often.
    pub cuts: (usize, u32),
    /// A pause before each piece of a large file.
    pub pause: Duration,
    /// Whether ranges are ignored.
    pub without_ranges: bool,
    /// Large files have another first byte than they should.
    pub damaged: bool,
    /// Whether it answers at all.
    pub silent: bool,
    /// What was asked for: the path, the range, and whether a token came along.
    pub asked: Vec<Asked>,
}

/// A repository.
#[derive(Clone, Default)]
pub struct Repository {
    /// The commit that `main` is at.
    pub commit: String,
    /// Its files.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The token that it asks for, if any.
    pub token: Option<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Path and query.
    pub path: String,
    /// The range, if one was asked for.
    pub range: Option<String>,
    /// The token, if one came along.
    pub token: Option<String>,
}

impl Repository {
    /// All files of a folder and of those in it, at a commit.
    pub fn of(folder: &Path, commit: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(inner) = folders.pop() {
            for entry in std::fs::read_dir(inner).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                files.insert(name.to_owned(), std::fs::read(&path).unwrap());
            }
        }
        Self {
            commit: commit.into(),
            files,
            token: None,
        }
    }
}

impl Hub {
    /// Starts it, empty.
    pub fn start() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (front, store) = (listen(), listen());
        // Two hosts, so that they are two origins to whoever asks.
        let url = format!("http://127.0.0.1:{}", front.local_addr().unwrap().port());
        let store_url = format!("http://localhost:{}", store.local_addr().unwrap().port());
        let hub = Self {
            url,
            store: store_url,
            state: Arc::default(),
        };
        for listener in [front, store] {
            let hub = hub.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let hub = hub.clone();
                    std::thread::spawn(move || hub.serve(stream));
                }
            });
        }
        hub
    }

    /// Changes what it has or does, or looks at what was asked.
    pub fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap())
    }

    /// Bytes of large files that were asked for since the last time, as paths.
    pub fn take_asked(&self) -> Vec<Asked> {
        self.with(|state| std::mem::take(&mut state.asked))
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_whitespace();
        let (method, target) = (
            words.next().unwrap_or(""),
            words.next().unwrap_or("").to_owned(),
        );
        let method = method.to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
        }
        let token = headers
            .get("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned);
        let range = headers.get("range").cloned();
        let silent = self.with(|state| {
            state.asked.push(Asked {
                path: target.clone(),
                range: range.clone(),
                token: token.clone(),
            });
            state.silent
        });
        if silent {
            return;
        }
        let mut answer = Answer {
            stream,
            head: method == "HEAD",
        };
        // A client that goes away is no fault of the server's.
        drop(self.answer(
            &mut answer,
            &target,
            token.as_deref(),
            range.as_deref(),
            &headers,
        ));
    }

    fn answer(
        &self,
        answer: &mut Answer,
        target: &str,
        token: Option<&str>,
        range: Option<&str>,
        headers: &BTreeMap<String, String>,
    ) -> std::io::Result<()> {
        let path = target.split('?').next().unwrap_or_default();
        if self.with(|state| {
            let refuse = state.too_many > 0;
            state.too_many = state.too_many.saturating_sub(1);
            refuse
        }) {
            return answer.send("429 Too Many Requests", &["Retry-After: 0"], b"slow down");
        }
        if let Some(file) = path.strip_prefix("/plain/") {
            let Some(bytes) = self.with(|state| state.plain.get(file).cloned()) else {
                return answer.send("404 Not Found", &[], b"");
            };
            return self.file(answer, &bytes, range, headers, false);
        }
        if let Some(rest) = path.strip_prefix("/store/") {
            let (owner, name, commit, file) = four(rest);
            let found = self.with(|state| {
                let repository = state.repositories.get(&format!("{owner}/{name}"))?;
                (repository.commit == commit).then(|| repository.files.get(file).cloned())?
            });
            return match found {
                Some(bytes) => self.file(answer, &bytes, range, headers, true),
                None => answer.send("404 Not Found", &[], b""),
            };
        }
        let api = path.strip_prefix("/api/models/");
        let rest = api.unwrap_or(path.trim_start_matches('/'));
        let (owner, name, view, rest) = four(rest);
        let key = format!("{owner}/{name}");
        let repository = self.with(|state| state.repositories.get(&key).cloned());
        // It does not say whether a repository is missing or private.
        let Some(repository) = repository else {
            return answer.send("401 Unauthorized", &[], b"Invalid username or password.");
        };
        if repository.token.is_some() && repository.token.as_deref() != token {
            let status = if token.is_some() {
                "403 Forbidden"
            } else {
                "401 Unauthorized"
            };
            return answer.send(status, &[], b"Access to this model is restricted.");
        }
        let (revision, file) = rest.split_once('/').unwrap_or((rest, ""));
        if revision != "main" && revision != repository.commit {
            return answer.send("404 Not Found", &[], b"Revision Not Found");
        }
        match (api.is_some(), view) {
            (true, "revision") => {
                let json = listing(&key, &repository);
                answer.send(
                    "200 OK",
                    &["Content-Type: application/json"],
                    json.as_bytes(),
                )
            }
            (false, "resolve") => match repository.files.get(file) {
                None => answer.send(
                    "404 Not Found",
                    &["X-Error-Code: EntryNotFound"],
                    b"Entry not found",
                ),
                Some(bytes) if bytes.len() >= LARGE => {
                    let to = format!(
                        "Location: {}/store/{key}/{}/{file}?signature=abc",
                        self.store, repository.commit
                    );
                    let commit = format!("X-Repo-Commit: {}", repository.commit);
                    let size = format!("X-Linked-Size: {}", bytes.len());
                    answer.send("302 Found", &[&to, &commit, &size], b"")
                }
                Some(bytes) => self.file(answer, bytes, range, headers, false),
            },
            _ => answer.send("404 Not Found", &[], b""),
        }
    }

    fn file(
        &self,
        answer: &mut Answer,
        bytes: &[u8],
        range: Option<&str>,
        headers: &BTreeMap<String, String>,
        large: bool,
    ) -> std::io::Result<()> {
        let tag = format!("\"{}\"", &crate::sha256(bytes)[..16]);
        let (without_ranges, damaged, cut) = self.with(|state| {
            let cut = match state.cuts {
                (after, times) if large && times > 0 => {
                    state.cuts.1 -= 1;
                    Some(after)
                }
                _ => None,
            };
            (state.without_ranges, state.damaged && large, cut)
        });
        let same = headers.get("if-range").is_none_or(|of| *of == tag);
        let from = range
            .filter(|_| same && !without_ranges)
            .and_then(|range| {
                range
                    .strip_prefix("bytes=")?
                    .split('-')
                    .next()?
                    .parse()
                    .ok()
            })
            .unwrap_or(0_usize);
        let (status, range) = match from {
            0 => ("200 OK", String::new()),
            from if from >= bytes.len() => {
                return answer.send("416 Range Not Satisfiable", &[], b"");
            }
            from => (
                "206 Partial Content",
                format!(
                    "Content-Range: bytes {from}-{}/{}\r\n",
                    bytes.len() - 1,
                    bytes.len()
                ),
            ),
        };
        let mut body = bytes[from..].to_vec();
        if damaged && from == 0 && !body.is_empty() {
            body[0] ^= 1;
        }
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: {tag}\r\nAccept-Ranges: bytes\r\n{range}{CORS}Connection: close\r\n\r\n",
            body.len()
        );
        answer.stream.write_all(head.as_bytes())?;
        if answer.head {
            return Ok(());
        }
        let most = cut.unwrap_or(body.len()).min(body.len());
        for piece in body[..most].chunks(PIECE) {
            let pause = self.with(|state| state.pause);
            if large && !pause.is_zero() {
                std::thread::sleep(pause);
            }
            answer.stream.write_all(piece)?;
        }
        Ok(())
    }
}

/// What lets a page of another origin read an answer.
const CORS: &str = "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: *\r\n";

struct Answer {
    stream: TcpStream,
    head: bool,
}

impl Answer {
    fn send(&mut self, status: &str, headers: &[&str], body: &[u8]) -> std::io::Result<()> {
        let headers: String = headers
            .iter()
            .map(|header| format!("{header}\r\n"))
            .collect();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}{CORS}Connection: close\r\n\r\n",
            body.len()
        );
        self.stream.write_all(head.as_bytes())?;
        match self.head {
            true => Ok(()),
            false => self.stream.write_all(body),
        }
    }
}

fn four(path: &str) -> (&str, &str, &str, &str) {
    let mut parts = path.splitn(4, '/');
    let mut next = || parts.next().unwrap_or_default();
    (next(), next(), next(), next())
}

/// What the hub says of a repository.
fn listing(name: &str, repository: &Repository) -> String {
    let files: Vec<serde_json::Value> = repository
        .files
        .iter()
        .map(|(path, bytes)| {
            let mut file =
                serde_json::json!({"rfilename": path, "size": bytes.len(), "blobId": "0"});
            if bytes.len() >= LARGE {
                file["lfs"] = serde_json::json!({
                    "sha256": crate::sha256(bytes), "size": bytes.len(), "pointerSize": 130,
                });
            }
            file
        })
        .collect();
    serde_json::json!({"id": name, "sha": repository.commit, "siblings": files, "gated": false})
        .to_string()
}
