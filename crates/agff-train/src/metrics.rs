//! What a run writes down about itself: `metrics.jsonl`, TensorBoard's event files, and the line
//! that people watch.

mod progress;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};

pub use progress::{Progress, StepReport};

use super::events::EventFile;
use agff::{Code, Error, Result};

/// The name of the file of JSON lines in the run's folder.
pub const METRICS_FILE: &str = "metrics.jsonl";

/// The records of a run.
///
/// A line of `metrics.jsonl` is `{"step": 10, "time": 1767225600.0, "kind": "train", "loss": 2.31, …}`: the
/// step, seconds since 1970, what kind of entry it is, and its values. What is not a finite number is
/// `null` there; TensorBoard gets it as it is, under `kind/name`.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    file: File,
    events: Option<EventFile>,
}

impl Metrics {
    /// Opens the records in the run's folder; `tensorboard` is whether event files are written too.
    ///
    /// A new run (`resumed` is `None`) begins them. One that goes on after step `resumed` drops the
    /// lines of later steps, which will be written again, and a last line that was cut short: the
    /// file is then what it would be had the run never been stopped.
    ///
    /// # Errors
    /// [`Code::Io`]. The old file is whole until the new one takes its place.
    pub fn open(folder: &Path, resumed: Option<u64>, tensorboard: bool) -> Result<Self> {
        let path = folder.join(METRICS_FILE);
        match resumed {
            Some(step) if path.exists() => keep_until(&path, step)?,
            _ => {
                File::create(&path).map_err(|e| Error::io(&path, e))?;
            }
        }
        let file = File::options().append(true).open(&path);
        let events = match tensorboard {
            true => Some(EventFile::create(folder, now(), resumed)?),
            false => None,
        };
        Ok(Self {
            file: file.map_err(|e| Error::io(&path, e))?,
            path,
            events,
        })
    }

    /// Writes an entry: its values by name, in their order. It reaches the files at once.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn write(&mut self, step: u64, kind: &str, values: &[(&str, f64)]) -> Result<()> {
        let time = now();
        let line = Line {
            step,
            time: (time * 1e3).round() / 1e3,
            kind,
            values,
        };
        let mut text = serde_json::to_vec(&line).map_err(|e| {
            Error::new(
                Code::Internal,
                METRICS_FILE,
                "an entry cannot be written as JSON",
            )
            .with_source(e)
        })?;
        text.push(b'\n');
        // One write, so that a line is there whole or, if the machine stops, cut short at the end.
        self.file
            .write_all(&text)
            .map_err(|e| Error::io(&self.path, e))?;
        if let Some(events) = &mut self.events {
            let tagged = |&(name, value): &(&str, f64)| (format!("{kind}/{name}"), value);
            let values: Vec<(String, f64)> = values.iter().map(tagged).collect();
            events.scalars(time, step, &values)?;
        }
        Ok(())
    }
}

/// A line of the file, its values beside the rest and in their order.
struct Line<'a> {
    step: u64,
    time: f64,
    kind: &'a str,
    values: &'a [(&'a str, f64)],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.step)?;
        map.serialize_entry("time", &self.time)?;
        map.serialize_entry("kind", self.kind)?;
        for (name, value) in self.values {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// Drops the lines of steps after `last`, and those that cannot be read.
fn keep_until(path: &Path, last: u64) -> Result<()> {
    #[derive(Deserialize)]
    struct Step {
        step: u64,
    }
    let failed = |e| Error::io(path, e);
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let shorter = path.with_extension("jsonl.new");
    let file = File::create(&shorter).map_err(|e| Error::io(&shorter, e))?;
    let mut writer = BufWriter::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line of a damaged file may be anything; none of ours is a mebibyte long.
        let mut limited = (&mut reader).take(1 << 20);
        if limited.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        let whole = line.ends_with(b"\n");
        let kept = serde_json::from_slice::<Step>(&line).is_ok_and(|line| line.step <= last);
        if whole && kept {
            writer
                .write_all(&line)
                .map_err(|e| Error::io(&shorter, e))?;
        }
    }
    let file = writer
        .into_inner()
        .map_err(|e| Error::io(&shorter, e.into_error()))?;
    file.sync_all().map_err(|e| Error::io(&shorter, e))?;
    fs::rename(&shorter, path).map_err(failed)
}

#[cfg(test)]
mod tests;
