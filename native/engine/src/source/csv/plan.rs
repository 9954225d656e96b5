//! What a scan is asked to do.

use std::sync::Arc;

use super::{dialect::Dialect, lines::FindRows};
use crate::{
    error::{Error, Result},
    source::{
        plan::{Chunk, ColumnSpec, Excluded},
        read_at::Opener,
    },
};

/// One pass over some chunks.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    pub chunks: Vec<Chunk>,
    pub columns: Vec<ColumnSpec>,
    /// Fields that a record must have.
    pub column_count: usize,
    pub dialect: Dialect,
    /// What opens the files of the chunks.
    pub opener: Opener,
    /// Bytes looked at in one go; a batch comes from one window.
    pub window: usize,
    /// Rows to leave out, ascending.
    pub excluded: Vec<Excluded>,
    /// What finds the rows where they are not fields between delimiters.
    pub finds: Option<Arc<dyn FindRows>>,
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
            // How much text a packed file holds is not known yet.
            let size = if chunk.file.part.is_some() { u64::MAX } else { chunk.file.size };
            if let Some(block) = chunk.blocks.iter().find(|block| block.offset > block.end || block.end > size) {
                return Err(Error::Invalid(format!(
                    "block [{}, {}) does not lie in {} of {size} bytes",
                    block.offset,
                    block.end,
                    chunk.file.path.display()
                )));
            }
        }
        let (opener, excluded, finds) = (Opener::default(), Vec::new(), None);
        Ok(Self { chunks, columns, column_count, dialect, opener, window: DEFAULT_WINDOW, excluded, finds })
    }
}
