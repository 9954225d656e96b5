//! Any bytes as JSON of any form, in blocks and windows of any size: the rows of the whole, and never a panic.
#![no_main]

use std::collections::BTreeMap;

use arrow_array::{Array, RecordBatch, cast::AsArray, types::Int32Type};
use fusionflow_engine::{
    error::Error,
    source::{
        BlockRange, CancelFlag, Chunk, Pass as _, SourceFile,
        jsonl::{Form, JsonColumn, Kind, ScanPlan, Scanner},
    },
};
use fusionflow_fuzz::input::{CHOICES, file, pick, split};
use libfuzzer_sys::fuzz_target;

const FORMS: [Form; 4] = [Form::Lines, Form::Lines, Form::Array, Form::Values];
const KINDS: [&str; 15] = [
    "JSON",
    "BIGINT",
    "DOUBLE",
    "VARCHAR",
    "BOOLEAN",
    "HUGEINT",
    "UUID",
    "DATE",
    "TIMESTAMP",
    "DECIMAL(9,2)",
    "BIGINT[]",
    "MAP(VARCHAR, BIGINT)",
    "STRUCT(a BIGINT)",
    "STRUCT(a STRUCT(b DATE), b VARCHAR[])",
    "STRUCT(a STRUCT(b BIGINT)[])[]",
];
const KEYS: [&str; 3] = ["a", "b", "c"];

/// How a file is read.
#[derive(Clone)]
struct Reading {
    file: SourceFile,
    columns: Vec<JsonColumn>,
    form: Form,
    records: bool,
    complete: bool,
    block: u64,
    window: usize,
}

/// The types of the columns, rows by column, and the first bytes of rejects.
type Content = (Vec<String>, Vec<BTreeMap<String, String>>, Vec<u64>);

fuzz_target!(|data: &[u8]| {
    let Some((choices, text)) = split(data) else { return };
    if text.is_empty() {
        return;
    }
    let cut = reading(choices, text);
    let whole = Reading { block: cut.file.size, window: text.len(), ..cut.clone() };
    match (read(cut), read(whole)) {
        // A VARCHAR takes every value: whether a type widens to it or to JSON depends on what comes first.
        (Ok(found), Ok(expected)) if found.0 != expected.0 => {
            assert_eq!((found.1.len(), found.2), (expected.1.len(), expected.2), "blocks change the count of rows");
        }
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "blocks change the rows"),
        (Err(found), Err(expected)) => assert_eq!(found, expected, "blocks change where the file breaks"),
        (found, expected) => panic!("in blocks: {found:?}, whole: {expected:?}"),
    }
});

/// What the choices ask for.
fn reading(choices: &[u8; CHOICES], text: &[u8]) -> Reading {
    let form = pick(&FORMS, choices[0]);
    let (records, complete, fixed) = (choices[0] & 4 == 0, choices[0] & 8 == 8, choices[0] & 16 == 16);
    let count = if records { usize::from(choices[1] % 4) } else { 1 };
    let columns = KEYS[..count].iter().enumerate().map(|(ordinal, key)| {
        let kind: Kind = pick(&KINDS, choices[2 + ordinal]).parse().expect("these are types");
        let whole = (choices[1] & 4 == 4 && !fixed).then(|| kind.clone());
        JsonColumn { name: (*key).into(), key: (*key).into(), kind, whole, ordinal, fixed }
    });
    let file = file("jsonl", text);
    // Only lines can be entered anywhere.
    let block = if form == Form::Lines { u64::from(choices[5]) + 1 } else { file.size };
    let window = usize::from(choices[6]) + 1;
    Reading { columns: columns.collect(), form, records, complete: complete && !fixed, block, window, file }
}

