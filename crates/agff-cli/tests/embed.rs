//! Photos and texts to vectors.

use std::fs;

use serde_json::{Value, json};

use crate::program::{image, make_pipe, on_cpu, photos, run, text_of, vectors};
use crate::support::{cosine, nano_with};

#[test]
fn photos_and_texts_become_one_json_object_a_line_in_their_order() {
    let got = on_cpu(
        "embed",
        [
            "--text",
            "a red mug",
            "--image",
            &image("photo.png"),
            &image("photo-420.jpg"),
            "--json",
        ],
    );
    assert_eq!(got.code, 0, "{}", got.err);
    let lines = got.lines();
    let inputs: Vec<&str> = lines.iter().map(|l| l["input"].as_str().unwrap()).collect();
    assert_eq!(
        inputs,
        [
            image("photo.png").as_str(),
            &image("photo-420.jpg"),
            "a red mug"
        ]
    );
    let kinds: Vec<&str> = lines.iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["image", "image", "text"]);
    for line in &lines {
        let views: Vec<String> = serde_json::from_value(line["views"].clone()).unwrap();
        assert_eq!(views, ["global", "fine-1", "fine-2", "fine-3", "fine-4"]);
        assert_eq!(vectors(line).len(), views.len());
        for vector in vectors(line) {
            let length: f32 = vector.iter().map(|x| x * x).sum();
            assert!((length - 1.0).abs() < 1e-4, "{length}");
        }
        assert!(line["tokens"].as_u64().unwrap() > 5);
        assert_eq!(line["truncated"], false);
        assert_eq!(line["trained"], true);
    }
}

#[test]
fn a_file_its_folder_and_a_pattern_give_the_same_vectors() {
    let folder = photos(&["photo.png", "odd.png"]);
    let pattern = text_of(&folder.path().join("ph*.png"));
    let file = text_of(&folder.path().join("photo.png"));
    let alone = on_cpu("embed", [&file, "--json"]).lines();
    let matched = on_cpu("embed", [&pattern, "--json"]).lines();
    let all = on_cpu("embed", [&text_of(folder.path()), "--json"]).lines();
    assert_eq!(alone, matched);
    assert_eq!(all.len(), 2);
    assert!(all[0]["input"].as_str().unwrap().ends_with("odd.png"));
    // Two together are not one after the other to the last bit.
    for (a, b) in vectors(&alone[0]).iter().zip(vectors(&all[1])) {
        assert!(cosine(a, &b) > 0.99999);
    }
}

#[test]
fn one_unreadable_photo_among_many_is_reported_and_the_rest_is_done() {
    let folder = photos(&["odd.png", "photo.png"]);
    fs::write(folder.path().join("notes.jpg"), "Dear diary,").unwrap();
    let got = on_cpu("embed", [&text_of(folder.path()), "none.png"]);
    assert_eq!(got.code, 2);
    assert_eq!(got.out.lines().count(), 2, "{}", got.out);
    assert!(got.err.contains("error: none.png: there is no such file"));
    let told = got.err.lines().find(|l| l.contains("notes.jpg")).unwrap();
    assert!(
        told.starts_with("error: ") && told.contains("text file"),
        "{told}"
    );
}

