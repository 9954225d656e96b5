//! Formats of sources, one module each.

pub mod csv;
