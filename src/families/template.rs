//! A text's tokens where families read texts alone: a template with the text in it, cut to what the network reads.

use super::{MAX_TEMPLATE, PromptSettings, Sequence, Token, fault};
use crate::input::text::Tokenizer;
use crate::{Code, Error, Result};

/// The place of the text in a template.
const TEXT: &str = "{text}";

/// The place of the instruction.
const INSTRUCTION: &str = "{instruction}";

/// A template with its tokenizer.
pub struct Template {
    tokenizer: Tokenizer,
    /// What stands before the text, and after it.
    before: String,
    after: String,
    instruction: String,
    empty: String,
    max_tokens: usize,
}

/// Checks a package's prompts against a network of `max_positions`.
///
/// # Errors
/// [`Code::PackageManifest`], naming the field.
pub fn check_prompt(prompt: &PromptSettings, max_positions: usize) -> Result<()> {
    if prompt.prefix.matches(TEXT).count() != 1 {
        return fault("prompt.prefix", "must have {text} exactly once");
    }
    if prompt.prefix.matches(INSTRUCTION).count() > 1 {
        return fault("prompt.prefix", "may have {instruction} once");
    }
    for (field, text) in [
        ("prompt.prefix", &prompt.prefix),
        ("prompt.empty", &prompt.empty),
        ("prompt.instruction", &prompt.instruction),
    ] {
        if text.len() > MAX_TEMPLATE {
            let why = format!("is longer than {MAX_TEMPLATE} bytes");
            return fault(field, why);
        }
    }
    let most = max_positions;
    if prompt.max_tokens == 0 || prompt.max_tokens > most {
        let is = prompt.max_tokens;
        let why = format!("is {is}; it must be between 1 and max_position_embeddings, {most}");
        return fault("prompt.max_tokens", why);
    }
    Ok(())
}

impl Template {
    /// Prepares a package's prompts for a model that knows so many tokens.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] if the tokenizer has ids beyond the vocabulary; [`Code::PackageManifest`] if what
    /// the template adds is longer than a text may be.
    pub fn new(known: usize, prompt: &PromptSettings, tokenizer: Tokenizer) -> Result<Self> {
        let size = tokenizer.size();
        if size > known {
            let why =
                format!("has {size} tokens, but the model knows {known}; it is another model's");
            return Err(Error::new(Code::Tokenizer, "tokenizer.json", why));
        }
        let (before, after) = prompt
            .prefix
            .split_once(TEXT)
            .unwrap_or((&prompt.prefix, ""));
        let around = [before, after].concat().replace(INSTRUCTION, "");
        if tokenizer.encode(&around)?.len() >= prompt.max_tokens {
            return fault("prompt.prefix", "leaves no room for the text");
        }
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
            instruction: prompt.instruction.clone(),
            empty: prompt.empty.clone(),
            max_tokens: prompt.max_tokens,
            tokenizer,
        })
    }

    /// The tokens of a text. One that is too long is cut at its end, and that is said.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] if the text cannot be tokenized; [`Code::Input`] if the instruction leaves no room for it.
    pub fn sequence(&self, text: &str, instruction: Option<&str>) -> Result<Sequence> {
        let text = match text.trim() {
            "" => self.empty.as_str(),
            _ => text,
        };
        let instruction = instruction.unwrap_or(&self.instruction);
        let [before, after] =
            [&self.before, &self.after].map(|part| part.replace(INSTRUCTION, instruction));
        let mut ids = self.tokenizer.encode(&[&before, text, &after].concat())?;
        let truncated = ids.len() > self.max_tokens;
        if truncated {
            let room = self.max_tokens;
            let around = [before, after.clone()].concat();
            if self.tokenizer.encode(&around)?.len() >= room {
                let why = format!("leaves no room for a text: this model reads {room} tokens");
                return Err(Error::new(Code::Input, "instruction", why));
            }
            // What follows the text is kept.
            let tail = self.tokenizer.encode(&after)?;
            ids.truncate(room - tail.len());
            ids.extend(tail);
        }
        Ok(Sequence {
            positions: (0..ids.len() as u32).map(|p| [p; 3]).collect(),
            prefix: ids.len(),
            tokens: ids.into_iter().map(Token::Id).collect(),
            truncated,
            ..Sequence::default()
        })
    }
}
