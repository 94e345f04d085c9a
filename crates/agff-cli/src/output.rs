//! What people and programs read: tables, JSON lines, notes, errors and progress.
//!
//! Results go to stdout, everything else to stderr. With `--json` every line that we write is a JSON
//! object: results as the verb says, `{"error": {…}}` and `{"note": "…"}` on stderr. Colours and
//! progress appear on a terminal only.

use std::borrow::Cow;
use std::cell::RefCell;
use std::error::Error as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use agff::{Code, Error};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Failure;

/// The terminal, or whatever stands in its place.
pub struct Console {
    json: bool,
    verbose: bool,
    colour_out: bool,
    colour_err: bool,
    bar: RefCell<ProgressBar>,
}

/// How text stands out, on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

/// What a progress bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Inputs,
    Steps,
    Bytes,
    Weights,
}

impl Console {
    pub fn new(json: bool, verbose: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb")
            // Older Windows consoles show escape sequences as text.
            || cfg!(windows);
        Self {
            json,
            verbose,
            colour_out: !plain && io::stdout().is_terminal(),
            colour_err: !plain && io::stderr().is_terminal(),
            bar: RefCell::new(ProgressBar::hidden()),
        }
    }

    /// Whether to say more.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// `text` in a style, if stdout is a terminal.
    pub fn style(&self, style: Style, text: &str) -> String {
        paint(self.colour_out, style, text)
    }

    /// Shows an error; its code and causes too if they were asked for.
    pub fn error(&self, error: &Error) {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = error.source();
        while let Some(source) = cause {
            let text = source.to_string();
            // A cause that says what its consequence said already says nothing.
            if error.message() != text && causes.last() != Some(&text) {
                causes.push(text);
            }
            cause = source.source();
        }
        if self.json {
            self.stderr(
                &json!({"error": {
                    "code": error.code().as_str(),
                    "subject": error.subject(),
                    "message": error.message(),
                    "causes": causes,
                }})
                .to_string(),
            );
            return;
        }
        let head = paint(self.colour_err, Style::Red, "error:");
        let mut text = match error.subject() {
            "" => format!("{head} {}", shown_lines(error.message())),
            subject => format!(
                "{head} {}: {}",
                shown(subject),
                shown_lines(error.message())
            ),
        };
        if self.verbose {
            text.push_str(&format!(" [{}]", error.code()));
            for cause in causes {
                text.push_str(&format!("\n  caused by: {}", shown_lines(&cause)));
            }
        }
        self.stderr(&text);
    }

    /// Says something that the user should know.
    pub fn note(&self, text: &str) {
        if self.json {
            self.stderr(&json!({ "note": text }).to_string());
        } else {
            let head = paint(self.colour_err, Style::Yellow, "note:");
            self.stderr(&format!("{head} {}", shown_lines(text)));
        }
    }

    /// Says something that only people want to know.
    pub fn status(&self, text: &str) {
        if !self.json {
            self.stderr(&paint(self.colour_err, Style::Dim, &shown_lines(text)));
        }
    }

    /// Writes a line to stdout.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout();
        let mut write = || writeln!(out, "{text}").and_then(|()| out.flush());
        let written = match io::stdout().is_terminal() {
            true => self.bar.borrow().suspend(write),
            false => write(),
        };
        written.map_err(|e| failed(Path::new("standard output"), e))
    }

    /// Writes an object as one line to stdout.
    pub fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.line(&to_json(value)?)
    }

    /// Begins a progress bar on stderr, if that is a terminal.
    pub fn begin(&self, what: &str, total: u64, unit: Unit) {
        let counts = match unit {
            Unit::Inputs => "{pos}/{len}  {elapsed_precise}  {eta} left",
            // What comes behind says how much time is left.
            Unit::Steps => "{pos}/{len}  {elapsed_precise}",
            Unit::Bytes => "{binary_bytes}/{binary_total_bytes}",
            Unit::Weights => "{percent}%  {elapsed_precise}  {eta} left",
        };
        // What is not a terminal gets nothing.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let template = format!("{{prefix}} [{{bar:30}}] {counts}  {{wide_msg}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what.to_owned());
        *self.bar.borrow_mut() = bar;
    }

    /// Whether a progress bar is seen.
    pub fn has_bar(&self) -> bool {
        !self.bar.borrow().is_hidden()
    }

    /// Whether only machines read what is printed.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Moves the progress bar.
    pub fn progress(&self, done: u64, what: &str) {
        let bar = self.bar.borrow();
        bar.set_position(done);
        if !what.is_empty() {
            bar.set_message(shown(what).into_owned());
        }
    }

    /// Takes the progress bar away.
    pub fn end(&self) {
        self.bar.borrow().finish_and_clear();
        *self.bar.borrow_mut() = ProgressBar::hidden();
    }

    fn stderr(&self, text: &str) {
        // If stderr is closed there is nobody to tell.
        self.bar.borrow().suspend(|| {
            let _ = writeln!(io::stderr(), "{text}");
        });
    }
}

