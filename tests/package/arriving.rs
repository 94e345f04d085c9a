//! A package that is made while its checkpoint's bytes arrive is the one that is made of the checkpoint's folder, to the
//! bit; with breaks in between, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use agff::checkpoint::{ADAPTER_WEIGHTS_FILE, SmallFiles, is_weights};
use agff::package::{Conversion, ConvertOptions, Described, Manifest, Write, convert};
use agff::tensors::{Dtype, hex};
use agff::{Code, Error, Result};
use sha2::{Digest, Sha256};

use crate::package::checkpoint::Stored;
use crate::package::convert::Checkpoint;
use crate::support::golden::{self, Case};

/// The files of weights, in their order: in the folder itself and in the folders of modules.
fn weights(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let (folders, mut files): (Vec<_>, Vec<_>) = list(folder).partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| list(folder)));
    files.retain(|path| path.to_str().is_some_and(is_weights));
    files.retain(|path| !path.ends_with(ADAPTER_WEIGHTS_FILE));
    files.sort();
    files
}

/// A conversion of a folder, with the hashes of its files announced.
fn begin(folder: &Path, options: &ConvertOptions) -> Result<Conversion> {
    let mut files = SmallFiles::read(folder)?;
    if let Some(adapter) = &options.adapter {
        files.read_adapter(adapter)?;
    }
    let mut described = Described::new(&files, options.clone(), None)?;
    for path in weights(folder) {
        let bytes = fs::read(&path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        described.add_file(
            path.strip_prefix(folder).unwrap().to_str().unwrap(),
            bytes.len() as u64,
            Some(hex(&Sha256::digest(&bytes))),
            &bytes[8..8 + header],
        )?;
    }
    described.begin()
}

/// What is on the disk of somebody who converts.
#[derive(Default, Clone)]
struct Disk(BTreeMap<String, Vec<u8>>);

impl Disk {
    fn write(&mut self, writes: Vec<Write>) {
        for Write { path, at, bytes } in writes {
            let file = self.0.entry(path).or_default();
            let end = at as usize + bytes.len();
            file.resize(file.len().max(end), 0);
            file[at as usize..end].copy_from_slice(&bytes);
        }
    }

    fn lengths(&self, conversion: &Conversion) -> Vec<u64> {
        let length = |(path, _)| self.0.get(path).map_or(0, |bytes| bytes.len() as u64);
        conversion.files().map(length).collect()
    }

    fn seal(&self, mut conversion: Conversion) -> Result<Manifest> {
        let files: Vec<String> = conversion.files().map(|(path, _)| path.into()).collect();
        for path in files {
            for piece in self.0[&path].chunks(100_001) {
                conversion.seal(piece)?;
            }
        }
        conversion.finish()
    }
}

/// Feeds what is missing, in pieces of `step`, and stops after `pieces`.
fn feed(
    conversion: &mut Conversion,
    folder: &Path,
    disk: &mut Disk,
    step: usize,
    mut pieces: usize,
) -> Result<()> {
    let files: Vec<Vec<u8>> = weights(folder)
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect();
    while let (Some((file, at)), true) = (conversion.position(), pieces > 0) {
        let rest = &files[file][at as usize..];
        disk.write(conversion.feed(&rest[..rest.len().min(step)])?);
        pieces -= 1;
    }
    Ok(())
}

fn options(dtype: Dtype) -> ConvertOptions {
    ConvertOptions {
        dtype,
        force: true,
        ..ConvertOptions::default()
    }
}

/// Converts a folder in both ways.
fn same_in_both_ways(folder: &Path, options: &ConvertOptions, step: usize) {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("package");
    let expected = convert(folder, &out, options, &mut |_| ()).unwrap();
    let mut disk = Disk::default();
    let mut conversion = begin(folder, options).unwrap();
    disk.write(conversion.known().unwrap());
    feed(&mut conversion, folder, &mut disk, step, usize::MAX).unwrap();
    let manifest = disk.seal(conversion).unwrap();
    assert_eq!(manifest, expected);
    for file in &manifest.files {
        let is = fs::read(out.join(&file.path)).unwrap();
        assert!(is == disk.0[&file.path], "{}", file.path);
    }
}

#[test]
fn a_package_of_arriving_bytes_is_the_one_of_the_folder() {
    for (name, regions) in [
        ("siglip-2", Some(3)),
        ("clip-openai", None),
        ("chinese-clip-squash", None),
        ("bert", None),
        ("bert-dense", None),
        ("sharded", None),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join(name);
        Case::read(name).write_checkpoint(&folder);
        for (dtype, step) in [
            (Dtype::F32, 1 << 20),
            (Dtype::F16, 4099),
            (Dtype::Q8, 65_537),
            (Dtype::Q4, 1 << 16),
        ] {
            let options = ConvertOptions {
                regions,
                ..options(dtype)
            };
            same_in_both_ways(&folder, &options, step);
            let adapter = golden::folder().join(name).join("adapter");
            if adapter.exists() {
                let options = ConvertOptions {
                    adapter: Some(adapter),
                    ..options
                };
                same_in_both_ways(&folder, &options, step);
            }
        }
    }
    for (stored, shards) in [(Stored::F16, 3), (Stored::Bf16, 1)] {
        let c = Checkpoint::new(stored, shards, false);
        same_in_both_ways(&c.hf(), &options(Dtype::Q8), 777);
    }
}

#[test]
fn it_goes_on_where_it_stopped() {
    let c = Checkpoint::new(Stored::F32, 3, false);
    let (folder, options) = (c.hf(), options(Dtype::Q8));
    let mut whole = Disk::default();
    let mut conversion = begin(&folder, &options).unwrap();
    whole.write(conversion.known().unwrap());
    feed(&mut conversion, &folder, &mut whole, 5000, usize::MAX).unwrap();
    let expected = whole.seal(conversion).unwrap();

    let mut disk = Disk::default();
    let mut first = begin(&folder, &options).unwrap();
    disk.write(first.known().unwrap());
    let mut state = first.state();
    let mut breaks = 0;
    let last = loop {
        let mut conversion = begin(&folder, &options).unwrap();
        assert!(conversion.resume(&state, &disk.lengths(&conversion)));
        // A piece that came after the state was kept is converted again.
        feed(&mut conversion, &folder, &mut disk, 9001, 20).unwrap();
        if conversion.position().is_none() {
            break conversion;
        }
        state = conversion.state();
        breaks += 1;
    };
    assert!(breaks > 3, "{breaks}");
    assert_eq!(disk.seal(last).unwrap(), expected);
    assert!(disk.0 == whole.0);

    // Not where another one stopped.
    let mut other = begin(&folder, &self::options(Dtype::Q4)).unwrap();
    assert!(!other.resume(&state, &disk.lengths(&other)));
    let mut conversion = begin(&folder, &options).unwrap();
    let lengths = disk.lengths(&conversion);
    for wrong in ["", "{}", &state.replace("\"at\":", "\"at\":1")] {
        assert!(!conversion.resume(wrong, &lengths), "{wrong}");
    }
    // Nor where less is there than was written.
    for file in 0..lengths.len() {
        let mut short = lengths.clone();
        short[file] = 100;
        assert!(!conversion.resume(&state, &short), "{file}");
    }
    assert_eq!(conversion.position(), Some((0, 0)));
    assert!(conversion.resume(&state, &lengths));
}

#[test]
fn wrong_bytes_are_found() {
    let c = Checkpoint::new(Stored::F32, 2, false);
    let fed = |change: &dyn Fn(usize, &mut Vec<u8>)| -> Result<(), Error> {
        let mut conversion = begin(&c.hf(), &options(Dtype::F16))?;
        for (number, path) in weights(&c.hf()).iter().enumerate() {
            let mut bytes = fs::read(path).unwrap();
            change(number, &mut bytes);
            conversion.feed(&bytes)?;
        }
        Ok(())
    };
    fed(&|_, _| ()).unwrap();
    let error = fed(&|number, bytes| {
        let last = bytes.len() - 1;
        bytes[last] ^= u8::from(number == 1);
    });
    let error = error.unwrap_err();
    assert_eq!(error.code(), Code::PackageHash);
    assert_eq!(error.subject(), "model-00002-of-00002.safetensors");
    let error = fed(&|number, bytes| bytes.resize(bytes.len() + number, 0)).unwrap_err();
    assert_eq!(error.code(), Code::PackageTruncated);

    let mut half = begin(&c.hf(), &options(Dtype::F16)).unwrap();
    assert_eq!(half.seal(b"x").unwrap_err().code(), Code::Internal);
    let mut disk = Disk::default();
    disk.write(half.known().unwrap());
    feed(&mut half, &c.hf(), &mut disk, 4096, 5).unwrap();
    assert_eq!(half.finish().unwrap_err().code(), Code::Internal);

    // One shard less than the index has.
    let files = SmallFiles::read(&c.hf()).unwrap();
    let described = Described::new(&files, options(Dtype::F16), None).unwrap();
    let error = described.begin().err().unwrap();
    assert_eq!(error.code(), Code::PackageTensor);
}
