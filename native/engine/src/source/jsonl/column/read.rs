//! What reads a column, and what it reads.

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_schema::DataType;

use super::{boolean::Booleans, list::List, map::Map, primitive, structs::Struct, text::Text, words::Words};
use crate::{
    source::{
        csv::value::cell::Cell,
        jsonl::{
            fields::Shape,
            kind::Kind,
            parser::unescape,
            spans::{Span, Spans},
        },
    },
    types::ColumnType,
};

/// The values of a window.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    /// The window's text and the bytes kept after it; arrays may point there.
    pub window: &'a Buffer,
    pub spans: &'a Spans,
}

/// A value that does not fit its column's type.
#[derive(Clone, Debug)]
pub struct Misfit {
    pub row: u32,
    pub span: Span,
    /// What is wrong with it: "is not a DATE".
    pub what: String,
}

impl Misfit {
    /// A value that is not of a kind.
    #[cold]
    #[must_use]
    pub fn new(row: usize, span: Span, kind: &Kind) -> Self {
        Self { row: row as u32, span, what: format!("is not a {kind}") }
    }
}

/// Reads one column; kept from window to window for its buffers.
pub trait ReadColumn: Send {
    /// Arrow type of the arrays.
    fn data_type(&self) -> DataType;

    /// Read every row's value. Those that do not fit are NULL and told.
    fn read(&mut self, cells: &Cells<'_>, misfits: &mut Vec<Misfit>) -> ArrayRef;
}

/// The reader of a kind. `few` are the slots with few different texts; what is not `fixed` is read strictly.
#[must_use]
pub fn reader_of(kind: &Kind, shape: &Shape, fixed: bool, few: &[usize]) -> Box<dyn ReadColumn> {
    let slot = shape.slot;
    match kind {
        Kind::Struct(fields) => Box::new(Struct::new(kind, fields, shape, fixed, few)),
        Kind::List(element) => Box::new(List::new(kind, element, shape, fixed)),
        Kind::Map(value) => Box::new(Map::new(kind, value, shape, fixed)),
        Kind::Scalar(ColumnType::Varchar) if few.contains(&slot) => Box::new(Words::new(slot)),
        Kind::Scalar(ColumnType::Varchar) | Kind::Uuid | Kind::Json | Kind::Unseen => Box::new(Text::new(kind, slot)),
        Kind::Scalar(ColumnType::Boolean) => Box::new(Booleans { slot, fixed }),
        Kind::Scalar(other) => primitive::reader_of(*other, slot, fixed),
    }
}

/// One value: NULL, a text (without its quotes), or anything else as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Text(&'a [u8]),
    Other(&'a [u8]),
}

impl<'a> Cells<'a> {
    /// The bytes that spans are of.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.window.as_slice()
    }

    /// The spans of a slot.
    pub fn column(&self, slot: usize) -> impl ExactSizeIterator<Item = Span> + use<'a> {
        self.spans.column(slot)
    }

    /// Whether a span is of nothing, or of null.
    #[inline(always)]
    #[must_use]
    pub fn is_null(&self, span: Span) -> bool {
        !span.is_some() || self.first(span) == b'n'
    }

    /// First byte of a value.
    #[inline(always)]
    #[must_use]
    pub fn first(&self, span: Span) -> u8 {
        self.data().get(span.start()).copied().unwrap_or_default()
    }

    /// The bytes of a span, as they are written.
    #[inline(always)]
    #[must_use]
    pub fn cell(&self, span: Span) -> Option<Cell<'a>> {
        Cell::new(self.data(), span.start(), span.end())
    }

    /// The bytes of a text without backslashes.
    #[inline(always)]
    #[must_use]
    pub fn plain_text(&self, span: Span) -> Option<Cell<'a>> {
        let plain = self.first(span) == b'"' && !span.escaped() && span.is_some();
        if plain { Cell::new(self.data(), span.start() + 1, span.end() - 1) } else { None }
    }

    /// The value of a span; a text with backslashes is undone in `scratch`.
    #[must_use]
    pub fn value<'b>(&self, span: Span, scratch: &'b mut Vec<u8>) -> Value<'b>
    where
        'a: 'b,
    {
        let written = span.of(self.data());
        match written {
            [] | [b'n', ..] => Value::Null,
            [b'"', text @ .., b'"'] if span.escaped() => {
                scratch.clear();
                unescape(text, scratch);
                Value::Text(scratch)
            }
            [b'"', text @ .., b'"'] => Value::Text(text),
            _ => Value::Other(written),
        }
    }
}
