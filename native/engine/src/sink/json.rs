//! Rows of JSON, one object a line.

use arrow_schema::SchemaRef;

use super::text::{Rows, Texts, push_signed, push_unsigned};
use crate::error::{Error, Result};

/// Writes rows of JSON.
pub struct JsonRows {
    /// What stands before each value: a comma, the name and a colon.
    names: Vec<Vec<u8>>,
}

impl JsonRows {
    /// Write columns of these names.
    pub fn new(schema: &SchemaRef) -> Self {
        let name = |(place, name): (usize, &String)| {
            let mut text = vec![if place == 0 { b'{' } else { b',' }];
            push_text(name, &mut text);
            text.push(b':');
            text
        };
        Self { names: schema.fields().iter().map(|field| field.name()).enumerate().map(name).collect() }
    }
}

impl Rows for JsonRows {
    fn head(&self, _: &mut Vec<u8>) {}

    fn lines(&self, columns: &[Texts], row: usize, to: &mut Vec<u8>) -> Result<()> {
        for (name, column) in self.names.iter().zip(columns) {
            to.extend_from_slice(name);
            if column.is_null(row) {
                to.extend_from_slice(b"null");
                continue;
            }
            match column {
                Texts::Text(values) => push_text(values.value(row), to),
                Texts::Raw(values) => push_raw(values.value(row), to)?,
                Texts::Boolean(values) => to.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
                Texts::Signed(values, get) => push_signed(get(values, row), to),
                Texts::Unsigned(values, get) => push_unsigned(get(values, row), to),
            }
        }
        to.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// Write a text as JSON does, with the escapes of RFC 8259.
fn push_text(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    let bytes = text.as_bytes();
    let mut begin = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        to.extend_from_slice(&bytes[begin..at]);
        begin = at + 1;
        match byte {
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            _ => to.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    to.extend_from_slice(&bytes[begin..]);
    to.push(b'"');
}

/// Write what is JSON but for numbers that JSON does not have.
fn push_raw(text: &[u8], to: &mut Vec<u8>) -> Result<()> {
    let (mut quoted, mut escaped) = (false, false);
    for &byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'N' | b'I' if !quoted => {
                let value = if byte == b'N' { "NaN" } else { "Infinity" };
                return Err(Error::Invalid(format!("JSON has no {value}: write NULL, or a text, in its place")));
            }
            _ => {}
        }
    }
    to.extend_from_slice(text);
    Ok(())
}
