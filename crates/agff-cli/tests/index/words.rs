//! Words that are taught by photos of the index: found, corrected, forgotten, exported; and mistakes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::command::{add, index, object};
use crate::program::{Run, photos, text_of};

/// An index with photos, and their folder.
fn library() -> (TempDir, TempDir, PathBuf) {
    let files = tempfile::tempdir().unwrap();
    let at = files.path().join("index");
    let folder = photos(&["photo.png", "odd.png", "tall.png", "wide.png"]);
    add(&at, folder.path());
    (files, folder, at)
}

fn words(at: &Path) -> Vec<Value> {
    let got = index(at, "words", &["--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    got.lines()
}

fn search(at: &Path, arguments: &[&str]) -> Vec<Value> {
    let got = index(at, "search", arguments);
    assert_eq!(got.code, 0, "{}", got.err);
    got.lines()
}

fn names(hits: &[Value]) -> Vec<&str> {
    let name = |hit| -> Option<&str> {
        let target: &Value = hit;
        Path::new(target["target"].as_str()?).file_name()?.to_str()
    };
    hits.iter().map(|hit| name(hit).unwrap()).collect()
}

fn refused(run: &Run, says: &str) {
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.err.contains(says), "{}", run.err);
}

#[test]
fn a_word_is_taught_corrected_and_forgotten() {
    let (_files, folder, at) = library();
    let photo = |name: &str| text_of(&folder.path().join(name));
    let got = index(&at, "teach", &["Aunt  Mary", &photo("odd.png"), "--json"]);
    assert_eq!(
        object(&got),
        json!({"word": "Aunt Mary", "photos": 1, "not": 0, "new": 1})
    );
    let hits = search(&at, &["aunt mary", "--json"]);
    assert_eq!(names(&hits)[0], "odd.png");
    assert_eq!(hits[0]["best"], json!(["taught", "global"]));
    assert_eq!(hits[0]["terms"][0]["taught"], true);
    assert_eq!(hits[0]["terms"][1]["query"], "aunt mary");
    // The mean of its photos is at 1; the text beside it adds a little.
    let own = hits[0]["terms"][0]["score"].as_f64().unwrap();
    assert!((own - 1.0).abs() < 1e-3, "{own}");
    assert_eq!(hits[0]["sure"], "probably");
    // What else is said counts too, and then nobody says how sure it is.
    let more = search(&at, &["aunt mary by night", "--json"]);
    assert_eq!(more[0]["terms"][1]["weight"], 1.0);
    assert_eq!(more[0].get("sure"), None);

    // By a folder, by an id, and of one photo that it is something else.
    let id = hits[1]["id"].as_str().unwrap();
    let got = index(
        &at,
        "teach",
        &["aunt mary", id, "--not", &photo("tall.png")],
    );
    assert_eq!(got.code, 0, "{}", got.err);
    let told = "“Aunt Mary” is known by 2 photos, and 1 photo that is something else";
    assert!(got.out.contains(told), "{}", got.out);
    let found = search(&at, &["aunt mary", "--json"]);
    assert!(!names(&found).contains(&"tall.png"));
    assert_eq!(found.len(), 3);
    let auto = search(&at, &["aunt mary", "--min-score", "auto", "--json"]);
    assert!(auto.iter().all(|hit| hit["sure"] != "hardly"), "{auto:?}");
    assert_eq!(words(&at).len(), 1);

    let got = index(&at, "words", &[]);
    assert!(got.out.contains("Aunt Mary"), "{}", got.out);
    assert_eq!(index(&at, "forget", &["AUNT MARY"]).code, 0);
    refused(
        &index(&at, "forget", &["aunt mary"]),
        "is no word that was taught",
    );
    assert_eq!(words(&at), Vec::<Value>::new());
    let hits = search(&at, &["aunt mary", "--json"]);
    assert!(hits[0]["terms"][0].get("taught").is_none());
}

#[test]
fn words_go_with_an_export_in_either_format_and_one_that_is_there_stays() {
    let (files, folder, at) = library();
    let photo = |name: &str| text_of(&folder.path().join(name));
    index(
        &at,
        "teach",
        &["it", &photo("odd.png"), "--not", &photo("wide.png")],
    );
    for name in ["all.parquet", "all.jsonl"] {
        let file = text_of(&files.path().join(name));
        assert_eq!(index(&at, "export", &["-o", &file]).code, 0);
        let other = files.path().join(format!("{name}-index"));
        let got = index(&other, "import", &[&file]);
        assert!(
            got.out.contains("4 records; 1 taught word came along"),
            "{}",
            got.out
        );
        assert_eq!(words(&other), words(&at), "{name}");
        // The same scores, and not a second time.
        let scores = |at: &Path| -> Vec<Value> {
            let hits = search(at, &["it", "--json"]);
            hits.into_iter().map(|hit| hit["score"].clone()).collect()
        };
        assert_eq!(scores(&other), scores(&at));
        index(&other, "teach", &["it", &photo("tall.png")]);
        let before = words(&other);
        let got = index(&other, "import", &[&file, "--json"]);
        assert_eq!(object(&got)["words"], 0);
        assert_eq!(words(&other), before);
    }
}

#[test]
fn a_word_that_cannot_be_told_or_is_not_alone_hides_nothing() {
    let (files, folder, at) = library();
    let photo = |name: &str| text_of(&folder.path().join(name));
    // Taught by every photo: there is nothing to tell it from, which is said at once.
    let got = index(&at, "teach", &["all", &text_of(folder.path())]);
    assert_eq!(got.code, 0);
    assert!(
        got.err.contains("cannot be told from the other photos"),
        "{}",
        got.err
    );
    let got = index(&at, "search", &["all of it", "--json"]);
    assert_eq!((got.code, got.lines().len()), (0, 4), "{}", got.err);
    assert!(got.err.contains("searched for as a text"), "{}", got.err);
    // Two words: what is not the one may be the other.
    index(
        &at,
        "teach",
        &["Jackson", &photo("odd.png"), "--not", &photo("tall.png")],
    );
    index(&at, "teach", &["Milo", &photo("tall.png")]);
    let both = search(&at, &["Jackson and Milo", "--json"]);
    assert!(names(&both).contains(&"tall.png"));
    assert!(!names(&search(&at, &["Jackson", "--json"])).contains(&"tall.png"));

    // Into an index of shorter vectors a word comes if its photos do.
    let file = text_of(&files.path().join("all.jsonl"));
    index(&at, "forget", &["all"]);
    assert_eq!(index(&at, "export", &["-o", &file]).code, 0);
    let short = files.path().join("short");
    let got = index(&short, "add", &[&photo("wide.png"), "--dim", "32"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let got = index(&short, "import", &[&file, "--json"]);
    assert_eq!(
        (got.code, &object(&got)["words"]),
        (0, &2.into()),
        "{}",
        got.err
    );
    assert_eq!(words(&short), words(&at));
    assert_eq!(names(&search(&short, &["milo", "--json"]))[0], "tall.png");
    // Words of another model are reported, and the photos are in all the same.
    let text = fs::read_to_string(&file).unwrap();
    let (rows, last) = text.trim_end().rsplit_once('\n').unwrap();
    let strange = last.replace("\"model\":\"", "\"model\":\"0");
    fs::write(&file, format!("{strange}\n{rows}\n")).unwrap();
    let other = files.path().join("other");
    let got = index(&other, "import", &[&file, "--json"]);
    assert_eq!(
        (got.code, &object(&got)["imported"]),
        (2, &4.into()),
        "{}",
        got.err
    );
    assert!(got.err.contains("taught with another model"), "{}", got.err);
    assert_eq!(words(&other), Vec::<Value>::new());
}

#[test]
fn mistakes_say_what_to_do_and_change_nothing() {
    let (files, folder, at) = library();
    let photo = |name: &str| text_of(&folder.path().join(name));
    let strange = text_of(&files.path().join("strange.png"));
    refused(&index(&at, "teach", &["it", &strange]), "agff index add");
    refused(
        &index(&at, "teach", &["?!", &photo("odd.png")]),
        "no letter and no digit",
    );
    refused(
        &index(&at, "teach", &["it", "--not", &photo("odd.png")]),
        "is no word that was taught",
    );
    refused(
        &index(
            &at,
            "teach",
            &["it", &photo("odd.png"), "--not", &photo("odd.png")],
        ),
        "as showing the word and as not showing it",
    );
    assert_eq!(index(&at, "teach", &["it"]).code, 2);
    // One of them is not there: none is taken.
    refused(
        &index(&at, "teach", &["it", &photo("odd.png"), &strange]),
        "strange.png",
    );
    assert_eq!(words(&at), Vec::<Value>::new());

    // Damaged words do no harm to the photos, and are not written over.
    index(&at, "teach", &["it", &photo("odd.png")]);
    let file = at.join("words.json");
    let whole = fs::read_to_string(&file).unwrap();
    for damaged in [
        &whole[..whole.len() / 2],
        "",
        "{}",
        &whole.replace("agff-words", "x"),
    ] {
        fs::write(&file, damaged).unwrap();
        let got = index(&at, "search", &["it", "--json"]);
        assert_eq!((got.code, got.lines().len()), (0, 4), "{}", got.err);
        assert!(
            got.err.contains("words that were taught cannot be used"),
            "{}",
            got.err
        );
        refused(
            &index(&at, "teach", &["it", &photo("odd.png")]),
            "move the file away",
        );
        refused(&index(&at, "forget", &["it"]), "move the file away");
        refused(&index(&at, "words", &[]), "cannot be used");
        let out = text_of(&files.path().join("out.jsonl"));
        assert_eq!(index(&at, "export", &["-o", &out]).code, 1);
        assert!(!Path::new(&out).exists());
        assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
    }
    fs::write(&file, whole).unwrap();
    assert_eq!(words(&at).len(), 1);
}
