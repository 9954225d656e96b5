//! Text without fields: lines as rows, words as rows, and what a pattern finds in each line.
//!
//! Way of the data: `super::csv::lines` (whole lines) → `lines`, `words` or `matches` (rows) → typed and batched as
//! the columns of CSV are. A line's start is certain: the byte after a line feed.

mod classes;
mod letters;
mod lines;
mod matches;
mod pattern;
mod reader;
mod sniff;
mod steps;
mod tally;
mod words;

pub use letters::{lowered, raised};
pub use pattern::group_names;
pub use reader::{Find, open};
pub use sniff::{TextSniff, sniff_text};
