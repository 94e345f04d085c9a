//! Published shapes with weights by a rule, from a hub to vectors; part of `make test-long`.

use std::fs;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{agff, image, text_of};
use crate::support::hub::{Hub, Repository};
use crate::support::shapes::SHAPES;

const MIB: f64 = (1 << 20) as f64;

/// Runs a command, and says how long it took and how much memory it had at most, in bytes.
fn measured(mut command: Command) -> (Duration, f64, String) {
    // Into files: nobody reads while it runs, and a pipe would be full.
    let (mut out, mut told) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let begin = Instant::now();
    let mut child = command
        .stdout(out.try_clone().unwrap())
        .stderr(told.try_clone().unwrap())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    let exit = loop {
        if let Ok(status) = fs::read_to_string(&status)
            && let Some(line) = status.lines().find(|line| line.starts_with("VmHWM"))
        {
            let number: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
            peak = peak.max(1024.0 * number);
        }
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = begin.elapsed();
    let read = |file: &mut fs::File| {
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    assert!(exit.success(), "{}", read(&mut told));
    (took, peak, read(&mut out))
}

#[test]
fn published_shapes_go_from_a_hub_to_vectors_within_bounds() {
    if std::env::var_os("AGFF_TEST_LONG").is_none() {
        println!("full shapes are left to `make test-long`");
        return;
    }
    println!(
        "{:26} {:>10} {:>10} {:>10} {:>8} {:>9} {:>7} {:>9}",
        "as q8, the last as q4", "fetched", "package", "no table", "pull", "peak", "embed", "peak"
    );
    for shape in SHAPES {
        let scratch = tempfile::tempdir().unwrap();
        let hub = Hub::start();
        // It stays there for the page.
        let checkpoint = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("../shapes")
            .join(shape.name);
        shape.write(&checkpoint);
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let mut repository = Repository::of(&checkpoint, commit);
        repository.files.remove(".whole");
        let fetched: usize = repository.files.values().map(Vec::len).sum();
        let name = format!("owner/{}", shape.name);
        hub.with(|state| state.repositories.insert(name.clone(), repository));
        let command = |arguments: &[&str]| {
            let mut command = agff();
            command
                .env("AGFF_MODELS", scratch.path().join("models"))
                .env("AGFF_HUB_CACHE", scratch.path().join("cache"))
                .env("HF_HOME", scratch.path().join("none"))
                .env("HF_ENDPOINT", &hub.url)
                .args(arguments);
            command
        };
        let (pulling, pull_peak, _) = measured(match shape.has_regions() {
            true => command(&["pull", &name, "--dtype", "q8", "--regions", "3"]),
            false => command(&["pull", &name, "--dtype", "q4"]),
        });
        let package = scratch.path().join("models").join(&name);
        let bytes_of = |begins: &str| -> f64 {
            let files = fs::read_dir(&package).unwrap().map(|file| file.unwrap());
            files
                .filter(|file| file.file_name().to_str().unwrap().starts_with(begins))
                .map(|file| file.metadata().unwrap().len() as f64)
                .sum()
        };
        let (weights, table) = (bytes_of("weights"), bytes_of("embed"));
        let photo = image("photo.png");
        let (embedding, embed_peak, out) = measured(command(&[
            "embed",
            "--device",
            "cpu",
            "--json",
            "--text",
            "a red mug",
            &photo,
            "--model",
            &name,
        ]));
        assert_eq!(out.lines().count(), 2);
        println!(
            "{:26} {:6.0} MiB {:6.0} MiB {:5.0} MiB {:7.1} s {:6.0} MiB {:6.1} s {:5.0} MiB",
            shape.name,
            fetched as f64 / MIB,
            (weights + table) / MIB,
            weights / MIB,
            pulling.as_secs_f64(),
            pull_peak / MIB,
            embedding.as_secs_f64(),
            embed_peak / MIB,
        );
        let (least, most) = match shape.has_regions() {
            true => (200.0, 400.0),
            false => (1000.0, 1350.0),
        };
        assert!(
            weights <= least * MIB && weights + table <= most * MIB,
            "{}",
            text_of(&package)
        );
        assert!(
            pull_peak <= 96.0 * MIB,
            "pulling took {:.0} MiB",
            pull_peak / MIB
        );
    }
}
