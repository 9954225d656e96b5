//! Values of one column of a window, as Arrow arrays.

mod boolean;
mod list;
mod map;
mod primitive;
mod read;
mod structs;
mod text;
mod words;

pub use read::{Cells, Misfit, ReadColumn, reader_of};
pub use text::reads_uuid;
