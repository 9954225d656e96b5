//! How the text of a file is written: what the user says, a mark at its start, or the pattern of UTF-16.
//!
//! Encodings of one byte a character cannot be told from each other: they are read only where they are named.

use std::{borrow::Cow, path::Path};

use super::file::refused;
use crate::{error::Result, source::Encoding};

const MARKS: [(&[u8], Encoding); 3] =
    [(b"\xef\xbb\xbf", Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)];

/// What is no text, by its first bytes.
const MAGIC: [(&[u8], &str, &str); 7] = [
    (b"\x1f\x8b", "the file is gzip-compressed", "say compression = 'gzip'"),
    (b"\x28\xb5\x2f\xfd", "the file is zstd-compressed", "say compression = 'zstd'"),
    (b"BZh", "the file is bzip2-compressed", "say compression = 'bz2'"),
    (b"\xfd7zXZ\0", "the file is xz-compressed", "decompress it: unxz -k"),
    (b"PK\x03\x04", "the file is a zip archive or a workbook", "extract it, or export the sheet as CSV"),
    (b"PAR1", "the file is a Parquet file", "only CSV files can be read so far"),
    (b"\xff\xfe\0\0", "the text is UTF-32", "convert it: iconv -f UTF-32 -t UTF-8"),
];

/// Whether bytes are those of a packed file.
#[must_use]
pub fn is_packed(bytes: &[u8]) -> bool {
    MAGIC[..4].iter().any(|(magic, ..)| bytes.starts_with(magic))
}

/// The encoding of a file by its first bytes, and how many of them are its mark.
///
/// # Errors
/// `Refused` where it is no text.
pub fn encoding_of(path: &Path, bytes: &[u8], given: Option<Encoding>) -> Result<(Encoding, usize)> {
    if let Some((_, what, hint)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(refused(path, 0, what, hint));
    }
    let mark = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark));
    Ok(match (mark, given) {
        // UTF-16 by that name may be either; the mark tells.
        (Some((mark, found)), Some(given)) if found.unit() == given.unit() => (*found, mark.len()),
        (_, Some(given)) => (given, 0),
        (Some((mark, found)), None) => (*found, mark.len()),
        (None, None) => (pattern_of(bytes), 0),
    })
}

/// UTF-16 where nearly every second byte, and hardly another, is 0.
fn pattern_of(bytes: &[u8]) -> Encoding {
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    if memchr::memchr(0, bytes).is_none() || bytes.len() % 2 == 1 && bytes.len() < 8 {
        return Encoding::Utf8;
    }
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 2);
    match () {
        () if odd * 2 > half && even * 20 < half => Encoding::Utf16Le,
        () if even * 2 > half && odd * 20 < half => Encoding::Utf16Be,
        () => Encoding::Utf8,
    }
}

/// The bytes as UTF-8.
#[must_use]
pub fn decoded(bytes: &[u8], encoding: Encoding, is_end: bool) -> Cow<'_, [u8]> {
    if encoding == Encoding::Utf8 {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    encoding.decode(bytes, is_end, &mut text);
    Cow::Owned(text)
}

/// Refuse what is not text, and say what to do.
///
/// # Errors
/// `Refused` where there is a NUL.
pub fn check_text(path: &Path, text: &[u8]) -> Result<()> {
    match memchr::memchr(0, text) {
        Some(place) => Err(refused(path, place as u64, "a NUL byte", "is it text? remove them: tr -d '\\0'")),
        None => Ok(()),
    }
}
