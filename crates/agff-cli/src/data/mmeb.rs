//! Questions from MMEB as it is published (Jiang et al., "VLM2Vec", arXiv 2410.05160).
//!
//! Each data set is a Parquet file: a row has a query (`qry_text`, `qry_img_path`) and lists of candidates
//! (`tgt_text`, `tgt_img_path`), the first of which is right. Texts mark where an image stands
//! (`<|image_1|>`), which our prompts do themselves, and most begin with the data set's instruction.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use agff::{Code, Error, Result};
use agff_eval::data::{Part, Question};
use parquet::errors::ParquetError;
use parquet::file::reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use crate::output::{Console, Lines, shown};
use crate::places::relative;
use crate::{Done, Failure, Outcome};

const LONG: &str = "\
Make questions of data sets of the MMEB benchmark

A Parquet file has the columns qry_text, qry_img_path, tgt_text and tgt_img_path; the first
candidate is right. The category of its questions is the name of the data set: the file's, or
its folder's for names such as `test-00000-of-00001`. Marks of images (<|image_1|>) are taken
out of the texts. A question whose images are not there is left out and counted, and the
exit code is 2.";

// The file to write is the last of the files, so that options may stand anywhere.
const USAGE: &str = "agff data mmeb [OPTIONS] --images <DIR> <FILE.parquet>... <OUT.jsonl>";

