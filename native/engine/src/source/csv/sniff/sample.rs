//! The places of a file that are looked at: its head, spots at a quarter, half and three quarters, its tail.

use std::{path::Path, sync::Arc};

use super::{
    encoding::is_packed,
    file::refused,
    records::{Field, Record, Records, split_records},
};
use crate::{
    error::Result,
    source::{
        compression::Compression,
        csv::Dialect,
        packed::{Part, Text, has_members},
        plan::SourceFile,
        read_at::{Opener, ReadAt, Stamp},
    },
};

/// Longest record that is read at all.
pub const LONGEST_RECORD: usize = 64 << 20;
/// Bytes that all files together are looked at, unless they are very many.
const BUDGET: usize = 96 << 20;
const LARGEST_HEAD: usize = 128 << 10;
const SMALLEST_HEAD: usize = 8 << 10;
/// A spot is this part of a head.
const SPOTS_PER_HEAD: usize = 4;
/// Line feeds of a spot after which a record is believed to start, tried in turn.
const STARTS: usize = 8;

/// Bytes of the head of one file among `files`.
#[must_use]
pub fn head_size(files: usize) -> usize {
    (BUDGET / 2 / files.max(1)).clamp(SMALLEST_HEAD, LARGEST_HEAD)
}

/// A file being looked at.
pub struct Sample {
    text: Looked,
    stamp: Stamp,
    compression: Compression,
    members: bool,
}

/// What is looked at: the bytes of the file, or the text that they unpack to.
enum Looked {
    Bytes(Box<dyn ReadAt>),
    Text(Box<Text>),
}

impl Sample {
    /// Open a file; its compression is what its name says where none is given.
    ///
    /// # Errors
    /// `Io` where the file cannot be opened, `Refused` where it cannot be unpacked.
    pub fn open(opener: &Opener, path: &Path, compression: Option<Compression>) -> Result<Self> {
        let compression = compression.unwrap_or_else(|| Compression::of(path));
        let bytes = opener.open(path, None)?;
        let stamp = bytes.stamp()?;
        let members = has_members(bytes.as_ref(), stamp.size, compression)?;
        let text = match compression {
            Compression::None => Looked::Bytes(bytes),
            _ => {
                let size = stamp.size;
                let file = SourceFile { path: path.to_owned(), size, compression, ..SourceFile::default() };
                let part = Arc::new(Part::new(0, u64::MAX, None));
                Looked::Text(Box::new(Text::open(bytes, &file, part, opener.meter.clone())?))
            }
        };
        Ok(Self { text, stamp, compression, members })
    }

    /// The version that is looked at.
    #[must_use]
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// How it is packed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Whether it is packed in many members.
    #[must_use]
    pub fn members(&self) -> bool {
        self.members
    }

    /// Bytes of text; more than any where that is not known yet.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.text {
            Looked::Bytes(_) => self.stamp.size,
            Looked::Text(text) => text.size(),
        }
    }

    /// Refuse the text of a packed file, from its first bytes on, that is packed itself.
    ///
    /// # Errors
    /// `Refused` where it is.
    pub fn refuse_packed(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        if self.compression != Compression::None && is_packed(bytes) {
            return Err(refused(path, 0, "what the file unpacks to is packed itself", "unpack it once"));
        }
        Ok(())
    }

    /// The first `length` bytes, or all there are.
    ///
    /// # Errors
    /// `Io` where they cannot be read.
    pub fn head(&self, length: usize) -> Result<Vec<u8>> {
        self.read(0, length)
    }

    /// The spots behind the head, each with whether the file ends with it. A packed file has none: it can only be
    /// read from its start.
    ///
    /// # Errors
    /// `Io` where they cannot be read.
    pub fn spots(&self, head: usize) -> Result<Vec<(Vec<u8>, bool)>> {
        let spot = (head / SPOTS_PER_HEAD) as u64;
        let (head, size) = (head as u64, self.stamp.size);
        if size <= head || self.compression != Compression::None {
            return Ok(Vec::new());
        }
        if size - head <= 4 * spot {
            // Read from the head's last bytes on, so that a record across the border is seen.
            return Ok(vec![(self.read(head, (size - head) as usize)?, true)]);
        }
        // Even, so that none begins within a unit of UTF-16.
        let places = [size / 4, size / 2, size / 4 * 3, size - spot].map(|place| place & !1);
        places
            .into_iter()
            .filter(|place| *place >= head)
            .map(|place| Ok((self.read(place, spot as usize + 1)?, place + spot + 1 >= size)))
            .collect()
    }

    fn read(&self, from: u64, length: usize) -> Result<Vec<u8>> {
        match &self.text {
            Looked::Bytes(bytes) => {
                let mut buffer = vec![0; (length as u64).min(self.stamp.size.saturating_sub(from)) as usize];
                bytes.read_exact_at(&mut buffer, from)?;
                Ok(buffer)
            }
            Looked::Text(text) => {
                let mut buffer = vec![0; length];
                let read = text.read_at(&mut buffer, from, 0)?;
                buffer.truncate(read);
                Ok(buffer)
            }
        }
    }
}

