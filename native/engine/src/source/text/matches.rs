//! Each line is a row, whose columns are what the groups of a pattern take of it.

use std::{fmt, sync::Mutex};

use super::{
    lines::{BYTE, Places, TEXT, ordinals, push, write},
    pattern::Pattern,
};
use crate::{
    error::Result,
    source::{
        csv::{Cut, FindRows, Lines, Refused, RowFinder},
        plan::ColumnSpec,
    },
};

/// Ordinal of the first group.
pub const GROUPS: usize = 2;
/// What stands for NULL: bytes that no text has.
pub const NULL: &[u8] = b"\xff";

/// Why a line is no row.
const UNMATCHED: &str = "the line does not match the pattern";

/// Finds lines and what a pattern takes of them.
pub struct EachMatch {
    pattern: String,
    /// The first finder's, compiled to see that it can be.
    first: Mutex<Option<Pattern>>,
    wanted: Vec<usize>,
    unmatched: bool,
}

impl fmt::Debug for EachMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EachMatch({:?})", self.pattern)
    }
}

impl EachMatch {
    /// Find what `columns` ask for. `unmatched`: lines that do not match are rows of NULLs.
    ///
    /// # Errors
    /// As the pattern is compiled.
    pub fn new(pattern: String, unmatched: bool, columns: &[ColumnSpec]) -> Result<Self> {
        let groups = columns.iter().filter_map(|column| column.ordinal.checked_sub(GROUPS));
        let mut wanted: Vec<usize> = groups.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let first = Mutex::new(Some(Pattern::new(&pattern, &wanted)?));
        Ok(Self { pattern, first, wanted, unmatched })
    }

    fn compiled(&self) -> Option<Pattern> {
        let first = self.first.lock().ok().and_then(|mut first| first.take());
        first.or_else(|| Pattern::new(&self.pattern, &self.wanted).ok())
    }
}

impl FindRows for EachMatch {
    fn begin(&self, columns: &[ColumnSpec]) -> Box<dyn RowFinder> {
        let places = |ordinal: usize| self.wanted.iter().position(|&group| group + GROUPS == ordinal);
        let ordinals = ordinals(columns);
        let groups = ordinals.iter().map(|&ordinal| places(ordinal).unwrap_or_default()).collect();
        Box::new(MatchFinder { pattern: self.compiled(), ordinals, groups, unmatched: self.unmatched })
    }
}

struct MatchFinder {
    pattern: Option<Pattern>,
    ordinals: Vec<usize>,
    /// For each column its place among the wanted groups, where it is one.
    groups: Vec<usize>,
    unmatched: bool,
}

impl RowFinder for MatchFinder {
    fn find(&mut self, lines: &Lines<'_>, cut: &mut Cut) {
        let Some(pattern) = self.pattern.as_mut() else { return };
        let mut places = Places::new(lines);
        let tells = self.ordinals.contains(&BYTE);
        let mut null = None;
        for line in lines.each() {
            let matches = pattern.find(lines.data, line);
            if !matches && !self.unmatched {
                cut.refused.push(Refused { span: line, column: None, reason: UNMATCHED.to_owned() });
                continue;
            }
            let byte = if tells { places.write(line.start, cut) } else { line };
            let null = *null.get_or_insert_with(|| write(cut, lines.len, NULL));
            let columns = self.ordinals.iter().zip(&self.groups);
            push(
                cut,
                line,
                columns.map(|(&ordinal, &group)| match ordinal {
                    TEXT => line,
                    BYTE => byte,
                    _ => pattern.group(group).filter(|_| matches).unwrap_or(null),
                }),
            );
        }
    }
}
