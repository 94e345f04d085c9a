//! A run that was stopped goes on as if it had not been.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::run::{Folder, finish, run_until};

/// The newest checkpoint's bytes.
fn newest(folder: &Folder, out: &str) -> Vec<u8> {
    let checkpoints = folder.join(out).join("checkpoints");
    let mut files: Vec<_> = fs::read_dir(checkpoints)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    fs::read(files.last().unwrap()).unwrap()
}

/// `metrics.jsonl` without what is measured in time.
fn metrics(folder: &Folder, out: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(out).join("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            let values = line.as_object_mut().unwrap();
            values.remove("time");
            values.remove("samples_per_second");
            line.to_string()
        })
        .collect()
}

#[test]
fn forty_steps_are_twenty_stopped_and_twenty_resumed_to_the_last_bit() {
    for rate in ["0.0", "0.02"] {
        let folder = Folder::new();
        let muon = format!("optimiser.muon.learning_rate={rate}");
        folder.run(&["out='whole'", &muon]);
        let parts = ["out='parts'", &muon];
        run_until(&mut folder.trainer(&parts, false).unwrap(), 20);
        let mut resumed = folder.trainer(&parts, true).unwrap();
        assert_eq!(resumed.step(), 20);
        finish(&mut resumed);
        assert!(newest(&folder, "whole") == newest(&folder, "parts"));
        assert_eq!(metrics(&folder, "whole"), metrics(&folder, "parts"));
    }
}

#[test]
fn a_run_that_died_loses_what_came_after_its_last_checkpoint_and_no_more() {
    let folder = Folder::new();
    folder.run(&["out='whole'"]);
    run_until(&mut folder.trainer(&["out='died'"], false).unwrap(), 26);
    // As if the machine had stopped before the checkpoint of step 26, while one was being written.
    let checkpoints = folder.join("died/checkpoints");
    fs::remove_file(checkpoints.join("step-00000026.safetensors")).unwrap();
    fs::write(checkpoints.join("step-00000026.partial"), b"half").unwrap();
    let mut resumed = folder.trainer(&["out='died'"], true).unwrap();
    assert_eq!(resumed.step(), 20);
    finish(&mut resumed);
    assert!(newest(&folder, "whole") == newest(&folder, "died"));
    assert_eq!(metrics(&folder, "whole"), metrics(&folder, "died"));
}

#[test]
fn a_killed_process_loses_what_came_after_its_last_checkpoint_and_no_more() {
    let folder = Folder::new();
    let steps = "optimiser.steps=300";
    folder.run(&["out='whole'", steps]);
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agff"));
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
    assert!(newest(&folder, "whole") == newest(&folder, "killed"));
    assert_eq!(metrics(&folder, "whole"), metrics(&folder, "killed"));
}

#[test]
fn a_run_goes_on_and_is_merged_from_any_folder() {
    let folder = Folder::new();
    folder.run(&["out='start'", "optimiser.steps=6"]);
    let inner = folder.path().file_name().unwrap();
    let above = folder.path().parent().unwrap();
    let train = |from: &Path, recipe: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agff"));
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
    let merged = Command::new(env!("CARGO_BIN_EXE_agff"))
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

#[test]
fn the_last_checkpoints_are_kept_and_older_ones_go() {
    let folder = Folder::new();
    folder.run(&["checkpoint.keep=3"]);
    let names = fs::read_dir(folder.join("run/checkpoints")).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [20, 30, 40].map(|step| format!("step-{step:08}.safetensors"));
    assert_eq!(names, expected);
}

#[test]
fn the_same_recipe_gives_the_same_bits_with_one_thread_and_with_several() {
    let folder = Folder::new();
    let with_threads = |threads: usize, out: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let set = [
            format!("out='{out}'"),
            "optimiser.steps=10".into(),
            "optimiser.muon.learning_rate=0.02".into(),
        ];
        pool.unwrap()
            .install(|| folder.run(&set.each_ref().map(String::as_str)));
        newest(&folder, out)
    };
    assert!(with_threads(1, "one") == with_threads(4, "four"));
}
