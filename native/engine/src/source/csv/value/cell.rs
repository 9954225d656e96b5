//! A field's bytes inside a window, so placed that whole words can be read over its end.

/// Bytes that can be read after the end of every cell.
pub const MARGIN: usize = 32;

/// `data[start..end]`, with at least [`MARGIN`] bytes after it.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    data: &'a [u8],
    start: usize,
    end: usize,
}

impl Default for Cell<'_> {
    /// No bytes.
    fn default() -> Self {
        Self { data: &[0; MARGIN], start: 0, end: 0 }
    }
}

impl<'a> Cell<'a> {
    /// The cell, if it lies in `data` as it must.
    #[inline(always)]
    #[must_use]
    pub fn new(data: &'a [u8], start: usize, end: usize) -> Option<Self> {
        (start <= end && end + MARGIN <= data.len()).then_some(Self { data, start, end })
    }

    /// The cell, unchecked.
    ///
    /// # Safety
    /// `start <= end` and `end + MARGIN <= data.len()`.
    #[inline(always)]
    #[must_use]
    pub unsafe fn new_unchecked(data: &'a [u8], start: usize, end: usize) -> Self {
        debug_assert!(start <= end && end + MARGIN <= data.len());
        Self { data, start, end }
    }

    /// Place of its first byte.
    #[inline(always)]
    #[must_use]
    pub fn start(self) -> usize {
        self.start
    }

    /// Number of its bytes.
    #[inline(always)]
    #[must_use]
    pub fn size(self) -> usize {
        self.end - self.start
    }

    /// Its bytes.
    #[inline(always)]
    #[must_use]
    pub fn text(self) -> &'a [u8] {
        // SAFETY: the type's invariant.
        unsafe { self.data.get_unchecked(self.start..self.end) }
    }

    /// Eight bytes from its byte `OFFSET` on, over its end where it is short.
    #[inline(always)]
    #[must_use]
    pub fn word<const OFFSET: usize>(self) -> u64 {
        const { assert!(OFFSET + 8 <= MARGIN) };
        // SAFETY: `start + OFFSET + 8 <= end + MARGIN <= data.len()`.
        unsafe { self.data.as_ptr().add(self.start + OFFSET).cast::<u64>().read_unaligned().to_le() }
    }

    /// Its last eight bytes; before them its start where it is short.
    #[inline(always)]
    #[must_use]
    pub fn last_word(self) -> u64 {
        let at = self.end.saturating_sub(8);
        // SAFETY: `at + 8 <= end + MARGIN <= data.len()`.
        unsafe { self.data.as_ptr().add(at).cast::<u64>().read_unaligned().to_le() }
    }

    /// Its last sixteen bytes as two words; before them what stands before it. Zeros where the data has too few.
    #[inline(always)]
    #[must_use]
    pub fn last_words(self) -> [u64; 2] {
        let Some(at) = self.end.checked_sub(16) else { return [0; 2] };
        // SAFETY: `at + 16 == end <= data.len()`.
        let words = unsafe { self.data.as_ptr().add(at).cast::<[u64; 2]>().read_unaligned() };
        [words[0].to_le(), words[1].to_le()]
    }

    /// Whether it starts with a minus, and the cell after that. No branch: signs are hard to foresee.
    #[inline(always)]
    #[must_use]
    pub fn after_minus(self) -> (bool, Self) {
        let negative = (self.word::<0>() as u8 == b'-') & (self.start < self.end);
        (negative, Self { start: self.start + usize::from(negative), ..self })
    }

    /// The cell without its first and last byte, if it starts with this one.
    #[inline(always)]
    #[must_use]
    pub fn inside(self, quote: u8) -> Option<Self> {
        let quoted = self.size() > 1 && self.word::<0>() as u8 == quote;
        quoted.then(|| Self { data: self.data, start: self.start + 1, end: self.end - 1 })
    }

    /// The cell without a CR at its end.
    #[inline(always)]
    #[must_use]
    pub fn without_carriage_return(self) -> Self {
        let trimmed = self.text().last() == Some(&b'\r');
        Self { end: self.end - usize::from(trimmed), ..self }
    }
}
