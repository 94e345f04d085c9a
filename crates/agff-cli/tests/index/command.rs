//! `agff index`: photos in, found, moved, changed, gone; and interrupted.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Run, agff, finish, image, make_pipe, on_cpu, photos, text_of};
use crate::support::{golden, keep_views, nano};

/// Runs `agff index WHAT` with the index in `at`, on the CPU if it may need the model.
pub fn index(at: &Path, what: &str, arguments: &[&str]) -> Run {
    let mut command = agff();
    command.args(["index", what, "--index"]).arg(at);
    if ["add", "search", "import"].contains(&what) {
        command.args(["--device", "cpu"]);
    }
    command.args(arguments);
    finish(command)
}

/// The one object that a run printed.
pub fn object(run: &Run) -> Value {
    let mut lines = run.lines();
    assert_eq!(lines.len(), 1, "{}\n{}", run.out, run.err);
    lines.remove(0)
}

/// Adds a folder's photos, and gives the summary.
pub fn add(at: &Path, folder: &Path) -> Value {
    let got = index(at, "add", &[&text_of(folder), "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    object(&got)
}

fn counts(summary: &Value) -> [u64; 5] {
    ["added", "known", "unchanged", "gone", "failed"].map(|key| summary[key].as_u64().unwrap())
}

fn targets(run: &Run) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.err);
    let name = |line: Value| {
        let path = line["target"].as_str().unwrap().to_owned();
        Path::new(&path)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    run.lines().into_iter().map(name).collect()
}

/// A folder with photos of many contents: `photo.png` with more and more behind its end.
fn many(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let photo = fs::read(image("photo.png")).unwrap();
    for i in 0..count {
        let bytes = [&photo[..], &vec![0; i]].concat();
        fs::write(folder.path().join(format!("{i:03}.png")), bytes).unwrap();
    }
    folder
}

#[test]
fn photos_are_embedded_once_and_changes_are_noticed() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png", "odd.png", "wide.png"]);
    let (in_folder, at) = (|name: &str| folder.path().join(name), at.path());
    assert_eq!(counts(&add(at, folder.path())), [3, 0, 0, 0, 0]);
    assert_eq!(counts(&add(at, folder.path())), [0, 0, 3, 0, 0]);

    // A copy, a photo that was moved, one that was touched, one that changed, and one that is gone.
    fs::create_dir(in_folder("below")).unwrap();
    fs::copy(in_folder("odd.png"), in_folder("copy.png")).unwrap();
    fs::rename(in_folder("odd.png"), in_folder("below/moved.png")).unwrap();
    let wide = fs::read(in_folder("wide.png")).unwrap();
    fs::write(in_folder("wide.png"), [&wide[..], b" "].concat()).unwrap();
    let summary = add(at, folder.path());
    assert_eq!(counts(&summary), [1, 2, 1, 1, 0]);
    assert_eq!(summary["photos"], 4);
    fs::write(in_folder("wide.png"), &wide).unwrap();
    fs::remove_file(in_folder("photo.png")).unwrap();
    assert_eq!(counts(&add(at, folder.path())), [1, 0, 2, 1, 0]);

    let stats = object(&index(at, "stats", &["--json"]));
    assert_eq!((&stats["files"], &stats["records"]), (&3.into(), &2.into()));
    assert_eq!(stats["origin"]["model"], "agff-nano");
    assert_eq!(stats["damage"]["gaps"], 0);
    let table = index(at, "stats", &[]);
    assert!(table.out.contains("agff-nano") && table.out.contains("global, fine-1"));

    // Other folders' photos are left alone, and so is everything if a folder has none: it may be a disk that is away.
    let other = photos(&["tall.png"]);
    assert_eq!(add(at, other.path())["photos"], 4);
    fs::remove_dir_all(folder.path()).unwrap();
    fs::create_dir(folder.path()).unwrap();
    let got = index(at, "add", &[&text_of(folder.path())]);
    assert_eq!((got.code, got.out.as_str()), (1, ""));
    assert_eq!(object(&index(at, "stats", &["--json"]))["files"], 4);
    let got = index(at, "remove", &["--missing", "--json"]);
    assert_eq!(object(&got)["removed"], 3);
}

#[test]
fn a_photo_that_is_not_there_is_searched_for_as_a_text_and_that_is_said() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png"]);
    add(at.path(), folder.path());
    for (query, noted) in [("nosuch.jpg", true), ("a photo", false)] {
        let got = index(at.path(), "search", &[query]);
        assert_eq!(got.code, 0, "{}", got.err);
        assert_eq!(
            got.err.contains("there is no file nosuch.jpg"),
            noted,
            "{}",
            got.err
        );
    }
}

