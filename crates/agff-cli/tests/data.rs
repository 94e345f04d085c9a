//! `agff data`, as people and scripts meet it.

use std::fs;

use serde_json::Value;

use crate::program::{run, text_of};

#[test]
fn scenes_are_drawn_and_told() {
    let parent = tempfile::tempdir().unwrap();
    let out = text_of(&parent.path().join("scenes"));
    let drawn = run([
        "data", "scenes", &out, "--count", "9", "--size", "64", "--seed", "3", "--json",
    ]);
    assert_eq!(drawn.code, 0, "{}", drawn.err);
    let manifest = &drawn.lines()[0];
    assert_eq!(manifest["counts"]["units"], 9);
    assert_eq!(manifest["seed"], 3);
    assert_eq!(manifest["split"], "training");
    let stored = fs::read(parent.path().join("scenes/manifest.json")).unwrap();
    assert_eq!(&serde_json::from_slice::<Value>(&stored).unwrap(), manifest);

    let again = run([
        "data", "scenes", &out, "--count", "9", "--size", "64", "--json",
    ]);
    assert_eq!(
        (again.code, again.error_codes()),
        (1, vec!["io".to_owned()])
    );
    assert!(again.err.contains("--force"), "{}", again.err);
    let forced = [
        "data", "scenes", &out, "--pairs", "--count", "1", "--size", "64", "--force",
    ];
    let forced = run(forced);
    assert_eq!(forced.code, 0, "{}", forced.err);
    assert!(
        forced.out.contains("18 questions, 18 pictures"),
        "{}",
        forced.out
    );
    assert!(parent.path().join("scenes/questions.jsonl").is_file());
    assert!(!parent.path().join("scenes/rows.jsonl").exists());
}

#[test]
fn clipart_is_rendered_and_what_is_left_out_is_told() {
    let parent = tempfile::tempdir().unwrap();
    let art = parent.path().join("art");
    fs::create_dir(&art).unwrap();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><title>A circle</title>\
        <circle cx='4' cy='4' r='3'/></svg>";
    fs::write(art.join("circle.svg"), svg).unwrap();
    fs::write(art.join("broken.svg"), "<svg").unwrap();
    let (art, out) = (text_of(&art), text_of(&parent.path().join("out")));
    let made = run([
        "data",
        "clipart",
        &art,
        &out,
        "--holdout",
        "0",
        "--size",
        "64",
        "-v",
    ]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("1 pictures"), "{}", made.out);
    assert!(
        made.err.contains("left out 1 file: broken\n  broken.svg"),
        "{}",
        made.err
    );
    let json = [
        "data",
        "clipart",
        &art,
        &out,
        "--holdout",
        "0",
        "--size",
        "64",
        "--force",
        "--json",
    ];
    let made = run(json);
    let object = &made.lines()[0];
    assert_eq!(object["skipped"]["broken"], 1);
    assert_eq!(object["manifest"]["counts"]["rows"], 1);

    let missing = run(["data", "clipart", "/nonexistent/art", "out-of-nothing"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("/nonexistent/art"), "{}", missing.err);
}

#[test]
fn wrong_arguments_are_told() {
    for wrong in [
        &["data"][..],
        &["data", "scenes"],
        &["data", "scenes", "out", "--count", "some"],
        &["data", "clipart", "art"],
    ] {
        assert_eq!(run(wrong.iter().copied()).code, 2, "{wrong:?}");
    }
    let parent = tempfile::tempdir().unwrap();
    let out = text_of(&parent.path().join("scenes"));
    let small = run(["data", "scenes", &out, "--size", "8"]);
    assert_eq!(small.code, 1);
    assert!(small.err.contains("32 to 1024 pixels"), "{}", small.err);
    for verb in ["scenes", "clipart"] {
        let help = run(["data", verb, "--help"]);
        assert!(
            help.out.contains(&format!("Examples:\n  agff data {verb}")),
            "{}",
            help.out
        );
    }
}
