//! A model that was asked everything: its embeddings, and the columns that come of them.

use std::borrow::Cow;

use agff::Result;
use agff::package::manifest::{Dtype, Manifest};

use super::material::Material;
use super::measured::{About, AboutModel, Column, Measured};
use super::models::{self, Candidate, Embeddings, Failures};
use crate::Failure;
use crate::model::Loaded;
use crate::output::Console;

/// A model and its embeddings of everything.
pub struct Asked<'a> {
    /// The questions and rows, with the model's instruction if one was asked for.
    pub material: Cow<'a, Material>,
    /// The same with exchanged images, if that was wanted.
    shuffled: Option<Material>,
    label: String,
    manifest: Manifest,
    device: String,
    embeddings: Embeddings,
}

impl<'a> Asked<'a> {
    /// Embeds everything; what fails goes to `failures`.
    ///
    /// # Errors
    /// What stops everything: the device, the package.
    pub fn new(
        candidate: &Candidate,
        dtype: Option<Dtype>,
        loaded: &Loaded,
        material: &'a Material,
        failures: &mut Failures,
        console: &Console,
    ) -> Result<Self, Failure> {
        let material = match &loaded.instruction {
            Some(text) => Cow::Owned(material.clone().with_instruction(text)),
            None => Cow::Borrowed(material),
        };
        let mut embeddings = Embeddings::new();
        models::embed(
            loaded,
            &material.parts(),
            &mut embeddings,
            failures,
            console,
        )?;
        Ok(Self {
            material,
            shuffled: None,
            label: match dtype {
                Some(dtype) => format!("{} {}", candidate.label, dtype.as_str()),
                None => candidate.label.clone(),
            },
            manifest: loaded.agff.manifest().clone(),
            device: loaded.agff.device().kind.to_string(),
            embeddings,
        })
    }

    /// Exchanges images as well, and embeds what is new then.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn shuffle(
        &mut self,
        seed: u64,
        loaded: &Loaded,
        failures: &mut Failures,
        console: &Console,
    ) -> Result<(), Failure> {
        let (shuffled, images) = self.material.shuffled(seed, |image| failures.spare(image));
        if images < 2 {
            console.note("there are no two images to exchange; `shuffled` changes nothing");
        }
        let parts = shuffled.parts();
        models::embed(loaded, &parts, &mut self.embeddings, failures, console)?;
        self.shuffled = Some(shuffled);
        Ok(())
    }

    /// The column of a view, or of all together, and of so many dimensions.
    ///
    /// # Errors
    /// If there is no such view, or there are not that many dimensions.
    pub fn column(
        &self,
        view: Option<&String>,
        dimensions: Option<usize>,
        failures: &Failures,
    ) -> Result<Column> {
        let mut name = self.label.clone();
        view.iter().for_each(|view| name += &format!(" {view}"));
        dimensions.iter().for_each(|n| name += &format!(" {n}"));
        let about = |model| About {
            name,
            baseline: None,
            model: Some(model),
        };
        self.measure(&self.material, view, dimensions, failures, about)
    }

    /// The column of the exchanged images, if there is one.
    ///
    /// # Errors
    /// As [`column`](Self::column).
    pub fn shuffled_column(
        &self,
        view: Option<&String>,
        dimensions: Option<usize>,
        failures: &Failures,
    ) -> Result<Option<Column>> {
        let about = |model| About {
            name: "shuffled images".into(),
            baseline: Some("shuffled"),
            model: Some(model),
        };
        let measure = |material| self.measure(material, view, dimensions, failures, about);
        self.shuffled.as_ref().map(measure).transpose()
    }

    fn measure(
        &self,
        material: &Material,
        view: Option<&String>,
        dimensions: Option<usize>,
        failures: &Failures,
        about: impl FnOnce(AboutModel) -> About,
    ) -> Result<Column> {
        let view = view.map(String::as_str);
        let embeddings = match (view, dimensions) {
            (None, None) => Cow::Borrowed(&self.embeddings),
            _ => Cow::Owned(models::cut(
                &self.embeddings,
                &self.manifest,
                view,
                dimensions,
            )?),
        };
        let fusion = &self.manifest.fusion;
        let known = |part: &_| embeddings.get(part).filter(|_| !failures.has(part));
        // Embeddings of one model have the same dimensions, which is all that could be wrong; and
        // what is no number loses.
        let similarity = |query: &_, target: &_| {
            agff::similarity(query, target, fusion).map_or(f32::NAN, |s| s.score)
        };
        Ok(Column {
            about: about(AboutModel {
                model: self.manifest.name.clone(),
                trained: self.manifest.trained,
                dtype: self.manifest.dtype,
                view: view
                    .filter(|view| *view != models::FUSED)
                    .map(str::to_owned),
                dimensions: dimensions.unwrap_or(self.manifest.config.embedding_dim()),
                device: self.device.clone(),
            }),
            measured: Measured::new(material, known, similarity),
        })
    }
}
