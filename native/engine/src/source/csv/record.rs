//! The grammar: one record of bytes into fields. This is the meaning; the index is only faster.
//!
//! A quote opens only at the start of a field; elsewhere it is text. Inside quotes a doubled quote is one
//! quote. CR before LF (or before the end of the file) belongs to the line end. Written here and not with
//! the `csv` crate, which tells neither a quoted field from an unquoted one (NULL or empty), nor text after
//! a closing quote, nor a quote never closed, nor where a record lies.
//!
//! A record that breaks the rules of quoting is read once more in two lenient ways ([`Reading`]). Where one
//! of them gives as many fields as a record has, the record ends there, if that is not later than by the
//! rules: a stray quote does not take its neighbours along.

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
    /// Several lines in quotes, but the fields would be right if some quote were text.
    StrayQuote,
}

/// How quotes are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// By the rules.
    Strict,
    /// A quote closes only before a delimiter or a line end.
    Lenient,
    /// A quote whose field would go on after its closing quote opens nothing: it is text.
    Literal,
}

/// One record: where its text and its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Byte after the line end.
    pub end: usize,
    /// Byte after the text, before CR and LF.
    pub text_end: usize,
    /// First flaw and the field (from 0) that has it; a quote never closed comes before all others.
    pub flaw: Option<(usize, Flaw)>,
    /// The field whose quote is open where the file ends.
    open: Option<usize>,
    /// The reading that gave the fields.
    pub reading: Reading,
    /// Whether it is only a remark.
    pub remark: bool,
}

/// Bytes of a record that is read leniently.
const LENIENT: usize = 64 << 10;

/// Read the record that starts at `start`, handing each field to `sink`.
///
/// `at_end` says that the file ends where `data` ends. `None` means that `data` ends too early. A record that
/// is read leniently keeps its flaw, unless the dialect is not strict.
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
    sink: impl FnMut(Span),
) -> Option<Record> {
    let mut fields = Vec::new();
    let record = read_fields(data, start, dialect, at_end, &mut fields)?;
    fields.into_iter().for_each(sink);
    Some(record)
}

/// As [`read_record`], the fields written over `fields`.
pub fn read_fields(
    data: &[u8],
    start: usize,
    dialect: &Dialect,
    at_end: bool,
    fields: &mut Vec<Span>,
) -> Option<Record> {
    fields.clear();
    let record = Cursor::new(data, dialect, at_end, Reading::Strict).record(start, fields)?;
    let record = if is_doubtful(data, start, &record, fields.len(), dialect) {
        mended(data, start, dialect, at_end, fields, record)?
    } else {
        record
    };
    let unclosed = record.open.map(|field| (field, Flaw::UnclosedQuote));
    Some(Record { flaw: unclosed.or(record.flaw), ..record })
}

/// Whether a record breaks the rules, or has an odd number of fields over several lines.
fn is_doubtful(data: &[u8], start: usize, record: &Record, fields: usize, dialect: &Dialect) -> bool {
    if dialect.column_count == 0 {
        return false;
    }
    match record.flaw {
        Some((_, flaw)) => flaw == Flaw::TextAfterQuote,
        None => {
            fields != dialect.column_count
                && !record.remark
                && dialect.line_starts(&data[start..record.text_end]).next().is_some()
        }
    }
}

/// The shortest lenient reading that gives the right number of fields, else the strict one. `None` means that
/// `data` ends too early to tell.
#[cold]
fn mended(
    data: &[u8],
    start: usize,
    dialect: &Dialect,
    at_end: bool,
    fields: &mut Vec<Span>,
    strict: Record,
) -> Option<Record> {
    let whole = data.len() <= start + LENIENT;
    let head = &data[..data.len().min(start + LENIENT)];
    let mut best = None;
    for reading in [Reading::Lenient, Reading::Literal] {
        let mut found = Vec::with_capacity(fields.len());
        match Cursor::new(head, dialect, at_end && whole, reading).record(start, &mut found) {
            Some(record) if record.flaw.is_none() && found.len() == dialect.column_count => {
                let limit = best.as_ref().map_or(usize::MAX, |&(Record { end, .. }, _)| end);
                if record.end < limit && (record.end <= strict.end || !dialect.strict) {
                    best = Some((record, found));
                }
            }
            None if whole && !at_end => return None,
            _ => {}
        }
    }
    let Some((record, found)) = best else { return Some(strict) };
    *fields = found;
    let flaw = strict.flaw.or(Some((0, Flaw::StrayQuote))).filter(|_| dialect.strict);
    Some(Record { flaw, ..record })
}

/// What ends a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Delimiter,
    Line,
    Comment,
}

struct Cursor<'a> {
    data: &'a [u8],
    dialect: &'a Dialect,
    at_end: bool,
    reading: Reading,
    /// The delimiter of a plain dialect.
    plain: Option<u8>,
}

impl<'a> Cursor<'a> {
    fn new(data: &'a [u8], dialect: &'a Dialect, at_end: bool, reading: Reading) -> Self {
        let plain = dialect.is_plain().then(|| dialect.delimiter[0]);
        Self { data, dialect, at_end, reading, plain }
    }