/// Read, with wider types until they hold all values; else the byte where the file breaks.
fn read(mut reading: Reading) -> Result<Content, u64> {
    for _ in 0..=reading.file.size {
        match pass(&reading) {
            Ok(content) => return Ok(content),
            Err(Error::Widened { columns, .. }) => {
                columns.iter().for_each(|(place, kind)| widen(&mut reading, *place, kind))
            }
            Err(Error::Malformed { offset, .. } | Error::Refused { offset, .. }) => return Err(offset),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("types widen for ever");
}

fn widen(reading: &mut Reading, place: usize, kind: &str) {
    let kind: Kind = kind.parse().expect("a type is its name");
    if let Some(column) = reading.columns.get_mut(place) {
        assert!(!column.fixed, "a given type widens");
        let grown = column.kind.clone().widest(kind);
        assert_ne!(grown, column.kind, "a type widens to itself");
        column.whole = column.whole.is_some().then(|| grown.clone());
        column.kind = grown;
        return;
    }
    assert!(reading.complete, "a column is added that nobody asked for");
    let Kind::Struct(fields) = kind else { panic!("new columns are a STRUCT") };
    for (key, kind) in fields {
        let (whole, ordinal) = (Some(kind.clone()), reading.columns.len());
        reading.columns.push(JsonColumn { name: key.clone(), key, kind, whole, ordinal, fixed: false });
    }
}

fn pass(reading: &Reading) -> Result<Content, Error> {
    let ends = (1..=reading.file.size.div_ceil(reading.block)).map(|place| place * reading.block);
    let ends = ends.map(|end| end.min(reading.file.size));
    let blocks =
        ends.scan(0, |offset, end| Some(BlockRange { offset: std::mem::replace(offset, end), end, start: None }));
    let chunk = Chunk { ordinal: 0, file: reading.file.clone(), blocks: blocks.collect() };
    let mut plan = ScanPlan::new(vec![chunk], reading.columns.clone(), reading.form, reading.records)?;
    (plan.complete, plan.window) = (reading.complete, reading.window);
    let mut scanner = Scanner::new(plan, CancelFlag::default());
    let mut rows = Vec::new();
    while let Some(batch) = scanner.next_batch()? {
        rows.extend((0..batch.num_rows()).map(|row| values(&batch, row)));
    }
    let blocks = &scanner.reports()[0].blocks;
    assert!(blocks.windows(2).all(|pair| pair[0].end == pair[1].start), "blocks overlap, or leave bytes out");
    let read: u64 = blocks.iter().map(|block| block.rows).sum();
    assert_eq!(read, (rows.len() + scanner.rejects().len()) as u64);
    let kinds = reading.columns.iter().map(|column| column.kind.to_string()).collect();
    Ok((kinds, rows, scanner.rejects().iter().map(|reject| reject.byte).collect()))
}

/// The values of a row by column, as text.
fn values(batch: &RecordBatch, row: usize) -> BTreeMap<String, String> {
    let schema = batch.schema();
    let named = schema.fields().iter().zip(batch.columns());
    named.map(|(field, column)| (field.name().clone(), value(column.as_ref(), row))).collect()
}

/// A value as text, whichever array it is in: fields by name, words as the texts they stand for.
fn value(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "NULL".into();
    }
    if let Some(texts) = array.as_string_view_opt() {
        return format!("{:?}", texts.value(row));
    }
    if let Some(words) = array.as_dictionary_opt::<Int32Type>() {
        return format!("{:?}", words.values().as_string::<i32>().value(words.keys().value(row) as usize));
    }
    if let Some(object) = array.as_struct_opt() {
        let named = object.column_names().into_iter().zip(object.columns());
        let fields: BTreeMap<_, _> = named.map(|(name, column)| (name, value(column.as_ref(), row))).collect();
        return format!("{fields:?}");
    }
    let elements = match (array.as_list_opt::<i32>(), array.as_map_opt()) {
        (Some(lists), _) => lists.value(row),
        (_, Some(maps)) => std::sync::Arc::new(maps.value(row)),
        _ => return format!("{:?}", array.slice(row, 1)),
    };
    format!("{:?}", (0..elements.len()).map(|place| value(elements.as_ref(), place)).collect::<Vec<_>>())
}
