//! Values of a column read many at once, and one by one where they are not of the usual kind.

use std::ops::Range;

use super::super::value::{
    cell::Cell,
    lanes::{Lanes, ROWS},
};
use crate::source::level::Level;

/// Turns that are read one by one after one whose texts were mostly odd.
const PAUSE: usize = 16;

/// Reads many cells at once.
pub struct Many<T> {
    lanes: Lanes,
    read: fn(&mut Lanes, &mut [T]),
    /// Turns to be read one by one.
    pause: usize,
}

impl<T> Many<T> {
    /// Read by a function of lanes; `None` where the machine reads one at a time.
    #[must_use]
    pub fn by(read: fn(&mut Lanes, &mut [T])) -> Option<Self> {
        Lanes::new(Level::detect()).map(|lanes| Self { lanes, read, pause: 0 })
    }

    /// Read all values: `cells` gives those of some rows, `alone` reads the one of a row.
    #[inline(always)]
    pub fn read<'a, C: Iterator<Item = Cell<'a>> + Clone>(
        &mut self,
        values: &mut [T],
        cells: impl Fn(Range<usize>) -> C,
        mut alone: impl FnMut(usize) -> T,
    ) {
        for (turn, values) in values.chunks_mut(ROWS).enumerate() {
            let first = turn * ROWS;
            if self.pause > 0 {
                self.pause -= 1;
                values.iter_mut().zip(first..).for_each(|(value, row)| *value = alone(row));
                continue;
            }
            self.lanes.fill(cells(first..first + values.len()));
            (self.read)(&mut self.lanes, values);
            let mut odd = 0;
            for place in self.lanes.odd() {
                values[place] = alone(first + place);
                odd += 1;
            }
            if 2 * odd > values.len() {
                self.pause = PAUSE;
            }
        }
    }
}
