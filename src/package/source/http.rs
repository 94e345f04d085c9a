//! Packages over HTTP, with the `fetch` of whatever runs this (a window, a worker, Node) or with the
//! caller's.

use std::ops::Range;

use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, ReadableStreamDefaultReader, RequestInit, Response};

use super::{ends_early, len_of, missing};
use crate::{Code, Error, Result};

/// Files below a URL.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    signal: Option<AbortSignal>,
    fetch: Option<Function>,
}

impl Http {
    /// The files below `url`, the package's folder or its `agff.json`; the caller's `signal`
    /// aborts every read. The caller's `fetch`, if there is one, answers in the place of the global one:
    /// it is given a URL and an init with at most `signal` and `headers`, where `Range` may stand.
    pub fn new(url: &str, signal: Option<AbortSignal>, fetch: Option<Function>) -> Self {
        let url = url
            .strip_suffix(crate::package::manifest::MANIFEST_FILE)
            .unwrap_or(url);
        Self {
            base: format!("{}/", url.trim_end_matches('/')),
            signal,
            fetch,
        }
    }

    /// The folder's URL, with a final slash.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The URL of a file. (Paths of a package need no escapes; its manifest sees to it.)
    pub fn url(&self, file: &str) -> String {
        format!("{}{file}", self.base)
    }

    /// The same files without the signal.
    pub fn detached(&self) -> Self {
        Self {
            base: self.base.clone(),
            signal: None,
            fetch: self.fetch.clone(),
        }
    }

    /// Reads a range with a `Range` header; a server that ignores it sends the whole file, of
    /// which the rest is then not read.
    pub(super) async fn read_range(&self, file: &str, range: Range<u64>) -> Result<Vec<u8>> {
        let url = self.url(file);
        let len = len_of(&range, &url)?;
        if len == 0 {
            return Ok(Vec::new());
        }
        let mut body = self.fetch(&url, Some(&range)).await?;
        let mut skip = if body.partial { 0 } else { range.start };
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let Some(chunk) = body.next_chunk().await? else {
                return Err(ends_early(&url, range.end));
            };
            let from = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
            skip -= from as u64;
            let to = (from + len - bytes.len()).min(chunk.len());
            bytes.extend_from_slice(&chunk[from..to]);
        }
        Ok(bytes)
    }

    /// Opens a file to be read from front to back.
    pub(super) async fn open(&self, file: &str) -> Result<Body> {
        self.fetch(&self.url(file), None).await
    }

    async fn fetch(&self, url: &str, range: Option<&Range<u64>>) -> Result<Body> {
        let failed = |e: JsValue| failure(url, &e, self.signal.as_ref());
        let init = RequestInit::new();
        init.set_signal(self.signal.as_ref());
        if let Some(range) = range {
            let headers = Object::new();
            let value = format!("bytes={}-{}", range.start, range.end - 1);
            Reflect::set(&headers, &"Range".into(), &value.into()).map_err(failed)?;
            init.set_headers(&headers);
        }
        // Windows and workers have no common type with a `fetch` method; the global object has it.
        let global = js_sys::global();
        let fetch = match &self.fetch {
            Some(own) => own.clone(),
            None => Reflect::get(&global, &"fetch".into())
                .and_then(JsCast::dyn_into)
                .map_err(failed)?,
        };
        let promise: Promise = fetch
            .call2(&global, &url.into(), &init)
            .and_then(JsCast::dyn_into)
            .map_err(failed)?;
        let response: Response = JsFuture::from(promise)
            .await
            .and_then(JsCast::dyn_into)
            .map_err(failed)?;
        let partial = match response.status() {
            200 => false,
            206 if range.is_some() => true,
            404 | 410 => return Err(missing(url)),
            416 => return Err(ends_early(url, range.map_or(0, |r| r.end))),
            status => {
                return Err(Error::new(
                    Code::Fetch,
                    url,
                    format!(
                        "the server answered {status} {}; is the address right, and may this \
                         page read it?",
                        response.status_text()
                    ),
                ));
            }
        };
        let reader = response
            .body()
            .map(|stream| ReadableStreamDefaultReader::new(&stream))
            .transpose()
            .map_err(failed)?;
        Ok(Body {
            url: url.into(),
            signal: self.signal.clone(),
            reader,
            partial,
            chunk: Vec::new(),
        })
    }
}

/// The body of a response, as it arrives.
pub(super) struct Body {
    url: String,
    signal: Option<AbortSignal>,
    /// `None` for a response without a body.
    reader: Option<ReadableStreamDefaultReader>,
    /// Whether the server sent only the range that was asked for.
    partial: bool,
    chunk: Vec<u8>,
}

impl Body {
    pub(super) async fn next_chunk(&mut self) -> Result<Option<&[u8]>> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        loop {
            let failed = |e: JsValue| failure(&self.url, &e, self.signal.as_ref());
            let result = JsFuture::from(reader.read()).await.map_err(failed)?;
            let done = Reflect::get(&result, &"done".into()).map_err(failed)?;
            if done.is_truthy() {
                return Ok(None);
            }
            let value: Uint8Array = Reflect::get(&result, &"value".into())
                .and_then(JsCast::dyn_into)
                .map_err(failed)?;
            if value.length() > 0 {
                self.chunk.resize(value.length() as usize, 0);
                value.copy_to(&mut self.chunk);
                return Ok(Some(&self.chunk));
            }
        }
    }
}

impl Drop for Body {
    /// Lets the browser stop a download that nobody reads on.
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            // A finished stream is cancelled without effect; a failed one rejects the promise,
            // which must have a handler or the browser reports it.
            let ignore = wasm_bindgen::closure::Closure::once_into_js(|_: JsValue| {});
            if let Some(ignore) = ignore.dyn_ref::<Function>() {
                let cancelled: JsValue = reader.cancel().into();
                if let Ok(catch) =
                    Reflect::get(&cancelled, &"catch".into()).and_then(JsCast::dyn_into::<Function>)
                {
                    drop(catch.call1(&cancelled, ignore));
                }
            }
        }
    }
}

/// A failed request: aborted, or not answered.
fn failure(url: &str, thrown: &JsValue, signal: Option<&AbortSignal>) -> Error {
    if signal.is_some_and(AbortSignal::aborted) {
        return Error::new(Code::Aborted, url, "loading was aborted");
    }
    let why = Reflect::get(thrown, &"message".into())
        .ok()
        .and_then(|m| m.as_string())
        .unwrap_or_else(|| format!("{thrown:?}"));
    Error::new(
        Code::Fetch,
        url,
        format!("could not be downloaded: {why}. Is the network there, and may this page read it?"),
    )
}
