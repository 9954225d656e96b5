//! The text of a part's members, unpacked as it is read: forward, in bounded memory.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use xxhash_rust::xxh3::Xxh3;

use super::{
    decoder::Decoder,
    members::{HEADER, find_member, skippable, starts_member},
    part::Part,
};
use crate::{
    error::{Error, Result},
    source::{
        compression::Compression,
        plan::SourceFile,
        read_at::{Meter, ReadAt, Stamp},
    },
};

/// Packed bytes read in one go.
const INPUT: usize = 1 << 20;
/// Bytes of text unpacked in one go.
const OUTPUT: usize = 256 << 10;
/// Text that is not asked for any more is given up when there is as much of it.
const WASTE: usize = 4 << 20;
/// How far before a part a member is looked for, whose end tells whether a record starts with the part.
const LOOK_BACK: [u64; 2] = [128 << 10, 1 << 20];
/// Packed bytes that are unpacked to see that.
const MOST_LOOKED_BACK: u64 = 4 << 20;
/// How far behind a part the next member is looked for.
const LOOK_AHEAD: u64 = 256 << 20;
/// Text up to which no ratio is too high.
const ANY_RATIO: u64 = 64 << 20;
/// Text of one file that is unpacked at most.
const MOST_TEXT: u64 = 1 << 40;
const PACK_AGAIN: &str = "pack or download the file again";

/// The text of a part of a packed file, read by position; backwards only as far as the last reader said.
#[derive(Debug)]
pub struct Text(Mutex<Stream>);

struct Stream {
    bytes: Box<dyn ReadAt>,
    file: SourceFile,
    part: Arc<Part>,
    meter: Meter,
    decoder: Option<Decoder>,
    /// Packed bytes from `at` on, of which `taken` are unpacked.
    input: Vec<u8>,
    taken: usize,
    at: u64,
    /// Bytes left of what is skipped between members.
    skip: u64,
    /// Unpacked text from byte `base` on; `len` bytes of the vector.
    text: Vec<u8>,
    len: usize,
    base: u64,
    /// Where the first member starts, and the first after the part, and the text's byte there.
    first: u64,
    border: Option<(u64, u64)>,
    /// Whether the text before the first member was seen.
    seen_before: bool,
    ended: bool,
    digest: Box<Xxh3>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("file", &self.file).field("decoder", &self.decoder).finish_non_exhaustive()
    }
}

impl Text {
    /// Begin to unpack a part.
    ///
    /// # Errors
    /// As the file reads; [`Error::Refused`] for bytes that are not packed so.
    pub fn open(bytes: Box<dyn ReadAt>, file: &SourceFile, part: Arc<Part>, meter: Meter) -> Result<Self> {
        let mut stream = Stream {
            bytes,
            file: file.clone(),
            part,
            meter,
            decoder: None,
            input: Vec::new(),
            taken: 0,
            at: 0,
            skip: 0,
            text: Vec::new(),
            len: 0,
            base: 0,
            first: 0,
            border: None,
            seen_before: true,
            ended: false,
            digest: Box::default(),
        };
        stream.begin()?;
        Ok(Self(Mutex::new(stream)))
    }