fn paint(colour: bool, style: Style, text: &str) -> String {
    let code = match style {
        Style::Bold => "1",
        Style::Dim => "2",
        Style::Red => "1;31",
        Style::Green => "32",
        Style::Yellow => "1;33",
    };
    if colour {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// A name without control characters: it must not steer the terminal, nor look like another line or,
/// by turning the direction of what follows, like another name.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, steers)
}

/// The same for what may have several lines.
fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && steers(c))
}

/// Whether a character moves the cursor or turns the direction of writing.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&escape) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|c| match escape(c) {
            true => c.escape_default().to_string(),
            false => c.to_string(),
        })
        .collect::<String>()
        .into()
}

/// `text` on one line of at most `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = shown(&line);
    match line.char_indices().nth(most) {
        None => line.into_owned(),
        Some(_) => line.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// An object as JSON on one line.
pub fn to_json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|e| {
        Error::new(Code::Internal, "", "the result cannot be written as JSON")
            .with_source(e)
            .into()
    })
}

/// A number of bytes, for people.
pub fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", n as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", n as f64 / 1_073_741_824.0),
    }
}

/// How a column of a table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table with aligned columns, two spaces between them, one line for each row.
pub fn table(console: &Console, heads: &[(&str, Align)], rows: &[Vec<String>]) -> Vec<String> {
    let shown_row = |row: &Vec<String>| -> Vec<String> {
        row.iter().map(|cell| shown(cell).into_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(shown_row).collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain([heads[column].0.chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for ((cell, &width), (_, align)) in cells.zip(&widths).zip(heads) {
            if !text.is_empty() {
                text.push_str("  ");
            }
            match align {
                Align::Left => text.push_str(&format!("{cell:<width$}")),
                Align::Right => text.push_str(&format!("{cell:>width$}")),
            }
        }
        text.truncate(text.trim_end().len());
        text
    };
    let head = line(&mut heads.iter().map(|(head, _)| *head));
    let body = rows
        .iter()
        .map(|row| line(&mut row.iter().map(String::as_str)));
    std::iter::once(console.style(Style::Bold, &head))
        .chain(body)
        .collect()
}

/// Prints `name  value` lines, names aligned.
pub fn fields(console: &Console, fields: &[(&str, String)]) -> Result<(), Failure> {
    let width = fields
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    for (name, value) in fields {
        let name = console.style(Style::Dim, &format!("{name:<width$}"));
        console.line(&format!("  {name}  {}", shown(value)))?;
    }
    Ok(())
}

/// Where JSON lines go: stdout, or a file that appears whole or not at all.
pub enum Lines<'a> {
    Stdout(&'a Console),
    File(NewFile),
}

impl<'a> Lines<'a> {
    /// Lines to the file at `path`, or to stdout.
    pub fn to(path: Option<&Path>, console: &'a Console) -> Result<Self, Failure> {
        Ok(match path {
            None => Self::Stdout(console),
            Some(path) => Self::File(NewFile::create(path)?),
        })
    }

    pub fn write(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Stdout(console) => console.json_line(value),
            Self::File(file) => file.write_line(&to_json(value)?),
        }
    }

    /// Gives a file its name.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(file) => file.finish(),
        }
    }
}

/// A file that is written beside its place and takes its name when it is whole.
pub struct NewFile {
    target: PathBuf,
    /// Absent for what cannot be replaced, such as `/dev/stdout`: it is written in place.
    beside: Option<PathBuf>,
    writer: BufWriter<File>,
}

impl NewFile {
    pub fn create(path: &Path) -> Result<Self, Failure> {
        // Through a link, so that the link stays.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let special = fs::metadata(&target).is_ok_and(|meta| !meta.is_file());
        let beside = (!special).then(|| {
            let mut name = std::ffi::OsString::from(".");
            name.push(target.file_name().unwrap_or_default());
            name.push(format!(".{}.part", std::process::id()));
            target.with_file_name(name)
        });
        let open = match &beside {
            Some(beside) => File::create(beside),
            None => File::options().write(true).open(&target),
        };
        let file = open.map_err(|e| Error::io(path, e))?;
        Ok(Self {
            target,
            beside,
            writer: BufWriter::new(file),
        })
    }

    pub fn write_line(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.writer, "{line}").map_err(|e| failed(&self.target, e))
    }

    pub fn finish(mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|e| failed(&self.target, e))?;
        if let Some(beside) = &self.beside {
            fs::rename(beside, &self.target).map_err(|e| failed(&self.target, e))?;
            self.beside = None;
        }
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// What a failed write means: a pipe that nobody reads any more is no error.
fn failed(target: &Path, error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::ClosedPipe,
        _ => Error::io(target, error).into(),
    }
}

/// `Some` as its value, `None` as null.
pub fn or_null<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::Null, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_the_terminal_or_pass_for_others() {
        for (name, expected) in [
            ("caf\u{e9} 猫.jpg", "caf\u{e9} 猫.jpg"),
            ("a\nb\x1b[2J", "a\\nb\\u{1b}[2J"),
            ("gpj.\u{202e}exe\u{2066}", "gpj.\\u{202e}exe\\u{2066}"),
        ] {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(shown_lines("a\nb\x07"), "a\nb\\u{7}");
    }
}
