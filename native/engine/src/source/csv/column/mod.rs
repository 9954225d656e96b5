//! Values of one column of a window, as Arrow arrays.

mod boolean;
mod cells;
mod primitive;
mod read;
mod text;
mod words;

pub use cells::Cells;
pub use read::{ReadColumn, Values, reader_of};
