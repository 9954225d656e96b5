//! What planning must know of a file of columns.

use std::path::PathBuf;

use crate::source::read_at::Stamp;

/// One column of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootColumn {
    /// As DuckDB names it: a name that is there before gets a number.
    pub name: String,
    /// DuckDB's name of its type.
    pub type_name: String,
    /// Why it cannot be read.
    pub refused: Option<String>,
}

/// What one file is like.
#[derive(Clone, Debug)]
pub struct FileLook {
    pub path: PathBuf,
    pub stamp: Stamp,
    pub columns: Vec<RootColumn>,
    /// Bytes where the parts of the file end that are read whole; the first part starts at 0.
    pub cuts: Vec<u64>,
}
