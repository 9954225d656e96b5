//! Which delimiter and quote cut a sample best.
//!
//! Each candidate cuts the same bytes. It is judged by the share of records that agree on a number of
//! fields, by how much the fields look like values (a number, a date, a clean word), and by broken
//! quotes. A few ragged records lower a score, they never turn the file into one column.

use super::records::{Record, Records, split_records, text_of};
use crate::{
    source::{
        Encoding,
        csv::{Dialect, value::least_type},
    },
    types::ColumnType,
};

/// Delimiters that are tried first, in the order that breaks ties.
const COMMON: [u8; 4] = [b',', b'|', b';', b'\t'];
/// Delimiters that are believed only where every record agrees.
const RARE: [u8; 6] = [b'~', b'^', 0x01, 0x1f, b':', b' '];
/// Records that a candidate is judged by.
const RECORDS: usize = 1_000;
/// Records whose fields are judged one by one.
const TYPED_RECORDS: usize = 60;

/// What the user said; `None`: find out. An inner `None` of `quote` means that the file has none.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub delimiter: Option<Vec<u8>>,
    pub quote: Option<Option<u8>>,
    /// An inner `None`: quotes are escaped by doubling.
    pub escape: Option<Option<u8>>,
    pub comment: Option<u8>,
    /// Whether a CR alone ends a record.
    pub carriage_returns: Option<bool>,
    /// Whether fields that a record lacks are NULL.
    pub null_padding: bool,
    /// Whether records that break the rules are taken where it can be told what they mean.
    pub lax: bool,
    pub encoding: Option<Encoding>,
    /// Fields that a record has.
    pub width: Option<usize>,
}

/// A way to cut the sample. `None` where the sample gives no reason to choose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cut {
    pub delimiter: Option<Vec<u8>>,
    pub quote: Option<Option<u8>>,
    pub escape: Option<Option<u8>>,
    pub carriage_returns: Option<bool>,
    pub encoding: Encoding,
    /// Fields of a record.
    pub width: usize,
    /// Share of the sample's bytes that complete records cover.
    pub coverage: f64,
}

impl Cut {
    /// The delimiter to read with.
    #[must_use]
    pub fn delimiter(&self) -> Vec<u8> {
        self.delimiter.clone().unwrap_or_else(|| vec![COMMON[0]])
    }

    /// The quote to read with.
    #[must_use]
    pub fn quote(&self) -> Option<u8> {
        self.quote.unwrap_or(Some(b'"'))
    }

    /// The escape to read with.
    #[must_use]
    pub fn escape(&self) -> Option<u8> {
        self.escape.flatten()
    }

    /// Whether a CR alone ends a record.
    #[must_use]
    pub fn carriage_returns(&self) -> bool {
        self.carriage_returns.unwrap_or(false)
    }
}

/// Choose how to cut `bytes`.
#[must_use]
pub fn detect(bytes: &[u8], is_end: bool, given: &Given) -> Cut {
    let search =
        Search { bytes, is_end, given, lines: line_candidates(bytes, given), escapes: escape_candidates(bytes, given) };
    search.best().cut(bytes.len(), given)
}

/// Whether CRs alone may end records: only where there are some.
fn line_candidates(bytes: &[u8], given: &Given) -> Vec<bool> {
    if let Some(carriage_returns) = given.carriage_returns {
        return vec![carriage_returns];
    }
    let alone = |at: usize| bytes.get(at + 1).is_some_and(|next| *next != b'\n');
    if !memchr::memchr_iter(b'\r', bytes).any(alone) {
        return vec![false];
    }
    if memchr::memchr(b'\n', bytes).is_some() { vec![false, true] } else { vec![true] }
}

/// The search for the best way to cut.
struct Search<'a> {
    bytes: &'a [u8],
    is_end: bool,
    given: &'a Given,
    lines: Vec<bool>,
    escapes: Vec<Option<u8>>,
}

