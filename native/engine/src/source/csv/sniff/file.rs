//! One file: what its bytes say, before the others are asked.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    dialect::{Cut, Given, detect},
    encoding::{check_text, decoded, encoding_of},
    guess::Guess,
    head::Head,
    header::HeaderSign,
    records::{Field, Record, Records, split_records, text_of},
    sample::{LONGEST_RECORD, Sample, align},
};
use crate::{
    error::{Error, Result},
    source::{Compression, Encoding, Opener, Stamp, csv::Dialect},
    types::ColumnType,
};

/// Bytes of the head that candidates for a dialect are tried on.
const DETECT: usize = 32 << 10;

/// Lines that are too few to choose a dialect by, where there are more.
const FEW_LINES: usize = 64;

/// What the user said about the files. `None` and empty: find out.
#[derive(Clone, Debug, Default)]
pub struct SniffOptions {
    pub delimiter: Option<Vec<u8>>,
    /// `Some(None)`: the files have no quote.
    pub quote: Option<Option<u8>>,
    /// `Some(None)`: quotes are escaped by doubling.
    pub escape: Option<Option<u8>>,
    pub comment: Option<u8>,
    /// Whether a CR alone ends a record.
    pub carriage_returns: Option<bool>,
    pub header: Option<bool>,
    pub encoding: Option<Encoding>,
    /// The unquoted text that means NULL, and others that do.
    pub null: Vec<u8>,
    pub more_nulls: Vec<Vec<u8>>,
    /// Whether fields that a record lacks are NULL.
    pub null_padding: bool,
    /// Whether records that break the rules are taken where it can be told what they mean.
    pub lax: bool,
    pub names: Vec<String>,
    /// Types of some columns, by name.
    pub types: Vec<(String, ColumnType)>,
    /// Names and types of all columns.
    pub columns: Vec<(String, ColumnType)>,
    /// Types in a style that was told, in place of what could be found out.
    pub styles: Vec<ColumnType>,
    pub all_varchar: bool,
    /// Lines before the header.
    pub skip: usize,
    /// How all files are packed, in place of what their names say.
    pub compression: Option<Compression>,
    /// What opens the files.
    pub opener: Opener,
}

impl SniffOptions {
    /// Check what needs no file.
    ///
    /// # Errors
    /// `Invalid` where a name comes twice, or delimiter, quote and null string cannot be told apart.
    pub fn check(&self) -> Result<()> {
        let Given { delimiter, quote, .. } = self.given();
        if delimiter.is_some() {
            let cut = Cut { delimiter, quote: Some(quote.flatten()), ..Cut::default() };
            self.dialect(&cut).check()?;
        }
        let all = self.names.iter().chain(self.columns.iter().map(|(name, _)| name));
        let mut seen = HashSet::new();
        match all.into_iter().find(|name| !seen.insert(name.to_lowercase())) {
            Some(twice) => Err(Error::Invalid(format!("the name {twice} is given twice"))),
            None => Ok(()),
        }
    }

    /// What the user said of the dialect.
    #[must_use]
    pub fn given(&self) -> Given {
        Given {
            delimiter: self.delimiter.clone(),
            quote: self.quote,
            escape: self.escape,
            comment: self.comment,
            carriage_returns: self.carriage_returns,
            null_padding: self.null_padding,
            lax: self.lax,
            encoding: self.encoding,
            width: Some(self.columns.len()).filter(|width| *width > 0),
        }
    }

    /// The dialect of files that are cut like this.
    #[must_use]
    pub fn dialect(&self, cut: &Cut) -> Dialect {
        Dialect {
            delimiter: cut.delimiter(),
            quote: cut.quote(),
            escape: cut.escape().filter(|escape| Some(*escape) != cut.quote()),
            comment: self.comment,
            null: self.null.clone(),
            more_nulls: self.more_nulls.clone(),
            carriage_returns: cut.carriage_returns(),
            null_padding: self.null_padding,
            strict: !self.lax,
            column_count: cut.width,
            encoding: cut.encoding,
        }
    }
}

/// Fields of a record; `None` is NULL.
pub type Row = Vec<Option<Vec<u8>>>;

/// What one file says.
#[derive(Debug)]
pub struct Look {
    pub path: PathBuf,
    pub stamp: Stamp,
    /// Bytes of text; more than any where that is not known.
    pub size: u64,
    pub compression: Compression,
    /// Whether it is packed in many members.
    pub members: bool,
    pub cut: Cut,
    /// Where records may start: after BOM and skipped lines.
    pub start: Place,
    /// The record that may be a header; `None` where the file holds no record.
    pub first: Option<First>,
    /// Types of the records below it.
    pub below: Vec<Guess>,
}

/// A byte of the file and the line feeds before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub byte: u64,
    pub lines: usize,
}

