//! Rows from JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use agff::{Code, Error};

use super::{Content, Row};
use crate::Failure;

/// Most bytes of a line: more than any model's vectors take.
const MOST: u64 = 64 << 20;

pub fn read(
    path: &Path,
    each: &mut dyn FnMut(Content, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |e| Error::io(path, e);
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        let at = format!("{}:{number}", path.display());
        let mut limited = reader.by_ref().take(MOST);
        if limited.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        if line.len() as u64 == MOST {
            let message = format!(
                "a line is longer than {} MiB; is this a file of vectors?",
                MOST >> 20
            );
            return Err(Error::new(Code::Data, at, message).into());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let content = match serde_json::from_slice::<Row>(&line) {
            Ok(row) => Content::Row(Box::new(row)),
            Err(_) if is_words(&line) => Content::Words(std::mem::take(&mut line)),
            Err(e) => {
                let message = format!("is no line of `agff embed` or `agff index export`: {e}");
                return Err(Error::new(Code::Data, at, message).with_source(e).into());
            }
        };
        each(content, at)?;
    }
}

/// Whether a line is of taught words, which say so.
fn is_words(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Said {
        format: String,
    }
    // Rows are longer, and have no such field.
    serde_json::from_slice::<Said>(line).is_ok_and(|said| said.format == "agff-words")
}
