//! Any pattern over any bytes, in blocks of any size: the same rows and rejects as in one piece, and no panic.
#![no_main]

use arrow_array::{Array, ArrayRef, RecordBatch, cast::AsArray, types::Int32Type};
use fusionflow_engine::{
    source::{
        BlockRange, CancelFlag, Chunk, ColumnSpec, Encoding, Opener, Reject, SourceFile,
        text::{Find, group_names, open},
    },
    types::ColumnType,
};
use fusionflow_fuzz::input::{file, split};
use libfuzzer_sys::fuzz_target;

/// Most bytes of a pattern.
const PATTERN: usize = 64;

fuzz_target!(|data: &[u8]| {
    let Some((choices, rest)) = split(data) else { return };
    let (pattern, text) = rest.split_at(usize::from(choices[0]).min(PATTERN).min(rest.len()));
    let Ok(pattern) = std::str::from_utf8(pattern) else { return };
    let Ok(names) = group_names(pattern) else { return };
    if text.is_empty() {
        return;
    }
    let file = file("extract", text);
    let unmatched = choices[1] & 1 == 1;
    let whole = read(&file, pattern, &names, unmatched, file.size);
    let parts = read(&file, pattern, &names, unmatched, u64::from(choices[2]) + 1);
    assert_eq!(parts, whole, "blocks change what a pattern finds");
});

type Found = (Vec<Vec<Option<String>>>, Vec<(u64, String)>);

/// What a pattern finds in blocks of this size; `None` where the pattern is too large.
fn read(file: &SourceFile, pattern: &str, names: &[String], unmatched: bool, block: u64) -> Option<Found> {
    let ends = (1..=file.size.div_ceil(block)).map(|place| (place * block).min(file.size));
    let blocks =
        ends.scan(0, |offset, end| Some(BlockRange { offset: std::mem::replace(offset, end), end, start: None }));
    let chunk = Chunk { ordinal: 0, file: file.clone(), blocks: blocks.collect() };
    let column = |(place, name): (usize, &String)| ColumnSpec {
        name: name.clone(),
        column_type: ColumnType::Varchar,
        ordinal: place + 2,
        fixed: true,
    };
    let columns: Vec<ColumnSpec> = names.iter().enumerate().map(column).collect();
    let find = Find::Matches { pattern: pattern.to_owned(), unmatched };
    let mut pass =
        open(vec![chunk], columns, find, Encoding::Utf8, Vec::new(), Opener::default(), CancelFlag::default()).ok()?;
    let mut rows = Vec::new();
    while let Some(batch) = pass.next_batch().expect("lines are short") {
        rows.extend((0..batch.num_rows()).map(|row| values(&batch, row)));
    }
    let told = |reject: &Reject| (reject.byte, reject.reason.clone());
    Some((rows, pass.rejects().iter().map(told).collect()))
}

/// The values of a row, as text; columns of few texts are dictionaries.
fn values(batch: &RecordBatch, row: usize) -> Vec<Option<String>> {
    let value = |column: &ArrayRef| match column.as_dictionary_opt::<Int32Type>() {
        Some(found) => found.key(row).map(|key| found.values().as_string::<i32>().value(key).to_owned()),
        None => column.is_valid(row).then(|| column.as_string_view().value(row).to_owned()),
    };
    batch.columns().iter().map(value).collect()
}
