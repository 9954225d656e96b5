//! The cells of one column of a window, row by row, and which of them are NULL.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

use super::super::{
    dialect::Dialect,
    record::Span,
    rows::{Rows, Slots},
    value::trim,
};

/// Cells of one column.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    pub data: &'a [u8],
    pub rows: &'a Rows,
    pub slots: Slots,
    pub dialect: &'a Dialect,
}

impl<'a> Cells<'a> {
    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.count
    }

    /// Bytes of a cell, its quotes included.
    #[must_use]
    pub fn span(&self, row: usize) -> Span {
        self.rows.span(self.data, self.slots, row)
    }

    /// Content of a span and whether it was quoted (doubled quotes are still doubled).
    #[must_use]
    pub fn content(&self, span: Span) -> (&'a [u8], bool) {
        let text = &self.data[span.start..span.end];
        match (text, self.dialect.quote) {
            ([first, inner @ .., _], Some(quote)) if *first == quote => (inner, true),
            _ => (text, false),
        }
    }

    /// Trimmed content of a cell that is no text, or `None` where it is NULL.
    #[must_use]
    pub fn value_text(&self, span: Span) -> Option<&'a [u8]> {
        let (text, quoted) = self.content(span);
        let null = text.is_empty() || !quoted && text == self.dialect.null.as_slice();
        (!null).then(|| trim(text))
    }
}

/// Validity bits, made at the first NULL.
#[derive(Default)]
pub struct Validity {
    bits: Vec<u64>,
}

impl Validity {
    /// Mark one of `count` rows as NULL.
    #[cold]
    pub fn set_null(&mut self, row: usize, count: usize) {
        if self.bits.is_empty() {
            self.bits.resize(count.div_ceil(64), u64::MAX);
        }
        self.bits[row / 64] &= !(1 << (row % 64));
    }

    /// The Arrow form, or `None` where nothing is NULL.
    #[must_use]
    pub fn finish(self, count: usize) -> Option<NullBuffer> {
        (!self.bits.is_empty()).then(|| NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(self.bits), 0, count)))
    }
}
