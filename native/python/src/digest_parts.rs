//! `digest_parts`: what vouches for bytes that were stored.

use fusionflow_engine::digest::Digest;
use pyo3::{buffer::PyBuffer, prelude::*, types::PyBytes};

/// Digest parts, one after the other; each is copied out of Python's memory first.
#[pyfunction]
pub fn digest_parts<'py>(py: Python<'py>, parts: Vec<PyBuffer<u8>>) -> PyResult<Bound<'py, PyBytes>> {
    let mut digest = Digest::default();
    let mut bytes = Vec::new();
    for part in &parts {
        bytes.resize(part.item_count(), 0);
        part.copy_to_slice(py, &mut bytes)?;
        digest.update(&bytes);
    }
    Ok(PyBytes::new(py, &digest.finish()))
}
