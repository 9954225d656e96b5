//! `digest_ranges`: are bytes still what they were?

use std::path::PathBuf;

use fusionflow_engine::source;
use pyo3::prelude::*;

use crate::{cancel::CancelToken, error::detached};

/// Digest byte ranges of a file as a scan of them would.
#[pyfunction]
pub fn digest_ranges(
    py: Python<'_>,
    path: PathBuf,
    size: u64,
    mtime_ns: i64,
    ranges: Vec<(u64, u64)>,
    token: &CancelToken,
) -> PyResult<String> {
    let flag = token.flag.clone();
    let file = source::SourceFile { path, size, mtime_ns, data_start: 0 };
    detached(py, || source::digest_ranges(&file, &ranges, &flag))
}
