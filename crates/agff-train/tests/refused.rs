//! What cannot be trained is refused before the first step, and says what to do.

use std::fs;
use std::path::Path;

use agff::Code;
use agff_train::setup;

use super::run::{Folder, finish, run_until};

fn with_rows(rows: &str) -> Folder {
    let folder = Folder::new();
    fs::write(folder.join("rows.jsonl"), rows).unwrap();
    folder
}

#[test]
fn labels_that_no_row_has_are_told_of() {
    let row = |name: &str, also: &str| {
        format!(
            r#"{{"query": {{"image": "images/red-0.png"}}, "positive": {{"text": "{name}"}}, "label": "{name}", "also": [{also}]}}"#
        )
    };
    let rows = [
        row("ginger", ""),
        row("leek", r#""ginger", "Ginger", "garlic""#),
    ];
    let folder = with_rows(&rows.join("\n"));
    let recipe = folder.recipe(&["batch.rows=2"]).unwrap();
    let mut notes = Vec::new();
    setup::data(&recipe, &mut |note| notes.push(note)).unwrap();
    let told = "2 labels in `also` are no row's label, such as \"Ginger\"";
    assert!(notes.iter().any(|note| note == told), "{notes:?}");
}

#[test]
fn rows_that_cannot_be_used_are_named_by_file_and_line() {
    let good = r#"{"query": {"text": "a"}, "positive": {"image": "images/red-0.png"}}"#;
    for (rows, part) in [
        ("".to_owned(), "has no rows"),
        (
            format!("{good}\n{{\"query\": {{\"text\": \"b\"}}}}\n"),
            "rows.jsonl:2: column 24: missing field `positive`",
        ),
        (
            format!("{good}\n\n{{\"query\": {{}}, \"positive\": {{\"text\": \"b\"}}}}\n"),
            "rows.jsonl:3: the query has neither",
        ),
        (
            good.replace("red-0", "nowhere"),
            "nowhere.png of the positive does not exist",
        ),
        (format!("{good}\nnot json"), "rows.jsonl:2: column"),
    ] {
        let error = with_rows(&rows).refused(&[]);
        assert_eq!(error.code(), Code::Data, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn data_that_cannot_fill_a_batch_is_refused() {
    let folder = Folder::new();
    let error = folder.refused(&["batch.rows=100"]);
    assert_eq!(error.code(), Code::Data);
    // Two rows of one target cannot both be in a batch of two.
    let row = r#"{"query": {"text": "TEXT"}, "positive": {"image": "images/red-0.png"}}"#;
    let rows = [row.replace("TEXT", "a"), row.replace("TEXT", "b")].join("\n");
    let error = with_rows(&rows).refused(&["batch.rows=2"]);
    assert_eq!(error.code(), Code::Data, "{error}");
    let error = folder.recipe(&["batch.rows=1"]).unwrap_err();
    assert_eq!(error.code(), Code::Recipe);
    assert!(error.to_string().contains("at least 2"), "{error}");
}

#[test]
fn a_key_that_is_not_known_is_refused_with_the_nearest_one() {
    let error = Folder::new().recipe(&["loss.hardnes='e1'"]).unwrap_err();
    assert_eq!(error.code(), Code::Recipe);
    assert!(error.to_string().contains("hardness"), "{error}");
}

#[test]
fn a_damaged_picture_is_named() {
    let folder = Folder::new();
    let path = folder.join("images/red-0.png");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = folder.refused(&[]);
    assert_eq!(error.code(), Code::ImageCorrupt, "{error}");
    assert!(error.to_string().contains("red-0.png"), "{error}");
}

#[test]
fn a_run_does_not_begin_over_another_nor_go_on_with_another_recipe() {
    let folder = Folder::new();
    run_until(&mut folder.trainer(&[], false).unwrap(), 3);
    let error = folder.refused(&[]);
    assert_eq!(error.code(), Code::Checkpoint);
    assert!(error.to_string().contains("--resume"), "{error}");
    let changed = folder.trainer(&["optimiser.learning_rate=1e-4"], true);
    let error = changed.err().unwrap();
    assert_eq!(error.code(), Code::Checkpoint);
    let told = "optimiser.learning_rate was 0.003, now is 0.0001";
    assert!(error.to_string().contains(told), "{error}");
    // Where it is written to and how often may change.
    let mut same = folder
        .trainer(&["checkpoint.every=7", "log.every=2"], true)
        .unwrap();
    assert_eq!(same.step(), 3);
    finish(&mut same);
}

#[test]
fn a_checkpoint_of_another_shape_or_a_damaged_one_is_refused_and_kept() {
    let folder = Folder::new();
    run_until(&mut folder.trainer(&[], false).unwrap(), 3);
    let shape = folder.trainer(&["views.fine=1"], true);
    assert_eq!(shape.err().unwrap().code(), Code::Checkpoint);
    let path = folder.join("run/checkpoints/step-00000003.safetensors");
    let bytes = fs::read(&path).unwrap();
    for damage in [&bytes[..bytes.len() - 7], &bytes[..20], &[]] {
        fs::write(&path, damage).unwrap();
        let error = folder.trainer(&[], true).err().unwrap();
        assert_eq!(error.code(), Code::Checkpoint, "{error}");
        assert_eq!(fs::read(&path).unwrap(), damage);
    }
}

/// A run that stops at step 12, cannot write its next checkpoint, and goes on when it can again; the
/// error. `hinder` makes that something is in the way at the path it is given.
fn hindered(hinder: impl Fn(&Path)) -> agff::Error {
    let folder = Folder::new();
    run_until(&mut folder.trainer(&[], false).unwrap(), 12);
    let checkpoints = folder.join("run/checkpoints");
    let partial = checkpoints.join("step-00000020.partial");
    hinder(&partial);
    let mut trainer = folder.trainer(&[], true).unwrap();
    let error = trainer
        .run(&std::sync::atomic::AtomicBool::new(false), &mut |_| ())
        .unwrap_err();
    assert!(checkpoints.join("step-00000012.safetensors").is_file());
    if partial.is_dir() {
        fs::remove_dir(&partial).unwrap();
    }
    for entry in fs::read_dir(&checkpoints).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.ends_with(".safetensors"), "{name} is left");
    }
    let mut again = folder.trainer(&[], true).unwrap();
    assert_eq!(again.step(), 12);
    finish(&mut again);
    error
}

#[test]
fn a_checkpoint_that_cannot_be_written_leaves_the_older_one() {
    let error = hindered(|partial| fs::create_dir(partial).unwrap());
    assert_eq!(error.code(), Code::Io);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_leaves_the_older_checkpoint() {
    // What is written to this device fails as on a disk without room.
    let error = hindered(|partial| std::os::unix::fs::symlink("/dev/full", partial).unwrap());
    assert_eq!(error.code(), Code::Io);
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_writes_down_its_rows() {
    let folder = Folder::new();
    run_until(&mut folder.trainer(&[], false).unwrap(), 3);
    // A weight that has overflowed.
    let path = folder.join("run/checkpoints/step-00000003.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let (header, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let at = metadata
        .info("value:text.norm.weight")
        .unwrap()
        .data_offsets
        .0;
    bytes[8 + header + at..][..4].copy_from_slice(&f32::INFINITY.to_le_bytes());
    fs::write(&path, bytes).unwrap();

    let mut trainer = folder.trainer(&[], true).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let error = trainer.run(&stop, &mut |_| ()).unwrap_err();
    assert_eq!(error.code(), Code::Diverged, "{error}");
    assert!(error.to_string().contains("(step 3;"), "{error}");
    let record = fs::read(folder.join("run/diverged.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["rows"].as_array().unwrap().len(), 12);
}
