//! Any bytes in one or two files: the sniffer never panics, and what it says can be read.
#![no_main]

use std::collections::HashSet;

use fusionflow_engine::{
    error::Error,
    source::csv::{
        BlockRange, CancelFlag, Chunk, ColumnSpec, Dialect, ScanPlan, Scanner, SourceFile,
        sniff::{FileSniff, SniffOptions, sniff_files},
    },
};
use fusionflow_fuzz::input::{file, pick, split};
use libfuzzer_sys::fuzz_target;

const DELIMITERS: [Option<u8>; 5] = [None, Some(b','), Some(b';'), Some(b'\t'), Some(b'x')];
const QUOTES: [Option<Option<u8>>; 4] = [None, Some(None), Some(Some(b'"')), Some(Some(b'\''))];
const HEADERS: [Option<bool>; 3] = [None, Some(true), Some(false)];
const NULLS: [&str; 3] = ["", "NULL", "-"];

fuzz_target!(|data: &[u8]| {
    let Some((choices, text)) = split(data) else { return };
    let options = SniffOptions {
        delimiter: pick(&DELIMITERS, choices[0]),
        quote: pick(&QUOTES, choices[1]),
        header: pick(&HEADERS, choices[2]),
        null: pick(&NULLS, choices[3]).into(),
        all_varchar: choices[4] & 1 == 1,
        skip: usize::from(choices[5] % 8),
        ..SniffOptions::default()
    };
    let second = text.len() * usize::from(choices[6]) / 256;
    let (first, second) = text.split_at(text.len() - second);
    let mut files = vec![file("sniff-1", first)];
    if !second.is_empty() {
        files.push(file("sniff-2", second));
    }
    let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let sniffed = sniff_files(&paths, &options);
    if let Ok(sniffed) = sniffed {
        assert_eq!(sniffed.len(), files.len());
        for (sniff, file) in sniffed.iter().zip(files) {
            check(sniff, file, &options);
        }
    }
});

fn check(sniff: &FileSniff, file: SourceFile, options: &SniffOptions) {
    assert_eq!((&sniff.path, sniff.size, sniff.mtime_ns), (&file.path, file.size, file.mtime_ns));
    assert!(sniff.data_start <= sniff.size);
    let mut names = HashSet::new();
    assert!(!sniff.columns.is_empty());
    assert!(sniff.columns.iter().all(|(name, _)| names.insert(name.to_lowercase())), "{:?}", sniff.columns);
    let null = String::from_utf8_lossy(&options.null);
    // A null string that the found dialect cannot hold is refused by the scan, in words.
    let Ok(dialect) = Dialect::new(sniff.delimiter, sniff.quote, &null) else { return };
    let columns = sniff.columns.iter().enumerate().map(|(ordinal, (name, column_type))| ColumnSpec {
        name: name.clone(),
        column_type: *column_type,
        ordinal,
        fixed: false,
    });
    let block = BlockRange { offset: sniff.data_start, end: sniff.size, start: Some(sniff.data_start) };
    let file = SourceFile { data_start: sniff.data_start, ..file };
    let chunk = Chunk { ordinal: 0, file, blocks: vec![block] };
    let plan = ScanPlan::new(vec![chunk], columns.collect(), sniff.columns.len(), dialect);
    let mut scanner = Scanner::new(plan.expect("a sniffed file can be planned for"), CancelFlag::default());
    let mut rows = 0;
    loop {
        match scanner.next_batch() {
            Ok(Some(batch)) => rows += batch.num_rows() as u64,
            Ok(None) => break,
            Err(Error::Malformed { .. }) => return,
            // A small file is looked at as a whole: its types hold its values.
            Err(error) => panic!("{error}: {sniff:?}"),
        }
    }
    let read: u64 = scanner.reports()[0].blocks.iter().map(|block| block.rows).sum();
    assert_eq!(read, rows + scanner.rejects().len() as u64);
}
