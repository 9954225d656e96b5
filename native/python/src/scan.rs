//! `Scan`: one pass over some chunks, as an Arrow stream that is consumed once.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use fusionflow_engine::{
    error::Error,
    source::{Pass, rejects_to_batch},
};
use pyo3::{exceptions::PyValueError, prelude::*, types::PyCapsule};

use crate::{
    args::{Chunk, Column, Excluded, PassedOver, Passing, Reader, open_pass},
    cancel::CancelToken,
    error::{Failure, detached, exception, guarded},
    remote::opener,
    report::ChunkReport,
    stream::{ArrowBatch, schema_capsule, stream_capsule},
};

/// One pass over some chunks of a source.
#[pyclass(frozen, module = "fusionflow_lab._native")]
pub struct Scan {
    shared: Arc<Shared>,
    exported: AtomicBool,
}

/// What the stream and the scan share.
struct Shared {
    pass: Mutex<Box<dyn Pass>>,
    failure: Mutex<Option<Failure>>,
    schema: SchemaRef,
}

impl Shared {
    fn pass(&self) -> MutexGuard<'_, Box<dyn Pass>> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self) -> MutexGuard<'_, Option<Failure>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next batch. A failure is kept, ends the stream, and is told again to whoever asks on.
    fn next_batch(&self) -> Option<Result<RecordBatch, ArrowError>> {
        let mut pass = self.pass();
        let known = self.failure().is_some();
        if !known {
            match guarded(|| pass.next_batch()) {
                Ok(batch) => return batch.map(Ok),
                Err(error) => *self.failure() = Some(error),
            }
        }
        let text = match self.failure().as_ref() {
            Some(Failure::Engine(error)) => error.to_string(),
            _ => "the native core stopped on a bug".to_owned(),
        };
        Some(Err(ArrowError::ExternalError(text.into())))
    }

    /// Read what the consumer left unread.
    fn drain(&self) {
        while let Some(Ok(_)) = self.next_batch() {}
    }
}

/// The stream's end of a pass.
struct Batches(Arc<Shared>);

impl Iterator for Batches {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_batch()
    }
}

impl RecordBatchReader for Batches {
    fn schema(&self) -> SchemaRef {
        self.0.schema.clone()
    }
}

#[pymethods]
impl Scan {
    #[new]
    #[allow(clippy::too_many_arguments)] // a constructor of Python's, by name
    #[pyo3(signature = (
        chunks, columns, column_count, dialect, token, excluded=Vec::new(), remote=None, passed_over=Vec::new(),
        digest_only=false
    ))]
    fn new(
        py: Python<'_>,
        chunks: Vec<Chunk>,
        columns: Vec<Column>,
        column_count: usize,
        dialect: Reader,
        token: &CancelToken,
        excluded: Vec<Excluded>,
        remote: Option<Py<PyAny>>,
        passed_over: Vec<PassedOver>,
        digest_only: bool,
    ) -> PyResult<Self> {
        let (flag, mut opener) = (token.flag.clone(), opener(remote));
        opener.meter = token.meter.clone();
        let passing =
            Passing { chunks, columns, count: column_count, reader: dialect, excluded, passed_over, digest_only };
        let pass = detached(py, || open_pass(passing, opener, flag))?;
        let schema = pass.schema();
        let shared = Shared { pass: Mutex::new(pass), failure: Mutex::default(), schema };
        Ok(Self { shared: Arc::new(shared), exported: AtomicBool::new(false) })
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        if self.exported.swap(true, Ordering::Relaxed) {
            return Err(PyValueError::new_err("a scan can be consumed once; make another one"));
        }
        stream_capsule(py, Box::new(Batches(self.shared.clone())))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.shared.schema)
    }

    fn report(&self, py: Python<'_>) -> PyResult<Vec<ChunkReport>> {
        let reports = py.detach(|| {
            self.shared.drain();
            self.shared.pass().reports().to_vec()
        });
        match self.failure(py) {
            Some(failure) => Err(failure),
            None => Ok(reports.into_iter().map(Into::into).collect()),
        }
    }

    fn rejects(&self, py: Python<'_>) -> PyResult<ArrowBatch> {
        detached(py, || {
            rejects_to_batch(self.shared.pass().rejects()).map_err(|error| Error::Invalid(error.to_string()))
        })
        .map(ArrowBatch)
    }

    fn widened(&self) -> Vec<(usize, String)> {
        match self.shared.failure().as_ref() {
            Some(Failure::Engine(Error::Widened { columns, .. })) => columns.clone(),
            _ => Vec::new(),
        }
    }

    fn failure(&self, py: Python<'_>) -> Option<PyErr> {
        self.shared.failure().as_ref().map(|failure| exception(py, failure))
    }
}
