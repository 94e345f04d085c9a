//! What the texts of a data set begin with: its instructions to the model, which are part of the texts as
//! they are published, and a field of their own in our questions.

use super::rows::{Input, Row};

/// What the texts of a data set begin with; empty if they have nothing in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Instructions {
    pub query: String,
    pub candidate: String,
}

impl Instructions {
    pub fn of(rows: &[Row]) -> Self {
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
