//! A piece of a file → records and fields, by the plain rules: the small reader behind the sniffer.
//!
//! It keeps places, not values, and tells which records break the rules, so that candidates for a
//! dialect can be compared. The rules are those of the scan: a quote opens a field only at its start,
//! a doubled quote is a quote, a bare quote inside an unquoted field is text.

use crate::source::csv::{
    Dialect,
    record::{Reading, Span, read_fields},
    rewrite::{closes_at_end, value_of},
};

/// One field: `bytes[start..end]` without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub start: u32,
    pub end: u32,
    /// Was written in quotes.
    pub quoted: bool,
    /// Holds quotes or escapes that do not stand for themselves.
    pub marked: bool,
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
    /// Is a blank line or a remark.
    pub blank: bool,
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
        record.blank || record.count == 1 && bytes.get(record.start as usize) == Some(&b'#')
    }
}

/// Text of a field as it is meant. `buffer` is room for those that must be rewritten.
pub fn text_of<'a>(bytes: &'a [u8], field: &Field, dialect: &Dialect, buffer: &'a mut Vec<u8>) -> &'a [u8] {
    let raw = &bytes[field.start as usize..field.end as usize];
    match dialect.quote {
        Some(quote) if field.marked => {
            *buffer = value_of(raw, quote, dialect.escape);
            buffer
        }
        _ => raw,
    }
}

/// Cut `bytes` into records; the last one counts if it ends with its line or `is_end` says that the file ends
/// there. Stops after `most` records.
#[must_use]
pub fn split_records(bytes: &[u8], dialect: &Dialect, is_end: bool, most: usize) -> Records {
    let mut out = Records::default();
    let mut spans = Vec::new();
    while out.covered < bytes.len() && out.records.len() < most {
        let start = out.covered;
        let Some(record) = read_fields(bytes, start, dialect, is_end, &mut spans) else { break };
        let first = out.fields.len() as u32;
        out.fields.extend(spans.iter().map(|&span| field_of(bytes, span, dialect, record.reading)));
        out.records.push(Record {
            first,
            count: spans.len() as u32,
            start: start as u32,
            end: record.end as u32,
            broken: record.flaw.is_some(),
            blank: record.remark || spans.len() == 1 && record.text_end == start,
        });
        out.covered = record.end;
    }
    out
}

fn field_of(bytes: &[u8], Span { start, end }: Span, dialect: &Dialect, reading: Reading) -> Field {
    let bare = Field { start: start as u32, end: end as u32, quoted: false, marked: false };
    let text = &bytes[start..end];
    let Some(quote) = dialect.quote.filter(|quote| text.first() == Some(quote)) else { return bare };
    if reading == Reading::Literal && !closes_at_end(text, quote, dialect.escape) {
        return bare;
    }
    // Of a broken field the first part is shown.
    let inner_end = if text.len() > 1 && text.last() == Some(&quote) { end - 1 } else { end };
    let inner = &bytes[start + 1..inner_end];
    let marked = inner.iter().any(|byte| *byte == quote || Some(*byte) == dialect.escape);
    Field { start: start as u32 + 1, end: inner_end as u32, quoted: true, marked }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (Vec<String>, bool);

    fn rows(text: &str, quote: Option<u8>, is_end: bool) -> Vec<Row> {
        let bytes = text.as_bytes();
        let dialect = Dialect::new(b',', quote, "").unwrap();
        let split = split_records(bytes, &dialect, is_end, usize::MAX);
        let row = |record: &Record| {
            let text =
                |field: &Field| String::from_utf8_lossy(text_of(bytes, field, &dialect, &mut Vec::new())).into_owned();
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
            ("\"x\"y,1\n2,3\n", vec![row(&["x\"y", "1"], true), row(&["2", "3"], false)]),
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
