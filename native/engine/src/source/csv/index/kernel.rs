//! The kernel: masks of 64 bytes → separators outside quotes → wanted positions, verified.

use memchr::{memchr, memchr2};

use super::{layout::Layout, level::Level, portable::Portable};

/// Bytes looked at together.
pub const BLOCK: usize = 64;

/// One bit for each byte of a block.
#[derive(Clone, Copy)]
pub struct Masks {
    pub delimiter: u64,
    pub line_feed: u64,
    pub quote: u64,
}

/// What an instruction set brings.
pub trait Simd: Copy {
    /// Where the three bytes that matter are.
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks;
    /// Each bit the XOR of all bits up to it.
    fn prefix_xor(self, mask: u64) -> u64;
    /// Place of the set bit of this rank (from 0); the rank is below the number of set bits.
    fn select(self, mask: u64, rank: u32) -> u32;
}

/// What is to be indexed: records that start in `bytes[..limit]`, the first one at 0.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Text, then at least [`BLOCK`] more bytes; where the file ends with the text, the first of them is LF.
    pub bytes: &'a [u8],
    pub len: usize,
    pub limit: usize,
    pub at_end: bool,
    pub delimiter: u8,
    pub quote: Option<u8>,
}

/// Why there is no index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The last record goes on after the text.
    NeedsMore,
    /// Something is not as it should be.
    Irregular,
}

/// What was found beside the positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indexed {
    pub records: usize,
    /// Byte after the last record.
    pub end: usize,
    /// Line feeds, those inside quotes included.
    pub lines: usize,
}

/// Write the wanted positions of every record, after one sentinel, to `positions` (all of it is overwritten).
pub fn index(level: Level, input: Input<'_>, layout: &Layout, positions: &mut Vec<u32>) -> Result<Indexed, Refusal> {
    match level {
        Level::Portable => run(Portable, input, layout, positions),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            // SAFETY: `Level::Avx2` is made only where the machine has these instructions.
            unsafe { run_avx2(input, layout, positions) }
        }
    }
}

/// # Safety
/// The machine must have the features named.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq")]
unsafe fn run_avx2(input: Input<'_>, layout: &Layout, positions: &mut Vec<u32>) -> Result<Indexed, Refusal> {
    // SAFETY: the caller's promise.
    let simd = unsafe { super::avx2::Avx2::new() };
    run(simd, input, layout, positions)
}

#[inline(always)]
fn run<S: Simd>(simd: S, input: Input<'_>, layout: &Layout, positions: &mut Vec<u32>) -> Result<Indexed, Refusal> {
    let mut kernel = Kernel::new(simd, input, layout, positions);
    kernel.advance(0, input.limit.min(input.len));
    let end = kernel.end_of_last()?;
    if end > input.limit.min(input.len) {
        kernel.advance(input.limit.min(input.len), end);
    }
    kernel.finish(end)
}

struct Kernel<'a, S> {
    simd: S,
    input: Input<'a>,
    layout: &'a Layout,
    positions: &'a mut Vec<u32>,
    /// Positions written.
    written: usize,
    /// All ones inside quotes.
    inside: u64,
    /// 1 where the byte before is a separator, a quote, or the start.
    opener: u64,
    /// 1 where the byte before closed a quote.
    closed: u64,
    /// Not 0 once a quote stands where none may.
    bad: u64,
    separators: usize,
    records: usize,
    lines: usize,
    /// Sparse: separators to pass before the next wanted one, and its place in the layout.
    skip: u32,
    slot: usize,
}

impl<'a, S: Simd> Kernel<'a, S> {
    #[inline(always)]
    fn new(simd: S, input: Input<'a>, layout: &'a Layout, positions: &'a mut Vec<u32>) -> Self {
        if positions.is_empty() {
            positions.resize(4096, 0);
        }
        positions[0] = u32::MAX;
        Self {
            simd,
            input,
            layout,
            positions,
            written: 1,
            inside: 0,
            opener: 1,
            closed: 0,
            bad: 0,
            separators: 0,
            records: 0,
            lines: 0,
            skip: layout.wanted[0],
            slot: 0,
        }
    }

    /// Index bytes `[from, to)`.
    #[inline(always)]
    fn advance(&mut self, from: usize, to: usize) {
        let Input { delimiter, quote, bytes, .. } = self.input;
        let quote_byte = quote.unwrap_or(delimiter);
        for (place, block) in bytes[from..to].as_chunks::<BLOCK>().0.iter().enumerate() {
            let mut masks = self.simd.masks(block, delimiter, quote_byte);
            masks.quote &= 0u64.wrapping_sub(u64::from(quote.is_some()));
            self.take(masks, from + place * BLOCK, BLOCK as u32);
        }
        let rest = (to - from) % BLOCK;
        if rest > 0 {
            let Some(block) = bytes[to - rest..].first_chunk::<BLOCK>() else {
                self.bad = 1;
                return;
            };
            let valid = (1u64 << rest) - 1;
            let mut masks = self.simd.masks(block, delimiter, quote_byte);
            masks.delimiter &= valid;
            masks.line_feed &= valid;
            masks.quote &= if quote.is_some() { valid } else { 0 };
            self.take(masks, to - rest, rest as u32);
        }
    }

