//! Every way the engine can refuse, in one enum; the Python crate maps each variant to one exception.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Shorthand used by the whole crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, where, and (in the message) what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system refused to open, read or list a path.
    #[error("cannot read {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// Size or modification time differ from what was planned for.
    #[error("{path} changed while it was being read; run the query again")]
    Changed { path: PathBuf },
    /// The bytes cannot be read as this format at all; `offset` is the byte where that shows.
    #[error("{path}, byte {offset}: {what}")]
    Malformed { path: PathBuf, offset: u64, what: String },
    /// Sniffed columns (ordinal, wider type) hold values that their types do not.
    #[error("{path} holds values that are wider than the types sniffed for {} of its columns", columns.len())]
    Widened { path: PathBuf, columns: Vec<(usize, String)> },
    /// The bytes cannot be taken as they are; `hint` says what to do.
    #[error("{path}, byte {offset}: {what}; {hint}")]
    Refused { path: PathBuf, offset: u64, what: String, hint: String },
    /// Bytes make no sense from where they were believed to start; read from the file's start they may.
    #[error("{path}, byte {offset}: {what}")]
    Unproven { path: PathBuf, offset: u64, what: String },
    /// An option, type name or pattern that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The rows that were to be written ended with an error, in the words of whoever made them.
    #[error("{0}")]
    Stream(String),
    /// The native map leaves its rows to DuckDB.
    #[error("left to DuckDB: {0}")]
    Unfit(String),
    /// The caller's cancel flag was raised.
    #[error("the scan was cancelled")]
    Cancelled,
}

impl Error {
    /// Attach the path to an I/O error.
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
