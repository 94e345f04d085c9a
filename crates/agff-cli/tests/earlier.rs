//! What earlier versions made still works: an index, a package and a training checkpoint of November 2026
//! (`tests/fixtures/2026-11`, see its README).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{agff, finish, text_of};
use crate::support::{cosine, root};

/// A copy of the fixture, which is written to.
struct Earlier(TempDir);

impl Earlier {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        copy(&root().join("tests/fixtures/2026-11"), temp.path());
        Self(temp)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The objects of a file, one a line.
    fn lines(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.at(name)).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A checkpoint's bytes with the hash of the recipe that another has.
fn with_recipe_of(checkpoint: &[u8], other: &[u8]) -> Vec<u8> {
    let hash = |bytes: &[u8]| {
        let key = b"recipe";
        let after = bytes.windows(key.len()).position(|w| w == key).unwrap() + key.len();
        let digits = |w: &[u8]| w.iter().all(u8::is_ascii_hexdigit);
        let start = bytes[after..].windows(64).position(digits).unwrap() + after;
        start..start + 64
    };
    let mut bytes = checkpoint.to_vec();
    bytes[hash(checkpoint)].copy_from_slice(&other[hash(other)]);
    bytes
}

fn vectors(line: &Value) -> Vec<f32> {
    let views = line["embeddings"]
        .as_array()
        .expect("a vector for each view");
    let values = views.iter().flat_map(|v| v.as_array().unwrap());
    values.map(|v| v.as_f64().unwrap() as f32).collect()
}

#[test]
fn a_package_gives_the_same_vectors() {
    let earlier = Earlier::new();
    let mut command = agff();
    command
        .args(["embed", "images/red-0.png", "--text"])
        .args(["a blue square in the top left", "--model", "package-q8"])
        .args(["--device", "cpu", "--json"])
        .current_dir(earlier.0.path());
    let run = finish(command);
    assert_eq!(run.code, 0, "{}", run.err);
    let (now, before) = (run.lines(), earlier.lines("vectors-q8.jsonl"));
    assert_eq!((now.len(), before.len()), (2, 2));
    for (now, before) in now.iter().zip(&before) {
        let (a, b) = (vectors(now), vectors(before));
        assert!(cosine(&a, &b) > 0.999_999, "{now} {before}");
    }
}

#[test]
fn an_index_finds_the_same_photos_with_the_same_scores() {
    let earlier = Earlier::new();
    // Whole numbers, in the place of floats, change what is computed a little.
    for (precision, most) in [("exact", 1e-5), ("fast", 5e-4)] {
        let mut command = agff();
        command
            .args([
                "index",
                "search",
                "a blue square in the top left",
                "--index",
            ])
            .args([text_of(&earlier.at("index")), "--model".into()])
            .args([text_of(&earlier.at("package-q8"))])
            .args(["--device", "cpu", "--precision", precision, "--json"]);
        let run = finish(command);
        assert_eq!(run.code, 0, "{}", run.err);
        let (now, before) = (run.lines(), earlier.lines("hits.jsonl"));
        assert_eq!(now.len(), before.len());
        assert!(before.len() >= 10, "{}", before.len());
        for (now, before) in now.iter().zip(&before) {
            assert_eq!(now["id"], before["id"]);
            let score = |line: &Value| line["score"].as_f64().unwrap();
            let off = (score(now) - score(before)).abs();
            assert!(off < most, "{precision}: {now} {before}");
        }
    }
}

#[test]
fn a_run_goes_on_from_its_checkpoint_to_the_same_model() {
    let earlier = Earlier::new();
    let checkpoint = earlier.at("run/checkpoints/step-00000006.safetensors");
    let kept = fs::read(&checkpoint).unwrap();
    let train = |more: &[&str]| {
        let mut command = agff();
        command.args(["train", &text_of(&earlier.at("recipe.toml"))]);
        let run = finish({
            command.args(["--device", "cpu"]).args(more);
            command
        });
        assert_eq!(run.code, 0, "{}", run.err);
        run
    };
    // A checkpoint names its recipe by a hash, in which the places of the files count. So a run of this
    // folder's gives the hash that the kept one gets.
    fs::remove_dir_all(earlier.at("run")).unwrap();
    train(&[]);
    let here = fs::read(&checkpoint).unwrap();
    fs::remove_dir_all(earlier.at("run")).unwrap();
    fs::create_dir_all(checkpoint.parent().unwrap()).unwrap();
    fs::write(&checkpoint, with_recipe_of(&kept, &here)).unwrap();
    let run = train(&["--resume"]);
    assert!(run.err.contains("step 6 of 12"), "{}", run.err);
    // The sums of a matrix product come in another order on another processor.
    let tensors = |folder: &str, name: &str| -> Vec<f32> {
        let bytes = fs::read(earlier.at(folder).join(name)).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let data = bytes[8 + header..].chunks_exact(4);
        data.map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    };
    for file in ["weights-00001.safetensors", "embed-00001.safetensors"] {
        let (now, before) = (tensors("run/model", file), tensors("trained", file));
        assert_eq!(now.len(), before.len());
        let apart = now.iter().zip(&before).map(|(a, b)| (a - b).abs());
        let most = apart.fold(0.0, f32::max);
        assert!(most < 1e-3, "{file}: {most}");
        assert!(cosine(&now, &before) > 0.999_99, "{file}");
    }
}
