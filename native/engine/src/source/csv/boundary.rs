//! Where a block's first record starts: a belief, proven later by the chain of true ends.
//!
//! The first of the next few line feeds after which records look right is taken. Where none does, both
//! hypotheses, "the block starts outside quotes" and "inside", are scored over a longer stretch.

use memchr::memchr;

use super::{
    dialect::Dialect,
    locate::MAX_RECORD,
    record::{Record, Span, read_record},
};
use crate::error::Result;
use crate::source::file::{OpenFile, Window};

/// Line feeds tried one by one: one inside quotes is dismissed by the first quote that follows.
const CANDIDATES: usize = 32;
/// Bytes read for those.
const NEAR: usize = 4 << 10;
/// Bytes scored where those fail.
const FAR: usize = 64 << 10;
/// Records that must look right after a line feed.
const EVIDENCE: usize = 4;

/// Believe in a record start at or after `offset`; the byte before it is read too.
///
/// # Errors
/// As the file reads.
pub fn believed_start(
    file: &OpenFile,
    window: &mut Window,
    offset: u64,
    dialect: &Dialect,
    column_count: usize,
) -> Result<u64> {
    let unit = dialect.encoding.unit();
    let from = (offset.next_multiple_of(unit)).saturating_sub(unit);
    window.load(file, from, from + NEAR as u64)?;
    let grammar = Strict { dialect, column_count };
    if let Some(start) = grammar.near(window.text(), window.reaches_end_of(file)) {
        return Ok(window.offset_of(start));
    }
    window.extend(file, FAR - NEAR)?;
    loop {
        let at_end = window.reaches_end_of(file);
        match grammar.scored(window.text(), at_end) {
            Some(start) => return Ok(window.offset_of(start)),
            None if at_end || window.text().len() > MAX_RECORD => return Ok(file.size()),
            None => window.extend(file, window.text().len())?,
        }
    }
}

/// The grammar without its mercy: what a well-formed file looks like.
struct Strict<'a> {
    dialect: &'a Dialect,
    column_count: usize,
}

impl Strict<'_> {
    /// The first of the next line feeds after which records look right.
    fn near(&self, data: &[u8], at_end: bool) -> Option<usize> {
        let Some(quote) = self.dialect.quote else {
            return self.dialect.line_starts(data).next().or(at_end.then_some(data.len()));
        };
        let starts = || self.dialect.line_starts(data).take(CANDIDATES);
        let found = starts().find(|&start| self.looks_right(data, start, at_end))?;
        // Without a quote between them an earlier line feed is outside quotes if the found one is.
        starts().find(|&start| start == found || memchr(quote, &data[start..found]).is_none())
    }

    fn looks_right(&self, data: &[u8], start: usize, at_end: bool) -> bool {
        let wanted = if self.column_count == 1 { 4 * EVIDENCE } else { EVIDENCE };
        let mut at = start;
        for seen in 0..wanted {
            if at >= data.len() {
                return at_end || seen > 0;
            }
            match self.judge(data, at, at_end) {
                Some((record, true)) => at = record.end,
                Some((_, false)) => return false,
                None => return seen > 0,
            }
        }
        true
    }

    /// The start of the better of both hypotheses; `None` where no line ends in `data`.
    fn scored(&self, data: &[u8], at_end: bool) -> Option<usize> {
        let outside = self.dialect.line_starts(data).next();
        let inside = self.dialect.quote.and_then(|quote| end_of_inside(data, quote, self.dialect));
        match (outside, inside) {
            (Some(outside), Some(inside)) if self.score(data, inside, at_end) > self.score(data, outside, at_end) => {
                Some(inside)
            }
            (Some(outside), _) => Some(outside),
            (None, inside) => inside,
        }
    }

    /// Share of records that look right, in thousandths.
    fn score(&self, data: &[u8], start: usize, at_end: bool) -> usize {
        let (mut good, mut seen, mut at) = (0, 0, start);
        while at < data.len()
            && let Some((record, fits)) = self.judge(data, at, at_end)
        {
            good += usize::from(fits);
            seen += 1;
            at = record.end;
        }
        good * 1000 / seen.max(1)
    }

    /// The record at `start`, and whether a well-formed file could hold it.
    fn judge(&self, data: &[u8], start: usize, at_end: bool) -> Option<(Record, bool)> {
        let (mut fields, mut bare) = (0, false);
        let record = read_record(data, start, self.dialect, at_end, |Span { start, end }| {
            fields += 1;
            let text = &data[start..end];
            bare |=
                self.dialect.quote.is_some_and(|quote| text.first() != Some(&quote) && memchr(quote, text).is_some());
        })?;
        let fits = record.remark || fields == self.column_count;
        Some((record, record.flaw.is_none() && !bare && fits))
    }
}

/// Byte after the first line feed behind the quote that closes a field which is open where `data` starts.
fn end_of_inside(data: &[u8], quote: u8, dialect: &Dialect) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = from + memchr(quote, data.get(from..)?)?;
        let escaped = dialect.escape.is_some_and(|escape| at > 1 && data[at - 1] == escape);
        if !escaped && data.get(at + 1) != Some(&quote) {
            return dialect.line_starts(&data[at..]).next().map(|distance| at + distance);
        }
        from = if escaped { at + 1 } else { at + 2 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(data: &str, column_count: usize) -> Option<usize> {
        let dialect = Dialect::new(b',', Some(b'"'), "").unwrap();
        Strict { dialect: &dialect, column_count }.near(data.as_bytes(), true)
    }

    #[test]
    fn the_byte_after_a_line_feed_is_a_start() {
        assert_eq!(near("\n1,2\n3,4\n", 2), Some(1));
        assert_eq!(near("x,2\n3,4\n5,6\n", 2), Some(4));
    }

    #[test]
    fn lines_inside_quotes_are_passed_over() {
        assert_eq!(near("x\ny,z\nw\",1\n2,3\n4,5\n", 2), Some(11));
    }

    #[test]
    fn a_record_may_have_many_lines_inside_quotes() {
        let text = "x\ny".repeat(12) + "\",1\n";
        assert_eq!(near(&(text.clone() + "2,3\n4,5\n6,\"7\n8\"\n"), 2), Some(text.len()));
    }

    #[test]
    fn a_ragged_line_outside_quotes_is_a_start_all_the_same() {
        assert_eq!(near("x\n1,2,3\n4,5\n6,7\n8,9\n1,2\n", 2), Some(2));
    }
}