impl Search<'_> {
    fn best(&self) -> Judged {
        let Self { bytes, given, .. } = *self;
        let quotes = given.quote.map_or_else(|| quote_candidates(bytes), |quote| vec![quote]);
        let delimiters = given.delimiter.clone().map_or_else(|| common_delimiters(bytes), |delimiter| vec![delimiter]);
        let mut best = self.best_of(&quotes, &delimiters);
        if best.broken > 1 && given.quote.is_none() {
            // One broken quote is an error in the data; more may be letters.
            best = best.or_better(self.best_of(&[None], &delimiters));
        }
        if best.is_doubtful() && given.delimiter.is_none() && given.width != Some(1) {
            let rare = self.best_of(&quotes, &present(bytes, &RARE));
            if rare.width > 1 && rare.convinces(bytes) {
                best = rare;
            }
        }
        best
    }

    fn best_of(&self, quotes: &[Option<u8>], delimiters: &[Vec<u8>]) -> Judged {
        let mut best: Option<Judged> = None;
        for &carriage_returns in &self.lines {
            for (&quote, &escape) in
                quotes.iter().flat_map(|quote| self.escapes.iter().map(move |escape| (quote, escape)))
            {
                for delimiter in delimiters {
                    let judged = self.judge(delimiter, quote, escape, carriage_returns);
                    best = Some(match best {
                        Some(best) => best.or_better(judged),
                        None => judged,
                    });
                }
            }
        }
        best.unwrap_or_else(|| self.judge(&[COMMON[0]], Some(b'"'), None, false))
    }

    fn judge(&self, delimiter: &[u8], quote: Option<u8>, escape: Option<u8>, carriage_returns: bool) -> Judged {
        let Self { bytes, is_end, given, .. } = *self;
        let dialect = Dialect {
            delimiter: delimiter.to_vec(),
            quote,
            escape: escape.filter(|_| quote.is_some()),
            comment: given.comment,
            null: Vec::new(),
            more_nulls: Vec::new(),
            carriage_returns,
            null_padding: given.null_padding,
            strict: !given.lax,
            column_count: 0,
            encoding: Encoding::Utf8,
        };
        judge(bytes, is_end, dialect, given.width)
    }
}

/// One candidate and how well it does.
struct Judged {
    dialect: Dialect,
    /// Fields in quotes.
    quoted: usize,
    width: usize,
    records: usize,
    broken: usize,
    /// Records before the first that agrees.
    preamble: usize,
    share: f64,
    typed: f64,
    score: f64,
    covered: usize,
}

impl Judged {
    fn or_better(self, other: Self) -> Self {
        if other.score > self.score + 1e-9 { other } else { self }
    }

    /// Whether it sees one column, or the first or many records do not agree.
    fn is_doubtful(&self) -> bool {
        self.width == 1 || self.preamble > 0 || self.share < 0.8
    }

    fn cut(self, length: usize, given: &Given) -> Cut {
        let Dialect { delimiter, quote, escape, carriage_returns, .. } = self.dialect;
        let evident = quote.is_none() || self.quoted > 0;
        let lines = carriage_returns.then_some(true);
        Cut {
            delimiter: given.delimiter.clone().or((self.width > 1).then_some(delimiter)),
            quote: given.quote.or(evident.then_some(quote)),
            escape: given.escape.or(escape.map(Some)),
            carriage_returns: given.carriage_returns.or(lines),
            encoding: Encoding::Utf8,
            width: self.width,
            coverage: self.covered as f64 / length.max(1) as f64,
        }
    }

    /// Whether a rare delimiter is more than chance: all records agree, and few words are cut.
    fn convinces(&self, bytes: &[u8]) -> bool {
        let all = self.share > 0.999 && self.records >= 3;
        match self.dialect.delimiter.as_slice() {
            b" " => all && (self.width >= 3 && self.typed >= 0.5 || self.width >= 4 && self.records >= 10),
            b":" => all && self.width >= 3 && !has_clock(bytes),
            _ => all,
        }
    }
}

/// Whether a time of day (`1:23`) is in the bytes.
fn has_clock(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|three| three[0].is_ascii_digit() && three[1] == b':' && three[2].is_ascii_digit())
}

/// Those of `delimiters` that are in the sample; the first where none is.
fn present(bytes: &[u8], delimiters: &[u8]) -> Vec<Vec<u8>> {
    let is_there = |delimiter: &&u8| memchr::memchr(**delimiter, bytes).is_some();
    let found: Vec<Vec<u8>> = delimiters.iter().filter(is_there).map(|delimiter| vec![*delimiter]).collect();
    if found.is_empty() { vec![vec![delimiters[0]]] } else { found }
}

/// The usual delimiters, and those of them with a space where quotes open after it.
fn common_delimiters(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = present(bytes, &COMMON);
    let spaced = |delimiter: &Vec<u8>| {
        let opens = [delimiter[0], b' ', b'"'];
        (memchr::memmem::find(bytes, &opens).is_some()).then(|| opens[..2].to_vec())
    };
    let spaced: Vec<Vec<u8>> = found.iter().filter_map(spaced).collect();
    found.extend(spaced);
    found
}

/// Escapes that are tried beside doubled quotes: a backslash, where one stands before a quote.
fn escape_candidates(bytes: &[u8], given: &Given) -> Vec<Option<u8>> {
    match given.escape {
        Some(escape) => vec![escape],
        None if memchr::memmem::find(bytes, b"\\\"").is_some() => vec![None, Some(b'\\')],
        None => vec![None],
    }
}

