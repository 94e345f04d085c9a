//! HTTP: one agent, and what answers mean.

use std::io::Read;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

use agff::{Code, Error, Result};
use ureq::Agent;
use ureq::http::{HeaderValue, Response, StatusCode, header};

/// Most bytes of an answer that is read whole.
const MAX_SMALL: usize = 64 << 20;

/// Longest that a server may ask to wait, if it is to be waited for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How often a request is made again after an answer of "too many" or "not now".
const RETRIES: u32 = 4;

/// How often a server may send on to another address.
const MAX_REDIRECTS: u32 = 10;

/// Bytes of a piece.
pub const PIECE: usize = 256 << 10;

/// Pieces that wait to be taken, at most.
const WAITING: usize = 8;

/// How long a connection may be silent.
const SILENT: Duration = Duration::from_secs(60);

/// How often whoever waits is asked whether to go on.
const LOOK: Duration = Duration::from_millis(100);

/// Whether to go on; an error ends what is being done, at once.
pub type GoOn<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Asks servers, with the caller's token.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    /// The token, and the only origin that it is sent to.
    token: Option<(String, String)>,
}

/// An answer whose body has not been read.
pub struct Answer {
    response: Response<ureq::Body>,
}

/// Why a body ended.
pub enum Broken {
    /// The connection: it may be asked for again.
    Connection(Error),
    /// It may not.
    Final(Error),
}

impl Client {
    /// With a token for models that not everybody may read, which `origin` alone is told.
    ///
    /// # Errors
    /// [`Code::Input`] for a token that none can be.
    pub fn new(token: Option<&str>, origin: &str) -> Result<Self> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(SILENT))
            // They are followed here, so that the token goes nowhere else.
            .max_redirects(0)
            .user_agent(concat!("agff/", env!("CARGO_PKG_VERSION")))
            .build();
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        if token.is_some_and(|token| !token.chars().all(|c| c.is_ascii_graphic())) {
            let why = "is no token: those are letters, digits and signs, without spaces";
            return Err(Error::new(Code::Input, "token", why));
        }
        Ok(Self {
            agent: config.into(),
            token: token.map(|token| (token.to_owned(), origin.to_owned())),
        })
    }

    /// Whether there is a token.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Asks for a URL, or from `start` on for the rest of it; `None` if it is not there. With a tag, the whole is
    /// sent if it is not that version any more.
    ///
    /// # Errors
    /// [`Code::Fetch`], saying what to do, and those of `go_on`.
    pub fn get(
        &self,
        url: &str,
        start: u64,
        unchanged: Option<&str>,
        go_on: GoOn<'_>,
    ) -> Result<Option<Answer>> {
        match self.ask(url, start, unchanged, go_on)? {
            Ok(answer) => Ok(Some(answer)),
            Err(StatusCode::NOT_FOUND | StatusCode::GONE) => Ok(None),
            Err(status) => Err(refused(url, status, self.token.is_some())),
        }
    }

    /// Asks for a file that need not be there. Stores that do not list their files forbid those that are not there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn find(&self, url: &str, go_on: GoOn<'_>) -> Result<Option<Answer>> {
        match self.ask(url, 0, None, go_on)? {
            Ok(answer) => Ok(Some(answer)),
            Err(StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN) => Ok(None),
            Err(status) => Err(refused(url, status, self.token.is_some())),
        }
    }

    /// A small file whole; `None` if it is not there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn small(&self, url: &str, go_on: GoOn<'_>) -> Result<Option<Vec<u8>>> {
        let Some(answer) = self.get(url, 0, None, go_on)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let read = answer.read(url, go_on, &mut |piece| {
            bytes.extend_from_slice(piece);
            match bytes.len() > MAX_SMALL {
                true => {
                    let why = format!("is longer than the {MAX_SMALL} bytes that are read of it");
                    Err(Error::new(Code::Fetch, shown(url), why))
                }
                false => Ok(()),
            }
        });
        match read {
            Ok(()) => Ok(Some(bytes)),
            Err(Broken::Connection(error) | Broken::Final(error)) => Err(error),
        }
    }

    /// The answer, or the status of one that is none. Where a server asks to wait or sends on, that is done.
    pub(crate) fn ask(
        &self,
        url: &str,
        start: u64,
        unchanged: Option<&str>,
        go_on: GoOn<'_>,
    ) -> Result<Result<Answer, StatusCode>> {
        let mut at = url.to_owned();
        let (mut attempt, mut redirects) = (0, 0);
        loop {
            let response = self.once(&at, start, unchanged, go_on)?;
            let status = response.status();
            let wait = waits(&response).unwrap_or(Duration::from_millis(500 << attempt));
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                redirects += 1;
                if redirects > MAX_REDIRECTS {
                    let why = "the server sends on and on, and never answers";
                    return Err(Error::new(Code::Fetch, shown(url), why));
                }
                at = sent_to(&at, &response).ok_or_else(|| {
                    let why = "the server sends on to what is no web address";
                    Error::new(Code::Fetch, shown(url), why)
                })?;
                continue;
            }
            match status {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
                    return match is_plain(&response) {
                        true => Ok(Ok(Answer { response })),
                        false => {
                            let why = "the server sends it compressed, though it was asked not to";
                            Err(Error::new(Code::Fetch, shown(url), why))
                        }
                    };
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                    if attempt < RETRIES && wait <= MAX_WAIT =>
                {
                    pause(wait, go_on)?;
                    attempt += 1;
                }
                status => return Ok(Err(status)),
            }
        }
    }

    /// One request, in a thread of its own: an abort need not wait for the server.
    fn once(
        &self,
        url: &str,
        start: u64,
        unchanged: Option<&str>,
        go_on: GoOn<'_>,
    ) -> Result<Response<ureq::Body>> {
        let mut request = self.agent.get(url);
        if let Some((token, origin)) = &self.token
            && origin_of(url) == Some(origin)
        {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
            if let Some(tag) = unchanged.filter(|tag| HeaderValue::from_str(tag).is_ok()) {
                request = request.header(header::IF_RANGE, tag);
            }
        }
        // Lengths and ranges are of the bytes as they are.
        request = request.header(header::ACCEPT_ENCODING, "identity");
        let (sender, answer) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            // Nobody may be waiting any more.
            drop(sender.send(request.call()));
        });
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => return Err(failed(url, error)),
                Err(RecvTimeoutError::Timeout) => go_on()?,
                Err(RecvTimeoutError::Disconnected) => {
                    let why = "the request ended without an answer";
                    return Err(Error::new(Code::Internal, shown(url), why));
                }
            }
        }
    }
}

