use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const WANTED: [Wanted; 1] = [Wanted {
    name: "config.json",
    most: 1 << 10,
}];

fn read_wanted(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut found = Vec::new();
    stream_entries("model.zip", &mut &bytes[..], &WANTED, |name, entry| {
        entry
            .read_to_end(&mut found)
            .map_err(|e| Error::new(Code::Input, name, e.to_string()))?;
        Ok(())
    })?;
    Ok(found)
}

#[test]
fn wanted_entries_come_out_of_an_archive_within_an_archive() {
    let inner = archive(&[("other", b"not this"), ("config.json", b"{}")]);
    let outer = archive(&[("deep/model.zip", &inner)]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), outer).unwrap();
    let mut found = Vec::new();
    with_entry(file.path(), "deep/model.zip", |archive| {
        stream_entries("model.zip", archive, &WANTED, |_, entry| {
            entry.read_to_end(&mut found).unwrap();
            Ok(())
        })
    })
    .unwrap();
    assert_eq!(found, b"{}");
    let error = with_entry(file.path(), "model.pth", |_| Ok(())).unwrap_err();
    assert!(error.message().contains("has no model.pth"), "{error}");
}

#[test]
fn an_entry_that_unpacks_to_more_than_it_may_be_is_refused() {
    let bomb = vec![0; 64 << 20];
    let packed = archive(&[("config.json", &bomb)]);
    assert!(packed.len() < 1 << 18, "the archive itself is small");
    let error = read_wanted(&packed).unwrap_err();
    assert!(error.message().contains("longer than"), "{error}");
}

#[test]
fn archives_that_are_none_or_lack_an_entry_are_refused() {
    let error = read_wanted(b"no archive at all, but long enough for a header").unwrap_err();
    assert_eq!(error.code(), Code::Input);
    let error = read_wanted(&archive(&[("other", b"")])).unwrap_err();
    assert!(error.message().contains("has no config.json"), "{error}");
    let whole = archive(&[("config.json", b"{\"a\": 1}")]);
    assert!(read_wanted(&whole[..30]).is_err());
}
