//! Rows that are no fields between delimiters: somebody else finds them in whole lines (see `source::text`),
//! and they are read, typed, rejected and reported like all others.

use std::fmt::Debug;

use memchr::{memchr, memchr_iter, memrchr};

use super::{
    locate::MAX_RECORD,
    plan::ScanPlan,
    record::Span,
    rows::Rows,
    tolerant::{Cut, Refused},
};
use crate::{
    error::{Error, Result},
    source::{
        encoding::Encoding,
        file::{OpenFile, Window},
        plan::ColumnSpec,
    },
};

/// Bytes read beyond a window whose last line goes on.
const STEP: usize = 16 << 10;

/// Makes what finds rows: one for each pass.
pub trait FindRows: Debug + Send + Sync {
    /// Begin to find rows of these columns.
    fn begin(&self, columns: &[ColumnSpec]) -> Box<dyn RowFinder>;
}

/// Finds rows in lines.
pub trait RowFinder: Send {
    /// Add the rows of some lines.
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut);
}

/// Whole lines of a window, valid UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    /// The window's text and the bytes kept after it.
    pub data: &'a [u8],
    /// Bytes of the text; what is written anew comes after them.
    pub len: usize,
    /// Where the lines are.
    pub span: Span,
    /// Byte of the file where the text starts.
    pub base: u64,
    pub encoding: Encoding,
}

impl<'a> Lines<'a> {
    /// The lines' bytes.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        &self.data[self.span.start..self.span.end]
    }

    /// Each line without its end: LF, or CR LF.
    pub fn each(&self) -> impl Iterator<Item = Span> + use<'a> {
        let text = self.text();
        let mut start = self.span.start;
        let data = self.data;
        let last = (text.last() != Some(&b'\n') && !text.is_empty()).then_some(self.span.end);
        let first = self.span.start;
        memchr_iter(b'\n', text).map(move |at| first + at).chain(last).map(move |end| {
            let from = std::mem::replace(&mut start, end + 1);
            let end = if end > from && data[end - 1] == b'\r' { end - 1 } else { end };
            Span { start: from, end }
        })
    }
}

/// Cut the lines that start before `limit` into rows; the window is read on to the end of the last one.
///
/// # Errors
/// [`Error::Refused`] where a line is too long, or as the file reads.
pub fn cut_lines(
    finder: &mut dyn RowFinder,
    window: &mut Window,
    file: &OpenFile,
    limit: usize,
    plan: &ScanPlan,
) -> Result<Cut> {
    let end = end_of_lines(window, file, limit)?;
    let (data, len) = (window.padded(), window.text().len());
    let mut cut = Cut {
        rows: Rows::pairs(plan.columns.len(), len, None),
        refused: Vec::new(),
        end,
        lines: memchr_iter(b'\n', &data[..end]).count(),
        rewritten: Vec::new(),
        kept: 0,
    };
    let encoding = plan.dialect.encoding;
    let lines = Lines { data, len, span: Span { start: 0, end }, base: window.base(), encoding };
    if simdutf8::basic::from_utf8(lines.text()).is_ok() {
        finder.find(&lines, &mut cut);
    } else {
        find_in_valid(finder, &lines, &mut cut);
    }
    Ok(cut)
}

/// Find rows in the lines that are text; the others are refused.
fn find_in_valid(finder: &mut dyn RowFinder, lines: &Lines<'_>, cut: &mut Cut) {
    let mut start = lines.span.start;
    for line in lines.each() {
        let Err(error) = simdutf8::compat::from_utf8(&lines.data[line.start..line.end]) else { continue };
        if start < line.start {
            finder.find(&Lines { span: Span { start, end: line.start }, ..*lines }, cut);
        }
        let after = &lines.data[line.end..lines.span.end];
        start = memchr(b'\n', after).map_or(lines.span.end, |at| line.end + at + 1);
        let place = lines.encoding.length_of(&lines.data[line.start..line.start + error.valid_up_to()]);
        let name = lines.encoding.to_string().to_uppercase();
        let reason = format!("invalid {name} at byte {place} of the line");
        cut.refused.push(Refused { span: line, column: None, reason });
    }
    if start < lines.span.end {
        finder.find(&Lines { span: Span { start, end: lines.span.end }, ..*lines }, cut);
    }
}

/// Place after the last line that starts before `limit`.
fn end_of_lines(window: &mut Window, file: &OpenFile, limit: usize) -> Result<usize> {
    let (mut more, from) = (STEP, limit.max(1) - 1);
    loop {
        let text = window.text();
        let found = memchr(b'\n', text.get(from..).unwrap_or_default()).map(|at| from + at + 1);
        let end = found.or_else(|| window.reaches_end_of(file).then_some(text.len()));
        let reached = end.unwrap_or(text.len());
        if reached > MAX_RECORD {
            let start = memrchr(b'\n', &text[..from.min(text.len())]).map_or(0, |at| at + 1);
            if reached - start > MAX_RECORD {
                return Err(Error::Refused {
                    path: file.path().to_owned(),
                    offset: window.offset_of(start),
                    what: "a line of more than 64 MiB".to_owned(),
                    hint: "is it text? lines end with a line feed; exclude the file from the pattern".to_owned(),
                });
            }
        }
        match end {
            Some(end) => return Ok(end),
            None => window.extend(file, more)?,
        }
        more *= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_a_feed_or_with_the_text() {
        let cases: [(&str, &[&str]); 6] = [
            ("a\nb\n", &["a", "b"]),
            ("a\r\n\r\nb", &["a", "", "b"]),
            ("\n", &[""]),
            ("a\rb\n", &["a\rb"]),
            ("\r", &[""]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            let lines = Lines {
                data: text.as_bytes(),
                len: text.len(),
                span: Span { start: 0, end: text.len() },
                base: 0,
                encoding: Encoding::Utf8,
            };
            let found: Vec<&str> = lines.each().map(|span| &text[span.start..span.end]).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
