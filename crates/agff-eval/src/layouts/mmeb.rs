//! Questions from MMEB as it is published (Jiang et al., "VLM2Vec", arXiv 2410.05160).
//!
//! Each data set is a Parquet file: a row has a query (`qry_text`, `qry_img_path`) and lists of candidates
//! (`tgt_text`, `tgt_img_path`), the first of which is right. Texts mark where an image stands
//! (`<|image_1|>`), which our prompts do themselves, and most begin with the data set's instruction.

use std::path::Path;

use agff::Result;

use crate::data::{Part, Question};
use instructions::Instructions;
use rows::{Input, Row};

mod instructions;
mod rows;

/// A data set: its name and its rows.
#[derive(Debug)]
pub struct DataSet {
    name: String,
    rows: Vec<Row>,
    instructions: Instructions,
}

impl DataSet {
    /// Reads a data set. Its name is the file's, or its folder's for names such as
    /// `test-00000-of-00001`. Marks of images are taken out of the texts, which keep their instructions.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io) if the file cannot be opened; [`Code::Data`](agff::Code::Data) if it
    /// is no Parquet, is damaged or has no rows, and with the row's number for one that is no question: a
    /// column is missing or of another type, the texts and images of the candidates are not as many, there
    /// are fewer than two candidates, or something has neither a text nor an image.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(Self {
            name: name(path),
            rows: rows::read(path)?,
            instructions: Instructions::default(),
        })
    }

    /// The name of the data set in a file: the file's, or its folder's.
    pub fn name(path: &Path) -> String {
        name(path)
    }

    /// Takes what all queries begin with, up to a colon or full stop, as their instruction, and likewise
    /// for the candidates.
    pub fn split_instructions(mut self) -> Self {
        self.instructions = Instructions::of(&self.rows);
        self
    }

    /// The questions, in the order of the rows. Their category is the data set's name, and the paths of
    /// their images begin in the folder `images`.
    pub fn questions(&self, images: &Path) -> impl Iterator<Item = Question> {
        self.rows.iter().map(move |row| self.question(row, images))
    }

    fn question(&self, row: &Row, images: &Path) -> Question {
        let candidate = |input| part(input, &self.instructions.candidate, images);
        Question {
            group: None,
            category: Some(self.name.clone()),
            query: part(&row.query, &self.instructions.query, images),
            candidates: row.candidates.iter().map(candidate).collect(),
            answer: 0,
        }
    }
}

/// An input as a part of a question, without the instruction that its text begins with.
fn part(input: &Input, instruction: &str, images: &Path) -> Part {
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
}

/// The name of the data set in a file: the file's, unless that only says which part it is.
fn name(path: &Path) -> String {
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

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
