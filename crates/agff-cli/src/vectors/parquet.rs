//! Rows as Parquet: the columns are those of the JSON lines. `embeddings` is a list of lists of floats, which
//! data frames and JavaScript readers understand.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use agff::index::store::Kind;
use agff::{Code, Error};
use agff_eval::guard::guarded;
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row as Record};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::{Content, Row, WORDS};
use crate::Failure;
use crate::output::NewFile;

const SCHEMA: &str = "
    message agff {
        REQUIRED BINARY input (STRING);
        OPTIONAL BINARY text (STRING);
        REQUIRED BINARY kind (STRING);
        REQUIRED GROUP views (LIST) { REPEATED GROUP list { REQUIRED BINARY element (STRING); } }
        REQUIRED INT64 tokens;
        REQUIRED GROUP embeddings (LIST) { REPEATED GROUP list { REQUIRED GROUP element (LIST) {
            REPEATED GROUP list { REQUIRED FLOAT element; } } } }
        REQUIRED BOOLEAN truncated;
        REQUIRED BOOLEAN trained;
        OPTIONAL BINARY model (STRING);
        OPTIONAL BINARY decoder (STRING);
        OPTIONAL BINARY sha256 (STRING);
    }";

/// Rows that are held until they are written together.
const GROUP: usize = 1000;

/// Writes a file that appears when it is whole.
pub struct Writer {
    path: String,
    file: SerializedFileWriter<NewFile>,
    rows: Vec<Row>,
}

impl Writer {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let failed = |e| unwritten(&name, e);
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
        // Vectors do not repeat themselves, nor do they get smaller.
        let vectors = ColumnPath::from("embeddings.list.element.list.element");
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_column_compression(vectors.clone(), Compression::UNCOMPRESSED)
            .set_column_dictionary_enabled(vectors, false)
            .set_created_by(format!("agff {}", env!("CARGO_PKG_VERSION")))
            .build();
        let out = NewFile::create(path)?;
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Self {
            path: name,
            file,
            rows: Vec::new(),
        })
    }

    pub fn write(&mut self, row: Row) -> Result<(), Failure> {
        // Also sees to it that every row has something in its lists.
        row.embedding()?;
        self.rows.push(row);
        match self.rows.len() {
            GROUP => self.write_group(),
            _ => Ok(()),
        }
    }

    /// Adds taught words as JSON.
    pub fn words(&mut self, json: String) {
        let entry = KeyValue::new(WORDS.to_owned(), json);
        self.file.append_key_value_metadata(entry);
    }

    pub fn finish(mut self) -> Result<(), Failure> {
        self.write_group()?;
        let file = self.file.into_inner();
        file.map_err(|e| unwritten(&self.path, e))?.finish()
    }

    fn write_group(&mut self) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        group(&mut self.file, &rows).map_err(|e| unwritten(&self.path, e).into())
    }
}

/// Writes rows together, column by column in the order of the schema.
fn group(file: &mut SerializedFileWriter<NewFile>, rows: &[Row]) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    let mut number = 0;
    while let Some(mut column) = group.next_column()? {
        match (number, column.untyped()) {
            (0, ColumnWriter::ByteArrayColumnWriter(to)) => {
                let values: Vec<ByteArray> = rows.iter().map(|r| bytes(&r.input)).collect();
                to.write_batch(&values, None, None)?;
            }
            (2, ColumnWriter::ByteArrayColumnWriter(to)) => {
                let values: Vec<ByteArray> = rows.iter().map(|r| bytes(r.kind.name())).collect();
                to.write_batch(&values, None, None)?;
            }
            (3, ColumnWriter::ByteArrayColumnWriter(to)) => {
                let values: Vec<ByteArray> = rows
                    .iter()
                    .flat_map(|r| &r.views)
                    .map(|v| bytes(v))
                    .collect();
                let starts = rows
                    .iter()
                    .flat_map(|r| (0..r.views.len()).map(|i| i16::from(i > 0)));
                to.write_batch(
                    &values,
                    Some(&vec![1; values.len()]),
                    Some(&starts.collect::<Vec<_>>()),
                )?;
            }
            (4, ColumnWriter::Int64ColumnWriter(to)) => {
                let values: Vec<i64> = rows
                    .iter()
                    .map(|r| i64::try_from(r.tokens).unwrap_or(i64::MAX))
                    .collect();
                to.write_batch(&values, None, None)?;
            }
            (5, ColumnWriter::FloatColumnWriter(to)) => {
                let (mut values, mut starts) = (Vec::new(), Vec::new());
                for row in rows {
                    for (view, vector) in row.embeddings.iter().enumerate() {
                        // 0 where a row begins, 1 where a vector does.
                        let first = i16::from(view > 0);
                        starts.extend((0..vector.len()).map(|i| if i == 0 { first } else { 2 }));
                        values.extend(vector);
                    }
                }
                to.write_batch(&values, Some(&vec![2; values.len()]), Some(&starts))?;
            }
            (6, ColumnWriter::BoolColumnWriter(to)) => {
                let values: Vec<bool> = rows.iter().map(|r| r.truncated).collect();
                to.write_batch(&values, None, None)?;
            }
            (7, ColumnWriter::BoolColumnWriter(to)) => {
                let values: Vec<bool> = rows.iter().map(|r| r.trained).collect();
                to.write_batch(&values, None, None)?;
            }
            (_, ColumnWriter::ByteArrayColumnWriter(to)) => {
                let optional = rows.iter().map(|r| match number {
                    1 => &r.text,
                    8 => &r.model,
                    9 => &r.decoder,
                    _ => &r.sha256,
                });
                let there: Vec<i16> = optional.clone().map(|v| i16::from(v.is_some())).collect();
                let values: Vec<ByteArray> = optional.flatten().map(|v| bytes(v)).collect();
                to.write_batch(&values, Some(&there), None)?;
            }
            _ => {
                return Err(ParquetError::General(format!(
                    "column {number} is of another type"
                )));
            }
        }
        column.close()?;
        number += 1;
    }
    group.close()?;
    Ok(())
}

