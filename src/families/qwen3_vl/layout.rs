//! An input's tokens: the prefix that all views share, and a branch for each view.

use super::config::Config;
use crate::families::{Continuation, Grid, Item, Layout, Patches, Sequence, Settings, Token, View};
use crate::input::text::Tokenizer;
use crate::{Code, Error, Result};

/// The prompt templates of a package, tokenized as far as they are fixed.
pub struct Prompt {
    tokenizer: Tokenizer,
    template: Template,
    image_token: u32,
    merge: usize,
    max_tokens: usize,
    max_positions: usize,
    branches: Vec<Vec<Token>>,
}

struct Template {
    prefix: String,
    image: String,
    image_token: String,
    empty: String,
    instruction: String,
}

impl Prompt {
    /// Prepares a package's prompts.
    ///
    /// # Errors
    /// [`Code::Tokenizer`] if the tokenizer lacks a token of the templates, or has ids beyond the
    /// model's vocabulary; [`Code::PackageManifest`] if a template does not work.
    pub(super) fn new(
        config: &Config,
        settings: Settings<'_>,
        tokenizer: Tokenizer,
    ) -> Result<Self> {
        let (settings, views) = (settings.prompt, settings.views);
        let image_token = tokenizer.id(&settings.image_token)?;
        let templates = [settings.prefix.as_str(), &settings.image];
        for text in templates
            .into_iter()
            .chain(views.iter().map(|v| v.prompt.as_str()))
        {
            for token in special_tokens_in(text) {
                tokenizer.id(token)?;
            }
        }
        if tokenizer.size() > config.text.vocab_size {
            return Err(Error::new(
                Code::Tokenizer,
                "tokenizer.json",
                format!(
                    "has {} tokens, but the model knows {}; it is another model's",
                    tokenizer.size(),
                    config.text.vocab_size
                ),
            ));
        }
        for (template, part) in [
            (&settings.prefix, "{image}"),
            (&settings.prefix, "{text}"),
            (&settings.image, "{pad}"),
        ] {
            if template.matches(part).count() != 1 {
                return Err(Error::new(
                    Code::PackageManifest,
                    "prompt",
                    format!("the template {template:?} must contain {part} once"),
                ));
            }
        }
        let mut branches = Vec::new();
        let mut learned = 0;
        for view in views {
            branches.push(branch(view, &tokenizer, &mut learned)?);
        }
        Ok(Self {
            template: Template {
                prefix: settings.prefix.clone(),
                image: settings.image.clone(),
                image_token: settings.image_token.clone(),
                empty: settings.empty.clone(),
                instruction: settings.instruction.clone(),
            },
            image_token,
            merge: config.vision.spatial_merge_size,
            max_tokens: settings.max_tokens,
            max_positions: config.text.max_position_embeddings,
            branches,
            tokenizer,
        })
    }

