//! Groups by several keys: their numbers together.

use super::{NONE, ints::Ints};
use crate::error::{Error, Result};

/// Numbers of keys by group, and groups by numbers.
#[derive(Debug)]
pub enum Combined {
    /// Of two keys: one integer.
    Two(Ints),
    More(More),
}

/// Of more keys: open addressing, at most half full.
#[derive(Debug)]
pub struct More {
    keys: usize,
    /// Numbers of the keys, group by group.
    numbers: Vec<u32>,
    /// Part of the hash, and the group.
    slots: Vec<(u32, u32)>,
    count: usize,
}

impl Combined {
    /// No groups of so many keys.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        if keys == 2 {
            Self::Two(Ints::default())
        } else {
            Self::More(More { keys, numbers: Vec::new(), slots: vec![(0, NONE); 1024], count: 0 })
        }
    }

    /// How many groups there are.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Two(ints) => ints.values().len(),
            Self::More(more) => more.count,
        }
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Two(ints) => ints.size(),
            Self::More(more) => {
                more.numbers.capacity() * size_of::<u32>() + more.slots.capacity() * size_of::<(u32, u32)>()
            }
        }
    }

    /// Add the group of each row to `groups`, by the numbers of each key.
    ///
    /// # Errors
    /// [`Error::Unfit`] where there are too many.
    pub fn groups(&mut self, numbers: &[Vec<u32>], groups: &mut Vec<u32>) -> Result<()> {
        match (&mut *self, numbers) {
            (Self::Two(ints), [first, second]) => {
                let both = first.iter().zip(second);
                groups.extend(both.map(|(&one, &other)| ints.number(i64::from(one) << 32 | i64::from(other))));
            }
            (Self::More(more), all) => {
                let mut key = vec![0; more.keys];
                for row in 0..all.first().map_or(0, Vec::len) {
                    for (part, numbers) in key.iter_mut().zip(all) {
                        *part = numbers[row];
                    }
                    groups.push(more.group(&key));
                }
            }
            (Self::Two(_), _) => return Err(Error::Invalid("two keys have two numbers".to_owned())),
        }
        if self.count() >= NONE as usize / 2 {
            return Err(Error::Unfit("there are too many groups".to_owned()));
        }
        Ok(())
    }

    /// The number of one key, group by group.
    #[must_use]
    pub fn numbers_of(&self, place: usize) -> Vec<u32> {
        match self {
            Self::Two(ints) => {
                let part = |&both: &i64| if place == 0 { (both >> 32) as u32 } else { both as u32 };
                ints.values().iter().map(part).collect()
            }
            Self::More(more) => more.numbers.iter().skip(place).step_by(more.keys.max(1)).copied().collect(),
        }
    }
}

impl More {
    #[inline]
    fn group(&mut self, key: &[u32]) -> u32 {
        let hash = hash(key);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize;
        loop {
            let (known, group) = self.slots[at & mask];
            if group == NONE {
                return self.add(hash, key);
            }
            let start = group as usize * self.keys;
            if known == (hash >> 32) as u32 && self.numbers[start..start + self.keys] == *key {
                return group;
            }
            at += 1;
        }
    }

    fn add(&mut self, hash: u64, key: &[u32]) -> u32 {
        let group = self.count as u32;
        self.count += 1;
        self.numbers.extend_from_slice(key);
        if 2 * self.count > self.slots.len() {
            self.slots = vec![(0, NONE); 4 * self.slots.len()];
            for group in 0..self.count {
                let start = group * self.keys;
                let hash = self::hash(&self.numbers[start..start + self.keys]);
                self.put(hash, group as u32);
            }
        } else {
            self.put(hash, group);
        }
        group
    }

    fn put(&mut self, hash: u64, group: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize;
        while self.slots[at & mask].1 != NONE {
            at += 1;
        }
        self.slots[at & mask] = ((hash >> 32) as u32, group);
    }
}

#[inline(always)]
fn hash(key: &[u32]) -> u64 {
    let mixed = key
        .iter()
        .fold(0, |hash: u64, &part| (hash.rotate_left(23) ^ u64::from(part)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed ^ mixed >> 29
}
