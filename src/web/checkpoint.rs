//! Checkpoints in a page: where they are, and their conversion while the bytes arrive. What asks the network and what
//! keeps the files is JavaScript's; what is asked for and what becomes of it is decided in the core.

use js_sys::{Array, Object, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::convert;
use crate::checkpoint::{self, Address, Listing, RemoteFile, SmallFiles};
use crate::package::{ConvertOptions, Described, Write};
use crate::tensors::Dtype;
use crate::{Code, Error};

/// Where a checkpoint is.
#[wasm_bindgen]
pub struct CheckpointAddress(Address);

#[wasm_bindgen]
impl CheckpointAddress {
    /// Reads a name such as `owner/name` or `owner/name@revision`, or a URL.
    ///
    /// # Errors
    /// Those of [`Address::parse`].
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str, hub: Option<String>) -> Result<CheckpointAddress, JsValue> {
        let hub = hub.unwrap_or_else(|| checkpoint::HUB.into());
        Address::parse(text, &hub).map(Self).map_err(convert::error)
    }

    /// The same at another revision.
    pub fn at(&self, revision: &str) -> CheckpointAddress {
        Self(self.0.at(revision))
    }

    /// The URL of a file.
    pub fn file(&self, path: &str) -> String {
        self.0.file(path)
    }

    /// How to call it in messages, without a query.
    #[wasm_bindgen(getter)]
    pub fn shown(&self) -> String {
        self.0.shown()
    }

    /// A name for its package.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name().into()
    }

    /// Scheme, host and port of its server: nobody else may be told a token.
    #[wasm_bindgen(getter)]
    pub fn origin(&self) -> String {
        self.0.origin()
    }

    /// The URL of the listing of its files; `undefined` if it is no repository of a hub.
    #[wasm_bindgen(getter)]
    pub fn listing(&self) -> Option<String> {
        self.0.repository().map(|repository| repository.listing())
    }

    /// The error for a listing that is not there.
    pub fn missing(&self) -> JsValue {
        let error = self.0.repository().map(|repository| repository.missing());
        error.map_or(JsValue::UNDEFINED, convert::error)
    }

    /// Whether a listing has this file.
    ///
    /// # Errors
    /// `fetch` for what is no listing.
    pub fn lists(&self, listing: &[u8], path: &str) -> Result<bool, JsValue> {
        let listing = self.listed(listing)?;
        Ok(listing.files.iter().any(|file| file.path == path))
    }

    /// Of a listing the commit and the files that are needed: `{ commit, files: [{ path, bytes, sha256, weights }] }`.
    ///
    /// # Errors
    /// `fetch` for what is no listing; those of [`checkpoint::choose`].
    pub fn choose(&self, listing: &[u8]) -> Result<JsValue, JsValue> {
        let listing = self.listed(listing)?;
        let files = checkpoint::choose(&self.0.shown(), &listing.files).map_err(convert::error)?;
        chosen(Some(listing.commit), &files)
    }

    /// Of a listing the commit and the two files of an adapter, as [`choose`](Self::choose) gives them.
    ///
    /// # Errors
    /// `fetch` for what is no listing; those of [`checkpoint::choose_adapter`].
    #[wasm_bindgen(js_name = chooseAdapter)]
    pub fn choose_adapter(&self, listing: &[u8]) -> Result<JsValue, JsValue> {
        let listing = self.listed(listing)?;
        let files = checkpoint::choose_adapter(&self.0.shown(), &listing.files);
        chosen(Some(listing.commit), &files.map_err(convert::error)?)
    }

    /// Of the files that a folder has, given by their paths and lengths, those that are needed, as
    /// [`choose`](Self::choose) gives them.
    ///
    /// # Errors
    /// Those of [`checkpoint::choose`].
    #[wasm_bindgen(js_name = chooseLocal)]
    pub fn choose_local(shown: &str, paths: Array, lengths: Vec<f64>) -> Result<JsValue, JsValue> {
        let paths = convert::strings("files", &paths)?;
        let files: Vec<RemoteFile> = paths
            .into_iter()
            .zip(lengths)
            .map(|(path, bytes)| RemoteFile {
                path,
                bytes: Some(bytes as u64),
                sha256: None,
                immutable: false,
                version: None,
            })
            .collect();
        let files = checkpoint::choose(shown, &files).map_err(convert::error)?;
        chosen(None, &files)
    }

    fn listed(&self, listing: &[u8]) -> Result<Listing, JsValue> {
        let Some(repository) = self.0.repository() else {
            let error = Error::new(Code::Internal, self.0.shown(), "is no repository");
            return Err(convert::error(error));
        };
        Listing::parse(&self.0, repository, listing).map_err(convert::error)
    }

    /// What to ask a server for that lists nothing, beside `config.json` and the weights.
    #[wasm_bindgen(js_name = smallFiles)]
    pub fn small_files() -> Array {
        checkpoint::small_files().map(JsValue::from).collect()
    }

    /// Whether a file has weights in it.
    #[wasm_bindgen(js_name = isWeights)]
    pub fn is_weights(path: &str) -> bool {
        checkpoint::is_weights(path)
    }

    /// The files that an index of weights names.
    ///
    /// # Errors
    /// Those of [`checkpoint::files_of_index`].
    pub fn indexed(json: &[u8], shown: &str) -> Result<Array, JsValue> {
        let files = checkpoint::files_of_index(json, shown).map_err(convert::error)?;
        Ok(files.into_iter().map(JsValue::from).collect())
    }
}

