//! Typed access to the fields of a Hugging Face JSON file, with errors that name file and field.

use serde_json::{Map, Value};

use crate::ops::Activation;
use crate::{Code, Error, Result};

/// An object of a file, and where it is in it.
pub(crate) struct Section<'a> {
    file: &'a str,
    /// `text_config.` or nothing.
    path: String,
    /// `None` if the file has no such object: everything has its default.
    map: Option<&'a Map<String, Value>>,
}

/// Reads a file that must hold a JSON object.
pub(crate) fn object(json: &[u8], file: &str) -> Result<Map<String, Value>> {
    serde_json::from_slice(json).map_err(|e| {
        Error::new(Code::Config, file, format!("is not a JSON object: {e}")).with_source(e)
    })
}

impl<'a> Section<'a> {
    pub(crate) fn root(map: &'a Map<String, Value>, file: &'a str) -> Self {
        Self {
            file,
            path: String::new(),
            map: Some(map),
        }
    }

    /// How to call the file in messages.
    pub(crate) fn file(&self) -> &'a str {
        self.file
    }

    /// A value as it is, `null` too.
    pub(crate) fn get(&self, field: &str) -> Option<&'a Value> {
        self.map?.get(field)
    }

    pub(crate) fn value(&self, field: &str) -> Option<&'a Value> {
        self.get(field).filter(|v| !v.is_null())
    }

    /// The fields that there are.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.map
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn present(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    pub(crate) fn wrong(&self, field: &str, why: &str) -> Error {
        Error::new(
            Code::Config,
            self.file,
            format!("`{}{field}` {why}", self.path),
        )
    }

    /// Refuses what is stated rightly but not built here.
    pub(crate) fn refuse<T>(&self, field: &str, why: &str) -> Result<T> {
        let is = self.get(field).map_or(String::new(), Value::to_string);
        Err(self.wrong(field, &format!("is {is}; {why}")))
    }

    pub(crate) fn section(&self, field: &str) -> Result<Section<'a>> {
        let map = match self.value(field) {
            None => None,
            Some(Value::Object(map)) => Some(map),
            Some(_) => return Err(self.wrong(field, "must be an object")),
        };
        Ok(Section {
            file: self.file,
            path: format!("{}{field}.", self.path),
            map,
        })
    }

    pub(crate) fn number(&self, field: &str) -> Result<Option<u64>> {
        self.value(field)
            .map(|v| {
                // Python writes whole floats into these files now and then.
                let whole = |f: &f64| f.fract() == 0.0 && (0.0..9e15).contains(f);
                v.as_u64()
                    .or_else(|| v.as_f64().filter(whole).map(|f| f as u64))
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not a whole number")))
            })
            .transpose()
    }

    pub(crate) fn size(&self, field: &str, default: usize) -> Result<usize> {
        match self.number(field)? {
            None => Ok(default),
            Some(n) => {
                usize::try_from(n).map_err(|_| self.wrong(field, &format!("is {n}: too large")))
            }
        }
    }

    /// A size that has two names.
    pub(crate) fn size_or(&self, fields: [&str; 2], default: usize) -> Result<usize> {
        self.size(fields[0], self.size(fields[1], default)?)
    }

    /// A side length, which may be stated once for each axis.
    pub(crate) fn side(&self, field: &str, default: usize) -> Result<usize> {
        match self.value(field) {
            Some(Value::Array(sides)) => match sides.split_first() {
                Some((first, rest)) if rest.iter().all(|s| s == first) => first
                    .as_u64()
                    .and_then(|n| usize::try_from(n).ok())
                    .ok_or_else(|| self.wrong(field, "must hold whole numbers")),
                _ => self.refuse(field, "only square patches are built here"),
            },
            _ => self.size(field, default),
        }
    }

    pub(crate) fn float(&self, field: &str, default: f64) -> Result<f64> {
        match self.value(field) {
            None => Ok(default),
            Some(v) => v
                .as_f64()
                .ok_or_else(|| self.wrong(field, &format!("is {v}, not a number"))),
        }
    }

    pub(crate) fn three(&self, field: &str, default: [f32; 3]) -> Result<[f32; 3]> {
        match self.value(field) {
            None => Ok(default),
            Some(v) => serde_json::from_value(v.clone())
                .map_err(|_| self.wrong(field, &format!("is {v}, not three numbers"))),
        }
    }

    pub(crate) fn boolean(&self, field: &str) -> Result<Option<bool>> {
        self.value(field)
            .map(|v| {
                v.as_bool()
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not true or false")))
            })
            .transpose()
    }

    pub(crate) fn string(&self, field: &str) -> Result<Option<&'a str>> {
        self.value(field)
            .map(|v| {
                v.as_str()
                    .ok_or_else(|| self.wrong(field, &format!("is {v}, not a string")))
            })
            .transpose()
    }

    /// Refuses a string that is none of these.
    pub(crate) fn one_of(&self, field: &str, known: &[&str]) -> Result<()> {
        match self.string(field)? {
            Some(is) if !known.contains(&is) => {
                self.refuse(field, &format!("built here: {}", known.join(", ")))
            }
            _ => Ok(()),
        }
    }

    /// A special token of a tokenizer: by itself, or as the `content` of an object.
    pub(crate) fn token(&self, field: &str) -> Result<Option<&'a str>> {
        let token = match self.value(field).is_some_and(Value::is_object) {
            true => self.section(field)?.string("content")?,
            false => self.string(field)?,
        };
        Ok(token.filter(|token| !token.is_empty()))
    }

    pub(crate) fn sizes(&self, field: &str) -> Result<Option<Vec<usize>>> {
        self.value(field)
            .map(|v| {
                serde_json::from_value(v.clone())
                    .map_err(|_| self.wrong(field, &format!("is {v}, not whole numbers")))
            })
            .transpose()
    }

    pub(crate) fn activation(&self, default: Activation) -> Result<Activation> {
        match self.value("hidden_act") {
            None => Ok(default),
            Some(v) => serde_json::from_value(v.clone()).or_else(|_| {
                self.refuse(
                    "hidden_act",
                    "built here: gelu, gelu_pytorch_tanh, gelu_new, quick_gelu, silu, swish, relu, relu6",
                )
            }),
        }
    }
}