    /// The sequence of an input.
    ///
    /// An instruction is trimmed and ends in punctuation; an input with neither text nor image
    /// becomes the template's `empty`. If prefix and first branch are longer than the model
    /// reads, special tokens and image positions all stay, and the others are kept from the start
    /// until the budget is used up, as Qwen3-VL-Embedding does.
    ///
    /// # Errors
    /// [`Code::Input`] if the text contains the image token, or what cannot be cut is longer than
    /// the model's positions.
    fn sequence(
        &self,
        grid: Option<Grid>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Sequence> {
        for text in [text, instruction].into_iter().flatten() {
            if text.contains(&self.template.image_token) {
                return Err(Error::new(
                    Code::Input,
                    "text",
                    format!(
                        "contains {}, which stands for an image; remove it",
                        self.template.image_token
                    ),
                ));
            }
        }
        let text = match (text.unwrap_or_default(), grid) {
            ("", None) => &self.template.empty,
            (text, _) => text,
        };
        let image = grid.map_or_else(String::new, |_| {
            self.template
                .image
                .replace("{pad}", &self.template.image_token)
        });
        let instruction = match instruction.map(punctuated) {
            Some(instruction) if !instruction.is_empty() => instruction,
            _ => self.template.instruction.clone(),
        };
        let prefix = fill(&self.template.prefix, &instruction, &image, text);

        let mut tokens = Vec::new();
        let mut images = 0;
        for id in self.tokenizer.encode(&prefix)? {
            match grid {
                Some(grid) if id == self.image_token => {
                    images += 1;
                    let merged = (grid.patches() / (self.merge * self.merge)) as u32;
                    tokens.extend((0..merged).map(Token::Image));
                }
                _ => tokens.push(Token::Id(id)),
            }
        }
        if images != usize::from(grid.is_some()) {
            return Err(Error::new(
                Code::Input,
                "prompt",
                format!(
                    "the package's templates give an image {images} times; it must be there once"
                ),
            ));
        }
        let mut branches = self.branches.clone();
        let truncated = self.cut(&mut tokens, &mut branches[0]);
        let length = tokens.len() + branches.iter().map(Vec::len).max().unwrap_or(0);
        if length > self.max_positions {
            return Err(Error::new(
                Code::Input,
                if grid.is_some() { "image" } else { "text" },
                format!(
                    "takes {length} tokens that are not cut (image patches and spelled-out special tokens), but \
                     the model has {} positions; remove special tokens, or load the model with fewer pixels",
                    self.max_positions
                ),
            ));
        }

        let mut positions =
            Vec::with_capacity(tokens.len() + branches.iter().map(Vec::len).sum::<usize>());
        let mut next = 0;
        let mut i = 0;
        while i < tokens.len() {
            if let (Token::Image(_), Some(grid)) = (tokens[i], grid) {
                let (height, width) = (grid.h / self.merge, grid.w / self.merge);
                for t in 0..grid.t {
                    for y in 0..height {
                        positions.extend((0..width).map(|x| [t, y, x].map(|p| next + p as u32)));
                    }
                }
                i += grid.t * height * width;
                next += height.max(width) as u32;
            } else {
                positions.push([next; 3]);
                i += 1;
                next += 1;
            }
        }
        let prefix = tokens.len();
        let mut ranges = Vec::with_capacity(branches.len());
        for branch in branches {
            let start = tokens.len();
            positions.extend((0..branch.len() as u32).map(|p| [next + p; 3]));
            tokens.extend(branch);
            ranges.push(start..tokens.len());
        }
        Ok(Sequence {
            tokens,
            positions,
            prefix,
            branches: ranges,
            continuation: None,
            truncated,
        })
    }

    /// Cuts prefix and first branch to the budget; whether anything was cut. The other branches
    /// stay whole: without their words they would all be the same view.
    fn cut(&self, prefix: &mut Vec<Token>, first: &mut Vec<Token>) -> bool {
        let length = prefix.len() + first.len();
        if length <= self.max_tokens {
            return false;
        }
        let kept_always = |token: &Token| match token {
            Token::Id(id) => self.tokenizer.is_special(*id),
            Token::Image(_) | Token::Learned(_) => true,
        };
        let all = prefix.iter().chain(first.iter());
        let special = all.filter(|token| kept_always(token)).count();
        let mut left = self.max_tokens.saturating_sub(special);
        prefix.retain(|token| keep(kept_always(token), &mut left));
        let mut cut = first.clone();
        cut.retain(|token| keep(kept_always(token), &mut left));
        if !cut.is_empty() {
            *first = cut;
        }
        true
    }
}

impl Layout for Prompt {
    fn item(
        &self,
        patches: Option<Patches>,
        text: Option<&str>,
        instruction: Option<&str>,
    ) -> Result<Item> {
        let grid = patches.as_ref().map(|patches| patches.grid);
        let sequence = self.sequence(grid, text, instruction)?;
        Ok(Item { sequence, patches })
    }