    fn record(&self, start: usize, fields: &mut Vec<Span>) -> Option<Record> {
        let Self { data, dialect, reading, .. } = *self;
        let mut flaw = None;
        let mut field = start;
        for ordinal in 0.. {
            let mut quoted = dialect.quote.is_some() && data.get(field).copied() == dialect.quote;
            let mut rest = field;
            if quoted {
                match self.closing_quote(field + 1, data[field]) {
                    Some(after) => rest = after,
                    None if self.at_end && reading != Reading::Literal => {
                        fields.push(Span { start: field, end: data.len() });
                        let flaw = flaw.or(Some((ordinal, Flaw::UnclosedQuote)));
                        let (end, open) = (data.len(), Some(ordinal));
                        return Some(Record { end, text_end: end, flaw, open, reading, remark: false });
                    }
                    None if self.at_end => quoted = false,
                    None => return None,
                }
            }
            let (mut stop, mut what) = self.stop(rest)?;
            if quoted && reading == Reading::Literal && self.text_end(rest, stop, what) > rest {
                (rest, quoted) = (field, false);
                (stop, what) = self.stop(rest)?;
            }
            let end = self.text_end(rest, stop, what);
            if quoted && end > rest {
                flaw = flaw.or(Some((ordinal, Flaw::TextAfterQuote)));
            }
            fields.push(Span { start: field, end });
            if what != Stop::Delimiter {
                let remark = what == Stop::Comment && ordinal == 0 && data[start..end].trim_ascii().is_empty();
                let after = self.after_line(stop, what)?;
                return Some(Record { end: after, text_end: end, flaw, open: None, reading, remark });
            }
            field = stop + dialect.delimiter.len();
        }
        None
    }

    /// The first thing from `from` on that ends a field.
    #[inline(always)]
    fn stop(&self, from: usize) -> Option<(usize, Stop)> {
        let Self { data, at_end, .. } = *self;
        let Some(delimiter) = self.plain else { return self.any_stop(from) };
        match memchr2(delimiter, b'\n', &data[from..]) {
            Some(distance) if data[from + distance] == delimiter => Some((from + distance, Stop::Delimiter)),
            Some(distance) => Some((from + distance, Stop::Line)),
            None => at_end.then_some((data.len(), Stop::Line)),
        }
    }

    fn any_stop(&self, from: usize) -> Option<(usize, Stop)> {
        let Self { data, dialect, at_end, .. } = *self;
        let first = dialect.delimiter[0];
        for (at, &byte) in data.iter().enumerate().skip(from) {
            if byte == first {
                let rest = &data[at..];
                if rest.starts_with(&dialect.delimiter) {
                    return Some((at, Stop::Delimiter));
                }
                if dialect.delimiter.starts_with(rest) && !at_end {
                    return None;
                }
            }
            if byte == b'\n' || byte == b'\r' && dialect.carriage_returns {
                return Some((at, Stop::Line));
            }
            if Some(byte) == dialect.comment {
                return Some((at, Stop::Comment));
            }
        }
        at_end.then_some((data.len(), Stop::Line))
    }

    /// Byte after the text of a field that ends at `stop`: before the CR of a line end.
    #[inline(always)]
    fn text_end(&self, from: usize, stop: usize, what: Stop) -> usize {
        if what == Stop::Line && stop > from && self.data[stop - 1] == b'\r' { stop - 1 } else { stop }
    }

    /// Byte after the line that ends, or has its remark, at `stop`.
    #[inline(always)]
    fn after_line(&self, stop: usize, what: Stop) -> Option<usize> {
        let Self { data, dialect, at_end, .. } = *self;
        let mut stop = stop;
        if what == Stop::Comment {
            let ends = |byte: &u8| *byte == b'\n' || *byte == b'\r' && dialect.carriage_returns;
            match data[stop..].iter().position(ends) {
                Some(distance) => stop += distance,
                None if at_end => return Some(data.len()),
                None => return None,
            }
        }
        if data.get(stop) == Some(&b'\r') {
            match data.get(stop + 1) {
                Some(b'\n') => return Some(stop + 2),
                None if !at_end => return None,
                _ => {}
            }
        }
        Some((stop + 1).min(data.len()))
    }

    /// Byte after the quote that closes a field whose content starts at `from`.
    #[inline(always)]
    fn closing_quote(&self, mut from: usize, quote: u8) -> Option<usize> {
        let Self { data, dialect, reading, .. } = *self;
        let escape = dialect.escape.filter(|&escape| escape != quote);
        loop {
            let at = match escape {
                None => from + memchr(quote, data.get(from..)?)?,
                Some(escape) => from + memchr2(quote, escape, data.get(from..)?)?,
            };
            if data[at] != quote {
                from = at + 2;
            } else if reading == Reading::Lenient {
                if self.closes(at)? {
                    return Some(at + 1);
                }
                from = at + 1;
            } else if data.get(at + 1) == Some(&quote) {
                from = at + 2;
            } else {
                return Some(at + 1);
            }
        }
    }

    /// Whether a delimiter, a remark or a line end follows the quote at `at`.
    fn closes(&self, at: usize) -> Option<bool> {
        let Self { data, dialect, at_end, .. } = *self;
        let rest = &data[at + 1..];
        let line = rest.starts_with(b"\n") || rest.starts_with(b"\r\n");
        let alone = dialect.carriage_returns && rest.starts_with(b"\r");
        if line
            || alone
            || rest.starts_with(&dialect.delimiter)
            || rest.first().is_some_and(|&b| Some(b) == dialect.comment)
        {
            return Some(true);
        }
        if !at_end && (rest == b"\r" || dialect.delimiter.starts_with(rest)) {
            return None;
        }
        Some(rest.is_empty() || rest == b"\r")
    }
}
