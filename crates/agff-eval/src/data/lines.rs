//! What the two kinds of JSON-lines files share: their parts, and errors with file and line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use agff::{Code, Error, Result};

/// One thing to embed, as a file names it: a text, an image, or both as one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Part {
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The image file. In a file relative to that file; once read, a path that can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<PathBuf>,
    /// What the embedding is for; the package's own instruction if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
}

impl Part {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// An image file.
    pub fn image(path: impl Into<PathBuf>) -> Self {
        Self {
            image: Some(path.into()),
            ..Self::default()
        }
    }

    /// Checks that there is something to embed and that the image exists, and makes its path one
    /// that can be opened.
    pub(super) fn resolve(&mut self, folder: &Path, role: &str) -> Result<(), String> {
        let has_text = self.text.as_deref().is_some_and(|t| !t.trim().is_empty());
        if !has_text && self.image.is_none() {
            return Err(format!("the {role} has neither a text nor an image"));
        }
        if let Some(image) = &mut self.image {
            *image = folder.join(&image);
            if !image.is_file() {
                return Err(format!(
                    "the image {} of the {role} does not exist",
                    image.display()
                ));
            }
        }
        Ok(())
    }
}

/// Reads a JSON-lines file. `check` completes each line, given the file's folder, and says what
/// is wrong with it.
///
/// # Errors
/// [`Code::Io`] if the file cannot be read; [`Code::Data`] naming file and line, or that there is
/// no line.
pub(super) fn read_lines<T: DeserializeOwned>(
    path: &Path,
    mut check: impl FnMut(&mut T, &Path) -> Result<(), String>,
) -> Result<Vec<T>> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut rows = Vec::new();
    for (i, line) in BufReader::new(file).lines().enumerate() {
        let at = || format!("{}:{}", path.display(), i + 1);
        let line = line.map_err(|e| match e.kind() {
            std::io::ErrorKind::InvalidData => Error::new(Code::Data, at(), "is not UTF-8 text"),
            _ => Error::io(path, e),
        })?;
        if line.trim().is_empty() {
            continue;
        }
        let mut row: T = serde_json::from_str(&line).map_err(|e| {
            // The place within the line is said in the file's own terms.
            let why = e.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            let message = format!("column {}: {why}", e.column());
            Error::new(Code::Data, at(), message).with_source(e)
        })?;
        check(&mut row, folder).map_err(|why| Error::new(Code::Data, at(), why))?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Error::new(
            Code::Data,
            path.display().to_string(),
            "has no rows; expected one JSON object per line",
        ));
    }
    Ok(rows)
}