impl Answer {
    /// Where in the file the body begins; `None` if the server keeps that to itself.
    pub fn start(&self) -> Option<u64> {
        match self.response.status() {
            StatusCode::PARTIAL_CONTENT => first_byte(self.header(header::CONTENT_RANGE.as_str())?),
            _ => Some(0),
        }
    }

    /// The length of the whole file, if it is said.
    pub fn whole(&self) -> Option<u64> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        match self.header(header::CONTENT_RANGE.as_str()) {
            Some(range) => number(range.rsplit('/').next()?),
            None => number(self.header(header::CONTENT_LENGTH.as_str())?),
        }
    }

    /// What tells this version of the file from others: a strong tag, or when it was changed.
    pub fn version(&self) -> Option<&str> {
        self.header(header::ETAG.as_str())
            .filter(|tag| !tag.starts_with("W/"))
            .or_else(|| self.header(header::LAST_MODIFIED.as_str()))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Hands the body on in pieces.
    ///
    /// # Errors
    /// A connection that breaks or is silent, and the errors of `go_on` and `take`.
    pub fn read(
        self,
        url: &str,
        go_on: GoOn<'_>,
        take: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<(), Broken> {
        let (sender, pieces) = mpsc::sync_channel(WAITING);
        let reader = self.response.into_body().into_reader();
        // Reading waits in a thread of its own, which ends with its connection: an abort need not wait for it.
        std::thread::spawn(move || pump(reader, &sender));
        let mut silent = Duration::ZERO;
        loop {
            match pieces.recv_timeout(LOOK) {
                Ok(Ok(piece)) => {
                    silent = Duration::ZERO;
                    take(&piece).map_err(Broken::Final)?;
                    go_on().map_err(Broken::Final)?;
                }
                Ok(Err(error)) => return Err(Broken::Connection(cut(url, error))),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    silent += LOOK;
                    go_on().map_err(Broken::Final)?;
                    if silent >= SILENT {
                        let why =
                            "the server has been silent for a minute; try again, what came is kept";
                        let error = Error::new(Code::Fetch, shown(url), why);
                        return Err(Broken::Connection(error));
                    }
                }
            }
        }
    }
}

