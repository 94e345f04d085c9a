//! A run that was stopped goes on as if it had not been.

use std::fs;

use agff::Code;
use agff::tensors::Dtype;

use super::run::{Folder, finish, run_until};
use super::support::photo::{package_of_parts, shape};

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
        assert!(folder.newest_checkpoint("whole") == folder.newest_checkpoint("parts"));
        assert_eq!(folder.metrics("whole"), folder.metrics("parts"));
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
    assert!(folder.newest_checkpoint("whole") == folder.newest_checkpoint("died"));
    assert_eq!(folder.metrics("whole"), folder.metrics("died"));
}

#[test]
fn a_photo_model_s_run_goes_on_to_the_last_bit_and_only_from_its_own_start() {
    let folder = Folder::new();
    let package = folder.join("package");
    package_of_parts(&package, Dtype::F32, Some(shape().parts), false);
    fs::write(package.join("README.md"), "# Golden\n\nNotices.\n").unwrap();
    let recipe = "out = 'run'\nname = 'taught'\nseed = 5\ntrain = 'maps'\nstart = { package = 'package' }\n\
                  [[data]]\nrows = 'rows.jsonl'\naugment = false\n[batch]\nrows = 6\n\
                  [loss]\nkeep_texts = 1\nkeep_pictures = 1\n[optimiser]\nsteps = 12\n[checkpoint]\nevery = 4\n";
    fs::write(folder.join("recipe.toml"), recipe).unwrap();
    folder.run(&["out='whole'"]);
    let parts = ["out='parts'"];
    run_until(&mut folder.trainer(&parts, false).unwrap(), 5);
    finish(&mut folder.trainer(&parts, true).unwrap());
    assert!(folder.newest_checkpoint("whole") == folder.newest_checkpoint("parts"));

    // What its makers say goes with the model, and its name is the recipe's.
    let model = folder.join("parts/model");
    let card = fs::read_to_string(model.join("README.md")).unwrap();
    assert!(card.contains("Notices."), "{card}");
    let manifest = fs::read_to_string(model.join("agff.json")).unwrap();
    assert!(manifest.contains("\"taught\""), "{manifest}");

    run_until(&mut folder.trainer(&["out='other'"], false).unwrap(), 5);
    package_of_parts(&package, Dtype::Q8, Some(shape().parts), false);
    let error = folder.trainer(&["out='other'"], true).err().unwrap();
    assert_eq!(error.code(), Code::Checkpoint);
    assert!(error.message().contains("another package"), "{error}");
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
        folder.newest_checkpoint(out)
    };
    assert!(with_threads(1, "one") == with_threads(4, "four"));
}
