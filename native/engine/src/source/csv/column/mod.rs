//! Values of one column of a window, as Arrow arrays.

mod boolean;
mod cells;
mod interner;
mod many;
mod primitive;
mod read;
mod text;
mod words;

pub use cells::Cells;
pub(in crate::source) use cells::Validity;
pub use interner::{Interner, Key};
pub(in crate::source) use many::Many;
pub use read::{ReadColumn, Values, reader_of};
pub(in crate::source) use text::{Views, aside_view, window_view};
