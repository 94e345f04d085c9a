//! Running the program, and what its output says.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::golden;

/// What a run came to.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The program, which takes agff-nano where no model is named.
pub fn agff() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agff"));
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    // The small model, where none is named: most tests are about something else.
    command.env("AGFF_MODEL", "agff-nano");
    command
}

pub fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    let run = Run {
        code: output.status.code().expect("ended by a signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!run.err.contains("panicked"), "{}", run.err);
    assert!(!run.err.contains("defect"), "{}", run.err);
    assert!(
        !run.out.contains('\x1b') && !run.err.contains('\x1b'),
        "colours without a terminal"
    );
    run
}

/// Runs `agff` with these arguments.
pub fn run<S: Into<OsString>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let mut command = agff();
    command.args(arguments.into_iter().map(Into::into));
    finish(command)
}

/// Runs a verb that needs a model, on the CPU.
pub fn on_cpu<S: Into<OsString>>(verb: &str, arguments: impl IntoIterator<Item = S>) -> Run {
    let head = [verb, "--device", "cpu"].map(OsString::from);
    run(head
        .into_iter()
        .chain(arguments.into_iter().map(Into::into)))
}

impl Run {
    /// The objects on stdout, one a line.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}\n{}", self.err)))
            .collect()
    }

    /// Codes of the errors on stderr, with `--json`.
    pub fn error_codes(&self) -> Vec<String> {
        let lines = self.err.lines();
        let values = lines.filter_map(|l| serde_json::from_str::<Value>(l).ok());
        values
            .filter_map(|v| Some(v["error"]["code"].as_str()?.to_owned()))
            .collect()
    }
}

pub fn image(name: &str) -> String {
    let path = golden::folder().join("images").join(name);
    path.to_str().unwrap().to_owned()
}

/// The vectors of a line of `embed --json`.
pub fn vectors(line: &Value) -> Vec<Vec<f32>> {
    serde_json::from_value(line["embeddings"].clone()).unwrap()
}

/// A folder with some of the golden images.
pub fn photos(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        fs::copy(image(name), folder.path().join(name)).unwrap();
    }
    folder
}

pub fn text_of(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Makes a named pipe, where there are such.
pub fn make_pipe(path: &Path) -> bool {
    cfg!(unix)
        && Command::new("mkfifo")
            .arg(path)
            .status()
            .is_ok_and(|s| s.success())
}
