//! What the model embeds: a picture or the thing that a text asks for, never both together.

use super::query;
use crate::Result;
use crate::families::template::Template;
use crate::families::{Item, Layout, Patches, towers};

/// Pictures as they are, texts by a template.
pub struct Either {
    template: Template,
}

impl Either {
    pub(super) fn new(template: Template) -> Self {
        Self { template }
    }
}

impl Layout for Either {
    fn item(&self, patches: Option<Patches>, text: Option<&str>, _: Option<&str>) -> Result<Item> {
        towers::either(patches, text, |text| {
            self.template.sequence(query::thing(text), None)
        })
    }
}
