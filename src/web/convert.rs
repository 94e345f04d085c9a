//! Between JavaScript's values and the core's.

use std::error::Error as _;

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

use crate::Fusion;
use crate::device::DeviceReport;
use crate::embedding::{Embedding, Patterns, Similarity};
use crate::input::image::{DecodeLimits, pixels_from_rgba};
use crate::package::Manifest;
use crate::{Code, Error, Input, InputImage};

/// A JavaScript `Error` with the stable `code`, the `subject`, and the cause as text.
pub(super) fn error(error: Error) -> JsValue {
    let js = js_sys::Error::new(error.message());
    js.set_name("AgffError");
    set(&js, "code", error.code().as_str().into());
    set(&js, "subject", error.subject().into());
    if let Some(cause) = error.source() {
        set(&js, "cause", cause.to_string().into());
    }
    js.into()
}

/// An error about something that the caller passed.
pub(super) fn unusable(subject: &str, message: &str) -> JsValue {
    error(Error::new(Code::Input, subject, message))
}

// A property of a new plain object can always be set.
fn set(object: &JsValue, key: &str, value: JsValue) {
    let done = Reflect::set(object, &key.into(), &value);
    debug_assert!(done.is_ok(), "{key} could not be set");
}

/// A plain object.
pub(super) fn record(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in fields {
        set(&object, key, value.clone());
    }
    object
}

/// A property, unless it is absent, `undefined` or `null`.
fn property(object: &JsValue, key: &str) -> Result<Option<JsValue>, JsValue> {
    if object.is_undefined() || object.is_null() {
        return Ok(None);
    }
    let value = Reflect::get(object, &key.into()).map_err(|_| {
        unusable(
            key,
            "this property is looked for in something that is not an object",
        )
    })?;
    Ok(Some(value).filter(|value| !value.is_undefined() && !value.is_null()))
}

/// An optional string property.
pub(super) fn string(object: &JsValue, key: &str) -> Result<Option<String>, JsValue> {
    property(object, key)?
        .map(|value| {
            value
                .as_string()
                .ok_or_else(|| unusable(key, "this is not a string"))
        })
        .transpose()
}

/// An optional property of a class.
pub(super) fn object<T: JsCast>(object: &JsValue, key: &str) -> Result<Option<T>, JsValue> {
    property(object, key)?
        .map(|value| {
            value
                .dyn_into()
                .map_err(|_| unusable(key, "this is of another type"))
        })
        .transpose()
}

/// An optional number.
pub(super) fn number(object: &JsValue, key: &str) -> Result<Option<f64>, JsValue> {
    property(object, key)?
        .map(|value| {
            value
                .as_f64()
                .ok_or_else(|| unusable(key, "this is not a number"))
        })
        .transpose()
}

/// An array of strings.
pub(super) fn strings(subject: &str, values: &Array) -> Result<Vec<String>, JsValue> {
    let all = values.iter().map(|value| value.as_string());
    all.collect::<Option<_>>()
        .ok_or_else(|| unusable(subject, "these are not all strings"))
}

/// A property that has to be a whole number from 0 to 2³² − 1.
pub(super) fn whole(object: &JsValue, key: &str) -> Result<u32, JsValue> {
    let number = property(object, key)?
        .and_then(|value| value.as_f64())
        .unwrap_or(f64::NAN);
    let whole = number as u32;
    if f64::from(whole) == number {
        Ok(whole)
    } else {
        Err(unusable(key, "this is not a whole number"))
    }
}

/// An input `{ image?, name?, text?, instruction? }`.
pub(super) fn input(value: &JsValue) -> Result<Input, JsValue> {
    if !value.is_object() {
        return Err(unusable(
            "input",
            "an input is an object with an image, a text, or both",
        ));
    }
    let name = string(value, "name")?.unwrap_or_else(|| "image".into());
    let image = property(value, "image")?
        .map(|image| input_image(name, image))
        .transpose()?;
    Ok(Input {
        image,
        text: string(value, "text")?,
        instruction: string(value, "instruction")?,
    })
}

