//! Training rows: a query, its positive, and negatives that are known to be wrong.
//!
//! ```json
//! {"query": {"text": "a red mug"}, "positive": {"image": "images/1.jpg"}, "negatives": [{"image": "images/2.jpg"}], "label": "mug-1", "flip": true}
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lines::{Part, read_lines};
use agff::Result;

/// A training row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What is searched with.
    pub query: Part,
    /// What it should find.
    pub positive: Part,
    /// What it should not find, though it looks alike; used only if the recipe says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub negatives: Vec<Part>,
    /// Rows of one label are not each other's negatives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Rows of one group are put into one batch: they differ in one fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether a mirrored image still fits its text.
    #[serde(default)]
    pub flip: bool,
}

/// Reads and checks a file of training rows; image paths are relative to it, and become paths
/// that can be opened. Keys that are not known are left aside.
///
/// # Errors
/// [`Code::Io`](agff::Code::Io), or [`Code::Data`](agff::Code::Data) with file and line: malformed
/// JSON, a row without query or positive, a part without text or image, an image that is not there, or
/// a file without rows.
pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
    read_lines(path, |row: &mut Row, folder| {
        row.query.resolve(folder, "query")?;
        row.positive.resolve(folder, "positive")?;
        for negative in &mut row.negatives {
            negative.resolve(folder, "negative")?;
        }
        if row.negatives.contains(&row.positive) {
            return Err("the positive is among its own negatives".into());
        }
        Ok(())
    })
}
