//! HTTP: one agent, and what answers mean.

use std::io::Read;
use std::time::Duration;

use agff::{Code, Error, Result};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode, header};

/// Most bytes of an answer that is read whole.
const MAX_SMALL: u64 = 64 << 20;

/// Longest that a server may ask to wait, if it is to be waited for.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How often a request is made again after an answer of "too many" or "not now".
const RETRIES: u32 = 4;

/// Asks servers, with the caller's token.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    token: Option<String>,
}

/// An answer whose body has not been read.
pub struct Answer {
    response: Response<ureq::Body>,
}

impl Client {
    /// With a token for models that not everybody may read.
    pub fn new(token: Option<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            // The token is for the hub, and not for the servers that it sends on to.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .user_agent(concat!("agff/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            token,
        }
    }

    /// Asks for a URL, or from `start` on for the rest of it; `None` if it is not there. With a tag, the whole is
    /// sent if it is not that version any more.
    ///
    /// # Errors
    /// [`Code::Fetch`], saying what to do.
    pub fn get(&self, url: &str, start: u64, unchanged: Option<&str>) -> Result<Option<Answer>> {
        match self.ask(url, start, unchanged)? {
            Ok(answer) => Ok(Some(answer)),
            Err(StatusCode::NOT_FOUND | StatusCode::GONE) => Ok(None),
            Err(status) => Err(refused(url, status, self.token.is_some())),
        }
    }

    /// Asks for a file that need not be there. Stores that do not list their files forbid those that are not there.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn find(&self, url: &str) -> Result<Option<Answer>> {
        match self.ask(url, 0, None)? {
            Ok(answer) => Ok(Some(answer)),
            Err(StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN) => Ok(None),
            Err(status) => Err(refused(url, status, self.token.is_some())),
        }
    }

    /// The answer, or the status of one that is none.
    fn ask(
        &self,
        url: &str,
        start: u64,
        unchanged: Option<&str>,
    ) -> Result<Result<Answer, StatusCode>> {
        let mut attempt = 0;
        loop {
            let mut request = self.agent.get(url);
            if let Some(token) = &self.token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            if start > 0 {
                request = request.header(header::RANGE, format!("bytes={start}-"));
                if let Some(tag) = unchanged {
                    request = request.header(header::IF_RANGE, tag);
                }
            }
            // Lengths and ranges are of the bytes as they are.
            request = request.header(header::ACCEPT_ENCODING, "identity");
            let response = request.call().map_err(|error| unreachable(url, error))?;
            let wait = || waits(&response).unwrap_or(Duration::from_millis(500 << attempt));
            match response.status() {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => {
                    return Ok(Ok(Answer { response }));
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                    if attempt < RETRIES && wait() <= MAX_WAIT =>
                {
                    std::thread::sleep(wait());
                    attempt += 1;
                }
                status => return Ok(Err(status)),
            }
        }
    }

    /// A small file whole; `None` if it is not there.
    ///
    /// # Errors
    /// [`Code::Fetch`].
    pub fn small(&self, url: &str) -> Result<Option<Vec<u8>>> {
        let Some(answer) = self.get(url, 0, None)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let body = answer.response.into_body().into_reader();
        body.take(MAX_SMALL + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| cut(url, error))?;
        if bytes.len() as u64 > MAX_SMALL {
            let why = format!("is longer than the {MAX_SMALL} bytes that are read of it");
            return Err(Error::new(Code::Fetch, shown(url), why));
        }
        Ok(Some(bytes))
    }
}

impl Answer {
    /// Where in the file the body begins: at its start, unless the server kept to the range.
    pub fn start(&self) -> u64 {
        let range = self.header(header::CONTENT_RANGE.as_str());
        match self.response.status() {
            StatusCode::PARTIAL_CONTENT => range.and_then(first_byte).unwrap_or(0),
            _ => 0,
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

    /// What tells this version of the file from others.
    pub fn tag(&self) -> Option<&str> {
        self.header(header::ETAG.as_str())
            .filter(|tag| !tag.starts_with("W/"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The body.
    pub fn into_reader(self) -> impl Read + Send + 'static {
        self.response.into_body().into_reader()
    }
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

fn unreachable(url: &str, error: ureq::Error) -> Error {
    let why = format!("cannot be reached ({error}); is this machine connected?");
    Error::new(Code::Fetch, shown(url), why).with_source(Unreachable(error))
}

/// Whether an error says that there is no way to the server.
pub fn is_unreachable(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.is::<Unreachable>())
}

/// The error for a body that ends early.
pub fn cut(url: &str, error: std::io::Error) -> Error {
    let why = format!("the connection broke ({error}); try again, what came is kept");
    Error::new(Code::Fetch, shown(url), why).with_source(error)
}

fn refused(url: &str, status: StatusCode, has_token: bool) -> Error {
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
