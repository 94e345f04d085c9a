//! Where a JPEG file's markers are looked for (ITU-T T.81, B.1.1).

use super::bits::{Bits, Flaw};

/// Bytes of leftover data that are forgiven before a marker without a further look. Some cameras
/// leave one or two.
pub(super) const SLACK: usize = 3;

/// The marker at `position`, or after at most `slack` bytes of leftover data: where it stands and
/// what it is. `None` at the end of the file, or if more data lies before it.
///
/// Zeros and fill bytes are no data.
pub(super) fn next(bytes: &[u8], position: usize, slack: usize) -> Option<(usize, u8)> {
    let mut left_over = 0;
    let mut at = position;
    loop {
        match (*bytes.get(at)?, bytes.get(at + 1)) {
            (0xff, Some(0xff)) => at += 1,
            (0xff, Some(&marker)) if marker != 0 => return Some((at, marker)),
            (0xff, None) => return None,
            (0xff, Some(_)) => {
                left_over += 1;
                at += 2;
            }
            // Zeros are padding.
            (0, _) => at += 1,
            _ => {
                left_over += 1;
                at += 1;
            }
        }
        if left_over > slack {
            return None;
        }
    }
}

/// Where the marker stands that follows the entropy-coded data read as `bits`; the file's length
/// if none does.
///
/// Like libjpeg, it passes over stray bytes before the marker, however many. But data that was
/// misread leaves bytes, too: so more than [`SLACK`] may follow only where the data ended as
/// encoders end it, with a byte filled up with ones.
pub(super) fn after_data(bytes: &[u8], bits: &Bits<'_>) -> Result<usize, Flaw> {
    let slack = if bits.ends_in_ones() {
        usize::MAX
    } else {
        SLACK
    };
    match next(bytes, bits.end(), slack) {
        Some((at, _)) => Ok(at),
        None if next(bytes, bits.end(), usize::MAX).is_some() => Err(Flaw::BadCode),
        None => Ok(bytes.len()),
    }
}

/// Finds the restart marker `RST(number)` after the data read as `bits`; returns what comes
/// after it.
pub(super) fn restart(bytes: &[u8], bits: &Bits<'_>, number: u8) -> Result<usize, Flaw> {
    let at = after_data(bytes, bits)?;
    match bytes.get(at + 1) {
        Some(marker @ 0xd0..=0xd7) if marker - 0xd0 == number => Ok(at + 2),
        Some(0xd0..=0xd7) => Err(Flaw::BadCode),
        _ => Err(Flaw::Short),
    }
}
