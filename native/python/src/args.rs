//! Arguments: the frozen records of `fusionflow_lab.source`, taken by attribute.

use std::path::PathBuf;

use fusionflow_engine::{
    error::{Error, Result},
    source::{self, CancelFlag, Opener, Pass, csv, jsonl, parquet, text},
    types::ColumnType,
};
use pyo3::prelude::*;

/// `fusionflow_lab.source.Dialect`.
#[derive(FromPyObject)]
pub struct Dialect {
    delimiter: String,
    quote: String,
    escape: String,
    comment: String,
    null_string: String,
    more_nulls: Vec<String>,
    carriage_returns: bool,
    null_padding: bool,
    strict: bool,
    column_count: usize,
    encoding: String,
}

/// `fusionflow_lab.source.Column`.
#[derive(FromPyObject)]
pub struct Column {
    name: String,
    #[pyo3(attribute("type"))]
    column_type: String,
    format: String,
    ordinal: i64,
    fixed: bool,
}

/// A row to leave out: its number, the column and the reason.
pub type Excluded = (u64, String, String);

/// `fusionflow_lab.source.SourceFile`.
#[derive(FromPyObject)]
pub struct SourceFile {
    path: PathBuf,
    size: u64,
    mtime_ns: i64,
    etag: String,
    compression: String,
    max_ratio: u64,
    data_start: u64,
    extra: Vec<Option<String>>,
}

/// `fusionflow_lab.source.Block`.
#[derive(FromPyObject)]
pub struct Block {
    offset: u64,
    end: u64,
    start: Option<u64>,
}

/// `fusionflow_lab.source.Chunk`.
#[derive(FromPyObject)]
pub struct Chunk {
    ordinal: i64,
    file: SourceFile,
    blocks: Vec<Block>,
}

impl TryFrom<Dialect> for csv::Dialect {
    type Error = Error;

    fn try_from(dialect: Dialect) -> Result<Self> {
        let quote = character("quote", &dialect.quote)?;
        let parsed = Self {
            delimiter: dialect.delimiter.into_bytes(),
            quote,
            escape: character("escape", &dialect.escape)?.filter(|_| dialect.escape != dialect.quote),
            comment: character("comment", &dialect.comment)?,
            null: dialect.null_string.into_bytes(),
            more_nulls: dialect.more_nulls.into_iter().map(String::into_bytes).collect(),
            carriage_returns: dialect.carriage_returns,
            null_padding: dialect.null_padding,
            strict: dialect.strict,
            column_count: dialect.column_count,
            encoding: dialect.encoding.parse()?,
        };
        parsed.check()?;
        Ok(parsed)
    }
}

/// One ASCII character that does not end lines, or none.
pub fn character(what: &str, text: &str) -> Result<Option<u8>> {
    match text.as_bytes() {
        [] => Ok(None),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(Some(*byte)),
        _ => Err(Error::Invalid(format!("{what} is {text:?}; it must be one ASCII character"))),
    }
}

/// A type by DuckDB's name and the format of its dates, empty for that of ISO 8601.
///
/// # Errors
/// [`Error::Invalid`] where the scan does not read it.
pub fn typed(name: &str, format: &str) -> Result<ColumnType> {
    if format.is_empty() { name.parse() } else { format!("{name} '{format}'").parse() }
}

impl TryFrom<Column> for source::ColumnSpec {
    type Error = Error;

    fn try_from(column: Column) -> Result<Self> {
        let column_type = typed(&column.column_type, &column.format)?;
        let ordinal = usize::try_from(column.ordinal)
            .map_err(|_| Error::Invalid(format!("column {:?} is not in the files", column.name)))?;
        Ok(Self { name: column.name, column_type, ordinal, fixed: column.fixed })
    }
}

impl TryFrom<SourceFile> for source::SourceFile {
    type Error = Error;

    fn try_from(file: SourceFile) -> Result<Self> {
        let SourceFile { path, size, mtime_ns, etag, compression, max_ratio, data_start, extra } = file;
        let (compression, members, part) = (compression.parse()?, false, None);
        Ok(Self { path, size, mtime_ns, etag, compression, max_ratio, members, part, data_start, extra })
    }
}

impl TryFrom<Chunk> for source::Chunk {
    type Error = Error;

    fn try_from(chunk: Chunk) -> Result<Self> {
        let range = |Block { offset, end, start }| source::BlockRange { offset, end, start };
        Ok(Self {
            ordinal: chunk.ordinal,
            file: chunk.file.try_into()?,
            blocks: chunk.blocks.into_iter().map(range).collect(),
        })
    }
}

/// `fusionflow_lab.source.Text`.
#[derive(FromPyObject)]
pub struct Text {
    rows: String,
    pattern: String,
    unmatched: bool,
    lower: bool,
    encoding: String,
}

