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
        views.clear();
        views.extend((0..count).map(|row| {
            let span = cells.span(row);
            let (text, quoted) = cells.content(span);
            if quoted {
                if let Some(escape) = cells.dialect.quote.and_then(|quote| memchr(quote, text)) {
                    return unescaped(text, escape, &mut aside);
                }
            } else if text == cells.dialect.null.as_slice() {
                validity.set_null(row, count);
                return 0;
            }
            points_into_window |= text.len() > INLINE;
            view(text, WINDOW, span.start + usize::from(quoted))
        }));
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

/// View of a text that lies at `offset` of a buffer.
fn view(text: &[u8], buffer: u32, offset: usize) -> u128 {
    let mut bytes = [0u8; 16];
    bytes[..4].copy_from_slice(&(text.len() as u32).to_le_bytes());
    if text.len() <= INLINE {
        bytes[4..4 + text.len()].copy_from_slice(text);
    } else {
        bytes[4..8].copy_from_slice(&text[..4]);
        bytes[8..12].copy_from_slice(&buffer.to_le_bytes());
        bytes[12..].copy_from_slice(&(offset as u32).to_le_bytes());
    }
    u128::from_le_bytes(bytes)
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
    let made = view(&aside[start..], ASIDE, start);
    if aside.len() - start <= INLINE {
        aside.truncate(start);
    }
    made
}
