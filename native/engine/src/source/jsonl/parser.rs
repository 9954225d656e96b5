//! The grammar of RFC 8259, to the letter: values are passed over byte by byte, and the wanted ones noted.
//!
//! The text must be followed by a byte that no value goes on with: a line feed after lines, else a zero.

use super::{
    fields::{Fields, Shape},
    simd::{BLOCK, stops},
    spans::Span,
};

/// Brackets that may be open at once.
const MAX_OPEN: usize = 1024;

/// What is wrong with a text, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub at: usize,
    pub what: &'static str,
}

/// Reads values of a text. With `LINES` a line feed ends every value.
#[derive(Debug)]
pub struct Parser<'a, const LINES: bool> {
    data: &'a [u8],
    flaw: Flaw,
    /// Whether a text that was passed over had a backslash in it; set here, cleared by who asks.
    escaped: bool,
}

const NO_VALUE: &str = "no value starts like this";

impl<'a, const LINES: bool> Parser<'a, LINES> {
    /// A parser of `data`, which holds some bytes more than the text.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, flaw: Flaw { at: 0, what: "" }, escaped: false }
    }

    /// What was wrong where a method returned nothing.
    #[must_use]
    pub fn flaw(&self) -> Flaw {
        self.flaw
    }

    /// The byte at a place; a zero behind the text.
    #[inline(always)]
    #[must_use]
    pub fn byte(&self, at: usize) -> u8 {
        self.data.get(at).copied().unwrap_or_default()
    }

    #[cold]
    #[inline(never)]
    fn fail<T>(&mut self, at: usize, what: &'static str) -> Option<T> {
        let ends = match self.byte(at) {
            b'\n' if LINES => Some("the line ends within a value"),
            0 if !LINES => Some("the text ends within a value"),
            _ => None,
        };
        self.flaw = Flaw { at, what: ends.unwrap_or(what) };
        None
    }

    /// Past white space.
    #[inline(always)]
    #[must_use]
    pub fn blank(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                b' ' | b'\t' | b'\r' => at += 1,
                b'\n' if !LINES => at += 1,
                _ => return at,
            }
        }
    }

    /// Past the value that starts at `at`; `None` where there is none, see [`Self::flaw`].
    #[inline(always)]
    pub fn value(&mut self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'"' => self.string(at),
            b'{' | b'[' => self.nested(at),
            b'-' | b'0'..=b'9' => self.number(at),
            _ => self.word(at),
        }
    }

    #[inline(always)]
    fn word(&mut self, at: usize) -> Option<usize> {
        let rest = self.data.get(at..).unwrap_or_default();
        if rest.starts_with(b"true") || rest.starts_with(b"null") {
            Some(at + 4)
        } else if rest.starts_with(b"false") {
            Some(at + 5)
        } else {
            self.fail(at, NO_VALUE)
        }
    }

    #[inline(always)]
    fn digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    #[inline(always)]
    fn number(&mut self, start: usize) -> Option<usize> {
        let first = start + usize::from(self.byte(start) == b'-');
        let mut at = self.digits(first);
        if at == first {
            return self.fail(at, "a digit must follow the minus");
        }
        if at > first + 1 && self.byte(first) == b'0' {
            return self.fail(first, "a number does not start with zeros");
        }
        if self.byte(at) == b'.' {
            let from = at + 1;
            at = self.digits(from);
            if at == from {
                return self.fail(at, "a digit must follow the point");
            }
        }
        if matches!(self.byte(at), b'e' | b'E') {
            let from = at + 1 + usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
            at = self.digits(from);
            if at == from {
                return self.fail(at, "a digit must follow the exponent's sign");
            }
        }
        Some(at)
    }

    /// Past the text whose quote is at `at`.
    #[inline(always)]
    fn string(&mut self, at: usize) -> Option<usize> {
        let mut at = at + 1;
        loop {
            let Some(block) = self.data.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
                return self.string_end(at);
            };
            let found = stops(block);
            if found == 0 {
                at += BLOCK;
                continue;
            }
            at += found.trailing_zeros() as usize;
            match self.byte(at) {
                b'"' => return Some(at + 1),
                b'\\' => at = self.escape(at)?,
                _ => return self.control(at),
            }
        }
    }

    /// The same where the bytes are few.
    #[cold]
    fn string_end(&mut self, mut at: usize) -> Option<usize> {
        loop {
            match self.byte(at) {
                b'"' => return Some(at + 1),
                b'\\' => at = self.escape(at)?,
                0..=0x1f => return self.control(at),
                _ => at += 1,
            }
        }
    }

    #[cold]
    fn control(&mut self, at: usize) -> Option<usize> {
        self.fail(at, "a control character within a text must be escaped")
    }

    /// Past the escape whose backslash is at `at`.
    fn escape(&mut self, at: usize) -> Option<usize> {
        self.escaped = true;
        match self.byte(at + 1) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
            b'u' => self.unicode(at),
            _ => self.fail(at + 1, "there is no such escape"),
        }
    }

    fn unicode(&mut self, at: usize) -> Option<usize> {
        let Some(unit) = hexadecimal(self.data, at + 2) else {
            return self.fail(at, "four hexadecimal digits must follow \\u");
        };
        match unit {
            0xd800..=0xdbff => {
                let low = self.data.get(at + 6..).and_then(|rest| rest.strip_prefix(b"\\u"));
                match low.and_then(|rest| hexadecimal(rest, 0)) {
                    Some(0xdc00..=0xdfff) => Some(at + 12),
                    _ => self.fail(at, "half of a pair of surrogates is no character"),
                }
            }
            0xdc00..=0xdfff => self.fail(at, "half of a pair of surrogates is no character"),
            _ => Some(at + 6),
        }
    }

    /// Past the object or list that starts at `at`, whatever is in it.
    fn nested(&mut self, start: usize) -> Option<usize> {
        // A bit for each open bracket: whether it is an object's.
        let mut open = [0u64; MAX_OPEN / 64];
        let mut depth = 0;
        let mut at = start;
        'value: loop {
            match self.byte(at) {
                bracket @ (b'{' | b'[') => {
                    if depth == MAX_OPEN {
                        return self.fail(at, "more than 1024 brackets are open");
                    }
                    let object = bracket == b'{';
                    let (word, bit) = (depth / 64, 1 << (depth % 64));
                    open[word] = if object { open[word] | bit } else { open[word] & !bit };
                    depth += 1;
                    at = self.blank(at + 1);
                    let next = self.byte(at);
                    if object && next == b'"' {
                        at = self.key(at)?;
                        continue 'value;
                    }
                    if next != bracket + 2 {
                        if object {
                            return self.fail(at, "a name in quotes, or } must follow");
                        }
                        continue 'value;
                    }
                    at += 1;
                    depth -= 1;
                }
                b'"' => at = self.string(at)?,
                b'-' | b'0'..=b'9' => at = self.number(at)?,
                _ => at = self.word(at)?,
            }
            // A value ended.
            loop {
                if depth == 0 {
                    return Some(at);
                }
                let object = open[(depth - 1) / 64] >> ((depth - 1) % 64) & 1 == 1;
                at = self.blank(at);
                match self.byte(at) {
                    b',' => {
                        at = self.blank(at + 1);
                        if object {
                            at = self.key(at)?;
                        }
                        continue 'value;
                    }
                    b'}' if object => {}
                    b']' if !object => {}
                    _ if object => return self.fail(at, "a comma or } must follow"),
                    _ => return self.fail(at, "a comma or ] must follow"),
                }
                at += 1;
                depth -= 1;
            }
        }
    }

    /// Past a name and its colon, to the value.
    #[inline(always)]
    fn key(&mut self, at: usize) -> Option<usize> {
        if self.byte(at) != b'"' {
            return self.fail(at, "a name in quotes must follow");
        }
        let end = self.string(at)?;
        self.colon(end)
    }

    #[inline(always)]
    fn colon(&mut self, at: usize) -> Option<usize> {
        let at = self.blank(at);
        if self.byte(at) != b':' {
            return self.fail(at, "a colon must follow the name");
        }
        Some(self.blank(at + 1))
    }

    /// The name at `at`, and where its value starts.
    pub fn name(&mut self, at: usize) -> Option<(Span, usize)> {
        if self.byte(at) != b'"' {
            return self.fail(at, "a name in quotes must follow");
        }
        self.escaped = false;
        let end = self.string(at)?;
        let name = Span::new(at, end, self.escaped);
        Some((name, self.colon(end)?))
    }

    /// Past the value at `at`, noting in `row` where what its shape wants lies.
    pub fn wanted(&mut self, at: usize, shape: &mut Shape, row: &mut [Span]) -> Option<usize> {
        let (end, escaped) = match &mut shape.fields {
            Some(fields) if self.byte(at) == b'{' => (self.object(at, fields, row)?, false),
            _ => {
                self.escaped = false;
                (self.value(at)?, self.escaped)
            }
        };
        row[shape.slot] = Span::new(at, end, escaped);
        Some(end)
    }

    /// Past the object at `at`, noting in `row` where its wanted fields lie.
    pub fn object(&mut self, at: usize, fields: &mut Fields, row: &mut [Span]) -> Option<usize> {
        if fields.is_empty() {
            return self.nested(at);
        }
        let mut at = self.blank(at + 1);
        if self.byte(at) == b'}' {
            return Some(at + 1);
        }
        for place in 0.. {
            let start = at;
            let field = match fields.expected(place, self.data.get(at..).unwrap_or_default()) {
                Some((length, field)) => {
                    at = self.blank(at + length);
                    field
                }
                None if place == 0 && self.byte(at) != b'"' => {
                    return self.fail(at, "a name in quotes, or } must follow");
                }
                None => {
                    let value = self.key(at)?;
                    let end = self.data[..value].iter().rposition(|&byte| byte == b':').unwrap_or(value);
                    let field = fields.find(place, &self.data[at..end]);
                    at = value;
                    field
                }
            };
            at = match field {
                None => self.value(at)?,
                Some(field) => {
                    let shape = fields.shape(field);
                    if row[shape.slot].is_some() {
                        return self.fail(start, "a name comes twice in one object");
                    }
                    self.wanted(at, shape, row)?
                }
            };
            at = self.blank(at);
            match self.byte(at) {
                b',' => at = self.blank(at + 1),
                b'}' => return Some(at + 1),
                _ => return self.fail(at, "a comma or } must follow"),
            }
        }
        None
    }
}