/// The record that may be a header, and where the data starts if it is one.
#[derive(Debug)]
pub struct First {
    pub fields: Row,
    pub after: Place,
    pub sign: HeaderSign,
    /// Lines above it that are not blank: a title, remarks.
    pub skipped: usize,
}

/// Look at one file; `head` is how many bytes of its head are read first.
///
/// # Errors
/// `Io` where it cannot be read, `Refused` where it is not text in records.
pub fn look(path: &Path, options: &SniffOptions, given: &Given, head: usize) -> Result<Look> {
    let sample = Sample::open(&options.opener, path, options.compression)?;
    let mut length = head;
    loop {
        let raw = sample.head(length)?;
        let whole = raw.len() as u64 >= sample.size();
        sample.refuse_packed(path, &raw)?;
        let (encoding, mark) = encoding_of(path, &raw, given.encoding)?;
        let bytes = decoded(&raw[mark..], encoding, whole);
        check_text(path, &bytes)?;
        let (first_byte, lines) = after_lines(&bytes, options.skip);
        let start = Place { byte: (mark + encoding.length_of(&bytes[..first_byte])) as u64, lines };
        if whole && start.lines < options.skip && !bytes.is_empty() {
            let what = format!("the file has {} lines, skip says {}", start.lines, options.skip);
            return Err(refused(path, start.byte, &what, "skip fewer lines"));
        }
        let body = &bytes[first_byte..];
        let detected = &body[..if length > head || has_few_lines(body) { body.len() } else { body.len().min(DETECT) }];
        let is_end = whole && detected.len() == body.len();
        let cut = Cut { encoding, ..detect(detected, is_end, given) };
        let dialect = options.dialect(&cut);
        let records = split_records(body, &dialect, whole, usize::MAX);
        let enough = cut.coverage >= 0.5 && records.records.len() > 1;
        if !whole && !enough && length < LONGEST_RECORD {
            length *= 8;
            continue;
        }
        if !whole && records.records.is_empty() {
            let hint = "name delimiter and quote; is this a CSV file at all?";
            return Err(refused(path, start.byte, "a record is longer than 64 MiB", hint));
        }
        let head = Head { path, bytes: body, offset: start, records: &records, dialect: &dialect, options };
        let (first, mut below) = head.read()?;
        for (spot, is_end) in sample.spots(raw.len())? {
            learn_from_spot(&decoded(&spot, encoding, is_end), is_end, &dialect, &mut below);
        }
        let (stamp, size, path) = (sample.stamp().clone(), sample.size(), path.to_owned());
        let (compression, members) = (sample.compression(), sample.members());
        return Ok(Look { path, stamp, size, compression, members, cut, start, first, below });
    }
}

pub fn refused(path: &Path, offset: u64, what: &str, hint: &str) -> Error {
    Error::Refused { path: path.to_owned(), offset, what: what.to_owned(), hint: hint.to_owned() }
}

/// Whether the bytes that candidates are usually tried on hold only few lines.
fn has_few_lines(body: &[u8]) -> bool {
    let tried = &body[..body.len().min(DETECT)];
    memchr::memchr2_iter(b'\n', b'\r', tried).take(FEW_LINES).count() < FEW_LINES
}

/// The byte after the lines to skip, and how many there are.
fn after_lines(bytes: &[u8], skip: usize) -> (usize, usize) {
    let Some(last) = skip.checked_sub(1) else { return (0, 0) };
    let end = if memchr::memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
    let lines: Vec<usize> = memchr::memchr_iter(end, bytes).take(skip).collect();
    (lines.get(last).map_or(bytes.len(), |place| place + 1), lines.len())
}

/// Value of a field as text; `None` is NULL, and so is a quoted nothing, which every type but text reads so.
pub fn value_of<'a>(bytes: &'a [u8], field: &Field, dialect: &Dialect, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let text = text_of(bytes, field, dialect, buffer);
    let null = if field.quoted { text.is_empty() } else { dialect.is_null(text) };
    (!null).then_some(text)
}

/// Widen the guesses by the values of one record, unless the scan will reject it.
pub fn learn(bytes: &[u8], records: &Records, record: &Record, dialect: &Dialect, guesses: &mut [Guess]) {
    if simdutf8::basic::from_utf8(&bytes[record.start as usize..record.end as usize]).is_err() {
        return;
    }
    let mut buffer = Vec::new();
    for (field, guess) in records.fields_of(record).iter().zip(guesses) {
        if let Some(text) = value_of(bytes, field, dialect, &mut buffer) {
            guess.observe(text);
        }
    }
}

fn learn_from_spot(bytes: &[u8], is_end: bool, dialect: &Dialect, guesses: &mut [Guess]) {
    let Some((start, records)) = align(bytes, dialect, guesses.len(), is_end) else { return };
    for record in &records.records {
        if record.count as usize == guesses.len() && !record.broken && !record.blank {
            learn(&bytes[start..], &records, record, dialect, guesses);
        }
    }
}
