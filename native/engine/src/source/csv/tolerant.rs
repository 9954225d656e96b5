//! The reader that takes any bytes: records by the grammar, one at a time, flawed ones told apart.

use super::{
    locate::MAX_RECORD,
    plan::ScanPlan,
    record::{Flaw, Record, Span, read_record},
    rows::Rows,
};

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
    /// Line feeds, those inside quotes included.
    pub lines: usize,
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
    let mut cut = Cut {
        rows: Rows::pairs(plan.columns.len(), data.len(), plan.dialect.quote),
        refused: Vec::new(),
        end: from,
        lines: 0,
    };
    let valid = simdutf8::basic::from_utf8(&data[from..]).is_ok();
    let mut fields = Vec::with_capacity(plan.column_count);
    while cut.end < limit.min(data.len()) {
        let start = cut.end;
        fields.clear();
        let Some(record) = read_record(data, start, &plan.dialect, at_end, |span| fields.push(span)) else {
            let too_long = data.len() - start > MAX_RECORD;
            return Err(if too_long { Uncut::TooLong(start) } else { Uncut::NeedsMore(start) });
        };
        if record.end - start > MAX_RECORD {
            return Err(Uncut::TooLong(start));
        }
        cut.end = record.end;
        if plan.column_count > 1 && fields.len() == 1 && record.text_end == start {
            continue;
        }
        let span = Span { start, end: record.text_end };
        if let Some((_, Flaw::UnclosedQuote)) = record.flaw
            && lines_inside(&data[start..record.end])
        {
            return Err(Uncut::Unclosed(start));
        }
        match flaw_of(&data[start..record.end], &record, fields.len(), plan.column_count, valid) {
            Some(reason) => cut.refused.push(Refused { span, column: None, reason }),
            None => cut.rows.push(plan.columns.iter().map(|column| fields[column.ordinal]), span),
        }
    }
    cut.lines = memchr::memchr_iter(b'\n', &data[from..cut.end]).count();
    Ok(cut)
}

/// Whether a line feed stands before the last byte.
fn lines_inside(record: &[u8]) -> bool {
    memchr::memchr(b'\n', record).is_some_and(|at| at + 1 < record.len())
}

fn flaw_of(text: &[u8], record: &Record, found: usize, wanted: usize, valid: bool) -> Option<String> {
    match record.flaw {
        Some((field, Flaw::TextAfterQuote)) => {
            return Some(format!("text after the closing quote of field {}", field + 1));
        }
        Some((field, Flaw::UnclosedQuote)) => return Some(format!("the quote of field {} is never closed", field + 1)),
        None => {}
    }
    if found != wanted {
        let s = if found == 1 { "" } else { "s" };
        return Some(format!("{found} field{s} instead of {wanted}"));
    }
    if !valid && let Err(error) = simdutf8::compat::from_utf8(text) {
        return Some(format!("invalid UTF-8 at byte {} of the record", error.valid_up_to()));
    }
    None
}
