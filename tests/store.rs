//! An index in a folder: what is stored is there again, whatever happened in between.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use agff::index::store::{Kind, Origin, Place, Record, Store};
use agff::index::{SearchOptions, Term};
use agff::{Code, Embedding};
use agff::{Fusion, Reduction};

fn origin() -> Origin {
    Origin {
        model: "a model".into(),
        fingerprint: "f00d".into(),
        trained: true,
        views: vec!["global".into(), "fine-1".into()],
        dimensions: 4,
        fusion: Fusion {
            temperature: 0.05,
            reduction: Reduction::LogSumExp,
        },
        decoder: "exact".into(),
        max_pixels: 1000,
        package: None,
        instruction: None,
    }
}

/// An embedding of its own for each number.
fn embedding(i: usize) -> Embedding {
    let vector = |turn: f32| {
        let angle = i as f32 * 0.37 + turn;
        [angle.cos(), angle.sin(), 0.0, 0.0]
    };
    Embedding {
        views: origin().views,
        dimensions: 4,
        values: [vector(0.0), vector(0.4)].concat(),
        tokens: 7,
        truncated: false,
    }
}

fn record(i: usize) -> Record {
    Record {
        kind: Kind::Image,
        text: None,
        tokens: i as u64,
        truncated: false,
    }
}

fn place(path: &str) -> Place {
    Place {
        path: path.into(),
        seen: Some((10, 20)),
    }
}

fn id(i: usize) -> String {
    format!("{i:064x}")
}

/// Writes records with these numbers, each with a file of its own.
fn fill(folder: &Path, numbers: impl IntoIterator<Item = usize>) {
    let mut store = Store::open_or_create(folder, &origin()).unwrap();
    for i in numbers {
        let file = place(&format!("/photos/{i}.jpg"));
        store
            .add(&id(i), record(i), &embedding(i), Some(file))
            .unwrap();
    }
    store.finish().unwrap();
}

/// The numbers of the records that are there, and that they are what was stored.
fn numbers(store: &Store) -> Vec<usize> {
    let number = |id: &str| usize::from_str_radix(id, 16).unwrap();
    let all: Vec<usize> = store.index().ids().into_iter().map(number).collect();
    for &i in &all {
        assert_eq!(
            store.index().get(&id(i)).unwrap().values,
            embedding(i).values
        );
        assert_eq!(store.record(&id(i)), Some(&record(i)));
        let paths: Vec<&str> = store.paths_of(&id(i)).collect();
        assert_eq!(paths, [format!("/photos/{i}.jpg")]);
    }
    all
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join("records.log")
}

#[test]
fn what_is_stored_is_there_again_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("made/on/the/way");
    fill(&at, [5, 3, 9]);
    fill(&at, [4, 3]);
    let store = Store::open(&at).unwrap();
    assert_eq!(numbers(&store), [5, 3, 9, 4]);
    assert_eq!(store.origin(), &origin());
    assert!(store.damage().is_none());
    let query = embedding(9);
    let term = Term {
        embedding: &query,
        weight: 1.0,
    };
    let found = store.index().search(&[term], &SearchOptions::default());
    assert_eq!(found.unwrap().hits[0].id, id(9));
}

#[test]
fn wherever_a_crash_cut_the_log_the_records_before_are_there_and_writing_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..3);
    let whole = fs::read(log(folder.path())).unwrap();
    // Where each record ends.
    let ends: Vec<usize> = (0..=3)
        .map(|count| {
            let other = tempfile::tempdir().unwrap();
            fill(other.path(), 0..count);
            fs::read(log(other.path())).unwrap().len()
        })
        .collect();
    for cut in 0..whole.len() {
        fs::write(log(folder.path()), &whole[..cut]).unwrap();
        let complete = ends.iter().filter(|&&end| end <= cut).count();
        let expected: Vec<usize> = (0..complete.saturating_sub(1)).collect();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(numbers(&store), expected, "cut at {cut}");
        let torn = cut - ends[..complete].last().copied().unwrap_or(0);
        assert_eq!(store.damage().torn_bytes, torn as u64, "cut at {cut}");
        if cut % 7 == 0 {
            fill(folder.path(), [8]);
            let store = Store::open(folder.path()).unwrap();
            assert_eq!(numbers(&store), [&expected[..], &[8]].concat());
            assert!(store.damage().is_none(), "cut at {cut}");
        }
    }
}

