//! `fusionflow_lab._native`: arguments in, GIL released, results and errors out. One file per verb.

use pyo3::prelude::*;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
