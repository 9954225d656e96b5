//! The grammar: one record of bytes into fields. This is the meaning; the index is only faster.
//!
//! A quote opens only at the start of a field; elsewhere it is text. Inside quotes a doubled quote is one
//! quote. CR before LF (or before the end of the file) belongs to the line end. Written here and not with
//! the `csv` crate, which tells neither a quoted field from an unquoted one (NULL or empty), nor text after
//! a closing quote, nor a quote never closed, nor where a record lies.

use memchr::{memchr, memchr2};

use super::dialect::Dialect;

/// Bytes `[start, end)` of a field, its quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    TextAfterQuote,
    UnclosedQuote,
}

/// One record: where its text and its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Byte after the line end.
    pub end: usize,
    /// Byte after the text, before CR and LF.
    pub text_end: usize,
    /// First flaw and the field (from 0) that has it.
    pub flaw: Option<(usize, Flaw)>,
}

/// Read the record that starts at `start`, handing each field to `sink`.
///
/// `at_end` says that the file ends where `data` ends. `None` means that `data` ends too early.
///
/// ```
/// use fusionflow_engine::source::csv::{Dialect, Span, read_record};
/// let dialect = Dialect::new(b',', Some(b'"'), "").unwrap();
/// let mut fields = Vec::new();
/// let record = read_record(b"a,\"b\n,\"\r\nnext", 0, &dialect, false, |span| fields.push(span)).unwrap();
/// assert_eq!(fields, [Span { start: 0, end: 1 }, Span { start: 2, end: 7 }]);
/// assert_eq!(record.end, 9);
/// ```
pub fn read_record(
    data: &[u8],
    start: usize,
    dialect: &Dialect,
    at_end: bool,
    mut sink: impl FnMut(Span),
) -> Option<Record> {
    let mut flaw = None;
    let mut field = start;
    for ordinal in 0.. {
        let quoted = dialect.quote.is_some() && data.get(field).copied() == dialect.quote;
        let mut rest = field;
        if quoted {
            match closing_quote(data, field + 1, data[field]) {
                Some(after) => rest = after,
                None if at_end => {
                    sink(Span { start: field, end: data.len() });
                    let flaw = flaw.or(Some((ordinal, Flaw::UnclosedQuote)));
                    return Some(Record { end: data.len(), text_end: data.len(), flaw });
                }
                None => return None,
            }
        }
        let stop = match memchr2(dialect.delimiter, b'\n', &data[rest..]) {
            Some(distance) => rest + distance,
            None if at_end => data.len(),
            None => return None,
        };
        let more = data.get(stop) == Some(&dialect.delimiter);
        let end = if more { stop } else { before_carriage_return(data, rest, stop) };
        if quoted && end > rest {
            flaw = flaw.or(Some((ordinal, Flaw::TextAfterQuote)));
        }
        sink(Span { start: field, end });
        if !more {
            return Some(Record { end: (stop + 1).min(data.len()), text_end: end, flaw });
        }
        field = stop + 1;
    }
    None
}

fn before_carriage_return(data: &[u8], from: usize, stop: usize) -> usize {
    if stop > from && data[stop - 1] == b'\r' { stop - 1 } else { stop }
}

/// Byte after the quote that closes a field whose content starts at `from`.
fn closing_quote(data: &[u8], mut from: usize, quote: u8) -> Option<usize> {
    loop {
        let at = from + memchr(quote, &data[from..])?;
        if data.get(at + 1) != Some(&quote) {
            return Some(at + 1);
        }
        from = at + 2;
    }
}
