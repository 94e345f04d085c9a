//! Questions from MMVP-VLM as it is published (Tong et al., "Eyes Wide Shut", arXiv 2401.06209).
//!
//! Its folder has a `Questions.csv` with the columns Question ID, Type and Statement, and a folder of images for
//! each type, `1.jpg` and so on by the questions' numbers. Two statements after each other are a pair:
//! each becomes a question whose candidates are the pair's two images, and both together a group.
//! Folders and types go by several names (`Camera Perspective`, `Viewpoint and Perspective`); either may
//! have any of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use agff::{Code, Error, Result};
use walkdir::WalkDir;

use crate::data::{Part, Question};

/// The nine patterns: the name in the paper, and what types and folders of the pattern are called.
const PATTERNS: [(&str, &[&str]); 9] = [
    ("Orientation and Direction", &["orientation"]),
    ("Presence of Specific Features", &["presence"]),
    ("State and Condition", &["state"]),
    ("Quantity and Count", &["quantity", "count"]),
    (
        "Positional and Relational Context",
        &["spatial", "position", "positional"],
    ),
    ("Color and Appearance", &["color", "colour"]),
    (
        "Structural Characteristics",
        &["structuralcharacter", "structural", "structure"],
    ),
    ("Texts", &["text"]),
    (
        "Viewpoint and Perspective",
        &["cameraperspective", "viewpoint", "perspective"],
    ),
];

/// The names of the nine patterns, in the paper's order.
pub fn pattern_names() -> impl Iterator<Item = &'static str> {
    PATTERNS.iter().map(|(name, _)| *name)
}

/// The benchmark: its statements, and its images by pattern and number.
#[derive(Debug)]
pub struct Benchmark {
    table: PathBuf,
    statements: Vec<Statement>,
    images: Images,
}

impl Benchmark {
    /// Reads the statements of the Questions.csv in the folder or in one below it, and finds the images in
    /// the folder: the files that are photos by `is_photo` and have a number for a name.
    ///
    /// # Errors
    /// [`Code::Io`] if the folder is none; [`Code::Data`] if there is no Questions.csv, or with its line
    /// for what is wrong in it.
    pub fn read(folder: &Path, is_photo: impl Fn(&Path) -> bool) -> Result<Self> {
        let table = find_table(folder)?;
        Ok(Self {
            statements: read_statements(&table)?,
            images: Images::find(folder, is_photo),
            table,
        })
    }

    /// The file of the statements.
    pub fn table(&self) -> &Path {
        &self.table
    }

    /// How many pairs of statements there are.
    pub fn pairs(&self) -> usize {
        self.statements.len().div_ceil(2)
    }

    /// The two questions of each pair, with `prefix` before every statement.
    ///
    /// # Errors
    /// Of a pair: [`Code::Data`] with the line of a statement that has no partner, is of another type than
    /// its partner, or whose image is not there.
    pub fn questions(&self, prefix: &str) -> impl Iterator<Item = Result<[Question; 2]>> {
        let pairs = self.statements.chunks(2);
        pairs.map(move |pair| self.of_pair(pair, prefix))
    }

    fn of_pair(&self, pair: &[Statement], prefix: &str) -> Result<[Question; 2]> {
        let at = |statement: &Statement| format!("{}:{}", self.table.display(), statement.line);
        let [first, second] = pair else {
            let line = pair.first().map_or_else(String::new, at);
            let why = "the last statement has no partner; two after each other are a pair";
            return Err(Error::new(Code::Data, line, why));
        };
        if pattern(&first.kind) != pattern(&second.kind) {
            let why = format!(
                "is of type {:?}, the statement before it of {:?}; two after each other are a pair",
                second.kind, first.kind
            );
            return Err(Error::new(Code::Data, at(second), why));
        }
        let image = |statement: &Statement| {
            let image = self.images.get(&statement.kind, statement.number);
            image.map_err(|why| Error::new(Code::Data, at(statement), why))
        };
        let candidates = vec![Part::image(image(first)?), Part::image(image(second)?)];
        let question = |answer: usize, statement: &Statement| Question {
            group: Some(format!("{}-{}", first.number, second.number)),
            category: Some(pattern(&first.kind)),
            query: Part::text(format!("{prefix}{}", statement.text)),
            candidates: candidates.clone(),
            answer,
        };
        Ok([question(0, first), question(1, second)])
    }
}

