//! `agff train` and `agff merge`: killed, resumed, and run from any folder.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::agff;
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
