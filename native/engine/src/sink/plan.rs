//! What a sink is asked to write.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// How CSV is written: what stands between, around and within fields.
#[derive(Clone, Debug)]
pub struct CsvWriting {
    pub delimiter: Vec<u8>,
    pub quote: u8,
    /// Stands before a quote within quotes.
    pub escape: u8,
    /// The text of NULL.
    pub null: Vec<u8>,
    pub header: bool,
    /// Whether every text is quoted.
    pub force_quote: bool,
}

/// A format and what is special to it.
#[derive(Clone, Debug)]
pub enum Format {
    Parquet {
        row_group_rows: usize,
    },
    Csv(CsvWriting),
    /// One object a line.
    Json,
}

/// A compression: of the pages of Parquet, of whole files of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    None,
    Snappy,
    Gzip,
    Zstd,
    Lz4,
    Brotli,
}

impl std::str::FromStr for Codec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "none" => Ok(Self::None),
            "snappy" => Ok(Self::Snappy),
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            "lz4" => Ok(Self::Lz4),
            "brotli" => Ok(Self::Brotli),
            _ => Err(Error::Invalid(format!("there is no compression {name}"))),
        }
    }
}

/// How rows become files in a folder.
#[derive(Clone, Debug)]
pub struct SinkPlan {
    pub format: Format,
    pub codec: Codec,
    pub level: Option<i32>,
    /// How many of the last columns say which partition a row belongs to; they are not written.
    pub partitions: usize,
    /// Bytes after which another file is begun; 0 for never.
    pub file_bytes: u64,
    /// Whether there is a file even without rows.
    pub keep_empty: bool,
    /// Where the files go.
    pub folder: PathBuf,
    /// Begins their names, which nobody else uses; a number follows.
    pub prefix: String,
}