#[test]
fn what_cannot_be_read_is_reported_and_tried_again() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["odd.png", "photo.png"]);
    let bad = folder.path().join("notes.jpg");
    fs::write(&bad, "Dear diary,").unwrap();
    fs::copy(&bad, folder.path().join("notes-copy.jpg")).unwrap();
    let piped = make_pipe(&folder.path().join("pipe.png"));
    for round in 0..2 {
        let got = index(at.path(), "add", &[&text_of(folder.path()), "--json"]);
        assert_eq!(got.code, 2, "{}", got.err);
        let failed = 2 + u64::from(piped);
        let expected = [[2, 0, 0, 0, failed], [0, 0, 2, 0, failed]][round];
        assert_eq!(counts(&object(&got)), expected, "{}", got.err);
        assert!(got.err.contains("notes.jpg") && got.err.contains("notes-copy.jpg"));
    }
    // A photo that becomes something else is not found as what it was.
    fs::copy(&bad, folder.path().join("odd.png")).unwrap();
    index(at.path(), "add", &[&text_of(folder.path())]);
    let stats = object(&index(at.path(), "stats", &["--json"]));
    assert_eq!((&stats["files"], &stats["records"]), (&1.into(), &1.into()));
}

#[test]
fn a_search_ranks_and_explains_as_compare_does() {
    let at = tempfile::tempdir().unwrap();
    let folder = golden::folder().join("images");
    add(at.path(), &folder);
    let text = "stripes in many colours";
    let got = index(at.path(), "search", &[text, "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let compared = on_cpu("compare", ["--text", text, &text_of(&folder), "--json"]);
    let compared = compared.lines();
    assert_eq!(got.lines().len(), compared.len());
    for (line, expected) in got.lines().iter().zip(&compared) {
        let close = |a: &Value, b: &Value| {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        };
        assert_eq!(line["rank"], expected["rank"]);
        close(&line["score"], &expected["score"]);
        for pattern in ["gg", "fg", "gf", "ff"] {
            close(&line["patterns"][pattern], &expected["patterns"][pattern]);
            close(&line["weights"][pattern], &expected["weights"][pattern]);
        }
        assert_eq!(line["terms"][0]["query"], text);
        assert_eq!(line["trained"], expected["trained"]);
        assert_eq!(line["paths"].as_array().unwrap().len(), 1);
        assert!(line["best"][0].is_string());
    }
    // At the top are photos whose scores are apart, so they come in the same order.
    let name = |line: &Value| {
        Path::new(line["target"].as_str().unwrap())
            .file_name()
            .unwrap()
            .to_owned()
    };
    assert_eq!(name(&got.lines()[0]), name(&compared[0]));

    let table = index(at.path(), "search", &[text, "-n", "3"]);
    let rows: Vec<&str> = table.out.lines().collect();
    assert_eq!(rows.len(), 1 + 1 + 3, "{}", table.out);
    assert!(rows[0].contains(text) && rows[1].contains("whole"));
    let trained = compared[0]["trained"].as_bool().unwrap();
    assert_eq!(
        table.err.contains("never trained"),
        !trained,
        "{}",
        table.err
    );
    let least = compared[4]["score"].as_f64().unwrap() - 1e-3;
    let got = index(
        at.path(),
        "search",
        &[text, "--json", "--min-score", &least.to_string()],
    );
    assert!((5..12).contains(&got.lines().len()));
}

#[test]
fn photos_are_found_by_photos_and_by_several_queries_with_weights() {
    let at = tempfile::tempdir().unwrap();
    let folder = golden::folder().join("images");
    add(at.path(), &folder);
    let search = |arguments: &[&str]| {
        let got = index(at.path(), "search", &[arguments, &["--json"]].concat());
        assert_eq!(got.code, 0, "{}", got.err);
        got
    };
    let (tall, square) = (image("tall.png"), image("square.png"));
    // The photo is in the index, so the model is not needed: `--model` may lead nowhere.
    let alike = search(&[&tall, "--model", "/no/such/package"]);
    assert_eq!(targets(&alike)[0], "tall.png");
    // One that is not: with the same pixels, so the same vectors.
    let copy = tempfile::tempdir().unwrap();
    let longer = copy.path().join("longer.png");
    fs::write(&longer, [&fs::read(&tall).unwrap()[..], b" "].concat()).unwrap();
    assert_eq!(targets(&search(&[&text_of(&longer)])), targets(&alike));

    let both = search(&[&tall, &square, "--weight", "1", "--weight", "0.25"]);
    let score = |run: &Run, name: &str| {
        let lines = run.lines();
        let line = lines
            .iter()
            .find(|line| line["target"].as_str().unwrap().ends_with(name));
        line.unwrap()["score"].as_f64().unwrap()
    };
    let (one, two) = (search(&[&tall]), search(&[&square]));
    let minus = search(&[&tall, "--minus", &square]);
    for name in ["tall.png", "square.png", "wide.png", "photo.png"] {
        let (a, b) = (score(&one, name), score(&two, name));
        assert!((score(&both, name) - (a + 0.25 * b)).abs() < 1e-5, "{name}");
        assert!((score(&minus, name) - (a - b)).abs() < 1e-5, "{name}");
    }
    assert_eq!(*targets(&minus).last().unwrap(), "square.png");
    let terms = &minus.lines()[0]["terms"];
    assert_eq!(
        (&terms[0]["weight"], &terms[1]["weight"]),
        (&1.0.into(), &(-1.0).into())
    );

    for (arguments, part) in [
        (&[][..], "say what to search for"),
        (&["a", "--weight", "1", "--weight", "2"], "2 weights for 1"),
        (&["a", "--dim", "7"], "--dim"),
    ] {
        let got = index(at.path(), "search", arguments);
        assert_eq!(got.code, 2, "{part}");
        assert!(got.err.contains(part), "{}", got.err);
    }
}

#[test]
fn copies_and_near_copies_are_pairs() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png", "tall.png"]);
    let mut near = ::image::open(image("photo.png")).unwrap().to_rgb8();
    near.iter_mut()
        .for_each(|value| *value = value.saturating_add(3));
    near.save(folder.path().join("photo-lighter.png")).unwrap();
    fs::copy(image("tall.png"), folder.path().join("tall-copy.png")).unwrap();
    add(at.path(), folder.path());
    let got = index(at.path(), "duplicates", &["--threshold", "0.9", "--json"]);
    let pair = |line: &Value| {
        let name = |key: &str| {
            let path = Path::new(line[key].as_str().unwrap()).file_name().unwrap();
            path.to_str().unwrap().to_owned()
        };
        (
            name("first"),
            name("second"),
            line["same"].as_bool().unwrap(),
        )
    };
    let pairs: Vec<_> = got.lines().iter().map(pair).collect();
    let same = |a: &str, b: &str, same| (a.to_owned(), b.to_owned(), same);
    assert_eq!(pairs[0], same("tall-copy.png", "tall.png", true));
    assert!(
        pairs.contains(&same("photo-lighter.png", "photo.png", false)),
        "{pairs:?}"
    );
    let got = index(
        at.path(),
        "duplicates",
        &["--threshold=-1", "--by", "fused", "-n", "2"],
    );
    assert!(got.err.contains("more than the 2 pairs"), "{}", got.err);
    let got = index(at.path(), "duplicates", &["--threshold", "1", "--json"]);
    assert_eq!(got.lines().len(), 1, "only the copy");
}

#[test]
fn what_is_removed_is_not_found_and_its_file_stays() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png", "odd.png"]);
    fs::create_dir(folder.path().join("private")).unwrap();
    let private = folder.path().join("private/tall.png");
    fs::copy(image("tall.png"), &private).unwrap();
    add(at.path(), folder.path());
    let got = index(
        at.path(),
        "remove",
        &[&text_of(private.parent().unwrap()), "none.png"],
    );
    assert_eq!(got.code, 2);
    assert!(
        got.out.contains("1 removed; the index has 2"),
        "{}",
        got.out
    );
    assert!(got.err.contains("none.png"), "{}", got.err);
    assert!(private.exists());
    let found = targets(&index(at.path(), "search", &[&text_of(&private), "--json"]));
    assert_eq!(found.len(), 2);
    let lines = index(at.path(), "search", &["a", "--json"]).lines();
    let got = index(
        at.path(),
        "remove",
        &[lines[0]["id"].as_str().unwrap(), "--json"],
    );
    assert_eq!(object(&got)["photos"], 1);
    assert_eq!(index(at.path(), "remove", &["none.png"]).code, 1);
}

