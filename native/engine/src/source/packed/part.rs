//! Which members a chunk reads, and what they turned out to be.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use xxhash_rust::xxh3::Xxh3;

/// Bytes of text before the first member of a part that is not the first: the end of the text before it, as far
/// as it is known, for a record starts where another one ends.
pub const LEAD: u64 = 2;

/// The members that start in bytes `[offset, end)` of a file.
#[derive(Debug)]
pub struct Part {
    pub offset: u64,
    pub end: u64,
    /// The first of them, where it is proven.
    pub first: Option<u64>,
    /// Text up to this byte is unpacked in any case: records start there.
    pub start: u64,
    found: Mutex<Found>,
}

/// What a part turned out to be.
#[derive(Clone, Default)]
pub struct Found {
    /// Byte of the file where its first member starts.
    pub first: u64,
    /// Byte of the file where the first member after it starts, and the text's byte there.
    pub border: Option<(u64, u64)>,
    /// Of the bytes of its members.
    pub digest: Box<Xxh3>,
    /// Text from the border on, as far as it was unpacked.
    pub beyond: Vec<u8>,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("first", &self.first).field("border", &self.border).finish_non_exhaustive()
    }
}

impl Part {
    /// The members that start in `[offset, end)`.
    #[must_use]
    pub fn new(offset: u64, end: u64, first: Option<u64>) -> Self {
        let first = if offset == 0 { Some(0) } else { first };
        Self { offset, end, first, start: 0, found: Mutex::default() }
    }

    /// Byte of the text where the text of the first member starts.
    #[must_use]
    pub fn lead(&self) -> u64 {
        if self.offset == 0 { 0 } else { LEAD }
    }

    /// What it turned out to be, once it was read.
    pub fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
