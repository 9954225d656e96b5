//! Columns that are texts for Arrow: VARCHAR, UUID, JSON. Views point into the window where they can.

use arrow_array::ArrayRef;
use arrow_schema::DataType;

use super::{Cells, Misfit, ReadColumn};
use crate::source::{
    csv::column::{Validity, Views, aside_view, window_view},
    jsonl::{kind::Kind, parser::unescape, spans::Span},
    pool::Pool,
};

/// Longest text that lies in the view itself.
const INLINE: usize = 12;

/// Reads texts.
pub struct Text {
    slot: usize,
    kind: Kind,
    pool: Pool<u128>,
}

impl Text {
    /// A reader of texts, of UUIDs, or of values as they are written.
    #[must_use]
    pub fn new(kind: &Kind, slot: usize) -> Self {
        Self { slot, kind: kind.clone(), pool: Pool::default() }
    }

    /// Whether quotes are no part of the text.
    fn unquotes(&self) -> bool {
        !matches!(self.kind, Kind::Json | Kind::Unseen)
    }
}

impl ReadColumn for Text {
    fn data_type(&self) -> DataType {
        DataType::Utf8View
    }

    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef {
        let spans = cells.column(self.slot);
        let count = spans.len();
        let mut views = self.pool.take();
        let mut validity = Validity::default();
        let mut aside = Vec::new();
        let mut points_into_window = false;
        let unquotes = self.unquotes();
        if views.len() < count {
            views.resize(count, 0);
        }
        for (row, (span, slot)) in spans.zip(&mut views[..count]).enumerate() {
            *slot = 0;
            if cells.is_null(span) {
                validity.set_null(row, count);
                continue;
            }
            if self.kind == Kind::Uuid && !is_uuid(cells, span) {
                misfits.push(Misfit::new(row, span, &self.kind));
                validity.set_null(row, count);
                continue;
            }
            let text = unquotes && cells.first(span) == b'"';
            if text && span.escaped() {
                let start = aside.len();
                let written = span.of(cells.data());
                unescape(&written[1..written.len() - 1], &mut aside);
                *slot = aside_view(start, &mut aside);
                continue;
            }
            if !unquotes && spaced(span.of(cells.data())) {
                let start = aside.len();
                without_spaces(span.of(cells.data()), &mut aside);
                *slot = aside_view(start, &mut aside);
                continue;
            }
            let cell = if text { cells.plain_text(span) } else { cells.cell(span) };
            if let Some(cell) = cell {
                points_into_window |= cell.size() > INLINE;
                *slot = window_view(cell);
            }
        }
        let nulls = validity.finish(count);
        Views { views: self.pool.lend(views), count, aside, nulls, points_into_window }.finish(cells.window)
    }
}

/// Whether there may be white space between the parts of a value.
fn spaced(written: &[u8]) -> bool {
    let spaces = || memchr::memchr3(b' ', b'\n', b'\t', written).or_else(|| memchr::memchr(b'\r', written));
    matches!(written, [b'{' | b'[', ..]) && spaces().is_some()
}

/// Append a value as it is written, but for the white space between its parts: DuckDB has none there.
fn without_spaces(written: &[u8], to: &mut Vec<u8>) {
    let (mut inside, mut escaped) = (false, false);
    for &byte in written {
        if inside || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
            to.push(byte);
        }
        inside ^= byte == b'"' && !escaped;
        escaped = inside && byte == b'\\' && !escaped;
    }
}

/// Whether a value is a text of 32 hexadecimal digits, grouped 8-4-4-4-12.
fn is_uuid(cells: &Cells<'_>, span: Span) -> bool {
    cells.plain_text(span).is_some_and(|cell| reads_uuid(cell.text()))
}

/// Whether a text is 32 hexadecimal digits, grouped 8-4-4-4-12.
#[must_use]
pub fn reads_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
