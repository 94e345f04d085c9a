//! Data that the program makes itself, as files: scenes, their test set, and clip-art.

mod clipart;
mod scenes;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use agff_scenes::folder::MakeOptions;

/// Options that a test may change.
fn options() -> MakeOptions {
    MakeOptions {
        seed: 0,
        size: 64,
        threads: None,
        force: false,
    }
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}
