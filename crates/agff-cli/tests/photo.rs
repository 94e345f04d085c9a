//! The model of photos, which a command without `--model` takes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Run, agff, finish, text_of};
use crate::support::root;

/// The folder that has the model which `make photo-model` made.
fn models() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let models = root().join(target).join("models");
    assert!(
        models.join("photo/agff.json").exists(),
        "the model of photos is missing: run `make photo-model`"
    );
    models
}

fn sample(name: &str) -> String {
    text_of(&root().join("www/demo/public/samples").join(name))
}

/// Runs `agff` as somebody who has set nothing but where models are.
fn plain(models: &Path, arguments: &[&str]) -> Run {
    let mut command = agff();
    command.env_remove("AGFF_MODEL").env("AGFF_MODELS", models);
    command.args(arguments);
    finish(command)
}

#[test]
fn what_is_not_there_is_named_with_the_line_that_gets_it() {
    let empty = tempfile::tempdir().unwrap();
    let asked = ["embed", "--text", "a dog", "--json"];
    let told = |more: &[&str]| {
        let run = plain(empty.path(), &[&asked, more].concat());
        assert_eq!((run.code, run.out.as_str()), (1, ""));
        assert_eq!(run.error_codes(), ["package-file-missing"], "{}", run.err);
        assert!(run.err.contains("agff pull photo"), "{}", run.err);
        run.err
    };
    assert!(told(&[]).contains("--model agff-nano"));
    // Who names it wants no other.
    assert!(!told(&["--model", "photo"]).contains("agff-nano"));
    fs::create_dir(empty.path().join("photo")).unwrap();
    assert!(told(&[]).contains("remove that folder"));
}

#[test]
fn pulling_looks_first_where_the_model_is_to_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "not a package").unwrap();
    let (out, wheels) = (text_of(folder.path()), text_of(&folder.path().join("none")));
    let run = plain(
        &models(),
        &["pull", "photo", "--out", &out, "--wheels", &wheels],
    );
    assert_eq!(run.code, 1);
    assert!(run.err.contains("is not empty"), "{}", run.err);
    let run = plain(
        &models(),
        &[
            "pull", "photo", "--out", &out, "--wheels", &wheels, "--force",
        ],
    );
    assert!(run.err.contains("remove it first"), "{}", run.err);
}

#[test]
fn a_text_that_is_cut_is_told_of() {
    let (text, photo) = ("word ".repeat(1000), sample("cat.jpg"));
    let run = plain(
        &models(),
        &["compare", "--device", "cpu", "--text", &text, &photo],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("too long and was cut"), "{}", run.err);
}

#[test]
fn it_finds_things_in_photos_and_says_where() {
    let photos = ["cat.jpg", "coffee.jpg", "astronaut.jpg", "lemons.jpg"].map(sample);
    let mut arguments = vec!["compare", "--device", "cpu", "--json", "--text"];
    arguments.push("a space shuttle");
    arguments.extend(photos.iter().map(String::as_str));
    let run = plain(&models(), &arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    let best = &run.lines()[0];
    assert!(best["target"].as_str().unwrap().ends_with("astronaut.jpg"));
    // It stands behind her, in the right third of the picture.
    assert!(best["region"]["x"].as_f64().unwrap() > 0.6, "{best}");
}

#[test]
fn an_index_opens_with_its_model_whatever_the_default_is() {
    let models = models();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text_of(&folder.path().join(name));
    let photo = sample("cat.jpg");
    let add = |index: &str, model: &[&str]| {
        let arguments = ["index", "add", &photo, "--device", "cpu", "--index", index];
        let run = plain(&models, &[&arguments, model].concat());
        assert_eq!(run.code, 0, "{}", run.err);
    };
    let (new, old) = (at("new"), at("old"));
    add(&new, &[]);
    add(&old, &["--model", "agff-nano"]);
    // Earlier versions did not write down the name of the model that was built in.
    let origin = Path::new(&old).join("index.json");
    let mut earlier: Value = serde_json::from_slice(&fs::read(&origin).unwrap()).unwrap();
    let named = earlier.as_object_mut().unwrap().remove("package");
    assert_eq!(named.as_ref().and_then(Value::as_str), Some("agff-nano"));
    fs::write(&origin, serde_json::to_vec(&earlier).unwrap()).unwrap();

    for (index, default) in [(&new, "agff-nano"), (&old, "photo")] {
        let mut command = agff();
        command
            .env("AGFF_MODEL", default)
            .env("AGFF_MODELS", &models);
        command.args([
            "index", "search", "a cat", "--device", "cpu", "--json", "--index", index,
        ]);
        let run = finish(command);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(run.lines().len(), 1, "{}", run.out);
    }
}

#[test]
fn a_text_in_another_language_is_told_of() {
    let told = |text: &str| {
        let run = plain(&models(), &["embed", "--device", "cpu", "--text", text]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.err.contains("English words only")
    };
    assert!(told("ein Hund am Meer, müde"));
    assert!(!told("a tired dog at the sea"));
}

#[test]
fn it_says_how_sure_it_is_and_can_leave_the_rest_out() {
    let scratch = tempfile::tempdir().unwrap();
    let at = text_of(&scratch.path().join("index"));
    let photos = ["cat.jpg", "coffee.jpg", "lemons.jpg", "rocket.jpg"].map(sample);
    let mut add = vec!["index", "add", "--index", &at, "--device", "cpu"];
    add.extend(photos.iter().map(String::as_str));
    let added = plain(&models(), &add);
    assert_eq!(added.code, 0, "{}", added.err);
    let search = |text: &str, more: &[&str]| {
        let mut arguments = vec!["index", "search", "--index", &at, "--device", "cpu"];
        arguments.extend(["--text", text]);
        arguments.extend(more);
        let run = plain(&models(), &arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        run
    };
    let all = search("lemons", &["--json"]).lines();
    assert_eq!(all.len(), 4);
    assert_eq!(
        (&all[0]["sure"], &all[3]["sure"]),
        (&"probably".into(), &"hardly".into())
    );
    let certainty = |line: &Value| line["certainty"].as_f64().unwrap();
    assert!(certainty(&all[0]) > 0.58 && certainty(&all[3]) < 0.27);

    let sure = search("lemons", &["--json", "--min-score", "auto"]).lines();
    let kept: Vec<&Value> = all.iter().filter(|line| line["sure"] != "hardly").collect();
    assert_eq!(sure.iter().collect::<Vec<_>>(), kept);
    let nothing = search("xkwq vbrt", &["--min-score", "auto"]);
    assert!(
        nothing.out.contains("nothing that looks like this"),
        "{}",
        nothing.out
    );
    assert_eq!(search("xkwq vbrt", &["--json"]).lines().len(), 4);

    // Of two texts, or a photo, it cannot be said.
    for more in [["--minus", "lemons"], ["--image", &photos[0]]] {
        let mut arguments = vec!["index", "search", "--index", &at, "--text", "cat"];
        arguments.extend(more);
        arguments.extend(["--min-score", "auto"]);
        let run = plain(&models(), &arguments);
        assert_ne!(run.code, 0);
        assert!(run.err.contains("one text"), "{}", run.err);
    }
}