/// The four hexadecimal digits at `at`.
fn hexadecimal(data: &[u8], at: usize) -> Option<u32> {
    let digits = data.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, &digit| Some(sum << 4 | char::from(digit).to_digit(16)?))
}

/// Append the content of a text (the bytes between its quotes), which was found to be in order.
pub fn unescape(mut text: &[u8], to: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'\\', text) {
        to.extend_from_slice(&text[..at]);
        let mut used = at + 2;
        match text.get(at + 1).copied().unwrap_or_default() {
            b'b' => to.push(8),
            b'f' => to.push(12),
            b'n' => to.push(b'\n'),
            b'r' => to.push(b'\r'),
            b't' => to.push(b'\t'),
            b'u' => {
                let first = hexadecimal(text, at + 2).unwrap_or_default();
                used = at + 6;
                let code = match (first, hexadecimal(text, at + 8)) {
                    (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                        used = at + 12;
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    _ => first,
                };
                let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                to.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => to.push(other),
        }
        text = text.get(used..).unwrap_or_default();
    }
    to.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a line behind its value, or what is wrong with it and where.
    fn value(text: &str) -> Result<String, (usize, &'static str)> {
        let data = format!("{text}\n");
        let mut parser = Parser::<true>::new(data.as_bytes());
        match parser.value(0) {
            Some(end) => Ok(data[end..].trim_end_matches('\n').to_owned()),
            None => Err((parser.flaw().at, parser.flaw().what)),
        }
    }

    #[test]
    fn values_are_passed_over() {
        for text in [
            "0",
            "-0",
            "12.5e-7",
            "1E+5",
            "\"\"",
            "\"a long text with \\\" and \\u00e9 and \\ud83d\\ude00\"",
            "true",
            "false",
            "null",
            "[]",
            "{}",
            "[ 1 , [ ] , {\"a\" : [{}] } ]",
            "{\"\":{\"b\":\"}\"},\"c\":[1,2]}",
        ] {
            assert_eq!(value(text), Ok(String::new()), "{text}");
            assert_eq!(value(&format!("{text} x")), Ok(" x".to_owned()), "{text}");
        }
        assert_eq!(value(&format!("{}{}", "[".repeat(1024), "]".repeat(1024))), Ok(String::new()));
    }

    #[test]
    fn flaws_are_told_with_their_place() {
        let cases = [
            ("[1,]", 3, NO_VALUE),
            ("{\"a\":1,}", 7, "a name in quotes must follow"),
            ("{a:1}", 1, "a name in quotes, or } must follow"),
            ("{\"a\" 1}", 5, "a colon must follow the name"),
            ("01", 0, "a number does not start with zeros"),
            ("-x", 1, "a digit must follow the minus"),
            ("1.e", 2, "a digit must follow the point"),
            ("1ex", 2, "a digit must follow the exponent's sign"),
            ("\"\t\"", 1, "a control character within a text must be escaped"),
            ("\"\\x\"", 2, "there is no such escape"),
            ("\"\\u12g4\"", 1, "four hexadecimal digits must follow \\u"),
            ("\"\\ud800\"", 1, "half of a pair of surrogates is no character"),
            ("\"\\udc00\"", 1, "half of a pair of surrogates is no character"),
            ("[1}", 2, "a comma or ] must follow"),
            ("{\"a\":1]", 6, "a comma or } must follow"),
            ("[\"", 2, "the line ends within a value"),
            ("", 0, "the line ends within a value"),
            ("NaN", 0, NO_VALUE),
        ];
        for (text, at, what) in cases {
            assert_eq!(value(text), Err((at, what)), "{text}");
        }
        assert_eq!(value(&"[".repeat(1025)), Err((1024, "more than 1024 brackets are open")));
    }

    #[test]
    fn escapes_are_undone() {
        let mut text = Vec::new();
        unescape(br#"a\n\t\"\\\/\u00e9\ud83d\ude00\u0000b"#, &mut text);
        assert_eq!(text, "a\n\t\"\\/é\u{1f600}\0b".as_bytes());
    }
}