const EXAMPLES: &str = "\
Examples:
  agff data mmeb MMEB-eval/*/test*.parquet --images images mmeb.jsonl
  agff data mmeb CIRR/test.parquet --images images --split-instruction cirr.jsonl";

/// Make questions of data sets of the MMEB benchmark
#[derive(clap::Args)]
#[command(long_about = LONG, after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// Data sets, and last the file to write
    #[arg(value_name = "FILE.parquet", required = true)]
    files: Vec<PathBuf>,
    /// Folder that the image paths begin in
    #[arg(long, value_name = "DIR")]
    images: PathBuf,
    /// Take what the texts of a data set begin with, up to a colon or full stop, as its instruction
    #[arg(long)]
    split_instruction: bool,
}

/// Missing images that are named; the others are counted.
const NAMED: usize = 5;

pub fn run(args: Args, console: &Console) -> Done {
    let Some((out, data_sets)) = args.files.split_last().filter(|(_, sets)| !sets.is_empty())
    else {
        return Err(Failure::Usage(
            "name data sets, and last the file to write".into(),
        ));
    };
    if out
        .extension()
        .is_some_and(|extension| extension == "parquet")
    {
        let why = format!(
            "{} is a data set; name the file to write last",
            out.display()
        );
        return Err(Failure::Usage(why));
    }
    if !args.images.is_dir() {
        let name = args.images.display().to_string();
        return Err(Error::new(
            Code::Io,
            name,
            "is not a folder; name the one with the images",
        )
        .into());
    }
    let folder = out.parent().unwrap_or(Path::new(""));
    let mut lines = Lines::to(Some(out), console)?;
    let mut missing = BTreeSet::new();
    let (mut written, mut left_out) = (0, 0);
    for path in data_sets {
        let rows = read(path)?;
        let instructions = match args.split_instruction {
            true => Instructions::of(&rows),
            false => Instructions::default(),
        };
        let category = data_set(path);
        for row in &rows {
            let question = row.question(&category, &instructions, &args.images);
            let absent: Vec<&PathBuf> =
                images(&question).filter(|image| !image.is_file()).collect();
            if absent.is_empty() {
                lines.write(&placed(&question, folder))?;
                written += 1;
            } else {
                left_out += 1;
                missing.extend(absent.into_iter().cloned());
            }
        }
    }
    for image in missing.iter().take(NAMED) {
        let name = image.display().to_string();
        console.error(&Error::new(Code::Data, name, "there is no such image"));
    }
    if missing.len() > NAMED {
        console.note(&format!(
            "{} images more are not there",
            missing.len() - NAMED
        ));
    }
    if written == 0 {
        return Err(Failure::Reported);
    }
    lines.finish()?;
    let mut told = format!("{}: {written} questions", shown(&out.display().to_string()));
    if left_out > 0 {
        told += &format!(", {left_out} left out");
    }
    console.line(&told)?;
    Ok(match left_out {
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    })
}

/// A row of a data set; texts without marks of images.
#[derive(Debug, Default)]
struct Raw {
    query: Input,
    candidates: Vec<Input>,
}

/// A text and the path of an image; either may be empty.
#[derive(Debug, Default)]
struct Input {
    text: String,
    image: String,
}

fn read(path: &Path) -> Result<Vec<Raw>> {
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
    let reader = SerializedFileReader::new(file).map_err(refused)?;
    let mut rows = Vec::new();
    for (i, row) in RowIter::from_file_into(Box::new(reader)).enumerate() {
        let row = row.map_err(refused)?;
        let raw = Raw::new(&row).map_err(|why| {
            let subject = format!("{name}, row {}", i + 1);
            Error::new(Code::Data, subject, why)
        })?;
        rows.push(raw);
    }
    if rows.is_empty() {
        return Err(Error::new(Code::Data, name, "has no rows"));
    }
    Ok(rows)
}

impl Raw {
    fn new(row: &Row) -> Result<Self, String> {
        let column = |name: &str| {
            let mut columns = row.get_column_iter();
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

    fn question(&self, category: &str, instructions: &Instructions, images: &Path) -> Question {
        let part = |input: &Input, instruction: &str| {
            let rest = input.text.strip_prefix(instruction).unwrap_or(&input.text);
            let image = !input.image.is_empty();
            // An instruction alone is nothing to embed.
            let split = !instruction.is_empty() && rest.len() < input.text.len();
            let (text, instruction) = match split && (image || !rest.trim().is_empty()) {
                true => (rest.trim(), Some(instruction.trim().to_owned())),
                false => (input.text.as_str(), None),
            };
            Part {
                text: (!text.is_empty()).then(|| text.to_owned()),
                image: image.then(|| images.join(&input.image)),
                instruction,
            }
        };
        Question {
            group: None,
            category: Some(category.to_owned()),
            query: part(&self.query, &instructions.query),
            candidates: self
                .candidates
                .iter()
                .map(|candidate| part(candidate, &instructions.candidate))
                .collect(),
            answer: 0,
        }
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

/// What the texts of a data set begin with; empty if they have nothing in common.
#[derive(Debug, Default, PartialEq, Eq)]
struct Instructions {
    query: String,
    candidate: String,
}

impl Instructions {
    fn of(rows: &[Raw]) -> Self {
        let candidates = rows.iter().flat_map(|row| &row.candidates);
        Self {
            query: instruction(rows.iter().map(|row| &row.query)),
            candidate: instruction(candidates),
        }
    }
}

/// The first sentence that all inputs begin with: up to a colon, full stop or line's end; or the whole
/// text, if all have the same with an image.
fn instruction<'a>(inputs: impl Iterator<Item = &'a Input> + Clone) -> String {
    let mut common: Option<&str> = None;
    for Input { text, .. } in inputs.clone() {
        common = Some(match common {
            None => text,
            Some(before) => {
                let same = before.char_indices().zip(text.chars());
                let end = same
                    .take_while(|((_, a), b)| a == b)
                    .last()
                    .map_or(0, |((at, c), _)| at + c.len_utf8());
                &before[..end]
            }
        });
    }
    let common = common.unwrap_or_default();
    if inputs
        .clone()
        .all(|input| input.text == common && !input.image.is_empty())
    {
        return common.to_owned();
    }
    let ends = [": ", ". ", "? ", "! ", "\n"];
    let end = ends
        .iter()
        .filter_map(|end| Some(common.find(end)? + end.len()))
        .min();
    common[..end.unwrap_or(0)].to_owned()
}

/// The name of the data set in a file: the file's, unless that only says which part it is.
fn data_set(path: &Path) -> String {
    let is_part = |name: &str| {
        let name = name.to_lowercase();
        let begins = ["test", "train", "validation", "val", "data"]
            .iter()
            .any(|part| name.strip_prefix(part).is_some_and(no_letters));
        begins || no_letters(&name) || name.contains("-of-")
    };
    let names = path.with_extension("");
    let mut names = names
        .components()
        .rev()
        .filter_map(|part| part.as_os_str().to_str().map(str::to_owned));
    names
        .find(|name| !is_part(name))
        .unwrap_or_else(|| "MMEB".to_owned())
}

fn no_letters(name: &str) -> bool {
    !name.chars().any(char::is_alphabetic)
}

fn images(question: &Question) -> impl Iterator<Item = &PathBuf> {
    std::iter::once(&question.query)
        .chain(&question.candidates)
        .filter_map(|part| part.image.as_ref())
}

/// The question with its images relative to `folder`.
fn placed(question: &Question, folder: &Path) -> Question {
    let mut question = question.clone();
    for part in std::iter::once(&mut question.query).chain(&mut question.candidates) {
        if let Some(image) = &mut part.image {
            *image = relative(folder, image);
        }
    }
    question
}

#[cfg(test)]
mod tests;
