//! A piece of a file → records and fields, by the plain rules: the small reader behind the sniffer.
//!
//! It keeps places, not values, and tells which records break the rules, so that candidates for a
//! dialect can be compared. The rules are those of the scan: a quote opens a field only at its start,
//! a doubled quote is a quote, a bare quote inside an unquoted field is text.

use memchr::{memchr, memchr2};

/// One field: `bytes[start..end]` without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub start: u32,
    pub end: u32,
    /// Was written in quotes.
    pub quoted: bool,
    /// Holds doubled quotes that stand for one.
    pub doubled: bool,
}

/// One record: `fields[first..first + count]`, bytes `[start, end)` with its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub first: u32,
    pub count: u32,
    pub start: u32,
    pub end: u32,
    /// Breaks the rules of quoting: text after a closing quote, or a quote that never closes.
    pub broken: bool,
}

/// The complete records of a piece.
#[derive(Debug, Default)]
pub struct Records {
    pub fields: Vec<Field>,
    pub records: Vec<Record>,
    /// Bytes that the complete records cover.
    pub covered: usize,
}

impl Records {
    /// Fields of one record.
    #[must_use]
    pub fn fields_of(&self, record: &Record) -> &[Field] {
        &self.fields[record.first as usize..(record.first + record.count) as usize]
    }

    /// Whether a record tells nothing of the table: a blank line, or a `#` remark without a delimiter.
    #[must_use]
    pub fn is_remark(&self, bytes: &[u8], record: &Record) -> bool {
        self.is_blank(record) || record.count == 1 && bytes.get(record.start as usize) == Some(&b'#')
    }

    /// Whether a record is a line with nothing on it.
    #[must_use]
    pub fn is_blank(&self, record: &Record) -> bool {
        matches!(self.fields_of(record), [field] if field.start == field.end && !field.quoted)
    }
}

/// Text of a field, doubled quotes made single. `buffer` is room for those that must be rewritten.
pub fn text_of<'a>(bytes: &'a [u8], field: &Field, quote: Option<u8>, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let raw = &bytes[field.start as usize..field.end as usize];
    let Some(quote) = quote.filter(|_| field.doubled) else {
        return raw;
    };
    buffer.clear();
    let mut rest = raw;
    while let Some(place) = memchr(quote, rest) {
        buffer.extend_from_slice(&rest[..=place]);
        rest = rest.get(place + 2..).unwrap_or_default();
    }
    buffer.extend_from_slice(rest);
    buffer
}

/// Cut `bytes` into records; the last one counts if it ends with a line feed or `is_end` says that the
/// file ends there. Stops after `most` records.
#[must_use]
pub fn split_records(bytes: &[u8], delimiter: u8, quote: Option<u8>, is_end: bool, most: usize) -> Records {
    let mut out = Records::default();
    let mut at = 0;
    while at < bytes.len() && out.records.len() < most {
        let first = out.fields.len();
        let (end, ended, broken) = split_record(bytes, at, delimiter, quote, &mut out.fields);
        if !ended && !is_end {
            out.fields.truncate(first);
            break;
        }
        let count = (out.fields.len() - first) as u32;
        out.records.push(Record { first: first as u32, count, start: at as u32, end: end as u32, broken });
        out.covered = end;
        at = end;
    }
    out
}

/// Cut one record. Returns the byte after it, whether a line feed ended it, and whether it is broken.
fn split_record(
    bytes: &[u8],
    start: usize,
    delimiter: u8,
    quote: Option<u8>,
    fields: &mut Vec<Field>,
) -> (usize, bool, bool) {
    let mut at = start;
    let mut broken = false;
    loop {
        let mut field = Field { start: at as u32, end: at as u32, quoted: false, doubled: false };
        if quote.is_some() && bytes.get(at).copied() == quote {
            let closing = close_quote(bytes, at, &mut field);
            broken |= closing.is_none();
            at = closing.unwrap_or(bytes.len());
        }
        let stop = memchr2(delimiter, b'\n', &bytes[at..]).map_or(bytes.len(), |offset| at + offset);
        let line_end = stop == bytes.len() || bytes[stop] == b'\n';
        let end = if line_end && stop > at && bytes[stop - 1] == b'\r' { stop - 1 } else { stop };
        if field.quoted {
            broken |= end > at;
        } else {
            field.end = end as u32;
        }
        fields.push(field);
        if line_end {
            return ((stop + 1).min(bytes.len()), stop < bytes.len(), broken);
        }
        at = stop + 1;
    }
}

/// Find the end of the quoted field that opens at `at`. Returns the byte after its closing quote.
fn close_quote(bytes: &[u8], at: usize, field: &mut Field) -> Option<usize> {
    let quote = bytes[at];
    field.quoted = true;
    field.start = at as u32 + 1;
    field.end = bytes.len() as u32;
    let mut from = at + 1;
    loop {
        let place = from + memchr(quote, &bytes[from..])?;
        if bytes.get(place + 1) == Some(&quote) {
            field.doubled = true;
            from = place + 2;
        } else {
            field.end = place as u32;
            return Some(place + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (Vec<String>, bool);

    fn rows(text: &str, quote: Option<u8>, is_end: bool) -> Vec<Row> {
        let bytes = text.as_bytes();
        let split = split_records(bytes, b',', quote, is_end, usize::MAX);
        let row = |record: &Record| {
            let text =
                |field: &Field| String::from_utf8_lossy(text_of(bytes, field, quote, &mut Vec::new())).into_owned();
            (split.fields_of(record).iter().map(text).collect(), record.broken)
        };
        split.records.iter().map(row).collect()
    }

    fn row(fields: &[&str], broken: bool) -> Row {
        (fields.iter().map(ToString::to_string).collect(), broken)
    }

    #[test]
    fn records_are_cut_by_the_rules() {
        let quote = Some(b'"');
        let cases: &[(&str, Vec<Row>)] = &[
            ("a,b\n1,2\n", vec![row(&["a", "b"], false), row(&["1", "2"], false)]),
            ("a,b\r\n1,\r\n", vec![row(&["a", "b"], false), row(&["1", ""], false)]),
            ("\"x,\ny\",1\n", vec![row(&["x,\ny", "1"], false)]),
            ("\"he \"\"said\"\"\",\"\"\r\n", vec![row(&["he \"said\"", ""], false)]),
            ("5\" pipe,a\"b\n", vec![row(&["5\" pipe", "a\"b"], false)]),
            ("\"x\"y,1\n2,3\n", vec![row(&["x", "1"], true), row(&["2", "3"], false)]),
            ("a,\"open\n1,2\n", vec![row(&["a", "open\n1,2\n"], true)]),
            (",\n\n", vec![row(&["", ""], false), row(&[""], false)]),
            ("a,b", vec![row(&["a", "b"], false)]),
        ];
        for (text, expected) in cases {
            assert_eq!(&rows(text, quote, true), expected, "{text:?}");
        }
    }

    #[test]
    fn an_unfinished_record_counts_only_at_the_end_of_the_file() {
        assert_eq!(rows("a,b\n1,2", Some(b'"'), false), [row(&["a", "b"], false)]);
        assert_eq!(rows("a,b\n1,\"2\n3", Some(b'"'), false), [row(&["a", "b"], false)]);
        assert_eq!(rows("a,b\n1,2", Some(b'"'), true).len(), 2);
    }

    #[test]
    fn without_a_quote_it_is_a_letter() {
        assert_eq!(rows("\"a,b\"\n", None, true), [row(&["\"a", "b\""], false)]);
    }
}
