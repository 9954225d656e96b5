//! What a scan of any format is asked to read, and the flag that ends it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{compression::Compression, packed::Part, read_at::Stamp};
use crate::{
    error::{Error, Result},
    types::ColumnType,
};

/// A flag that running scans poll once per window.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Ask every scan that holds this flag to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Self::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Refuse to go on once the flag is raised.
    ///
    /// # Errors
    /// [`Error::Cancelled`] after [`Self::cancel`].
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// One file as it was when it was planned for.
#[derive(Clone, Debug, Default)]
pub struct SourceFile {
    pub path: PathBuf,
    pub size: u64,
    pub mtime_ns: i64,
    /// Version of a remote object; empty for a local file.
    pub etag: String,
    pub compression: Compression,
    /// Bytes of text that a packed byte may stand for; 0 for any number.
    pub max_ratio: u64,
    /// Whether it is packed in many members, as far as was looked.
    pub members: bool,
    /// The members to read of a packed file; `None` for all.
    pub part: Option<Arc<Part>>,
    /// Byte after BOM and header.
    pub data_start: u64,
    /// Values of the columns that are not in the file, the same in every row.
    pub extra: Vec<Option<String>>,
}

impl SourceFile {
    /// The version of it that was planned for.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp { size: self.size, mtime_ns: self.mtime_ns, etag: self.etag.clone() }
    }

    /// The same file, of which these members are read.
    #[must_use]
    pub fn of_part(&self, part: Part) -> Self {
        Self { part: Some(Arc::new(part)), ..self.clone() }
    }
}

/// Bytes `[offset, end)`; the block owns the records that start in them.
#[derive(Clone, Copy, Debug)]
pub struct BlockRange {
    pub offset: u64,
    pub end: u64,
    /// First record's byte, where proven.
    pub start: Option<u64>,
}

/// Blocks of one file that are reported together.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub ordinal: i64,
    pub file: SourceFile,
    pub blocks: Vec<BlockRange>,
}

/// One column to parse. A value that does not fit a `fixed` type is a reject; a sniffed type widens.
#[derive(Clone, Debug)]
pub struct ColumnSpec {
    pub name: String,
    pub column_type: ColumnType,
    pub ordinal: usize,
    pub fixed: bool,
}

/// A row that the caller found to hold a value of no use: it is rejected like any other flawed record.
#[derive(Clone, Debug)]
pub struct Excluded {
    /// Its number among the rows that the pass gives out without exclusions.
    pub row: u64,
    pub column: String,
    pub reason: String,
}
