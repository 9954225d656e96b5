//! The head of a file: what stands above the table, the record that may be its header, types below it.

use std::path::Path;

use super::{
    file::{First, Place, Row, SniffOptions, learn, refused, value_of},
    guess::Guess,
    header::{HeaderSign, judge_header},
    records::{Record, Records},
};
use crate::{
    error::{Error, Result},
    source::csv::{Dialect, value::least_type},
    types::ColumnType,
};

/// Records that a header may have.
const HEADER_ROWS: usize = 5;
/// Records in which a title may stand above the table.
const TITLES: usize = 30;

/// The head of a file, cut into records.
pub struct Head<'a> {
    pub path: &'a Path,
    pub bytes: &'a [u8],
    pub offset: Place,
    pub records: &'a Records,
    pub dialect: &'a Dialect,
    pub options: &'a SniffOptions,
}

impl Head<'_> {
    /// The record that may be a header, and the types of those below it.
    ///
    /// # Errors
    /// `Refused` where the first line can neither be a header nor a record.
    pub fn read(&self) -> Result<(Option<First>, Vec<Guess>)> {
        let width = self.dialect.column_count;
        let usual: Vec<&Record> = self.records.records.iter().filter(|record| self.is_usual(record)).collect();
        let titles = self.titles(&usual);
        let Some((&first, rest)) = usual[titles.min(usual.len())..].split_first() else {
            return Ok((None, vec![Guess::default(); width]));
        };
        self.check_utf8(first)?;
        let below = self.types(rest);
        let fields = self.row(first);
        let sign = judge_header(&fields, &below, rest.is_empty());
        let found = First { fields, after: self.place(first.end), sign, skipped: self.lines_above(first) };
        let below_titles = &usual[titles..];
        if let Some(rows) = self.header_rows(below_titles) {
            let (header, rest) = below_titles.split_at(rows);
            let after = self.place(header[rows - 1].end);
            let fields = merged(&header.iter().map(|row| self.row(row)).collect::<Vec<_>>());
            return Ok((Some(First { fields, after, sign: HeaderSign::Header, ..found }), self.types(rest)));
        }
        if titles > 0 {
            let sign = HeaderSign::Header;
            return Ok((Some(First { sign, ..found }), below));
        }
        Ok((Some(self.with_odd_header(found, first, rest)?), below))
    }

    /// Whether a record has the fields of the table: blank lines and broken records tell nothing.
    fn is_usual(&self, record: &Record) -> bool {
        let width = self.dialect.column_count;
        let count = record.count as usize;
        let padded = self.dialect.null_padding && count > 1 && count < width;
        (count == width || padded) && !record.broken && !record.blank
    }

    fn types(&self, records: &[&Record]) -> Vec<Guess> {
        let mut guesses = vec![Guess::default(); self.dialect.column_count];
        for record in records {
            learn(self.bytes, self.records, record, self.dialect, &mut guesses);
        }
        guesses
    }

    /// How many of the first records are titles: lines with one field at most that is not empty, above a
    /// record that is full and all text.
    fn titles(&self, usual: &[&Record]) -> usize {
        let told = self.options.header == Some(false) || !self.options.columns.is_empty() || self.options.skip > 0;
        let fill =
            |record: &Record| self.records.fields_of(record).iter().filter(|field| field.end > field.start).count();
        let titles = usual.iter().take(TITLES).take_while(|record| fill(record) <= 1).count();
        let Some(&header) = usual.get(titles).filter(|_| titles > 0 && !told && self.dialect.column_count > 1) else {
            return 0;
        };
        let rest = &usual[titles + 1..];
        let names = self.row(header);
        let sign = judge_header(&names, &self.types(rest), rest.is_empty());
        let has_blank = usual[..titles].iter().any(|record| fill(record) == 0);
        let is_text = names.iter().flatten().all(|name| least_type(name) == ColumnType::Varchar);
        let certain = match sign {
            HeaderSign::Header => fill(header) >= 3 || has_blank,
            HeaderSign::Open => is_text && !rest.is_empty() && (fill(header) >= 3 || has_blank),
            HeaderSign::Data => false,
        };
        if certain { titles } else { 0 }
    }

    /// Number of records that are a header together, where it is certain that several are: all are text, each
    /// but the last leaves fields empty (its names span several columns) or is repeated, and the last fits none
    /// of the columns below that are not text.
    fn header_rows(&self, usual: &[&Record]) -> Option<usize> {
        let told = self.options.header == Some(false) || !self.options.columns.is_empty();
        let rows: Vec<Row> = usual.iter().take(HEADER_ROWS).map(|record| self.row(record)).collect();
        let is_text = |row: &Row| row.iter().flatten().all(|name| least_type(name) == ColumnType::Varchar);
        let texts = rows.iter().take_while(|row| is_text(row)).count();
        let spans = |place: usize| rows[place].iter().any(Option::is_none) || rows[place] == rows[place + 1];
        (2..=texts.min(usual.len().saturating_sub(1))).rev().filter(|_| !told).find(|&count| {
            if !(0..count - 1).all(spans) || rows[0].iter().all(Option::is_none) {
                return false;
            }
            let below = self.types(&usual[count..]);
            let fits =
                |ordinal: usize| rows[count - 1][ordinal].as_ref().is_some_and(|name| below[ordinal].holds(name));
            let named = merged(&rows[..count]);
            let typed: Vec<usize> = (0..below.len()).filter(|&ordinal| is_typed(below[ordinal])).collect();
            let least = if rows[..count].windows(2).all(|pair| pair[0] == pair[1]) { 1 } else { 2 };
            typed.len() >= least && typed.iter().all(|&ordinal| !fits(ordinal) && named[ordinal].is_some())
        })
    }

    /// Lines above a record that are not blank.
    fn lines_above(&self, record: &Record) -> usize {
        let above = self.records.records.iter().take_while(|above| above.start < record.start);
        let lines = |above: &Record| self.dialect.count_lines(&self.bytes[above.start as usize..above.end as usize]);
        above.filter(|above| !above.blank).map(lines).sum()
    }

    /// Bytes of the file before this byte of the text.
    fn length_of(&self, byte: usize) -> u64 {
        self.dialect.encoding.length_of(&self.bytes[..byte]) as u64
    }

    fn place(&self, byte: u32) -> Place {
        let lines = self.dialect.count_lines(&self.bytes[..byte as usize]);
        Place { byte: self.offset.byte + self.length_of(byte as usize), lines: self.offset.lines + lines }
    }

    fn row(&self, record: &Record) -> Row {
        let mut buffer = Vec::new();
        let text = |field| value_of(self.bytes, field, self.dialect, &mut buffer).map(<[u8]>::to_vec);
        self.records.fields_of(record).iter().map(text).collect()
    }

    /// A first line that looks like a header but does not fit the records below it: brought to their number
    /// of fields where that is no guess, else refused.
    fn with_odd_header(&self, first: First, record: &Record, rest: &[&Record]) -> Result<First> {
        let told = self.options.header == Some(false) || !self.options.columns.is_empty();
        let is_remark = |record: &&Record| !record.blank && self.bytes[record.start as usize] != b'#';
        let Some(above) = self.records.records.iter().find(is_remark) else { return Ok(first) };
        if told || above.start == record.start || above.count < 2 || first.sign == HeaderSign::Header {
            return Ok(first);
        }
        let names = self.row(above);
        let is_typed = names.iter().flatten().any(|text| least_type(text) != ColumnType::Varchar);
        if is_typed && first.sign == HeaderSign::Data {
            return Ok(first);
        }
        let rows: Vec<&Record> = std::iter::once(record).chain(rest.iter().copied()).collect();
        match self.brought_to_width(names, above, &rows) {
            Some(fields) => Ok(First {
                fields,
                after: self.place(above.end),
                sign: HeaderSign::Header,
                skipped: self.lines_above(above),
            }),
            None => Err(self.odd_header(above)),
        }
    }

    /// The names of a header that has another number of fields than the records below it.
    fn brought_to_width(&self, mut names: Row, header: &Record, rows: &[&Record]) -> Option<Row> {
        let width = self.dialect.column_count;
        let found = names.len();
        let named = names.iter().flatten().count();
        if header.broken {
            // Its quotes are odd, but it is clear where its fields end.
            let clear = found == width || self.options.names.len() == width || self.options.lax;
            names.resize(width, None);
            return clear.then_some(names);
        }
        let unnamed_are_empty = || rows.iter().all(|row| self.row(row).iter().skip(found).all(is_nothing));
        let surplus_is_empty = names.iter().skip(width).all(Option::is_none);
        if self.options.names.len() == width
            || self.options.lax
            || surplus_is_empty && (found > width || unnamed_are_empty())
        {
            names.resize(width, None);
            return Some(names);
        }
        if found > width && named == width {
            return Some(names.into_iter().filter(Option::is_some).collect());
        }
        if found + 1 == width && self.has_row_names(header, rows) {
            names.insert(0, None);
            return Some(names);
        }
        None
    }

    /// Whether the first column holds the names of rows and has no name itself, as R writes tables: all names
    /// in quotes, and those of the rows, which differ.
    fn has_row_names(&self, header: &Record, rows: &[&Record]) -> bool {
        let first = |record: &Record| self.records.fields_of(record).first().copied();
        let text = |record: &&Record| first(record).map(|field| &self.bytes[field.start as usize..field.end as usize]);
        let mut seen = std::collections::HashSet::new();
        self.records.fields_of(header).iter().all(|field| field.quoted)
            && rows.iter().all(|row| first(row).is_some_and(|field| field.quoted) && seen.insert(text(row)))
    }

    fn odd_header(&self, record: &Record) -> Error {
        let width = self.dialect.column_count;
        let what = if record.broken {
            "the first line breaks the rules of quoting".to_owned()
        } else {
            format!("the first line has {} fields, most records have {width}", record.count)
        };
        let hint = match width {
            1 => "name the delimiter, or say header = false to reject that line".to_owned(),
            _ => format!("tell the names of all {width} columns (names = […]), or header = false to reject that line"),
        };
        refused(self.path, self.place(record.start).byte, &what, &hint)
    }

    /// One bad record is the scan's to reject; a bad header, or many, is another encoding.
    fn check_utf8(&self, first: &Record) -> Result<()> {
        let bytes_of = |record: &Record| &self.bytes[record.start as usize..record.end as usize];
        let is_bad = |record: &Record| simdutf8::basic::from_utf8(bytes_of(record)).is_err();
        let covered = &self.bytes[..self.records.covered];
        let Err(error) = simdutf8::compat::from_utf8(covered) else {
            return Ok(());
        };
        let bad = self.records.records.iter().filter(|record| is_bad(record)).count();
        let all = self.records.records.len();
        if !is_bad(first) && (bad * 20 < all || bad == 1 && all > 2) {
            return Ok(());
        }
        let place = self.offset.byte + self.length_of(error.valid_up_to());
        let what = format!("the text is not {}", self.dialect.encoding.to_string().to_uppercase());
        let hint = "name its encoding, for example encoding = 'windows-1252', or convert it to UTF-8 with iconv";
        Err(refused(self.path, place, &what, hint))
    }
}

fn is_typed(guess: Guess) -> bool {
    guess.seen().is_some_and(|kind| kind != ColumnType::Varchar)
}

/// One name a column out of several records: a name above spans the columns to its right that have none; what
/// is repeated is said once.
fn merged(rows: &[Row]) -> Row {
    let Some((last, above)) = rows.split_last() else { return Row::new() };
    let mut names: Vec<Vec<Vec<u8>>> = vec![Vec::new(); last.len()];
    for row in above {
        let mut spanning: Option<&Vec<u8>> = None;
        for (name, parts) in row.iter().zip(&mut names) {
            spanning = name.as_ref().or(spanning);
            parts.extend(spanning.cloned());
        }
    }
    for (name, parts) in last.iter().zip(&mut names) {
        parts.extend(name.clone());
        parts.dedup();
    }
    names.into_iter().map(|parts| (!parts.is_empty()).then(|| parts.join(&b' '))).collect()
}

fn is_nothing(value: &Option<Vec<u8>>) -> bool {
    value.as_ref().is_none_or(|text| text.trim_ascii().is_empty())
}
