//! `agff bench`: small files of the published layouts, measured, interrupted, measured on.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::Value;
use tempfile::TempDir;

use crate::eval::pictures;
use crate::program::{Run, agff, finish, text_of};

/// Pictures by what the model of drawings tells apart.
const COLOURS: [(&str, [u8; 3]); 4] = [
    ("red", [220, 30, 30]),
    ("green", [30, 160, 60]),
    ("blue", [30, 60, 220]),
    ("yellow", [240, 220, 40]),
];

const SCHEMA: &str = "message m {
    REQUIRED BINARY qry_text (STRING); REQUIRED BINARY qry_img_path (STRING);
    REQUIRED GROUP tgt_text (LIST) { REPEATED GROUP list { REQUIRED BINARY element (STRING); } }
    REQUIRED GROUP tgt_img_path (LIST) { REPEATED GROUP list { REQUIRED BINARY element (STRING); } } }";

/// A data set as MMEB has them: rows of a query's text and image, and the candidates' texts and images.
fn data_set(path: &Path, rows: &[(&str, &str, &[&str], &[&str])]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
    let file = File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in 0..4 {
        let mut to = group.next_column().unwrap().unwrap();
        let typed = to.typed::<ByteArrayType>();
        let bytes = |text: &str| ByteArray::from(text);
        match column {
            0 | 1 => {
                let values = rows
                    .iter()
                    .map(|row| bytes(if column == 0 { row.0 } else { row.1 }));
                typed
                    .write_batch(&values.collect::<Vec<_>>(), None, None)
                    .unwrap();
            }
            _ => {
                let lists: Vec<&[&str]> = rows
                    .iter()
                    .map(|row| if column == 2 { row.2 } else { row.3 })
                    .collect();
                let values: Vec<ByteArray> = lists
                    .iter()
                    .flat_map(|l| l.iter().map(|t| bytes(t)))
                    .collect();
                let starts: Vec<i16> = lists
                    .iter()
                    .flat_map(|l| (0..l.len()).map(|i| i16::from(i > 0)))
                    .collect();
                typed
                    .write_batch(&values, Some(&vec![1; values.len()]), Some(&starts))
                    .unwrap();
            }
        }
        to.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

fn bench(folder: &TempDir, arguments: &[&str]) -> Run {
    let mut command = agff();
    command
        .arg("bench")
        .args(arguments)
        .args(["--device", "cpu", "--out"]);
    command.arg(folder.path().join("results"));
    finish(command)
}

fn object(run: &Run) -> Value {
    assert_eq!(run.lines().len(), 1, "{}\n{}", run.out, run.err);
    run.lines().remove(0)
}

/// Two data sets of MMEB, one of which is none of its own.
fn mmeb(folder: &TempDir) -> String {
    let images = ["red.png", "green.png", "blue.png", "yellow.png"];
    let texts = ["<|image_1|>\n a red thing", "", "", ""];
    let at = |name: &str| folder.path().join(name);
    data_set(
        &at("MSCOCO_t2i/test-00000-of-00001.parquet"),
        &[
            ("Find a red picture.", "", &["", "", "", ""], &images),
            (
                "Find a blue picture.",
                "",
                &["", ""],
                &["blue.png", "red.png"],
            ),
        ],
    );
    data_set(
        &at("VOC2007/test-00000-of-00001.parquet"),
        &[
            (
                "<|image_1|>\n",
                "green.png",
                &["green", "red", "blue"],
                &["", "", ""],
            ),
            ("<|image_1|>\n", "none.png", &["green", "red"], &["", ""]),
        ],
    );
    data_set(
        &at("own.parquet"),
        &[("red", "", &texts[..2], &images[..2])],
    );
    text_of(folder.path())
}

#[test]
fn the_data_sets_of_mmeb_make_its_table_and_are_measured_once() {
    let folder = pictures(&COLOURS);
    let path = mmeb(&folder);
    let got = bench(&folder, &["mmeb", &path, "--json"]);
    // One image is not there.
    assert_eq!(got.code, 2, "{}", got.err);
    let first = object(&got);
    let names: Vec<&str> = first["data_sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["VOC2007", "MSCOCO_t2i", "own"]);
    let set = |i: usize| &first["data_sets"][i];
    assert_eq!(
        (&set(0)["task"], &set(1)["task"], &set(2)["task"]),
        (&"classification".into(), &"retrieval".into(), &Value::Null)
    );
    assert_eq!(set(0)["questions_left_out"], 1);
    assert_eq!(set(1)["precision_at_1"]["count"], 2);
    let mean = |name: &str| {
        let means = first["means"].as_array().unwrap();
        means
            .iter()
            .find(|mean| mean["name"] == name)
            .unwrap()
            .clone()
    };
    let rate = |i: usize| set(i)["precision_at_1"]["value"].as_f64().unwrap();
    let overall = mean("overall");
    assert_eq!(
        (&overall["data_sets"], &overall["of"]),
        (&2.into(), &36.into())
    );
    let expected = (rate(0) + rate(1)) / 2.0;
    assert!((overall["precision_at_1"].as_f64().unwrap() - expected).abs() < 1e-12);
    assert_eq!(mean("mean, grounding")["precision_at_1"], Value::Null);
    assert_eq!(mean("mean, out of it")["data_sets"], 0);

    // As if it had been interrupted after two: only the third is measured again.
    let kept = Path::new(first["kept"].as_str().unwrap()).join("own.json");
    let own = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, &own[..own.len() / 2]).unwrap();
    let got = bench(&folder, &["mmeb", &path]);
    assert!(
        got.err.contains("MSCOCO_t2i: measured before"),
        "{}",
        got.err
    );
    // An image was missing: another try may come to more.
    assert!(!got.err.contains("VOC2007: measured before"), "{}", got.err);
    assert!(!got.err.contains("own: measured before"), "{}", got.err);
    assert_eq!(fs::read_to_string(&kept).unwrap(), own);
    assert_eq!(object(&bench(&folder, &["mmeb", &path, "--json"])), first);
    // What is another data set or another setting is measured anew, and does not hurt the old one.
    mmeb(&folder);
    data_set(
        &folder.path().join("own.parquet"),
        &[("red", "", &["a", "b"], &["", ""])],
    );
    let got = bench(&folder, &["mmeb", &path, "--only", "own,mscoco-t2i"]);
    assert!(
        got.err.contains("MSCOCO_t2i: measured before") && got.err.contains("own: 3 inputs"),
        "{}",
        got.err
    );
    assert!(
        got.out.contains("mean, retrieval") && !got.out.contains("VOC"),
        "{}",
        got.out
    );
    let got = bench(&folder, &["mmeb", &path, "--dim", "32"]);
    assert!(!got.err.contains("measured before"), "{}", got.err);
    let got = bench(&folder, &["mmeb", &path, "--dim", "32", "--json"]);
    assert_ne!(object(&got)["kept"], first["kept"]);
}

#[test]
fn the_pairs_of_mmvp_make_its_table() {
    let folder = pictures(&COLOURS);
    let published = folder.path().join("MMVP_VLM");
    for (kind, numbers) in [("Color", [1, 2]), ("Quantity", [3, 4])] {
        let images = published.join("MLLM_VLM Images").join(kind);
        fs::create_dir_all(&images).unwrap();
        for number in numbers {
            let from = folder.path().join(format!("{}.png", COLOURS[number - 1].0));
            fs::copy(from, images.join(format!("{number}.png"))).unwrap();
        }
    }
    let lines = [
        "1,Color,a red thing",
        "2,Color,a green thing",
        "3,Quantity,blue",
        "4,Quantity,yellow",
    ];
    let table = format!("Question ID,Type,Statement\n{}\n", lines.join("\n"));
    fs::write(published.join("Questions.csv"), table).unwrap();
    let path = text_of(&published);
    let got = bench(&folder, &["mmvp", &path, "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let first = object(&got);
    let patterns = first["patterns"].as_array().unwrap();
    let names: Vec<&str> = patterns
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Quantity and Count", "Color and Appearance"]);
    let share = |i: usize| patterns[i]["pairs"]["value"].as_f64().unwrap();
    assert_eq!(
        first["average"].as_f64().unwrap(),
        (share(0) + share(1)) / 2.0
    );
    assert_eq!(first["all"]["count"], 2);
    assert!(first["chance"].as_f64().unwrap() == 0.25);
    let again = bench(&folder, &["mmvp", &path]);
    assert!(again.err.contains("measured before"), "{}", again.err);
    assert!(
        again.out.contains("average") && again.out.contains("all pairs"),
        "{}",
        again.out
    );
    // Another sentence before the statements is another measurement.
    let other = bench(&folder, &["mmvp", &path, "--prefix", ""]);
    assert!(!other.err.contains("measured before"), "{}", other.err);
    let anew = bench(&folder, &["mmvp", &path, "--again", "--json"]);
    assert_eq!(object(&anew), first);
    // The table is the same, the images are others.
    let [one, two] =
        ["1.png", "2.png"].map(|name| published.join("MLLM_VLM Images/Color").join(name));
    let (a, b) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    fs::write(&one, b).unwrap();
    fs::write(&two, a).unwrap();
    let turned = bench(&folder, &["mmvp", &path]);
    assert!(!turned.err.contains("measured before"), "{}", turned.err);
}

#[test]
fn folders_that_have_no_benchmark_are_refused_by_name() {
    let folder = pictures(&COLOURS);
    let path = text_of(folder.path());
    for (what, says) in [
        ("mmeb", "has no data set as a Parquet file in it"),
        ("mmvp", "has no Questions.csv"),
    ] {
        let got = bench(&folder, &[what, &path]);
        assert_eq!((got.code, got.out.as_str()), (1, ""), "{}", got.err);
        assert!(got.err.contains(says), "{}", got.err);
    }
    fs::write(folder.path().join("x.parquet"), "PAR1 and nothing else").unwrap();
    let got = bench(&folder, &["mmeb", &path]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("cannot be read as Parquet"), "{}", got.err);
    // With one that is whole it is the only one that is missing.
    let rows: [(&str, &str, &[&str], &[&str]); 1] = [("red", "", &["a", "b"], &["", ""])];
    data_set(&folder.path().join("own.parquet"), &rows);
    let got = bench(&folder, &["mmeb", &path]);
    assert_eq!(got.code, 2, "{}", got.err);
    assert!(got.out.contains("own"), "{}", got.out);
    let got = bench(&folder, &["mmeb", &path, "--only", "NIGHTZ"]);
    assert!(
        got.err.contains("NIGHTZ") && got.err.contains("own, x"),
        "{}",
        got.err
    );
    let none = text_of(&folder.path().join("none"));
    assert!(
        bench(&folder, &["mmeb", &none])
            .err
            .contains("is not a folder")
    );
}

#[test]
fn a_data_set_may_have_parts_and_its_test_part_is_what_is_measured() {
    let folder = pictures(&COLOURS);
    // "test" in the way to it says nothing.
    let at = folder.path().join("contest/latest");
    let row: (&str, &str, &[&str], &[&str]) = ("red", "", &["a", "b"], &["", ""]);
    data_set(
        &at.join("CIRR/original-00000-of-00001.parquet"),
        &[row, row, row],
    );
    data_set(&at.join("CIRR/test-00000-of-00002.parquet"), &[row]);
    data_set(&at.join("CIRR/test-00001-of-00002.parquet"), &[row]);
    let got = bench(&folder, &["mmeb", &text_of(&at), "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    assert_eq!(object(&got)["data_sets"][0]["precision_at_1"]["count"], 2);
    // Numbers that cannot be are not believed.
    let kept = Path::new(object(&got)["kept"].as_str().unwrap()).join("CIRR.json");
    let text = fs::read_to_string(&kept).unwrap();
    for (from, to) in [
        (
            "\"questions_left_out\": 0",
            "\"questions_left_out\": 18446744073709551615",
        ),
        ("\"high\": ", "\"high\": 1e300, \"x\": "),
    ] {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text);
        fs::write(&kept, wrong).unwrap();
        let again = bench(&folder, &["mmeb", &text_of(&at)]);
        assert!(!again.err.contains("measured before"), "{}", again.err);
        assert_eq!(
            object(&bench(&folder, &["mmeb", &text_of(&at), "--json"])),
            object(&got)
        );
    }
    // The same data set in two places.
    data_set(&at.join("more/cirr.parquet"), &[row]);
    let got = bench(&folder, &["mmeb", &text_of(&at)]);
    assert_eq!(got.code, 1);
    assert!(got.err.contains("again"), "{}", got.err);
}
