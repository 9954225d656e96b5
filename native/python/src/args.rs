//! Arguments: the frozen records of `fusionflow_lab.query`, taken by attribute.

use std::path::PathBuf;

use fusionflow_engine::{
    error::{Error, Result},
    source::csv,
};
use pyo3::prelude::*;

/// `fusionflow_lab.query.Dialect`.
#[derive(FromPyObject)]
pub struct Dialect {
    delimiter: String,
    quote: String,
    null_string: String,
}

/// `fusionflow_lab.query.Column`.
#[derive(FromPyObject)]
pub struct Column {
    name: String,
    #[pyo3(attribute("type"))]
    column_type: String,
    ordinal: usize,
    fixed: bool,
}

/// `fusionflow_lab.query.SourceFile`.
#[derive(FromPyObject)]
pub struct SourceFile {
    path: PathBuf,
    size: u64,
    mtime_ns: i64,
    data_start: u64,
}

/// `fusionflow_lab.query.Block`.
#[derive(FromPyObject)]
pub struct Block {
    offset: u64,
    end: u64,
    start: Option<u64>,
}

/// `fusionflow_lab.query.Chunk`.
#[derive(FromPyObject)]
pub struct Chunk {
    ordinal: i64,
    file: SourceFile,
    blocks: Vec<Block>,
}

impl TryFrom<Dialect> for csv::Dialect {
    type Error = Error;

    fn try_from(dialect: Dialect) -> Result<Self> {
        let delimiter = one_byte("delimiter", &dialect.delimiter)?;
        let quote = if dialect.quote.is_empty() { None } else { Some(one_byte("quote", &dialect.quote)?) };
        Self::new(delimiter, quote, &dialect.null_string)
    }
}

fn one_byte(what: &str, text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => Err(Error::Invalid(format!("{what} {text:?} is not one ASCII character"))),
    }
}

impl TryFrom<Column> for csv::ColumnSpec {
    type Error = Error;

    fn try_from(column: Column) -> Result<Self> {
        let column_type = column.column_type.parse()?;
        Ok(Self { name: column.name, column_type, ordinal: column.ordinal, fixed: column.fixed })
    }
}

impl From<Chunk> for csv::Chunk {
    fn from(chunk: Chunk) -> Self {
        let SourceFile { path, size, mtime_ns, data_start } = chunk.file;
        let range = |Block { offset, end, start }| csv::BlockRange { offset, end, start };
        Self {
            ordinal: chunk.ordinal,
            file: csv::SourceFile { path, size, mtime_ns, data_start },
            blocks: chunk.blocks.into_iter().map(range).collect(),
        }
    }
}

/// Everything a scan is asked to do.
pub fn scan_plan(chunks: Vec<Chunk>, columns: Vec<Column>, count: usize, dialect: Dialect) -> Result<csv::ScanPlan> {
    let columns = columns.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    csv::ScanPlan::new(chunks.into_iter().map(Into::into).collect(), columns, count, dialect.try_into()?)
}
