//! Where the wanted values of the records of a window lie.

/// Marks the start of a text with a backslash in it.
const ESCAPED: u32 = 1 << 31;

/// Bytes of one value as it is written; quotes belong to it. The default is "there is none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Bytes `start..end` of a window; `escaped` says that a backslash is in them.
    #[inline(always)]
    #[must_use]
    pub fn new(start: usize, end: usize, escaped: bool) -> Self {
        Self { start: start as u32 | if escaped { ESCAPED } else { 0 }, end: end as u32 }
    }

    /// Whether there is a value.
    #[inline(always)]
    #[must_use]
    pub fn is_some(self) -> bool {
        self.end != 0
    }

    /// First byte.
    #[inline(always)]
    #[must_use]
    pub fn start(self) -> usize {
        (self.start & !ESCAPED) as usize
    }

    /// Byte after the last.
    #[inline(always)]
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Whether a backslash is in it.
    #[inline(always)]
    #[must_use]
    pub fn escaped(self) -> bool {
        self.start & ESCAPED != 0
    }

    /// Its bytes.
    #[inline(always)]
    #[must_use]
    pub fn of(self, data: &[u8]) -> &[u8] {
        data.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// A table of spans: one for each slot of each row.
#[derive(Debug, Default)]
pub struct Spans {
    spans: Vec<Span>,
    slots: usize,
    count: usize,
}

impl Spans {
    /// An empty table, over a vector that is used again.
    #[must_use]
    pub fn over(mut spans: Vec<Span>, slots: usize) -> Self {
        spans.clear();
        Self { spans, slots, count: 0 }
    }

    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Add a row of nothing, to be filled.
    #[inline(always)]
    pub fn push(&mut self) -> &mut [Span] {
        let at = self.spans.len();
        self.spans.resize(at + self.slots, Span::default());
        self.count += 1;
        &mut self.spans[at..]
    }

    /// Take the last row back.
    pub fn pop(&mut self) {
        self.spans.truncate(self.spans.len().saturating_sub(self.slots));
        self.count = self.count.saturating_sub(1);
    }

    /// The spans of one slot, row by row.
    #[inline(always)]
    pub fn column(&self, slot: usize) -> impl ExactSizeIterator<Item = Span> + use<'_> {
        let (spans, slots) = (&self.spans[..], self.slots);
        (0..self.count).map(move |row| spans[row * slots + slot])
    }

    /// One span.
    #[must_use]
    pub fn at(&self, row: usize, slot: usize) -> Span {
        self.spans[row * self.slots + slot]
    }

    /// Leave out the rows in `dropped` (ascending).
    pub fn drop_rows(&mut self, dropped: &[u32]) {
        let mut dropped = dropped.iter().copied().peekable();
        let mut kept = 0;
        for row in 0..self.count {
            if dropped.next_if_eq(&(row as u32)).is_none() {
                self.spans.copy_within(row * self.slots..(row + 1) * self.slots, kept * self.slots);
                kept += 1;
            }
        }
        self.spans.truncate(kept * self.slots);
        self.count = kept;
    }

    /// Give the vector up.
    #[must_use]
    pub fn into_vec(self) -> Vec<Span> {
        self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_dropped_and_the_others_stay() {
        let mut spans = Spans::over(Vec::new(), 2);
        for row in 1..=5 {
            spans.push()[1] = Span::new(row, row + 1, row == 3);
        }
        spans.pop();
        spans.drop_rows(&[0, 3]);
        let kept: Vec<_> = spans.column(1).map(|span| (span.start(), span.escaped())).collect();
        assert_eq!(kept, [(2, false), (3, true)]);
        assert!(!spans.at(0, 0).is_some());
    }
}
