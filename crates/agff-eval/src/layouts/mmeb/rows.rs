//! The rows of a data set, from its Parquet file.

use std::fs::File;
use std::path::Path;

use agff::{Code, Error, Result};
use parquet::errors::ParquetError;
use parquet::file::reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row as Record};

use crate::guard::guarded;

/// A row of a data set; texts without marks of images.
#[derive(Debug, Default)]
pub struct Row {
    pub query: Input,
    pub candidates: Vec<Input>,
}

/// A text and the path of an image; either may be empty, but not both.
#[derive(Debug, Default)]
pub struct Input {
    pub text: String,
    pub image: String,
}

/// The rows of a file, of which there is at least one.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let refused = |error: ParquetError| {
        let why = match &error {
            ParquetError::General(text) if text.contains("Disabled feature") => format!(
                "is compressed in a way that is not read here ({text}); write it with Snappy or none"
            ),
            _ => format!("cannot be read as Parquet: {error}"),
        };
        Error::new(Code::Data, name.as_str(), why).with_source(error)
    };
    // The library trusts some of a file's numbers, and panics on others, or when it shows them.
    let damaged = || {
        let why = "is damaged; it cannot be read as Parquet";
        Error::new(Code::Data, name.as_str(), why)
    };
    let reader = guarded(|| SerializedFileReader::new(file)).ok_or_else(damaged)?;
    let mut records = RowIter::from_file_into(Box::new(reader.map_err(refused)?));
    let mut rows = Vec::new();
    loop {
        let next = guarded(|| Some(records.next()?.map(|record| Row::new(&record))));
        let Some(row) = next.ok_or_else(damaged)? else {
            break;
        };
        let row = row.map_err(refused)?.map_err(|why| {
            let subject = format!("{name}, row {}", rows.len() + 1);
            Error::new(Code::Data, subject, why)
        })?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Error::new(Code::Data, name, "has no rows"));
    }
    Ok(rows)
}

impl Row {
    /// A record as a row, or what is wrong with it.
    fn new(record: &Record) -> Result<Self, String> {
        let column = |name: &str| {
            let mut columns = record.get_column_iter();
            let found = columns.find(|(column, _)| *column == name);
            found
                .map(|(_, field)| field)
                .ok_or_else(|| format!("has no column {name}"))
        };
        let query = Input {
            text: without_marks(&text(column("qry_text")?)?),
            image: text(column("qry_img_path")?)?,
        };
        let (texts, images) = (list(column("tgt_text")?)?, list(column("tgt_img_path")?)?);
        if texts.len() != images.len() {
            return Err(format!(
                "has {} texts and {} images of candidates; they must be as many",
                texts.len(),
                images.len()
            ));
        }
        let candidates: Vec<Input> = texts
            .into_iter()
            .zip(images)
            .map(|(text, image)| Input {
                text: without_marks(&text),
                image,
            })
            .collect();
        if candidates.len() < 2 {
            return Err("has fewer than two candidates".into());
        }
        let empty = |input: &Input| input.text.is_empty() && input.image.is_empty();
        if empty(&query) {
            return Err("the query has neither a text nor an image".into());
        }
        if let Some(i) = candidates.iter().position(empty) {
            return Err(format!(
                "candidate {} has neither a text nor an image",
                i + 1
            ));
        }
        Ok(Self { query, candidates })
    }
}

fn text(field: &Field) -> Result<String, String> {
    match field {
        Field::Str(text) => Ok(text.clone()),
        Field::Null => Ok(String::new()),
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err("has a text that is not UTF-8".into()),
        },
        other => Err(format!("has {other} where a text should be")),
    }
}

fn list(field: &Field) -> Result<Vec<String>, String> {
    match field {
        Field::ListInternal(list) => list.elements().iter().map(text).collect(),
        other => Err(format!("has {other} where a list of texts should be")),
    }
}

/// A text without `<|image_1|>` and the like, and without spaces around it.
fn without_marks(text: &str) -> String {
    const MARK: &str = "<|image_";
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(at) = rest.find(MARK) {
        let after = &rest[at + MARK.len()..];
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        match after[digits..].strip_prefix("|>").filter(|_| digits > 0) {
            Some(behind) => {
                kept.push_str(&rest[..at]);
                rest = behind;
            }
            None => {
                kept.push_str(&rest[..at + MARK.len()]);
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_out_wherever_they_stand() {
        for (text, expected) in [
            ("<|image_1|>\nWhat? ", "What?"),
            ("a <|image_1|>and <|image_12|>b", "a and b"),
            (
                "<|image_|> <|image_x|> <|image_1",
                "<|image_|> <|image_x|> <|image_1",
            ),
            ("", ""),
        ] {
            assert_eq!(without_marks(text), expected);
        }
    }
}
