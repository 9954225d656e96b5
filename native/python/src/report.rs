//! `ChunkReport` and `BlockReport`: what was read.

use fusionflow_engine::source;
use pyo3::prelude::*;

/// What one block turned out to be.
#[pyclass(frozen, get_all, module = "fusionflow_lab._native")]
pub struct BlockReport {
    start: u64,
    end: u64,
    rows: u64,
    rejected: u64,
    lines: u64,
    text: u64,
}

/// What one chunk turned out to be.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct ChunkReport(source::ChunkReport);

impl From<source::BlockReport> for BlockReport {
    fn from(report: source::BlockReport) -> Self {
        let source::BlockReport { start, end, rows, rejected, lines, text } = report;
        Self { start, end, rows, rejected, lines, text }
    }
}

impl From<source::ChunkReport> for ChunkReport {
    fn from(report: source::ChunkReport) -> Self {
        Self(report)
    }
}

#[pymethods]
impl ChunkReport {
    #[getter]
    fn ordinal(&self) -> i64 {
        self.0.ordinal
    }

    #[getter]
    fn identity(&self) -> &str {
        &self.0.identity
    }

    #[getter]
    fn blocks(&self) -> Vec<BlockReport> {
        self.0.blocks.iter().copied().map(Into::into).collect()
    }
}