impl Text {
    fn find(self) -> Result<text::Find> {
        match self.rows.as_str() {
            "lines" => Ok(text::Find::Lines),
            "words" => Ok(text::Find::Words { lower: self.lower }),
            "matches" => Ok(text::Find::Matches { pattern: self.pattern, unmatched: self.unmatched }),
            other => Err(Error::Invalid(format!("text has no rows called {other}"))),
        }
    }
}

/// `fusionflow_lab.source.ParquetReader`.
#[derive(FromPyObject)]
pub struct ParquetReader {
    binary_as_string: bool,
    row_number: String,
}

impl ParquetReader {
    /// How columns are understood.
    pub fn options(&self) -> parquet::Options {
        parquet::Options { binary_as_string: self.binary_as_string }
    }
}

/// `fusionflow_lab.source.JsonDialect`.
#[derive(FromPyObject)]
pub struct JsonDialect {
    form: String,
    records: bool,
    complete: bool,
    whole: Vec<(String, String)>,
    keys: Vec<(String, String)>,
}

impl JsonDialect {
    /// A column as it is read: the value under the key that its name stands for.
    fn column(&self, column: Column) -> Result<jsonl::JsonColumn> {
        let Column { name, column_type, format, ordinal, fixed } = column;
        let kind = if format.is_empty() { column_type } else { format!("{column_type} '{format}'") };
        let key = self.keys.iter().find(|(known, _)| *known == name).map_or(&name, |(_, key)| key).clone();
        let ordinal = usize::try_from(ordinal)
            .map_err(|_| Error::Invalid(format!("column {name:?} has ordinal {ordinal}; it is not in the file")))?;
        let whole = self.whole.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.parse()).transpose()?;
        Ok(jsonl::JsonColumn { name, key, kind: kind.parse()?, whole, ordinal, fixed })
    }
}

/// How the files of a source are read: one record of `fusionflow_lab.source` for each format.
#[derive(FromPyObject)]
pub enum Reader {
    Csv(Dialect),
    Json(JsonDialect),
    Text(Text),
    Parquet(ParquetReader),
}

/// Rows that are not looked at: place of the chunk, place of the block in it, first row and number of rows.
pub type PassedOver = (usize, usize, usize, usize);

/// What a pass reads.
pub struct Passing {
    pub chunks: Vec<Chunk>,
    pub columns: Vec<Column>,
    pub count: usize,
    pub reader: Reader,
    pub excluded: Vec<Excluded>,
    pub passed_over: Vec<PassedOver>,
    pub digest_only: bool,
}

/// Begin a pass as the reader says.
pub fn open_pass(passing: Passing, opener: Opener, flag: CancelFlag) -> Result<Box<dyn Pass>> {
    let Passing { chunks, columns, count, reader, excluded, passed_over, digest_only } = passing;
    let chunks = chunks.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    source::packed::unpacking(chunks, |chunks| match reader {
        Reader::Csv(dialect) => {
            let mut plan = csv::ScanPlan::new(chunks, specs(columns)?, count, dialect.try_into()?)?;
            plan.excluded = ordered(excluded);
            plan.opener = opener;
            Ok(Box::new(csv::Scanner::new(plan, flag)))
        }
        Reader::Json(dialect) => {
            let columns = columns.into_iter().map(|column| dialect.column(column)).collect::<Result<_>>()?;
            let mut plan = jsonl::ScanPlan::new(chunks, columns, dialect.form.parse()?, dialect.records)?;
            plan.complete = dialect.complete;
            plan.excluded = ordered(excluded);
            plan.opener = opener;
            Ok(Box::new(jsonl::Scanner::new(plan, flag)))
        }
        Reader::Text(how) => {
            let columns = specs(columns)?;
            let encoding = how.encoding.parse()?;
            text::open(chunks, columns, how.find()?, encoding, ordered(excluded), opener, flag)
        }
        Reader::Parquet(reader) => {
            let asked = |Column { name, ordinal, .. }| parquet::Asked { name, ordinal };
            let passed =
                |(chunk, block, first, count)| parquet::PassedOver { chunk, block, rows: first..first + count };
            let plan = parquet::ScanPlan {
                chunks,
                columns: columns.into_iter().map(asked).collect(),
                options: reader.options(),
                row_number: Some(reader.row_number).filter(|name| !name.is_empty()),
                passed_over: passed_over.into_iter().map(passed).collect(),
                digest_only,
                opener,
            };
            Ok(Box::new(parquet::ParquetScan::new(plan, flag)?))
        }
    })
}

fn specs(columns: Vec<Column>) -> Result<Vec<source::ColumnSpec>> {
    columns.into_iter().map(TryInto::try_into).collect()
}

fn ordered(excluded: Vec<Excluded>) -> Vec<source::Excluded> {
    let excluded = excluded.into_iter();
    let mut ordered: Vec<_> = excluded.map(|(row, column, reason)| source::Excluded { row, column, reason }).collect();
    ordered.sort_by_key(|excluded| excluded.row);
    ordered
}
