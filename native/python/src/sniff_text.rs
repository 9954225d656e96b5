//! `sniff_text` and `TextSniff`.

use std::path::PathBuf;

use fusionflow_engine::source::{SourceFile, text};
use pyo3::prelude::*;

use crate::{error::detached, remote::opener, sniff_files::packed_name};

/// What text files have in common, and each of them.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct TextSniff(text::TextSniff);

#[pymethods]
impl TextSniff {
    #[getter]
    fn encoding(&self) -> String {
        self.0.encoding.to_string()
    }

    /// (path, size, modification time in ns, byte after the BOM, version) of each file.
    #[getter]
    fn files(&self) -> Vec<(String, u64, i64, u64, String)> {
        let facts = |file: &SourceFile| {
            (file.path.to_string_lossy().into_owned(), file.size, file.mtime_ns, file.data_start, file.etag.clone())
        };
        self.0.files.iter().map(facts).collect()
    }

    /// (compression, whether it has many members) of each file.
    #[getter]
    fn packed(&self) -> Vec<(String, bool)> {
        self.0.files.iter().map(|file| (packed_name(file.compression), file.members)).collect()
    }

    /// (name, DuckDB type) of each group of the pattern.
    #[getter]
    fn groups(&self) -> Vec<(String, String)> {
        self.0.groups.iter().map(|(name, kind)| (name.clone(), kind.to_string())).collect()
    }

    fn __repr__(&self) -> String {
        format!("TextSniff({} files, {})", self.0.files.len(), self.0.encoding)
    }
}

/// Look at the starts of text files, and with a pattern at several places of each, in parallel.
#[pyfunction]
#[pyo3(signature = (paths, encoding="", pattern="", remote=None, compression=""))]
pub fn sniff_text(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    encoding: &str,
    pattern: &str,
    remote: Option<Py<PyAny>>,
    compression: &str,
) -> PyResult<TextSniff> {
    let opener = opener(remote);
    let pattern = (!pattern.is_empty()).then_some(pattern);
    detached(py, || {
        let given = if encoding.is_empty() { None } else { Some(encoding.parse()?) };
        let compression = if compression.is_empty() { None } else { Some(compression.parse()?) };
        text::sniff_text(&opener, &paths, given, pattern, compression)
    })
    .map(TextSniff)
}