/// A line of Questions.csv.
#[derive(Debug, Clone, PartialEq)]
struct Statement {
    line: u64,
    number: u64,
    kind: String,
    text: String,
}

/// Questions.csv in the folder, or in one below it.
fn find_table(folder: &Path) -> Result<PathBuf> {
    if !folder.is_dir() {
        let why = "is not a folder; name the one with Questions.csv";
        return Err(Error::new(Code::Io, folder.display().to_string(), why));
    }
    let is_table = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.eq_ignore_ascii_case("Questions.csv")) && path.is_file()
    };
    WalkDir::new(folder)
        .max_depth(3)
        .sort_by_file_name()
        .into_iter()
        .filter_map(std::result::Result::ok)
        .map(walkdir::DirEntry::into_path)
        .find(|path| is_table(path))
        .ok_or_else(|| {
            let why = "has no Questions.csv in it: this is not MMVP-VLM";
            Error::new(Code::Data, folder.display().to_string(), why)
        })
}

fn read_statements(table: &Path) -> Result<Vec<Statement>> {
    let at = |line: u64| format!("{}:{line}", table.display());
    let refused = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Error::new(Code::Data, at(line), error.to_string()).with_source(error)
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(table)
        .map_err(refused)?;
    let heads: Vec<String> = reader.headers().map_err(refused)?.iter().map(key).collect();
    let column = |names: &[&str]| {
        let place = heads.iter().position(|head| names.contains(&&**head));
        place.ok_or_else(|| {
            let why = format!("has no column {:?}; its columns are {heads:?}", names[0]);
            Error::new(Code::Data, at(1), why)
        })
    };
    let number = column(&["questionid", "id", "lid"])?;
    let (kind, text) = (column(&["type"])?, column(&["statement"])?);
    let mut statements: Vec<Statement> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(refused)?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| record.get(i).unwrap_or_default();
        let statement = Statement {
            line,
            number: field(number).parse().map_err(|_| {
                let why = format!("the question's number is {:?}", field(number));
                Error::new(Code::Data, at(line), why)
            })?,
            kind: field(kind).to_owned(),
            text: field(text).to_owned(),
        };
        if statement.text.is_empty() {
            return Err(Error::new(Code::Data, at(line), "the statement is empty"));
        }
        statements.push(statement);
    }
    if statements.is_empty() {
        return Err(Error::new(Code::Data, at(1), "has no statements"));
    }
    Ok(statements)
}

/// Images by pattern and number.
#[derive(Debug, Default)]
struct Images(HashMap<String, HashMap<u64, PathBuf>>);

impl Images {
    /// All images whose names are numbers, by the names of their folders.
    fn find(folder: &Path, is_photo: impl Fn(&Path) -> bool) -> Self {
        let mut images = Self::default();
        let files = WalkDir::new(folder)
            .sort_by_file_name()
            .into_iter()
            .filter_map(std::result::Result::ok)
            .map(walkdir::DirEntry::into_path)
            .filter(|path| is_photo(path) && path.is_file());
        for path in files {
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            let parent = path.parent().and_then(Path::file_name);
            if let (Some(number), Some(parent)) = (number, parent) {
                let of_pattern = images.0.entry(pattern(&parent.to_string_lossy()));
                of_pattern.or_default().entry(number).or_insert(path);
            }
        }
        images
    }

    fn get(&self, kind: &str, number: u64) -> Result<&Path, String> {
        let of_pattern = self.0.get(&pattern(kind)).ok_or_else(|| {
            let mut folders: Vec<&str> = self.0.keys().map(String::as_str).collect();
            folders.sort_unstable();
            format!("there is no folder with images for the type {kind:?}, only for {folders:?}")
        })?;
        of_pattern
            .get(&number)
            .map(PathBuf::as_path)
            .ok_or_else(|| format!("image {number} of the type {kind:?} is not there"))
    }
}

/// The paper's name of the pattern that a type or folder belongs to, or the name as it is.
fn pattern(name: &str) -> String {
    let own = key(name);
    let known = PATTERNS
        .iter()
        .find(|(paper, others)| key(paper) == own || others.contains(&own.as_str()));
    known.map_or_else(|| name.to_owned(), |(paper, _)| (*paper).to_owned())
}

