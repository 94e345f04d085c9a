//! Files of vectors: out of an index and into one, as Parquet and as JSON lines; and hostile ones.

use std::fs;

use serde_json::{Value, json};

use super::command::{add, index, object};
use crate::program::{image, on_cpu, photos, text_of, vectors};

/// What a search says but for paths.
fn found(at: &std::path::Path) -> Vec<(Value, Value)> {
    let got = index(at, "search", &["stripes", "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let lines = got.lines().into_iter();
    lines
        .map(|l| (l["id"].clone(), l["score"].clone()))
        .collect()
}

#[test]
fn an_index_is_the_same_after_export_and_import_in_either_format() {
    let files = tempfile::tempdir().unwrap();
    let first = files.path().join("first");
    let folder = photos(&["photo.png", "odd.png", "tall.png"]);
    fs::copy(image("odd.png"), folder.path().join("copy.png")).unwrap();
    add(&first, folder.path());
    let file = |name: &str| text_of(&files.path().join(name));
    for (i, name) in ["photos.parquet", "photos.jsonl"].into_iter().enumerate() {
        let got = index(&first, "export", &["-o", &file(name)]);
        assert_eq!((got.code, got.out.as_str()), (0, ""), "{}", got.err);
        let other = files.path().join(format!("other-{i}"));
        let got = index(&other, "import", &[&file(name), "--json"]);
        assert_eq!(got.code, 0, "{}", got.err);
        let summary = object(&got);
        assert_eq!(
            (&summary["imported"], &summary["known"]),
            (&3.into(), &1.into())
        );
        assert_eq!(found(&other), found(&first), "{name}");
        // Bit by bit, and with the same paths.
        let again = format!("again-{name}");
        index(&other, "export", &["-o", &file(&again)]);
        let lines = |at| index(at, "export", &[]).out;
        assert_eq!(lines(&other), lines(&first));
        assert_eq!(
            fs::read(file(&again)).unwrap(),
            fs::read(file(name)).unwrap()
        );
        // Imported photos are known when they are added.
        let summary = add(&other, folder.path());
        assert_eq!(
            (&summary["added"], &summary["known"]),
            (&0.into(), &4.into())
        );
    }
}

#[test]
fn what_embed_writes_can_be_imported() {
    let files = tempfile::tempdir().unwrap();
    let folder = photos(&["photo.png", "odd.png"]);
    let at = files.path().join("index");
    let texts = ["--text", "a mug", "--text", "a mug"];
    for name in ["v.parquet", "v.jsonl"] {
        let file = text_of(&files.path().join(name));
        let photos = text_of(folder.path());
        let got = on_cpu(
            "embed",
            [&photos, "-o", &file]
                .into_iter()
                .map(String::from)
                .chain(texts.map(Into::into)),
        );
        assert_eq!(got.code, 0, "{}", got.err);
        let got = index(&at, "import", &[&file, "--json"]);
        assert_eq!(got.code, 0, "{}", got.err);
    }
    // Two photos and one text, each once.
    assert_eq!(object(&index(&at, "stats", &["--json"]))["records"], 3);
    let lines = index(&at, "search", &["a mug", "--json"]).lines();
    assert_eq!(lines[0]["target"], "a mug");
    assert!((lines[0]["terms"][0]["patterns"]["gg"].as_f64().unwrap() - 1.0).abs() < 1e-4);
    assert_eq!(add(&at, folder.path())["known"], 2);
    let embedded = on_cpu("embed", [text_of(folder.path()), "--json".into()]).lines();
    let exported = index(&at, "export", &[]).lines();
    for line in &embedded {
        let same = exported
            .iter()
            .find(|other| other["sha256"] == line["sha256"])
            .unwrap();
        assert_eq!(vectors(same), vectors(line));
        assert_eq!(
            (&same["model"], &same["decoder"]),
            (&line["model"], &"exact".into())
        );
    }
}

#[test]
fn rows_that_cannot_be_are_reported_and_the_others_are_read() {
    let files = tempfile::tempdir().unwrap();
    let at = files.path().join("index");
    let folder = photos(&["odd.png"]);
    add(&at, folder.path());
    let mut good = index(&at, "export", &[]).lines().remove(0);
    good["input"] = "elsewhere/<b>name</b>\u{1b}[2J.jpg".into();
    good["sha256"] = "a".repeat(64).into();
    let with = |key: &str, value: Value| {
        let mut row = good.clone();
        row["sha256"] = "d".repeat(64).into();
        row[key] = value;
        row
    };
    let mut huge = vectors(&good);
    huge[0][0] = 1e30;
    let mut short = vectors(&good);
    short[1].pop();
    let bad = [
        with("embeddings", json!([])),
        with("embeddings", json!([[], [], [], [], []])),
        with("embeddings", json!(huge)),
        with("embeddings", json!(short)),
        with("embeddings", json!([[1.0]])),
        with("views", json!([])),
        with("views", json!(["a", "b", "c", "d", "e"])),
        with("sha256", json!("../../etc/passwd")),
        with("sha256", json!("A".repeat(64))),
    ];
    for (i, row) in bad.iter().chain([&good]).enumerate() {
        let file = files.path().join(format!("{i}.jsonl"));
        fs::write(&file, format!("\n{row}\n{good}\n")).unwrap();
        let got = index(&at, "import", &[&text_of(&file), "--json"]);
        let expected = if i < bad.len() { 2 } else { 0 };
        assert_eq!(got.code, expected, "{i}: {}", got.err);
        assert_eq!(object(&got)["records"], 2, "{i}");
        if i < bad.len() {
            assert!(got.err.contains(&format!("{i}.jsonl:2")), "{}", got.err);
        }
    }
    // Names are shown without what steers a terminal.
    let table = index(&at, "search", &["a"]);
    assert!(
        table.out.contains("<b>name</b>\\u{1b}[2J.jpg"),
        "{}",
        table.out
    );

    // Rows of another model, or of none that they name, end it before anything is stored.
    for (key, value) in [
        ("model", json!("b".repeat(64))),
        ("model", Value::Null),
        ("decoder", json!("browser")),
    ] {
        let other = files.path().join("model.jsonl");
        let mut row = with(key, value.clone());
        row["sha256"] = "c".repeat(64).into();
        row["input"] = "another.jpg".into();
        fs::write(&other, format!("{row}\n")).unwrap();
        let got = index(&at, "import", &[&text_of(&other), "--json"]);
        assert_eq!(
            (got.code, got.error_codes()),
            (1, vec!["index-model".into()]),
            "{key}"
        );
        assert_eq!(object(&index(&at, "stats", &["--json"]))["records"], 2);
        if value.is_null() {
            let got = index(&at, "import", &[&text_of(&other), "--unchecked", "--json"]);
            assert_eq!(object(&got)["imported"], 1);
            index(&at, "remove", &[&"c".repeat(64)]);
        }
    }
}

#[test]
fn photos_of_the_same_name_from_elsewhere_are_all_kept() {
    let files = tempfile::tempdir().unwrap();
    let at = files.path().join("index");
    let folder = photos(&["odd.png"]);
    add(&at, folder.path());
    let row = index(&at, "export", &[]).lines().remove(0);
    let file = files.path().join("page.jsonl");
    let rows = ["a", "b", "c", "a"].map(|digit| {
        let mut row = row.clone();
        row["input"] = "IMG_0001.jpg".into();
        row["sha256"] = digit.repeat(64).into();
        format!("{row}\n")
    });
    fs::write(&file, rows.concat()).unwrap();
    for imported in [3, 0] {
        let got = object(&index(&at, "import", &[&text_of(&file), "--json"]));
        let known = 4 - imported;
        assert_eq!(
            (&got["imported"], &got["known"]),
            (&imported.into(), &known.into())
        );
        assert_eq!(got["records"], 4);
    }
    let exported = index(&at, "export", &[]).lines();
    let mut names: Vec<&str> = exported
        .iter()
        .map(|l| l["input"].as_str().unwrap())
        .collect();
    names.retain(|name| name.starts_with("IMG"));
    assert_eq!(
        names,
        [
            "IMG_0001.jpg",
            "IMG_0001.jpg (bbbbbbbbbbbb)",
            "IMG_0001.jpg (cccccccccccc)"
        ]
    );
}

#[test]
fn files_that_are_none_of_vectors_are_refused_by_name() {
    let files = tempfile::tempdir().unwrap();
    let at = files.path().join("index");
    let folder = photos(&["odd.png"]);
    add(&at, folder.path());
    let whole = files.path().join("whole.parquet");
    index(&at, "export", &["-o", &text_of(&whole)]);
    let whole = fs::read(&whole).unwrap();
    let mut cases: Vec<(String, Vec<u8>)> = vec![
        ("text.jsonl".into(), b"Dear diary,\n".to_vec()),
        ("object.jsonl".into(), b"{\"input\": \"a\"}\n".to_vec()),
        ("binary.jsonl".into(), vec![0xff; 1000]),
        ("text.parquet".into(), b"Dear diary,\n".to_vec()),
        ("empty.parquet".into(), Vec::new()),
        ("cut.parquet".into(), whole[..whole.len() / 2].to_vec()),
    ];
    // The footer says where everything is: damaged there, a file must still be refused or read, nothing else.
    let footer = whole.len() - 600..whole.len();
    for (i, at) in footer.step_by(23).enumerate() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        cases.push((format!("damaged-{i}.parquet"), bytes));
    }
    for (name, bytes) in cases {
        let file = files.path().join(&name);
        fs::write(&file, bytes).unwrap();
        let got = index(&at, "import", &[&text_of(&file), "--json"]);
        if name.starts_with("damaged") && got.code == 0 {
            continue;
        }
        assert!(got.code == 1 || got.code == 2, "{name}: {}", got.err);
        assert!(got.err.contains(&name), "{name}: {}", got.err);
    }
    let got = index(&at, "import", &["none.parquet", "--json"]);
    assert_eq!((got.code, got.error_codes()), (1, vec!["io".into()]));
}
