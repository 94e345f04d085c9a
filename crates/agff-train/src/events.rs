//! Event files, as TensorBoard reads them.
//!
//! A file is a row of records: length (u64, little-endian), its masked CRC-32C, the bytes, their
//! masked CRC-32C. Each holds an `Event` message of TensorFlow's `event.proto`, written here by hand:
//! of its fields only `wall_time` (1), `step` (2), `file_version` (3), `summary` (5) with scalars
//! (`tag` 1, `simple_value` 2), and `session_log` (7) are needed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use agff::{Error, Result};

/// The version of the format that files begin with.
const FILE_VERSION: &str = "brain.Event:2";

/// An event file that is being written.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a new file in `folder`. `wall_time` is the time in seconds since 1970.
    ///
    /// TensorBoard joins the files of a folder. A run that goes on after step `resumed` says so, and
    /// TensorBoard then forgets what earlier files say of later steps.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io).
    pub fn create(folder: &Path, wall_time: f64, resumed: Option<u64>) -> Result<Self> {
        // Two starts within a second get names of their own, in their order.
        let mut count = 0;
        let (path, file) = loop {
            let name = format!("events.out.tfevents.{:010}.agff.{count}", wall_time as u64);
            let path = folder.join(name);
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => break (path, file),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => count += 1,
                Err(e) => return Err(Error::io(path, e)),
            }
        };
        let mut events = Self { path, file };
        let mut begin = Message::event(wall_time, 0);
        begin.bytes(3, FILE_VERSION.as_bytes());
        events.write(&begin)?;
        if let Some(step) = resumed {
            // SessionLog with status START; what is forgotten begins with the step that it names.
            let mut session = Message::default();
            session.integer(1, 1);
            let mut event = Message::event(wall_time, step + 1);
            event.bytes(7, &session.0);
            events.write(&event)?;
        }
        Ok(events)
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes scalars of a step, tag and value. The record reaches the file at once.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io).
    pub fn scalars(&mut self, wall_time: f64, step: u64, values: &[(String, f64)]) -> Result<()> {
        let mut summary = Message::default();
        for (tag, value) in values {
            let mut scalar = Message::default();
            scalar.bytes(1, tag.as_bytes());
            scalar.float(2, *value as f32);
            summary.bytes(1, &scalar.0);
        }
        let mut event = Message::event(wall_time, step);
        event.bytes(5, &summary.0);
        self.write(&event)
    }

    fn write(&mut self, event: &Message) -> Result<()> {
        let record = record(&event.0);
        let written = self.file.write_all(&record);
        written.map_err(|e| Error::io(&self.path, e))
    }
}

/// A record around `data`.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked_crc(data).to_le_bytes());
    record
}

/// CRC-32C, turned and shifted so that it differs from that of data which contains a CRC.
fn masked_crc(data: &[u8]) -> u32 {
    let crc = crc32c::crc32c(data);
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A protocol buffer message.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

impl Message {
    /// An event's head. A step of 0 is the default, which is not written.
    fn event(wall_time: f64, step: u64) -> Self {
        let mut message = Self::default();
        message.0.push(1 << 3 | 1);
        message.0.extend(wall_time.to_le_bytes());
        if step > 0 {
            message.integer(2, step);
        }
        message
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    fn float(&mut self, field: u64, value: f32) {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What TensorBoard's own record writer and protocol buffers (tensorboard 2.21, protobuf 7.36)
    /// make of the same events: `RecordWriter(out).write(Event(...).SerializeToString())` for the
    /// file version, a `SessionLog(status=START)` at step 301, and a summary of two scalars.
    const KNOWN: &str = "\
        1800000000000000a37f4b2209000010406e55da411a0d627261696e2e4576656e743a327ce7ce86\
        100000000000000095fbfe1809000010406e55da4110ad023a0208015df3d0d5\
        3800000000000000a3797d5709000060406e55da4110b6022a2a\
        0a110a0a747261696e2f6c6f737315000014400a150a0e747261696e2f616363757261637915cdcccc3d\
        9bfe4b68";

    #[test]
    fn a_file_is_what_tensorboard_itself_would_write_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = EventFile::create(folder.path(), 1_767_225_600.25, Some(300)).unwrap();
        let values = [("train/loss", 2.3125), ("train/accuracy", 0.1)];
        let values = values.map(|(tag, value)| (tag.to_owned(), value));
        events.scalars(1_767_225_601.5, 310, &values).unwrap();
        let bytes = std::fs::read(events.path()).unwrap();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, KNOWN);
    }

    #[test]
    fn a_second_start_within_a_second_has_a_file_of_its_own_that_sorts_behind() {
        let folder = tempfile::tempdir().unwrap();
        let first = EventFile::create(folder.path(), 7.1, None).unwrap();
        let second = EventFile::create(folder.path(), 7.9, None).unwrap();
        assert!(first.path() < second.path());
        // TensorBoard finds event files by this part of their names.
        assert!(second.path().to_string_lossy().contains("tfevents"));
    }
}