fn input_image(name: String, image: JsValue) -> Result<InputImage, JsValue> {
    if let Some(bytes) = image.dyn_ref::<Uint8Array>() {
        return Ok(InputImage::Encoded {
            name,
            bytes: bytes.to_vec(),
        });
    }
    let (width, height) = (whole(&image, "width")?, whole(&image, "height")?);
    let data = property(&image, "data")?.unwrap_or_default();
    let rgba = bytes_of(&data).ok_or_else(|| {
        unusable(
            &name,
            "pixels are { width, height, data } with four bytes for each in a typed array",
        )
    })?;
    pixels_from_rgba(&name, width, height, rgba, &DecodeLimits::default())
        .map(InputImage::Pixels)
        .map_err(error)
}

fn bytes_of(data: &JsValue) -> Option<Vec<u8>> {
    if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
        return Some(bytes.to_vec());
    }
    data.dyn_ref::<js_sys::Uint8ClampedArray>()
        .map(|bytes| bytes.to_vec())
}

/// `{ views, dimensions, values, tokens, truncated }`.
pub(super) fn embedding_to_js(embedding: &Embedding) -> Object {
    let views: Array = embedding
        .views
        .iter()
        .map(|view| JsValue::from(view.as_str()))
        .collect();
    record(&[
        ("views", views.into()),
        ("dimensions", (embedding.dimensions as f64).into()),
        ("values", Float32Array::from(&embedding.values[..]).into()),
        ("tokens", (embedding.tokens as f64).into()),
        ("truncated", embedding.truncated.into()),
    ])
}

/// The same back; it may have been stored, or made by hand, so it is checked.
pub(super) fn embedding_from_js(value: &JsValue) -> Result<Embedding, JsValue> {
    let unusable = |message: &str| error(Error::new(Code::Embedding, "embedding", message));
    let views = object::<Array>(value, "views")?
        .and_then(|views| {
            views
                .iter()
                .map(|view| view.as_string())
                .collect::<Option<Vec<_>>>()
        })
        .ok_or_else(|| unusable("its views are not an array of names"))?;
    let values = object::<Float32Array>(value, "values")?
        .ok_or_else(|| unusable("its values are not a Float32Array"))?
        .to_vec();
    let dimensions = whole(value, "dimensions")? as usize;
    let embedding = Embedding {
        views,
        dimensions,
        values,
        tokens: whole(value, "tokens").unwrap_or(0) as usize,
        truncated: property(value, "truncated")?.is_some_and(|cut| cut.is_truthy()),
    };
    embedding.check().map_err(error)?;
    Ok(embedding)
}

/// `{ score, patterns, weights, best, fine }`.
pub(super) fn similarity_to_js(
    similarity: &Similarity,
    query: &[String],
    target: &[String],
) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Explained<'a> {
        score: f32,
        patterns: Patterns,
        weights: Patterns,
        best: [&'a str; 2],
        #[serde(skip_serializing_if = "Option::is_none")]
        fine: Option<&'a str>,
    }
    let (a, b) = similarity.best;
    to_js(&Explained {
        score: similarity.score,
        patterns: similarity.patterns,
        weights: similarity.weights,
        best: [&query[a], &target[b]],
        fine: similarity.fine.map(|view| target[view].as_str()),
    })
}

/// What is known of the package and the device.
pub(super) fn info(manifest: &Manifest, device: &DeviceReport) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Info<'a> {
        name: &'a str,
        trained: bool,
        licence: &'a str,
        views: Vec<&'a str>,
        fusion: Fusion,
        fingerprint: String,
        dimensions: &'a [usize],
        dtype: crate::tensors::Dtype,
        device: &'a DeviceReport,
    }
    to_js(&Info {
        name: &manifest.name,
        trained: manifest.trained,
        licence: &manifest.licence,
        views: manifest
            .views
            .iter()
            .map(|view| view.name.as_str())
            .collect(),
        fusion: manifest.fusion,
        fingerprint: manifest.fingerprint().map_err(error)?,
        dimensions: &manifest.dimensions,
        dtype: manifest.dtype,
        device,
    })
}

pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value
        .serialize(&Serializer::json_compatible())
        .map_err(|e| error(Error::new(Code::Internal, "", e.to_string())))
}