    /// Fill `buffer` with text from byte `offset` on, less where it ends; text before `base` is not asked for
    /// again.
    ///
    /// # Errors
    /// As the file reads; [`Error::Refused`] for damaged bytes and for more text than is allowed.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64, base: u64) -> Result<usize> {
        let mut stream = self.stream();
        if offset < stream.base {
            stream.begin()?;
        }
        stream.forget(base.min(offset));
        // One byte more, to know whether the text goes on.
        stream.unpack_to(offset.saturating_add(buffer.len() as u64 + 1))?;
        let from = (offset - stream.base) as usize;
        let length = buffer.len().min(stream.len.saturating_sub(from));
        buffer[..length].copy_from_slice(&stream.text[from..from + length]);
        Ok(length)
    }

    /// Bytes of text; more than any where that is not known yet.
    #[must_use]
    pub fn size(&self) -> u64 {
        let stream = self.stream();
        if stream.ended { stream.end() } else { u64::MAX }
    }

    /// The first of these bytes of the text: `wanted`, and the first that belongs to the next part.
    ///
    /// # Errors
    /// As [`Self::read_at`].
    pub fn clip(&self, wanted: u64) -> Result<u64> {
        let mut stream = self.stream();
        while stream.border.is_none() && stream.end() < wanted {
            stream.step()?;
        }
        Ok(stream.border.map_or(wanted, |(_, byte)| byte.min(wanted)))
    }

    /// Let the part end at another byte of the file, one that is not before its old end; tells the first member
    /// from there on, and the text's byte there, once that is unpacked.
    pub fn end_at(&self, end: u64) -> Option<(u64, u64)> {
        let mut stream = self.stream();
        match stream.border {
            Some((member, _)) if member >= end => {}
            _ => stream.border = None,
        }
        stream.part = Arc::new(Part::new(stream.part.offset, end, Some(stream.first)));
        stream.border
    }

    /// The first member after the part and the text's byte there, where known.
    #[must_use]
    pub fn border(&self) -> Option<(u64, u64)> {
        self.stream().border
    }

    /// Where the first member starts.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.stream().first
    }

    /// Whether it is known what comes before the text: nothing, or a text that was seen.
    #[must_use]
    pub fn seen_before(&self) -> bool {
        self.stream().seen_before
    }

    /// The version of the file as it is now; notes what the part turned out to be so far.
    ///
    /// # Errors
    /// As the file reads.
    pub fn stamp(&self) -> Result<Stamp> {
        let mut stream = self.stream();
        let start = stream.part.start;
        stream.unpack_to(start)?;
        let mut found = stream.part.found();
        found.first = stream.first;
        found.border = stream.border;
        found.digest = stream.digest.clone();
        found.beyond = stream.border.map_or_else(Vec::new, |(_, byte)| {
            let from = byte.saturating_sub(stream.base) as usize;
            stream.text.get(from..stream.len).unwrap_or_default().to_vec()
        });
        stream.bytes.stamp()
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// Go to the first member.
    fn begin(&mut self) -> Result<()> {
        let mut before = [b'\n'; 2];
        let first = match self.part.first {
            Some(first) => Some(first),
            None => match self.look_back()? {
                Some((first, text)) => {
                    before = text;
                    Some(first)
                }
                None => {
                    self.seen_before = false;
                    self.find(self.part.offset, self.part.end.saturating_add(LOOK_AHEAD))?
                }
            },
        };
        self.go_to(first.unwrap_or(self.file.size));
        self.first = self.at;
        let lead = self.part.lead() as usize;
        self.text.resize(self.text.len().max(before.len()), 0);
        self.text[..lead].copy_from_slice(&before[before.len() - lead..]);
        self.len = lead;
        Ok(())
    }

    fn go_to(&mut self, offset: u64) {
        self.decoder = None;
        self.input.clear();
        (self.taken, self.skip, self.at) = (0, 0, offset);
        (self.len, self.base) = (0, 0);
        (self.border, self.ended) = (None, false);
        *self.digest = Xxh3::default();
    }

    fn find(&self, from: u64, to: u64) -> Result<Option<u64>> {
        find_member(self.bytes.as_ref(), self.file.size, self.file.compression, from, to)
    }

    /// Unpack a member before the part to its end; tells where the part's first member starts, and the bytes of
    /// text before it.
    fn look_back(&mut self) -> Result<Option<(u64, [u8; 2])>> {
        let offset = self.part.offset;
        for back in LOOK_BACK {
            let Some(before) = self.find(offset.saturating_sub(back), offset)? else { continue };
            let meter = std::mem::take(&mut self.meter);
            self.go_to(before);
            let seen = self.unpack_over(offset, before + MOST_LOOKED_BACK);
            self.meter = meter;
            if let Ok(Some(found)) = seen {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn unpack_over(&mut self, offset: u64, most: u64) -> Result<Option<(u64, [u8; 2])>> {
        let mut last = [b'\n'; 2];
        loop {
            if self.decoder.is_none() && self.skip == 0 && self.position() >= offset {
                let compression = self.file.compression;
                let is_member = self.header()?.is_some_and(|bytes| starts_member(compression, bytes));
                if is_member || self.position() >= self.file.size {
                    return Ok(Some((self.position(), last)));
                }
            }
            if self.position() > most {
                return Ok(None);
            }
            self.step()?;
            if let Some(&text) = self.text[..self.len].last_chunk() {
                last = text;
            }
            self.forget(self.end());
        }
    }

    /// Packed bytes of the file that are used.
    fn position(&self) -> u64 {
        self.at + self.taken as u64
    }

    /// Bytes of text there are.
    fn end(&self) -> u64 {
        self.base + self.len as u64
    }

    fn forget(&mut self, before: u64) {
        let waste = before.saturating_sub(self.base).min(self.len as u64) as usize;
        if waste >= WASTE || waste == self.len {
            self.text.copy_within(waste..self.len, 0);
            self.len -= waste;
            self.base += waste as u64;
        }
    }

    fn unpack_to(&mut self, wanted: u64) -> Result<()> {
        while !self.ended && self.end() < wanted {
            self.step()?;
        }
        Ok(())
    }

    /// Unpack some text, or go over what lies between two members.
    fn step(&mut self) -> Result<()> {
        if self.skip > 0 {
            return self.skip_some();
        }
        let Some(decoder) = &mut self.decoder else { return self.next_member() };
        if self.text.len() < self.len + OUTPUT {
            self.text.resize((self.len + OUTPUT).max(self.text.len() * 2), 0);
        }
        let step = decoder.step(&self.input[self.taken..], &mut self.text[self.len..]);
        let step = step.map_err(|what| self.damaged(self.position(), what))?;
        self.len += step.written;
        self.take(step.read);
        if step.over {
            self.decoder = None;
        } else if step.read == 0 && step.written == 0 && !self.fill()? {
            return Err(self.damaged(self.file.size, format!("the {} data ends too early", self.file.compression)));
        }
        self.check_limits()
    }

    fn take(&mut self, read: usize) {
        let bytes = &self.input[self.taken..self.taken + read];
        if self.border.is_none() {
            self.digest.update(bytes);
            self.meter.add(read as u64);
        }
        self.taken += read;
    }

    fn skip_some(&mut self) -> Result<()> {
        if self.taken == self.input.len() && !self.fill()? {
            return Err(self.damaged(self.file.size, "a zstd frame ends too early".to_owned()));
        }
        let length = ((self.input.len() - self.taken) as u64).min(self.skip);
        self.take(length as usize);
        self.skip -= length;
        Ok(())
    }

    /// Read more packed bytes; false where there are none.
    fn fill(&mut self) -> Result<bool> {
        let kept = self.input.len() - self.taken;
        self.input.copy_within(self.taken.., 0);
        self.at += self.taken as u64;
        self.taken = 0;
        let from = self.at + kept as u64;
        let more = (self.file.size.saturating_sub(from)).min(INPUT as u64) as usize;
        self.input.resize(kept + more, 0);
        self.bytes.read_exact_at(&mut self.input[kept..], from)?;
        Ok(more > 0)
    }

    /// The first bytes of what comes next; `None` at the end.
    fn header(&mut self) -> Result<Option<&[u8]>> {
        if self.input.len() - self.taken < HEADER {
            self.fill()?;
        }
        let bytes = &self.input[self.taken..];
        Ok(if bytes.is_empty() { None } else { Some(&bytes[..bytes.len().min(HEADER)]) })
    }

    fn next_member(&mut self) -> Result<()> {
        let (compression, offset) = (self.file.compression, self.position());
        let Some(header) = self.header()? else { return self.end_text() };
        if let Some(length) = skippable(compression, header) {
            self.skip = length;
            return Ok(());
        }
        if !starts_member(compression, header) {
            let zeros = header.iter().all(|&byte| byte == 0) && offset > self.first;
            if zeros && compression == Compression::Gzip {
                return self.padding();
            }
            let what = if offset == self.first { "this is no" } else { "what comes after a member is no" };
            return Err(self.damaged(offset, format!("{what} {compression} data")));
        }
        if offset >= self.part.end && self.border.is_none() {
            self.border = Some((offset, self.end()));
        }
        self.decoder = Decoder::new(compression).map_err(|what| self.damaged(offset, what))?;
        Ok(())
    }

    /// Zeros may fill the rest of a file.
    fn padding(&mut self) -> Result<()> {
        loop {
            let zeros = self.input[self.taken..].iter().take_while(|&&byte| byte == 0).count();
            self.take(zeros);
            if self.taken < self.input.len() {
                let what = "what comes after a member is no gzip data".to_owned();
                return Err(self.damaged(self.position(), what));
            }
            if !self.fill()? {
                return self.end_text();
            }
        }
    }

    fn end_text(&mut self) -> Result<()> {
        if self.file.size == 0 {
            let what = format!("the file is empty, and so no {} data", self.file.compression);
            return Err(self.damaged(0, what));
        }
        self.ended = true;
        let end = (self.file.size, self.end());
        self.border.get_or_insert(end);
        Ok(())
    }

    fn check_limits(&self) -> Result<()> {
        let (text, packed) = (self.end(), self.position() - self.first.min(self.position()));
        let ratio = self.file.max_ratio;
        if ratio == 0 || text <= ANY_RATIO {
            return Ok(());
        }
        let what = match () {
            () if text / packed.max(1) >= ratio => format!("more than {ratio} bytes of text for each packed byte"),
            () if text > MOST_TEXT => "more than 1 TiB of text in one packed file".to_owned(),
            () => return Ok(()),
        };
        Err(Error::Refused {
            path: self.file.path.clone(),
            offset: self.position(),
            what: format!("the file unpacks to {what}"),
            hint: "if that is right, allow it: max_ratio = 0 in the call that reads it".to_owned(),
        })
    }

    /// The error of bytes that cannot be unpacked; where the first member was only believed, nobody knows.
    fn damaged(&self, offset: u64, what: String) -> Error {
        let path: PathBuf = self.file.path.clone();
        match self.part.first {
            Some(_) => Error::Refused { path, offset, what, hint: PACK_AGAIN.to_owned() },
            None => Error::Unproven { path, offset, what },
        }
    }
}
