use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::*;

const SCHEMA: &str = "
    message schema {
        OPTIONAL BYTE_ARRAY qry_text (UTF8);
        OPTIONAL BYTE_ARRAY qry_img_path (UTF8);
        OPTIONAL GROUP tgt_text (LIST) { REPEATED GROUP list { OPTIONAL BYTE_ARRAY element (UTF8); } }
        OPTIONAL GROUP tgt_img_path (LIST) { REPEATED GROUP list { OPTIONAL BYTE_ARRAY element (UTF8); } }
    }";

/// A row as it is published: query text and image, candidates' texts and images.
type Published<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

/// Writes a data set with the layout of the published ones, compressed as they are.
fn write(path: &Path, rows: &[Published<'_>]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let plain = |of: fn(&Published<'_>) -> String| -> (Vec<String>, Vec<i16>, Vec<i16>) {
        (
            rows.iter().map(of).collect(),
            vec![1; rows.len()],
            Vec::new(),
        )
    };
    // A value of a list is defined three levels deep; all but a list's first repeat the list.
    let lists = |of: for<'a> fn(&Published<'a>) -> &'a [&'a str]| {
        let values = rows.iter().flat_map(&of).map(ToString::to_string);
        let values: Vec<String> = values.collect();
        let repeats = rows
            .iter()
            .flat_map(|row| (0..of(row).len()).map(|i| i16::from(i > 0)));
        (values.clone(), vec![3; values.len()], repeats.collect())
    };
    let columns = [
        plain(|row| row.0.to_owned()),
        plain(|row| row.1.to_owned()),
        lists(|row| row.2),
        lists(|row| row.3),
    ];
    for (values, defined, repeats) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        let values: Vec<ByteArray> = values
            .iter()
            .map(|v| v.as_bytes().to_vec().into())
            .collect();
        let repeats = (!repeats.is_empty()).then_some(repeats.as_slice());
        column
            .typed::<ByteArrayType>()
            .write_batch(&values, Some(&defined), repeats)
            .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// The questions of a data set of these rows.
fn questions(rows: &[Published<'_>], split: bool) -> Vec<Question> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Set/test.parquet");
    write(&path, rows);
    let rows = read(&path).unwrap();
    let instructions = match split {
        true => Instructions::of(&rows),
        false => Instructions::default(),
    };
    rows.iter()
        .map(|row| row.question(&data_set(&path), &instructions, Path::new("images")))
        .collect()
}

const CLASSES: &[Published<'_>] = &[
    (
        "<|image_1|>\nRepresent the given image for classification\n",
        "Set/1.jpg",
        &["cat", "dog", "cat"],
        &["", "", ""],
    ),
    (
        "<|image_1|>\nRepresent the given image for classification\n",
        "Set/2.jpg",
        &["dog", "cat", "bird"],
        &["", "", ""],
    ),
];

const SEARCHES: &[Published<'_>] = &[
    (
        "Find me an everyday image that matches the given caption: A man. Really. \n",
        "",
        &[
            "<|image_1|>\nRepresent the given image.\n",
            "<|image_1|>\nRepresent the given image.\n",
        ],
        &["Set/3.jpg", "Set/4.jpg"],
    ),
    (
        "Find me an everyday image that matches the given caption: A mat.\n",
        "",
        &[
            "<|image_1|>\nRepresent the given image.\n",
            "<|image_1|>\nRepresent the given image.\n",
        ],
        &["Set/4.jpg", "Set/3.jpg"],
    ),
];

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
        let error = read(&path).unwrap_err();
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
        let error = read(&path).unwrap_err();
        assert_eq!(error.code(), Code::Data, "{error}");
        assert!(error.subject().ends_with("test.parquet"), "{error}");
    }
}

#[test]
fn a_question_without_its_images_is_left_out_and_the_others_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("eval/Classes/test.parquet"), CLASSES);
    write(&at("eval/Searches/test.parquet"), SEARCHES);
    std::fs::create_dir_all(at("images/Set")).unwrap();
    for present in ["1.jpg", "3.jpg", "4.jpg"] {
        std::fs::write(at("images/Set").join(present), "x").unwrap();
    }
    let args = |files: &[&str]| Args {
        files: files.iter().map(|file| at(file)).collect(),
        images: at("images"),
        split_instruction: true,
    };
    let console = Console::new(false, false);
    let both = [
        "eval/Classes/test.parquet",
        "eval/Searches/test.parquet",
        "out.jsonl",
    ];
    let done = run(args(&both), &console).unwrap();
    assert_eq!(done, Outcome::Partial);
    let got = agff_eval::data::read_questions(&at("out.jsonl")).unwrap();
    let categories: Vec<_> = got.iter().filter_map(|q| q.category.as_deref()).collect();
    assert_eq!(categories, ["Classes", "Searches", "Searches"]);
    assert_eq!(got[0].query.image, Some(at("images/Set/1.jpg")));
    assert_eq!(run(args(&both[1..]), &console).unwrap(), Outcome::Complete);

    // Without any image there is no question, and the file stays as it is.
    std::fs::remove_dir_all(at("images/Set")).unwrap();
    assert!(matches!(run(args(&both), &console), Err(Failure::Reported)));
    assert_eq!(
        agff_eval::data::read_questions(&at("out.jsonl"))
            .unwrap_err()
            .code(),
        Code::Data
    );
    std::fs::create_dir_all(at("images/Set")).unwrap();
    for name in ["3.jpg", "4.jpg"] {
        std::fs::write(at("images/Set").join(name), "x").unwrap();
    }
    assert_eq!(
        agff_eval::data::read_questions(&at("out.jsonl"))
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn marks_are_taken_out_wherever_they_stand() {
    for (text, expected) in [
        ("<|image_1|>\nWhat? ", "What?"),
        ("a <|image_1|>and <|image_12|>b", "a and b"),
        (
            "<|image_|> <|image_x|> <|image_1",
            "<|image_|> <|image_x|> <|image_1",
        ),
        ("", ""),
    ] {
        assert_eq!(without_marks(text), expected);
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
        assert_eq!(data_set(Path::new(path)), name, "{path}");
    }
}
