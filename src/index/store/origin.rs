//! What an index's vectors were made by: vectors of different making must not be compared.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Fusion;
use crate::package::Manifest;
use crate::{Code, Error, Result};

/// The file's name, and what it says of itself.
pub(super) const FILE: &str = "index.json";
const FORMAT: &str = "agff-index";
const VERSION: u32 = 1;
const MAX_BYTES: u64 = 1 << 20;

/// How photos became pixels: by this crate's own decoders, which are the same everywhere.
pub const DECODER: &str = "exact";

/// Whose vectors an index has, and how they were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The model's name, to show.
    pub model: String,
    /// [`Manifest::fingerprint`] of the package.
    pub fingerprint: String,
    /// Whether its weights were ever trained.
    pub trained: bool,
    /// Names of the views.
    pub views: Vec<String>,
    /// Length of the vectors, to which they were cut.
    pub dimensions: usize,
    /// How similarities are fused.
    pub fusion: Fusion,
    /// How photos became pixels: [`DECODER`], or `browser`.
    pub decoder: String,
    /// To how many pixels photos were reduced.
    pub max_pixels: u64,
    /// Where the package was, so that it need not be named again; absent in earlier indexes of the built-in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// What the photos' vectors are for; the package's own instruction if absent.
    #[serde(default)]
    pub instruction: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    #[serde(flatten)]
    origin: Origin,
}

impl Origin {
    /// What a package makes here.
    ///
    /// # Errors
    /// [`Code::Internal`] if the manifest cannot be hashed.
    pub fn of(manifest: &Manifest) -> Result<Self> {
        Ok(Self {
            model: manifest.name.clone(),
            fingerprint: manifest.fingerprint()?,
            trained: manifest.trained,
            views: manifest.views.iter().map(|v| v.name.clone()).collect(),
            dimensions: manifest.config.embedding_dim(),
            fusion: manifest.fusion,
            decoder: DECODER.into(),
            max_pixels: manifest.image.max_pixels,
            package: None,
            instruction: None,
        })
    }

    /// That of the index in a folder, if there is one.
    ///
    /// # Errors
    /// [`Code::Index`] if it is damaged; [`Code::Io`].
    pub fn stored(folder: &Path) -> Result<Option<Self>> {
        match folder.join(FILE).exists() {
            true => Self::read(folder).map(Some),
            false => Ok(None),
        }
    }

    /// Whether vectors of the `other` making may come beside those of this.
    ///
    /// # Errors
    /// [`Code::IndexModel`] naming what is different.
    pub fn same_making(&self, other: &Origin) -> Result<()> {
        self.same_model(&other.model, &other.fingerprint)?;
        let differs = |what: &str, here: &str, there: &str| {
            Err(mixing(format!(
                "the index's {what} is {here}, and here {there} is asked for; use the same, or \
                 another index"
            )))
        };
        let text = |number: &dyn ToString| number.to_string();
        if self.dimensions != other.dimensions {
            return differs(
                "number of dimensions",
                &text(&self.dimensions),
                &text(&other.dimensions),
            );
        }
        if self.decoder != other.decoder {
            return differs("decoder", &self.decoder, &other.decoder);
        }
        if self.max_pixels != other.max_pixels {
            return differs(
                "limit on a photo's pixels",
                &text(&self.max_pixels),
                &text(&other.max_pixels),
            );
        }
        if self.instruction != other.instruction {
            let shown = |i: &Option<String>| match i {
                Some(text) => format!("{text:?}"),
                None => "the model's own".into(),
            };
            return differs(
                "instruction",
                &shown(&self.instruction),
                &shown(&other.instruction),
            );
        }
        Ok(())
    }

    /// Whether vectors of that model may be compared with these.
    ///
    /// # Errors
    /// [`Code::IndexModel`] naming both.
    pub fn same_model(&self, model: &str, fingerprint: &str) -> Result<()> {
        if self.fingerprint == fingerprint {
            return Ok(());
        }
        let short = |hash: &str| hash.chars().take(12).collect::<String>();
        Err(mixing(format!(
            "the vectors are those of {} ({}), not of {model} ({}); name its package with --model, or \
             make another index",
            self.model,
            short(&self.fingerprint),
            short(fingerprint)
        )))
    }

    /// Writes the file into an index's folder; it appears whole.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let document = Document {
            format: FORMAT.into(),
            version: VERSION,
            origin: self.clone(),
        };
        let mut json = serde_json::to_vec_pretty(&document).map_err(|e| {
            let why = "cannot be written as JSON";
            Error::new(Code::Internal, path.display().to_string(), why).with_source(e)
        })?;
        json.push(b'\n');
        super::write_whole(folder, FILE, &json)
    }

    /// Reads the file of an index's folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let name = || path.display().to_string();
        let file = fs::File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                let why = "there is no index here yet; make one with `agff index add`";
                Error::new(Code::Index, folder.display().to_string(), why).with_source(e)
            }
            _ => Error::io(&path, e),
        })?;
        let mut json = Vec::new();
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut json)
            .map_err(|e| Error::io(&path, e))?;
        let bad = |why: String| Error::new(Code::Index, name(), why);
        if json.len() as u64 > MAX_BYTES {
            return Err(bad(format!(
                "has more than {MAX_BYTES} bytes; it is damaged"
            )));
        }
        let value: serde_json::Value = serde_json::from_slice(&json)
            .map_err(|e| bad(format!("is not JSON: {e}; it is damaged")).with_source(e))?;
        if value["format"] != FORMAT {
            return Err(bad(format!(
                "its `format` is not {FORMAT:?}: this is no index"
            )));
        }
        if value["version"] != VERSION {
            return Err(bad(format!(
                "`version` is {}; this build reads version {VERSION}. Use a newer build",
                value["version"]
            )));
        }
        let document: Document = serde_json::from_value(value)
            .map_err(|e| bad(format!("is damaged: {e}")).with_source(e))?;
        Ok(document.origin)
    }
}

fn mixing(message: String) -> Error {
    Error::new(Code::IndexModel, "index", message)
}
