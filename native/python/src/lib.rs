//! `fusionflow_lab._native`: arguments in, GIL released, results and errors out. One file per verb.

use pyo3::prelude::*;

mod args;
mod cancel;
mod digest_parts;
mod digest_ranges;
mod error;
mod list_files;
mod locate_starts;
mod look_at_files;
mod map_rows;
mod merge;
mod panic;
mod remote;
mod report;
mod scan;
mod sniff_files;
mod sniff_json;
mod sniff_text;
mod stat_files;
mod statistics;
mod stream;
mod widest_type;
mod write_parts;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    #[allow(non_upper_case_globals)] // Python's name for it
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::{
        cancel::CancelToken,
        digest_parts::digest_parts,
        digest_ranges::digest_ranges,
        list_files::list_files,
        locate_starts::locate_starts,
        look_at_files::{FileLook, look_at_files},
        map_rows::map_rows,
        merge::merge_states,
        panic::_panic,
        report::{BlockReport, ChunkReport},
        scan::Scan,
        sniff_files::{FileSniff, sniff_files},
        sniff_json::{JsonFile, JsonSniff, sniff_json},
        sniff_text::{TextSniff, sniff_text},
        stat_files::stat_files,
        statistics::parquet_statistics,
        widest_type::{json_fields, narrowed_json_type, reads_json_type, reads_type, widest_json_type, widest_type},
        write_parts::{Part, join_parts, write_parts},
    };
}
