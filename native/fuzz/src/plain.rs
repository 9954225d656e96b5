//! The plain reader: the grammar once more, byte by byte, as slow and as simple as can be.
//!
//! It shares no code with the engine on purpose: what both say is what the documentation says.

use fusionflow_engine::source::csv::Dialect;

/// A field: its text without quotes, and whether quotes stood around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub text: Vec<u8>,
    pub quoted: bool,
    /// Bytes stood between the closing quote and the end of the field.
    pub spoiled: bool,
}

/// A record and the bytes `[start, end)` it was read from, line end included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub start: usize,
    pub end: usize,
    /// Byte after its text, before CR and LF.
    pub text_end: usize,
    pub fields: Vec<Field>,
    /// A quote was open where the file ends.
    pub unclosed: bool,
    /// Only a remark.
    pub remark: bool,
}

/// Read all records of `text`, blank lines and remarks included.
#[must_use]
pub fn read(text: &[u8], dialect: &Dialect) -> Vec<Record> {
    let mut records = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let record = read_one(text, at, dialect);
        at = record.end;
        records.push(record);
    }
    records
}

fn read_one(text: &[u8], start: usize, dialect: &Dialect) -> Record {
    let mut fields = Vec::new();
    let mut at = start;
    loop {
        let mut field = Field::default();
        if at < text.len() && Some(text[at]) == dialect.quote {
            field.quoted = true;
            let Some(after) = read_quoted(text, at + 1, text[at], dialect.escape, &mut field.text) else {
                fields.push(field);
                return Record { start, end: text.len(), text_end: text.len(), fields, unclosed: true, remark: false };
            };
            at = after;
        }
        let after = at;
        while at < text.len() && !is_stop(text, at, dialect) {
            at += 1;
        }
        let more = text[at..].starts_with(&dialect.delimiter);
        let comment = at < text.len() && Some(text[at]) == dialect.comment;
        let mut end = at;
        if !more && !comment && end > after && text[end - 1] == b'\r' {
            end -= 1;
        }
        if field.quoted {
            field.spoiled = end > after;
        } else {
            field.text.extend_from_slice(&text[after..end]);
        }
        fields.push(field);
        if !more {
            let remark = comment && fields.len() == 1 && text[start..end].trim_ascii().is_empty();
            return Record { start, end: line_end(text, at, dialect), text_end: end, fields, unclosed: false, remark };
        }
        at += dialect.delimiter.len();
    }
}

/// The content of quotes that starts at `at`; byte after the closing quote, `None` where there is none.
fn read_quoted(text: &[u8], mut at: usize, quote: u8, escape: Option<u8>, into: &mut Vec<u8>) -> Option<usize> {
    while at < text.len() {
        if text[at] != quote && Some(text[at]) == escape {
            into.push(*text.get(at + 1)?);
            at += 2;
        } else if text[at] != quote {
            into.push(text[at]);
            at += 1;
        } else if text.get(at + 1) == Some(&quote) {
            into.push(quote);
            at += 2;
        } else {
            return Some(at + 1);
        }
    }
    None
}

fn is_line_end(byte: u8, dialect: &Dialect) -> bool {
    byte == b'\n' || byte == b'\r' && dialect.carriage_returns
}

fn is_stop(text: &[u8], at: usize, dialect: &Dialect) -> bool {
    text[at..].starts_with(&dialect.delimiter) || is_line_end(text[at], dialect) || Some(text[at]) == dialect.comment
}

/// Byte after the line that `at` is in.
fn line_end(text: &[u8], at: usize, dialect: &Dialect) -> usize {
    let stop = (at..text.len()).find(|&at| is_line_end(text[at], dialect)).unwrap_or(text.len());
    if text[stop..].starts_with(b"\r\n") { stop + 2 } else { (stop + 1).min(text.len()) }
}

/// What a file of VARCHAR columns holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The rows and the first byte of each reject.
    Rows(Vec<Row>, Vec<u64>),
    /// The record that starts at this byte swallows the lines behind it.
    Unclosed(u64),
}

/// Texts of a record; `None` is NULL.
pub type Row = Vec<Option<String>>;

/// Read `text` as records of `width` texts.
#[must_use]
pub fn content(text: &[u8], dialect: &Dialect, width: usize) -> Content {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for record in read(text, dialect) {
        let bytes = &text[record.start..record.end];
        let inner = line_end(bytes, 0, dialect);
        if record.unclosed && inner < bytes.len() {
            return Content::Unclosed(record.start as u64);
        }
        if record.remark || width > 1 && record.fields.len() == 1 && record.text_end == record.start {
            continue;
        }
        let spoiled = record.unclosed || record.fields.iter().any(|field| field.spoiled);
        if spoiled || !fits(&record.fields, width, dialect) || std::str::from_utf8(bytes).is_err() {
            rejects.push(record.start as u64);
        } else {
            let values = record.fields.into_iter().map(|field| value(field, dialect));
            rows.push(values.chain(std::iter::repeat(None)).take(width).collect());
        }
    }
    Content::Rows(rows, rejects)
}

fn fits(fields: &[Field], width: usize, dialect: &Dialect) -> bool {
    let surplus = fields.get(width..).unwrap_or_default();
    let empty = |field: &Field| field.text.is_empty() && !field.quoted;
    let short = fields.len() < width && !dialect.null_padding;
    !short && (surplus.is_empty() || !dialect.strict && surplus.iter().all(empty))
}

fn value(field: Field, dialect: &Dialect) -> Option<String> {
    let null = !field.quoted && dialect.nulls().any(|null| null == field.text);
    (!null).then(|| String::from_utf8_lossy(&field.text).into_owned())
}
