//! What CSV files look like: dialect, header, names and types, from several places of every file.
//!
//! Way of the data: [`sample`] (bytes) → [`dialect`] (delimiter, quote) → [`records`] (fields) →
//! [`header`] (names) and types → [`files`] (what all files agree on).

mod agree;
mod dialect;
mod encoding;
mod file;
mod files;
mod guess;
mod head;
mod header;
mod records;
mod sample;

pub use file::SniffOptions;
pub use files::{FileSniff, sniff_each, sniff_files};
