//! Validates manifest values: everything that the types alone do not say.

use std::collections::HashSet;

use super::manifest::{
    BlockHashes, FORMAT, FORMAT_VERSION, FileEntry, MANIFEST_FILE, MAX_TOKENIZER_BYTES, Manifest,
    TOKENIZER_FILE,
};
use crate::embedding::Probability;
use crate::families::{check_views, fault as fail, registry};
use crate::{Code, Error, Result};

/// Most files of a package.
const MAX_FILES: usize = 10_000;

/// Most bytes of one file: what a 64-bit float, and so JavaScript, counts exactly.
const MAX_FILE_BYTES: u64 = 1 << 53;

impl Manifest {
    /// Checks every value that the types do not already constrain.
    ///
    /// # Errors
    /// [`Code::PackageManifest`] naming the field, [`Code::PackageVersion`],
    /// [`Code::PackageFamily`], or [`Code::Config`] for the model's numbers.
    pub fn validate(&self) -> Result<()> {
        self.check().map_err(|e| e.about(MANIFEST_FILE))
    }

    /// The same with errors that leave it to the caller to say which manifest they are about.
    pub fn check(&self) -> Result<()> {
        self.check_but_files()?;
        check_files(&self.files)
    }

    /// The same for a package whose files are still to be made.
    pub fn check_but_files(&self) -> Result<()> {
        if self.format != FORMAT {
            return fail("format", format!("is {:?}, not {FORMAT:?}", self.format));
        }
        if self.version != FORMAT_VERSION {
            return Err(Error::new(
                Code::PackageVersion,
                "",
                format!(
                    "`version` is {}; this build reads version {FORMAT_VERSION}",
                    self.version
                ),
            ));
        }
        registry::by_name(&self.family)?;
        if self.config.family() != self.family {
            return fail("family", "is not the one that `config` is of");
        }
        self.config.validate().map_err(|e| {
            Error::new(
                e.code(),
                "",
                format!("`config.{}` {}", e.subject(), e.message()),
            )
        })?;
        self.config.check(self.settings())?;
        check_views(&self.views)?;
        let tau = self.fusion.temperature;
        if !tau.is_finite() || tau <= 0.0 {
            return fail(
                "fusion.temperature",
                format!("is {tau}; it must be a positive number"),
            );
        }
        if let Some(Probability { scale, bias }) = self.probability
            && !(scale.is_finite() && scale > 0.0 && bias.is_finite())
        {
            let why = format!(
                "has the scale {scale} and the bias {bias}; the one must be positive, both finite"
            );
            return fail("probability", why);
        }
        if let Some(calibration) = &self.certainty {
            calibration.check(self.config.embedding_dim())?;
        }
        self.check_dimensions()
    }

    fn check_dimensions(&self) -> Result<()> {
        let hidden = self.config.embedding_dim();
        let list = &self.dimensions;
        if list.first() != Some(&hidden) {
            return fail(
                "dimensions",
                format!("is {list:?}; it must begin with the hidden size, {hidden}"),
            );
        }
        if list.contains(&0) || !list.windows(2).all(|w| w[0] > w[1]) {
            return fail(
                "dimensions",
                format!("is {list:?}; it must be descending and above 0"),
            );
        }
        Ok(())
    }
}

fn check_files(files: &[FileEntry]) -> Result<()> {
    if files.len() > MAX_FILES {
        return fail(
            "files",
            format!("has {} entries, more than {MAX_FILES}", files.len()),
        );
    }
    let mut seen = HashSet::new();
    for (i, file) in files.iter().enumerate() {
        let field = |name: &str| format!("files[{i}].{name}");
        if let Err(why) = check_path(&file.path) {
            return fail(field("path"), format!("is {:?}; {why}", file.path));
        }
        if !seen.insert(file.path.to_ascii_lowercase()) {
            return fail(field("path"), format!("is {:?} again", file.path));
        }
        if file.bytes == 0 || file.bytes > MAX_FILE_BYTES {
            return fail(
                field("bytes"),
                format!("is {}; it must be between 1 and 2^53", file.bytes),
            );
        }
        check_hash(&field("sha256"), &file.sha256)?;
        if let Some(blocks) = &file.blocks {
            check_blocks(&field("blocks"), file.bytes, blocks)?;
        }
    }
    match files.iter().find(|f| f.path == TOKENIZER_FILE) {
        Some(t) if t.bytes > MAX_TOKENIZER_BYTES => fail(
            "files",
            format!(
                "{TOKENIZER_FILE} is {} bytes long, more than {MAX_TOKENIZER_BYTES}",
                t.bytes
            ),
        ),
        Some(_) => Ok(()),
        None => fail("files", format!("has no {TOKENIZER_FILE}")),
    }
}

/// A path may name a file inside the package and nothing else, on every system and in a URL.
fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() || path.len() > 255 {
        return Err("it must have 1 to 255 characters");
    }
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !path.chars().all(ok) {
        return Err("it may have letters, digits, '-', '_', '.' and '/' only");
    }
    if path
        .split('/')
        .any(|part| part.is_empty() || part.starts_with('.'))
    {
        return Err("it must be relative, without empty or hidden parts and without '..'");
    }
    if path.eq_ignore_ascii_case(MANIFEST_FILE) {
        return Err("the manifest does not list itself");
    }
    Ok(())
}

fn check_hash(field: &str, hash: &str) -> Result<()> {
    let ok = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if hash.len() == 64 && hash.bytes().all(ok) {
        return Ok(());
    }
    fail(field, "must be 64 lower-case hexadecimal digits")
}

fn check_blocks(field: &str, bytes: u64, blocks: &BlockHashes) -> Result<()> {
    if !(1 << 10..=1 << 26).contains(&blocks.size) {
        return fail(
            format!("{field}.size"),
            format!("is {}; it must be between 1 KiB and 64 MiB", blocks.size),
        );
    }
    let count = bytes.div_ceil(blocks.size);
    if blocks.sha256.len() as u64 != count {
        return fail(
            format!("{field}.sha256"),
            format!(
                "has {} hashes; {bytes} bytes are {count} blocks of {}",
                blocks.sha256.len(),
                blocks.size
            ),
        );
    }
    blocks
        .sha256
        .iter()
        .enumerate()
        .try_for_each(|(i, h)| check_hash(&format!("{field}.sha256[{i}]"), h))
}