/// A name without what spellings differ in.
fn key(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as it is published, with images of two patterns.
    fn published(csv: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for image in [
            "MLLM_VLM Images/Camera Perspective/1.jpg",
            "MLLM_VLM Images/Camera Perspective/2.jpg",
            "MLLM_VLM Images/Text/3.jpg",
            "MLLM_VLM Images/Text/4.JPG",
        ] {
            let path = folder.path().join(image);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        std::fs::write(folder.path().join("Questions.csv"), csv).unwrap();
        folder
    }

    /// The questions with their images relative to the folder; images are JPEG files here.
    fn convert(folder: &Path) -> Result<Vec<Question>> {
        let is_photo = |path: &Path| {
            let extension = path.extension();
            extension.is_some_and(|extension| extension.eq_ignore_ascii_case("jpg"))
        };
        let benchmark = Benchmark::read(folder, is_photo)?;
        let pairs = benchmark.questions("a photo of ");
        let pairs = pairs.collect::<Result<Vec<_>>>()?;
        assert_eq!(pairs.len(), benchmark.pairs());
        let questions = pairs.into_iter().flatten();
        Ok(questions.map(|q| q.relative_to(folder)).collect())
    }

    #[test]
    fn a_pair_of_statements_becomes_two_questions_with_the_same_images() {
        let csv = "\u{feff}Question ID,Type,Statement\r\n\
                   1,Camera Perspective,\"a cat, from above\"\r\n\
                   2,Camera Perspective,a cat from the side\r\n\
                   3,Texts,a sign that says \"\"STOP\"\"\r\n\
                   4,Texts,a sign that says nothing\r\n";
        let folder = published(csv);
        let got = convert(folder.path()).unwrap();
        assert_eq!(got.len(), 4);
        assert_eq!(
            got[0].query.text.as_deref(),
            Some("a photo of a cat, from above")
        );
        let category = Some("Viewpoint and Perspective");
        assert_eq!(got[0].category.as_deref(), category);
        assert_eq!(got[0].candidates, got[1].candidates);
        assert_eq!((got[0].answer, got[1].answer), (0, 1));
        assert_eq!(got[0].group, got[1].group);
        assert_ne!(got[1].group, got[2].group);
        let image = |i: usize| got[2].candidates[i].image.clone().unwrap();
        assert_eq!(image(0), Path::new("MLLM_VLM Images/Text/3.jpg"));
        assert_eq!(image(1), Path::new("MLLM_VLM Images/Text/4.JPG"));
        assert_eq!(got[2].category.as_deref(), Some("Texts"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        const HEAD: &str = "Question ID,Type,Statement\n";
        for (rows, line, part) in [
            ("1,Text,a", 2, "no partner"),
            ("1,Text,a\n2,State,b", 3, "is of type \"State\""),
            ("x,Text,a", 2, "number is \"x\""),
            ("3,Text,", 2, "empty"),
            ("3,Text,a\n5,Text,b", 3, "image 5"),
            ("1,State,a\n2,State,b", 2, "no folder"),
            ("3,Text,a\n4,Text", 3, "3 fields"),
            ("", 1, "no statements"),
        ] {
            let folder = published(&format!("{HEAD}{rows}"));
            let error = convert(folder.path()).unwrap_err();
            let at = format!("{}:{line}", folder.path().join("Questions.csv").display());
            assert_eq!(
                (error.code(), error.subject()),
                (Code::Data, at.as_str()),
                "{error}"
            );
            assert!(error.message().contains(part), "{error}");
        }
        let folder = published("Number,Type,Statement\n1,Text,a\n");
        let error = convert(folder.path()).unwrap_err();
        assert!(
            error.message().contains("no column \"questionid\""),
            "{error}"
        );
        let empty = tempfile::tempdir().unwrap();
        let error = convert(empty.path()).unwrap_err();
        assert!(error.message().contains("no Questions.csv"), "{error}");
    }

    #[test]
    fn every_name_of_a_pattern_is_known() {
        for (name, paper) in [
            ("Orientation", "Orientation and Direction"),
            ("Structural Character", "Structural Characteristics"),
            ("Structural_Characteristics", "Structural Characteristics"),
            ("Spatial", "Positional and Relational Context"),
            ("Text", "Texts"),
            ("Camera_Perspective", "Viewpoint and Perspective"),
            ("Something New", "Something New"),
        ] {
            assert_eq!(pattern(name), paper);
        }
    }
}