/// Cut a spot into records, from the first place where nearly all of them have `width` fields.
///
/// `None` where no such place is found: nothing is learned there rather than something wrong.
#[must_use]
pub fn align(bytes: &[u8], dialect: &Dialect, width: usize, is_end: bool) -> Option<(usize, Records)> {
    let after_lines = dialect.line_starts(bytes).take(STARTS);
    let after_quotes = dialect.quote.into_iter().flat_map(|quote| {
        let closes = move |place: &usize| matches!(bytes.get(place + 1), Some(&next) if next == dialect.delimiter[0] || next == b'\n' || next == b'\r');
        let line_after = |place: usize| dialect.line_starts(&bytes[place..]).next().map(|offset| place + offset);
        memchr::memchr_iter(quote, bytes).filter(closes).filter_map(line_after).take(STARTS)
    });
    after_lines.chain(after_quotes).find_map(|start| {
        let rest = &bytes[start..];
        let split = split_records(rest, dialect, is_end, usize::MAX);
        let mut asked = split.records.iter().filter(|record| !record.blank);
        let fits = |record: &Record| record.count as usize == width && is_clean(rest, &split, record, dialect.quote);
        if !fits(asked.next()?) {
            return None;
        }
        let (agreeing, all) =
            asked.fold((1, 1), |(agreeing, all), record| (agreeing + usize::from(fits(record)), all + 1));
        (agreeing * 10 >= all * 9).then_some((start, split))
    })
}

/// Whether a record has no quote where none belongs: one inside an unquoted field is allowed in a file,
/// but here it may be the closing quote of a text that the spot begins in.
fn is_clean(bytes: &[u8], split: &Records, record: &Record, quote: Option<u8>) -> bool {
    let is_bare = |field: &Field| {
        let text = &bytes[field.start as usize..field.end as usize];
        !field.quoted && quote.is_some_and(|quote| memchr::memchr(quote, text).is_some())
    };
    !record.broken && !split.fields_of(record).iter().any(is_bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(text: &str, width: usize) -> Option<usize> {
        let dialect = Dialect::new(b',', Some(b'"'), "").unwrap();
        align(text.as_bytes(), &dialect, width, true).map(|(start, _)| start)
    }

    #[test]
    fn a_spot_is_cut_from_its_first_record_on() {
        assert_eq!(aligned("rest,of\na,1\nb,2\n", 2), Some(8));
        assert_eq!(aligned("inside, the\ntext\n\nof it\",7\na,1\nb,2\nc,\"x\ny\"\n", 2), Some(27));
        assert_eq!(aligned("no line feed", 2), None);
        assert_eq!(aligned("x\na,b,c\nd,e,f\n", 2), None);
        assert_eq!(aligned("", 1), None);
    }

    #[test]
    fn a_long_quoted_text_is_left_by_its_closing_quote() {
        let text = format!("{}end\",7\na,1\nb,2\n", "a line of text\n".repeat(50));
        assert_eq!(aligned(&text, 2), Some(text.len() - 8));
    }

    #[test]
    fn many_files_share_the_budget() {
        assert_eq!(head_size(1), LARGEST_HEAD);
        assert_eq!(head_size(1_000_000), SMALLEST_HEAD);
        assert_eq!(head_size(0), LARGEST_HEAD);
    }
}
