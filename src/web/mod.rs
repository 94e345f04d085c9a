//! The surface of the browser engines: thin, every decision is made in the core.
//!
//! What JavaScript sees is an [`Engine`] and a [`VectorIndex`]; `www/package` wraps it for people. Everything that
//! crosses can be structured-cloned (plain objects, typed arrays), so that an engine may live in a
//! worker. Failures are `Error`s with `code` and `subject` beside their `message`.

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "convert")]
mod checkpoint;
mod console;
mod convert;
mod index;
#[cfg(feature = "threads")]
mod threads;

use js_sys::{Array, Function, Object, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use crate::device::{DeviceChoice, DeviceOptions};
use crate::input::image::{self, DecodeLimits};
use crate::ops::Precision;
use crate::package::source::Http;
use crate::package::{LoadProgress, Source};
use crate::{Agff, LoadOptions};

#[cfg(feature = "convert")]
pub use checkpoint::{CheckpointAddress, Conversion};
pub use console::set_panic_handler;
pub use index::VectorIndex;
#[cfg(feature = "threads")]
pub use threads::{Threads, enter_thread};

/// A loaded package on a device.
#[wasm_bindgen]
pub struct Engine(Agff);

#[wasm_bindgen]
impl Engine {
    /// Loads the package in the folder at `base_url`.
    ///
    /// `options` may hold `device` (`"auto"`, `"gpu"` or `"cpu"`), `limits` (`"guaranteed"`),
    /// `kernels` (`"hardware"`: those for real GPUs, on a software adapter too),
    /// `onProgress(loaded, total, file)` in bytes, `signal`, and `fetch(url, init)`, which then answers
    /// for the package's files in the place of the global one.
    ///
    /// # Errors
    /// Those of [`Agff::load`], and `aborted`.
    pub async fn load(base_url: String, options: JsValue) -> Result<Engine, JsValue> {
        let device = match convert::string(&options, "device")? {
            Some(name) => name.parse().map_err(convert::error)?,
            None => DeviceChoice::Auto,
        };
        let guaranteed_limits = match convert::string(&options, "limits")?.as_deref() {
            None => false,
            Some("guaranteed") => true,
            Some(other) => {
                return Err(convert::unusable(
                    "limits",
                    &format!("{other:?} is not \"guaranteed\""),
                ));
            }
        };
        let hardware_kernels = match convert::string(&options, "kernels")?.as_deref() {
            None => false,
            Some("hardware") => true,
            Some(other) => {
                return Err(convert::unusable(
                    "kernels",
                    &format!("{other:?} is not \"hardware\""),
                ));
            }
        };
        let precision = match convert::string(&options, "precision")?.as_deref() {
            None | Some("fast") => Precision::Fast,
            Some("exact") => Precision::Exact,
            Some(other) => {
                return Err(convert::unusable(
                    "precision",
                    &format!("{other:?} is neither \"fast\" nor \"exact\""),
                ));
            }
        };
        let on_progress: Option<Function> = convert::object(&options, "onProgress")?;
        let signal: Option<AbortSignal> = convert::object(&options, "signal")?;
        let fetch: Option<Function> = convert::object(&options, "fetch")?;

        let mut thrown = None;
        let mut progress = |p: LoadProgress<'_>| {
            if let Some(callback) = &on_progress {
                let (done, total) = (p.total_done as f64, p.total as f64);
                let result =
                    callback.call3(&JsValue::NULL, &done.into(), &total.into(), &p.file.into());
                thrown = thrown.take().or(result.err());
            }
        };
        let options = LoadOptions {
            device: DeviceOptions {
                choice: device,
                guaranteed_limits,
                hardware_kernels,
            },
            precision,
            progress: Some(&mut progress),
            ..LoadOptions::default()
        };
        let source = Source::Http(Http::new(&base_url, signal, fetch));
        let agff = Agff::load(source, options).await.map_err(convert::error)?;
        match thrown {
            // The caller's own failure is the caller's to see.
            Some(error) => Err(error),
            None => Ok(Engine(agff)),
        }
    }

    /// Embeds inputs `{ image?, name?, text?, instruction? }` in one pass as far as they fit. An
    /// image is a `Uint8Array` of an encoded file, or `{ width, height, data }` in RGBA order.
    ///
    /// Gives an array of `{ views, dimensions, values, tokens, truncated }`.
    ///
    /// # Errors
    /// Those of [`Agff::embed`].
    pub async fn embed(&self, inputs: Array) -> Result<Array, JsValue> {
        let inputs = inputs
            .iter()
            .map(|input| convert::input(&input))
            .collect::<Result<Vec<_>, _>>()?;
        let embeddings = self.0.embed(&inputs).await.map_err(convert::error)?;
        Ok(embeddings.iter().map(convert::embedding_to_js).collect())
    }

    /// The fused similarity of two embeddings: `{ score, patterns, weights, best, fine }`, where `best`
    /// names the most similar pair of views.
    ///
    /// # Errors
    /// Those of [`Agff::similarity`].
    pub fn similarity(&self, query: JsValue, target: JsValue) -> Result<JsValue, JsValue> {
        let query = convert::embedding_from_js(&query)?;
        let target = convert::embedding_from_js(&target)?;
        let similarity = self.0.similarity(&query, &target).map_err(convert::error)?;
        convert::similarity_to_js(&similarity, &query.views, &target.views)
    }

    /// The first `dimensions` values of every vector of an embedding, made unit vectors again.
    ///
    /// # Errors
    /// Those of [`Embedding::truncate`](crate::Embedding::truncate).
    pub fn truncate(&self, embedding: JsValue, dimensions: usize) -> Result<Object, JsValue> {
        let embedding = convert::embedding_from_js(&embedding)?;
        let cut = embedding.truncate(dimensions).map_err(convert::error)?;
        Ok(convert::embedding_to_js(&cut))
    }

    /// What is known of the package and the device:
    /// `{ name, trained, licence, views, fusion, fingerprint, dimensions, dtype, device: { kind, name, reason } }`,
    /// where `fingerprint` is [`Manifest::fingerprint`](crate::package::Manifest::fingerprint).
    ///
    /// # Errors
    /// None is known.
    pub fn info(&self) -> Result<JsValue, JsValue> {
        convert::info(self.0.manifest(), self.0.device())
    }

    /// Decodes an image file as [`embed`](Engine::embed) does, to `{ width, height, data }` in RGB
    /// order. With `least_side` as models that state one
    /// ([`scaled_input`](crate::families::Preprocessing::scaled_input)).
    ///
    /// # Errors
    /// Those of [`image::decode_scaled`].
    pub fn decode(name: &str, bytes: Vec<u8>, least_side: Option<u32>) -> Result<Object, JsValue> {
        let limits = DecodeLimits::default();
        let pixels = image::decode_scaled(name, &bytes, &limits, least_side);
        let pixels = pixels.map_err(convert::error)?;
        Ok(convert::record(&[
            ("width", pixels.width.into()),
            ("height", pixels.height.into()),
            ("data", Uint8Array::from(&pixels.rgb[..]).into()),
        ]))
    }
}

/// Runs once when the engine is instantiated.
#[wasm_bindgen(start)]
fn start() {
    console::install();
}
