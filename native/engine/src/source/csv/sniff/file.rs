//! One file: what its bytes say, before the others are asked.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{
    dialect::{Cut, Given, detect},
    guess::Guess,
    header::{HeaderSign, judge_header},
    records::{Field, Record, Records, split_records, text_of},
    sample::{LONGEST_RECORD, Sample, align},
};
use crate::{
    error::{Error, Result},
    source::csv::{Dialect, value::least_type},
    types::ColumnType,
};

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Bytes of the head that candidates for a dialect are tried on.
const DETECT: usize = 32 << 10;

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
        }
    }
}

/// Fields of a record; `None` is NULL.
pub type Row = Vec<Option<Vec<u8>>>;

/// What one file says.
#[derive(Debug)]
pub struct Look {
    pub path: PathBuf,
    pub size: u64,
    pub mtime_ns: i64,
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
}

/// Look at one file; `head` is how many bytes of its head are read first.
///
/// # Errors
/// `Io` where it cannot be read, `Refused` where it is not text in records.
pub fn look(path: &Path, options: &SniffOptions, given: &Given, head: usize) -> Result<Look> {
    let (mut sample, metadata) = Sample::open(path)?;
    let mut length = head;
    loop {
        let bytes = sample.head(length)?;
        let whole = bytes.len() as u64 >= metadata.len();
        check_encoding(path, &bytes)?;
        let start = data_start(&bytes, options.skip);
        if whole && start.lines < options.skip && !bytes.is_empty() {
            let what = format!("the file has {} lines, skip says {}", start.lines, options.skip);
            return Err(refused(path, start.byte, &what, "skip fewer lines"));
        }
        let body = &bytes[start.byte as usize..];
        let detected = &body[..if length > head { body.len() } else { body.len().min(DETECT) }];
        let cut = detect(detected, whole && detected.len() == body.len(), given);
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
        let view = View { path, bytes: body, offset: start, records: &records, dialect: &dialect, options };
        let (first, mut below) = view.read()?;
        for (spot, is_end) in sample.spots(bytes.len())? {
            learn_from_spot(&spot, is_end, &dialect, &mut below);
        }
        let mtime_ns = metadata.modified().map_err(|source| Error::io(path, source))?;
        let mtime_ns = mtime_ns.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as i64);
        return Ok(Look { path: path.to_owned(), size: metadata.len(), mtime_ns, cut, start, first, below });
    }
}

fn refused(path: &Path, offset: u64, what: &str, hint: &str) -> Error {
    Error::Refused { path: path.to_owned(), offset, what: what.to_owned(), hint: hint.to_owned() }
}

/// Refuse what is not UTF-8 text with line feeds, and say what to do.
fn check_encoding(path: &Path, bytes: &[u8]) -> Result<()> {
    const TO_UTF8: &str = "convert it: iconv -f UTF-16 -t UTF-8";
    const MAGIC: [(&[u8], &str, &str); 8] = [
        (b"\x1f\x8b", "the file is gzip-compressed", "decompress it: gunzip -k"),
        (b"\x28\xb5\x2f\xfd", "the file is zstd-compressed", "decompress it: unzstd"),
        (b"BZh", "the file is bzip2-compressed", "decompress it: bunzip2 -k"),
        (b"\xfd7zXZ\0", "the file is xz-compressed", "decompress it: unxz -k"),
        (b"PK\x03\x04", "the file is a zip archive or a workbook", "extract it, or export the sheet as CSV"),
        (b"PAR1", "the file is a Parquet file", "only CSV files can be read so far"),
        (b"\xff\xfe", "the text is UTF-16", TO_UTF8),
        (b"\xfe\xff", "the text is UTF-16", TO_UTF8),
    ];
    if let Some((_, what, hint)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(refused(path, 0, what, hint));
    }
    if let Some(place) = memchr::memchr(0, bytes) {
        let many = memchr::memchr_iter(0, bytes).count() * 4 > bytes.len();
        let (what, hint) =
            if many { ("the text is UTF-16", TO_UTF8) } else { ("a NUL byte", "is it text? remove them: tr -d '\\0'") };
        return Err(refused(path, place as u64, what, hint));
    }
    Ok(())
}

