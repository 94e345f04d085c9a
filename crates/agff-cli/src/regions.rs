//! Where in a photo a match is, for models whose fine views are parts of the picture.

use std::collections::BTreeMap;

use agff::Similarity;
use agff::families::Region;
use agff::package::Manifest;

/// The regions of a model's views, by the views' names.
#[derive(Debug, Clone, Default)]
pub struct Regions(BTreeMap<String, Region>);

impl Regions {
    /// Those of a package.
    pub fn of(manifest: &Manifest) -> Self {
        let views = manifest.views.iter();
        Self(
            views
                .filter_map(|view| Some((view.name.clone(), view.region?)))
                .collect(),
        )
    }

    /// The region of the target's fine view that counts most, if views are regions.
    pub fn of_match(&self, target: &[String], similarity: &Similarity) -> Option<Region> {
        self.0.get(target.get(similarity.fine?)?).copied()
    }
}
