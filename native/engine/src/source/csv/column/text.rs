//! VARCHAR columns: string views, short ones inline, longer ones into the window, unescaped ones aside.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use memchr::memchr;

use super::{super::value::cell::Cell, Cells, ReadColumn, Values, cells::Validity};
use crate::source::pool::Pool;

/// Longest text that lies in the view itself.
const INLINE: usize = 12;
/// Place of the window among an array's buffers.
const WINDOW: u64 = 0;
/// Place of the unescaped texts among an array's buffers.
const ASIDE: u64 = 1;

/// Reads texts.
#[derive(Default)]
pub struct Text {
    pool: Pool<u128>,
}

/// Texts read, before they know their buffers.
pub struct Views {
    pub views: Buffer,
    pub count: usize,
    pub aside: Vec<u8>,
    pub nulls: Option<NullBuffer>,
    pub points_into_window: bool,
}

impl ReadColumn for Text {
    fn data_type(&self) -> DataType {
        DataType::Utf8View
    }

    fn read(&mut self, cells: &Cells<'_>, _failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut views = self.pool.take();
        let mut validity = Validity::default();
        let mut aside = Vec::new();
        let mut points_into_window = false;
        if views.len() < count {
            views.resize(count, 0);
        }
        for (row, (content, slot)) in cells.contents().zip(&mut views[..count]).enumerate() {
            let text = content.cell.text();
            if content.quoted {
                if let Some(escape) = cells.dialect.quote.and_then(|quote| memchr(quote, text)) {
                    *slot = unescaped(text, escape, &mut aside);
                    continue;
                }
            } else if cells.dialect.is_null(text) {
                validity.set_null(row, count);
                *slot = 0;
                continue;
            }
            points_into_window |= text.len() > INLINE;
            *slot = window_view(content.cell);
        }
        Values::Views(Views {
            views: self.pool.lend(views),
            count,
            aside,
            nulls: validity.finish(count),
            points_into_window,
        })
    }
}

impl Views {
    /// The array over the window's bytes.
    pub fn finish(self, window: &Buffer) -> ArrayRef {
        let buffers = match (self.points_into_window, self.aside.is_empty()) {
            (false, true) => vec![],
            (true, true) => vec![window.clone()],
            (points, false) => {
                let first = if points { window.clone() } else { Buffer::from_vec(Vec::<u8>::new()) };
                vec![first, Buffer::from_vec(self.aside)]
            }
        };
        let views = ScalarBuffer::new(self.views, 0, self.count);
        // SAFETY: every view is inline or lies inside its buffer (`view` took its bytes from there), and only
        // records that are valid UTF-8 become rows; fields are cut at ASCII bytes.
        Arc::new(unsafe { StringViewArray::new_unchecked(views, buffers.into(), self.nulls) })
    }
}

/// Bits of the first bytes of a view's inline text, by the text's length: those beside the length, those after.
const INLINE_BITS: [(u64, u64); INLINE + 1] = {
    let mut bits = [(0, 0); INLINE + 1];
    let mut len = 1;
    while len <= INLINE {
        let all = bits[len - 1];
        bits[len] = if len <= 4 { (all.0 << 8 | 0xff << 32, 0) } else { (all.0, all.1 << 8 | 0xff) };
        len += 1;
    }
    bits
};

/// View of a text in the window.
#[inline(always)]
pub fn window_view(cell: Cell<'_>) -> u128 {
    view(cell.word::<0>(), cell.word::<8>(), WINDOW, cell.start(), cell.size())
}

/// View of a text of `len` bytes by its first 16, with anything after its end.
#[inline(always)]
fn view(first: u64, second: u64, buffer: u64, offset: usize, len: usize) -> u128 {
    let low = first << 32;
    let (low, high) = if len <= INLINE {
        let bits = INLINE_BITS[len];
        (low & bits.0, (first >> 32 | second << 32) & bits.1)
    } else {
        (low, buffer | (offset as u64) << 32)
    };
    u128::from(low | len as u64) | u128::from(high) << 64
}

/// View of a text whose first doubled quote is at `escape`, written aside with single ones.
fn unescaped(text: &[u8], escape: usize, aside: &mut Vec<u8>) -> u128 {
    let start = aside.len();
    unescape(text, escape, aside);
    aside_view(start, aside)
}

/// View of a text that was written aside, from `start` on; a short one need not stay there.
pub fn aside_view(start: usize, aside: &mut Vec<u8>) -> u128 {
    let len = aside.len() - start;
    let mut first = [0; 16];
    let kept = len.min(first.len());
    first[..kept].copy_from_slice(&aside[start..start + kept]);
    let first = u128::from_le_bytes(first);
    if len <= INLINE {
        aside.truncate(start);
    }
    view(first as u64, (first >> 64) as u64, ASIDE, start, len)
}

/// Write a text whose first doubled quote is at `escape` with single ones.
pub fn unescape(mut text: &[u8], mut escape: usize, to: &mut Vec<u8>) {
    let quote = text[escape];
    loop {
        to.extend_from_slice(&text[..=escape]);
        text = text.get(escape + 2..).unwrap_or_default();
        match memchr(quote, text) {
            Some(next) => escape = next,
            None => break,
        }
    }
    to.extend_from_slice(text);
}
