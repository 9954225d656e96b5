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
}

/// Read all records of `text`, blank lines included.
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
            at += 1;
            loop {
                if at == text.len() {
                    fields.push(field);
                    return Record { start, end: at, text_end: at, fields, unclosed: true };
                }
                if Some(text[at]) == dialect.quote {
                    at += 1;
                    if at < text.len() && Some(text[at]) == dialect.quote {
                        field.text.push(text[at]);
                        at += 1;
                        continue;
                    }
                    break;
                }
                field.text.push(text[at]);
                at += 1;
            }
        }
        let after = at;
        while at < text.len() && text[at] != dialect.delimiter && text[at] != b'\n' {
            at += 1;
        }
        let more = at < text.len() && text[at] == dialect.delimiter;
        let mut end = at;
        if !more && end > after && text[end - 1] == b'\r' {
            end -= 1;
        }
        if field.quoted {
            field.spoiled = end > after;
        } else {
            field.text.extend_from_slice(&text[after..end]);
        }
        fields.push(field);
        if !more {
            let line_end = (at + 1).min(text.len());
            return Record { start, end: line_end, text_end: end, fields, unclosed: false };
        }
        at += 1;
    }
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
        if record.unclosed && bytes[..bytes.len() - 1].contains(&b'\n') {
            return Content::Unclosed(record.start as u64);
        }
        if width > 1 && record.fields.len() == 1 && record.text_end == record.start {
            continue;
        }
        let spoiled = record.unclosed || record.fields.iter().any(|field| field.spoiled);
        if spoiled || record.fields.len() != width || std::str::from_utf8(bytes).is_err() {
            rejects.push(record.start as u64);
        } else {
            rows.push(record.fields.into_iter().map(|field| value(field, dialect)).collect());
        }
    }
    Content::Rows(rows, rejects)
}

fn value(field: Field, dialect: &Dialect) -> Option<String> {
    let null = !field.quoted && field.text == dialect.null;
    (!null).then(|| String::from_utf8_lossy(&field.text).into_owned())
}
