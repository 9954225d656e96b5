//! What reads a column, and what it makes.

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_schema::DataType;

use super::{
    Cells, boolean, primitive,
    text::{self, Views},
    words,
};
use crate::source::plan::ColumnSpec;
use crate::types::ColumnType;

/// Reads one column; kept from window to window for its buffers.
pub trait ReadColumn: Send {
    /// Arrow type of the arrays.
    fn data_type(&self) -> DataType;
    /// Read every row's value. Rows whose text does not fit are NULL and added to `failed`.
    fn read(&mut self, cells: &Cells<'_>, failed: &mut Vec<u32>) -> Values;
}

/// Values read; views still need the buffer that they point into.
pub enum Values {
    Array(ArrayRef),
    Views(Views),
}

impl Values {
    /// Whether the window's bytes must live on beside the values.
    #[must_use]
    pub fn points_into_window(&self) -> bool {
        matches!(self, Self::Views(views) if views.points_into_window)
    }

    /// The array; `window` is asked for only where values point into it.
    #[must_use]
    pub fn finish(self, window: &Buffer) -> ArrayRef {
        match self {
            Self::Array(array) => array,
            Self::Views(views) => views.finish(window),
        }
    }
}

/// The reader of a column's type; `few` says that its texts are few.
#[must_use]
pub fn reader_of(column: &ColumnSpec, few: bool) -> Box<dyn ReadColumn> {
    match column.column_type {
        ColumnType::Varchar if few => Box::new(words::Words::default()),
        ColumnType::Varchar => Box::new(text::Text::default()),
        ColumnType::Boolean => Box::new(boolean::Booleans { strict: !column.fixed }),
        other => primitive::reader_of(other, !column.fixed),
    }
}
