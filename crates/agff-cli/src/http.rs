//! One connection's requests, read with limits, for [`serve`](crate::serve).
//!
//! Only heads are read: a body means nothing to a server of files, so whatever length a client states
//! for one, none of it is kept, and the connection ends behind the answer.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use tiny_http::{HTTPVersion, ResponseBox};

use crate::files::{Asked, respond, text, with};
use crate::output::shown;

/// Most bytes of a request's head.
const MAX_HEAD: u64 = 64 << 10;

/// Most bytes of a body that are read and thrown away, so that its sender reads the answer.
const MAX_DRAINED: u64 = 64 << 10;

/// How long a connection may be silent, and how long a reader may take nothing.
const SILENT: Duration = Duration::from_secs(60);
const STALLED: Duration = Duration::from_secs(300);

/// How long the rest of a body is waited for.
const DRAINING: Duration = Duration::from_millis(500);

/// A request without its body.
#[derive(Debug)]
struct Head {
    method: String,
    url: String,
    /// The minor version of HTTP/1.
    minor: u8,
    headers: Vec<(String, String)>,
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        let named = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.trim())
    }

    fn has_body(&self) -> bool {
        self.header("Transfer-Encoding").is_some()
            || self.header("Content-Length").is_some_and(|n| n != "0")
    }

    /// Whether the client asks no more after this.
    fn is_last(&self) -> bool {
        let connection = self.header("Connection").unwrap_or_default();
        let connection = connection.to_ascii_lowercase();
        let keep = self.minor > 0 || connection.contains("keep-alive");
        connection.contains("close") || !keep || self.has_body()
    }
}

/// Answers a connection's requests until it ends.
///
/// # Errors
/// What reading and writing the connection fails with: the client is gone, or too slow.
pub fn answer_all(root: &Path, stream: &TcpStream, verbose: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENT))?;
    stream.set_write_timeout(Some(STALLED))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (head, response) = match read_head(&mut reader)? {
            None => return Ok(()),
            Some(Ok(head)) => {
                let response = answer(root, &head);
                (Some(head), response)
            }
            Some(Err(status)) => (None, text(status, "this request is not understood")),
        };
        if verbose {
            let status = response.status_code().0;
            let (method, url) = head.as_ref().map_or(("?", "?"), |h| (&h.method, &h.url));
            let _ = writeln!(io::stderr(), "{status} {} {}", shown(method), shown(url));
        }
        let minor = head.as_ref().map_or(1, |head| head.minor);
        let only_head = head.as_ref().is_some_and(|head| head.method == "HEAD");
        let mut writer = BufWriter::new(stream);
        response.raw_print(&mut writer, HTTPVersion(1, minor), &[], only_head, None)?;
        writer.flush()?;
        if head.is_none_or(|head| head.is_last()) {
            // Closing with bytes unread would take the answer back from a client that still sends.
            stream.shutdown(Shutdown::Write)?;
            stream.set_read_timeout(Some(DRAINING))?;
            io::copy(&mut reader.take(MAX_DRAINED), &mut io::sink())?;
            return Ok(());
        }
    }
}

fn answer(root: &Path, head: &Head) -> ResponseBox {
    let header = |name| head.header(name).map(str::to_owned);
    let asked = Asked {
        none_match: header("If-None-Match"),
        range: header("Range"),
        if_range: header("If-Range"),
    };
    match head.method.as_str() {
        "GET" | "HEAD" => respond(root, &head.url, &asked),
        _ => with(
            text(405, "only GET and HEAD are answered"),
            "Allow",
            "GET, HEAD",
        ),
    }
}

/// The next request's head, or the status that answers what is none; `None` if the client is done.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Result<Head, u16>>> {
    let mut limited = reader.take(MAX_HEAD);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        limited.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            // The limit, or the end of the connection.
            return Ok((limited.limit() == 0).then_some(Err(431)));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        match (line.is_empty(), lines.is_empty()) {
            (true, true) => {} // Empty lines before a request are no part of it (RFC 9112, 2.2).
            (true, false) => return Ok(Some(parse(&lines).ok_or(400))),
            (false, _) => lines.push(String::from_utf8_lossy(&line).into_owned()),
        }
    }
}

fn parse(lines: &[String]) -> Option<Head> {
    let (request, fields) = lines.split_first()?;
    let mut words = request.split(' ');
    let (method, url) = (words.next()?, words.next()?);
    let minor = match (words.next()?, words.next()) {
        ("HTTP/1.0", None) => 0,
        ("HTTP/1.1", None) => 1,
        _ => return None,
    };
    let field = |line: &String| {
        let (name, value) = line.split_once(':')?;
        let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
        is_name.then(|| (name.to_owned(), value.to_owned()))
    };
    Some(Head {
        method: method.to_owned(),
        url: url.to_owned(),
        minor,
        headers: fields.iter().map(field).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_up_to_a_limit() {
        let read = |text: &str| read_head(&mut text.as_bytes()).unwrap();
        let head = read("\r\nGET /a?b HTTP/1.1\r\nHost: x\r\nRANGE:  bytes=0-1 \r\n\r\nrest");
        let head = head.unwrap().unwrap();
        assert_eq!(
            (
                head.method.as_str(),
                head.url.as_str(),
                head.header("range")
            ),
            ("GET", "/a?b", Some("bytes=0-1"))
        );
        assert!(!head.is_last());
        assert!(read("").is_none());
        assert!(read("GET / HTTP/1.1\r\nHost").is_none());
        for wrong in [
            "GET /\r\n\r\n",
            "GET / HTTP/2\r\n\r\n",
            "GET /a b HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nno field\r\n\r\n",
            "GET / HTTP/1.1\r\nA : b\r\n\r\n",
        ] {
            assert_eq!(read(wrong).unwrap().unwrap_err(), 400, "{wrong:?}");
        }
        let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MAX_HEAD as usize));
        assert_eq!(read(&endless).unwrap().unwrap_err(), 431);
    }

    #[test]
    fn the_last_request_of_a_connection_is_known() {
        for (request, expected) in [
            ("GET / HTTP/1.1\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("GET / HTTP/1.0\r\n\r\n", true),
            ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
        ] {
            let head = read_head(&mut request.as_bytes()).unwrap();
            assert_eq!(head.unwrap().unwrap().is_last(), expected, "{request:?}");
        }
    }
}