fn chosen(commit: Option<String>, files: &[RemoteFile]) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct File<'a> {
        path: &'a str,
        bytes: Option<f64>,
        sha256: Option<&'a str>,
        weights: bool,
    }
    #[derive(Serialize)]
    struct Chosen<'a> {
        commit: Option<String>,
        files: Vec<File<'a>>,
    }
    fn of(file: &RemoteFile) -> File<'_> {
        File {
            path: &file.path,
            bytes: file.bytes.map(|bytes| bytes as f64),
            sha256: file.sha256.as_deref(),
            weights: checkpoint::is_weights(&file.path),
        }
    }
    convert::to_js(&Chosen {
        commit,
        files: files.iter().map(of).collect(),
    })
}

/// A conversion: small files, then headers, then weights in order; see [`crate::package::Conversion`].
#[wasm_bindgen]
pub struct Conversion {
    files: SmallFiles,
    options: ConvertOptions,
    views: Option<Vec<u8>>,
    described: Option<Described>,
    running: Option<crate::package::Conversion>,
}

#[wasm_bindgen]
impl Conversion {
    /// Begins with no files. `place` is the checkpoint's folder, for messages; `options` may hold `dtype`, `regions`,
    /// `name`, `checkpoint`, `adapter` (what to call it), `licence`, `minPixels`, `maxPixels` and `views` (the text of a `views.json`).
    ///
    /// # Errors
    /// `input`.
    #[wasm_bindgen(constructor)]
    pub fn new(place: &str, options: JsValue) -> Result<Conversion, JsValue> {
        let dtype = convert::string(&options, "dtype")?;
        let dtype = match dtype.as_deref() {
            None => Dtype::Q8,
            Some("f32") => Dtype::F32,
            Some("f16") => Dtype::F16,
            Some("q8") => Dtype::Q8,
            Some("q4") => Dtype::Q4,
            Some(other) => {
                let why = format!("{other:?} is none of \"f32\", \"f16\", \"q8\" and \"q4\"");
                return Err(convert::unusable("dtype", &why));
            }
        };
        let whole = |key: &str| -> Result<Option<u64>, JsValue> {
            match convert::number(&options, key)? {
                None => Ok(None),
                Some(_) => convert::whole(&options, key).map(|n| Some(n.into())),
            }
        };
        let adapter_name = convert::string(&options, "adapter")?;
        let files = SmallFiles::new(place);
        Ok(Self {
            files: match &adapter_name {
                None => files,
                Some(adapter) => files.with_adapter(adapter),
            },
            options: ConvertOptions {
                dtype,
                regions: whole("regions")?.map(|n| n as usize),
                name: convert::string(&options, "name")?,
                checkpoint: convert::string(&options, "checkpoint")?,
                licence: convert::string(&options, "licence")?,
                adapter_name,
                min_pixels: whole("minPixels")?,
                max_pixels: whole("maxPixels")?,
                ..ConvertOptions::default()
            },
            views: convert::string(&options, "views")?.map(String::into_bytes),
            described: None,
            running: None,
        })
    }

    /// Adds a small file.
    ///
    /// # Errors
    /// Those of [`SmallFiles::insert`].
    pub fn insert(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), JsValue> {
        self.files.insert(path, bytes).map_err(convert::error)
    }

    /// Checks the small files, and gives what the package will take:
    /// `{ family, parameters, package, device, tokenTable, largest }`.
    ///
    /// # Errors
    /// Those of [`Described::new`].
    pub fn describe(&mut self) -> Result<Object, JsValue> {
        let files = std::mem::take(&mut self.files);
        let described = Described::new(&files, self.options.clone(), self.views.take());
        let described = described.map_err(convert::error)?;
        let plan = described.plan();
        self.described = Some(described);
        let number = |bytes: u64| JsValue::from(bytes as f64);
        Ok(convert::record(&[
            ("family", plan.family.into()),
            ("parameters", number(plan.parameters)),
            ("package", number(plan.package)),
            ("device", number(plan.device)),
            ("tokenTable", number(plan.token_table)),
            ("largest", number(plan.largest)),
        ]))
    }

