//! What a file is, by its first bytes. Names and extensions are not asked.

use crate::{Code, Error, Result};

/// What is read here, for messages.
const READ: &str = "JPEG, PNG, WebP and GIF are read";

/// The formats that are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    WebP,
    Gif,
}

/// Signatures of the formats that are decoded; `None` matches any byte.
const SIGNATURES: &[(Format, &[Option<u8>])] = {
    const fn some<const N: usize>(bytes: &[u8; N]) -> [Option<u8>; N] {
        let mut out = [None; N];
        let mut i = 0;
        while i < N {
            out[i] = Some(bytes[i]);
            i += 1;
        }
        out
    }
    const JPEG: [Option<u8>; 3] = some(b"\xff\xd8\xff");
    const PNG: [Option<u8>; 8] = some(b"\x89PNG\r\n\x1a\n");
    const GIF7: [Option<u8>; 6] = some(b"GIF87a");
    const GIF9: [Option<u8>; 6] = some(b"GIF89a");
    const WEBP: [Option<u8>; 12] = {
        let mut bytes = some(b"RIFF____WEBP");
        let mut i = 4;
        while i < 8 {
            bytes[i] = None;
            i += 1;
        }
        bytes
    };
    &[
        (Format::Jpeg, &JPEG),
        (Format::Png, &PNG),
        (Format::Gif, &GIF7),
        (Format::Gif, &GIF9),
        (Format::WebP, &WEBP),
    ]
};

impl Format {
    /// Recognises a format that is decoded here.
    ///
    /// # Errors
    /// [`Code::ImageFormat`], naming the format if it is a known one, or [`Code::ImageCorrupt`]
    /// for a file that ends within a signature.
    pub(super) fn of(bytes: &[u8]) -> Result<Format> {
        if bytes.is_empty() {
            return Err(corrupt("the file is empty (0 bytes)"));
        }
        for (format, signature) in SIGNATURES {
            let same = bytes
                .iter()
                .zip(signature.iter())
                .all(|(byte, want)| want.is_none_or(|want| want == *byte));
            if same && bytes.len() >= signature.len() {
                return Ok(*format);
            }
            if same && bytes.len() > 1 {
                return Err(corrupt(
                    "the file ends within its first bytes; copy or download it again",
                ));
            }
        }
        let message = match other(bytes) {
            Some((what, advice)) => format!("this is {what}; {advice} ({READ})"),
            None => format!("this is not an image of a format that is read here ({READ})"),
        };
        Err(Error::new(Code::ImageFormat, "", message))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::WebP => "WebP",
            Format::Gif => "GIF",
        }
    }
}

fn corrupt(message: &str) -> Error {
    Error::new(Code::ImageCorrupt, "", message)
}

/// Names a file of another format, with advice.
fn other(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const CONVERT: &str = "convert it to JPEG or PNG";
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if bytes.get(4..8) == Some(b"ftyp") {
        let brands = bytes.get(8..bytes.len().min(64)).unwrap_or_default();
        // The major brand, a version, then the compatible brands: mif1 and msf1 alone do not say
        // which codec it is.
        let has = |names: &[&[u8]]| brands.chunks(4).any(|brand| names.contains(&brand));
        return Some(if has(&[b"avif", b"avis"]) {
            ("an AVIF image", CONVERT)
        } else if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"]) {
            ("a HEIC photo", CONVERT)
        } else if has(&[b"mif1", b"msf1"]) {
            ("a HEIF image", CONVERT)
        } else if has(&[b"crx "]) {
            ("a raw camera file", "export it as JPEG or PNG")
        } else {
            ("a video", "save one of its frames as JPEG or PNG")
        });
    }
    let known: &[(&[u8], &str)] = &[
        (b"II*\0", "a TIFF image or a raw camera file"),
        (b"MM\0*", "a TIFF image or a raw camera file"),
        (b"II+\0", "a BigTIFF image"),
        (b"MM\0+", "a BigTIFF image"),
        (b"\xff\x0a", "a JPEG XL image"),
        (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
        (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
        (b"\0\0\x01\0", "an icon"),
        (b"8BPS", "a Photoshop document"),
        (b"%PDF", "a PDF document"),
        (b"qoif", "a QOI image"),
    ];
    if let Some((_, what)) = known.iter().find(|(magic, _)| starts(magic)) {
        return Some((what, CONVERT));
    }
    // Two letters are too common a start to name by themselves: the reserved words of the
    // header must be zero as well.
    if starts(b"BM") && bytes.get(6..10) == Some(&[0; 4]) {
        return Some(("a BMP image", CONVERT));
    }
    let head = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end within a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let lower = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_ascii_lowercase();
    Some(
        if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
            (
                "a web page",
                "the download probably failed; fetch the image itself",
            )
        } else if lower.contains("<svg") {
            ("an SVG drawing", "export it as PNG")
        } else {
            ("a text file", "give an image")
        },
    )
}
