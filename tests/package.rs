//! Packages: written, read back, and refused when they are wrong.

#[path = "support/packages.rs"]
mod packages;

use std::borrow::Cow;
use std::path::Path;

use agff::Result;
use agff::package::manifest::Dtype;
use agff::package::tensors::RawTensor;
use agff::package::token_table::DEFAULT_CACHE;
use agff::package::{Package, Source};
use packages::{random_tensors, values, write_random};
use pollster::block_on;
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
