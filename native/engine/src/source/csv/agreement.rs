//! The index and the tolerant reader say the same, and the `csv` crate agrees with both.

use super::{
    dialect::Dialect,
    index::{Input, Layout, Refusal, index},
    plan::ScanPlan,
    rows::Rows,
    tolerant::{Uncut, cut_tolerantly},
};
use crate::source::{file::PAD, level::Level, plan::ColumnSpec};
use crate::types::ColumnType;

/// A small generator of numbers: reproducible, no dependency (xorshift64*).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

fn plan(column_count: usize, ordinals: &[usize], quote: Option<u8>) -> ScanPlan {
    let columns = ordinals
        .iter()
        .map(|&ordinal| ColumnSpec {
            name: format!("c{ordinal}"),
            column_type: ColumnType::Varchar,
            ordinal,
            fixed: false,
        })
        .collect();
    ScanPlan::new(vec![], columns, column_count, Dialect::new(b',', quote, "").unwrap()).unwrap()
}

fn fields(data: &[u8], rows: &Rows, columns: usize) -> Vec<Vec<String>> {
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    (0..rows.count)
        .map(|row| {
            let record = rows.record_span(data, row);
            let fields = (0..columns).map(|place| text(rows.cell(data, rows.slots(place), row).text()));
            fields.chain([text(&data[record.start..record.end])]).collect()
        })
        .collect()
}

/// Index `text` at every level and compare with the tolerant reader; tells whether it was regular.
fn compare(text: &[u8], limit: usize, at_end: bool, plan: &ScanPlan) -> bool {
    let mut bytes = text.to_vec();
    bytes.push(if at_end { b'\n' } else { b',' });
    bytes.extend([b'"'; PAD - 1]);
    let ordinals: Vec<usize> = plan.columns.iter().map(|column| column.ordinal).collect();
    let layout = Layout::new(plan.column_count, &ordinals);
    let tolerant = cut_tolerantly(text, 0, limit, at_end, plan);
    let mut verdicts = vec![];
    for level in Level::available() {
        let (delimiter, quote) = (plan.dialect.delimiter[0], plan.dialect.quote);
        let input = Input { bytes: &bytes, len: text.len(), limit, at_end, delimiter, quote };
        let mut positions = vec![];
        let found = index(level, input, &layout, &mut positions);
        verdicts.push(found.as_ref().map(|&(_, found)| found).map_err(|&refusal| refusal));
        match (found, &tolerant) {
            (Ok((rows, found)), Ok(cut)) => {
                let columns = ordinals.len();
                assert_eq!(
                    fields(&bytes, &rows, columns),
                    fields(&bytes, &cut.rows, columns),
                    "{:?}",
                    String::from_utf8_lossy(text)
                );
                assert_eq!((found.end, found.lines), (cut.end, cut.lines));
                assert!(cut.refused.is_empty());
            }
            (Ok(_), Err(why)) => panic!("the index takes what is {why:?}: {:?}", String::from_utf8_lossy(text)),
            (Err(Refusal::NeedsMore), Ok(_)) => panic!("the index wants more: {:?}", String::from_utf8_lossy(text)),
            (Err(Refusal::NeedsMore), Err(Uncut::Unclosed(_))) => panic!("the index wants more at the end"),
            (Err(_), _) => {}
        }
    }
    assert!(verdicts.windows(2).all(|pair| pair[0] == pair[1]), "levels differ: {verdicts:?}");
    verdicts[0].is_ok()
}

#[test]
fn random_bytes_are_read_alike() {
    let mut random = Random(1);
    let pieces: [&[u8]; 12] =
        [b",", b",", b"\n", b"\n", b"\r\n", b"\"", b"\"\"", b"a", b"bc", b"some longer text", b"\r", b"\xc3\xa9"];
    let mut regular = 0;
    for _ in 0..60_000 {
        let count = 1 + random.below(40);
        let text: Vec<u8> = (0..count).flat_map(|_| pieces[random.below(pieces.len())]).copied().collect();
        let column_count = 1 + random.below(3);
        let quote = (random.below(4) > 0).then_some(b'"');
        let plan = plan(column_count, &[random.below(column_count)], quote);
        let limit = 1 + random.below(text.len());
        regular += usize::from(compare(&text, limit, random.below(2) == 0, &plan));
    }
    assert!(regular > 2_000, "only {regular} were regular");
}

/// A well-formed file of random fields, as the `csv` crate writes it.
fn well_formed(random: &mut Random, column_count: usize, records: usize, crlf: bool) -> Vec<u8> {
    let pieces = [
        "",
        "",
        "1",
        "abc",
        "with,comma",
        "say \"hi\"",
        "two\nlines",
        "é",
        "x\r\ny",
        "a long text of many words, really",
    ];
    let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(vec![]);
    for _ in 0..records {
        let record: Vec<String> = (0..column_count)
            .map(|_| format!("{}{}", pieces[random.below(pieces.len())], pieces[random.below(pieces.len())]))
            .collect();
        writer.write_record(&record).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn well_formed_files_are_regular_and_read_as_the_csv_crate_does() {
    let mut random = Random(2);
    for round in 0..400 {
        let column_count = 1 + random.below(12);
        let records = 1 + random.below(60);
        let mut text = well_formed(&mut random, column_count, records, round % 2 == 0);
        if round % 3 == 0 {
            text.pop();
        }
        let ordinals: Vec<usize> = (0..column_count).filter(|_| random.below(3) == 0).collect();
        let plan = plan(column_count, &ordinals, Some(b'"'));
        assert!(compare(&text, text.len(), true, &plan), "{:?}", String::from_utf8_lossy(&text));

        let expected: Vec<Vec<String>> = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&text[..])
            .records()
            .map(|record| ordinals.iter().map(|&ordinal| record.as_ref().unwrap()[ordinal].to_owned()).collect())
            .collect();
        let padded = [&text[..], &[b' '; PAD]].concat();
        let cut = cut_tolerantly(&text, 0, text.len(), true, &plan).unwrap();
        let found: Vec<Vec<String>> = fields(&padded, &cut.rows, ordinals.len())
            .into_iter()
            .map(|row| row[..ordinals.len()].iter().map(|field| unquoted(field)).collect())
            .collect();
        assert_eq!(found, expected);
    }
}

fn unquoted(field: &str) -> String {
    match field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => field.to_owned(),
    }
}
