//! Record starts read on from a proven one: slow but certain.

use memchr::{memchr, memrchr};

use super::{
    dialect::Dialect,
    record::{Flaw, read_fields},
};
use crate::error::{Error, Result};
use crate::source::{
    compression::Compression,
    file::{OpenFile, Window},
    packed::{Part, Place},
    plan::{CancelFlag, SourceFile},
    read_at::Opener,
};

/// Bytes of the longest record.
pub const MAX_RECORD: usize = 64 << 20;
/// What is wrong with a longer one.
pub const TOO_LONG: &str = "a record of more than 64 MiB; is a quote never closed?";
/// What is wrong with a record that swallows the rest of the file.
pub const UNCLOSED: &str = "a quote in this record is never closed";
/// Bytes read in one go.
const STEP: u64 = 1 << 20;

/// Find the first record start at or after each of `offsets` (ascending), reading on from `start`.
///
/// Stops after a found start that equals the believed one: from there on the chain holds.
///
/// # Errors
/// As the file reads; [`crate::error::Error::Malformed`] where a quote is never closed.
pub fn locate_starts(
    opener: &Opener,
    file: &SourceFile,
    dialect: &Dialect,
    start: u64,
    offsets: &[u64],
    believed: &[u64],
    cancel: &CancelFlag,
) -> Result<Vec<u64>> {
    if file.compression != Compression::None {
        return locate_places(opener, file, dialect, start, offsets, believed, cancel);
    }
    let file = OpenFile::open_as_planned(opener, file, dialect.encoding)?;
    let mut walk = Walk { file: &file, dialect, window: Window::default(), at: start };
    let mut found = Vec::with_capacity(offsets.len());
    for (place, &offset) in offsets.iter().enumerate() {
        let start = walk.first_start_from(offset, cancel)?;
        found.push(start);
        if believed.get(place) == Some(&start) {
            break;
        }
    }
    Ok(found)
}

/// As [`locate_starts`], for places and offsets of a packed file.
fn locate_places(
    opener: &Opener,
    planned: &SourceFile,
    dialect: &Dialect,
    start: u64,
    offsets: &[u64],
    believed: &[u64],
    cancel: &CancelFlag,
) -> Result<Vec<u64>> {
    let start = Place::unpacked(start);
    let part = Part::new(start.member, u64::MAX, Some(start.member));
    let at = part.lead() + start.byte;
    let file = OpenFile::open_as_planned(opener, &planned.of_part(part), dialect.encoding)?;
    let Some(text) = file.unpacked() else { return Ok(Vec::new()) };
    let mut walk = Walk { file: &file, dialect, window: Window::default(), at };
    let mut found = Vec::with_capacity(offsets.len());
    for (place, &offset) in offsets.iter().enumerate() {
        let mut border = text.end_at(offset);
        while border.is_none() {
            let limit = text.clip(walk.at + STEP)?;
            border = text.border();
            if border.is_none() {
                walk.first_start_from(limit, cancel)?;
            }
        }
        let (member, byte) = border.unwrap_or_default();
        let record = walk.first_start_from(byte, cancel)?;
        let start = Place { member, byte: record - byte };
        let start = start.packed().ok_or_else(|| file.malformed(record, TOO_LONG))?;
        found.push(start);
        if believed.get(place) == Some(&start) {
            break;
        }
    }
    Ok(found)
}

/// The first record start at or after `offset`, reading on from `start`, a proven one.
///
/// # Errors
/// As [`locate_starts`].
pub fn prove_start(file: &OpenFile, dialect: &Dialect, start: u64, offset: u64, cancel: &CancelFlag) -> Result<u64> {
    if let Some(text) = file.unpacked() {
        let what = "the first record of this part of the file makes no sense".to_owned();
        return Err(Error::Unproven { path: file.path().to_owned(), offset: text.first(), what });
    }
    Walk { file, dialect, window: Window::default(), at: start }.first_start_from(offset, cancel)
}

/// A walk over record starts.
struct Walk<'a> {
    file: &'a OpenFile,
    dialect: &'a Dialect,
    window: Window,
    /// A proven record start.
    at: u64,
}

impl Walk<'_> {
    fn first_start_from(&mut self, offset: u64, cancel: &CancelFlag) -> Result<u64> {
        while self.at < offset.min(self.file.size()) {
            cancel.check()?;
            if self.at < self.window.base() || self.at >= self.window.end() {
                self.window.load(self.file, self.at, self.at + STEP)?;
            }
            if !self.advance(offset)? {
                self.read_more()?;
            }
        }
        Ok(self.at)
    }

    /// Go on inside the window; false where its text ends inside the record at hand.
    fn advance(&mut self, offset: u64) -> Result<bool> {
        let text = self.window.text();
        let at_end = self.window.reaches_end_of(self.file);
        let start = self.window.place_of(self.at);
        let target = if offset < self.window.end() { self.window.place_of(offset) } else { usize::MAX };
        let mut at = start;
        let mut fields = Vec::new();
        while at < target && at < text.len() {
            if let Some(jump) = self.over_plain_lines(text, at, target) {
                at = jump;
                continue;
            }
            let Some(record) = read_fields(text, at, self.dialect, at_end, &mut fields) else { break };
            if matches!(record.flaw, Some((_, Flaw::UnclosedQuote)))
                && self.dialect.line_starts(&text[at..record.end]).next().is_some_and(|start| start < record.end - at)
            {
                return Err(self.unclosed(self.window.offset_of(at)));
            }
            if record.end - at > MAX_RECORD {
                return Err(self.file.malformed(self.window.offset_of(at), TOO_LONG));
            }
            at = record.end;
        }
        self.at = self.window.offset_of(at);
        Ok(at > start)
    }

    /// Past all lines that end before the next quote, or to the first start from `target` on.
    fn over_plain_lines(&self, text: &[u8], at: usize, target: usize) -> Option<usize> {
        if self.dialect.carriage_returns {
            return None;
        }
        let plain = match self.dialect.quote {
            Some(quote) => memchr(quote, &text[at..]).map_or(text.len(), |distance| at + distance),
            None => text.len(),
        };
        let wanted = target - 1;
        if wanted < plain
            && let Some(distance) = memchr(b'\n', &text[wanted.max(at)..plain])
        {
            return Some(wanted.max(at) + distance + 1);
        }
        memrchr(b'\n', &text[at..plain]).map(|distance| at + distance + 1)
    }

    fn read_more(&mut self) -> Result<()> {
        let kept = (self.window.end() - self.at) as usize;
        if kept > MAX_RECORD {
            return Err(self.file.malformed(self.at, TOO_LONG));
        }
        self.window.load(self.file, self.at, self.at + STEP.max(2 * kept as u64))
    }

    fn unclosed(&self, offset: u64) -> crate::error::Error {
        self.file.malformed(offset, UNCLOSED)
    }
}
