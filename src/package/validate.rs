//! Whether a manifest's values can be meant: everything that its types alone do not say.

use std::collections::HashSet;

use super::manifest::{
    BlockHashes, FAMILIES, FORMAT, FORMAT_VERSION, FileEntry, MANIFEST_FILE, MAX_TOKENIZER_BYTES,
    Manifest, TOKENIZER_FILE, View,
};
use crate::{Code, Error, Result};

/// Most views of a package.
pub const MAX_VIEWS: usize = 256;

/// Most learned vectors of one view.
pub const MAX_LEARNED: usize = 1024;

/// Most characters of one template.
const MAX_TEMPLATE: usize = 1 << 16;

/// Most pixels that images may be brought to: four times the family's own limit, and patches of
/// 1.5 GiB.
const MOST_PIXELS: u64 = 1 << 26;

/// Most files of a package.
const MAX_FILES: usize = 10_000;

/// Most bytes of one file: what a 64-bit float, and so JavaScript, counts exactly.
const MAX_FILE_BYTES: u64 = 1 << 53;

fn fail<T>(field: impl AsRef<str>, why: impl AsRef<str>) -> Result<T> {
    Err(Error::new(
        Code::PackageManifest,
        "",
        format!("`{}` {}", field.as_ref(), why.as_ref()),
    ))
}

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
        if !FAMILIES.contains(&self.family.as_str()) {
            return Err(Error::new(
                Code::PackageFamily,
                "",
                format!(
                    "`family` is {:?}; this build runs {}",
                    self.family,
                    FAMILIES.join(", ")
                ),
            ));
        }
        self.config.validate().map_err(|e| {
            Error::new(
                e.code(),
                "",
                format!("`config.{}` {}", e.subject(), e.message()),
            )
        })?;
        self.check_image()?;
        self.check_prompt()?;
        check_views(&self.views)?;
        let tau = self.fusion.temperature;
        if !tau.is_finite() || tau <= 0.0 {
            return fail(
                "fusion.temperature",
                format!("is {tau}; it must be a positive number"),
            );
        }
        self.check_dimensions()
    }

    fn check_image(&self) -> Result<()> {
        let image = &self.image;
        let side = (self.config.vision.patch_size * self.config.vision.spatial_merge_size) as u64;
        if image.max_pixels < side * side || image.max_pixels > MOST_PIXELS {
            return fail(
                "image.max_pixels",
                format!(
                    "is {}; it must be between one merged patch, {}, and {MOST_PIXELS}",
                    image.max_pixels,
                    side * side
                ),
            );
        }
        if image.min_pixels == 0 || image.min_pixels > image.max_pixels {
            return fail(
                "image.min_pixels",
                format!(
                    "is {}; it must be between 1 and max_pixels, {}",
                    image.min_pixels, image.max_pixels
                ),
            );
        }
        if !image.mean.iter().all(|m| m.is_finite()) {
            return fail("image.mean", "must be finite numbers");
        }
        if !image.std.iter().all(|s| s.is_finite() && *s > 0.0) {
            return fail("image.std", "must be positive numbers");
        }
        Ok(())
    }

    fn check_prompt(&self) -> Result<()> {
        let p = &self.prompt;
        for (field, text) in [
            ("prompt.prefix", &p.prefix),
            ("prompt.image", &p.image),
            ("prompt.image_token", &p.image_token),
            ("prompt.empty", &p.empty),
            ("prompt.instruction", &p.instruction),
        ] {
            if text.len() > MAX_TEMPLATE {
                return fail(field, format!("is longer than {MAX_TEMPLATE} bytes"));
            }
        }
        for (slot, least) in [("{instruction}", 0), ("{image}", 1), ("{text}", 1)] {
            let n = p.prefix.matches(slot).count();
            if n < least || n > 1 {
                return fail(
                    "prompt.prefix",
                    format!(
                        "has {slot} {n} times; it must be there {} once",
                        if least == 0 { "at most" } else { "exactly" }
                    ),
                );
            }
        }
        if p.image.matches("{pad}").count() != 1 {
            return fail("prompt.image", "must have {pad} exactly once");
        }
        if p.image_token.is_empty() {
            return fail("prompt.image_token", "is empty");
        }
        if p.empty.is_empty() {
            return fail("prompt.empty", "is empty; an empty input needs some text");
        }
        let most = self.config.text.max_position_embeddings;
        if p.max_tokens == 0 || p.max_tokens > most {
            return fail(
                "prompt.max_tokens",
                format!(
                    "is {}; it must be between 1 and max_position_embeddings, {most}",
                    p.max_tokens
                ),
            );
        }
        Ok(())
    }

    fn check_dimensions(&self) -> Result<()> {
        let hidden = self.config.text.hidden_size;
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

/// Checks the views by themselves; `views.json` is checked with it too.
pub fn check_views(views: &[View]) -> Result<()> {
    match views.first() {
        Some(first) if first.name == "global" => {}
        Some(first) => {
            return fail(
                "views[0].name",
                format!("is {:?}; the first view is \"global\"", first.name),
            );
        }
        None => return fail("views", "is empty; there must be at least \"global\""),
    }
    if views.len() > MAX_VIEWS {
        return fail(
            "views",
            format!("has {} entries, more than {MAX_VIEWS}", views.len()),
        );
    }
    let mut seen = HashSet::new();
    for (i, view) in views.iter().enumerate() {
        let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if view.name.is_empty() || view.name.len() > 64 || !view.name.chars().all(ok) {
            return fail(
                format!("views[{i}].name"),
                format!(
                    "is {:?}; it must be 1 to 64 letters, digits, '-', '_' or '.'",
                    view.name
                ),
            );
        }
        if !seen.insert(view.name.as_str()) {
            return fail(
                format!("views[{i}].name"),
                format!("is {:?}, which another view has too", view.name),
            );
        }
        if view.learned > MAX_LEARNED {
            return fail(
                format!("views[{i}].learned"),
                format!("is {}, more than {MAX_LEARNED}", view.learned),
            );
        }
        if view.prompt.len() > MAX_TEMPLATE {
            return fail(
                format!("views[{i}].prompt"),
                format!("is longer than {MAX_TEMPLATE} bytes"),
            );
        }
        if view.prompt.is_empty() && view.learned == 0 {
            return fail(
                format!("views[{i}]"),
                "has neither a prompt nor learned vectors; a view is read at its last position, \
                 so it must have one",
            );
        }
    }
    Ok(())
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
