//! A text's tokens, filled up to the length that the model was trained with.

use super::{Config, Side};
use crate::Result;
use crate::families::template::Template;
use crate::families::{Item, Layout, Patches, Settings, Token, towers};
use crate::input::text::Tokenizer;

/// Pictures as they are; texts by a template and with padding, which the network sees as it sees every token.
pub struct Padded {
    template: Template,
    padding: u32,
    side: Side,
    length: usize,
}

impl Padded {
    pub(super) fn new(
        config: &Config,
        settings: Settings<'_>,
        tokenizer: Tokenizer,
    ) -> Result<Self> {
        Ok(Self {
            padding: tokenizer.id(&config.padding.token)?,
            side: config.padding.side,
            length: config.text.max_position_embeddings,
            template: Template::new(config.text.vocab_size, settings.prompt, tokenizer)?,
        })
    }
}

impl Layout for Padded {
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item> {
        towers::either(patches, text, |text| {
            let mut sequence = self.template.sequence(text, instruction)?;
            let missing = self.length - sequence.tokens.len();
            sequence.tokens.resize(self.length, Token::Id(self.padding));
            if self.side == Side::Left {
                sequence.tokens.rotate_right(missing);
            }
            sequence.positions = (0..self.length as u32).map(|p| [p; 3]).collect();
            sequence.prefix = self.length;
            Ok(sequence)
        })
    }
}
