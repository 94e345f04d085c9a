//! `agff index export` and `import`: the records as files of vectors, and back.

use std::path::{Path, PathBuf};

use agff::index::content_id;
use agff::index::store::{Kind, Origin, Place, Record, Store};
use agff::index::words::read_words;
use agff::{Code, Error, Result};
use serde_json::json;

use super::{At, origin, tell_damage, text_of};
use crate::model::ModelArgs;
use crate::output::Console;
use crate::vectors::{self, Content, Row, Writer};
use crate::{Done, Failure, Outcome};

const EXPORT_LONG: &str = "\
Write the index as a file of vectors

The file is what `agff embed -o` writes: Parquet or JSON lines, by its name; without -o, JSON
lines on stdout. `agff index import` reads it. There is one row for each file with a record's
content. Words that were taught go with it.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  agff index export -o photos.parquet
  agff index export > photos.jsonl";

/// Write the index as a file of vectors
#[derive(clap::Args)]
#[command(long_about = EXPORT_LONG, after_help = EXPORT_EXAMPLES)]
pub struct ExportArgs {
    /// A file whose name ends in .parquet or .jsonl, which appears when it is whole
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub at: At,
}

pub fn export(args: ExportArgs, console: &Console) -> Done {
    let store = args.at.open(console)?;
    let mut writer = Writer::to(args.output.as_deref(), console)?;
    let mut rows = 0;
    for id in store.index().ids() {
        let lost = || Error::new(Code::Internal, id, "has no record");
        let embedding = store.index().get(id).ok_or_else(lost)?;
        let record = store.record(id).ok_or_else(lost)?;
        let row = |input: &str, text: Option<&str>| Row {
            input: input.to_owned(),
            text: text.map(str::to_owned),
            kind: record.kind,
            views: embedding.views.clone(),
            tokens: record.tokens,
            embeddings: Row::vectors(&embedding),
            truncated: record.truncated,
            trained: store.origin().trained,
            model: Some(store.origin().fingerprint.clone()),
            decoder: (record.kind != Kind::Text).then(|| store.origin().decoder.clone()),
            sha256: (record.kind == Kind::Image && is_hash(id)).then(|| id.to_owned()),
        };
        let text = record.text.as_deref();
        let mut paths = store.paths_of(id).peekable();
        if paths.peek().is_none() {
            // The text itself is what a text is called.
            writer.write(row(text.unwrap_or(id), None))?;
            rows += 1;
        }
        for path in paths {
            writer.write(row(path, text))?;
            rows += 1;
        }
    }
    if let Some(damage) = store.words_damage() {
        return Err(Error::new(damage.code(), damage.subject(), damage.message()).into());
    }
    for words in store.words_as_json(writer.words_together()) {
        writer.words(words)?;
    }
    writer.finish()?;
    console.status(&format!("{rows} rows were written"));
    Ok(Outcome::Complete)
}

const IMPORT_LONG: &str = "\
Read files of vectors into the index

Takes what `agff embed -o` and `agff index export` write: Parquet, or JSON lines.
Rows of another model than the index's are refused, and so are rows that do not say of which
model they are, unless --unchecked is given. A row that cannot be used is reported, and the
others are read. Names that are no files here stay as they are; of several contents with one
name, the later ones get a part of their sha256 behind it. Words that were taught come along; one
that is known here stays as it is.";

const IMPORT_EXAMPLES: &str = "\
Examples:
  agff index import photos.parquet
  agff index import vectors.jsonl --model qwen";

/// Read files of vectors into the index
#[derive(clap::Args)]
#[command(long_about = IMPORT_LONG, after_help = IMPORT_EXAMPLES)]
pub struct ImportArgs {
    /// Files of vectors
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Take rows that do not say which model made them
    #[arg(long)]
    unchecked: bool,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    model: ModelArgs,
}

