//! The kernel: masks of 64 bytes → separators outside quotes → wanted positions, verified.

use memchr::{memchr, memchr2};

use super::{
    super::rows::{Rows, Slots},
    layout::Layout,
    portable::Portable,
};
use crate::source::level::Level;

/// Bytes looked at together.
pub const BLOCK: usize = 64;

/// One bit for each byte of a block.
#[derive(Clone, Copy)]
pub struct Masks {
    pub delimiter: u64,
    pub line_feed: u64,
    pub quote: u64,
    /// Not 0 where some byte is not ASCII.
    pub other: u64,
}

/// What an instruction set brings.
pub trait Simd: Copy {
    /// Where the three bytes that matter are.
    fn masks(self, block: &[u8; BLOCK], delimiter: u8, quote: u8) -> Masks;
    /// Each bit the XOR of all bits up to it.
    fn prefix_xor(self, mask: u64) -> u64;
    /// Place of the set bit of this rank (from 0); the rank is below the number of set bits.
    fn select(self, mask: u64, rank: u32) -> u32;
    /// Write the places of all set bits, plus `base`; what stands behind them is overwritten at will.
    #[inline(always)]
    fn write_all(self, mut separators: u64, base: u32, out: &mut [u32; BLOCK]) {
        let count = separators.count_ones() as usize;
        for eight in out.as_chunks_mut::<8>().0.iter_mut().take(count.div_ceil(8)) {
            for slot in eight {
                *slot = base + separators.trailing_zeros();
                separators &= separators.wrapping_sub(1);
            }
        }
    }
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
    /// Whether a CR stands before some line end.
    pub carriage_returns: bool,
    /// Whether there is a quote.
    pub quotes: bool,
    /// Whether all bytes are ASCII for certain.
    pub ascii: bool,
}

/// Rows of the records, their positions written over `positions`.
pub fn index(
    level: Level,
    input: Input<'_>,
    layout: &Layout,
    positions: &mut Vec<u32>,
) -> Result<(Rows, Indexed), Refusal> {
    let found = positions_of(level, input, layout, positions)?;
    let Indexed { records, carriage_returns, quotes, .. } = found;
    let columns = layout.columns.iter().map(|slots| Slots { trim: slots.trim && carriage_returns, ..*slots }).collect();
    let record = Slots { first: 0, last: layout.wanted.len(), add: 1, trim: carriage_returns };
    let quote = input.quote.filter(|_| quotes);
    // SAFETY: the kernel wrote a sentinel and `wanted.len()` ascending positions a record, all at most `len`
    // (a virtual line feed); a field starts behind the separator before it, or at 0 behind the sentinel.
    let rows = unsafe { Rows::indexed(std::mem::take(positions), records, input.len, columns, record, quote) };
    Ok((rows, found))
}

/// Write the wanted positions of every record, after one sentinel.
fn positions_of(level: Level, input: Input<'_>, layout: &Layout, positions: &mut Vec<u32>) -> Result<Indexed, Refusal> {
    match level {
        Level::Portable => run(Portable, input, layout, positions),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => run(super::neon::Neon, input, layout, positions),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => {
            // SAFETY: `Level::Avx2` is made only where the machine has these instructions.
            unsafe { run_avx2(input, layout, positions) }
        }
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => {
            // SAFETY: `Level::Avx512` is made only where the machine has these instructions.
            unsafe { run_avx512(input, layout, positions) }
        }
    }
}

/// # Safety
/// The machine must have the features named.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,pclmulqdq,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2")]
unsafe fn run_avx512(input: Input<'_>, layout: &Layout, positions: &mut Vec<u32>) -> Result<Indexed, Refusal> {
    // SAFETY: the caller's promise.
    let simd = unsafe { super::avx512::Avx512::new() };
    run(simd, input, layout, positions)
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
    state: State,
}

