//! Any bytes in one or two files: the sniffer never panics, and what it says can be read.
#![no_main]

use std::collections::HashSet;

use fusionflow_engine::{
    error::Error,
    source::{
        BlockRange, CancelFlag, Chunk, ColumnSpec, SourceFile,
        csv::{
            ScanPlan, Scanner,
            sniff::{FileSniff, SniffOptions, sniff_files},
        },
    },
};
use fusionflow_fuzz::input::{file, pick, split};
use libfuzzer_sys::fuzz_target;

const DELIMITERS: [Option<&[u8]>; 6] = [None, Some(b","), Some(b";"), Some(b"\t"), Some(b"x"), Some(b"||")];
const QUOTES: [Option<Option<u8>>; 4] = [None, Some(None), Some(Some(b'"')), Some(Some(b'\''))];
const ESCAPES: [Option<Option<u8>>; 3] = [None, Some(None), Some(Some(b'\\'))];
const COMMENTS: [Option<u8>; 2] = [None, Some(b'#')];
const RETURNS: [Option<bool>; 3] = [None, Some(true), Some(false)];
const HEADERS: [Option<bool>; 3] = [None, Some(true), Some(false)];
const NULLS: [&str; 3] = ["", "NULL", "-"];

fuzz_target!(|data: &[u8]| {
    let Some((choices, text)) = split(data) else { return };
    let options = SniffOptions {
        delimiter: pick(&DELIMITERS, choices[0]).map(<[u8]>::to_vec),
        quote: pick(&QUOTES, choices[1]),
        escape: pick(&ESCAPES, choices[1] >> 2),
        comment: pick(&COMMENTS, choices[3] >> 2),
        carriage_returns: pick(&RETURNS, choices[2] >> 2),
        null_padding: choices[4] & 2 == 2,
        lax: choices[4] & 4 == 4,
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
            check(sniff, file);
        }
    }
});

fn check(sniff: &FileSniff, file: SourceFile) {
    assert_eq!((&sniff.path, sniff.stamp.size, sniff.mtime_ns), (&file.path, file.size, file.mtime_ns));
    assert!(sniff.data_start <= sniff.stamp.size);
    let mut names = HashSet::new();
    assert!(!sniff.columns.is_empty());
    assert!(sniff.columns.iter().all(|(name, _)| names.insert(name.to_lowercase())), "{:?}", sniff.columns);
    // A null string that the found dialect cannot hold is refused by the scan, in words.
    if sniff.dialect.check().is_err() {
        return;
    }
    let columns = sniff.columns.iter().enumerate().map(|(ordinal, (name, column_type))| ColumnSpec {
        name: name.clone(),
        column_type: *column_type,
        ordinal,
        fixed: false,
    });
    let block = BlockRange { offset: sniff.data_start, end: sniff.stamp.size, start: Some(sniff.data_start) };
    let file = SourceFile { data_start: sniff.data_start, ..file };
    let chunk = Chunk { ordinal: 0, file, blocks: vec![block] };
    let plan = ScanPlan::new(vec![chunk], columns.collect(), sniff.columns.len(), sniff.dialect.clone());
    let mut scanner = Scanner::new(plan.expect("a sniffed file can be planned for"), CancelFlag::default());
    let mut rows = 0;
    loop {
        match scanner.next_batch() {
            Ok(Some(batch)) => rows += batch.num_rows() as u64,
            Ok(None) => break,
            Err(Error::Malformed { .. }) => return,
            // The types are learned from records that keep the rules; others may widen them.
            Err(Error::Widened { .. }) if sniff.dialect.null_padding || !sniff.dialect.strict => return,
            // A small file is looked at as a whole: its types hold its values.
            Err(error) => panic!("{error}: {sniff:?}"),
        }
    }
    let read: u64 = scanner.reports()[0].blocks.iter().map(|block| block.rows).sum();
    assert_eq!(read, rows + scanner.rejects().len() as u64);
}