pub fn import(args: ImportArgs, console: &Console) -> Done {
    let folder = args.at.folder()?;
    let mut store = match Store::open_to_write(&folder) {
        // The model is only asked for where there is no index yet.
        Err(error) if error.code() == Code::Index && Origin::stored(&folder)?.is_none() => {
            Store::open_or_create(&folder, &origin(&args.model, console)?)?
        }
        other => other?,
    };
    tell_damage(&store, console);
    let (mut imported, mut known, mut failed, mut words) = (0, 0, 0, 0);
    for file in &args.files {
        vectors::read(file, |content, at| {
            let row = match content {
                Content::Row(row) => *row,
                Content::Words(json) => {
                    match take_words(&mut store, &json, &at) {
                        Ok(new) => words += new,
                        Err(error) if error.code() == Code::Io => return Err(error.into()),
                        // The photos are there all the same.
                        Err(error) => {
                            failed += 1;
                            console.error(&error);
                        }
                    }
                    return Ok(());
                }
            };
            match take(&mut store, row, args.unchecked) {
                Ok(true) => imported += 1,
                Ok(false) => known += 1,
                // The disk, say.
                Err(error) if error.code() == Code::Io => return Err(error.into()),
                Err(error) if error.code() == Code::IndexModel => {
                    let message = error.message().to_owned();
                    return Err(Error::new(error.code(), at, message)
                        .with_source(error)
                        .into());
                }
                Err(error) => {
                    failed += 1;
                    let message = error.message().to_owned();
                    console.error(&Error::new(error.code(), at, message).with_source(error));
                }
            }
            Ok(())
        })?;
    }
    store.finish()?;
    if imported + known == 0 && failed > 0 {
        return Err(Failure::Reported);
    }
    let records = store.index().len();
    match args.at.json {
        true => console.json_line(&json!({
            "imported": imported, "known": known, "failed": failed, "records": records, "words": words,
        }))?,
        false => {
            let taught = match words {
                0 => String::new(),
                1 => "; 1 taught word came along".into(),
                n => format!("; {n} taught words came along"),
            };
            console.line(&format!(
                "{imported} imported, {known} known by their content; the index has {records} records{taught}"
            ))?;
        }
    }
    Ok(if failed == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}

/// Takes the words that go with a file, and gives how many are new.
fn take_words(store: &mut Store, json: &[u8], shown: &str) -> Result<usize> {
    let words = read_words(json, shown, &store.origin().fingerprint)?;
    store.take_words(words).map_err(|e| match e.code() {
        Code::Io => e,
        code => {
            let why = format!(
                "its taught words cannot be taken: {} {}",
                e.subject(),
                e.message()
            );
            Error::new(code, shown, why).with_source(e)
        }
    })
}

/// Stores a row, and gives whether it was new.
fn take(store: &mut Store, row: Row, unchecked: bool) -> Result<bool> {
    check(&row, store.origin(), unchecked)?;
    let embedding = row.embedding()?;
    let id = match &row.sha256 {
        Some(hash) if row.kind == Kind::Image => hash.clone(),
        // What stands for the content where that is not known.
        _ => {
            let name = row.input.as_str();
            let parts = (row.kind.name(), name, &row.text, &embedding.values);
            let json = serde_json::to_vec(&parts).map_err(|e| {
                Error::new(Code::Internal, name, "cannot be written as JSON").with_source(e)
            })?;
            format!("{}-{}", row.kind.name(), content_id(&json))
        }
    };
    let place = match row.kind {
        Kind::Text => None,
        Kind::Image | Kind::Joint => Some(Place {
            path: path_for(store, &row.input, &id)?,
            seen: None,
        }),
    };
    if store.record(&id).is_some() {
        if let Some(place) = place
            && store.place_of(&place.path).is_none_or(|(old, _)| old != id)
        {
            store.place(&id, place)?;
        }
        return Ok(false);
    }
    let record = Record {
        kind: row.kind,
        text: match row.kind {
            Kind::Text => Some(row.input.clone()),
            _ => row.text.clone(),
        },
        tokens: row.tokens,
        truncated: row.truncated,
    };
    store.add(&id, record, &embedding, place)?;
    Ok(true)
}

/// Whether a row's vectors may come beside those of the index.
fn check(row: &Row, origin: &Origin, unchecked: bool) -> Result<()> {
    match &row.model {
        Some(model) => origin.same_model("another model", model)?,
        None if unchecked => {}
        None => {
            let message = "does not say which model made it; if you know that it is the index's, use --unchecked";
            return Err(Error::new(Code::IndexModel, "", message));
        }
    }
    if let Some(decoder) = row.decoder.as_ref().filter(|d| **d != origin.decoder) {
        let message = format!(
            "its photo was decoded in another way ({decoder}) than those of the index ({}); import it \
             into an index of its own",
            origin.decoder
        );
        return Err(Error::new(Code::IndexModel, "", message));
    }
    match &row.sha256 {
        Some(hash) if !is_hash(hash) => {
            let message = "its sha256 is not 64 hexadecimal digits";
            Err(Error::new(Code::Data, "", message))
        }
        _ => Ok(()),
    }
}

fn is_hash(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A path as an index keeps it if there is such a file. A name from elsewhere stays as it is, unless it
/// is another content's: pages know no folders, so that many photos may be called `IMG_0001.jpg`.
fn path_for(store: &Store, input: &str, id: &str) -> Result<String> {
    if Path::new(input).is_file() {
        return text_of(Path::new(input));
    }
    let taken = store.place_of(input).is_some_and(|(other, _)| other != id);
    Ok(match taken {
        true => format!("{input} ({})", id.chars().take(12).collect::<String>()),
        false => input.to_owned(),
    })
}
