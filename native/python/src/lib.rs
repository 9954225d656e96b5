//! `fusionflow_lab._native`: arguments in, GIL released, results and errors out. One file per verb.

use pyo3::prelude::*;

mod args;
mod cancel;
mod error;
mod locate_starts;
mod panic;
mod report;
mod scan;
mod stream;
mod widest_type;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    #[allow(non_upper_case_globals)] // Python's name for it
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::{
        cancel::CancelToken,
        locate_starts::locate_starts,
        panic::_panic,
        report::{BlockReport, ChunkReport},
        scan::Scan,
        widest_type::widest_type,
    };
}
