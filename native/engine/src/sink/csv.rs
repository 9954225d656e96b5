//! Rows of CSV, quoted wherever they would read back as something else.

use arrow_schema::SchemaRef;
use memchr::{memchr, memchr3};

use super::{
    plan::CsvWriting,
    text::{Rows, Texts, push_signed, push_unsigned},
};
use crate::error::Result;

/// Writes rows of CSV.
pub struct CsvRows {
    writing: CsvWriting,
    names: Vec<String>,
}

impl CsvRows {
    /// Write columns of these names.
    pub fn new(writing: CsvWriting, schema: &SchemaRef) -> Self {
        Self { writing, names: schema.fields().iter().map(|field| field.name().clone()).collect() }
    }

    fn text(&self, text: &[u8], to: &mut Vec<u8>) {
        let writing = &self.writing;
        if !writing.force_quote && !self.needs_quotes(text) {
            to.extend_from_slice(text);
            return;
        }
        to.push(writing.quote);
        let mut rest = text;
        while let Some(at) = rest.iter().position(|&byte| byte == writing.quote || byte == writing.escape) {
            to.extend_from_slice(&rest[..at]);
            to.extend_from_slice(&[writing.escape, rest[at]]);
            rest = &rest[at + 1..];
        }
        to.extend_from_slice(rest);
        to.push(writing.quote);
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        let writing = &self.writing;
        text == writing.null
            || text.is_empty()
            || text[0] == b'#'
            || memchr3(b'\n', b'\r', writing.quote, text).is_some()
            || (writing.escape != writing.quote && memchr(writing.escape, text).is_some())
            || match writing.delimiter.as_slice() {
                [delimiter] => memchr(*delimiter, text).is_some(),
                several => memchr::memmem::find(text, several).is_some(),
            }
    }
}

impl Rows for CsvRows {
    fn head(&self, to: &mut Vec<u8>) {
        if !self.writing.header {
            return;
        }
        for (place, name) in self.names.iter().enumerate() {
            if place > 0 {
                to.extend_from_slice(&self.writing.delimiter);
            }
            self.text(name.as_bytes(), to);
        }
        to.push(b'\n');
    }

    fn lines(&self, columns: &[Texts], row: usize, to: &mut Vec<u8>) -> Result<()> {
        for (place, column) in columns.iter().enumerate() {
            if place > 0 {
                to.extend_from_slice(&self.writing.delimiter);
            }
            if column.is_null(row) {
                to.extend_from_slice(&self.writing.null);
                continue;
            }
            match column {
                Texts::Text(values) => self.text(values.value(row).as_bytes(), to),
                Texts::Raw(values) => self.text(values.value(row), to),
                Texts::Boolean(values) => to.extend_from_slice(if values.value(row) { b"true" } else { b"false" }),
                Texts::Signed(values, get) => push_signed(get(values, row), to),
                Texts::Unsigned(values, get) => push_unsigned(get(values, row), to),
            }
        }
        to.push(b'\n');
        Ok(())
    }
}
