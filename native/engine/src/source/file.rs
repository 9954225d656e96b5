//! Bytes of a file by position, and proof that it is still the file that was planned for.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    compression::Compression,
    encoding::Encoding,
    packed::{Part, Text},
    plan::SourceFile,
    read_at::{Meter, Opener, ReadAt, Stamp},
};
use crate::error::{Error, Result};

/// Readable bytes kept after a window's text, so that values can be loaded whole words at a time.
pub const PAD: usize = 64;

/// A file opened for reading by position; of a packed file, the text.
#[derive(Debug)]
pub struct OpenFile {
    bytes: Bytes,
    path: PathBuf,
    encoding: Encoding,
}

/// Where text comes from.
#[derive(Debug)]
enum Bytes {
    Plain(PlainFile),
    Packed(Box<Text>),
}

/// A file whose bytes are its text.
#[derive(Debug)]
struct PlainFile {
    bytes: Box<dyn ReadAt>,
    size: u64,
    meter: Meter,
    /// End of the bytes that were counted last.
    counted: AtomicU64,
}

impl PlainFile {
    fn new(bytes: Box<dyn ReadAt>, size: u64, opener: &Opener) -> Self {
        Self { bytes, size, meter: opener.meter.clone(), counted: AtomicU64::default() }
    }

    /// Fill the buffer, less where the file ends; bytes that are read again are not counted again.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let length = (buffer.len() as u64).min(self.size.saturating_sub(offset));
        self.bytes.read_exact_at(&mut buffer[..length as usize], offset)?;
        let counted = self.counted.swap(offset + length, Ordering::Relaxed);
        let again = if (offset..=offset + length).contains(&counted) { counted - offset } else { 0 };
        self.meter.add(length - again);
        Ok(length as usize)
    }
}

impl OpenFile {
    /// Open a file that must be as it was planned for.
    ///
    /// # Errors
    /// [`Error::Changed`] where it is not, else as the opener opens.
    pub fn open_as_planned(opener: &Opener, planned: &SourceFile, encoding: Encoding) -> Result<Self> {
        let bytes = opener.open(&planned.path, Some(planned))?;
        let path = planned.path.clone();
        if bytes.stamp()? != planned.stamp() {
            return Err(Error::Changed { path });
        }
        let bytes = match planned.compression {
            Compression::None => Bytes::Plain(PlainFile::new(bytes, planned.size, opener)),
            _ => {
                let meter = opener.meter.clone();
                let part = planned.part.clone().unwrap_or_else(|| Arc::new(Part::new(0, u64::MAX, None)));
                Bytes::Packed(Box::new(Text::open(bytes, planned, part, meter)?))
            }
        };
        Ok(Self { bytes, path, encoding })
    }

    /// Open a file as it is now, and say which version that is.
    ///
    /// # Errors
    /// As the opener opens.
    pub fn open(opener: &Opener, path: &Path) -> Result<(Self, Stamp)> {
        let bytes = opener.open(path, None)?;
        let stamp = bytes.stamp()?;
        let bytes = Bytes::Plain(PlainFile::new(bytes, stamp.size, opener));
        Ok((Self { bytes, path: path.to_owned(), encoding: Encoding::Utf8 }, stamp))
    }

    /// Check once more that it is the version that was planned for.
    ///
    /// # Errors
    /// [`Error::Changed`] where it is another.
    pub fn check(&self, planned: &SourceFile) -> Result<()> {
        let stamp = match &self.bytes {
            Bytes::Plain(plain) => plain.bytes.stamp(),
            Bytes::Packed(text) => text.stamp(),
        };
        if stamp? == planned.stamp() { Ok(()) } else { Err(Error::Changed { path: self.path.clone() }) }
    }

    /// Bytes in it when it was opened; of a packed file, bytes of text: more than any until its end is met.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.bytes {
            Bytes::Plain(plain) => plain.size,
            Bytes::Packed(text) => text.size(),
        }
    }

    /// Where records are to be read to next: `wanted`, or before it the end of the block that ends at
    /// `range_end`. Text of packed files is unpacked up to there.
    ///
    /// # Errors
    /// As the file reads.
    pub fn clip(&self, range_end: u64, wanted: u64) -> Result<u64> {
        match &self.bytes {
            Bytes::Plain(_) => Ok(range_end.min(wanted)),
            Bytes::Packed(text) => text.clip(range_end.min(wanted)),
        }
    }

    /// The text of a packed file; `None` of another one.
    #[must_use]
    pub fn unpacked(&self) -> Option<&Text> {
        match &self.bytes {
            Bytes::Plain(_) => None,
            Bytes::Packed(text) => Some(text),
        }
    }

    /// Fill the buffer with bytes from `offset` on, less where the file ends; bytes before `base` are not asked
    /// for again.
    fn read_at(&self, buffer: &mut [u8], offset: u64, base: u64) -> Result<usize> {
        match &self.bytes {
            Bytes::Plain(plain) => plain.read_at(buffer, offset),
            Bytes::Packed(text) => text.read_at(buffer, offset, base),
        }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `length` bytes from `offset` on.
    ///
    /// # Errors
    /// [`Error::Changed`] where they are not there, or as the file reads.
    pub fn bytes_at(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let read = self.read_at(&mut bytes, offset, offset)?;
        if read == length { Ok(bytes) } else { Err(Error::Changed { path: self.path.clone() }) }
    }

    /// The error of bytes that make no sense.
    #[must_use]
    pub fn malformed(&self, offset: u64, what: impl Into<String>) -> Error {
        let mut what = what.into();
        if let Some(text) = self.unpacked() {
            what.push_str(&format!(" (in the text that is unpacked from byte {} on)", text.first()));
        }
        Error::Malformed { path: self.path.clone(), offset, what }
    }
}

