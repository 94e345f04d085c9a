//! Other JPEG files made of one, without an encoder.

/// Where the marker `0xff`, `marker` stands in a JPEG file's segments.
///
/// # Panics
/// If it is not there.
pub fn marker(jpeg: &[u8], marker: u8) -> usize {
    let mut at = 2;
    while jpeg[at + 1] != marker {
        assert_ne!(jpeg[at + 1], 0xda, "no marker {marker:#x} before the data");
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    at
}

/// Where the data of the first scan begins.
pub fn data(jpeg: &[u8]) -> usize {
    let at = marker(jpeg, 0xda);
    at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]))
}

/// A baseline file with another size in its header. Its data fit if that takes as many MCUs.
pub fn with_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let at = marker(jpeg, 0xc0);
    bytes[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    bytes[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A file `across` times as wide and `down` times as high, its data repeated as restart intervals.
/// The pieces of the picture lie in other places, but decoding costs what it costs for a photo of
/// that size. `jpeg` must be a 4:2:0 baseline file of one scan, with sides that are multiples of 16.
///
/// # Panics
/// If it is another kind of file, or the size is beyond JPEG.
pub fn tiled(jpeg: &[u8], across: u16, down: u16) -> Vec<u8> {
    let at = marker(jpeg, 0xc0);
    let side = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    let (height, width) = (side(at + 5), side(at + 7));
    assert_eq!((width % 16, height % 16, jpeg[at + 11]), (0, 0, 0x22));
    let larger = |side: u16, times: u16| side.checked_mul(times).expect("a possible size");
    let larger = with_size(jpeg, larger(width, across), larger(height, down));
    let interval = (width / 16) * (height / 16);

    let mut bytes = larger[..2].to_vec();
    bytes.extend([0xff, 0xdd, 0, 4]);
    bytes.extend(interval.to_be_bytes());
    bytes.extend(&larger[2..data(jpeg)]);
    let data = &jpeg[data(jpeg)..jpeg.len() - 2];
    let pieces = usize::from(across) * usize::from(down);
    for piece in 0..pieces {
        bytes.extend(data);
        if piece + 1 < pieces {
            bytes.extend([0xff, 0xd0 + (piece % 8) as u8]);
        }
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}
