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

pub(in crate::source) use encoding::{decoded, encoding_of};
pub use file::SniffOptions;
pub use files::{FileSniff, sniff_each, sniff_files};
pub(in crate::source) use guess::Guess;
pub(in crate::source) use sample::{Sample, head_size};
