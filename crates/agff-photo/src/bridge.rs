//! Where the classes lie among the texts: sentences with their names, through the encoder.

use agff::Result;

use crate::classes;
use crate::encoder::Encoder;

/// The sentence that a class's name is put into.
const TEMPLATE: &str = "a picture of {}";

/// What packages know of it.
pub struct Bridge {
    /// The classes' vectors less the centre, `[hidden, classes]`.
    pub classes: Vec<f32>,
    /// The mean of the classes' vectors, `[hidden]`.
    pub centre: Vec<f32>,
}

impl Bridge {
    /// Runs the encoder over the names of all classes.
    ///
    /// # Errors
    /// Those of embedding.
    pub fn of(encoder: &Encoder) -> Result<Self> {
        let texts: Vec<String> = classes::names()
            .map(|name| TEMPLATE.replace("{}", name))
            .collect();
        let vectors = encoder.embed(&texts)?;
        let hidden = vectors.first().map_or(0, Vec::len);
        let mean = |i: usize| {
            let sum: f64 = vectors.iter().map(|v| f64::from(v[i])).sum();
            (sum / vectors.len() as f64) as f32
        };
        let centre: Vec<f32> = (0..hidden).map(mean).collect();
        let mut of_classes = Vec::with_capacity(hidden * vectors.len());
        for (i, centre) in centre.iter().enumerate() {
            of_classes.extend(vectors.iter().map(|vector| vector[i] - centre));
        }
        Ok(Self {
            classes: of_classes,
            centre,
        })
    }
}
