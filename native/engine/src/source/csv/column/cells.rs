//! The cells of one column of a window, row by row, and which of them are NULL.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};

use super::super::{
    dialect::Dialect,
    rows::{Rows, Slots},
    value::trim,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub start: usize,
    pub end: usize,
    /// Whether quotes stand around it; doubled quotes in it are still doubled.
    pub quoted: bool,
}

impl<'a> Cells<'a> {
    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rows.count
    }

    /// Contents of all rows.
    #[inline(always)]
    pub fn contents(&self) -> impl Iterator<Item = Content> + use<'a> {
        let Self { data, rows, slots, dialect } = *self;
        let stride = rows.stride;
        let starts = rows.positions.get(slots.first..).unwrap_or_default().iter().step_by(stride);
        let ends = rows.positions.get(slots.last..).unwrap_or_default().iter().step_by(stride);
        starts.zip(ends).take(rows.count).map(move |(&start, &end)| {
            let start = start.wrapping_add(slots.add) as usize;
            let mut end = end as usize;
            if slots.trim && end > start && data[end - 1] == b'\r' {
                end -= 1;
            }
            unquoted(data, dialect.quote, start, end)
        })
    }

    /// Content of one row.
    #[must_use]
    pub fn content(&self, row: usize) -> Content {
        let span = self.rows.span(self.data, self.slots, row);
        unquoted(self.data, self.dialect.quote, span.start, span.end)
    }

    /// Bytes of a content.
    #[must_use]
    pub fn text(&self, content: Content) -> &'a [u8] {
        &self.data[content.start..content.end]
    }

    /// Trimmed text of a cell that is no VARCHAR, or `None` where it is NULL.
    #[must_use]
    pub fn value_text(&self, content: Content) -> Option<&'a [u8]> {
        let text = self.text(content);
        let null = text.is_empty() || !content.quoted && text == self.dialect.null.as_slice();
        (!null).then(|| trim(text))
    }
}

#[inline(always)]
fn unquoted(data: &[u8], quote: Option<u8>, start: usize, end: usize) -> Content {
    let quoted = end > start + 1 && quote.is_some_and(|quote| data[start] == quote);
    Content { start: start + usize::from(quoted), end: end - usize::from(quoted), quoted }
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
