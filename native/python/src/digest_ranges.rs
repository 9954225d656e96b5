//! `digest_ranges`: are bytes still what they were?

use fusionflow_engine::source::{self, Opener};
use pyo3::prelude::*;

use crate::{args::SourceFile, cancel::CancelToken, error::detached};

/// Digest byte ranges of a file as a scan of them would.
#[pyfunction]
pub fn digest_ranges(
    py: Python<'_>,
    file: SourceFile,
    ranges: Vec<(u64, u64)>,
    token: &CancelToken,
) -> PyResult<String> {
    let flag = token.flag.clone();
    detached(py, || source::digest_ranges(&Opener::default(), &file.try_into()?, &ranges, &flag))
}