/// Some bytes of a file, in a vector that is used again and again.
#[derive(Debug, Default)]
pub struct Window {
    /// Text, then at least [`PAD`] bytes: a line feed where the file ends with the text, then anything.
    bytes: Vec<u8>,
    base: u64,
    len: usize,
    /// Bytes of the file that the text stands for, where they are not the text itself, and perhaps some more.
    raw: Vec<u8>,
    encoding: Encoding,
    /// Bytes after the text that belong to it: see [`Self::append`].
    appended: usize,
}

impl Window {
    /// A window that fills a used vector.
    #[must_use]
    pub fn over(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// Read bytes `[from, to)`, less where the file ends.
    ///
    /// # Errors
    /// As [`OpenFile`] reads.
    pub fn load(&mut self, file: &OpenFile, from: u64, to: u64) -> Result<()> {
        self.base = from;
        self.len = 0;
        self.raw.clear();
        self.encoding = file.encoding;
        self.extend(file, to.saturating_sub(from) as usize)
    }

    /// Read up to `more` bytes after those that are there.
    ///
    /// # Errors
    /// As [`OpenFile`] reads.
    pub fn extend(&mut self, file: &OpenFile, more: usize) -> Result<()> {
        if self.encoding != Encoding::Utf8 {
            return self.extend_decoded(file, more);
        }
        let more = (more as u64).min(file.size().saturating_sub(self.end())) as usize;
        let len = self.len + more;
        if self.bytes.len() < len + PAD {
            self.bytes.resize(len + PAD, 0);
        }
        let offset = self.end();
        self.len += file.read_at(&mut self.bytes[self.len..len], offset, self.base)?;
        self.appended = 0;
        if self.reaches_end_of(file) {
            self.bytes[self.len] = b'\n';
        }
        Ok(())
    }

    fn extend_decoded(&mut self, file: &OpenFile, more: usize) -> Result<()> {
        let (had, taken) = (self.raw.len(), self.raw_length());
        let offset = self.base + had as u64;
        let more = (more as u64).min(file.size().saturating_sub(offset)) as usize;
        self.raw.resize(had + more, 0);
        let read = file.read_at(&mut self.raw[had..], offset, self.base)?;
        self.raw.truncate(had + read);
        let at_end = self.base + self.raw.len() as u64 >= file.size();
        self.bytes.truncate(self.len);
        let used = taken + self.encoding.decode(&self.raw[taken..], at_end, &mut self.bytes);
        if at_end && used < self.raw.len() {
            return Err(file.malformed(file.size(), "the file ends within a character"));
        }
        self.len = self.bytes.len();
        self.appended = 0;
        self.bytes.resize(self.len + PAD, 0);
        if at_end {
            self.bytes[self.len] = b'\n';
        }
        Ok(())
    }

    /// Bytes of the file that the text stands for.
    fn raw_length(&self) -> usize {
        self.encoding.length_of(self.text())
    }

    /// Byte of the file where the text's byte `place` is, the first one of a character.
    #[must_use]
    pub fn offset_of(&self, place: usize) -> u64 {
        self.base + self.encoding.length_of(&self.text()[..place.min(self.len)]) as u64
    }

    /// Place in the text of the first character from this byte of the file on.
    #[must_use]
    pub fn place_of(&self, offset: u64) -> usize {
        self.encoding.place_of(self.text(), offset.saturating_sub(self.base) as usize)
    }

    /// The bytes of the file that the first `length` bytes of the text stand for.
    #[must_use]
    pub fn file_bytes(&self, length: usize) -> &[u8] {
        let text = &self.text()[..length];
        if self.encoding == Encoding::Utf8 { text } else { &self.raw[..self.encoding.length_of(text)] }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The text, what was appended to it, and the bytes kept after it.
    #[must_use]
    pub fn padded(&self) -> &[u8] {
        &self.bytes[..self.len + self.appended + PAD]
    }

    /// Keep bytes that are not in the file right after the text.
    pub fn append(&mut self, more: &[u8]) {
        let (start, end) = (self.len, self.len + more.len());
        if self.bytes.len() < end + PAD {
            self.bytes.resize(end + PAD, 0);
        }
        self.bytes[start..end].copy_from_slice(more);
        self.appended = more.len();
    }

    /// Byte of the file where the text starts.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Byte of the file after the text.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.base + self.raw_length() as u64
    }

    /// Whether the file ends with the text.
    #[must_use]
    pub fn reaches_end_of(&self, file: &OpenFile) -> bool {
        self.end() >= file.size()
    }

    /// Give the vector up.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
