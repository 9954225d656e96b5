//! What the fuzz targets share: a plain reader to compare with, and the driver's part of a scan.

pub mod cut;
pub mod input;
pub mod plain;