/// Reads a body until it ends or nobody wants it any more.
fn pump(mut reader: impl Read, sender: &SyncSender<std::io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let sent = match reader.read(&mut piece) {
            Ok(0) => return,
            Ok(length) => {
                piece.truncate(length);
                sender.send(Ok(piece))
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                // Nothing is done about it if nobody listens.
                drop(sender.send(Err(error)));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Waits, asking whether to go on.
///
/// # Errors
/// Those of `go_on`.
pub fn pause(time: Duration, go_on: GoOn<'_>) -> Result<()> {
    let mut left = time;
    while left > Duration::ZERO {
        go_on()?;
        let step = left.min(LOOK);
        std::thread::sleep(step);
        left -= step;
    }
    go_on()
}

/// `5` of `bytes 5-9/10`.
fn first_byte(range: &str) -> Option<u64> {
    range
        .trim()
        .strip_prefix("bytes ")?
        .split('-')
        .next()?
        .parse()
        .ok()
}

/// How long a server asks to be left alone, in seconds.
fn waits(response: &Response<ureq::Body>) -> Option<Duration> {
    let stated = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(stated.trim().parse().ok()?))
}

/// Whether the bytes come as they are.
fn is_plain(response: &Response<ureq::Body>) -> bool {
    let encoding = response.headers().get(header::CONTENT_ENCODING);
    encoding.is_none_or(|encoding| encoding == "identity")
}

/// Where a server sends on to: another address, or a path of its own.
fn sent_to(from: &str, response: &Response<ureq::Body>) -> Option<String> {
    let to = response.headers().get(header::LOCATION)?.to_str().ok()?;
    if to.starts_with("http://") || to.starts_with("https://") {
        return Some(to.to_owned());
    }
    if to.starts_with("//") {
        return Some(format!("{}:{to}", from.split(':').next()?));
    }
    if to.contains("://") {
        return None;
    }
    let origin = origin_of(from)?;
    match to.strip_prefix('/') {
        Some(path) => Some(format!("{origin}/{path}")),
        None => {
            let folder = shown(from).rsplit_once('/')?.0;
            Some(format!("{folder}/{to}"))
        }
    }
}

/// Scheme, host and port of a URL.
pub fn origin_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let length = url[host..]
        .find(['/', '?', '#'])
        .unwrap_or(url.len() - host);
    Some(&url[..host + length])
}

/// A URL without its query, which may be a secret.
pub fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// The cause of errors for servers that cannot be reached at all.
#[derive(Debug)]
struct Unreachable(ureq::Error);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unreachable {}

fn failed(url: &str, error: ureq::Error) -> Error {
    use ureq::Error as E;
    match error {
        E::Io(_) | E::Timeout(_) | E::HostNotFound | E::ConnectionFailed => {
            let why = format!("cannot be reached ({error}); is this machine connected?");
            Error::new(Code::Fetch, shown(url), why).with_source(Unreachable(error))
        }
        error => {
            let why = format!("cannot be asked for ({error}); is the address right?");
            Error::new(Code::Fetch, shown(url), why).with_source(error)
        }
    }
}

/// Whether an error says that there is no way to the server.
pub fn is_unreachable(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<Unreachable>())
}

/// The error for a body that ends early.
fn cut(url: &str, error: std::io::Error) -> Error {
    let why = format!("the connection broke ({error}); try again, what came is kept");
    Error::new(Code::Fetch, shown(url), why).with_source(error)
}

/// The error for an answer that is none.
pub fn refused(url: &str, status: StatusCode, has_token: bool) -> Error {
    let why = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if has_token => {
            "the server does not let this token read it; have its conditions been accepted with that account?"
                .to_owned()
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "the server wants to know who asks: the model is private, its conditions have to be accepted first, or \
             there is none of this name. Give a token: --token, or HF_TOKEN"
                .to_owned()
        }
        StatusCode::TOO_MANY_REQUESTS => {
            "the server was asked too often; wait some minutes and try again, what came is kept".into()
        }
        status => format!("the server answered {status}; try again later"),
    };
    Error::new(Code::Fetch, shown(url), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_host_and_port() {
        for (url, origin) in [
            ("https://hub.example/a/b?c=/", "https://hub.example"),
            ("http://localhost:80?x", "http://localhost:80"),
            ("http://localhost:8080/", "http://localhost:8080"),
        ] {
            assert_eq!(origin_of(url), Some(origin));
        }
        assert_eq!(origin_of("no address"), None);
    }
}
