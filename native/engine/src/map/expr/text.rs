//! Texts of a column, whatever holds them.

use arrow_array::{
    Array, ArrayRef, DictionaryArray, LargeStringArray, StringArray, StringViewArray, cast::AsArray, types::Int32Type,
};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

use crate::error::{Error, Result};

/// A column of texts.
#[derive(Clone, Copy, Debug)]
pub enum Texts<'a> {
    Views(&'a StringViewArray),
    Words(&'a DictionaryArray<Int32Type>, &'a StringArray),
    Plain(&'a StringArray),
    Large(&'a LargeStringArray),
}

impl<'a> Texts<'a> {
    /// The texts of a column.
    ///
    /// # Errors
    /// [`Error::Unfit`] where it holds none.
    pub fn of(array: &'a ArrayRef) -> Result<Self> {
        let kind = array.data_type();
        let found = match kind {
            DataType::Utf8View => array.as_string_view_opt().map(Self::Views),
            DataType::Utf8 => array.as_string_opt().map(Self::Plain),
            DataType::LargeUtf8 => array.as_string_opt().map(Self::Large),
            DataType::Dictionary(_, _) => array
                .as_dictionary_opt::<Int32Type>()
                .and_then(|words| words.values().as_string_opt().map(|texts| Self::Words(words, texts))),
            _ => None,
        };
        found.ok_or_else(|| Error::Unfit(format!("a column of {kind} holds no texts")))
    }

    /// The text of a row that is not NULL.
    #[inline(always)]
    #[must_use]
    pub fn text(self, row: usize) -> &'a [u8] {
        match self {
            Self::Views(array) => array.value(row).as_bytes(),
            Self::Words(words, texts) => texts.value(words.keys().value(row) as usize).as_bytes(),
            Self::Plain(array) => array.value(row).as_bytes(),
            Self::Large(array) => array.value(row).as_bytes(),
        }
    }

    /// For each row whether its text meets a test; anything where it is NULL.
    pub fn meeting(self, test: impl Fn(&[u8]) -> bool) -> BooleanBuffer {
        match self {
            Self::Views(array) => BooleanBuffer::collect_bool(array.len(), |row| test(array.value(row).as_bytes())),
            Self::Plain(array) => BooleanBuffer::collect_bool(array.len(), |row| test(array.value(row).as_bytes())),
            Self::Large(array) => BooleanBuffer::collect_bool(array.len(), |row| test(array.value(row).as_bytes())),
            Self::Words(words, texts) => {
                let known: Vec<bool> = (0..texts.len()).map(|at| test(texts.value(at).as_bytes())).collect();
                let numbers = words.keys().values();
                BooleanBuffer::collect_bool(numbers.len(), |row| {
                    known.get(numbers[row] as usize).copied().unwrap_or_default()
                })
            }
        }
    }
}
