//! `CancelToken`: a flag that running scans poll.

use fusionflow_engine::source::{CancelFlag, Meter};
use pyo3::prelude::*;

/// A flag that running scans poll once per block, and a count of what they read.
#[pyclass(frozen, module = "fusionflow_lab._native")]
#[derive(Default)]
pub struct CancelToken {
    pub flag: CancelFlag,
    pub meter: Meter,
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

    #[getter]
    fn bytes_read(&self) -> u64 {
        self.meter.bytes()
    }
}
