//! Which rows of a batch are meant.

/// Rows of a batch, ascending.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// All from the first number to before the second.
    Range(usize, usize),
    Picked(&'a [u32]),
}

impl<'a> Rows<'a> {
    /// How many.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Range(start, end) => end - start,
            Self::Picked(rows) => rows.len(),
        }
    }

    /// Those at the places from `start` to before `end`.
    #[must_use]
    pub fn slice(self, start: usize, end: usize) -> Self {
        match self {
            Self::Range(first, _) => Self::Range(first + start, first + end),
            Self::Picked(rows) => Self::Picked(&rows[start..end]),
        }
    }

    /// Call a function with each row.
    #[inline(always)]
    pub fn each(self, mut call: impl FnMut(usize)) {
        match self {
            Self::Range(start, end) => (start..end).for_each(&mut call),
            Self::Picked(rows) => rows.iter().for_each(|&row| call(row as usize)),
        }
    }

    /// Add to a vector what a function makes of each row.
    #[inline(always)]
    pub fn extend<T>(self, to: &mut Vec<T>, mut make: impl FnMut(usize) -> T) {
        // One call, so that it is compiled into the loop.
        to.extend((0..self.len()).map(|place| {
            make(match self {
                Self::Range(start, _) => start + place,
                Self::Picked(rows) => rows[place] as usize,
            })
        }));
    }

    /// Call a function with each row and what belongs to it.
    #[inline(always)]
    pub fn each_with<T: Copy>(self, beside: &[T], mut call: impl FnMut(usize, T)) {
        match self {
            Self::Range(start, end) => (start..end).zip(beside).for_each(|(row, &other)| call(row, other)),
            Self::Picked(rows) => rows.iter().zip(beside).for_each(|(&row, &other)| call(row as usize, other)),
        }
    }
}
