//! Where the wanted fields of the good records of a window lie.

use std::ops::Range;

use super::{
    record::Span,
    value::cell::{Cell, MARGIN},
};

/// How one column's spans are read out of the positions of its record.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    pub first: usize,
    pub last: usize,
    /// 1 where `first` is the separator before the field, 0 where it is the field's first byte.
    pub add: u32,
    /// Whether a CR before the end belongs to the line end.
    pub trim: bool,
}

/// Positions of `count` records, `stride` numbers each, and how to read them.
///
/// ```text
/// index:     sentinel │ field end, field end, record end │ field end, …      (a field starts after the last end)
/// tolerant:  start, end of each wanted field, start, end of the record │ …
/// ```
///
/// Invariants: the slots of every row lie in `positions`; they are positions in a text of `len` bytes, each
/// start at most its end.
#[derive(Debug)]
pub struct Rows {
    positions: Vec<u32>,
    stride: usize,
    pub count: usize,
    len: usize,
    columns: Vec<Slots>,
    record: Slots,
    /// The quote, where some field has one.
    pub quote: Option<u8>,
}

impl Rows {
    /// Rows found by an index in a text of `len` bytes.
    ///
    /// # Safety
    /// The type's invariants must hold, for all `columns` and for `record`.
    #[must_use]
    pub unsafe fn indexed(
        positions: Vec<u32>,
        count: usize,
        len: usize,
        columns: Vec<Slots>,
        record: Slots,
        quote: Option<u8>,
    ) -> Self {
        Self { positions, stride: record.last - record.first, count, len, columns, record, quote }
    }

    /// Empty rows of a text of `len` bytes, to which records are pushed.
    #[must_use]
    pub fn pairs(columns: usize, len: usize, quote: Option<u8>) -> Self {
        let slots = |column: usize| Slots { first: 2 * column, last: 2 * column + 1, add: 0, trim: false };
        Self {
            positions: Vec::new(),
            stride: 2 * columns + 2,
            count: 0,
            len,
            columns: (0..columns).map(slots).collect(),
            record: slots(columns),
            quote,
        }
    }

    /// Add a record: its wanted fields and itself. What does not lie in the text becomes empty.
    #[inline(always)]
    pub fn push(&mut self, mut fields: impl Iterator<Item = Span>, record: Span) {
        let start = self.count * self.stride;
        if self.positions.len() < start + self.stride {
            self.positions.resize((2 * start).max(1024) + self.stride, 0);
        }
        for slots in self.positions[start..start + self.stride].as_chunks_mut::<2>().0 {
            let span = fields.next().unwrap_or(record);
            let end = span.end.min(self.len);
            *slots = [span.start.min(end) as u32, end as u32];
        }
        self.count += 1;
    }

    /// Let spans lie in a text that is longer by now.
    pub fn reach(&mut self, len: usize) {
        self.len = self.len.max(len);
    }

    /// How column `place` is read.
    #[must_use]
    pub fn slots(&self, place: usize) -> Slots {
        self.columns[place]
    }

    /// Field of a row by the slots of its column; `data` is the text and at least [`MARGIN`] bytes more.
    #[must_use]
    pub fn cell<'a>(&self, data: &'a [u8], slots: Slots, row: usize) -> Cell<'a> {
        assert!(row < self.count && self.len + MARGIN <= data.len());
        // SAFETY: the row is one of ours, the data is long enough.
        unsafe { cell_at(data, &self.positions, row * self.stride, slots) }
    }

    /// Fields of some rows by the slots of a column; `data` as above.
    #[inline(always)]
    pub fn cells_of<'a>(
        &'a self,
        data: &'a [u8],
        slots: Slots,
        rows: Range<usize>,
    ) -> impl Iterator<Item = Cell<'a>> + Clone + use<'a> {
        assert!(rows.end <= self.count && self.len + MARGIN <= data.len());
        let (positions, stride, mut base) = (&self.positions[..], self.stride, rows.start * self.stride);
        rows.map(move |_| {
            // SAFETY: the row is one of ours, the data is long enough.
            let cell = unsafe { cell_at(data, positions, base, slots) };
            base += stride;
            cell
        })
    }

    /// Bytes of a record without its line end.
    #[must_use]
    pub fn record_span(&self, data: &[u8], row: usize) -> Span {
        span_of(self.cell(data, self.record, row))
    }

    /// The same rows without those in `dropped` (ascending).
    #[must_use]
    pub fn without(&self, data: &[u8], dropped: &[u32]) -> Self {
        let mut kept = Self::pairs(self.columns.len(), self.len, self.quote);
        let mut dropped = dropped.iter().copied().peekable();
        for row in 0..self.count {
            if dropped.next_if_eq(&(row as u32)).is_none() {
                let fields = self.columns.iter().map(|&slots| span_of(self.cell(data, slots, row)));
                kept.push(fields, self.record_span(data, row));
            }
        }
        kept
    }

    /// Give the positions up, to be written again.
    #[must_use]
    pub fn into_positions(self) -> Vec<u32> {
        self.positions
    }
}

/// The field of the row whose positions start at `base`.
///
/// # Safety
/// The invariants of [`Rows`], for this row; `data` has [`MARGIN`] bytes after the text.
#[inline(always)]
unsafe fn cell_at<'a>(data: &'a [u8], positions: &[u32], base: usize, slots: Slots) -> Cell<'a> {
    // SAFETY: the slots of every row lie in `positions`; its spans lie in the text.
    unsafe {
        let start = positions.get_unchecked(base + slots.first).wrapping_add(slots.add) as usize;
        let end = *positions.get_unchecked(base + slots.last) as usize;
        let cell = Cell::new_unchecked(data, start, end);
        if slots.trim { cell.without_carriage_return() } else { cell }
    }
}

fn span_of(cell: Cell<'_>) -> Span {
    Span { start: cell.start(), end: cell.start() + cell.size() }
}
