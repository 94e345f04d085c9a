//! Token embeddings by row: the right rows, checked blocks, and a cache that keeps its budget.

use std::fs;
use std::path::Path;

use agff::Code;
use agff::package::{Package, PackageWriter, Source, TokenTable};
use agff::tensors::Dtype;
use pollster::block_on;

use crate::package::temp;
use crate::support::packages::{self, TOKENIZER, random_tensors, values};

const NAME: &str = "text.embed_tokens.weight";
const HIDDEN: usize = 72;
/// Four blocks of 1 MiB and a bit, in f32.
const ROWS: usize = 15_000;

/// A package whose table has several blocks.
fn write(out: &Path, dtype: Dtype) {
    let mut config = packages::small_config();
    config.text.vocab_size = ROWS;
    let manifest = packages::manifest(config, dtype);
    let mut writer = PackageWriter::create(out, false).unwrap();
    for tensor in random_tensors(&manifest) {
        writer.tensor(&tensor).unwrap();
    }
    writer.finish(manifest, TOKENIZER).unwrap();
}

fn open(folder: &Path, cache: usize) -> TokenTable {
    block_on(async {
        let package = Package::open(Source::Folder(folder.into())).await.unwrap();
        package.token_table(cache).await.unwrap()
    })
}

#[test]
fn rows_come_in_the_order_of_the_ids_however_often() {
    let expected = values(NAME, ROWS * HIDDEN);
    let ids: Vec<u32> = [0, 14_999, 3, 3, 7000, 0, 3641, 3640, 3642, 14_998]
        .into_iter()
        .chain((0..ROWS as u32).step_by(97))
        .collect();
    for (dtype, most) in [(Dtype::F32, 0.0), (Dtype::F16, 0.0005), (Dtype::Q8, 0.008)] {
        let dir = temp();
        let out = dir.path().join("p");
        write(&out, dtype);
        // A cache for everything, for one block, and none: blocks come and go differently.
        for cache in [64 << 20, 1 << 20, 0] {
            let table = open(&out, cache);
            assert_eq!((table.rows_total(), table.hidden()), (ROWS, HIDDEN));
            assert_eq!(table.dtype(), dtype);
            for ids in [&ids[..], &ids[..3], &ids[3..9], &[]] {
                let rows = block_on(table.rows(ids)).unwrap();
                assert_eq!(rows.len(), ids.len() * HIDDEN);
                for (row, &id) in rows.chunks(HIDDEN).zip(ids) {
                    let should = &expected[id as usize * HIDDEN..][..HIDDEN];
                    for (a, b) in row.iter().zip(should) {
                        assert!((a - b).abs() <= most, "{dtype:?}, row {id}: {a} for {b}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_id_beyond_the_table_is_refused() {
    let dir = temp();
    let out = dir.path().join("p");
    write(&out, Dtype::Q8);
    let error = block_on(open(&out, 0).rows(&[1, ROWS as u32])).unwrap_err();
    assert_eq!(error.code(), Code::Tokenizer);
    assert!(error.message().contains("15000"), "{error}");
}

#[test]
fn a_table_that_fits_the_cache_is_read_once_and_a_larger_one_again() {
    let dir = temp();
    let out = dir.path().join("p");
    write(&out, Dtype::F32);
    let all: Vec<u32> = (0..ROWS as u32).collect();
    let resident = open(&out, 64 << 20);
    let tight = open(&out, 2 << 20);
    let before = block_on(resident.rows(&all)).unwrap();
    assert_eq!(block_on(tight.rows(&all)).unwrap(), before);
    fs::remove_file(out.join("embed-00001.safetensors")).unwrap();
    assert_eq!(block_on(resident.rows(&all)).unwrap(), before);
    let error = block_on(tight.rows(&all)).unwrap_err();
    assert_eq!(error.code(), Code::PackageFileMissing);
    // The last rows were used last: their block is still there.
    let last = &all[ROWS - 10..];
    assert_eq!(
        block_on(tight.rows(last)).unwrap(),
        before[(ROWS - 10) * HIDDEN..]
    );
}

#[test]
fn only_the_block_that_was_changed_is_refused() {
    let dir = temp();
    let out = dir.path().join("p");
    write(&out, Dtype::F32);
    let path = out.join("embed-00001.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    bytes[(2 << 20) + 5] ^= 1;
    fs::write(&path, bytes).unwrap();
    let table = open(&out, 64 << 20);
    let expected = values(NAME, ROWS * HIDDEN);
    assert_eq!(block_on(table.rows(&[0])).unwrap(), expected[..HIDDEN]);
    // Row 7281 crosses into the third block, row 8000 lies in it.
    for id in [7281, 8000] {
        let error = block_on(table.rows(&[0, id])).unwrap_err();
        assert_eq!(error.code(), Code::PackageHash, "{error}");
        assert!(error.subject().contains("block 2"), "{error}");
    }
    let last = block_on(table.rows(&[14_999])).unwrap();
    assert_eq!(last, expected[14_999 * HIDDEN..]);
}

#[test]
fn packages_and_tables_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Package>();
    shared::<TokenTable>();
    let dir = temp();
    let out = dir.path().join("p");
    write(&out, Dtype::Q8);
    let table = open(&out, 1 << 20);
    let expected = block_on(table.rows(&[5, 9000])).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(block_on(table.rows(&[5, 9000])).unwrap(), expected);
                }
            });
        }
    });
}
