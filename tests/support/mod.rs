//! What several test files share.

pub mod golden;
pub mod hub;
pub mod jpeg;
pub mod packages;
pub mod photo;
pub mod shapes;
pub mod toy;
pub mod training;

use std::path::Path;

use agff::families::{Sequence, Token};
use agff::package::manifest::MANIFEST_FILE;
use agff::{Agff, LoadOptions, Source};

/// The id of `<|image_pad|>` in the golden tokenizer.
pub const IMAGE_TOKEN: u32 = 552;

/// The repository's folder.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Runs a test in a process of its own, where no other test runs beside it: `name` is the test's path
/// in its program. The first call starts the process, the call in there does the work.
pub fn alone(name: &str, work: impl FnOnce()) {
    const MARK: &str = "AGFF_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return work();
    }
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(MARK, name)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "{name} is no test: {out}");
    print!("{out}");
    eprint!("{err}");
}

/// Cosine of two vectors.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The largest absolute difference of two vectors' values.
pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// A sequence's ids, images as their token.
pub fn ids(sequence: &Sequence, image_token: u32) -> Vec<u32> {
    let id = |token: &Token| match *token {
        Token::Id(id) => id,
        Token::Image(_) => image_token,
        Token::Learned(_) => panic!("golden cases have no learned vectors"),
    };
    sequence.tokens.iter().map(id).collect()
}

/// Loads a package as if its manifest said another `max_tokens`.
pub fn with_max_tokens<T>(package: &Path, most: usize, f: impl FnOnce(&Agff) -> T) -> T {
    let files = std::fs::read_dir(package).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = std::fs::read(&path).unwrap();
        if name == MANIFEST_FILE {
            let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            manifest["prompt"]["max_tokens"] = most.into();
            bytes = serde_json::to_vec(&manifest).unwrap();
        }
        (name, bytes.into())
    });
    let device = agff::device::DeviceOptions {
        choice: agff::device::DeviceChoice::Cpu,
        ..Default::default()
    };
    let options = LoadOptions {
        device,
        ..LoadOptions::default()
    };
    let agff = pollster::block_on(Agff::load(Source::memory(files), options)).unwrap();
    f(&agff)
}

/// Whether there is a GPU adapter. Without one, says what is left out; where `AGFF_REQUIRE_GPU`
/// is set, as `make test` does, that is a failure.
pub fn gpu_or_say_so(what: &str) -> bool {
    match pollster::block_on(agff::device::gpu::look()) {
        Ok(_) => true,
        Err(error) => {
            assert!(
                std::env::var_os("AGFF_REQUIRE_GPU").is_none(),
                "{what}: {error:?}"
            );
            eprintln!("left out, no GPU adapter here: {what}");
            false
        }
    }
}

/// Lower-case hexadecimal sha256.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A package of the same model whose weights are the numbers that `package` stores, as f32.
pub fn dequantised(package: &Path) -> tempfile::TempDir {
    use agff::package::{Package, write_package};
    use agff::tensors::Dtype;
    use agff::tensors::Packing;
    use agff::tensors::{RawTensor, Suffix};
    use std::collections::BTreeMap;

    let opened = pollster::block_on(Package::open(Source::Folder(package.into()))).unwrap();
    let mut manifest = opened.manifest().clone();
    let mut stored: BTreeMap<String, RawTensor> = BTreeMap::new();
    pollster::block_on(opened.load_tensors(&mut |_| (), |tensor| {
        stored.insert(tensor.name.clone(), tensor);
        Ok(())
    }))
    .unwrap();
    let table = pollster::block_on(opened.token_table(usize::MAX)).unwrap();
    let ids: Vec<u32> = (0..manifest.config.token_table()[0] as u32).collect();
    let rows = pollster::block_on(table.rows(&ids)).unwrap();

    let mut tensors = Vec::new();
    for spec in manifest.tensors() {
        let values: Vec<f32> = if spec.name == "text.embed_tokens.weight" {
            rows.clone()
        } else if let Some(plain) = stored.get(&spec.name) {
            plain.as_f32().unwrap().to_vec()
        } else {
            let get = |suffix: Suffix| stored.get(&format!("{}{}", spec.name, suffix.as_str()));
            let (packing, words) = [
                (Packing::F16, Suffix::F16),
                (Packing::Q8, Suffix::Q8),
                (Packing::Q4, Suffix::Q4),
            ]
            .into_iter()
            .find_map(|(packing, suffix)| Some((packing, get(suffix)?)))
            .unwrap();
            let scales = get(Suffix::Scales).map_or(&[][..], |s| &s.words);
            let (n, k) = (spec.shape[0], spec.shape[1]);
            let (w, s) = (packing.words_per_row(k), packing.scale_words_per_row(k));
            let mut values = vec![0.0; n * k];
            for (row, out) in values.chunks_mut(k).enumerate() {
                let scales = if s == 0 { &[] } else { &scales[row * s..][..s] };
                packing.unpack_row(&words.words[row * w..][..w], scales, out);
            }
            values
        };
        tensors.push(Ok(RawTensor::f32(&spec.name, spec.shape.clone(), &values)));
    }
    manifest.dtype = Dtype::F32;
    let out = tempfile::tempdir().unwrap();
    let tokenizer = pollster::block_on(opened.tokenizer_bytes()).unwrap();
    write_package(out.path(), manifest, tensors, &tokenizer).unwrap();
    out
}

/// The default package's folder.
pub fn nano() -> std::path::PathBuf {
    root().join("models/agff-nano")
}

/// A copy of the default package, with another manifest.
pub fn nano_with(change: impl FnOnce(&mut serde_json::Value)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(nano()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let path = folder.path().join("agff.json");
    let mut manifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, manifest.to_string()).unwrap();
    folder
}

/// The package with only its first views.
pub fn keep_views(package: &Path, count: usize) -> tempfile::TempDir {
    use agff::package::{Package, write_package};

    let opened = pollster::block_on(Package::open(Source::Folder(package.into()))).unwrap();
    let mut manifest = opened.manifest().clone();
    let left_out = manifest.views.split_off(count.min(manifest.views.len()));
    let mut tensors = Vec::new();
    pollster::block_on(opened.load_tensors(&mut |_| (), |tensor| {
        if !left_out
            .iter()
            .any(|view| tensor.name == format!("views.{}", view.name))
        {
            tensors.push(Ok(tensor));
        }
        Ok(())
    }))
    .unwrap();
    let table = pollster::block_on(opened.token_table(usize::MAX)).unwrap();
    let size = [table.rows_total(), table.hidden()];
    let ids: Vec<u32> = (0..size[0] as u32).collect();
    let rows = pollster::block_on(table.rows(&ids)).unwrap();
    tensors.push(Ok(agff::tensors::RawTensor::f32(
        "text.embed_tokens.weight",
        size.into(),
        &rows,
    )));
    let out = tempfile::tempdir().unwrap();
    let tokenizer = pollster::block_on(opened.tokenizer_bytes()).unwrap();
    write_package(out.path(), manifest, tensors, &tokenizer).unwrap();
    out
}
