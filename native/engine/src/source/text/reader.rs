//! What a pass over text is asked to find.

use std::sync::{Arc, Mutex};

use super::{
    letters::Letters,
    lines::EachLine,
    matches::{EachMatch, GROUPS, NULL},
    tally::{COUNT, CountingPass, Tally},
    words::EachWord,
};
use crate::{
    error::{Error, Result},
    source::{
        Pass,
        csv::{Dialect, FindRows, ScanPlan, Scanner},
        encoding::Encoding,
        plan::{CancelFlag, Chunk, ColumnSpec, Excluded},
        read_at::Opener,
    },
};

/// What the rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Find {
    /// Lines; columns 0 and 1 are the line and its byte in the file.
    Lines,
    /// Words; columns 0 and 1 are the word and its byte. With column 2, how often it stands there, there is one
    /// row for each different word of the pass, and no byte.
    Words { lower: bool },
    /// Lines as above; columns from 2 on are the named groups of the pattern. Lines that do not match are rejects,
    /// or else (`unmatched`) rows whose groups are NULL.
    Matches { pattern: String, unmatched: bool },
}

/// A pass over text.
///
/// # Errors
/// [`Error::Invalid`] where columns, blocks or the pattern make no sense.
pub fn open(
    chunks: Vec<Chunk>,
    columns: Vec<ColumnSpec>,
    find: Find,
    encoding: Encoding,
    excluded: Vec<Excluded>,
    opener: Opener,
    cancel: CancelFlag,
) -> Result<Box<dyn Pass>> {
    let counting = matches!(find, Find::Words { .. }) && columns.iter().any(|column| column.ordinal == COUNT);
    if counting {
        return counted(chunks, columns, find, encoding, opener, cancel);
    }
    let finds: Arc<dyn FindRows> = match find {
        Find::Lines => Arc::new(EachLine),
        Find::Words { lower } => Arc::new(EachWord { letters: Arc::new(Letters::new()?), lower, tally: None }),
        Find::Matches { pattern, unmatched } => Arc::new(EachMatch::new(pattern, unmatched, &columns)?),
    };
    let mut plan = plan_of(chunks, columns, encoding)?;
    plan.opener = opener;
    plan.finds = Some(finds);
    plan.excluded = excluded;
    Ok(Box::new(Scanner::new(plan, cancel)))
}

fn counted(
    chunks: Vec<Chunk>,
    columns: Vec<ColumnSpec>,
    find: Find,
    encoding: Encoding,
    opener: Opener,
    cancel: CancelFlag,
) -> Result<Box<dyn Pass>> {
    if columns.iter().any(|column| column.ordinal == super::lines::BYTE) {
        return Err(Error::Invalid("words that are counted are in many places".to_owned()));
    }
    let tally = Arc::new(Mutex::new(Tally::default()));
    let lower = find == Find::Words { lower: true };
    let words = EachWord { letters: Arc::new(Letters::new()?), lower, tally: Some(tally.clone()) };
    let mut plan = plan_of(chunks, Vec::new(), encoding)?;
    plan.opener = opener;
    plan.finds = Some(Arc::new(words));
    Ok(Box::new(CountingPass::new(Scanner::new(plan, cancel), tally, &columns)))
}

fn plan_of(chunks: Vec<Chunk>, columns: Vec<ColumnSpec>, encoding: Encoding) -> Result<ScanPlan> {
    let count = columns.iter().map(|column| column.ordinal + 1).max().unwrap_or(GROUPS);
    // Lines know neither delimiters nor quotes; the delimiter is never looked for.
    let dialect = Dialect { null: NULL.to_vec(), encoding, ..Dialect::new(b',', None, "")? };
    ScanPlan::new(chunks, columns, count, dialect)
}
