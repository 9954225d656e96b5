//! The one place where errors of the engine become Python exceptions. The match has no wildcard: an error
//! without an exception does not compile.

use std::{any::Any, io::ErrorKind, panic::AssertUnwindSafe};

use fusionflow_engine::error::Error;
use pyo3::{
    exceptions::{PyFileNotFoundError, PyOSError, PyValueError},
    import_exception,
    prelude::*,
    types::PyDict,
};

import_exception!(fusionflow_lab.errors, NativePanicError);
import_exception!(fusionflow_lab.errors, QueryError);
import_exception!(fusionflow_lab.errors, ScanCancelledError);
import_exception!(fusionflow_lab.errors, SourceChangedError);
import_exception!(fusionflow_lab.errors, SourceError);

/// What ended a call or a stream.
#[derive(Debug)]
pub enum Failure {
    Engine(Error),
    Panic(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

/// Run engine code; a panic in it is a failure like any other.
pub fn guarded<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<T, Failure> {
    match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(Failure::Engine),
        Err(payload) => Err(Failure::Panic(message_of(payload.as_ref()))),
    }
}

/// Run engine code without the GIL; failures come back as exceptions.
pub fn detached<T: Send>(py: Python<'_>, run: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    py.detach(|| guarded(run)).map_err(|failure| exception(py, &failure))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// The exception of a failure.
pub fn exception(py: Python<'_>, failure: &Failure) -> PyErr {
    match failure {
        Failure::Engine(error) => exception_of_error(py, error),
        Failure::Panic(message) => {
            let what = format!("the native core stopped on a bug: {message}");
            ours::<NativePanicError>(py, &what, "", "please report it; the job's other chunks are not affected")
        }
    }
}

fn exception_of_error(py: Python<'_>, error: &Error) -> PyErr {
    let what = error.to_string();
    match error {
        Error::Io { source, .. } if raised(source).is_some() => {
            raised(source).map_or_else(|| PyOSError::new_err(what), |error| error.clone_ref(py))
        }
        Error::Io { path, source } => match source.raw_os_error() {
            Some(number) => {
                let text = source.to_string();
                let text = text.split(" (os error").next().unwrap_or_default().to_owned();
                PyOSError::new_err((number, text, path.as_os_str().to_owned()))
            }
            None if source.kind() == ErrorKind::NotFound => PyFileNotFoundError::new_err(source.to_string()),
            None => PyOSError::new_err(what),
        },
        Error::Changed { path } => ours::<SourceChangedError>(
            py,
            &format!("{} changed while it was being read", path.display()),
            &path.display().to_string(),
            "run the query again",
        ),
        Error::Unproven { path, offset, what } => {
            ours::<SourceError>(py, what, &format!("{}, byte {offset}", path.display()), "read the file from its start")
        }
        Error::Malformed { path, offset, what } => ours::<SourceError>(
            py,
            what,
            &format!("{}, byte {offset}", path.display()),
            "look at the file there, or name delimiter and quote in read_csv",
        ),
        Error::Refused { path, offset, what, hint } => {
            ours::<SourceError>(py, what, &format!("{}, byte {offset}", path.display()), hint)
        }
        Error::Widened { path, .. } => {
            ours::<SourceError>(py, &what, &path.display().to_string(), "name the types of these columns in read_csv")
        }
        Error::Stream(_) => ours::<QueryError>(py, &what, "", ""),
        Error::Invalid(_) | Error::Unfit(_) => PyValueError::new_err(what),
        Error::Cancelled => ours::<ScanCancelledError>(py, &what, "", ""),
    }
}

/// The exception that was raised where bytes were asked of Python.
fn raised(error: &std::io::Error) -> Option<&PyErr> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// An exception of `fusionflow_lab.errors`, with place and hint.
fn ours<E: pyo3::PyTypeInfo>(py: Python<'_>, what: &str, place: &str, hint: &str) -> PyErr {
    let made = || {
        let options = PyDict::new(py);
        options.set_item("where", place)?;
        options.set_item("hint", hint)?;
        py.get_type::<E>().call((what,), Some(&options))
    };
    match made() {
        Ok(instance) => PyErr::from_value(instance),
        Err(error) => error,
    }
}
