//! Evaluation questions: a query and candidates, one of which is right.
//!
//! ```json
//! {"group": "pair-1", "category": "colour", "query": {"text": "a red mug"}, "candidates": [{"image": "1.png"}, {"image": "2.png"}], "answer": 0}
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::lines::{Part, read_lines};
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
