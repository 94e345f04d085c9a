//! Checking every byte of a package, for [`inspect`](crate::inspect).
//!
//! Loading stops at the first thing that is wrong; here all files that are wrong are found.

use agff::input::text::Tokenizer;
use agff::package::manifest::FileEntry;
use agff::package::{Package, Source};
use agff::{Code, Error, Result};
use pollster::block_on;
use sha2::{Digest, Sha256};

use crate::output::{Console, Unit};

/// Bytes of token embeddings that are kept in memory while all are checked.
const CACHE: usize = 4 << 20;

/// Rows of token embeddings that are checked at once.
const ROWS: usize = 1024;

/// Everything that is wrong with the files.
pub fn verify(package: &Package, console: &Console) -> Vec<Error> {
    let files = &package.manifest().files;
    let total = files.iter().map(|file| file.bytes).sum();
    let mut problems = Vec::new();
    let mut before = 0;
    console.begin("Verifying", total, Unit::Bytes);
    for file in files {
        let mut progress = |done| console.progress(before + done, &file.path);
        if let Err(error) = block_on(check_file(package.source(), file, &mut progress)) {
            problems.push(error);
        }
        before += file.bytes;
    }
    console.end();
    // What is in the files matters only if they are the right ones.
    if problems.is_empty()
        && let Err(error) = block_on(check_tensors(package))
    {
        problems.push(error);
    }
    problems
}

/// Checks a file's length and hash.
async fn check_file(
    source: &Source,
    file: &FileEntry,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let name = source.describe(&file.path);
    let mut reader = source.open(&file.path).await?;
    let mut hash = Sha256::new();
    let mut length = 0;
    while let Some(chunk) = reader.next_chunk().await? {
        length += chunk.len() as u64;
        hash.update(chunk);
        progress(length.min(file.bytes));
    }
    if length != file.bytes {
        return Err(Error::new(
            Code::PackageTruncated,
            name,
            format!(
                "has {length} bytes, the manifest states {}; copy or download it again",
                file.bytes
            ),
        ));
    }
    let is: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if is != file.sha256 {
        return Err(Error::new(
            Code::PackageHash,
            name,
            format!(
                "has the sha256 {is}, the manifest states {}; copy or download it again",
                file.sha256
            ),
        ));
    }
    Ok(())
}

/// Checks shapes and values of all tensors, and the tokenizer.
async fn check_tensors(package: &Package) -> Result<()> {
    let tokenizer = Tokenizer::from_bytes(&package.tokenizer_bytes().await?)?;
    let manifest = package.manifest();
    manifest.config.layout(manifest.settings(), tokenizer)?;
    package.load_tensors(&mut |_| (), |_| Ok(())).await?;
    let table = package.token_table(CACHE).await?;
    let rows: Vec<u32> = (0..u32::try_from(table.rows_total()).unwrap_or(u32::MAX)).collect();
    for some in rows.chunks(ROWS) {
        table.rows(some).await?;
    }
    Ok(())
}
