//! JPEG files with bytes too many or without their end, whose pixels are all there.

use agff::Code;
use agff_test_support::jpeg;

use super::{decoded, pictures, read, report};

/// Bytes that are no marker.
const STRAY: [u8; 9] = [0x12, 0xff, 0x00, 0x34, 0x00, 0x56, 0x78, 0x9a, 0xbc];

/// Where restart markers and the end marker stand in the data of a file's scans.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let is_end = |at: &usize| bytes[*at] == 0xff && matches!(bytes[at + 1], 0xd0..=0xd7 | 0xd9);
    (jpeg::data(bytes)..bytes.len() - 1)
        .filter(is_end)
        .collect()
}

#[test]
fn stray_bytes_before_a_restart_marker_or_the_end_are_passed_over() {
    let mut failures = Vec::new();
    let mut restarts = 0;
    for (name, bytes) in pictures().iter().filter(|(name, _)| name.ends_with(".jpg")) {
        let whole = decoded(name, bytes).expect("a fixture");
        let ends = ends(bytes);
        restarts += ends.len() - 1;
        for at in ends {
            for count in [1, 3, 4, 9] {
                let mut longer = bytes.clone();
                longer.splice(at..at, STRAY[..count].iter().copied());
                match decoded(name, &longer) {
                    Ok(pixels) if pixels == whole => {}
                    other => failures.push(format!("{name}, {count} bytes at {at}: {other:?}")),
                }
            }
        }
    }
    assert!(restarts > 20, "{restarts} restart markers");
    report(failures);
}

#[test]
fn an_end_marker_may_be_missing_or_half_there_but_no_pixel() {
    let mut failures = Vec::new();
    for (name, bytes) in pictures().iter().filter(|(name, _)| name.ends_with(".jpg")) {
        let whole = decoded(name, bytes).expect("a fixture");
        for missing in [1, 2] {
            match decoded(name, &bytes[..bytes.len() - missing]) {
                Ok(pixels) if pixels == whole => {}
                other => failures.push(format!("{name} without {missing} bytes: {other:?}")),
            }
        }
        match decoded(name, &bytes[..bytes.len() - 3]) {
            Err(error) if error.code() == Code::ImageCorrupt => {}
            other => failures.push(format!("{name} without its last bits: {other:?}")),
        }
    }
    report(failures);
}

#[test]
fn bytes_left_over_from_data_that_were_misread_are_damage() {
    // An encoder fills the last byte up with ones; zeros there were part of something else.
    let mut tried = 0;
    for (name, bytes) in pictures().iter().filter(|(name, _)| name.ends_with(".jpg")) {
        let whole = decoded(name, bytes).expect("a fixture");
        let end = bytes.len() - 2;
        let mut cleared = bytes.clone();
        cleared[end - 1] &= !1;
        if cleared == *bytes || !decoded(name, &cleared).is_ok_and(|pixels| pixels == whole) {
            // The last bit is of the picture.
            continue;
        }
        tried += 1;
        for (count, is_damage) in [(3, false), (4, true), (9, true)] {
            let mut longer = cleared.clone();
            longer.splice(end..end, [0x55; 9][..count].iter().copied());
            let is_refused = match decoded(name, &longer) {
                Err(error) => error.code() == Code::ImageCorrupt,
                Ok(_) => false,
            };
            assert_eq!(is_refused, is_damage, "{name}, {count} bytes");
        }
    }
    assert!(tried > 5, "{tried} files");
}

#[test]
fn a_marker_among_stray_bytes_must_be_the_one_that_is_due() {
    let bytes = read("restarts.jpg");
    let at = ends(&bytes)[0];
    for wrong in [0xd5, 0xd9, 0xda, 0xc4] {
        let mut longer = bytes.clone();
        longer.splice(at..at, [0x55, 0xff, wrong]);
        let error = decoded("restarts.jpg", &longer).expect_err("another marker");
        assert_eq!(error.code(), Code::ImageCorrupt, "{wrong:#x}");
    }
}
