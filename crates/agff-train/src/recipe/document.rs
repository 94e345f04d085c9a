//! A recipe as text: overrides set in it, and errors that point to the place.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::Recipe;
use agff::{Code, Error, Result};

/// A TOML document with what was set in it afterwards.
pub(super) struct Document {
    name: String,
    text: String,
    table: Value,
    /// Where values come from that do not stand in the text; the last one counts.
    elsewhere: Vec<(KeyPath, String)>,
}

/// The way to a value: `data[0].weight`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            let key = key.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if key.is_empty() || !key.chars().all(plain) {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            let mut rest = indices.trim();
            while !rest.is_empty() {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(Step::Index(index.trim().parse().ok()?));
                rest = after.trim();
            }
        }
        Some(Self(steps))
    }
}

impl Document {
    /// Parses a recipe's text.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self> {
        match text.parse::<Table>() {
            Ok(table) => Ok(Self {
                name: name.into(),
                text: text.into(),
                table: Value::Table(table),
                elsewhere: Vec::new(),
            }),
            Err(error) => {
                let place = error.span().map(|span| place(name, text, span));
                let place = place.unwrap_or_else(|| name.into());
                let why = format!("is not TOML: {}", error.message());
                Err(Error::new(Code::Recipe, place, why).with_source(error))
            }
        }
    }

    /// Sets `key.path=value`.
    pub(super) fn set(&mut self, text: &str) -> Result<()> {
        let fail = |why: &str| Error::new(Code::Recipe, format!("--set {text}"), why);
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| fail("has no `=`; expected key.path=value, such as batch.rows=64"))?;
        let path = KeyPath::parse(key).ok_or_else(|| {
            fail("has no such key; expected names with dots between, such as data[0].weight")
        })?;
        let value = parse_value(value).map_err(|why| fail(&why))?;
        let target = find(&mut self.table, &path.0).map_err(|why| fail(&why))?;
        *target = value;
        self.elsewhere.push((path, format!("--set {text}")));
        Ok(())
    }

    /// Puts the contents of the file that `key` names, if it is a string, in its place. JSON by the
    /// ending `.json`, TOML otherwise.
    pub(super) fn include(&mut self, key: &str, folder: &Path) -> Result<()> {
        let Some(Value::String(file)) = self.get(key) else {
            return Ok(());
        };
        let path = folder.join(file);
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io(&path, e))?;
        let value = if path.extension().is_some_and(|e| e == "json") {
            serde_json::from_str(&text).map_err(|e| {
                Error::new(Code::Recipe, &name, format!("is not a JSON object: {e}")).with_source(e)
            })?
        } else {
            Self::parse(&text, &name)?.table
        };
        let Some(path) = KeyPath::parse(key) else {
            return Ok(());
        };
        if let Ok(target) = find(&mut self.table, &path.0) {
            *target = value;
            self.elsewhere.push((path, name));
        }
        Ok(())
    }

    /// The value at `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let path = KeyPath::parse(key)?;
        path.0.iter().try_fold(&self.table, |at, step| match step {
            Step::Key(key) => at.get(key),
            Step::Index(index) => at.get(index),
        })
    }

    /// The document as a type.
    pub(super) fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_path_to_error::deserialize(self.table.clone()).map_err(|error| {
            let mut path = error.path().to_string();
            let (message, source) = (error.inner().message().to_owned(), error.into_inner());
            if path == "." {
                path.clear();
            }
            let (key, why) = in_our_words(&path, &message);
            self.error(&key, &why).with_source(source)
        })
    }

    /// An error about the value at `key`, with the place where it was given.
    pub(super) fn error(&self, key: &str, why: &str) -> Error {
        let steps = KeyPath::parse(key).map_or(Vec::new(), |path| path.0);
        let elsewhere = self.elsewhere.iter().rev();
        let subject = elsewhere
            .filter(|(path, _)| steps.starts_with(&path.0))
            .map(|(_, origin)| origin.clone())
            .next()
            .or_else(|| Some(place(&self.name, &self.text, span_of(&self.text, &steps)?)))
            .unwrap_or_else(|| self.name.clone());
        Error::new(Code::Recipe, subject, format!("`{key}` {why}"))
    }
}

/// An override's value: TOML, or a word without quotes.
fn parse_value(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let error = match text.parse::<Value>() {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let marks = |c: char| c.is_control() || "\"'[]{}=#".contains(c);
    if text.is_empty() || text.contains(marks) {
        return Err(format!("its value is not TOML: {}", error.message()));
    }
    Ok(Value::String(text.into()))
}

/// The place of a value in a table, made if it is not there yet; `Err` says why it cannot be.
fn find<'a>(root: &'a mut Value, steps: &[Step]) -> Result<&'a mut Value, String> {
    let mut at = root;
    for step in steps {
        at = match (step, at) {
            (Step::Key(key), Value::Table(table)) => table
                .entry(key.clone())
                .or_insert_with(|| Value::Table(Table::new())),
            (Step::Key(key), other) => {
                return Err(format!("`{key}` would be in a {}", other.type_str()));
            }
            (Step::Index(index), Value::Array(list)) => {
                let length = list.len();
                list.get_mut(*index)
                    .ok_or_else(|| format!("there is no [{index}]: the list has {length}"))?
            }
            (Step::Index(index), _) => return Err(format!("[{index}] is of no list")),
        };
    }
    Ok(at)
}

