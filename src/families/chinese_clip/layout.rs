//! Pictures as they are, texts between two special tokens.

use super::Config;
use crate::Result;
use crate::families::template::Template;
use crate::families::{Item, Layout, Patches, Settings, towers};
use crate::input::text::Tokenizer;

/// Pictures as they are, texts by a template.
pub struct Either {
    template: Template,
}

impl Either {
    pub(super) fn new(
        config: &Config,
        settings: Settings<'_>,
        tokenizer: Tokenizer,
    ) -> Result<Self> {
        let template = Template::new(config.text.vocab_size, settings.prompt, tokenizer)?;
        Ok(Self { template })
    }
}

impl Layout for Either {
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item> {
        towers::either(patches, text, |text| {
            self.template.sequence(text, instruction)
        })
    }
}
