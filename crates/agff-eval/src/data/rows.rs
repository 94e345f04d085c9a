//! Training rows: a query, its positive, and negatives that are known to be wrong.
//!
//! ```json
//! {"query": {"text": "a red mug"}, "positive": {"image": "images/1.jpg"}, "negatives": [{"image": "images/2.jpg"}], "label": "mug-1", "flip": true}
//! ```
//!
//! A file to evaluate with may also have rows without a query: what they hold is searched, and nobody asks for it.
//!
//! ```json
//! {"positive": {"image": "images/3.jpg"}, "label": "mug-1"}
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lines::{Part, read_lines};
use agff::{Code, Error, Result};

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
    /// Other labels that fit the row's picture: it shows several things and its text names one of them. Texts of rows with
    /// one of these labels are no negatives of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Rows of one group are put into one batch: they differ in one fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether a mirrored image still fits its text.
    #[serde(default)]
    pub flip: bool,
}

/// Something that is searched though no row asks for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Searched {
    /// What is searched.
    pub positive: Part,
    /// It is right for the queries of rows with this label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Reads and checks a file of training rows; image paths are relative to it, and become paths
/// that can be opened. Keys that are not known are left aside.
///
/// # Errors
/// [`Code::Io`], or [`Code::Data`] with file and line: malformed JSON, a row without query or positive, a part
/// without text or image, an image that is not there, or a file without rows.
pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
    read_lines(path, |row: &mut Row, folder| {
        resolve(
            Some(&mut row.query),
            &mut row.positive,
            &mut row.negatives,
            folder,
        )
    })
}

/// A line of a file to evaluate with.
#[derive(Deserialize)]
struct Line {
    query: Option<Part>,
    positive: Part,
    #[serde(default)]
    negatives: Vec<Part>,
    label: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    group: Option<String>,
    #[serde(default)]
    flip: bool,
}

/// [`read_rows`] of a file to evaluate with: rows without a query come apart.
///
/// # Errors
/// Those of [`read_rows`]; [`Code::Data`] if no row has a query.
pub fn read_retrieval(path: &Path) -> Result<(Vec<Row>, Vec<Searched>)> {
    let lines = read_lines(path, |line: &mut Line, folder| {
        resolve(
            line.query.as_mut(),
            &mut line.positive,
            &mut line.negatives,
            folder,
        )
    })?;
    let (mut rows, mut searched) = (Vec::new(), Vec::new());
    for line in lines {
        let (positive, label) = (line.positive, line.label);
        match line.query {
            Some(query) => rows.push(Row {
                query,
                positive,
                negatives: line.negatives,
                label,
                also: line.also,
                group: line.group,
                flip: line.flip,
            }),
            None => searched.push(Searched { positive, label }),
        }
    }
    if rows.is_empty() {
        let why = "has no row with a query: nothing would be asked";
        return Err(Error::new(Code::Data, path.display().to_string(), why));
    }
    Ok((rows, searched))
}

fn resolve(
    query: Option<&mut Part>,
    positive: &mut Part,
    negatives: &mut [Part],
    folder: &Path,
) -> Result<(), String> {
    if let Some(query) = query {
        query.resolve(folder, "query")?;
    }
    positive.resolve(folder, "positive")?;
    for negative in negatives.iter_mut() {
        negative.resolve(folder, "negative")?;
    }
    match negatives.contains(positive) {
        true => Err("the positive is among its own negatives".into()),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_query_are_searched_and_no_training_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        let row =
            r#"{"query": {"text": "a"}, "positive": {"text": "b"}, "label": "l", "group": "g"}"#;
        let searched = r#"{"positive": {"text": "c"}, "label": "l"}"#;
        std::fs::write(&path, format!("{searched}\n{row}\n")).unwrap();
        let (rows, found) = read_retrieval(&path).unwrap();
        assert_eq!((rows.len(), rows[0].group.as_deref()), (1, Some("g")));
        assert_eq!(found[0].positive, Part::text("c"));
        assert_eq!(found[0].label.as_deref(), Some("l"));
        let error = read_rows(&path).unwrap_err();
        assert!(error.message().contains("query"), "{error}");

        std::fs::write(&path, searched).unwrap();
        let error = read_retrieval(&path).unwrap_err();
        assert!(error.message().contains("no row with a query"), "{error}");
        // A query that is wrong is no missing one.
        for query in [r#"{"text": 5}"#, "{}", "7"] {
            let wrong = format!(r#"{{"query": {query}, "positive": {{"text": "c"}}}}"#);
            std::fs::write(&path, format!("{row}\n{wrong}")).unwrap();
            let error = read_retrieval(&path).unwrap_err();
            assert!(error.subject().ends_with(":2"), "{query}: {error}");
        }
    }
}
