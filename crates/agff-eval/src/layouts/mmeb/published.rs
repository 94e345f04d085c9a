//! Writes data sets as they are published, for tests: this crate's and those of the command line.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const SCHEMA: &str = "
    message schema {
        OPTIONAL BYTE_ARRAY qry_text (UTF8);
        OPTIONAL BYTE_ARRAY qry_img_path (UTF8);
        OPTIONAL GROUP tgt_text (LIST) { REPEATED GROUP list { OPTIONAL BYTE_ARRAY element (UTF8); } }
        OPTIONAL GROUP tgt_img_path (LIST) { REPEATED GROUP list { OPTIONAL BYTE_ARRAY element (UTF8); } }
    }";

/// A row as it is published: query text and image, candidates' texts and images.
pub type Published<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);

/// Writes a data set with the layout of the published ones, compressed as they are.
pub fn write(path: &Path, rows: &[Published<'_>]) {
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

/// Pictures to be classified.
pub const CLASSES: &[Published<'_>] = &[
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

/// Texts that search for pictures.
pub const SEARCHES: &[Published<'_>] = &[
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
