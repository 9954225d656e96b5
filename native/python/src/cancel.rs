//! `CancelToken`: a flag that running scans poll.

use fusionflow_engine::source::CancelFlag;
use pyo3::prelude::*;

/// A flag that running scans poll once per block.
#[pyclass(frozen, module = "fusionflow_lab._native")]
#[derive(Default)]
pub struct CancelToken {
    pub flag: CancelFlag,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn cancel(&self) {
        self.flag.cancel();
    }

    #[getter]
    fn cancelled(&self) -> bool {
        self.flag.is_cancelled()
    }
}
