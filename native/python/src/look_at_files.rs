//! `look_at_files`: the columns of files that say themselves what they hold, and where their parts lie.

use std::path::PathBuf;

use fusionflow_engine::source::{columnar, parquet};
use pyo3::prelude::*;

use crate::{args::ParquetReader, error::detached, remote::opener};

/// What one file is like.
#[pyclass(frozen, get_all, module = "fusionflow_lab._native")]
pub struct FileLook {
    path: String,
    size: u64,
    mtime_ns: i64,
    etag: String,
    columns: Vec<(String, String)>,
    refused: Vec<String>,
    cuts: Vec<u64>,
}

impl From<columnar::FileLook> for FileLook {
    fn from(look: columnar::FileLook) -> Self {
        let columnar::FileLook { path, stamp, columns, cuts } = look;
        let refused = columns.iter().map(|column| column.refused.clone().unwrap_or_default()).collect();
        let columns = columns.into_iter().map(|column| (column.name, column.type_name)).collect();
        let path = path.to_string_lossy().into_owned();
        Self { path, size: stamp.size, mtime_ns: stamp.mtime_ns, etag: stamp.etag, columns, refused, cuts }
    }
}

#[pyfunction]
#[pyo3(signature = (paths, reader, remote=None))]
pub fn look_at_files(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    reader: ParquetReader,
    remote: Option<Py<PyAny>>,
) -> PyResult<Vec<FileLook>> {
    let opener = opener(remote);
    let looks = detached(py, || parquet::look_at(&paths, reader.options(), &opener))?;
    Ok(looks.into_iter().map(Into::into).collect())
}
