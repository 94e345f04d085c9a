//! The models that are known to work: what the command line and the page offer.

use serde::{Deserialize, Serialize};

/// A model that is known to work. Which ones those are stands in `known.json`, which the page reads too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// Its name, here or at the hub.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it finds.
    pub good_at: String,
    /// The languages of its texts.
    pub languages: String,
    /// Millions of weights.
    pub weights: u64,
    /// Millions of bytes of its package in [`dtype`](Self::dtype).
    pub kept: u64,
    /// Millions of them that are on the device.
    pub device: u64,
    /// How its weights are best stored.
    pub dtype: String,
    /// The grid of regions that is best taken as fine views, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<usize>,
    /// The licence of the weights, as their makers state it.
    pub licence: String,
    /// Whether it is made by `agff pull photo`, and not a hub's.
    #[serde(default)]
    pub built_in: bool,
}

/// The list, the smallest first.
pub fn known() -> Vec<KnownModel> {
    let list = serde_json::from_str(include_str!("known.json"));
    debug_assert!(list.is_ok(), "{list:?}");
    list.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agff::{Address, HUB};

    #[test]
    fn the_list_can_be_read_and_its_names_are_names() {
        let all = known();
        assert!(all.len() >= 4);
        assert!(all.is_sorted_by_key(|model| model.weights));
        for model in all.iter().filter(|model| !model.built_in) {
            let address = Address::parse(&model.name, HUB).unwrap();
            assert!(address.repository().is_some(), "{}", model.name);
            assert!(["f32", "f16", "q8", "q4"].contains(&model.dtype.as_str()));
        }
    }
}