#[test]
fn pipes_and_links_that_lead_nowhere_are_reported_and_not_waited_for() {
    let folder = photos(&["odd.png"]);
    let pipe = folder.path().join("pipe.png");
    if !make_pipe(&pipe) {
        return;
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("none.png", folder.path().join("link.png")).unwrap();
    let got = on_cpu("embed", [&text_of(folder.path())]);
    assert_eq!((got.code, got.out.lines().count()), (2, 1), "{}", got.err);
    for (name, why) in [
        ("pipe.png", "is not a regular file"),
        ("link.png", "is a link that leads nowhere"),
    ] {
        let told = got.err.lines().find(|l| l.contains(name)).unwrap();
        assert!(told.contains(why), "{told}");
    }
    let out = text_of(&folder.path().join("package"));
    let checkpoint = tempfile::tempdir().unwrap();
    assert!(make_pipe(&checkpoint.path().join("config.json")));
    let got = run(["convert", &text_of(checkpoint.path()), "--out", &out]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("is not a regular file"), "{}", got.err);
}

#[test]
fn if_nothing_can_be_read_nothing_is_printed_and_the_exit_code_is_one() {
    let folder = photos(&[]);
    fs::write(folder.path().join("notes.txt"), "Dear diary,").unwrap();
    let got = on_cpu("embed", [text_of(folder.path())]);
    assert_eq!((got.code, got.out.as_str()), (1, ""));
    assert!(got.err.contains("has no photos in it"), "{}", got.err);
    let got = on_cpu("compare", ["--text", "a", "none/*.jpg", "--json"]);
    assert_eq!((got.code, got.out.as_str()), (1, ""));
    assert_eq!(got.error_codes(), ["input"]);
}

#[test]
fn a_bad_photo_gets_an_error_of_its_kind_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let png = fs::read(image("photo.png")).unwrap();
    let jpeg = fs::read(image("photo-420.jpg")).unwrap();
    let mut failures = Vec::new();
    let bomb = png_of(30_000, 30_000);
    for (name, bytes, code) in [
        ("cut.png", &png[..png.len() / 2], "image-corrupt"),
        ("cut.jpg", &jpeg[..jpeg.len() / 2], "image-corrupt"),
        ("empty.jpg", b"".as_slice(), "image-corrupt"),
        ("text.jpg", b"this is text", "image-format"),
        ("bomb.png", &bomb, "image-too-large"),
        ("nothing.png", &png_of(0, 0), "image-empty"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let got = on_cpu("embed", [&text_of(&path), "--json"]);
        let named = got.err.contains(name);
        if (got.code, got.error_codes(), named) != (1, vec![code.to_owned()], true) {
            failures.push(format!("{name}: {} {}", got.code, got.err));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A PNG file whose header states a size, and nothing else.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut file = fs::read(image("photo.png")).unwrap();
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&sum.to_be_bytes());
    file
}

/// The checksum of a PNG chunk.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[test]
fn a_file_of_vectors_appears_whole_or_not_at_all() {
    let folder = photos(&["odd.png"]);
    let file = folder.path().join("vectors.jsonl");
    let to = |input: &str| on_cpu("embed", [input, "-o", &text_of(&file)]);
    assert_eq!(to("none.png").code, 1);
    assert!(!file.exists());
    let got = to(&text_of(folder.path()));
    assert_eq!((got.code, got.out.as_str()), (0, ""));
    let line: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(line["kind"], "image");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn vectors_can_be_cut_and_stay_unit_vectors() {
    let one = |arguments: &[&str]| {
        let got = on_cpu(
            "embed",
            ["--text", "a red mug", "--json"].iter().chain(arguments),
        );
        assert_eq!(got.code, 0, "{}", got.err);
        vectors(&got.lines()[0])
    };
    let (whole, cut) = (one(&[]), one(&["--dim", "48"]));
    for (whole, cut) in whole.iter().zip(&cut) {
        assert_eq!(cut.len(), 48);
        assert!(cosine(&whole[..48], cut) > 0.99999);
        assert!((cut.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
    }
    for wrong in ["0", "100000"] {
        let got = on_cpu("embed", ["--text", "a", "--json", "--dim", wrong]);
        assert_eq!((got.code, got.error_codes()), (1, vec!["embedding".into()]));
    }
}

#[test]
fn a_photo_and_a_text_together_are_one_input() {
    let photo = image("photo.png");
    let got = on_cpu(
        "embed",
        ["--joint", &photo, "--text", "what is left?", "--json"],
    );
    let line = &got.lines()[0];
    assert_eq!((got.code, got.lines().len()), (0, 1));
    assert_eq!(
        (&line["kind"], &line["text"]),
        (&"joint".into(), &"what is left?".into())
    );
    assert_eq!(line["input"], photo);
    let alone = on_cpu("embed", [&photo, "--json"]).lines();
    assert!(line["tokens"].as_u64() > alone[0]["tokens"].as_u64());
    assert_eq!(on_cpu("embed", ["--joint", &photo]).code, 2);
}

#[test]
fn a_named_prompt_is_the_instruction_that_the_package_has_under_that_name() {
    let query = "Find the photo that shows this.";
    let package = nano_with(|manifest| manifest["prompt"]["named"] = json!({ "query": query }));
    let package = text_of(package.path());
    let one = |arguments: &[&str]| {
        let all = ["--model", &package, "--text", "a mug", "--json"];
        on_cpu("embed", all.iter().chain(arguments)).lines()
    };
    let named = one(&["--prompt", "query"]);
    assert_eq!(named, one(&["--instruction", query]));
    assert_ne!(named, one(&["--instruction", "Find the opposite."]));
    let nonsense = ["--model", &package, "--text", "a", "--prompt", "nonsense"];
    let got = on_cpu("embed", nonsense);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("query"), "{}", got.err);
}

#[test]
fn empty_and_endless_texts_are_told_of() {
    let got = on_cpu("embed", ["--text", ""]);
    assert_eq!(got.code, 0);
    assert!(got.err.contains("note: a text is empty"), "{}", got.err);
    let endless = "word ".repeat(20_000);
    let got = on_cpu("embed", ["--text", &endless, "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    assert_eq!(got.lines()[0]["truncated"], true);
}