    #[inline(always)]
    fn take(&mut self, masks: Masks, base: usize, width: u32) {
        let either = masks.delimiter | masks.line_feed;
        let (mut separators, mut ends) = (either, masks.line_feed);
        if masks.quote | self.inside | self.closed != 0 {
            let within = self.simd.prefix_xor(masks.quote) ^ self.inside;
            let marks = either | masks.quote;
            self.bad |= masks.quote & within & !(marks << 1 | self.opener);
            let closes = masks.quote & !within;
            let odd = (closes << 1 | self.closed) & !marks;
            if odd != 0 {
                self.check_line_ends(odd, base, width);
            }
            self.closed = closes >> (width - 1) & 1;
            self.inside = (within.cast_signed() >> 63).cast_unsigned();
            separators &= !within;
            ends &= !within;
        }
        self.opener = (either | masks.quote) >> (width - 1) & 1;
        self.lines += masks.line_feed.count_ones() as usize;
        self.records += ends.count_ones() as usize;
        if self.layout.dense { self.write_all(separators, base) } else { self.write_wanted(separators, base) }
    }

    /// Bytes after a closing quote that are no separators: each must be the CR of a line end.
    #[cold]
    fn check_line_ends(&mut self, mut odd: u64, base: usize, width: u32) {
        while odd != 0 {
            let place = odd.trailing_zeros();
            odd &= odd - 1;
            if place < width {
                let at = base + place as usize;
                self.bad |= u64::from(self.input.bytes.get(at..at + 2) != Some(b"\r\n"));
            }
        }
    }

    #[inline(always)]
    fn write_all(&mut self, mut separators: u64, base: usize) {
        let count = separators.count_ones() as usize;
        self.separators += count;
        let out = self.room();
        let mut written = 0;
        while written < count {
            for slot in &mut out[written..written + 8] {
                *slot = base as u32 + separators.trailing_zeros();
                separators &= separators.wrapping_sub(1);
            }
            written += 8;
        }
        self.written += count;
    }

    #[inline(always)]
    fn write_wanted(&mut self, separators: u64, base: usize) {
        let count = separators.count_ones();
        self.separators += count as usize;
        let (mut skip, mut slot, simd, steps) = (self.skip, self.slot, self.simd, &self.layout.steps[..]);
        let out = self.room();
        let mut written = 0;
        while skip < count {
            out[written] = base as u32 + simd.select(separators, skip);
            written += 1;
            skip += steps[slot];
            slot += 1;
            if slot == steps.len() {
                slot = 0;
            }
        }
        self.skip = skip - count;
        self.slot = slot;
        self.written += written;
    }

    /// Room for the positions of one block.
    #[inline(always)]
    fn room(&mut self) -> &mut [u32] {
        if self.positions.len() < self.written + BLOCK {
            let more = self.positions.len();
            self.positions.resize(self.written + BLOCK + more, 0);
        }
        &mut self.positions[self.written..self.written + BLOCK]
    }

    /// Byte after the record that is open at the limit.
    fn end_of_last(&self) -> Result<usize, Refusal> {
        let Input { bytes, len, limit, at_end, delimiter, quote } = self.input;
        if self.bad != 0 {
            return Err(Refusal::Irregular);
        }
        let mut inside = self.inside != 0;
        let mut at = limit.min(len);
        if !inside && at > 0 && bytes[at - 1] == b'\n' {
            return Ok(at);
        }
        let text = &bytes[..len + usize::from(at_end)];
        let separates = |byte: &u8| *byte == delimiter || *byte == b'\n' || Some(*byte) == quote;
        loop {
            let found = match (inside, quote) {
                (true, Some(quote)) => memchr(quote, &text[at..]),
                (_, Some(quote)) => memchr2(quote, b'\n', &text[at..]),
                (_, None) => memchr(b'\n', &text[at..]),
            };
            let Some(distance) = found else {
                return Err(if at_end { Refusal::Irregular } else { Refusal::NeedsMore });
            };
            at += distance + 1;
            if !inside && text[at - 1] == b'\n' {
                return Ok(at);
            }
            // Without this a stray quote would have the rest of the file read in search of another one.
            let lawful = match inside {
                true => text.get(at).is_none_or(|byte| separates(byte) || *byte == b'\r'),
                false => at < 2 || separates(&text[at - 2]),
            };
            if !lawful {
                return Err(Refusal::Irregular);
            }
            inside = !inside;
        }
    }

    fn finish(self, end: usize) -> Result<Indexed, Refusal> {
        let stride = self.layout.wanted.len();
        let ends = self.positions[..self.written].iter().skip(stride).step_by(stride);
        let bytes = self.input.bytes;
        let regular = self.bad == 0
            && self.inside == 0
            && self.separators == self.records * self.layout.column_count
            && self.written == 1 + self.records * stride
            && ends.fold(true, |regular, &at| regular & (bytes[at as usize] == b'\n'));
        if !regular {
            return Err(Refusal::Irregular);
        }
        let virtual_line = usize::from(end > self.input.len);
        Ok(Indexed { records: self.records, end: end - virtual_line, lines: self.lines - virtual_line })
    }
}
