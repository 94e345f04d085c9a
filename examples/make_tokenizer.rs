//! Makes agff-nano's tokenizer.
//!
//! ```sh
//! apt-get install openclipart-svg
//! cargo run -p agff --example make_tokenizer -- /usr/share/openclipart/svg models/agff-nano/tokenizer.json
//! ```
//!
//! The merges are counted on the titles, descriptions and keywords of Debian's
//! openclipart-svg (public domain) and on the sentences of `SENTENCES`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

const VOCABULARY: usize = 4096;

const SPECIAL: [&str; 6] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
];

/// How Qwen's tokenizers cut text before merging.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The language of searching photos, which clip-art titles lack.
const SENTENCES: &str = "\
Represent the user's input. Represent the photo. Find the photo that shows this.
a photo of a dog. a photo of the cat. a picture of two people. an image with three red chairs.
the red mug left of the laptop. the blue cup right of the plate. a ball above the box. a bird below the cloud.
a small yellow car in front of a large green house. a tall tree behind the old bridge. a child next to a bicycle.
one, two, three, four, five, six, seven, eight, nine, ten apples on the table. no people. many birds. several boats.
black, white, grey, gray, red, orange, yellow, green, blue, purple, pink, brown, golden, silver, dark, light, bright.
facing left, facing right, facing the camera, seen from above, from the side, from behind, from below, upside down.
open, closed, empty, full, lit, broken, wet, dry, standing, sitting, lying, walking, running, sleeping, smiling.
round, square, striped, dotted, curved, straight, tall, short, wide, narrow, thick, thin, near, far, inside, outside.
the sign says stop. the word hello is written on the wall. with, without, between, under, over, on top of, at, by, of.
sunset over the sea. a snowy mountain in winter. a busy street at night. a kitchen with a window. a bowl of fruit.
milk, juice, yoghurt, carrots, tomatoes, potatoes, bananas, oranges, lemons, mushrooms, peppers, cheese, bread, cream.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [clipart, out] = arguments.as_slice() else {
        return Err("usage: make_tokenizer SVG_FOLDER OUT.json".into());
    };
    let json = tokenizer(clipart)?.to_string(false);
    std::fs::write(out, json.map_err(|e| e.to_string())?)?;
    Ok(())
}

/// Byte-level BPE with the family's special tokens.
fn tokenizer(clipart: &Path) -> Result<Tokenizer, Box<dyn std::error::Error>> {
    let mut strings = BTreeSet::new();
    collect(clipart, &mut strings)?;
    if strings.is_empty() {
        return Err(format!("{}: no titles in SVG files found here", clipart.display()).into());
    }
    let corpus: Vec<String> = strings
        .into_iter()
        .map(|s| s.to_lowercase())
        .chain(std::iter::repeat_n(SENTENCES.to_owned(), 20))
        .collect();

    let split = Split::new(
        SplitPattern::Regex(WORDS.into()),
        SplitDelimiterBehavior::Isolated,
        false,
    )
    .map_err(|e| e.to_string())?;
    let bytes = ByteLevel::new(false, false, false);
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer
        .with_normalizer(Some(NFC))
        .map_err(|e| e.to_string())?;
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
        PreTokenizerWrapper::Split(split),
        PreTokenizerWrapper::ByteLevel(bytes),
    ])));
    tokenizer.with_decoder(Some(bytes));
    let mut trainer: TrainerWrapper = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(VOCABULARY - SPECIAL.len())
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build()
        .into();
    tokenizer
        .train(&mut trainer, corpus.into_iter())
        .map_err(|e| e.to_string())?;
    let special = SPECIAL.map(|token| AddedToken::from(token, true));
    tokenizer
        .add_special_tokens(special)
        .map_err(|e| e.to_string())?;
    Ok(tokenizer)
}

/// Titles, descriptions and keywords of all SVG files below a folder.
fn collect(folder: &Path, strings: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, strings)?;
        } else if path.extension().is_some_and(|e| e == "svg") {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            for tag in ["dc:title", "dc:description", "rdf:li"] {
                let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
                strings.extend(
                    text.split(&open)
                        .skip(1)
                        .filter_map(|rest| rest.split(&close).next())
                        .map(|s| s.split_whitespace().collect::<Vec<_>>().join(" "))
                        .filter(|s| s.len() > 1 && s.is_ascii() && !s.contains(['<', '&', '('])),
                );
            }
        }
    }
    Ok(())
}
