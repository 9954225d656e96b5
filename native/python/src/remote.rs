//! Files elsewhere: a Python object opens and reads them. The GIL is held only while it is asked.

use std::path::{Path, PathBuf};

use fusionflow_engine::{
    error::{Error, Result},
    source::{Open, Opener, ReadAt, SourceFile, Stamp},
};
use pyo3::{prelude::*, types::PyBytes};

/// What opens the files of a plan: a Python object, or the system for files of this machine.
pub fn opener(remote: Option<Py<PyAny>>) -> Opener {
    remote.map_or_else(Opener::default, |remote| Opener::new(Remote(remote)))
}

/// `fusionflow_lab.storage.RemoteFiles`.
#[derive(Debug)]
struct Remote(Py<PyAny>);

impl Open for Remote {
    fn open(&self, path: &Path, _planned: Option<&SourceFile>) -> Result<Box<dyn ReadAt>> {
        let name = path.to_string_lossy();
        let file = asked(path, |py| self.0.call_method1(py, "open", (name.as_ref(),)))?;
        Ok(Box::new(RemoteFile { file, path: path.to_owned() }))
    }
}

/// `fusionflow_lab.storage.RemoteFile`.
#[derive(Debug)]
struct RemoteFile {
    file: Py<PyAny>,
    path: PathBuf,
}

impl ReadAt for RemoteFile {
    fn stamp(&self) -> Result<Stamp> {
        let (size, mtime_ns, etag) = asked(&self.path, |py| self.file.getattr(py, "stamp")?.extract(py))?;
        Ok(Stamp { size, mtime_ns, etag })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let whole = asked(&self.path, |py| {
            let bytes = self.file.bind(py).call_method1("read", (offset, buffer.len()))?;
            let bytes = bytes.cast::<PyBytes>()?.as_bytes();
            let whole = bytes.len() == buffer.len();
            if whole {
                buffer.copy_from_slice(bytes);
            }
            Ok(whole)
        })?;
        if whole { Ok(()) } else { Err(Error::Changed { path: self.path.clone() }) }
    }
}

/// Ask Python; an exception travels through the engine, and is raised again as it is.
fn asked<T>(path: &Path, ask: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
    Python::attach(ask).map_err(|error| Error::io(path, std::io::Error::other(error)))
}