/// What one block hands on to the next. Copied into registers while blocks are taken.
#[derive(Clone, Copy)]
struct State {
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
    /// Not 0 once there was a quote.
    quotes: u64,
    /// Not 0 once there was a byte that is not ASCII.
    other: u64,
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
        let state = State {
            written: 1,
            inside: 0,
            opener: 1,
            closed: 0,
            bad: 0,
            quotes: 0,
            other: 0,
            separators: 0,
            records: 0,
            lines: 0,
            skip: layout.wanted[0],
            slot: 0,
        };
        Self { simd, input, layout, positions, state }
    }

    /// Index bytes `[from, to)`.
    #[inline(always)]
    fn advance(&mut self, from: usize, to: usize) {
        let Input { delimiter, quote, bytes, .. } = self.input;
        let quotes = if quote.is_some() { u64::MAX } else { 0 };
        let quote = quote.unwrap_or(delimiter);
        let mut state = self.state;
        for (place, block) in bytes[from..to].as_chunks::<BLOCK>().0.iter().enumerate() {
            let mut masks = self.simd.masks(block, delimiter, quote);
            masks.quote &= quotes;
            self.take(&mut state, masks, from + place * BLOCK, BLOCK as u32);
        }
        let rest = (to - from) % BLOCK;
        if rest > 0 {
            match bytes[to - rest..].first_chunk::<BLOCK>() {
                Some(block) => {
                    let valid = (1u64 << rest) - 1;
                    let mut masks = self.simd.masks(block, delimiter, quote);
                    masks.delimiter &= valid;
                    masks.line_feed &= valid;
                    masks.quote &= valid & quotes;
                    self.take(&mut state, masks, to - rest, rest as u32);
                }
                None => state.bad = 1,
            }
        }
        self.state = state;
    }

    #[inline(always)]
    fn take(&mut self, state: &mut State, masks: Masks, base: usize, width: u32) {
        let either = masks.delimiter | masks.line_feed;
        let (mut separators, mut ends) = (either, masks.line_feed);
        if masks.quote | state.inside | state.closed != 0 {
            let within = self.simd.prefix_xor(masks.quote) ^ state.inside;
            let marks = either | masks.quote;
            let closes = masks.quote & !within;
            let odd = (closes << 1 | state.closed) & !marks;
            state.quotes |= masks.quote;
            state.bad |= masks.quote & within & !(marks << 1 | state.opener);
            if odd != 0 {
                state.bad |= u64::from(!only_line_ends(self.input.bytes, odd, base, width));
            }
            state.closed = closes >> (width - 1) & 1;
            state.inside = (within.cast_signed() >> 63).cast_unsigned();
            separators &= !within;
            ends &= !within;
        }
        state.opener = (either | masks.quote) >> (width - 1) & 1;
        state.other |= masks.other;
        state.lines += masks.line_feed.count_ones() as usize;
        state.records += ends.count_ones() as usize;
        state.separators += separators.count_ones() as usize;
        if self.positions.len() < state.written + BLOCK {
            let more = self.positions.len();
            self.positions.resize(state.written + BLOCK + more, 0);
        }
        if !self.layout.dense {
            self.write_wanted(state, separators, base as u32);
        } else if let Some(out) = self.positions[state.written..].first_chunk_mut() {
            self.simd.write_all(separators, base as u32, out);
            state.written += separators.count_ones() as usize;
        }
    }

    #[inline(always)]
    fn write_wanted(&mut self, state: &mut State, separators: u64, base: u32) {
        let count = separators.count_ones();
        let (steps, out) = (&self.layout.steps[..], &mut self.positions[..]);
        while state.skip < count {
            out[state.written] = base + self.simd.select(separators, state.skip);
            state.written += 1;
            state.skip += steps[state.slot];
            state.slot += 1;
            if state.slot == steps.len() {
                state.slot = 0;
            }
        }
        state.skip -= count;
    }

    /// Byte after the record that is open at the limit.
    fn end_of_last(&self) -> Result<usize, Refusal> {
        let Input { bytes, len, limit, at_end, delimiter, quote } = self.input;
        if self.state.bad != 0 {
            return Err(Refusal::Irregular);
        }
        let mut inside = self.state.inside != 0;
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
        let Self { input: Input { bytes, len, .. }, layout, positions, state, .. } = self;
        let stride = layout.wanted.len();
        let (mut line_feeds, mut carriage_returns) = (true, false);
        for &at in positions[..state.written].iter().skip(stride).step_by(stride) {
            let at = at as usize;
            line_feeds &= bytes[at] == b'\n';
            carriage_returns |= at > 0 && bytes[at - 1] == b'\r';
        }
        let regular = state.bad == 0
            && state.inside == 0
            && state.separators == state.records * layout.column_count
            && state.written == 1 + state.records * stride
            && line_feeds;
        if !regular {
            return Err(Refusal::Irregular);
        }
        let virtual_line = usize::from(end > len);
        Ok(Indexed {
            records: state.records,
            end: end - virtual_line,
            lines: state.lines - virtual_line,
            carriage_returns,
            quotes: state.quotes != 0,
            ascii: state.other == 0,
        })
    }
}

/// Whether bytes after closing quotes that are no separators are the CRs of line ends.
#[cold]
#[inline(never)]
fn only_line_ends(bytes: &[u8], mut odd: u64, base: usize, width: u32) -> bool {
    let mut only = true;
    while odd != 0 {
        let place = odd.trailing_zeros();
        odd &= odd - 1;
        let at = base + place as usize;
        only &= place >= width || bytes.get(at..at + 2) == Some(b"\r\n");
    }
    only
}
