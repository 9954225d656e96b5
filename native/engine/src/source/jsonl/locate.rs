//! Record starts: the bytes after line feeds.

use memchr::memchr;

use crate::{
    error::{Error, Result},
    source::file::{OpenFile, Window},
};

/// Bytes of the longest record.
pub const MAX_RECORD: usize = 64 << 20;
/// Bytes read in one go.
const STEP: u64 = 64 << 10;

/// The first byte at or after `offset` (from 1 on) that starts a line; the file's size where none does.
///
/// # Errors
/// As the file reads, [`Error::Refused`] where a line is too long.
pub fn line_start(file: &OpenFile, window: &mut Window, offset: u64) -> Result<u64> {
    let mut from = offset - 1;
    while from < file.size() {
        window.load(file, from, from + STEP)?;
        if let Some(place) = memchr(b'\n', window.text()) {
            return Ok(from + place as u64 + 1);
        }
        from = window.end();
        if from - offset > MAX_RECORD as u64 {
            return Err(too_long(file, offset));
        }
    }
    Ok(file.size())
}

/// The error of a record that is too long.
#[must_use]
pub fn too_long(file: &OpenFile, offset: u64) -> Error {
    Error::Refused {
        path: file.path().to_owned(),
        offset,
        what: "a record is longer than 64 MiB".to_owned(),
        hint: "is this JSON, one record a line? else say format = 'array' or 'unstructured' in read_json".to_owned(),
    }
}
