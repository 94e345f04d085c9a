//! Models measured on questions and rows.
//!
//! What a model gets right is known beforehand only where pictures are copies of each other: those win, whatever
//! the weights. What the default model gets right is in `tests/nano`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Run, on_cpu, text_of};
use crate::support;

/// A folder with plain pictures in colours: `red.png`, and its copy `red-2.png`.
pub fn pictures(colours: &[(&str, [u8; 3])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, rgb) in colours {
        let picture = image::RgbImage::from_fn(64, 48, |x, y| {
            // A mark in a place of its own, so that no picture is the other's copy but for colour.
            let mark = x / 8 == u32::from(rgb[0]) % 8 && y / 8 == u32::from(rgb[1]) % 6;
            image::Rgb(if mark { [255, 255, 255] } else { *rgb })
        });
        for copy in [format!("{name}.png"), format!("{name}-2.png")] {
            picture.save(folder.path().join(copy)).unwrap();
        }
    }
    folder
}

pub const COLOURS: [(&str, [u8; 3]); 6] = [
    ("red", [220, 21, 30]),
    ("green", [41, 160, 60]),
    ("blue", [30, 71, 200]),
    ("yellow", [250, 220, 40]),
    ("purple", [123, 40, 170]),
    ("black", [4, 4, 4]),
];

/// Writes JSON lines.
pub fn lines(folder: &Path, name: &str, lines: &[Value]) -> String {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    text_of(&path)
}

/// Questions for the copy of each picture among two, in pairs: a model's get right what is a copy.
pub fn copies(folder: &Path) -> String {
    let questions: Vec<Value> = (0..COLOURS.len())
        .map(|i| {
            let (own, other) = (COLOURS[i].0, COLOURS[i ^ 1].0);
            json!({
                "group": (i / 2).to_string(),
                "category": if i < 4 { "first" } else { "last" },
                "query": {"image": format!("{own}.png")},
                "candidates": [{"image": format!("{other}-2.png")}, {"image": format!("{own}-2.png")}],
                "answer": 1,
            })
        })
        .collect();
    lines(folder, "copies.jsonl", &questions)
}

pub fn eval(arguments: &[&str]) -> Run {
    on_cpu("eval", arguments)
}

pub fn object(arguments: &[&str]) -> Value {
    let got = eval(&[arguments, &["--json"]].concat());
    assert_eq!(got.code, 0, "{}", got.err);
    let mut objects = got.lines();
    assert_eq!(objects.len(), 1);
    objects.remove(0)
}

#[test]
fn questions_are_counted_whole_by_group_and_by_category() {
    let folder = pictures(&COLOURS);
    let path = copies(folder.path());
    // One of the copies' questions is answered wrong on purpose: its group is, and its category.
    let wrong = fs::read_to_string(&path).unwrap();
    let mut questions: Vec<Value> = wrong
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    questions[5]["answer"] = 0.into();
    let path = lines(folder.path(), "wrong.jsonl", &questions);

    let got = object(&[&path]);
    let rate = |value: &Value| {
        (
            value["correct"].as_u64().unwrap(),
            value["count"].as_u64().unwrap(),
        )
    };
    assert_eq!(rate(&got["precision_at_1"]), (5, 6));
    assert_eq!(rate(&got["group_accuracy"]), (2, 3));
    let low = got["precision_at_1"]["low"].as_f64().unwrap();
    assert!((low - 0.4365).abs() < 1e-3, "{low}");
    assert_eq!(got["chance"]["precision_at_1"], 0.5);
    assert_eq!(got["chance"]["group_accuracy"], 0.25);
    assert_eq!((&got["questions"], &got["groups"]), (&6.into(), &3.into()));
    assert_eq!(rate(&got["categories"]["first"]["group_accuracy"]), (2, 2));
    assert_eq!(rate(&got["categories"]["last"]["precision_at_1"]), (1, 2));
    assert_eq!(got["mean_of_categories"]["group_accuracy"], 0.5);
    assert_eq!(
        (&got["model"], &got["trained"]),
        (&"agff-nano".into(), &true.into())
    );
    assert_eq!(got["view"], Value::Null);
    // Every picture twice: as a query and as a copy.
    assert_eq!(got["inputs"]["distinct"], 12);

    let table = eval(&[&path]);
    assert_eq!(table.code, 0);
    for part in [
        "6 questions in 3 groups",
        "83.3 %",
        "66.7 %",
        "5 of 6",
        "last",
        "chance",
    ] {
        assert!(table.out.contains(part), "{part}: {}", table.out);
    }
}

