//! What the model embeds: a picture or the thing that a text asks for, never both together.

use super::query;
use crate::families::bert::Template;
use crate::families::{Item, Layout, Patches, Sequence};
use crate::{Code, Error, Result};

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
        let text = text.unwrap_or_default();
        let sequence = match (&patches, text.trim()) {
            (Some(_), "") => Sequence::default(),
            (Some(_), _) => {
                let why = "is a photo together with a text; this model embeds one or the other";
                return Err(Error::new(Code::Input, "input", why));
            }
            (None, _) => self.template.sequence(query::thing(text), None)?,
        };
        Ok(Item { sequence, patches })
    }
}
