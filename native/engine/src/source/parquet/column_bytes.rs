//! The bytes of one column of a row group, read ahead, digested, and each page looked at before it is decoded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes, buf::Reader};
use flate2::Crc;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use xxhash_rust::xxh3::Xxh3;

use super::{
    footer::damaged,
    thrift::{Flaw, PageHead, page_head},
};
use crate::{
    error::{Error, Result},
    source::file::OpenFile,
};

/// Bytes of one page once it is unpacked.
const MAX_PAGE: i64 = 256 << 20;
/// Values of one page of a column of lists: one row may hold them all.
const MAX_LIST_VALUES: i64 = 64 << 20;
/// Bytes in which a page's header is looked for at first.
const HEAD: u64 = 4 << 10;

/// Where a column lies in its file.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: String,
    pub start: u64,
    pub end: u64,
    /// Whether a row may have several values.
    pub repeated: bool,
}

/// The bytes of one column of a row group.
pub struct ColumnBytes {
    file: Arc<OpenFile>,
    place: Place,
    ahead: u64,
    state: Mutex<State>,
}

struct State {
    window: Bytes,
    base: u64,
    digest: Box<Xxh3>,
    digested: u64,
    /// Where the body of the page lies whose header was read last, and its header.
    body: Option<(u64, PageHead)>,
    /// What went wrong, which the Parquet library tells as text at best.
    failure: Option<Error>,
}

impl ColumnBytes {
    /// Read a column, `ahead` bytes at a time.
    #[must_use]
    pub fn new(file: Arc<OpenFile>, place: Place, ahead: u64) -> Self {
        let state = State {
            window: Bytes::new(),
            base: place.start,
            digest: Box::new(Xxh3::new()),
            digested: place.start,
            body: None,
            failure: None,
        };
        Self { file, place, ahead, state: Mutex::new(state) }
    }

    /// Digest of all bytes; those that nobody asked for are read now.
    ///
    /// # Errors
    /// As the file reads.
    pub fn digest(&self) -> Result<u128> {
        let mut state = self.state();
        while state.digested < self.place.end {
            let from = state.digested;
            self.load(&mut state, from, self.ahead)?;
        }
        Ok(state.digest.digest128())
    }

    /// What went wrong with its bytes, once.
    pub fn failure(&self) -> Option<Error> {
        self.state().failure.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Have at least `least` bytes from `from` on in the window, less where the column ends.
    fn load(&self, state: &mut State, from: u64, least: u64) -> Result<()> {
        let within = from >= state.base && from <= state.base + state.window.len() as u64;
        let held = if within { state.base + state.window.len() as u64 - from } else { 0 };
        if held >= least.min(self.place.end.saturating_sub(from)) {
            return Ok(());
        }
        while state.digested < from {
            let step = self.ahead.min(from - state.digested);
            let passed = self.file.bytes_at(state.digested, step as usize)?;
            state.digest.update(&passed);
            state.digested += step;
        }
        let to = (from + least.max(self.ahead)).min(self.place.end);
        state.window = self.file.bytes_at(from, (to - from) as usize)?.into();
        state.base = from;
        if to > state.digested {
            let fresh = state.window.slice((state.digested - from) as usize..);
            state.digest.update(&fresh);
            state.digested = to;
        }
        Ok(())
    }

    /// Bytes from `from` on, at least `least` where the column has them.
    fn window(&self, state: &mut State, from: u64, least: u64) -> Result<Bytes> {
        if from < self.place.start || from > self.place.end {
            return Err(self.damaged("a page lies outside of it"));
        }
        self.load(state, from, least)?;
        Ok(state.window.slice((from - state.base) as usize..))
    }

    fn damaged(&self, what: &str) -> Error {
        damaged(&self.file, self.place.start, format!("column {}: {what}", self.place.name))
    }

    fn checked_head(&self, state: &mut State, start: u64) -> Result<Bytes> {
        let mut least = HEAD;
        loop {
            let bytes = self.window(state, start, least)?;
            match page_head(&bytes) {
                Ok(head) => {
                    self.check(head)?;
                    state.body = Some((start + head.length as u64, head));
                    return Ok(bytes);
                }
                Err(Flaw::Short) if start + (bytes.len() as u64) < self.place.end => least = bytes.len() as u64 * 4,
                Err(_) => return Err(self.damaged("a page has no header")),
            }
        }
    }

    fn check(&self, head: PageHead) -> Result<()> {
        let refuse = |what: String| {
            let hint = "write the file again with smaller pages, or leave the column out".to_owned();
            let what = format!("column {}: {what}", self.place.name);
            Err(Error::Refused { path: self.file.path().to_owned(), offset: self.place.start, what, hint })
        };
        if head.uncompressed > MAX_PAGE || head.compressed > MAX_PAGE {
            let bytes = head.uncompressed.max(head.compressed);
            return refuse(format!("a page of {bytes} bytes; at most {MAX_PAGE} are read"));
        }
        if self.place.repeated && head.values > MAX_LIST_VALUES {
            return refuse(format!("a page of {} values; at most {MAX_LIST_VALUES} are read", head.values));
        }
        Ok(())
    }
}

impl State {
    fn failed(&mut self, error: Error) -> ParquetError {
        let text = error.to_string();
        self.failure = Some(error);
        ParquetError::General(text)
    }
}

impl Length for ColumnBytes {
    fn len(&self) -> u64 {
        self.file.size()
    }
}

impl ChunkReader for ColumnBytes {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> std::result::Result<Self::T, ParquetError> {
        let mut state = self.state();
        // The library asks for a reader once more when it knows the header, and does not use it.
        if let Some((body, head)) = state.body
            && body == start
            && (head.compressed > 0 || start >= self.place.end)
        {
            return Ok(Bytes::new().reader());
        }
        self.checked_head(&mut state, start).map(Buf::reader).map_err(|error| state.failed(error))
    }

    fn get_bytes(&self, start: u64, length: usize) -> std::result::Result<Bytes, ParquetError> {
        let mut state = self.state();
        let bytes = match self.window(&mut state, start, length as u64) {
            Ok(bytes) if bytes.len() >= length => bytes,
            Ok(_) => return Err(state.failed(self.damaged("a page goes beyond its end"))),
            Err(error) => return Err(state.failed(error)),
        };
        let bytes = bytes.slice(..length);
        if let Some((body, PageHead { crc: Some(said), .. })) = state.body
            && body == start
        {
            let mut crc = Crc::new();
            crc.update(&bytes);
            if crc.sum() != said {
                return Err(state.failed(self.damaged("the checksum of a page is wrong")));
            }
        }
        Ok(bytes)
    }
}
