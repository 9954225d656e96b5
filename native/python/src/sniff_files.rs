//! `sniff_files` and `FileSniff`.

use std::path::PathBuf;

use fusionflow_engine::{
    error::Error,
    source::{
        Compression, Opener,
        csv::sniff::{self, SniffOptions},
    },
    types::ColumnType,
};
use pyo3::prelude::*;

use crate::{args::character, error::detached, remote::opener};

/// What one file looks like.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct FileSniff(sniff::FileSniff);

#[pymethods]
impl FileSniff {
    #[getter]
    fn path(&self) -> String {
        self.0.path.to_string_lossy().into_owned()
    }

    #[getter]
    fn size(&self) -> u64 {
        self.0.stamp.size
    }

    #[getter]
    fn mtime_ns(&self) -> i64 {
        self.0.stamp.mtime_ns
    }

    /// Version of a remote object; empty for a local file.
    #[getter]
    fn etag(&self) -> &str {
        &self.0.stamp.etag
    }

    /// How it is packed: ``gzip``, ``zstd``, ``bz2``, or empty.
    #[getter]
    fn compression(&self) -> String {
        packed_name(self.0.compression)
    }

    /// Whether it is packed in many members.
    #[getter]
    fn members(&self) -> bool {
        self.0.members
    }

    /// Byte after BOM, skipped lines and header.
    #[getter]
    fn data_start(&self) -> u64 {
        self.0.data_start
    }

    /// Line feeds before ``data_start``.
    #[getter]
    fn header_lines(&self) -> usize {
        self.0.header_lines
    }

    /// Lines above the header that are not blank.
    #[getter]
    fn skipped_lines(&self) -> usize {
        self.0.skipped_lines
    }

    #[getter]
    fn delimiter(&self) -> String {
        String::from_utf8_lossy(&self.0.dialect.delimiter).into_owned()
    }

    #[getter]
    fn quote(&self) -> String {
        text_of(self.0.dialect.quote)
    }

    #[getter]
    fn escape(&self) -> String {
        text_of(self.0.dialect.escape)
    }

    #[getter]
    fn encoding(&self) -> String {
        self.0.dialect.encoding.to_string()
    }

    #[getter]
    fn carriage_returns(&self) -> bool {
        self.0.dialect.carriage_returns
    }

    #[getter]
    fn header(&self) -> bool {
        self.0.header
    }

    /// (name, DuckDB type) of each column; types are the least that hold all sampled values.
    #[getter]
    fn columns(&self) -> Vec<(String, String)> {
        self.0.columns.iter().map(|(name, kind)| (name.clone(), kind.to_string())).collect()
    }

    /// Places of the columns in which no value was seen.
    #[getter]
    fn unseen(&self) -> Vec<usize> {
        self.0.unseen.clone()
    }

    fn __repr__(&self) -> String {
        format!("FileSniff({}, {} columns)", self.0.path.display(), self.0.columns.len())
    }
}

/// ``ReaderOptions`` as Python gives them.
#[derive(FromPyObject)]
pub struct ReaderOptions {
    delimiter: Option<String>,
    quote: Option<String>,
    escape: Option<String>,
    comment: String,
    new_line: String,
    encoding: String,
    compression: String,
    null_padding: bool,
    strict: bool,
    header: Option<bool>,
    null_string: String,
    more_nulls: Vec<String>,
    names: Vec<String>,
    types: Vec<(String, String)>,
    columns: Vec<(String, String)>,
    styles: Vec<String>,
    all_varchar: bool,
    skip: i64,
    by_name: bool,
}

/// Look at several places of every file, in parallel: dialect, header, names and types.
#[pyfunction]
#[pyo3(signature = (paths, options, remote=None))]
pub fn sniff_files(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    options: ReaderOptions,
    remote: Option<Py<PyAny>>,
) -> PyResult<Vec<FileSniff>> {
    let sniff = if options.by_name { sniff::sniff_each } else { sniff::sniff_files };
    let opener = opener(remote);
    let sniffed = detached(py, || sniff(&paths, &options.parse(opener)?))?;
    Ok(sniffed.into_iter().map(FileSniff).collect())
}

impl ReaderOptions {
    fn parse(self, opener: Opener) -> Result<SniffOptions, Error> {
        let told = |what, text: Option<&str>| text.map(|text| character(what, text)).transpose();
        let quote = told("quote", self.quote.as_deref())?;
        let escape = told("escape", self.escape.as_deref())?;
        Ok(SniffOptions {
            delimiter: self.delimiter.map(String::into_bytes),
            quote,
            escape: escape.map(|escape| escape.filter(|_| Some(escape) != quote)),
            comment: character("comment", &self.comment)?,
            carriage_returns: if self.new_line.is_empty() { None } else { Some(self.new_line == "\r") },
            encoding: if self.encoding.is_empty() { None } else { Some(self.encoding.parse()?) },
            null_padding: self.null_padding,
            lax: !self.strict,
            header: self.header,
            null: self.null_string.into_bytes(),
            more_nulls: self.more_nulls.into_iter().map(String::into_bytes).collect(),
            names: self.names,
            types: typed(self.types)?,
            columns: typed(self.columns)?,
            styles: self.styles.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            all_varchar: self.all_varchar,
            compression: if self.compression.is_empty() { None } else { Some(self.compression.parse()?) },
            opener,
            skip: usize::try_from(self.skip)
                .map_err(|_| Error::Invalid(format!("skip is {}; it cannot be negative", self.skip)))?,
        })
    }
}

fn typed(columns: Vec<(String, String)>) -> Result<Vec<(String, ColumnType)>, Error> {
    columns.into_iter().map(|(name, kind)| Ok((name, kind.parse().unwrap_or(ColumnType::Varchar)))).collect()
}

/// What Python calls a compression: nothing is none.
pub fn packed_name(compression: Compression) -> String {
    match compression {
        Compression::None => String::new(),
        packed => packed.to_string(),
    }
}

fn text_of(byte: Option<u8>) -> String {
    byte.map(|byte| char::from(byte).to_string()).unwrap_or_default()
}
