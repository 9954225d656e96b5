//! VARCHAR columns: string views, short ones inline, longer ones into the window, unescaped ones aside.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;
use memchr::memchr;

use super::{super::pool::Pool, Cells, ReadColumn, Values, cells::Validity};

/// Longest text that lies in the view itself.
const INLINE: usize = 12;
/// Place of the window among an array's buffers.
const WINDOW: u32 = 0;
/// Place of the unescaped texts among an array's buffers.
const ASIDE: u32 = 1;

/// Reads texts.
#[derive(Default)]
pub struct Text {
    pool: Pool<u128>,
}

/// Texts read, before they know their buffers.
pub struct Views {
    views: Buffer,
    count: usize,
    aside: Vec<u8>,
    nulls: Option<NullBuffer>,
    pub points_into_window: bool,
}

impl ReadColumn for Text {
    fn data_type(&self) -> DataType {
        DataType::Utf8View
    }

    fn read(&self, cells: &Cells<'_>, _failed: &mut Vec<u32>) -> Values {
        let count = cells.count();
        let mut views = self.pool.take();
        let mut validity = Validity::default();
        let mut aside = Vec::new();
        let mut points_into_window = false;
        if views.len() < count {
            views.resize(count, 0);
        }
        for (row, (content, slot)) in cells.contents().zip(&mut views[..count]).enumerate() {
            let text = cells.text(content);
            if content.quoted {
                if let Some(escape) = cells.dialect.quote.and_then(|quote| memchr(quote, text)) {
                    *slot = unescaped(text, escape, &mut aside);
                    continue;
                }
            } else if text == cells.dialect.null.as_slice() {
                validity.set_null(row, count);
                *slot = 0;
                continue;
            }
            points_into_window |= text.len() > INLINE;
            *slot = padded_view(cells.data, content.start, text.len());
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

/// Bits of the first bytes of a word, by their number.
const FIRST: [u128; INLINE + 1] = {
    let mut masks = [0; INLINE + 1];
    let mut count = 1;
    while count <= INLINE {
        masks[count] = masks[count - 1] << 8 | 0xff;
        count += 1;
    }
    masks
};

/// View of the text of `len` bytes at `start` of a window.
#[inline(always)]
fn padded_view(data: &[u8], start: usize, len: usize) -> u128 {
    let bytes = data[start..].first_chunk().copied().unwrap_or_default();
    view(u128::from_le_bytes(bytes), WINDOW, start, len)
}

/// View of a text of `len` bytes by its first 16, with anything after its end.
#[inline(always)]
fn view(first: u128, buffer: u32, offset: usize, len: usize) -> u128 {
    let inline = (first & FIRST[len.min(INLINE)]) << 32;
    let pointing = u128::from(first as u32) << 32 | u128::from(buffer) << 64 | (offset as u128) << 96;
    len as u128 | if len <= INLINE { inline } else { pointing }
}

/// View of a text whose first doubled quote is at `escape`, written aside with single ones.
fn unescaped(mut text: &[u8], mut escape: usize, aside: &mut Vec<u8>) -> u128 {
    let quote = text[escape];
    let start = aside.len();
    loop {
        aside.extend_from_slice(&text[..=escape]);
        text = text.get(escape + 2..).unwrap_or_default();
        match memchr(quote, text) {
            Some(next) => escape = next,
            None => break,
        }
    }
    aside.extend_from_slice(text);
    let len = aside.len() - start;
    let mut first = [0; 16];
    let kept = len.min(first.len());
    first[..kept].copy_from_slice(&aside[start..start + kept]);
    if len <= INLINE {
        aside.truncate(start);
    }
    view(u128::from_le_bytes(first), ASIDE, start, len)
}
