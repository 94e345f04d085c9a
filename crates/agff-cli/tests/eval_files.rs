//! What models are measured on, and where the result goes: wrong files, benchmarks as they are
//! published, the page.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::eval::{COLOURS, eval, lines, object, pictures};
use crate::program::{run, text_of};
use crate::support::nano_with;

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let folder = pictures(&COLOURS[..2]);
    let good = r#"{"query": {"text": "a"}, "candidates": [{"text": "b"}, {"image": "red.png"}], "answer": 0}"#;
    for (text, line, part) in [
        ("", "", "no rows"),
        ("not JSON", ":1", "column 2"),
        (&format!("{good}\n{{\"query\": "), ":2", "column"),
        (r#"{"query": {"text": "a"}}"#, ":1", "neither"),
        (
            &format!("{good}\n{}", good.replace(r#", {"image": "red.png"}"#, "")),
            ":2",
            "fewer than two candidates",
        ),
        (&good.replace("red.png", "none.png"), ":1", "none.png"),
        (
            &good.replace("\"answer\": 0", "\"answer\": 2"),
            ":1",
            "answer is 2",
        ),
        (
            &good.replace("\"text\": \"a\"", "\"text\": \" \""),
            ":1",
            "neither a text nor an image",
        ),
        (
            r#"{"query": {"text": "a"}, "positive": {}}"#,
            ":1",
            "positive",
        ),
    ] {
        let path = folder.path().join("x.jsonl");
        fs::write(&path, text).unwrap();
        let got = eval(&[&text_of(&path)]);
        assert_eq!((got.code, got.out.as_str()), (1, ""), "{text}");
        let at = format!("error: {}{line}: ", path.display());
        assert!(
            got.err.contains(&at) && got.err.contains(part),
            "{text}: {}",
            got.err
        );
    }
    let got = eval(&["none.jsonl", "--json"]);
    assert_eq!((got.code, got.error_codes()), (1, vec!["io".into()]));
    assert_eq!(run(["eval"]).code, 2);
    assert_eq!(run(["eval", "x.jsonl", "--baseline", "luck"]).code, 2);
}

#[test]
fn the_page_needs_nothing_else_and_shows_what_files_say_as_text() {
    let folder = pictures(&COLOURS);
    let questions = [json!({
        "category": "<script>alert(1)</script>",
        "query": {"text": "<b>& \"bold\"</b>"},
        "candidates": [{"image": "red.png"}, {"image": "red-2.png"}],
        "answer": 0,
    })];
    let path = lines(folder.path(), "page.jsonl", &questions);
    let page: PathBuf = folder.path().join("report.html");
    let untrained = nano_with(|manifest| manifest["trained"] = false.into());
    let model = text_of(untrained.path());
    let got = eval(&[
        &path,
        "--model",
        &model,
        "--baseline",
        "colour",
        "--html",
        &text_of(&page),
    ]);
    assert_eq!(got.code, 0, "{}", got.err);
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    for part in [
        "&lt;b&gt;&amp; &quot;bold&quot;&lt;/b&gt;",
        "&lt;script&gt;alert(1)",
        "data:image/png;base64,",
        "<svg class=\"bar c0\"",
        "never trained",
        "Worst misses",
        "default-src 'none'",
        "prefers-color-scheme: dark",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for part in [
        "<script", "<b>&", "http://", "https://", "<link", "@import", "url(",
    ] {
        assert!(!html.contains(part), "{part}");
    }
    // A page that cannot be written is an error, and nothing is left of it.
    let got = eval(&[
        &path,
        "--html",
        &text_of(&folder.path().join("none/report.html")),
    ]);
    assert_eq!((got.code, got.out.as_str()), (1, ""), "{}", got.err);
}

#[test]
fn a_published_benchmark_becomes_questions_that_can_be_asked() {
    let folder = pictures(&COLOURS);
    let images = folder.path().join("MMVP_VLM/MLLM_VLM Images/Color");
    fs::create_dir_all(&images).unwrap();
    for (i, (name, _)) in COLOURS.iter().enumerate() {
        let from = folder.path().join(format!("{name}.png"));
        fs::copy(from, images.join(format!("{}.png", i + 1))).unwrap();
    }
    let table: String = (1..=6)
        .map(|i| format!("{i},Color,a {} thing\n", COLOURS[i - 1].0))
        .collect();
    fs::write(
        folder.path().join("MMVP_VLM/Questions.csv"),
        format!("Question ID,Type,Statement\n{table}"),
    )
    .unwrap();
    let out = text_of(&folder.path().join("mmvp.jsonl"));
    let got = run([
        "data",
        "mmvp",
        &text_of(&folder.path().join("MMVP_VLM")),
        &out,
    ]);
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(got.out.contains("6 questions in 3 pairs"), "{}", got.out);
    let first: Value =
        serde_json::from_str(fs::read_to_string(&out).unwrap().lines().next().unwrap()).unwrap();
    assert_eq!(first["query"]["text"], "a photo of a red thing");
    assert_eq!(
        first["candidates"][0]["image"],
        "MMVP_VLM/MLLM_VLM Images/Color/1.png"
    );

    let got = object(&[&out, "--baseline", "colour"]);
    assert_eq!(got["groups"], 3);
    let others = &got["others"][0];
    assert_eq!(
        others["categories"]["Color and Appearance"]["group_accuracy"]["correct"],
        3
    );

    let got = run(["data", "mmvp", &text_of(&images), &out]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("no Questions.csv"), "{}", got.err);
    // The file that was there is as it was.
    assert_eq!(object(&[&out])["questions"], 6);
}

#[test]
fn a_data_set_that_is_no_parquet_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.parquet");
    fs::write(&path, "PAR1 and nothing else").unwrap();
    let out = folder.path().join("out.jsonl");
    let images = text_of(folder.path());
    let got = run([
        "data",
        "mmeb",
        &text_of(&path),
        "--images",
        &images,
        &text_of(&out),
    ]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("cannot be read as Parquet"), "{}", got.err);
    assert!(!out.exists());
    let got = run([
        "data",
        "mmeb",
        &text_of(&path),
        "--images",
        "none",
        &text_of(&out),
    ]);
    assert!(got.err.contains("is not a folder"), "{}", got.err);
    for files in [&["a.parquet"][..], &["a.parquet", "b.parquet"]] {
        let got = run([&["data", "mmeb", "--images", &images], files].concat());
        assert_eq!(got.code, 2, "{files:?}");
    }
}
