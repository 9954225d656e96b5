//! Texts that are made of texts.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, DictionaryArray, cast::AsArray, types::Int32Type};
use arrow_buffer::NullBuffer;

use super::Texts;
use crate::{
    error::{Error, Result},
    map::keys::text_array,
    source::text::{lowered, raised},
};

/// What is made of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextChange {
    Lower,
    Upper,
    /// Characters from the one at a place on, the first being 0, and so many of them.
    Part(usize, usize),
    /// So many characters at the end.
    End(usize),
}

impl TextChange {
    /// The changed texts of a column; different texts are looked at once where they are known.
    ///
    /// # Errors
    /// [`Error::Unfit`](crate::error::Error::Unfit) where they are too long together.
    pub fn of(self, array: &ArrayRef) -> Result<ArrayRef> {
        if let Some(words) = array.as_dictionary_opt::<Int32Type>() {
            let changed = self.each(words.values())?;
            let made = DictionaryArray::<Int32Type>::try_new(words.keys().clone(), changed);
            return made.map(|made| Arc::new(made) as ArrayRef).map_err(|error| Error::Unfit(error.to_string()));
        }
        self.each(array)
    }

    fn each(self, array: &ArrayRef) -> Result<ArrayRef> {
        let texts = Texts::of(array)?;
        let mut made = Made::default();
        for row in 0..array.len() {
            if array.is_valid(row) {
                self.write(texts.text(row), &mut made.bytes);
            }
            made.end();
        }
        made.array(array.nulls().cloned())
    }

    /// Add what is made of a text.
    pub fn write(self, text: &[u8], bytes: &mut Vec<u8>) {
        match self {
            Self::Lower | Self::Upper if text.is_ascii() => {
                let start = bytes.len();
                bytes.extend_from_slice(text);
                match self {
                    Self::Lower => bytes[start..].make_ascii_lowercase(),
                    _ => bytes[start..].make_ascii_uppercase(),
                }
            }
            Self::Lower | Self::Upper => {
                let change = if self == Self::Lower { lowered } else { raised };
                for character in String::from_utf8_lossy(text).chars() {
                    bytes.extend_from_slice(change(character).encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
            Self::Part(first, count) => {
                let rest = &text[place(text, first)..];
                bytes.extend_from_slice(&rest[..place(rest, count)]);
            }
            Self::End(count) => {
                let characters = text.iter().filter(|&&byte| begins(byte)).count();
                bytes.extend_from_slice(&text[place(text, characters.saturating_sub(count))..]);
            }
        }
    }
}

/// Texts of two columns, one after the other.
///
/// # Errors
/// [`Error::Unfit`](crate::error::Error::Unfit) where they are too long together, or no texts.
pub fn joined(left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef> {
    let nulls = NullBuffer::union(left.logical_nulls().as_ref(), right.logical_nulls().as_ref());
    let (one, other) = (Texts::of(left)?, Texts::of(right)?);
    let mut made = Made::default();
    for row in 0..left.len() {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            made.bytes.extend_from_slice(one.text(row));
            made.bytes.extend_from_slice(other.text(row));
        }
        made.end();
    }
    made.array(nulls)
}

/// Texts one after the other.
#[derive(Default)]
struct Made {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Made {
    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn array(&self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let starts = std::iter::once(&0).chain(&self.ends);
        text_array(starts.zip(&self.ends).map(|(&start, &end)| &self.bytes[start..end]), nulls)
    }
}

/// Whether a byte begins a character.
fn begins(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// Where so many characters of a text end.
fn place(text: &[u8], characters: usize) -> usize {
    let mut beginning = text.iter().enumerate().filter(|&(_, &byte)| begins(byte)).map(|(at, _)| at);
    beginning.nth(characters).unwrap_or(text.len())
}
