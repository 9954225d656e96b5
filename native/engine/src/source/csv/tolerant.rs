//! The reader that takes any bytes: records by the grammar, one at a time, flawed ones told apart.

use super::{
    dialect::Dialect,
    locate::MAX_RECORD,
    plan::ScanPlan,
    record::{Flaw, Record, Span, read_fields},
    rewrite::Rewriter,
    rows::Rows,
};
use crate::source::plan::ColumnSpec;

/// A record that is not a row, by its structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub span: Span,
    /// The column that does not fit, where it is one.
    pub column: Option<String>,
    pub reason: String,
}

/// What the records that start in `[from, limit)` of a window are.
#[derive(Debug)]
pub struct Cut {
    pub rows: Rows,
    pub refused: Vec<Refused>,
    /// Byte after the last record.
    pub end: usize,
    /// Line ends, those inside quotes included.
    pub lines: usize,
    /// Fields in plain form, for those that are written otherwise: rows find them behind the window's text.
    pub rewritten: Vec<u8>,
    /// Rows that whoever finds them keeps to itself: counted, and in no batch.
    pub kept: u64,
}

/// Why a window cannot be cut.
#[derive(Debug, PartialEq, Eq)]
pub enum Uncut {
    /// The record that starts at this byte goes on after the window's text.
    NeedsMore(usize),
    /// The record at this byte is longer than any may be.
    TooLong(usize),
    /// The quote that opens in the record at this byte swallows the lines to the file's end.
    Unclosed(usize),
}

/// Cut the records that start in `[from, limit)` of `data`.
pub fn cut_tolerantly(data: &[u8], from: usize, limit: usize, at_end: bool, plan: &ScanPlan) -> Result<Cut, Uncut> {
    let dialect = &plan.dialect;
    let mut rows = Rows::pairs(plan.columns.len(), data.len(), dialect.quote);
    let mut rewriter = Rewriter::new(data, dialect);
    let mut refused = Vec::new();
    let valid = simdutf8::basic::from_utf8(&data[from..]).is_ok();
    let mut fields = Vec::with_capacity(plan.column_count);
    let mut wanted = Vec::with_capacity(plan.columns.len());
    let mut end = from;
    while end < limit.min(data.len()) {
        let start = end;
        let Some(record) = read_fields(data, start, dialect, at_end, &mut fields) else {
            let too_long = data.len() - start > MAX_RECORD;
            return Err(if too_long { Uncut::TooLong(start) } else { Uncut::NeedsMore(start) });
        };
        if record.end - start > MAX_RECORD {
            return Err(Uncut::TooLong(start));
        }
        end = record.end;
        if record.remark || plan.column_count > 1 && fields.len() == 1 && record.text_end == start {
            continue;
        }
        let span = Span { start, end: record.text_end };
        if let Some((_, Flaw::UnclosedQuote)) = record.flaw
            && lines_inside(dialect, &data[start..record.end])
        {
            return Err(Uncut::Unclosed(start));
        }
        match flaw_of(&data[start..record.end], &record, &fields, plan, valid) {
            Some(reason) => refused.push(Refused { span, column: None, reason }),
            None => {
                let plain = |column: &ColumnSpec| match fields.get(column.ordinal) {
                    Some(&span) => rewriter.plain(span, record.reading),
                    None => rewriter.null(),
                };
                wanted.clear();
                wanted.extend(plan.columns.iter().map(plain));
                rows.reach(rewriter.end());
                rows.push(wanted.iter().copied(), span);
            }
        }
    }
    let lines = dialect.count_lines(&data[from..end]);
    Ok(Cut { rows, refused, end, lines, rewritten: rewriter.into_bytes(), kept: 0 })
}

/// Whether a line end stands before the last one.
fn lines_inside(dialect: &Dialect, record: &[u8]) -> bool {
    dialect.line_starts(record).next().is_some_and(|start| start < record.len())
}

fn flaw_of(text: &[u8], record: &Record, fields: &[Span], plan: &ScanPlan, valid: bool) -> Option<String> {
    match record.flaw {
        Some((field, Flaw::TextAfterQuote)) => {
            return Some(format!("text after the closing quote of field {}", field + 1));
        }
        Some((field, Flaw::UnclosedQuote)) => return Some(format!("the quote of field {} is never closed", field + 1)),
        Some((_, Flaw::StrayQuote)) => return Some("a quote that no other one belongs to".to_owned()),
        None => {}
    }
    let (found, wanted) = (fields.len(), plan.column_count);
    let padded = found < wanted && plan.dialect.null_padding;
    let surplus = |fields: &[Span]| fields.iter().all(|field| field.start == field.end);
    let cropped = found > wanted && !plan.dialect.strict && surplus(&fields[wanted..]);
    if found != wanted && !padded && !cropped {
        let s = if found == 1 { "" } else { "s" };
        return Some(format!("{found} field{s} instead of {wanted}"));
    }
    if !valid && let Err(error) = simdutf8::compat::from_utf8(text) {
        let place = plan.dialect.encoding.length_of(&text[..error.valid_up_to()]);
        let name = plan.dialect.encoding.to_string().to_uppercase();
        return Some(format!("invalid {name} at byte {place} of the record"));
    }
    None
}
