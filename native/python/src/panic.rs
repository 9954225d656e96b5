//! `_panic`: for tests only, a bug on demand.

use pyo3::prelude::*;

use crate::error::detached;

/// Panic in native code, to show that a bug becomes an exception. For tests only.
#[pyfunction]
pub fn _panic(py: Python<'_>, message: String) -> PyResult<()> {
    detached(py, || std::panic::panic_any(message))
}