/// Quotes that open a field somewhere in the sample; no reason to try others.
fn quote_candidates(bytes: &[u8]) -> Vec<Option<u8>> {
    let opens = |quote: u8| {
        bytes.first() == Some(&quote)
            || memchr::memchr_iter(quote, bytes).any(|place| {
                place > 0
                    && (matches!(bytes[place - 1], b'\n' | b'\r')
                        || COMMON.contains(&bytes[place - 1])
                        || RARE.contains(&bytes[place - 1]))
            })
    };
    let mut quotes = vec![Some(b'"')];
    if opens(b'\'') {
        quotes.push(Some(b'\''));
    }
    quotes
}

fn judge(bytes: &[u8], is_end: bool, dialect: Dialect, width: Option<usize>) -> Judged {
    let split = split_records(bytes, &dialect, is_end, RECORDS);
    let records: Vec<&Record> = split.records.iter().filter(|record| !split.is_remark(bytes, record)).collect();
    let usual = || match usual_width(&records) {
        // Shorter records are padded, so the first one may well be the longest.
        (width, _) if dialect.null_padding => records.first().map_or(width, |first| width.max(first.count as usize)),
        (width, _) => width,
    };
    let width = width.unwrap_or_else(usual);
    let agreeing = match dialect.null_padding {
        true => records.iter().filter(|record| record.count as usize <= width && record.count > 1).count(),
        false => agreeing(&records, width),
    };
    let total = records.len().max(1) as f64;
    let broken = records.iter().filter(|record| record.broken).count();
    let quoted = split.fields.iter().filter(|field| field.quoted).count();
    let look = look_of_fields(bytes, &split, &records, width, &dialect);
    let share = agreeing as f64 / total;
    let short = |record: &Record| dialect.null_padding && record.count > 1 && (record.count as usize) < width;
    let preamble = records.iter().take_while(|record| record.count as usize != width && !short(record)).count();
    let covered = if split.records.len() == RECORDS { bytes.len() } else { split.covered };
    let score = share_after_preamble(records.len(), preamble, agreeing)
        * look.clean
        * (1.0 - broken as f64 / total)
        * (1.0 - 1.0 / (width as f64 + 1.0))
        * (covered as f64 / bytes.len().max(1) as f64)
        * quote_weight(dialect.quote, quoted, broken);
    Judged {
        dialect,
        quoted,
        width,
        records: records.len(),
        broken,
        preamble,
        share,
        typed: look.typed,
        score,
        covered,
    }
}

fn agreeing(records: &[&Record], width: usize) -> usize {
    records.iter().filter(|record| record.count as usize == width).count()
}

/// Share of the records that agree. Lines above the table count little against it, but where the first
/// line and many others disagree, the width is chance.
fn share_after_preamble(records: usize, preamble: usize, agreeing: usize) -> f64 {
    let share = agreeing as f64 / (records - preamble).max(1) as f64;
    match preamble {
        0 => share,
        _ if share >= 0.9 && agreeing > 1 => share * 0.8,
        _ => share * 0.2,
    }
}

/// How much the use of a quote speaks for it. `'` must earn it: it is a letter of words, too.
fn quote_weight(quote: Option<u8>, quoted: usize, broken: usize) -> f64 {
    match quote {
        Some(b'\'') if quoted == 0 || broken > 0 => 0.1,
        Some(b'\'') => 1.01,
        Some(_) => 1.02,
        None => 0.9,
    }
}

/// The number of fields that most records have, and how many do. The first record's number is kept
/// where a third of the others has it, too: it is likely the header.
fn usual_width(records: &[&Record]) -> (usize, usize) {
    let mut counts: Vec<(u32, usize)> = Vec::new();
    for record in records {
        match counts.iter_mut().find(|(width, _)| *width == record.count) {
            Some((_, count)) => *count += 1,
            None => counts.push((record.count, 1)),
        }
    }
    let Some(&(mut width, mut agreeing)) = counts.iter().rev().max_by_key(|(_, count)| *count) else {
        return (1, 0);
    };
    if let Some(&(first, count)) = counts.first()
        && first > 1
        && count > 1
        && count * 3 >= records.len()
    {
        (width, agreeing) = (first, count);
    }
    if let [first, second] = counts[..]
        && records.len() == 2
        && second.0 == first.0 + 1
    {
        // A header and one record that has a field more: better an unnamed column than a lost record.
        (width, agreeing) = second;
    }
    (width as usize, agreeing)
}

/// How the fields of a candidate look.
struct Look {
    /// Share of fields with a type other than text.
    typed: f64,
    /// Mean of how clean they are, 0 to 1.
    clean: f64,
}

