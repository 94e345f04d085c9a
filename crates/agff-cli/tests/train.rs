//! `agff train` and `agff merge`: killed, resumed, and run from any folder.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::agff;
use crate::support::golden::Case;
use crate::support::training::Folder;

/// Trains by the folder's recipe with these keys set.
fn trained(folder: &Folder, set: &[&str]) {
    let mut command = agff();
    command.arg("train").arg(folder.join("recipe.toml"));
    for key in set {
        command.args(["--set", key]);
    }
    let output = command.args(["--device", "cpu"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_killed_process_loses_what_came_after_its_last_checkpoint_and_no_more() {
    let folder = Folder::new();
    let steps = "optimiser.steps=300";
    trained(&folder, &["out='whole'", steps]);
    let program = || {
        let mut command = agff();
        command.arg("train").arg(folder.join("recipe.toml")).args([
            "--device",
            "cpu",
            "--set",
            "out='killed'",
            "--set",
            steps,
        ]);
        command
    };
    let mut running = program().stderr(Stdio::null()).spawn().unwrap();
    let first = folder.join("killed/checkpoints/step-00000010.safetensors");
    let begun = Instant::now();
    while !first.exists() {
        assert!(running.try_wait().unwrap().is_none(), "it ended by itself");
        assert!(begun.elapsed() < Duration::from_secs(300), "no checkpoint");
        std::thread::sleep(Duration::from_millis(2));
    }
    // SIGKILL, wherever it is just now.
    running.kill().unwrap();
    assert!(!running.wait().unwrap().success(), "it ended by itself");
    let resumed = program().arg("--resume").output().unwrap();
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
    assert!(!said.contains("step 0 of"), "{said}");
    assert!(folder.newest_checkpoint("whole") == folder.newest_checkpoint("killed"));
    assert_eq!(folder.metrics("whole"), folder.metrics("killed"));
}

#[test]
fn a_run_goes_on_and_is_merged_from_any_folder() {
    let folder = Folder::new();
    trained(&folder, &["out='start'", "optimiser.steps=6"]);
    let inner = folder.path().file_name().unwrap();
    let above = folder.path().parent().unwrap();
    let train = |from: &Path, recipe: &Path, more: &[&str]| {
        let mut command = agff();
        command.current_dir(from).arg("train").arg(recipe);
        for key in [
            "out='tuned'",
            "train='views'",
            "start={package='start/model'}",
        ] {
            command.args(["--set", key]);
        }
        let output = command.args(["--device", "cpu"]).args(more).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    train(folder.path(), Path::new("recipe.toml"), &[]);
    // It has ended: there is nothing to do, and it is the same run.
    let recipe = Path::new(inner).join("recipe.toml");
    let said = train(above, &recipe, &["--resume"]);
    assert!(said.contains("step 40 of 40"), "{said}");
    let merged = agff()
        .current_dir(above)
        .arg("merge")
        .arg(Path::new(inner).join("tuned"))
        .args(["--dtype", "f32", "--out"])
        .arg(folder.join("merged"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&merged.stderr);
    assert!(merged.status.success(), "{said}");
}

const TOWERS: &str = r#"
out = "run"
seed = 5
train = "TRAIN"
start = { package = "package" }

[lora]
rank = 4
vision = true

[[data]]
rows = "rows.jsonl"

[batch]
rows = 12
chunk = 5

[loss]
temperature = 0.07
hardness = "e1"

[optimiser]
learning_rate = RATE
warmup_steps = 5
steps = 40

[checkpoint]
every = 20

[log]
every = 1

[eval]
files = ["questions.jsonl"]
"#;

/// Runs `agff` with these arguments in a folder, and gives what it printed.
fn ran(folder: &Path, arguments: &[&str]) -> String {
    let output = agff().current_dir(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_towers_learn_by_adapters_or_whole_and_what_is_merged_is_what_was_trained() {
    for (case, train, rate) in [
        ("clip-openai", "lora", "1e-2"),
        ("siglip-2", "lora", "1e-2"),
        ("clip-openai", "all", "1e-3"),
    ] {
        let folder = Folder::new();
        let at = folder.path();
        Case::read(case).write_checkpoint(&folder.join("checkpoint"));
        let convert = [
            "convert",
            "checkpoint",
            "--out",
            "package",
            "--dtype",
            "f32",
            "--regions",
            "2",
        ];
        ran(at, &convert);
        let recipe = TOWERS.replace("TRAIN", train).replace("RATE", rate);
        std::fs::write(folder.join("towers.toml"), recipe).unwrap();
        ran(at, &["train", "towers.toml", "--device", "cpu"]);
        let lines = folder.metrics("run");
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let losses: Vec<f64> = lines
            .iter()
            .filter_map(|line| line["loss"].as_f64())
            .collect();
        assert_eq!(losses.len(), 40);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let (first, last) = (mean(&losses[..4]), mean(&losses[36..]));
        assert!(last < 0.8 * first, "{case} {train}: {first} and {last}");
        let examined = lines
            .iter()
            .rev()
            .find_map(|line| line["precision_at_1"].as_f64());

        let model = match train {
            "all" => "run/model",
            _ => {
                ran(at, &["merge", "run", "--out", "merged", "--dtype", "f32"]);
                "merged"
            }
        };
        let eval = [
            "eval",
            "questions.jsonl",
            "--json",
            "--device",
            "cpu",
            "--model",
        ];
        let measured: Value =
            serde_json::from_str(&ran(at, &[&eval[..], &[model]].concat())).unwrap();
        assert_eq!(
            measured["precision_at_1"]["value"].as_f64(),
            examined,
            "{case} {train}"
        );
        let before: Value =
            serde_json::from_str(&ran(at, &[&eval[..], &["package"]].concat())).unwrap();
        assert_ne!(
            before["precision_at_1"], measured["precision_at_1"],
            "{case} {train}"
        );
        // What a score was worth is not known any more.
        let about: Value = serde_json::from_str(&ran(at, &["inspect", model, "--json"])).unwrap();
        assert!(
            about.get("probability").is_none_or(Value::is_null),
            "{about}"
        );
    }
}
