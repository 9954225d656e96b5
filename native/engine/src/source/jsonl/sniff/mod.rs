//! What JSON files look like: form, columns and types, from several places of every file.

mod file;
mod files;
mod form;
mod structure;

pub use file::SniffOptions;
pub use files::{JsonFile, JsonSniff, sniff_json};
pub use structure::{Rules, kind_of, kind_of_all};