#[test]
fn candidates_that_cannot_be_told_apart_are_a_wrong_answer() {
    let folder = pictures(&COLOURS[..1]);
    let question = json!({
        "query": {"text": "red"},
        "candidates": [{"image": "red.png"}, {"image": "red-2.png"}],
        "answer": 0,
    });
    let path = lines(folder.path(), "tie.jsonl", &[question]);
    assert_eq!(object(&[&path])["precision_at_1"]["correct"], 0);
}

#[test]
fn rows_are_searched_in_both_directions() {
    let folder = pictures(&COLOURS);
    let rows: Vec<Value> = COLOURS
        .iter()
        .map(|(name, _)| {
            json!({
                "query": {"image": format!("{name}.png")},
                "positive": {"image": format!("{name}-2.png")},
            })
        })
        .collect();
    let path = lines(folder.path(), "rows.jsonl", &rows);
    let got = object(&[&path]);
    assert!(got.get("precision_at_1").is_none());
    for direction in ["query_to_positive", "positive_to_query"] {
        let report = &got["retrieval"][0][direction];
        assert_eq!(report["recall_at_1"]["correct"], 6);
        assert_eq!(report["median_rank"], 1.0);
        assert_eq!(
            (&report["queries"], &report["targets"]),
            (&6.into(), &6.into())
        );
        let chance = report["chance"]["recall_at_5"].as_f64().unwrap();
        assert!((chance - 5.0 / 6.0).abs() < 1e-9, "{chance}");
    }
    let table = eval(&[&path]).out;
    assert!(
        table.contains("query to positive: 6 queries, 6 targets"),
        "{table}"
    );
    // Questions and rows together are told one after the other.
    let both = object(&[&path, &copies(folder.path())]);
    assert_eq!(both["precision_at_1"]["correct"], 6);
    assert_eq!(both["retrieval"].as_array().unwrap().len(), 1);
}

#[test]
fn a_row_without_a_query_is_only_searched() {
    let folder = pictures(&COLOURS);
    let only = json!({"positive": {"image": "red-2.png"}});
    let row = |label: &str, positive: &str| {
        json!({
            "query": {"image": "red.png"},
            "positive": {"image": positive},
            "label": label,
        })
    };
    // Its copy is searched as well, and is nearer than what is right.
    let path = lines(folder.path(), "1", &[only, row("red", "green.png")]);
    let found = &object(&[&path])["retrieval"][0];
    let counts = |report: &Value| (report["queries"].clone(), report["targets"].clone());
    assert_eq!(counts(&found["query_to_positive"]), (1.into(), 2.into()));
    assert_eq!(found["query_to_positive"]["median_rank"], 2.0);
    assert_eq!(counts(&found["positive_to_query"]), (1.into(), 1.into()));
    // With the label of the row it is right.
    let labelled = json!({"positive": {"image": "red-2.png"}, "label": "red"});
    let path = lines(folder.path(), "2", &[labelled, row("red", "green.png")]);
    let found = &object(&[&path, "--baseline", "shuffled,colour"])["retrieval"][0];
    assert_eq!(found["query_to_positive"]["median_rank"], 1.0);
    assert_eq!(counts(&found["positive_to_query"]), (2.into(), 1.into()));
    let path = lines(folder.path(), "3", &[json!({"positive": {"text": "a"}})]);
    let got = eval(&[&path]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("no row with a query"), "{}", got.err);
}

#[test]
fn with_exchanged_images_nothing_is_left_of_what_was_seen() {
    let folder = pictures(&COLOURS);
    let path = copies(folder.path());
    let got = object(&[&path, "--baseline", "shuffled", "--seed", "3"]);
    assert_eq!(got["precision_at_1"]["correct"], 6);
    let other = &got["others"][0];
    assert_eq!(other["baseline"], "shuffled");
    let right = other["precision_at_1"]["correct"].as_u64().unwrap();
    assert!(right < 6, "{right}");
    let difference = &other["difference"]["precision_at_1"];
    assert_eq!(difference["only_first"], 6 - right);
    assert!(difference["value"].as_f64().unwrap() < 0.0);
    // The same again is the same; another seed exchanges otherwise.
    let again = object(&[&path, "--baseline", "shuffled", "--seed", "3"]);
    assert_eq!(again["others"], got["others"]);
}

