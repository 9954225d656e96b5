//! Accumulators of all groups: a few words each, those of one group beside each other.

/// Words of groups, by number of group and place of the word.
#[derive(Debug, Default)]
pub struct Cells {
    words: Vec<u64>,
    /// What a group begins with.
    begin: Vec<u64>,
    count: usize,
}

impl Cells {
    /// Add words to what every group has; their place. There are no groups yet.
    pub fn reserve(&mut self, begin: &[u64]) -> usize {
        self.begin.extend_from_slice(begin);
        self.begin.len() - begin.len()
    }

    /// Let there be `count` groups.
    pub fn grow(&mut self, count: usize) {
        for _ in self.count..count {
            self.words.extend_from_slice(&self.begin);
        }
        self.count = self.count.max(count);
    }

    /// How many groups there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// Words from a place on, of every group.
    #[inline(always)]
    pub fn at<const WORDS: usize>(&mut self, place: usize) -> At<'_, WORDS> {
        At { stride: self.begin.len(), words: self.words.get_mut(place..).unwrap_or_default() }
    }

    /// One word of a group.
    #[must_use]
    pub fn word(&self, group: usize, place: usize) -> u64 {
        self.words[group * self.begin.len() + place]
    }

    /// Two words of a group as one number.
    #[must_use]
    pub fn wide(&self, group: usize, place: usize) -> i128 {
        joined(self.word(group, place), self.word(group, place + 1))
    }
}

/// Some words of every group.
pub struct At<'a, const WORDS: usize> {
    words: &'a mut [u64],
    stride: usize,
}

impl<const WORDS: usize> At<'_, WORDS> {
    /// The words of a group.
    #[inline(always)]
    pub fn group(&mut self, group: u32) -> &mut [u64; WORDS] {
        let start = group as usize * self.stride;
        match self.words[start..start + WORDS].first_chunk_mut() {
            Some(words) => words,
            None => unreachable!("a slice of {WORDS} words has so many"),
        }
    }
}

/// A number of 128 bits from its lower and its upper word.
#[inline(always)]
#[must_use]
pub fn joined(low: u64, high: u64) -> i128 {
    (u128::from(low) | u128::from(high) << 64) as i128
}

/// The lower and the upper word of a number of 128 bits.
#[inline(always)]
#[must_use]
pub fn parted(value: i128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}