#[test]
fn an_index_remembers_its_model_and_refuses_others() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["odd.png"]);
    let package = keep_views(&nano(), 3);
    let (odd, package) = (
        text_of(&folder.path().join("odd.png")),
        text_of(package.path()),
    );
    let got = index(
        at.path(),
        "add",
        &[&odd, "--model", &package, "--dim", "96"],
    );
    assert_eq!(got.code, 0, "{}", got.err);
    // Nothing need be said again.
    fs::copy(image("tall.png"), folder.path().join("tall.png")).unwrap();
    assert_eq!(add(at.path(), folder.path())["photos"], 2);
    let stats = object(&index(at.path(), "stats", &["--json"]));
    assert_eq!(stats["origin"]["views"].as_array().unwrap().len(), 3);
    assert_eq!(stats["origin"]["dimensions"], 96);
    assert_eq!(
        targets(&index(at.path(), "search", &["a", "--json"])).len(),
        2
    );

    for arguments in [
        &["add", &odd, "--model", &text_of(&nano())][..],
        &["add", &odd, "--dim", "48"],
        &["add", &odd, "--max-pixels", "5000"],
        &["add", &odd, "--instruction", "Find the opposite."],
        &["search", "a", "--model", &text_of(&nano())],
    ] {
        let got = index(
            at.path(),
            arguments[0],
            &[&arguments[1..], &["--json"]].concat(),
        );
        assert_eq!(
            (got.code, got.error_codes()),
            (1, vec!["index-model".into()]),
            "{arguments:?} {}",
            got.err
        );
    }
    let none = tempfile::tempdir().unwrap();
    let got = index(none.path(), "search", &["a", "--json"]);
    assert_eq!((got.code, got.error_codes()), (1, vec!["index".into()]));
}

