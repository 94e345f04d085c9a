//! Baselines that say what the numbers of a model are worth (see [`agff_eval::shuffle`] and
//! [`agff_eval::colour`]).

use std::collections::HashMap;

use agff::Result;
use agff::input::image::{self, DecodeLimits};
use agff_eval::colour::Colours;
use agff_eval::data::Part;
use rayon::prelude::*;

use super::models::Failures;
use crate::inputs;
use crate::output::{Console, Unit};

/// `--baseline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Baseline {
    /// The first model with every image exchanged for another: must fall to chance
    Shuffled,
    /// No model: colour words of the text against the colours of the image
    Colour,
}

/// Inputs between two looks at the progress bar.
const AT_ONCE: usize = 64;

/// The colours of every part that can be used.
pub fn colours(
    parts: &[&Part],
    failures: &mut Failures,
    console: &Console,
) -> HashMap<Part, Colours> {
    console.begin("Looking at colours", parts.len() as u64, Unit::Inputs);
    let mut colours = HashMap::new();
    for (i, some) in parts.chunks(AT_ONCE).enumerate() {
        let of_some: Vec<Result<Colours>> = some.par_iter().map(|part| colours_of(part)).collect();
        for (part, result) in some.iter().zip(of_some) {
            match result {
                Ok(of_part) => drop(colours.insert((*part).clone(), of_part)),
                Err(error) => failures.add(part, &error, console),
            }
        }
        console.progress((i * AT_ONCE + some.len()) as u64, "");
    }
    console.end();
    colours
}

fn colours_of(part: &Part) -> Result<Colours> {
    let text = Colours::of_text(part.text.as_deref().unwrap_or_default());
    let Some(path) = &part.image else {
        return Ok(text);
    };
    let name = path.display().to_string();
    let pixels = image::decode(&name, &inputs::read(path)?, &DecodeLimits::default())?;
    let image = Colours::of_pixels(&pixels);
    Ok(match part.text {
        Some(_) => image.and(&text),
        None => image,
    })
}
