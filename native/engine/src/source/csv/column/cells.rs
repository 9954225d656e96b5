//! The cells of one column of a window, row by row, and which of them are NULL.

use std::ops::Range;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

use super::super::{
    dialect::Dialect,
    rows::{Rows, Slots},
    value::{cell::Cell, trim},
};

/// Cells of one column.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    /// The window's text and the bytes kept after it.
    pub data: &'a [u8],
    pub rows: &'a Rows,
    pub slots: Slots,
    pub dialect: &'a Dialect,
}

/// Content of one cell.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    pub cell: Cell<'a>,
    /// Whether quotes stand around it; doubled quotes in it are still doubled.
    pub quoted: bool,
}

impl<'a> Cells<'a> {
    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.count
    }

    /// Whether no cell is quoted, and the empty ones are those that are NULL.
    #[must_use]
    pub fn are_plain(&self) -> bool {
        self.rows.quote.is_none() && self.dialect.nulls().all(<[u8]>::is_empty)
    }

    /// Contents of all rows.
    #[inline(always)]
    pub fn contents(&self) -> impl Iterator<Item = Content<'a>> + Clone + use<'a> {
        self.contents_of(0..self.count())
    }

    /// Contents of some rows.
    #[inline(always)]
    pub fn contents_of(&self, rows: Range<usize>) -> impl Iterator<Item = Content<'a>> + Clone + use<'a> {
        let quote = self.rows.quote;
        self.rows.cells_of(self.data, self.slots, rows).map(move |cell| content_of(cell, quote))
    }

    /// Content of one row.
    #[must_use]
    pub fn content(&self, row: usize) -> Content<'a> {
        content_of(self.rows.cell(self.data, self.slots, row), self.rows.quote)
    }

    /// Trimmed text of a cell that is no VARCHAR, or `None` where it is NULL.
    #[must_use]
    pub fn value_text(&self, content: Content<'a>) -> Option<&'a [u8]> {
        let text = content.cell.text();
        let null = text.is_empty() || !content.quoted && self.dialect.is_null(text);
        (!null).then(|| trim(text))
    }
}

#[inline(always)]
fn content_of(cell: Cell<'_>, quote: Option<u8>) -> Content<'_> {
    match quote.and_then(|quote| cell.inside(quote)) {
        Some(cell) => Content { cell, quoted: true },
        None => Content { cell, quoted: false },
    }
}

/// Validity bits, made at the first NULL.
#[derive(Default)]
pub struct Validity {
    bits: Vec<u64>,
}

impl Validity {
    /// Mark one of `count` rows as NULL.
    #[inline]
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