    /// Adds a file of weights, by its header without the length before it.
    ///
    /// # Errors
    /// Those of [`Described::add_file`].
    #[wasm_bindgen(js_name = addFile)]
    pub fn add_file(
        &mut self,
        name: &str,
        bytes: f64,
        sha256: Option<String>,
        header: &[u8],
    ) -> Result<(), JsValue> {
        let described = self.described.as_mut().ok_or_else(unready)?;
        described
            .add_file(name, bytes as u64, sha256, header)
            .map_err(convert::error)
    }

    /// The length of the header that follows the first 8 bytes of a file of weights.
    ///
    /// # Errors
    /// Those of [`header_len`](crate::tensors::shard::header_len).
    #[wasm_bindgen(js_name = headerLength)]
    pub fn header_length(prefix: &[u8], name: &str, bytes: f64) -> Result<f64, JsValue> {
        let wrong = || {
            let why = "has no header; copy or download it again";
            convert::error(Error::new(Code::PackageTruncated, name, why))
        };
        let prefix = prefix.try_into().map_err(|_| wrong())?;
        let length = crate::tensors::shard::header_len(prefix, name, bytes as u64);
        length.map(|n| n as f64).map_err(convert::error)
    }

    /// Begins, and gives the package's files with their lengths: `[{ path, bytes }]`.
    ///
    /// # Errors
    /// Those of [`Described::begin`].
    pub fn begin(&mut self) -> Result<Array, JsValue> {
        let described = self.described.take().ok_or_else(unready)?;
        let running = described.begin().map_err(convert::error)?;
        let files = lengths(running.files());
        self.running = Some(running);
        Ok(files)
    }

    /// What is known without weights: `[{ path, at, bytes }]`.
    ///
    /// # Errors
    /// Those of [`known`](crate::package::Conversion::known).
    pub fn known(&mut self) -> Result<Array, JsValue> {
        self.running()?.known().map(writes).map_err(convert::error)
    }

    /// What comes next: `{ file, at }`, or `undefined` when all came.
    ///
    /// # Errors
    /// `internal` before it has begun.
    pub fn position(&mut self) -> Result<JsValue, JsValue> {
        Ok(match self.running()?.position() {
            None => JsValue::UNDEFINED,
            Some((file, at)) => {
                let fields = [("file", (file as f64).into()), ("at", (at as f64).into())];
                convert::record(&fields).into()
            }
        })
    }

    /// Takes the next bytes, and gives what is to be written: `[{ path, at, bytes }]`.
    ///
    /// # Errors
    /// Those of [`feed`](crate::package::Conversion::feed).
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Array, JsValue> {
        self.running()?
            .feed(bytes)
            .map(writes)
            .map_err(convert::error)
    }

    /// Where to go on later.
    ///
    /// # Errors
    /// `internal` before it has begun.
    pub fn state(&mut self) -> Result<String, JsValue> {
        Ok(self.running()?.state())
    }

    /// Goes on there, if the package's files have these lengths, in the order of [`begin`](Self::begin); tells whether.
    ///
    /// # Errors
    /// `internal` before it has begun.
    pub fn resume(&mut self, state: &str, lengths: Vec<f64>) -> Result<bool, JsValue> {
        let lengths: Vec<u64> = lengths.into_iter().map(|length| length as u64).collect();
        Ok(self.running()?.resume(state, &lengths))
    }

    /// Hashes the package's files, from front to back, one after the other.
    ///
    /// # Errors
    /// Those of [`seal`](crate::package::Conversion::seal).
    pub fn seal(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.running()?.seal(bytes).map_err(convert::error)
    }

    /// The manifest, as JSON.
    ///
    /// # Errors
    /// Those of [`finish`](crate::package::Conversion::finish).
    pub fn finish(&mut self) -> Result<String, JsValue> {
        let running = self.running.take().ok_or_else(unready)?;
        let manifest = running.finish().map_err(convert::error)?;
        let json = manifest.to_json().map_err(convert::error)?;
        Ok(String::from_utf8_lossy(&json).into_owned())
    }

    fn running(&mut self) -> Result<&mut crate::package::Conversion, JsValue> {
        self.running.as_mut().ok_or_else(unready)
    }
}

fn unready() -> JsValue {
    let why = "is asked for something that it is not ready for";
    convert::error(Error::new(Code::Internal, "the conversion", why))
}

/// `[{ path, bytes }]`.
fn lengths<'a>(files: impl Iterator<Item = (&'a str, u64)>) -> Array {
    let record = |(path, bytes): (&str, u64)| {
        convert::record(&[("path", path.into()), ("bytes", (bytes as f64).into())])
    };
    files.map(record).collect()
}

fn writes(writes: Vec<Write>) -> Array {
    let record = |Write { path, at, bytes }: Write| {
        convert::record(&[
            ("path", path.into()),
            ("at", (at as f64).into()),
            ("bytes", Uint8Array::from(&bytes[..]).into()),
        ])
    };
    writes.into_iter().map(record).collect()
}