    fn continue_with(&self, item: &mut Item, [cue, text, end]: [&str; 3]) -> Result<()> {
        let sequence = &mut item.sequence;
        let cue = self.tokenizer.encode(cue)?;
        let targets = [self.tokenizer.encode(text)?, self.tokenizer.encode(end)?].concat();
        let Some((_, said)) = targets.split_last() else {
            return Ok(());
        };
        // Branches begin where the prefix ends.
        let next = sequence.positions[sequence.branches[0].start][0];
        let ids: Vec<u32> = cue.iter().chain(said).copied().collect();
        if next as usize + ids.len() > self.max_positions || cue.is_empty() {
            return Ok(());
        }
        let start = sequence.tokens.len();
        sequence
            .positions
            .extend((next..).map(|p| [p; 3]).take(ids.len()));
        sequence.tokens.extend(ids.into_iter().map(Token::Id));
        sequence.continuation = Some(Continuation {
            branch: start..sequence.tokens.len(),
            targets,
        });
        Ok(())
    }
}

fn keep(always: bool, left: &mut usize) -> bool {
    if !always && *left > 0 {
        *left -= 1;
        return true;
    }
    always
}

fn branch(view: &View, tokenizer: &Tokenizer, learned: &mut u32) -> Result<Vec<Token>> {
    let mut tokens: Vec<Token> = match view.prompt.as_str() {
        "" => Vec::new(),
        prompt => tokenizer
            .encode(prompt)?
            .into_iter()
            .map(Token::Id)
            .collect(),
    };
    tokens.extend((*learned..*learned + view.learned as u32).map(Token::Learned));
    *learned += view.learned as u32;
    if tokens.is_empty() {
        return Err(Error::new(
            Code::PackageManifest,
            format!("views.{}", view.name),
            "has neither a prompt nor learned vectors; a view needs a position to be read at",
        ));
    }
    Ok(tokens)
}

/// Fills the template in one pass, so that a text with braces in it stays as it is.
fn fill(template: &str, instruction: &str, image: &str, text: &str) -> String {
    let mut out =
        String::with_capacity(template.len() + instruction.len() + image.len() + text.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = [
            ("{instruction}", instruction),
            ("{image}", image),
            ("{text}", text),
        ];
        match known.into_iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &rest[name.len()..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The trimmed instruction, with a full stop if it does not end in punctuation.
fn punctuated(instruction: &str) -> String {
    let trimmed = instruction.trim();
    match trimmed.chars().last() {
        Some(last) if !is_punctuation(last) => format!("{trimmed}."),
        _ => trimmed.to_owned(),
    }
}

/// Whether a character's Unicode general category is punctuation (P*).
fn is_punctuation(c: char) -> bool {
    unicode_categories::UnicodeCategories::is_punctuation(c)
}

/// Tokens written as `<|name|>`.
fn special_tokens_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("<|").filter_map(|(start, _)| {
        let length = text[start..].find("|>")?;
        Some(&text[start..start + length + 2])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_ends_in_punctuation() {
        assert_eq!(punctuated("  Find the photo "), "Find the photo.");
        assert_eq!(punctuated("Find it!"), "Find it!");
        assert_eq!(punctuated("查找。"), "查找。");
        assert_eq!(punctuated("costs 5€"), "costs 5€.");
        assert_eq!(punctuated("  "), "");
    }

    #[test]
    fn braces_in_a_text_are_not_templates() {
        let filled = fill(
            "a {instruction} b {image}{text} {other}",
            "{text}",
            "<i>",
            "{image}",
        );
        assert_eq!(filled, "a {text} b <i>{image} {other}");
    }

    #[test]
    fn special_tokens_are_found() {
        let found: Vec<_> = special_tokens_in("<|im_start|>user\n<|x|>{text}<|").collect();
        assert_eq!(found, ["<|im_start|>", "<|x|>"]);
    }
}
