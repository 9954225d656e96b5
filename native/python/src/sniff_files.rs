//! `sniff_files` and `FileSniff`.

use std::path::PathBuf;

use fusionflow_engine::{
    error::Error,
    source::csv::sniff::{self, SniffOptions},
    types::ColumnType,
};
use pyo3::prelude::*;

use crate::error::detached;

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
        self.0.size
    }

    #[getter]
    fn mtime_ns(&self) -> i64 {
        self.0.mtime_ns
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

    #[getter]
    fn delimiter(&self) -> String {
        char::from(self.0.delimiter).to_string()
    }

    #[getter]
    fn quote(&self) -> String {
        self.0.quote.map(|quote| char::from(quote).to_string()).unwrap_or_default()
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

    fn __repr__(&self) -> String {
        format!("FileSniff({}, {} columns)", self.0.path.display(), self.0.columns.len())
    }
}

/// ``ReaderOptions`` as Python gives them.
#[derive(FromPyObject)]
pub struct ReaderOptions {
    delimiter: Option<String>,
    quote: Option<String>,
    header: Option<bool>,
    null_string: String,
    names: Vec<String>,
    types: Vec<(String, String)>,
    columns: Vec<(String, String)>,
    all_varchar: bool,
    skip: i64,
}

/// Look at several places of every file, in parallel: dialect, header, names and types.
#[pyfunction]
pub fn sniff_files(py: Python<'_>, paths: Vec<PathBuf>, options: ReaderOptions) -> PyResult<Vec<FileSniff>> {
    let sniffed = detached(py, || sniff::sniff_files(&paths, &options.parse()?))?;
    Ok(sniffed.into_iter().map(FileSniff).collect())
}

impl ReaderOptions {
    fn parse(self) -> Result<SniffOptions, Error> {
        let quote = match self.quote.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(one_byte("quote", text)?)),
        };
        Ok(SniffOptions {
            delimiter: self.delimiter.as_deref().map(|text| one_byte("delimiter", text)).transpose()?,
            quote,
            header: self.header,
            null: self.null_string.into_bytes(),
            names: self.names,
            types: typed(self.types)?,
            columns: typed(self.columns)?,
            all_varchar: self.all_varchar,
            skip: usize::try_from(self.skip)
                .map_err(|_| Error::Invalid(format!("skip is {}; it cannot be negative", self.skip)))?,
        })
    }
}

fn typed(columns: Vec<(String, String)>) -> Result<Vec<(String, ColumnType)>, Error> {
    columns.into_iter().map(|(name, kind)| Ok((name, kind.parse()?))).collect()
}

/// A delimiter or quote: one ASCII character that does not end lines.
fn one_byte(what: &str, text: &str) -> Result<u8, Error> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
        _ => Err(Error::Invalid(format!("{what} is {text:?}; it must be one ASCII character"))),
    }
}
