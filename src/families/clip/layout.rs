//! A text's tokens up to its end. The network sees nothing of what comes after, so nothing needs to be padded.

use super::Config;
use crate::Result;
use crate::families::template::Template;
use crate::families::{Item, Layout, Patches, Settings, Token, towers};
use crate::input::text::Tokenizer;

/// Pictures as they are; texts by a template, whose last token is the end.
pub struct UpToTheEnd {
    template: Template,
}

impl UpToTheEnd {
    pub(super) fn new(
        config: &Config,
        settings: Settings<'_>,
        tokenizer: Tokenizer,
    ) -> Result<Self> {
        let template = Template::new(config.text.vocab_size, settings.prompt, tokenizer)?;
        Ok(Self { template })
    }
}

impl Layout for UpToTheEnd {
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item> {
        towers::either(patches, text, |text| {
            let mut sequence = self.template.sequence(text, instruction)?;
            // A text may spell the end out. It is read at the first one.
            if let Some(&Token::Id(end)) = sequence.tokens.last()
                && let Some(first) = sequence.tokens.iter().position(|&t| t == Token::Id(end))
            {
                sequence.tokens.truncate(first + 1);
                sequence.positions.truncate(first + 1);
                sequence.prefix = first + 1;
            }
            Ok(sequence)
        })
    }
}