/// Where the value at `steps`, or the nearest around it that the text has, stands in the text.
fn span_of(text: &str, steps: &[Step]) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let mut found = None;
    let mut table = Some(root.get_ref());
    let mut value: Option<&DeValue<'_>> = None;
    for step in steps {
        let next = match step {
            Step::Key(key) => table
                .and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key))
                .map(|(name, value)| (name.span(), value)),
            Step::Index(index) => value
                .and_then(|value| value.get(*index))
                .map(|element| (element.span(), element)),
        };
        let Some((span, inner)) = next else { break };
        found = Some(span);
        value = Some(inner.get_ref());
        table = inner.get_ref().as_table();
    }
    found
}

/// `name:line:column` of the start of a span.
fn place(name: &str, text: &str, span: Range<usize>) -> String {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("{name}:{line}:{column}")
}

/// The key that serde's message is about, and what is wrong with it as this project says it.
fn in_our_words(path: &str, message: &str) -> (String, String) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown field") {
        let key = path.rsplit('.').next().unwrap_or(path);
        return (path.into(), unknown(key, quoted.get(1..).unwrap_or(&[])));
    }
    if let (true, Some(field)) = (message.starts_with("missing field"), quoted.first()) {
        let key = match path {
            "" => (*field).to_owned(),
            path => format!("{path}.{field}"),
        };
        return (key, "is missing; it has no default".into());
    }
    if let (true, Some((is, known))) =
        (message.starts_with("unknown variant"), quoted.split_first())
    {
        let known = known.join("`, `");
        return (
            path.into(),
            format!("is `{is}`; it must be one of `{known}`"),
        );
    }
    let plain = [
        ("expected usize", "expected a whole number, 0 or more"),
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected u32", "expected a whole number, 0 or more"),
        ("expected f64", "expected a number"),
        ("expected f32", "expected a number"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list"),
        ("expected path string", "expected a path in quotes"),
    ];
    let message = message.trim_end();
    let in_words = plain
        .iter()
        .find_map(|(theirs, ours)| Some(format!("{}{ours}", message.strip_suffix(theirs)?)));
    (
        path.into(),
        format!("cannot be used: {}", in_words.as_deref().unwrap_or(message)),
    )
}

/// What to say of an unknown key beside `known` ones.
fn unknown(key: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| (distance(key, name), *name))
        .min()
        .filter(|(edits, name)| *edits <= 1.max(key.len().max(name.len()) / 3));
    if let Some((_, name)) = nearest {
        return format!("is not known; did you mean `{name}`?");
    }
    // Perhaps it is only in the wrong section.
    let example = Recipe::EXAMPLE.parse::<Table>().unwrap_or_default();
    match section_with(&example, key, "") {
        Some(section) => format!("is not known here; there is one in {section}"),
        None => format!("is not known; known here: {}", known.join(", ")),
    }
}

/// A section below `table` that has `key`, as its head is written.
fn section_with(table: &Table, key: &str, at: &str) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let path = match at {
            "" => name.clone(),
            at => format!("{at}.{name}"),
        };
        let (inner, head) = match value {
            Value::Table(inner) => (inner, format!("[{path}]")),
            Value::Array(list) => (list.first()?.as_table()?, format!("[[{path}]]")),
            _ => return None,
        };
        match inner.contains_key(key) {
            true => Some(head),
            false => section_with(inner, key, &path),
        }
    })
}

/// How many letters are changed, added, left out or swapped with their neighbour between two words
/// (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Holds a table to the keys of a type that itself lets unknown ones pass: the first key that the
/// type does not write back, with its nearest known neighbours.
pub(super) fn unknown_key<T>(given: &Value, typed: &T, at: &str) -> Option<(String, String)>
where
    T: serde::Serialize,
{
    let known = Value::try_from(typed).ok()?;
    let (Value::Table(given), Value::Table(known)) = (given, &known) else {
        return None;
    };
    for (key, value) in given {
        let path = format!("{at}.{key}");
        match known.get(key) {
            None => {
                let known: Vec<&str> = known.keys().map(String::as_str).collect();
                return Some((path, unknown(key, &known)));
            }
            Some(inner) => {
                if let Some(found) = unknown_key(value, inner, &path) {
                    return Some(found);
                }
            }
        }
    }
    None
}
