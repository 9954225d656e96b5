//! The end of a Parquet file: its schema, and where its row groups lie.

use std::{fmt::Display, panic::AssertUnwindSafe, sync::Arc};

use parquet::{
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader},
};

use super::thrift::{Flaw, schema_children};
use crate::{
    error::{Error, Result},
    source::file::OpenFile,
};

/// Levels of nesting of a column.
const MAX_DEPTH: usize = 100;
/// Length and magic at the end.
const TAIL: u64 = 8;
/// Bytes read first: the footers of most files are shorter.
const GUESS: u64 = 64 << 10;

/// What a file says of itself.
#[derive(Clone, Debug)]
pub struct Footer {
    pub metadata: Arc<ParquetMetaData>,
    /// Byte where the part of the file ends that belongs to each row group; 0 comes before the first.
    /// A row group without rows has none.
    pub cuts: Vec<u64>,
    /// Number of the row group before each cut.
    pub groups: Vec<usize>,
}

impl Footer {
    /// Number of the row group that bytes `[offset, end)` of the file belong to.
    #[must_use]
    pub fn group_of(&self, offset: u64, end: u64) -> Option<usize> {
        let at = self.cuts.binary_search(&end).ok()?;
        let start = if at == 0 { 0 } else { self.cuts[at - 1] };
        (start == offset).then(|| self.groups[at])
    }
}

/// Read the footer of a file.
///
/// # Errors
/// [`Error::Malformed`] where there is none, or as the file reads.
pub fn read_footer(file: &OpenFile) -> Result<Footer> {
    let bytes = footer_bytes(file)?;
    let metadata = guarded(file, || {
        check_schema(&bytes)?;
        ParquetMetaDataReader::decode_metadata(&bytes)
    })?;
    let (cuts, groups) = cut(file, &metadata)?;
    Ok(Footer { metadata: Arc::new(metadata), cuts, groups })
}

/// Run the Parquet library; whatever goes wrong in it is the file's fault.
pub fn guarded<T>(file: &OpenFile, run: impl FnOnce() -> std::result::Result<T, ParquetError>) -> Result<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let text = error.to_string();
            let text = text.rsplit_once("rror: ").map_or(text.as_str(), |(_, what)| what);
            Err(damaged(file, 0, text.lines().next().unwrap_or_default()))
        }
        Err(_) => Err(damaged(file, 0, "it says what cannot be")),
    }
}

/// The error of a damaged file.
pub fn damaged(file: &OpenFile, offset: u64, what: impl Display) -> Error {
    refused(file, offset, format!("this Parquet file is damaged: {what}"))
}

fn refused(file: &OpenFile, offset: u64, what: String) -> Error {
    let hint = "write the file again, or name files that leave it out".to_owned();
    Error::Refused { path: file.path().to_owned(), offset, what, hint }
}

fn footer_bytes(file: &OpenFile) -> Result<Vec<u8>> {
    let size = file.size();
    if size < TAIL + 4 {
        return Err(refused(file, 0, format!("this is no Parquet file: it has {size} bytes")));
    }
    let from = size.saturating_sub(GUESS);
    let mut tail = file.bytes_at(from, (size - from) as usize)?;
    let end = tail.len() - TAIL as usize;
    match &tail[end + 4..] {
        b"PAR1" => {}
        b"PARE" => return Err(refused(file, size - 4, "this Parquet file is encrypted".to_owned())),
        _ => return Err(refused(file, size - 4, "this is no Parquet file: it does not end with PAR1".to_owned())),
    }
    let length = tail[end..end + 4].iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
    if length + TAIL > size {
        return Err(damaged(file, size - TAIL, format!("a footer of {length} bytes in a file of {size}")));
    }
    if length as usize > end {
        return file.bytes_at(size - TAIL - length, length as usize);
    }
    tail.truncate(end);
    Ok(tail.split_off(end - length as usize))
}

/// Refuse schemas that nest without measure: they are built by recursion.
fn check_schema(footer: &[u8]) -> std::result::Result<(), ParquetError> {
    let bad = |what: &str| ParquetError::General(format!("schema: {what}"));
    let children = schema_children(footer).map_err(|flaw| match flaw {
        Flaw::Short => bad("it ends too early"),
        Flaw::Bad => bad("it makes no sense"),
    })?;
    let mut open: Vec<i64> = Vec::new();
    for (place, &count) in children.iter().enumerate() {
        if count < 0 || count as usize > children.len() - place {
            return Err(bad("it has fewer columns than it says"));
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        open.push(count);
        if open.len() > MAX_DEPTH {
            return Err(bad(&format!("more than {MAX_DEPTH} levels of nesting")));
        }
    }
    Ok(())
}

/// Give each byte of a file to one of its row groups.
fn cut(file: &OpenFile, metadata: &ParquetMetaData) -> Result<(Vec<u64>, Vec<usize>)> {
    let size = file.size();
    let (mut starts, mut groups) = (Vec::new(), Vec::new());
    for (number, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return Err(damaged(file, size, format!("row group {number} has {} rows", group.num_rows())));
        }
        for column in group.columns() {
            if let Some(path) = column.file_path() {
                return Err(refused(file, size, format!("this Parquet file keeps its columns elsewhere: {path}")));
            }
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            if start < 0 || column.compressed_size() < 0 || end.is_none_or(|end| end as u64 > size) {
                let name = column.column_path().string();
                return Err(damaged(file, size, format!("column {name} is not in it")));
            }
        }
        if group.num_rows() > 0 {
            let first = group.columns().iter().map(|column| column.byte_range().0).min();
            starts.push(first.unwrap_or_default());
            groups.push(number);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([size]).take(starts.len());
    let cuts: Vec<u64> = ends.collect();
    let rising = cuts.first().is_none_or(|&first| first > 0) && cuts.windows(2).all(|pair| pair[0] < pair[1]);
    if rising {
        return Ok((cuts, groups));
    }
    // Row groups in no order: the bytes are shared out evenly.
    let count = groups.len() as u64;
    Ok(((1..=count).map(|place| (u128::from(size) * u128::from(place) / u128::from(count)) as u64).collect(), groups))
}