fn look_of_fields(bytes: &[u8], split: &Records, records: &[&Record], width: usize, dialect: &Dialect) -> Look {
    let (mut typed, mut clean, mut seen) = (0.0, 0.0, 0.0);
    let mut buffer = Vec::new();
    for record in records.iter().filter(|record| record.count as usize == width).take(TYPED_RECORDS) {
        for field in split.fields_of(record) {
            let text = text_of(bytes, field, dialect, &mut buffer);
            let look = look_of(text, field.quoted, dialect.delimiter[0]);
            typed += f64::from(u8::from(look >= 1.0));
            // One column of free text is cut by many a delimiter.
            clean += if width == 1 { look.max(0.5) } else { look };
            seen += 1.0;
        }
    }
    if seen == 0.0 { Look { typed: 0.0, clean: 0.5 } } else { Look { typed: typed / seen, clean: clean / seen } }
}

/// 1 for a value with a type or nothing, 0.9 for clean text, 0.1 for text that another delimiter cuts.
fn look_of(text: &[u8], quoted: bool, delimiter: u8) -> f64 {
    let cuttable = || text.iter().any(|byte| *byte != delimiter && COMMON.contains(byte));
    if text.is_empty() || least_type(text) != ColumnType::Varchar || is_decimal_comma(text) {
        1.0
    } else if quoted {
        0.95
    } else if cuttable() || text.contains(&b'"') {
        0.1
    } else {
        0.9
    }
}

/// `1,5` and `-1.234,50`: a number where the comma is the decimal point.
fn is_decimal_comma(text: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let Some(comma) = memchr::memchr(b',', text) else {
        return false;
    };
    let whole = text[..comma].strip_prefix(b"-").unwrap_or(&text[..comma]);
    digits(&text[comma + 1..]) && whole.split(|byte| *byte == b'.').all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (u8, Option<u8>, usize) {
        let cut = detect(text.as_bytes(), true, &Given::default());
        (cut.delimiter()[0], cut.quote(), cut.width)
    }

    #[test]
    fn delimiters_are_found() {
        let ragged = format!("a,b,c\n{}1,2\n{}1,2,3,4\n", "1,2,3\n".repeat(9), "4,5,6\n".repeat(9));
        let cases: &[(&str, u8, usize)] = &[
            ("a,b\n1,2\n", b',', 2),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';', 2),
            ("1,5;2,5;3,5\n1,5;2,5;3,5\n", b';', 3),
            ("1,5;2,5\n3,5;4,5\n", b';', 2),
            ("a\tb\n1\t2\n", b'\t', 2),
            ("id\tcity\n1\tRome, Italy\n2\tOslo, Norway\n", b'\t', 2),
            ("a|b\n1|2\n", b'|', 2),
            ("a~b\n1~2\n3~4\n", b'~', 2),
            ("a^b\n1^2\n3^4\n", b'^', 2),
            ("root:x:0\nbin:x:1\nuser:y:2\n", b':', 3),
            ("time\n10:20:30\n11:20:30\n", b',', 1),
            ("name\nNew York\nLos Angeles\n", b',', 1),
            ("text\nHello, world\nfoo bar\na, b, c\nplain\nx, y\n", b',', 1),
            ("a,b\nx;y,1\nz;w,2\n", b',', 2),
            ("title\na,b,c\n1,2,3\n4,5,6\n", b',', 3),
            ("a,b,c\n1,2,3\n4,5,6\n4,5,6\ntotal\n", b',', 3),
            (&ragged, b',', 3),
            ("5", b',', 1),
            ("", b',', 1),
        ];
        for (text, delimiter, width) in cases {
            let (found_delimiter, _, found_width) = found(text);
            assert_eq!((char::from(found_delimiter), found_width), (char::from(*delimiter), *width), "{text:?}");
        }
    }

    #[test]
    fn quotes_are_found() {
        let cases: &[(&str, Option<Option<u8>>)] = &[
            ("a,b\n\"x,1\",2\n", Some(Some(b'"'))),
            ("a,b\n'x,1',2\n'y,2',3\n", Some(Some(b'\''))),
            ("a,b\n'x,2\n", None),
            ("a,b\nO'Brien,2\n", None),
            ("a,b\n1,2\n", None),
            ("a,b\n\"1\"\" disk,2\n\"2\" disk,3\n\"3\" disk,3\n", Some(None)),
        ];
        for (text, quote) in cases {
            assert_eq!(detect(text.as_bytes(), true, &Given::default()).quote, *quote, "{text:?}");
        }
    }

    #[test]
    fn what_is_given_is_taken() {
        let given = Given { delimiter: Some(b";".to_vec()), quote: Some(None), ..Given::default() };
        let cut = detect(b"a,b\n1,2\n", true, &given);
        assert_eq!((cut.delimiter(), cut.quote(), cut.width), (b";".to_vec(), None, 1));
        let given = Given { width: Some(2), ..Given::default() };
        assert_eq!(detect(b"a,b;c\nd,e;f\n1,2;3\n", true, &given).delimiter(), b";");
    }
}
