//! `digest_ranges`: are bytes still what they were?

use fusionflow_engine::source;
use pyo3::prelude::*;

use crate::{args::SourceFile, cancel::CancelToken, error::detached, remote::opener};

/// Digest byte ranges of a file as a scan of them would.
#[pyfunction]
#[pyo3(signature = (file, ranges, token, remote=None))]
pub fn digest_ranges(
    py: Python<'_>,
    file: SourceFile,
    ranges: Vec<(u64, u64)>,
    token: &CancelToken,
    remote: Option<Py<PyAny>>,
) -> PyResult<String> {
    let (flag, opener) = (token.flag.clone(), opener(remote));
    detached(py, || source::digest_ranges(&opener, &file.try_into()?, &ranges, &flag))
}
