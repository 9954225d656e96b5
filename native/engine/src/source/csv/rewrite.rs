//! Fields in plain form: what a column reads is either bare, or in quotes with doubled quotes in it.
//!
//! Fields written otherwise (escapes, quotes taken leniently, fields that are missing) are written anew behind
//! the window's text; all others stay where they are.

use memchr::memchr;

use super::{
    dialect::Dialect,
    record::{Reading, Span},
};

/// Writes fields of the records of one text.
pub struct Rewriter<'a> {
    data: &'a [u8],
    dialect: &'a Dialect,
    bytes: Vec<u8>,
    null: Option<Span>,
}

impl<'a> Rewriter<'a> {
    /// A writer that has written nothing.
    #[must_use]
    pub fn new(data: &'a [u8], dialect: &'a Dialect) -> Self {
        Self { data, dialect, bytes: Vec::new(), null: None }
    }

    /// Place after the last byte written.
    #[must_use]
    pub fn end(&self) -> usize {
        self.data.len() + self.bytes.len()
    }

    /// What was written, to stand after the text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A field that reads as NULL.
    pub fn null(&mut self) -> Span {
        if let Some(null) = self.null {
            return null;
        }
        let start = self.end();
        self.bytes.extend_from_slice(&self.dialect.null);
        let null = Span { start, end: self.end() };
        self.null = Some(null);
        null
    }

    /// A field of a record read in this way, in plain form.
    #[inline]
    pub fn plain(&mut self, span: Span, reading: Reading) -> Span {
        let text = &self.data[span.start..span.end];
        let (Some(quote), Some(&first)) = (self.dialect.quote, text.first()) else { return span };
        if first != quote || reading == Reading::Strict && self.dialect.escape.is_none() {
            return span;
        }
        self.write(span, quote, reading)
    }

    #[cold]
    fn write(&mut self, span: Span, quote: u8, reading: Reading) -> Span {
        let text = &self.data[span.start..span.end];
        let escape = self.dialect.escape.filter(|&escape| escape != quote);
        let value = match text {
            _ if reading == Reading::Literal && !closes_at_end(text, quote, escape) => text.to_vec(),
            [_, inner @ .., _]
                if memchr(quote, inner).is_some() || escape.is_some_and(|e| memchr(e, inner).is_some()) =>
            {
                value_of(inner, quote, escape)
            }
            _ => return span,
        };
        let start = self.end();
        self.bytes.push(quote);
        for byte in value {
            self.bytes.push(byte);
            if byte == quote {
                self.bytes.push(quote);
            }
        }
        self.bytes.push(quote);
        Span { start, end: self.end() }
    }
}

/// Whether the quote that opens `text` is closed by its last byte.
#[must_use]
pub fn closes_at_end(text: &[u8], quote: u8, escape: Option<u8>) -> bool {
    let mut at = 1;
    while at < text.len() {
        if Some(text[at]) == escape || text[at] == quote && text.get(at + 1) == Some(&quote) {
            at += 2;
        } else if text[at] == quote {
            return at + 1 == text.len();
        } else {
            at += 1;
        }
    }
    false
}

/// Content of quotes as it is meant.
#[must_use]
pub fn value_of(inner: &[u8], quote: u8, escape: Option<u8>) -> Vec<u8> {
    let mut value = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [byte, after @ ..] = rest {
        rest = after;
        if Some(*byte) == escape
            && let [escaped, after @ ..] = after
        {
            value.push(*escaped);
            rest = after;
            continue;
        }
        value.push(*byte);
        if *byte == quote && after.first() == Some(&quote) {
            rest = &after[1..];
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str, escape: Option<u8>, reading: Reading) -> String {
        let dialect = Dialect { escape, ..Dialect::new(b',', Some(b'"'), "NA").unwrap() };
        let mut rewriter = Rewriter::new(text.as_bytes(), &dialect);
        let span = rewriter.plain(Span { start: 0, end: text.len() }, reading);
        let all = [text.as_bytes(), &rewriter.into_bytes()].concat();
        String::from_utf8(all[span.start..span.end].to_vec()).unwrap()
    }

    #[test]
    fn fields_are_written_in_plain_form() {
        use Reading::{Lenient, Literal, Strict};
        let slash = Some(b'\\');
        let cases = [
            ("bare", slash, Strict, "bare"),
            (r#""a ""b""#, None, Strict, r#""a ""b""#),
            (r#""a\"b""#, slash, Strict, r#""a""b""#),
            (r#""a""b\\""#, slash, Strict, r#""a""b\""#),
            (r#""5" wide""#, None, Lenient, r#""5"" wide""#),
            (r#""5"" wide""#, None, Lenient, r#""5"" wide""#),
            (r#""open"#, None, Literal, r#""""open""#),
            (r#"""#, None, Literal, r#""""""#),
            (r#""closed""#, None, Literal, r#""closed""#),
        ];
        for (text, escape, reading, expected) in cases {
            assert_eq!(rewritten(text, escape, reading), expected, "{text} {reading:?}");
        }
    }

    #[test]
    fn a_missing_field_is_null() {
        let dialect = Dialect::new(b',', Some(b'"'), "NA").unwrap();
        let mut rewriter = Rewriter::new(b"1,2", &dialect);
        assert_eq!(rewriter.null(), Span { start: 3, end: 5 });
        assert_eq!(rewriter.null(), Span { start: 3, end: 5 });
        assert_eq!(rewriter.into_bytes(), b"NA");
    }
}
