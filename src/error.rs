//! The one error of the crate.
//!
//! An [`Error`] has a stable [`Code`] that programs may match on (JavaScript sees the same
//! string), the subject it is about (a file, a URL, an input), a message that says what to do,
//! and its cause.

use std::error::Error as StdError;
use std::fmt;

/// `Result` with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What kind of failure an [`Error`] is. The string form never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, for documentation and for tests that walk over all of them.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The stable string form, the same in Rust, on the command line and in JavaScript.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A file or folder could not be read or written.
    Io = "io",
    /// A download failed.
    Fetch = "fetch",
    /// The file is not an image of a format that is read here.
    ImageFormat = "image-format",
    /// The image's bytes are truncated or corrupt.
    ImageCorrupt = "image-corrupt",
    /// The image is empty: zero pixels wide or high.
    ImageEmpty = "image-empty",
    /// The image is larger than the decoding limits allow.
    ImageTooLarge = "image-too-large",
    /// The image is more than 200 times longer than wide, or wider than long.
    ImageAspect = "image-aspect",
    /// The package has no readable manifest, or the manifest is malformed.
    PackageManifest = "package-manifest",
    /// The package was written in a format version that this build does not read.
    PackageVersion = "package-version",
    /// The package or checkpoint is of a model family that this build does not run.
    PackageFamily = "package-family",
    /// A file that the manifest names is missing.
    PackageFileMissing = "package-file-missing",
    /// A file is shorter or longer than the manifest says.
    PackageTruncated = "package-truncated",
    /// A file's sha256 differs from the manifest's.
    PackageHash = "package-hash",
    /// A tensor is missing, or has another shape or type than the configuration asks for.
    PackageTensor = "package-tensor",
    /// A weight is NaN or infinite.
    PackageNotFinite = "package-not-finite",
    /// The model's configuration states numbers that no model can have.
    Config = "config",
    /// The tokenizer could not be read, or lacks a token that the prompts need.
    Tokenizer = "tokenizer",
    /// The input itself is unusable: nothing given, or too much for this model or device.
    Input = "input",
    /// There is no GPU adapter, or it refused to make a device.
    NoGpu = "no-gpu",
    /// The GPU was lost while it was used.
    DeviceLost = "device-lost",
    /// The operation was aborted by the caller.
    Aborted = "aborted",
    /// Two embeddings cannot be compared, or a dimension does not exist.
    Embedding = "embedding",
    /// A stored index cannot be read, or there is none.
    Index = "index",
    /// Vectors of another model, or made in another way, than those of an index.
    IndexModel = "index-model",
    /// Another process writes to the index.
    IndexBusy = "index-busy",
    /// A row of training data or an evaluation question cannot be used.
    Data = "data",
    /// A training recipe states something that cannot be.
    Recipe = "recipe",
    /// A training checkpoint cannot be read or does not fit.
    Checkpoint = "checkpoint",
    /// Training went wrong: the loss is no longer a number.
    Diverged = "diverged",
    /// A defect of this program.
    Internal = "internal",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: its [`Code`], what it is about, what to do, and its cause.
///
/// `Display` gives `subject: message`; the cause is reached through
/// [`source`](std::error::Error::source).
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    subject: String,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error about `subject` (a file name, a URL, a tensor; may be empty).
    pub fn new(code: Code, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            subject: subject.into(),
            message: message.into(),
            source: None,
        }))
    }

    /// The same error with its cause kept.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error about `subject`, if it named none yet.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        if self.0.subject.is_empty() {
            self.0.subject = subject.into();
        }
        self
    }

    /// Shorthand for a failed read or write of `path`.
    pub fn io(path: impl AsRef<std::path::Path>, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.as_ref().display().to_string();
        let message = match source.kind() {
            ErrorKind::NotFound => "there is no such file or folder".into(),
            ErrorKind::IsADirectory => "is a folder; name a file".into(),
            ErrorKind::NotADirectory => "leads through a file as if it were a folder".into(),
            ErrorKind::PermissionDenied => {
                "may not be opened or written by you; check its permissions".into()
            }
            ErrorKind::StorageFull => "the disk is full; make room and try again".into(),
            ErrorKind::ReadOnlyFilesystem => "lies on a disk that can only be read".into(),
            // What read_to_string says of bytes that are no text.
            ErrorKind::InvalidData => format!("is not what it should be: {source}"),
            _ => source.to_string(),
        };
        Self::new(Code::Io, path, message).with_source(source)
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The file, URL, tensor or input that the error is about; may be empty.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// What went wrong and what to do about it, without the subject.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subject.is_empty() {
            f.write_str(&self.0.message)
        } else {
            write!(f, "{}: {}", self.0.subject, self.0.message)
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.0.code)?;
        match &self.0.source {
            Some(source) => write!(f, " (cause: {source})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_kebab_case() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert!(
                code.as_str()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-')
            );
        }
    }

    #[test]
    fn an_error_names_its_subject_and_keeps_its_cause() {
        let cause = std::io::Error::other("disk on fire");
        let error = Error::io("a.jpg", cause);
        assert_eq!(error.to_string(), "a.jpg: disk on fire");
        assert!(error.source().is_some());
        assert_eq!(error.code().as_str(), "io");
    }
}
