//! `sniff_json`, `JsonSniff` and `JsonFile`.

use std::path::PathBuf;

use fusionflow_engine::{
    error::Error,
    source::{
        Opener,
        jsonl::sniff::{self, Rules, SniffOptions},
    },
};
use pyo3::prelude::*;

use crate::{error::detached, remote::opener, sniff_files::packed_name};

/// What JSON files look like together.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct JsonSniff(sniff::JsonSniff);

/// One JSON file as it was when it was looked at.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct JsonFile(sniff::JsonFile);

#[pymethods]
impl JsonFile {
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

    /// How it is packed; empty where it is not.
    #[getter]
    fn compression(&self) -> String {
        packed_name(self.0.compression)
    }

    /// Whether it is packed in many members.
    #[getter]
    fn members(&self) -> bool {
        self.0.members
    }

    /// Byte after the BOM.
    #[getter]
    fn data_start(&self) -> u64 {
        self.0.data_start
    }
}

#[pymethods]
impl JsonSniff {
    #[getter]
    fn files(&self) -> Vec<JsonFile> {
        self.0.files.iter().cloned().map(JsonFile).collect()
    }

    /// How records lie in the files: ``lines``, ``array`` or ``values``.
    #[getter]
    fn form(&self) -> &'static str {
        self.0.form.name()
    }

    /// Whether records are objects whose fields are the columns.
    #[getter]
    fn records(&self) -> bool {
        self.0.records
    }

    /// (name, key, DuckDB type) of each column.
    #[getter]
    fn columns(&self) -> Vec<(String, String, String)> {
        let columns = self.0.columns.iter();
        columns.map(|(name, key, kind)| (name.clone(), key.clone(), kind.to_string())).collect()
    }
}

/// ``JsonOptions`` as Python gives them.
#[derive(FromPyObject)]
pub struct JsonOptions {
    form: String,
    compression: String,
    records: Option<bool>,
    whole: bool,
    appearance: f64,
    map_fields: i64,
    depth: i64,
}

/// Look at several places of every file, in parallel: form, names and types.
#[pyfunction]
#[pyo3(signature = (paths, options, remote=None))]
pub fn sniff_json(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    options: JsonOptions,
    remote: Option<Py<PyAny>>,
) -> PyResult<JsonSniff> {
    let opener = opener(remote);
    detached(py, || sniff::sniff_json(&paths, &options.parse(opener)?)).map(JsonSniff)
}

impl JsonOptions {
    fn parse(self, opener: Opener) -> Result<SniffOptions, Error> {
        let most = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let rules = Rules { appearance: self.appearance, many: most(self.map_fields), depth: most(self.depth) };
        let compression = if self.compression.is_empty() { None } else { Some(self.compression.parse()?) };
        let form = if self.form.is_empty() { None } else { Some(self.form.parse()?) };
        Ok(SniffOptions { form, records: self.records, whole: self.whole, rules, compression, opener })
    }
}
