//! Each line is a row.

use crate::source::{
    csv::{Cut, FindRows, Lines, RowFinder, Span},
    plan::ColumnSpec,
};

/// Ordinal of the row's text: the line, or the word.
pub const TEXT: usize = 0;
/// Ordinal of the byte where the row starts in its file.
pub const BYTE: usize = 1;

/// Finds lines.
#[derive(Debug)]
pub struct EachLine;

impl FindRows for EachLine {
    fn begin(&self, columns: &[ColumnSpec]) -> Box<dyn RowFinder> {
        Box::new(LineFinder { ordinals: ordinals(columns) })
    }
}

struct LineFinder {
    ordinals: Vec<usize>,
}

impl RowFinder for LineFinder {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let mut places = Places::new(lines);
        let tells = self.ordinals.contains(&BYTE);
        for line in lines.each() {
            let byte = if tells { places.write(line.start, cut) } else { line };
            push(cut, line, self.ordinals.iter().map(|&ordinal| if ordinal == BYTE { byte } else { line }));
        }
    }
}

/// Ordinals of columns.
pub fn ordinals(columns: &[ColumnSpec]) -> Vec<usize> {
    columns.iter().map(|column| column.ordinal).collect()
}

/// Add a row, whose values may have been written anew.
pub fn push(cut: &mut Cut, record: Span, values: impl Iterator<Item = Span>) {
    cut.rows.push(values, record);
}

/// Write a value anew; tells where a row finds it.
pub fn write(cut: &mut Cut, len: usize, value: &[u8]) -> Span {
    let start = len + cut.rewritten.len();
    cut.rewritten.extend_from_slice(value);
    let end = start + value.len();
    cut.rows.reach(end);
    Span { start, end }
}

/// Bytes of the file for places in lines, asked for in ascending order.
pub struct Places<'a> {
    lines: Lines<'a>,
    place: usize,
    byte: u64,
}

impl<'a> Places<'a> {
    /// Places in these lines.
    pub fn new(lines: &Lines<'a>) -> Self {
        Self { lines: *lines, place: 0, byte: lines.base }
    }

    /// Write the byte of a place as a value.
    pub fn write(&mut self, place: usize, cut: &mut Cut) -> Span {
        self.byte += self.lines.encoding.length_of(&self.lines.data[self.place..place]) as u64;
        self.place = place;
        let mut digits = [0; 20];
        let (mut rest, mut at) = (self.byte, digits.len());
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                return write(cut, self.lines.len, &digits[at..]);
            }
        }
    }
}
