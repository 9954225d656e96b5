//! How the bytes of a CSV file are cut into fields.

use memchr::{memchr, memchr_iter};

use crate::error::{Error, Result};
use crate::source::encoding::Encoding;

/// What stands between fields, around them, at the ends of records, and what means NULL.
///
/// [`Self::new`] makes the plain kind (RFC 4180, the delimiter free); the rest is set by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between fields: one ASCII character, rarely more.
    pub delimiter: Vec<u8>,
    pub quote: Option<u8>,
    /// Inside quotes: takes the special meaning of the byte after it. A doubled quote is a quote all the same.
    pub escape: Option<u8>,
    /// Starts a remark that goes on to the end of the line, outside quotes.
    pub comment: Option<u8>,
    /// The unquoted text that means NULL, and others that do.
    pub null: Vec<u8>,
    pub more_nulls: Vec<Vec<u8>>,
    /// Whether a CR alone ends a record, too. LF and CR LF always do.
    pub carriage_returns: bool,
    /// Whether fields that a record lacks at its end are NULL.
    pub null_padding: bool,
    /// Whether records that break the rules of quoting, or end in surplus empty fields, are refused although
    /// it can be told what they mean.
    pub strict: bool,
    /// Fields of a record, for records that break the rules: where one of them may end. 0: unknown.
    pub column_count: usize,
    pub encoding: Encoding,
}

impl Dialect {
    /// Check that the three can be told apart.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a byte is not ASCII, ends lines, or means two things.
    pub fn new(delimiter: u8, quote: Option<u8>, null: &str) -> Result<Self> {
        let dialect = Self {
            delimiter: vec![delimiter],
            quote,
            escape: None,
            comment: None,
            null: null.as_bytes().to_vec(),
            more_nulls: Vec::new(),
            carriage_returns: false,
            null_padding: false,
            strict: true,
            column_count: 0,
            encoding: Encoding::Utf8,
        };
        dialect.check()?;
        Ok(dialect)
    }

    /// Check that all parts can be told apart.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming what is not ASCII, ends lines, or means two things.
    pub fn check(&self) -> Result<()> {
        let usable = |byte: u8| byte.is_ascii() && byte != b'\n' && byte != b'\r';
        if self.delimiter.is_empty() || !self.delimiter.iter().all(|&byte| usable(byte)) {
            return Err(Error::Invalid(format!(
                "delimiter {:?} cannot cut fields; use one ASCII character",
                String::from_utf8_lossy(&self.delimiter)
            )));
        }
        let delimits = |byte: u8| self.delimiter.contains(&byte);
        if self.quote.is_some_and(|byte| !usable(byte) || delimits(byte)) {
            return Err(Error::Invalid("the quote must be one ASCII character other than the delimiter".to_owned()));
        }
        if self.escape.is_some_and(|byte| !usable(byte) || delimits(byte)) {
            return Err(Error::Invalid("the escape must be one ASCII character other than the delimiter".to_owned()));
        }
        let taken = |byte: u8| delimits(byte) || Some(byte) == self.quote || Some(byte) == self.escape;
        if self.comment.is_some_and(|byte| !usable(byte) || taken(byte)) {
            return Err(Error::Invalid(
                "the comment must be one ASCII character other than delimiter, quote and escape".to_owned(),
            ));
        }
        let stands =
            |null: &[u8]| !null.iter().any(|&byte| delimits(byte) || byte == b'\n' || Some(byte) == self.quote);
        match self.nulls().find(|null| !stands(null)) {
            Some(null) => Err(Error::Invalid(format!(
                "null string {:?} cannot stand unquoted in a field of this dialect",
                String::from_utf8_lossy(null)
            ))),
            None => Ok(()),
        }
    }

    /// The texts that mean NULL.
    pub fn nulls(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.null).chain(&self.more_nulls).map(Vec::as_slice)
    }

    /// Whether an unquoted text means NULL.
    #[inline(always)]
    #[must_use]
    pub fn is_null(&self, text: &[u8]) -> bool {
        text == self.null.as_slice() || !self.more_nulls.is_empty() && self.more_nulls.iter().any(|null| null == text)
    }

    /// The delimiter, where nothing in `text` is beyond the plain kind of dialect.
    #[must_use]
    pub fn plain_delimiter(&self, text: &[u8]) -> Option<u8> {
        let &[delimiter] = self.delimiter.as_slice() else { return None };
        let absent = |byte: Option<u8>| byte.is_none_or(|byte| memchr(byte, text).is_none());
        let lines = || memchr_iter(b'\r', text).all(|at| text.get(at + 1) == Some(&b'\n'));
        (absent(self.escape) && absent(self.comment) && (!self.carriage_returns || lines())).then_some(delimiter)
    }

    /// Whether records are cut by one delimiter byte, quotes and line feeds alone.
    #[inline(always)]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.delimiter.len() == 1 && self.escape.is_none() && self.comment.is_none() && !self.carriage_returns
    }

    /// Places after line ends in `text`, in order. A CR at the end of the text may be half of one: none yet.
    pub fn line_starts<'a>(&self, text: &'a [u8]) -> Box<dyn Iterator<Item = usize> + 'a> {
        if !self.carriage_returns {
            return Box::new(memchr_iter(b'\n', text).map(|at| at + 1));
        }
        let ends = memchr::memchr2_iter(b'\n', b'\r', text);
        Box::new(
            ends.filter(|&at| text[at] == b'\n' || text.get(at + 1).is_some_and(|&next| next != b'\n'))
                .map(|at| at + 1),
        )
    }

    /// Number of line ends.
    #[must_use]
    pub fn count_lines(&self, text: &[u8]) -> usize {
        let feeds = memchr_iter(b'\n', text).count();
        let alone = |&at: &usize| text.get(at + 1) != Some(&b'\n');
        feeds + if self.carriage_returns { memchr_iter(b'\r', text).filter(alone).count() } else { 0 }
    }
}
