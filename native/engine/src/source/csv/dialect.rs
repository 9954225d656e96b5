//! How the bytes of a CSV file are cut into fields.

use crate::error::{Error, Result};

/// Delimiter, quote and the unquoted text that means NULL. Records end with LF or CR LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub null: Vec<u8>,
}

impl Dialect {
    /// Check that the three can be told apart.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a byte is not ASCII, ends lines, or means two things.
    pub fn new(delimiter: u8, quote: Option<u8>, null: &str) -> Result<Self> {
        let usable = |byte: u8| byte.is_ascii() && byte != b'\n' && byte != b'\r';
        if !usable(delimiter) {
            return Err(Error::Invalid(format!(
                "delimiter {:?} cannot cut fields; use one ASCII character",
                char::from(delimiter)
            )));
        }
        if quote.is_some_and(|byte| !usable(byte) || byte == delimiter) {
            return Err(Error::Invalid("the quote must be one ASCII character other than the delimiter".to_owned()));
        }
        if null.bytes().any(|byte| byte == delimiter || byte == b'\n' || Some(byte) == quote) {
            return Err(Error::Invalid(format!(
                "null string {null:?} cannot stand unquoted in a field of this dialect"
            )));
        }
        Ok(Self { delimiter, quote, null: null.as_bytes().to_vec() })
    }
}
