//! Where the wanted fields of the good records of a window lie.

use super::record::Span;

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
#[derive(Debug, Default)]
pub struct Rows {
    pub positions: Vec<u32>,
    pub stride: usize,
    pub count: usize,
    pub columns: Vec<Slots>,
    /// The whole record, line end left out.
    pub record: Option<Slots>,
}

impl Rows {
    /// Empty rows whose records are written as pairs of start and end: wanted columns, then the record.
    #[must_use]
    pub fn pairs(columns: usize) -> Self {
        let slots = |column: usize| Slots { first: 2 * column, last: 2 * column + 1, add: 0, trim: false };
        Self {
            positions: Vec::new(),
            stride: 2 * columns + 2,
            count: 0,
            columns: (0..columns).map(slots).collect(),
            record: Some(slots(columns)),
        }
    }

    /// Field of a row by the slots of its column.
    #[must_use]
    pub fn span(&self, data: &[u8], slots: Slots, row: usize) -> Span {
        let base = row * self.stride;
        let start = self.positions[base + slots.first].wrapping_add(slots.add) as usize;
        let mut end = self.positions[base + slots.last] as usize;
        if slots.trim && end > start && data[end - 1] == b'\r' {
            end -= 1;
        }
        Span { start, end }
    }

    /// Bytes of a record without its line end.
    #[must_use]
    pub fn record_span(&self, data: &[u8], row: usize) -> Span {
        match self.record {
            Some(slots) => self.span(data, slots, row),
            None => Span { start: 0, end: 0 },
        }
    }

    /// The same rows without those in `dropped` (ascending).
    #[must_use]
    pub fn without(&self, data: &[u8], dropped: &[u32]) -> Self {
        let mut kept = Self::pairs(self.columns.len());
        let mut dropped = dropped.iter().copied().peekable();
        for row in 0..self.count {
            if dropped.next_if_eq(&(row as u32)).is_some() {
                continue;
            }
            for &slots in self.columns.iter().chain(&self.record) {
                kept.push(self.span(data, slots, row));
            }
            kept.count += 1;
        }
        kept
    }

    /// Write one pair.
    pub fn push(&mut self, span: Span) {
        self.positions.extend([span.start as u32, span.end as u32]);
    }
}