#[test]
fn a_damaged_byte_costs_one_record_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..5);
    let whole = fs::read(log(folder.path())).unwrap();
    for at in 8..whole.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            fs::write(log(folder.path()), &bytes).unwrap();
            let store = Store::open(folder.path()).unwrap();
            let left = numbers(&store);
            assert_eq!(left.len(), 4, "byte {at} ^ {flip}");
            let damage = store.damage();
            assert!(damage.gaps + u64::from(damage.torn_bytes > 0) == 1);
        }
    }
    // What is behind the damage stays when more is written.
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    fs::write(log(folder.path()), &bytes).unwrap();
    fill(folder.path(), [7]);
    let mut store = Store::open_to_write(folder.path()).unwrap();
    assert_eq!(numbers(&store), [0, 1, 3, 4, 7]);
    store.compact().unwrap();
    assert!(store.damage().is_none());
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert!(store.damage().is_none());
    assert_eq!(numbers(&store), [0, 1, 3, 4, 7]);
}

#[test]
fn files_of_another_kind_version_or_making_are_refused_and_left_alone() {
    let made = tempfile::tempdir().unwrap();
    fill(made.path(), 0..2);
    let json = made.path().join("index.json");
    let (document, records) = (
        fs::read(&json).unwrap(),
        fs::read(log(made.path())).unwrap(),
    );
    let text = String::from_utf8(document.clone()).unwrap();
    let long = vec![b' '; 2 << 20];
    for (name, bytes, part) in [
        ("index.json", b"{".as_slice(), "not JSON"),
        ("index.json", b"[]", "no index"),
        ("index.json", b"{\"format\": \"agff\"}", "no index"),
        ("index.json", &long, "damaged"),
        (
            "index.json",
            b"{\"format\": \"agff-index\", \"version\": 1}",
            "damaged",
        ),
        (
            "index.json",
            text.replace("\"version\": 1", "\"version\": 2").as_bytes(),
            "newer",
        ),
        (
            "index.json",
            text.replace("\"dimensions\": 4", "\"dimensions\": 0")
                .as_bytes(),
            "dimension",
        ),
        (
            "index.json",
            text.replace("\"dimensions\": 4", "\"dimensions\": 4000000000")
                .as_bytes(),
            "dimension",
        ),
        ("records.log", b"A diary, and a long one", "not a file of"),
        ("records.log", b"AGFFIDX\x02", "newer"),
    ] {
        fs::write(&json, &document).unwrap();
        fs::write(log(made.path()), &records).unwrap();
        let path = made.path().join(name);
        fs::write(&path, bytes).unwrap();
        for opened in [
            Store::open(made.path()),
            Store::open_to_write(made.path()),
            Store::open_or_create(made.path(), &origin()),
        ] {
            let error = opened.unwrap_err();
            assert_eq!(error.code(), Code::Index, "{part}: {error}");
            assert!(error.message().contains(part), "{part}: {error}");
        }
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    let none = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(none.path()).unwrap_err().code(), Code::Index);
    assert_eq!(fs::read_dir(none.path()).unwrap().count(), 0);
    fs::write(none.path().join("diary.txt"), "mine").unwrap();
    let error = Store::open_or_create(none.path(), &origin()).unwrap_err();
    assert!(error.message().contains("diary.txt"), "{error}");
    assert_eq!(fs::read_dir(none.path()).unwrap().count(), 1);
}

#[test]
fn frames_that_state_impossible_sizes_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..2);
    let whole = fs::read(log(folder.path())).unwrap();
    let mark = [0xff, b'R', b'E', b'C'];
    let frame = |length: u32, content: &[u8]| {
        let sum = crc32c(content).to_le_bytes();
        [&mark[..], &length.to_le_bytes(), &sum, content].concat()
    };
    let vectors_of_another_shape = {
        let json = format!(
            "{{\"add\":{{\"id\":\"{}\",\"record\":{{\"kind\":\"image\",\"tokens\":1}}}}}}",
            id(7)
        );
        let mut content = (json.len() as u32).to_le_bytes().to_vec();
        content.extend(json.as_bytes());
        content.extend(1.0_f32.to_le_bytes());
        content
    };
    let stray = [
        frame(u32::MAX, b""),
        frame(64 << 20, b""),
        frame(0, b""),
        frame(3, b"abc"),
        frame(8, b"\xff\xff\xff\xffabcd"),
        frame(5, b"\x01\0\0\0{"),
        mark.to_vec(),
        mark.repeat(100),
        frame(
            vectors_of_another_shape.len() as u32,
            &vectors_of_another_shape,
        ),
    ];
    for (i, stray) in stray.iter().enumerate() {
        let bytes = [&whole[..], stray, &whole[8..]].concat();
        fs::write(log(folder.path()), bytes).unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(numbers(&store), [0, 1], "{i}");
        assert_eq!(store.damage().gaps, 1, "{i}");
    }
}

/// Castagnoli's checksum, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 * (crc & 1))
        })
    })
}

