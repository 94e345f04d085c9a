//! Packages: written, read back, and refused when they are wrong.

mod arriving;
mod checkpoint;
mod convert;
mod damage;
mod makers;
mod manifest;
mod refused;
mod repack;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::packages::{TOKENIZER, random_tensors, values, write_random};
use crate::support::sha256;
use agff::package::token_table::DEFAULT_CACHE;
use agff::package::{LoadProgress, Package, Source, write_package};
use agff::tensors::Dtype;
use agff::tensors::RawTensor;
use agff::{Code, Result};
use pollster::block_on;
use serde_json::Value;
use tempfile::TempDir;

const DTYPES: [Dtype; 4] = [Dtype::F32, Dtype::F16, Dtype::Q8, Dtype::Q4];

fn temp() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Reads everything of a package: tokenizer, weights, all rows of the table.
fn read_all(source: Source) -> Result<(Package, Vec<RawTensor>, Vec<f32>)> {
    block_on(async {
        let package = Package::open(source).await?;
        package.tokenizer_bytes().await?;
        let mut tensors = Vec::new();
        package
            .load_tensors(&mut |_| {}, |t| {
                tensors.push(t);
                Ok(())
            })
            .await?;
        let table = package.token_table(DEFAULT_CACHE).await?;
        let ids: Vec<u32> = (0..table.rows_total() as u32).collect();
        let rows = table.rows(&ids).await?;
        Ok((package, tensors, rows))
    })
}

/// The files of a folder, as a source in memory.
fn in_memory(folder: &Path) -> Source {
    Source::memory(std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        (name, Cow::Owned(std::fs::read(path).unwrap()))
    }))
}

#[test]
fn what_is_written_is_read_back_from_a_folder_and_from_memory() {
    for dtype in DTYPES {
        let dir = temp();
        let out = dir.path().join("p");
        let manifest = write_random(&out, dtype);
        let expected: Vec<RawTensor> = random_tensors(&manifest)
            .filter(|t| !t.name.starts_with("text.embed_tokens"))
            .collect();
        let mut all = Vec::new();
        for source in [Source::Folder(out.clone()), in_memory(&out)] {
            let (package, tensors, rows) = read_all(source).unwrap();
            assert_eq!(package.manifest(), &manifest);
            assert!(tensors == expected, "{dtype:?}: tensors differ");
            assert_eq!(rows.len(), 300 * 72);
            all.push(rows);
        }
        assert_eq!(all[0], all[1]);
        let original = values("text.embed_tokens.weight", 300 * 72);
        let worst = all[0]
            .iter()
            .zip(&original)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        let most = match dtype {
            Dtype::F32 => 0.0,
            Dtype::F16 => 0.0005,
            // A step is 1/127; the largest value of a block may be cut by most of one.
            Dtype::Q8 | Dtype::Q4 => 0.008,
        };
        assert!(worst <= most, "{dtype:?}: rows are off by {worst}");
    }
}

/// A package's files, to be changed and read again.
struct Parts {
    manifest: Value,
    files: BTreeMap<String, Vec<u8>>,
}

impl Parts {
    fn new(dtype: Dtype) -> Self {
        let dir = temp();
        let out = dir.path().join("p");
        write_random(&out, dtype);
        Self::read(&out)
    }

    /// A package of other tensors than a manifest's own.
    fn of(tensors: impl IntoIterator<Item = RawTensor>) -> Self {
        let dir = temp();
        let out = dir.path().join("p");
        let manifest =
            crate::support::packages::manifest(crate::support::packages::small_config(), Dtype::Q4);
        write_package(&out, manifest, tensors.into_iter().map(Ok), TOKENIZER).unwrap();
        Self::read(&out)
    }

    fn read(folder: &Path) -> Self {
        let mut files: BTreeMap<String, Vec<u8>> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| {
                (
                    e.file_name().into_string().unwrap(),
                    fs::read(e.path()).unwrap(),
                )
            })
            .collect();
        let manifest = files.remove("agff.json").unwrap();
        Self {
            manifest: serde_json::from_slice(&manifest).unwrap(),
            files,
        }
    }

    /// Makes the manifest agree with the files again, as someone who means it would.
    fn rehash(&mut self) {
        for entry in self.manifest["files"].as_array_mut().unwrap() {
            let bytes = &self.files[entry["path"].as_str().unwrap()];
            entry["bytes"] = bytes.len().into();
            entry["sha256"] = sha256(bytes).into();
            if let Some(size) = entry["blocks"]["size"].as_u64() {
                let hashes: Vec<String> = bytes.chunks(size as usize).map(sha256).collect();
                entry["blocks"]["sha256"] = hashes.into();
            } else {
                entry.as_object_mut().unwrap().remove("blocks");
            }
        }
    }

    fn source(&self) -> Source {
        let manifest = (
            "agff.json".to_string(),
            self.manifest.to_string().into_bytes(),
        );
        let files = self.files.clone().into_iter().chain([manifest]);
        Source::memory(files.map(|(name, bytes)| (name, Cow::Owned(bytes))))
    }

    /// The error of reading everything.
    #[track_caller]
    fn refused(&self) -> agff::Error {
        match read_all(self.source()) {
            Ok(_) => panic!("the package was read"),
            Err(e) => e,
        }
    }
}

const WEIGHTS: &str = "weights-00001.safetensors";
const EMBED: &str = "embed-00001.safetensors";

#[test]
fn what_fails_in_the_sink_comes_out_as_it_is() {
    let parts = Parts::new(Dtype::F32);
    let error = block_on(async {
        let package = Package::open(parts.source()).await?;
        let mut seen = 0;
        package
            .load_tensors(&mut |_| {}, |_| {
                seen += 1;
                match seen {
                    3 => Err(agff::Error::new(Code::DeviceLost, "gpu", "gone")),
                    _ => Ok(()),
                }
            })
            .await
    });
    assert_eq!(error.unwrap_err().code(), Code::DeviceLost);
}

#[test]
fn progress_goes_from_nothing_to_all() {
    let parts = Parts::new(Dtype::F32);
    let (mut last, mut totals, mut files) = (0, Vec::new(), Vec::new());
    block_on(async {
        let package = Package::open(parts.source()).await?;
        let mut note = |p: LoadProgress<'_>| {
            assert!(p.total_done >= last && p.total_done <= p.total);
            assert!(p.file_bytes_done <= p.file_bytes);
            last = p.total_done;
            totals.push(p.total);
            files.push(p.file.to_string());
        };
        package.load_tensors(&mut note, |_| Ok(())).await
    })
    .unwrap();
    let weights = parts.files[WEIGHTS].len() as u64;
    assert!(totals.iter().all(|&t| t == weights));
    assert_eq!(last, weights);
    assert!(files.iter().all(|f| f == WEIGHTS));
}
