//! What a scan is asked to do.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::dialect::Dialect;
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
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub path: PathBuf,
    pub size: u64,
    pub mtime_ns: i64,
    /// Byte after BOM and header.
    pub data_start: u64,
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

/// One pass over some chunks.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    pub chunks: Vec<Chunk>,
    pub columns: Vec<ColumnSpec>,
    /// Fields that a record must have.
    pub column_count: usize,
    pub dialect: Dialect,
    /// Bytes looked at in one go; a batch comes from one window.
    pub window: usize,
    /// Rows to leave out, ascending.
    pub excluded: Vec<Excluded>,
}

/// Bytes of a window: a block of the usual size is one. Smaller ones are no faster.
pub const DEFAULT_WINDOW: usize = 1 << 20;

impl ScanPlan {
    /// Check that ordinals, names and blocks make sense together.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming what does not.
    pub fn new(chunks: Vec<Chunk>, columns: Vec<ColumnSpec>, column_count: usize, dialect: Dialect) -> Result<Self> {
        if column_count == 0 {
            return Err(Error::Invalid("a record has at least one column".to_owned()));
        }
        if let Some(column) = columns.iter().find(|column| column.ordinal >= column_count) {
            return Err(Error::Invalid(format!(
                "column {:?} has ordinal {}, but records have {column_count} columns",
                column.name, column.ordinal
            )));
        }
        for chunk in &chunks {
            let size = chunk.file.size;
            if let Some(block) = chunk.blocks.iter().find(|block| block.offset > block.end || block.end > size) {
                return Err(Error::Invalid(format!(
                    "block [{}, {}) does not lie in {} of {size} bytes",
                    block.offset,
                    block.end,
                    chunk.file.path.display()
                )));
            }
        }
        Ok(Self { chunks, columns, column_count, dialect, window: DEFAULT_WINDOW, excluded: Vec::new() })
    }
}
