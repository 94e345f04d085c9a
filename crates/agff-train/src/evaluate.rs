//! The model in training, asked questions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::inputs::{Reader, Wanted};
use super::passes::{chunks, outputs};
use super::scores::{Scoring, scores, unit};
use agff::Result;
use agff_eval::data::{Part, Question, read_questions};
use agff_eval::questions::{Answer, Report, answer};

/// Inputs that are prepared together.
const GROUP: usize = 256;

/// A file of questions, and what is embedded to answer them.
#[derive(Debug)]
pub struct Exam {
    /// The file.
    pub path: PathBuf,
    /// Its questions.
    pub questions: Vec<Question>,
    parts: Vec<Part>,
    places: HashMap<Part, usize>,
}

impl Exam {
    /// Reads the questions, at most `limit` from the start of the file.
    ///
    /// # Errors
    /// Those of [`read_questions`].
    pub fn read(path: &Path, limit: Option<usize>) -> Result<Self> {
        let mut questions = read_questions(path)?;
        questions.truncate(limit.unwrap_or(usize::MAX));
        let mut exam = Self {
            path: path.to_owned(),
            parts: Vec::new(),
            places: HashMap::new(),
            questions,
        };
        let all = exam.questions.iter();
        for part in all.flat_map(|q| std::iter::once(&q.query).chain(&q.candidates)) {
            if !exam.places.contains_key(part) {
                exam.places.insert(part.clone(), exam.parts.len());
                exam.parts.push(part.clone());
            }
        }
        Ok(exam)
    }

    /// The file's name without its folder and extension.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default();
        let folder = self
            .path
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default();
        let (stem, folder) = (stem.to_string_lossy(), folder.to_string_lossy());
        match folder.is_empty() {
            true => stem.into_owned(),
            false => format!("{folder}-{stem}"),
        }
    }

    /// Answers the questions as the model is now.
    ///
    /// # Errors
    /// An image that cannot be read, and those of [`outputs`].
    pub fn sit(
        &self,
        reader: &Reader<'_>,
        scoring: &Scoring,
    ) -> Result<(Report, Vec<Option<Answer>>)> {
        let device = Device::flex();
        let (encoder, parameters) = (reader.encoder, reader.parameters);
        let (views, dimensions) = (encoder.views(), encoder.dimensions());
        let mut vectors = Vec::with_capacity(self.parts.len() * views * dimensions);
        for group in self.parts.chunks(GROUP) {
            let wanted = group.iter().map(|part| Wanted {
                part,
                occasion: None,
                said: None,
            });
            let items = reader.read(wanted.collect())?;
            let chunks = chunks(&items, 16, 64);
            vectors.extend(outputs(encoder, parameters, &items, &chunks)?);
        }
        let rows = vectors.len() / dimensions;
        let all = unit(Tensor::<2>::from_data(
            TensorData::new(vectors, [rows, dimensions]),
            &device,
        ));
        let of = |parts: &[&Part]| {
            let vectors = parts
                .iter()
                .map(|part| all.clone().narrow(0, self.places[*part] * views, views));
            Tensor::cat(vectors.collect(), 0)
        };
        let answers: Vec<Option<Answer>> = self
            .questions
            .par_iter()
            .map(|question| {
                let candidates: Vec<&Part> = question.candidates.iter().collect();
                let s = scores(of(&[&question.query]), of(&candidates), views, scoring);
                let s: Vec<f32> = s.into_data().try_into_vec().expect("floats");
                answer(question, &s)
            })
            .collect();
        Ok((Report::new(&self.questions, &answers), answers))
    }
}