#[test]
fn a_content_is_stored_once_and_goes_with_its_last_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(folder.path(), &origin()).unwrap();
    store
        .add(&id(1), record(1), &embedding(1), Some(place("/a")))
        .unwrap();
    store.place(&id(1), place("/b")).unwrap();
    store
        .add(&id(2), record(2), &embedding(2), Some(place("/c")))
        .unwrap();
    let paths = |store: &Store, i| {
        store
            .paths_of(&id(i))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(&store, 1), ["/a", "/b"]);
    // A file gets another content.
    store.place(&id(2), place("/a")).unwrap();
    assert_eq!(
        (paths(&store, 1), paths(&store, 2)),
        (vec!["/b".into()], vec!["/a".into(), "/c".into()])
    );
    assert!(store.forget("/b").unwrap() && !store.forget("/b").unwrap());
    assert_eq!(store.index().ids(), [id(2)]);
    assert_eq!(
        store.place(&id(1), place("/d")).unwrap_err().code(),
        Code::Internal
    );
    drop(store);
    let mut store = Store::open_to_write(folder.path()).unwrap();
    assert_eq!(
        (store.index().ids(), store.places().count()),
        (vec![id(2).as_str()], 2)
    );
    store.compact().unwrap();
    assert_eq!(paths(&store, 2), ["/a", "/c"]);
    assert!(store.remove(&id(2)).unwrap());
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!((store.index().len(), store.places().count()), (0, 0));
}

#[test]
fn a_log_of_what_is_gone_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(folder.path(), &origin()).unwrap();
    let mut longest = 0;
    for round in 0..40 {
        for i in 0..300 {
            let file = place(&format!("/photos/{i}.jpg"));
            store
                .add(&id(i), record(i), &embedding(i), Some(file))
                .unwrap();
        }
        longest = longest.max(store.bytes());
        store.finish().unwrap();
        assert_eq!(store.index().len(), 300, "{round}");
    }
    assert!(longest < 3 << 20 && store.bytes() < 2 << 20, "{longest}");
    assert_eq!(numbers(&store), (0..300).collect::<Vec<_>>());
    let size = fs::metadata(log(folder.path())).unwrap().len();
    assert_eq!(size, store.bytes());
    drop(store);
    assert_eq!(numbers(&Store::open(folder.path()).unwrap()).len(), 300);
}

#[test]
fn one_writes_at_a_time_and_others_read() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..2);
    let mut writer = Store::open_to_write(folder.path()).unwrap();
    let error = Store::open_to_write(folder.path()).unwrap_err();
    assert_eq!(error.code(), Code::IndexBusy);
    writer
        .add(
            &id(4),
            record(4),
            &embedding(4),
            Some(place("/photos/4.jpg")),
        )
        .unwrap();
    // Half a record, as if it was being written.
    let mut file = File::options()
        .append(true)
        .open(log(folder.path()))
        .unwrap();
    file.write_all(&[0xff, b'R', b'E', b'C', 200, 0, 0, 0])
        .unwrap();
    let mut reader = Store::open(folder.path()).unwrap();
    assert_eq!(numbers(&reader), [0, 1, 4]);
    assert_eq!(
        reader.forget("/photos/1.jpg").unwrap_err().code(),
        Code::Internal
    );
    drop(writer);
    Store::open_to_write(folder.path()).unwrap();
}

#[test]
fn vectors_of_another_making_are_refused_with_what_is_different() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 0..1);
    let same = origin();
    for (other, part) in [
        (
            Origin {
                fingerprint: "beef".into(),
                ..same.clone()
            },
            "another index",
        ),
        (
            Origin {
                dimensions: 3,
                ..same.clone()
            },
            "dimensions is 4, and here 3",
        ),
        (
            Origin {
                decoder: "browser".into(),
                ..same.clone()
            },
            "decoder is exact",
        ),
        (
            Origin {
                max_pixels: 10,
                ..same.clone()
            },
            "pixels is 1000",
        ),
        (
            Origin {
                instruction: Some("Find it.".into()),
                ..same.clone()
            },
            "the model's own",
        ),
    ] {
        let error = Store::open_or_create(folder.path(), &other).unwrap_err();
        assert_eq!(error.code(), Code::IndexModel, "{part}");
        assert!(error.message().contains(part), "{error}");
    }
    // What is only shown, or chosen anew with each search, may be another.
    let renamed = Origin {
        model: "renamed".into(),
        package: Some("/elsewhere".into()),
        ..same
    };
    Store::open_or_create(folder.path(), &renamed).unwrap();
    // Vectors that do not fit are refused before they are written.
    let mut store = Store::open_to_write(folder.path()).unwrap();
    let before = store.bytes();
    let odd = Embedding {
        values: vec![2.0; 8],
        ..embedding(1)
    };
    let error = store.add(&id(1), record(1), &odd, None).unwrap_err();
    assert_eq!((error.code(), store.bytes()), (Code::Embedding, before));
}