/// Where records may start: after a BOM and the lines to skip.
fn data_start(bytes: &[u8], skip: usize) -> Place {
    let bom = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
    let Some(last) = skip.checked_sub(1) else {
        return Place { byte: bom as u64, lines: 0 };
    };
    let lines: Vec<usize> = memchr::memchr_iter(b'\n', bytes).take(skip).collect();
    Place { byte: lines.get(last).map_or(bytes.len(), |place| place + 1) as u64, lines: lines.len() }
}

/// The head of a file, cut into records.
struct View<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    offset: Place,
    records: &'a Records,
    dialect: &'a Dialect,
    options: &'a SniffOptions,
}

impl View<'_> {
    /// The record that may be a header, and the types of those below it.
    fn read(&self) -> Result<(Option<First>, Vec<Guess>)> {
        let mut below = vec![Guess::default(); self.dialect.column_count];
        let usual = |record: &&Record| record.count as usize == self.dialect.column_count && !self.is_skipped(record);
        let Some(first) = self.records.records.iter().find(usual) else {
            return Ok((None, below));
        };
        self.check_utf8(first)?;
        let rest = self.records.records.iter().filter(|record| record.start > first.start);
        let mut seen = 0;
        for record in rest.filter(usual) {
            seen += 1;
            learn(self.bytes, self.records, record, self.dialect, &mut below);
        }
        let fields = self.row(first);
        let sign = judge_header(&fields, &below, seen == 0);
        let found = First { fields, after: self.place(first.end), sign };
        Ok((Some(self.with_odd_header(found, first, &below)?), below))
    }

    /// Blank lines and broken records tell nothing.
    fn is_skipped(&self, record: &Record) -> bool {
        record.broken || record.blank
    }

    fn place(&self, byte: u32) -> Place {
        let lines = self.dialect.count_lines(&self.bytes[..byte as usize]);
        Place { byte: self.offset.byte + u64::from(byte), lines: self.offset.lines + lines }
    }

    fn row(&self, record: &Record) -> Row {
        let mut buffer = Vec::new();
        let text = |field| value_of(self.bytes, field, self.dialect, &mut buffer).map(<[u8]>::to_vec);
        self.records.fields_of(record).iter().map(text).collect()
    }

    /// A first line that looks like a header but does not fit the records below it: padded or cut where
    /// nothing is lost by it, refused where that would be a guess.
    fn with_odd_header(&self, first: First, record: &Record, below: &[Guess]) -> Result<First> {
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
        let width = self.dialect.column_count;
        let unnamed_are_empty = below.iter().skip(names.len()).all(|guess| guess.seen().is_none());
        let surplus_is_empty = names.iter().skip(width).all(Option::is_none);
        if (unnamed_are_empty && surplus_is_empty && !above.broken) || self.options.names.len() == width {
            let fields = names.into_iter().chain(std::iter::repeat(None)).take(width).collect();
            return Ok(First { fields, after: self.place(above.end), sign: HeaderSign::Header });
        }
        Err(self.odd_header(above, names.len()))
    }

    fn odd_header(&self, record: &Record, fields: usize) -> Error {
        let width = self.dialect.column_count;
        let what = if record.broken {
            "the first line breaks the rules of quoting".to_owned()
        } else {
            format!("the first line has {fields} fields, most records have {width}")
        };
        let hint = match width {
            1 => "name the delimiter, or say header = false to reject that line".to_owned(),
            _ => format!("tell the names of all {width} columns (names = […]), or header = false to reject that line"),
        };
        refused(self.path, self.offset.byte + u64::from(record.start), &what, &hint)
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
        let place = self.offset.byte + error.valid_up_to() as u64;
        Err(refused(
            self.path,
            place,
            "the text is not UTF-8",
            "convert it, for example: iconv -f WINDOWS-1252 -t UTF-8",
        ))
    }
}

/// Value of a field as text; `None` is NULL, and so is a quoted nothing, which every type but text reads so.
fn value_of<'a>(bytes: &'a [u8], field: &Field, dialect: &Dialect, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let text = text_of(bytes, field, dialect, buffer);
    let null = if field.quoted { text.is_empty() } else { dialect.is_null(text) };
    (!null).then_some(text)
}

/// Widen the guesses by the values of one record, unless the scan will reject it.
fn learn(bytes: &[u8], records: &Records, record: &Record, dialect: &Dialect, guesses: &mut [Guess]) {
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