#[test]
fn colours_alone_find_what_a_text_says_of_them() {
    let folder = pictures(&COLOURS);
    let questions: Vec<Value> = (0..COLOURS.len())
        .map(|i| json!({
            "query": {"text": format!("A {} thing", COLOURS[i].0)},
            "candidates": [{"image": format!("{}.png", COLOURS[i].0)}, {"image": format!("{}.png", COLOURS[(i + 1) % 6].0)}],
            "answer": 0,
        }))
        .collect();
    let path = lines(folder.path(), "colours.jsonl", &questions);
    let got = object(&[&path, "--baseline", "colour"]);
    let other = &got["others"][0];
    assert_eq!(
        (&other["baseline"], &other["name"]),
        (&"colour".into(), &"colours only".into())
    );
    assert_eq!(other["precision_at_1"]["correct"], 6);
    assert!(other.get("model").is_none());
}

#[test]
fn views_and_dimensions_are_columns_beside_each_other() {
    let folder = pictures(&COLOURS);
    let path = copies(folder.path());
    let got = object(&[
        &path,
        "--view",
        "fused,global",
        "--dim",
        "192",
        "--dim",
        "64",
    ]);
    let others = got["others"].as_array().unwrap();
    assert_eq!(others.len(), 3);
    assert_eq!(got["name"], "agff-nano fused 192");
    let names: Vec<&Value> = others.iter().map(|other| &other["name"]).collect();
    assert_eq!(
        names,
        [
            "agff-nano fused 64",
            "agff-nano global 192",
            "agff-nano global 64"
        ]
    );
    assert_eq!(
        (&others[2]["view"], &others[2]["dimensions"]),
        (&"global".into(), &64.into())
    );
    let single = object(&[&path, "--single-view", "--dim", "64"]);
    assert_eq!(single["categories"], others[2]["categories"]);

    for (wrong, part) in [
        (["--view", "fine-9"], "fine-1"),
        (["--dim", "0"], "1 to 192"),
        (["--dim", "1000"], "1 to 192"),
    ] {
        let got = eval(&[&[path.as_str()][..], &wrong].concat());
        assert_eq!(got.code, 1, "{wrong:?}");
        assert!(got.err.contains(part), "{}", got.err);
    }
    assert_eq!(eval(&[&path, "--view", "global", "--single-view"]).code, 2);
}

#[test]
fn another_type_of_weights_is_tried_on_floats_and_refused_on_integers() {
    let folder = pictures(&COLOURS);
    let path = copies(folder.path());
    let floats = support::dequantised(&support::nano());
    let floats = text_of(floats.path());
    let got = object(&[&path, "--model", &floats, "--dtype", "f32,q4"]);
    assert_eq!(
        (&got["dtype"], &got["name"]),
        (&"f32".into(), &"agff-nano f32".into())
    );
    let other = &got["others"][0];
    assert_eq!(
        (&other["dtype"], &other["name"]),
        (&"q4".into(), &"agff-nano q4".into())
    );
    assert_eq!(other["precision_at_1"]["correct"], 6);

    let got = eval(&[&path, "--dtype", "q4", "--json"]);
    assert_eq!(
        (got.code, got.error_codes()),
        (1, vec!["input".into()]),
        "{}",
        got.err
    );
    assert!(got.err.contains("f32 or f16"), "{}", got.err);

    // Two packages of one name are told apart by where they are.
    let nano = text_of(&support::nano());
    let both = object(&[&path, "--model", &nano, "--model", &floats]);
    assert_eq!(
        (&both["name"], &both["others"][0]["name"]),
        (&nano.into(), &floats.into())
    );
}

#[test]
fn an_unreadable_image_is_reported_once_and_its_questions_are_left_out() {
    let folder = pictures(&COLOURS);
    fs::write(folder.path().join("red.png"), "Dear diary,").unwrap();
    let path = copies(folder.path());
    let arguments = [
        &path,
        "--view",
        "fused,global",
        "--baseline",
        "shuffled",
        "--json",
    ];
    let got = eval(&arguments);
    assert_eq!(got.code, 2, "{}", got.err);
    assert_eq!(got.error_codes(), ["image-format"]);
    assert!(got.err.contains("red.png"), "{}", got.err);
    let got = &got.lines()[0];
    assert_eq!(got["precision_at_1"]["count"], 5);
    assert_eq!(
        (&got["questions_left_out"], &got["groups_left_out"]),
        (&1.into(), &1.into())
    );
    assert_eq!(got["inputs"]["failed"], 1);
    // All columns are about the same questions.
    for other in got["others"].as_array().unwrap() {
        assert_eq!(other["questions_left_out"], 1, "{other}");
    }
    // With nothing left there is no result.
    let question = json!({
        "query": {"image": "red.png"},
        "candidates": [{"text": "a"}, {"text": "b"}],
        "answer": 0,
    });
    let got = eval(&[&lines(folder.path(), "one.jsonl", &[question])]);
    assert_eq!((got.code, got.out.as_str()), (1, ""), "{}", got.err);
}
