//! Any bytes, any dialect, any block size: the scan gives the plain reader's rows, and never panics.
#![no_main]

use fusionflow_engine::{
    error::Error,
    source::{ColumnSpec, csv::Dialect},
    types::ColumnType,
};
use fusionflow_fuzz::{
    cut::Cut,
    input::{CHOICES, file, pick, split},
    plain,
};
use libfuzzer_sys::fuzz_target;

const DELIMITERS: [&[u8]; 10] = [b",", b";", b"\t", b"|", b" ", b":", b"1", b"\0", b"||", b", "];
const QUOTES: [Option<u8>; 4] = [Some(b'"'), Some(b'\''), None, Some(b'a')];
const ESCAPES: [Option<u8>; 4] = [None, Some(b'\\'), Some(b'"'), Some(b'\'')];
const COMMENTS: [Option<u8>; 4] = [None, Some(b'#'), Some(b'/'), Some(b'-')];
const NULLS: [&str; 4] = ["", "NULL", "-", "\\N"];
const TYPES: [ColumnType; 11] = [
    ColumnType::Varchar,
    ColumnType::BigInt,
    ColumnType::Double,
    ColumnType::Date,
    ColumnType::Timestamp,
    ColumnType::Boolean,
    ColumnType::HugeInt,
    ColumnType::Decimal { precision: 9, scale: 2 },
    ColumnType::Decimal { precision: 38, scale: 10 },
    ColumnType::UTinyInt,
    ColumnType::Float,
];
const LEVELS: [&str; 3] = ["", "portable", "avx2"];

fuzz_target!(|data: &[u8]| {
    let Some((choices, text)) = split(data) else { return };
    let dialect = dialect(choices);
    if dialect.check().is_err() {
        return;
    }
    if text.is_empty() {
        return;
    }
    // SAFETY: nothing else reads or writes the environment: this is the only thread.
    unsafe { std::env::set_var("FUSIONFLOW_SIMD", pick(&LEVELS, choices[6] >> 4)) };
    let width = match choices[2] % 16 {
        0 => plain::read(text, &dialect)[0].fields.len(),
        width => width.into(),
    };
    let column_count = if choices[7] & 128 == 128 { width } else { 0 };
    let dialect = Dialect { column_count, ..dialect };
    let cut = Cut {
        file: file("scan", text),
        columns: columns(choices, width),
        width,
        dialect,
        block: u64::from(choices[4]) + 1,
        window: usize::from(choices[5]) + 1,
        stride: usize::from(choices[6] % 4) + 1,
    };
    check(&cut, text);
});

/// The dialect that the choices make; it may contradict itself.
fn dialect(choices: &[u8; CHOICES]) -> Dialect {
    Dialect {
        delimiter: pick(&DELIMITERS, choices[0]).to_vec(),
        quote: pick(&QUOTES, choices[1]),
        escape: pick(&ESCAPES, choices[1] >> 2),
        comment: pick(&COMMENTS, choices[1] >> 4),
        null: pick(&NULLS, choices[7]).into(),
        more_nulls: if choices[7] & 4 == 4 { vec![b"n/a".to_vec()] } else { Vec::new() },
        carriage_returns: choices[7] & 16 == 16,
        null_padding: choices[7] & 32 == 32,
        strict: choices[7] & 64 == 0,
        column_count: 0,
    }
}

/// The columns that are read: those of a bit pattern, all texts, or of any type.
fn columns(choices: &[u8; CHOICES], width: usize) -> Vec<ColumnSpec> {
    let typed = choices[3] & 1 == 1;
    (0..width)
        .filter(|ordinal| choices[2] < 128 || choices[3] >> (ordinal % 7 + 1) & 1 == 1)
        .map(|ordinal| ColumnSpec {
            name: format!("c{ordinal}"),
            column_type: if typed {
                pick(&TYPES, choices[3].wrapping_add((ordinal * 7) as u8))
            } else {
                ColumnType::Varchar
            },
            ordinal,
            fixed: choices[2] & 16 == 16,
        })
        .collect()
}

fn check(cut: &Cut, text: &[u8]) {
    let texts = cut.columns.iter().all(|column| column.column_type == ColumnType::Varchar);
    let mut cut = cut.clone();
    let found = widened(&mut cut);
    let mut whole = Cut { block: text.len() as u64, window: text.len(), columns: cut.columns.clone(), ..cut.clone() };
    let expected = widened(&mut whole);
    let types = |cut: &Cut| cut.columns.iter().map(|column| column.column_type).collect::<Vec<_>>();
    match (&found, &expected) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(found, expected, "blocks change the rows");
            assert_eq!(types(&cut), types(&whole), "blocks change the types");
        }
        (Err(Error::Malformed { offset: one, .. }), Err(Error::Malformed { offset: other, .. })) => {
            assert_eq!(one, other, "blocks change where the file breaks");
        }
        _ => panic!("in blocks: {found:?}, whole: {expected:?}"),
    }
    if !texts || cut.dialect.column_count > 0 {
        // Broken records are mended then: what the plain reader does not do.
        return;
    }
    match (plain::content(text, &cut.dialect, cut.width), found) {
        (plain::Content::Rows(rows, rejects), Ok(found)) => {
            let wanted = |row: Vec<Option<String>>| {
                cut.columns.iter().map(|column| row[column.ordinal].clone()).collect::<Vec<_>>()
            };
            let rows: Vec<_> = rows.into_iter().map(wanted).collect();
            assert_eq!(found.0, rows, "not the plain reader's rows");
            assert_eq!(found.1.into_iter().map(|(byte, ..)| byte).collect::<Vec<_>>(), rejects);
        }
        (plain::Content::Unclosed(at), Err(Error::Malformed { offset, .. })) => assert_eq!(at, offset),
        (plain, found) => panic!("plain: {plain:?}, scan: {found:?}"),
    }
}

/// Read, with wider types until they hold all values.
fn widened(cut: &mut Cut) -> Result<fusionflow_fuzz::cut::Content, Error> {
    for _ in 0..4 * cut.columns.len() + 1 {
        match cut.read() {
            Err(Error::Widened { columns, .. }) => {
                for (ordinal, wider) in columns {
                    let column = cut.columns.iter_mut().find(|column| column.ordinal == ordinal);
                    let column = column.expect("only columns that are read widen");
                    assert!(!column.fixed, "a given type widens");
                    assert_ne!(column.column_type, wider, "a type widens to itself");
                    column.column_type = wider;
                }
            }
            result => return result,
        }
    }
    panic!("types widen for ever");
}
