//! What is evaluated: the questions and rows of the files, and the distinct inputs in them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use agff::{Code, Error, Result};
use agff_eval::data::{Part, Question, Row, Searched, read_questions, read_retrieval};
use agff_eval::questions::parts;
use agff_eval::retrieval::Pool;
use agff_eval::shuffle::{shuffle_questions, shuffle_rows};
use serde_json::Value;

/// `--task`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Task {
    /// Questions: a query, candidates and an answer
    Choice,
    /// Rows: a query and its positive, to be found among all positives of the file
    Retrieval,
}

/// The questions of all files, and the rows of each.
#[derive(Debug, Clone, Default)]
pub struct Material {
    pub questions: Vec<Question>,
    pub sets: Vec<RowSet>,
}

/// The rows of a file.
#[derive(Debug, Clone)]
pub struct RowSet {
    pub file: String,
    pub rows: Vec<Row>,
    /// What is searched beside their positives.
    pub searched: Vec<Searched>,
}

impl RowSet {
    /// Queries and targets.
    pub fn pool(&self) -> Pool<'_> {
        Pool::with_searched(&self.rows, &self.searched)
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        let rows = self.rows.iter().flat_map(|row| [&row.query, &row.positive]);
        rows.chain(self.searched.iter().map(|searched| &searched.positive))
    }
}

impl Material {
    /// Reads the files; each is of `task`, or of what the keys of its first line tell.
    ///
    /// # Errors
    /// [`Code::Io`], and [`Code::Data`] with file and line.
    pub fn read(files: &[PathBuf], task: Option<Task>) -> Result<Self> {
        let mut material = Self::default();
        for (i, path) in files.iter().enumerate() {
            let task = match task {
                Some(task) => task,
                None => recognise(path)?,
            };
            match task {
                Task::Choice => {
                    let mut questions = read_questions(path)?;
                    // Groups of two files are not the same, whatever their names.
                    let groups = questions.iter_mut().filter_map(|q| q.group.as_mut());
                    groups.for_each(|group| *group = format!("{i}/{group}"));
                    material.questions.append(&mut questions);
                }
                Task::Retrieval => {
                    let (rows, searched) = read_retrieval(path)?;
                    material.sets.push(RowSet {
                        file: path.display().to_string(),
                        rows,
                        searched,
                    });
                }
            }
        }
        Ok(material)
    }

    /// The same with an instruction for every query that has none.
    #[must_use]
    pub fn with_instruction(mut self, instruction: &str) -> Self {
        let questions = self
            .questions
            .iter_mut()
            .map(|question| &mut question.query);
        let rows = self.sets.iter_mut().flat_map(|set| &mut set.rows);
        for query in questions.chain(rows.map(|row| &mut row.query)) {
            query
                .instruction
                .get_or_insert_with(|| instruction.to_owned());
        }
        self
    }

    /// The same with every image that can be used exchanged for another, and how many there are.
    pub fn shuffled(&self, seed: u64, usable: impl Fn(&Path) -> bool) -> (Self, usize) {
        let mut material = self.clone();
        let mut images = shuffle_questions(&mut material.questions, seed, &usable);
        for set in &mut material.sets {
            images += shuffle_rows(&mut set.rows, &mut set.searched, seed, &usable);
        }
        (material, images)
    }

    /// The distinct inputs, in the order of their first mention.
    pub fn parts(&self) -> Vec<&Part> {
        let mut seen = HashSet::new();
        parts(&self.questions)
            .into_iter()
            .chain(self.sets.iter().flat_map(RowSet::parts))
            .filter(|part| seen.insert(*part))
            .collect()
    }
}

/// What a file's first line says it is. A line that is no object is left to the reader of questions,
/// who says what is wrong with it.
fn recognise(path: &Path) -> Result<Task> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    for (i, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line.map_err(|e| Error::io(path, e))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Ok(Value::Object(keys)) = serde_json::from_slice(&line) else {
            break;
        };
        return match (
            keys.contains_key("candidates"),
            keys.contains_key("positive"),
        ) {
            (true, _) => Ok(Task::Choice),
            (false, true) => Ok(Task::Retrieval),
            (false, false) => Err(Error::new(
                Code::Data,
                format!("{}:{}", path.display(), i + 1),
                "has neither `candidates`, as a question has, nor a `positive`, as a row has",
            )),
        };
    }
    Ok(Task::Choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    const QUESTION: &str = r#"{"group": "1", "query": {"text": "a"}, "candidates": [{"text": "b"}, {"text": "a"}], "answer": 1}"#;
    const ROW: &str = r#"{"query": {"text": "a"}, "positive": {"text": "c"}}"#;

    #[test]
    fn files_are_known_by_their_first_line_and_groups_stay_apart() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            file(&folder, "1", &format!("\n{QUESTION}\n{QUESTION}\n")),
            file(&folder, "2", QUESTION),
            file(&folder, "3", ROW),
        ];
        let material = Material::read(&files, None).unwrap();
        let groups: Vec<_> = material.questions.iter().map(|q| &q.group).collect();
        assert_eq!(groups[0], groups[1]);
        assert_ne!(groups[0], groups[2]);
        assert_eq!(material.sets.len(), 1);
        let parts = material.parts();
        let texts: Vec<_> = parts
            .iter()
            .filter_map(|part| part.text.as_deref())
            .collect();
        assert_eq!(texts, ["a", "b", "c"]);
    }

    #[test]
    fn what_is_neither_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        for (text, at, part) in [
            ("\n{\"query\": {\"text\": \"a\"}}", ":2", "neither"),
            ("not JSON", ":1", "column 2"),
            ("[1, 2]", ":1", "column"),
            ("\n  \n", "", "no rows"),
        ] {
            let path = file(&folder, "x.jsonl", text);
            let error = Material::read(std::slice::from_ref(&path), None).unwrap_err();
            assert_eq!(error.code(), Code::Data, "{text}");
            assert_eq!(error.subject(), format!("{}{at}", path.display()));
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn an_instruction_is_for_queries_that_have_none() {
        let own = ROW.replace(r#""text": "a""#, r#""text": "a", "instruction": "own""#);
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "x.jsonl", &format!("{ROW}\n{own}"));
        let material = Material::read(&[path], None)
            .unwrap()
            .with_instruction("new");
        let rows = &material.sets[0].rows;
        assert_eq!(rows[0].query.instruction.as_deref(), Some("new"));
        assert_eq!(rows[1].query.instruction.as_deref(), Some("own"));
        assert_eq!(rows[0].positive.instruction, None);
    }
}
