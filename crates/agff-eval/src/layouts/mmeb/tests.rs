use std::path::Path;

use agff::Code;

use super::published::{CLASSES, Published, SEARCHES, write};
use super::*;

/// The questions of a data set of these rows.
fn questions(rows: &[Published<'_>], split: bool) -> Vec<Question> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Set/test.parquet");
    write(&path, rows);
    let set = DataSet::read(&path).unwrap();
    let set = match split {
        true => set.split_instructions(),
        false => set,
    };
    set.questions(Path::new("images")).collect()
}

#[test]
fn the_first_candidate_is_right_and_marks_of_images_are_gone() {
    let got = questions(CLASSES, false);
    assert_eq!(got.len(), 2);
    let query = Part {
        text: Some("Represent the given image for classification".into()),
        ..Part::image("images/Set/1.jpg")
    };
    assert_eq!(got[0].query, query);
    assert_eq!(got[0].candidates, ["cat", "dog", "cat"].map(Part::text));
    assert_eq!(
        (got[0].answer, got[0].category.as_deref()),
        (0, Some("Set"))
    );
    assert_eq!(got[1].candidates[0], Part::text("dog"));

    let got = questions(SEARCHES, false);
    let text = "Find me an everyday image that matches the given caption: A man. Really.";
    assert_eq!(got[0].query, Part::text(text));
    assert_eq!(
        got[0].candidates[0].image.as_deref(),
        Some(Path::new("images/Set/3.jpg"))
    );
}

#[test]
fn what_all_texts_begin_with_is_the_instruction_if_that_is_wanted() {
    let got = questions(CLASSES, true);
    let instruction = Some("Represent the given image for classification".to_owned());
    let query = Part {
        instruction: instruction.clone(),
        ..Part::image("images/Set/1.jpg")
    };
    assert_eq!(got[0].query, query);
    assert_eq!(got[0].candidates[0], Part::text("cat"));

    let got = questions(SEARCHES, true);
    let query = Part {
        instruction: Some("Find me an everyday image that matches the given caption:".into()),
        ..Part::text("A man. Really.")
    };
    assert_eq!(got[0].query, query);
    let candidate = Part {
        instruction: Some("Represent the given image.".into()),
        ..Part::image("images/Set/4.jpg")
    };
    assert_eq!(got[0].candidates[1], candidate);
}

#[test]
fn texts_with_nothing_in_common_or_nothing_else_stay_texts() {
    let rows: &[Published<'_>] = &[
        (
            "What is it: a cat?",
            "",
            &["no: never", "yes: always"],
            &["", ""],
        ),
        (
            "What are they?",
            "",
            &["no: never", "yes: always"],
            &["", ""],
        ),
    ];
    for question in questions(rows, true) {
        assert_eq!(question.query.instruction, None);
        assert!(question.query.text.unwrap().starts_with("What"));
        assert_eq!(
            question.candidates,
            ["no: never", "yes: always"].map(Part::text)
        );
    }
    // One text alone would be all instruction; without an image it is the query.
    let got = questions(&rows[..1], true);
    assert_eq!(got[0].query.text.as_deref(), Some("a cat?"));
}

#[test]
fn a_row_that_is_no_question_is_told_by_its_number() {
    let good = CLASSES[0];
    for (bad, part) in [
        (("", "", good.2, good.3), "the query has neither"),
        (("q", "", &["a"][..], &[""][..]), "fewer than two"),
        (
            ("q", "", &["a", ""][..], &["", ""][..]),
            "candidate 2 has neither",
        ),
        (
            ("q", "", &["a", "b"][..], &[""][..]),
            "2 texts and 1 images",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.parquet");
        write(&path, &[good, bad]);
        let error = DataSet::read(&path).unwrap_err();
        assert_eq!(error.code(), Code::Data);
        assert!(error.subject().ends_with("test.parquet, row 2"), "{error}");
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_file_that_is_no_parquet_or_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.parquet");
    write(&path, CLASSES);
    let bytes = std::fs::read(&path).unwrap();
    for wrong in [&b"PAR1"[..], b"", &bytes[..bytes.len() - 3], &bytes[4..]] {
        std::fs::write(&path, wrong).unwrap();
        let error = DataSet::read(&path).unwrap_err();
        assert_eq!(error.code(), Code::Data, "{error}");
        assert!(error.subject().ends_with("test.parquet"), "{error}");
    }
}

#[test]
fn a_file_that_is_damaged_is_refused_or_read_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.parquet");
    write(&path, CLASSES);
    let whole = std::fs::read(&path).unwrap();
    // The footer says where everything is. The Parquet library panics on some of what may stand there.
    for at in whole.len() - 600..whole.len() - 8 {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&path, bytes).unwrap();
        if let Err(error) = DataSet::read(&path) {
            assert_eq!(error.code(), Code::Data, "{at}: {error}");
        }
    }
}

#[test]
fn a_data_set_has_the_name_of_its_file_or_of_its_folder() {
    for (path, name) in [
        (
            "MMEB-eval/ImageNet-1K/test-00000-of-00001.parquet",
            "ImageNet-1K",
        ),
        ("MMEB-eval/CIRR/test/0000.parquet", "CIRR"),
        ("CIRR/test.parquet", "CIRR"),
        ("VOC2007.parquet", "VOC2007"),
        ("N24News/test/0000.parquet", "N24News"),
        ("test.parquet", "MMEB"),
    ] {
        assert_eq!(super::name(Path::new(path)), name, "{path}");
    }
}
