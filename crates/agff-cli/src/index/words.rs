//! `agff index teach`, `words` and `forget`: what you call things, told by a few of your photos.

use std::path::{Path, PathBuf};

use agff::index::content_id;
use agff::index::store::Store;
use agff::{Code, Error, Result};
use serde_json::json;

use super::{At, text_of};
use crate::output::{Align, Console, shown, table};
use crate::{Done, Failure, Outcome, inputs};

const TEACH_LONG: &str = "\
Teach a word by photos of the index that show it

From then on `agff index search` finds the word in the others: your dog by its name, a place,
a product. Three photos do well, ten better; the more they differ in all else, the better. Of
photos that are found and are something else, say so with --not.

The index keeps a sum of the photos' vectors and their ids, nothing else of them. A path may
be a file, or a folder with all that the index has below it; or give the id of a record. A
photo that is removed from the index stays in the sum; `agff index forget` forgets the word.";

const TEACH_EXAMPLES: &str = "\
Examples:
  agff index teach Jackson dog1.jpg dog2.jpg dog3.jpg
  agff index teach Jackson --not other-dog.jpg
  agff index search \"Jackson at the lake\"";

/// Teach a word by photos of the index that show it
#[derive(clap::Args)]
#[command(long_about = TEACH_LONG, after_help = TEACH_EXAMPLES)]
pub struct TeachArgs {
    /// What they are called
    #[arg(value_name = "WORD")]
    word: String,
    /// Photos that show it
    #[arg(value_name = "PHOTO", required_unless_present = "not")]
    photos: Vec<PathBuf>,
    /// Photos that do not show it, though they may look so
    #[arg(long, value_name = "PHOTO", num_args = 1..)]
    not: Vec<PathBuf>,
    #[command(flatten)]
    pub at: At,
}

pub fn teach(args: TeachArgs, console: &Console) -> Done {
    let mut store = args.at.open_to_write(console)?;
    // All of them first: a word is taught by all that were named, or not at all.
    let (like, unlike) = (ids(&store, &args.photos)?, ids(&store, &args.not)?);
    if let Some(both) = like.iter().find(|id| unlike.contains(id)) {
        let name = super::name_of(&store, both).to_owned();
        let why = "is named as showing the word and as not showing it";
        return Err(Error::new(Code::Input, name, why).into());
    }
    let mut new = 0;
    if !like.is_empty() {
        new += store.teach(&args.word, &like)?;
    }
    if !unlike.is_empty() {
        new += store.correct(&args.word, &unlike)?;
    }
    let word = store.word(&args.word);
    let word = word.ok_or_else(|| Error::new(Code::Internal, "word", "was not kept"))?;
    let (photos, not) = (word.like.ids.len(), word.unlike.ids.len());
    match args.at.json {
        true => console.json_line(&json!({
            "word": word.name, "photos": photos, "not": not, "new": new,
        }))?,
        false => {
            let without = match not {
                0 => String::new(),
                1 => ", and 1 photo that is something else".into(),
                not => format!(", and {not} photos that are something else"),
            };
            console.line(&format!(
                "“{}” is known by {}{without}",
                shown(&word.name),
                counted(photos)
            ))?;
        }
    }
    let told = store.index().background().map(|all| all.query(word));
    if let Some(Err(error)) = told {
        console.note(&error.to_string());
    }
    Ok(Outcome::Complete)
}

const WORDS_EXAMPLES: &str = "\
Examples:
  agff index words --json";

/// List the words that were taught
#[derive(clap::Args)]
#[command(after_help = WORDS_EXAMPLES)]
pub struct WordsArgs {
    #[command(flatten)]
    pub at: At,
}

pub fn words(args: WordsArgs, console: &Console) -> Done {
    let store = args.at.open(console)?;
    if store.words_damage().is_some() {
        // It was told of.
        return Err(Failure::Reported);
    }
    if args.at.json {
        for word in store.words() {
            console.json_line(&json!({
                "word": word.name, "photos": word.like.ids, "not": word.unlike.ids,
            }))?;
        }
        return Ok(Outcome::Complete);
    }
    if store.words().is_empty() {
        console.note("no word was taught yet; `agff index teach WORD PHOTO…` does it");
        return Ok(Outcome::Complete);
    }
    let heads = [
        ("word", Align::Left),
        ("photos", Align::Right),
        ("not", Align::Right),
    ];
    let rows = store.words().iter().map(|word| {
        vec![
            word.name.clone(),
            word.like.ids.len().to_string(),
            word.unlike.ids.len().to_string(),
        ]
    });
    for line in table(console, &heads, &rows.collect::<Vec<_>>()) {
        console.line(&line)?;
    }
    Ok(Outcome::Complete)
}

const FORGET_EXAMPLES: &str = "\
Examples:
  agff index forget Jackson";

/// Forget words that were taught; photos stay as they are
#[derive(clap::Args)]
#[command(after_help = FORGET_EXAMPLES)]
pub struct ForgetArgs {
    /// The words
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    pub at: At,
}

pub fn forget(args: ForgetArgs, console: &Console) -> Done {
    let mut store = args.at.open_to_write(console)?;
    let (mut forgotten, mut failed) = (0, 0);
    for word in &args.words {
        match store.forget_word(word)? {
            true => forgotten += 1,
            false => {
                failed += 1;
                let why = "is no word that was taught; `agff index words` lists them";
                console.error(&Error::new(Code::Input, word, why));
            }
        }
    }
    if forgotten == 0 {
        return Err(Failure::Reported);
    }
    let left = store.words().len();
    match args.at.json {
        true => console.json_line(&json!({"forgotten": forgotten, "words": left}))?,
        false => console.line(&format!("{forgotten} forgotten; {left} left"))?,
    }
    Ok(if failed == 0 {
        Outcome::Complete
    } else {
        Outcome::Partial
    })
}

/// The records that paths name, each once.
fn ids(store: &Store, paths: &[PathBuf]) -> Result<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    for path in paths {
        for id in ids_of(store, path)? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    Ok(ids)
}

fn ids_of(store: &Store, path: &Path) -> Result<Vec<String>> {
    if let Some(id) = path.to_str().filter(|id| store.record(id).is_some()) {
        return Ok(vec![id.to_owned()]);
    }
    let absolute = PathBuf::from(text_of(path)?);
    let below = store
        .places()
        .filter(|(_, place)| Path::new(&place.path).starts_with(&absolute))
        .map(|(id, _)| id.to_owned());
    let below: Vec<String> = below.collect();
    if !below.is_empty() {
        return Ok(below);
    }
    // A copy of a photo that is there, perhaps; or one under the name that it was imported by.
    if path.is_file() {
        let id = content_id(&inputs::read(path)?);
        if store.record(&id).is_some() {
            return Ok(vec![id]);
        }
    }
    if let Some((id, _)) = path.to_str().and_then(|name| store.place_of(name)) {
        return Ok(vec![id.to_owned()]);
    }
    let why = "is not in the index; add it with `agff index add` first";
    Err(Error::new(Code::Input, path.display().to_string(), why))
}

fn counted(photos: usize) -> String {
    match photos {
        1 => "1 photo".into(),
        n => format!("{n} photos"),
    }
}