/// Begins to add a folder, and waits until so many bytes are stored.
fn begin(at: &Path, folder: &Path, bytes: u64) -> std::process::Child {
    let mut command = agff();
    command
        .args(["index", "add", "--json", "--device", "cpu", "--index"])
        .args([at, folder])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let log = at.join("records.log");
    while fs::metadata(&log).map_or(0, |meta| meta.len()) < bytes {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "nothing is stored"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn killed_in_the_middle_twice_all_photos_are_in_and_none_was_embedded_again() {
    const COUNT: usize = 150;
    let at = tempfile::tempdir().unwrap();
    let at = at.path().join("index");
    let folder = many(COUNT);
    let stored = || {
        let stats = object(&index(&at, "stats", &["--json"]));
        assert_eq!(stats["damage"]["gaps"], 0);
        stats["files"].as_u64().unwrap()
    };
    let mut before = 0;
    for bytes in [30_000, 200_000] {
        let mut child = begin(&at, folder.path(), bytes);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = stored();
        assert!(now > before && now < COUNT as u64, "{before} {now}");
        before = now;
    }
    let summary = add(&at, folder.path());
    assert_eq!(counts(&summary), [COUNT as u64 - before, 0, before, 0, 0]);
    assert_eq!(stored(), COUNT as u64);
}

#[cfg(unix)]
#[test]
fn interrupted_it_ends_in_order_and_goes_on_when_it_is_run_again() {
    let at = tempfile::tempdir().unwrap();
    let at = at.path().join("index");
    let folder = many(150);
    let child = begin(&at, folder.path(), 30_000);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["stopped"], &summary["failed"]),
        (&true.into(), &0.into())
    );
    let added = summary["added"].as_u64().unwrap();
    assert!(added > 0 && added < 150, "{added}");
    assert_eq!(
        counts(&add(&at, folder.path())),
        [150 - added, 0, added, 0, 0]
    );
}

#[test]
fn a_damaged_index_says_so_and_adding_again_mends_it() {
    let at = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png", "odd.png", "wide.png"]);
    add(at.path(), folder.path());
    let log = at.path().join("records.log");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, &bytes).unwrap();
    let got = index(at.path(), "search", &["a", "--json"]);
    assert_eq!(targets(&got).len(), 2);
    assert!(got.err.contains("damaged"), "{}", got.err);
    assert_eq!(counts(&add(at.path(), folder.path())), [1, 0, 2, 0, 0]);
    assert_eq!(index(at.path(), "stats", &[]).err, "");

    let whole = fs::read(&log).unwrap();
    fs::write(&log, &whole[..whole.len() - 5]).unwrap();
    let got = index(at.path(), "stats", &[]);
    assert!(got.err.contains("as after a crash"), "{}", got.err);
    assert_eq!(counts(&add(at.path(), folder.path())), [1, 0, 2, 0, 0]);
    assert!(!index(at.path(), "stats", &[]).err.contains("crash"));
}
