//! Evaluation questions: a query and candidates, one of which is right.
//!
//! ```json
//! {"group": "pair-1", "category": "colour", "query": {"text": "a red mug"}, "candidates": [{"image": "1.png"}, {"image": "2.png"}], "answer": 0}
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lines::{Part, read_lines};
use super::places::relative;
use agff::Result;

/// A question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Questions of one group count together for the group accuracy; a question without is a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What kind of question it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What is asked.
    pub query: Part,
    /// What may be answered.
    pub candidates: Vec<Part>,
    /// The right candidate's index.
    pub answer: usize,
}

impl Question {
    /// Its images that are not there, those of the query first. A question with any cannot be read from a
    /// file.
    pub fn missing_images(&self) -> impl Iterator<Item = &Path> {
        let parts = std::iter::once(&self.query).chain(&self.candidates);
        let images = parts.filter_map(|part| part.image.as_deref());
        images.filter(|image| !image.is_file())
    }

    /// The question as a file in `folder` has it: with the paths of its images relative to the folder, as
    /// far as they can be. [`read_questions`] turns them back into paths that can be opened.
    pub fn relative_to(mut self, folder: &Path) -> Self {
        let parts = std::iter::once(&mut self.query).chain(&mut self.candidates);
        for image in parts.filter_map(|part| part.image.as_mut()) {
            *image = relative(folder, image);
        }
        self
    }
}

/// Reads and checks a file of questions; image paths are relative to it, and become paths that can
/// be opened.
///
/// # Errors
/// [`Code::Io`](agff::Code::Io), or [`Code::Data`](agff::Code::Data) with file and line: malformed
/// JSON, fewer than two candidates, an answer that is none of them, an image that is not there, or a
/// file without questions.
pub fn read_questions(path: &Path) -> Result<Vec<Question>> {
    read_lines(path, |question: &mut Question, folder| {
        question.query.resolve(folder, "query")?;
        for candidate in &mut question.candidates {
            candidate.resolve(folder, "candidate")?;
        }
        match question.candidates.len() {
            0 | 1 => Err("has fewer than two candidates".into()),
            n if question.answer >= n => Err(format!(
                "the answer is {} of {n} candidates",
                question.answer
            )),
            _ => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_it_was_before_its_images_became_relative() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir(at("images")).unwrap();
        std::fs::create_dir(at("data")).unwrap();
        std::fs::write(at("images/1.jpg"), "x").unwrap();
        let question = Question {
            query: Part::image(at("images/1.jpg")),
            candidates: vec![Part::text("a cat"), Part::image(at("images/1.jpg"))],
            ..Question::default()
        };
        let stored = question.clone().relative_to(&at("data"));
        let image = Path::new("../images/1.jpg");
        assert_eq!(stored.query.image.as_deref(), Some(image));
        assert_eq!(stored.candidates[0], Part::text("a cat"));
        assert_eq!(stored.candidates[1].image.as_deref(), Some(image));

        let line = serde_json::to_string(&stored).unwrap();
        std::fs::write(at("data/questions.jsonl"), line).unwrap();
        let read = read_questions(&at("data/questions.jsonl")).unwrap();
        assert_eq!(read[0].query.image, Some(at("data/../images/1.jpg")));
        assert_eq!(read[0].clone().relative_to(&at("data")), stored);
    }

    #[test]
    fn only_images_that_are_not_there_are_missing() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        std::fs::write(at("1.jpg"), "x").unwrap();
        let question = Question {
            query: Part::image(at("2.jpg")),
            candidates: vec![
                Part::image(at("1.jpg")),
                Part::text("3.jpg"),
                Part::image(at("4.jpg")),
            ],
            ..Question::default()
        };
        let missing: Vec<&Path> = question.missing_images().collect();
        assert_eq!(missing, [at("2.jpg"), at("4.jpg")]);
    }
}