fn bytes(text: &str) -> ByteArray {
    ByteArray::from(text)
}

fn unwritten(path: &str, error: ParquetError) -> Error {
    Error::new(Code::Io, path, format!("cannot be written: {error}")).with_source(error)
}

/// Reads a file; columns that are not known are passed over.
pub fn read(
    path: &Path,
    each: &mut dyn FnMut(Content, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    let refused = |e: ParquetError| {
        let message = format!("cannot be read as Parquet: {e}");
        Error::new(Code::Data, name.as_str(), message).with_source(e)
    };
    // The library trusts some of a file's numbers, and panics on others.
    let damaged = || {
        Error::new(
            Code::Data,
            name.as_str(),
            "is damaged; it cannot be read as Parquet",
        )
    };
    let reader = guarded(|| SerializedFileReader::new(file)).ok_or_else(damaged)?;
    let reader = reader.map_err(refused)?;
    let entries = reader.metadata().file_metadata().key_value_metadata();
    let words = entries
        .into_iter()
        .flatten()
        .find(|entry| entry.key == WORDS);
    let words = words.and_then(|entry| entry.value.clone());
    let mut records = RowIter::from_file_into(Box::new(reader));
    for number in 1.. {
        let Some(record) = guarded(|| records.next()).ok_or_else(damaged)? else {
            break;
        };
        let at = format!("{name}, row {number}");
        let record = record.map_err(refused)?;
        let row = row(&record).map_err(|column| {
            let message = format!(
                "`{column}` is missing or of another type; is this a file of `agff embed`?"
            );
            Error::new(Code::Data, at.as_str(), message)
        })?;
        each(Content::Row(Box::new(row)), at)?;
    }
    match words {
        Some(words) => each(Content::Words(words.into_bytes()), name),
        None => Ok(()),
    }
}

/// A row, or the name of the column that is wrong.
fn row(record: &Record) -> Result<Row, &'static str> {
    let find = |name: &'static str| {
        let mut columns = record.get_column_iter();
        columns
            .find(|(column, _)| *column == name)
            .map(|(_, field)| field)
    };
    let text = |name| match find(name) {
        None | Some(Field::Null) => Ok(None),
        Some(field) => string(field).map(Some).ok_or(name),
    };
    let whether = |name| matches!(find(name), Some(Field::Bool(true)));
    let list = |name| match find(name) {
        Some(Field::ListInternal(list)) => Ok(list.elements()),
        _ => Err(name),
    };
    let views = list("views")?.iter().map(string);
    let vector = |field: &Field| match field {
        Field::ListInternal(values) => values.elements().iter().map(float).collect(),
        _ => None,
    };
    let embeddings = list("embeddings")?.iter().map(vector);
    Ok(Row {
        input: text("input")?.ok_or("input")?,
        text: text("text")?,
        kind: match text("kind")?.as_deref() {
            Some("image") => Kind::Image,
            Some("text") => Kind::Text,
            Some("joint") => Kind::Joint,
            _ => return Err("kind"),
        },
        views: views.collect::<Option<_>>().ok_or("views")?,
        tokens: match find("tokens") {
            Some(Field::Long(n)) => u64::try_from(*n).map_err(|_| "tokens")?,
            Some(Field::Int(n)) => u64::try_from(*n).map_err(|_| "tokens")?,
            Some(Field::UInt(n)) => u64::from(*n),
            Some(Field::ULong(n)) => *n,
            None => 0,
            // Pages have no other numbers.
            Some(Field::Double(n)) if *n >= 0.0 && n.fract() == 0.0 => *n as u64,
            Some(_) => return Err("tokens"),
        },
        embeddings: embeddings.collect::<Option<_>>().ok_or("embeddings")?,
        truncated: whether("truncated"),
        trained: whether("trained"),
        model: text("model")?,
        decoder: text("decoder")?,
        sha256: text("sha256")?,
    })
}

/// A string, also from a writer that does not say that its bytes are one.
fn string(field: &Field) -> Option<String> {
    match field {
        Field::Str(text) => Some(text.clone()),
        Field::Bytes(bytes) => bytes.as_utf8().ok().map(str::to_owned),
        _ => None,
    }
}

fn float(field: &Field) -> Option<f32> {
    match field {
        Field::Float(x) => Some(*x),
        Field::Double(x) => Some(*x as f32),
        _ => None,
    }
}
