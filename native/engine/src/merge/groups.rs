//! Which rows belong together.

use arrow_array::{ArrayRef, RecordBatch};
use xxhash_rust::xxh3::xxh3_64;

use super::keys::Keys;
use crate::map::{Grouping, Rows};

const NONE: u32 = u32::MAX;

/// The group of every row, and the first row of every group.
#[derive(Debug, Default)]
pub struct Groups {
    /// By batch.
    pub rows: Vec<Vec<u32>>,
    /// Batch and row.
    pub firsts: Vec<(usize, usize)>,
}

impl Groups {
    /// Group the rows of batches by some of their columns; none where keys are of a type that is not known.
    pub fn of(batches: &[RecordBatch], keys: &[usize]) -> Option<Self> {
        Self::numbered(batches, keys).or_else(|| Self::by_bytes(batches, keys))
    }

    /// As a map numbers its groups; none where keys are of a type that it does not number.
    fn numbered(batches: &[RecordBatch], keys: &[usize]) -> Option<Self> {
        let kinds =
            |batch: &RecordBatch| keys.iter().map(|&key| batch.column(key).data_type().clone()).collect::<Vec<_>>();
        let mut grouping = Grouping::new(kinds(batches.first()?).into_iter());
        let mut groups = Self::default();
        for (batch_place, batch) in batches.iter().enumerate() {
            let columns: Vec<ArrayRef> = keys.iter().map(|&key| batch.column(key).clone()).collect();
            let mut numbers = Vec::with_capacity(batch.num_rows());
            grouping.begin(&columns);
            grouping.groups(&columns, Rows::Range(0, batch.num_rows()), &mut numbers).ok()?;
            groups.take(batch_place, numbers);
        }
        Some(groups)
    }

    /// By the bytes of the keys, of whatever type.
    fn by_bytes(batches: &[RecordBatch], keys: &[usize]) -> Option<Self> {
        let mut table = Table::new(batches.iter().map(RecordBatch::num_rows).max().unwrap_or_default());
        let mut groups = Self::default();
        for (batch_place, batch) in batches.iter().enumerate() {
            let columns: Vec<ArrayRef> = keys.iter().map(|&key| batch.column(key).clone()).collect();
            let keys = Keys::of(&columns, batch.num_rows())?;
            let mut numbers = Vec::with_capacity(batch.num_rows());
            for key in keys.iter() {
                numbers.push(table.number(key)?);
            }
            groups.take(batch_place, numbers);
        }
        Some(groups)
    }

    /// Take the groups of a batch's rows; a new group has the next number.
    fn take(&mut self, batch_place: usize, numbers: Vec<u32>) {
        for (row, &group) in numbers.iter().enumerate() {
            if group as usize == self.firsts.len() {
                self.firsts.push((batch_place, row));
            }
        }
        self.rows.push(numbers);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.firsts.len()
    }
}

/// Keys by number: open addressing, at most half full.
struct Table {
    /// A part of the hash, and the number.
    slots: Vec<(u32, u32)>,
    hashes: Vec<u64>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Table {
    /// No keys, with room for some.
    fn new(keys: usize) -> Self {
        let slots = (keys.max(8) * 2).next_power_of_two();
        Self { slots: vec![(0, NONE); slots], hashes: Vec::new(), bytes: Vec::new(), ends: Vec::new() }
    }

    /// The number of a key; a new one has the next. None where there are too many.
    #[inline]
    fn number(&mut self, key: &[u8]) -> Option<u32> {
        let hash = xxh3_64(key);
        let (mask, part) = (self.slots.len() - 1, (hash >> 32) as u32);
        let mut place = hash as usize & mask;
        loop {
            match self.slots[place] {
                (_, NONE) => break,
                (known, number) if known == part && self.key(number) == key => return Some(number),
                _ => place = (place + 1) & mask,
            }
        }
        let number = u32::try_from(self.ends.len()).ok().filter(|&number| number != NONE)?;
        self.slots[place] = (part, number);
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        self.hashes.push(hash);
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        Some(number)
    }

    fn key(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let begin = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[begin..self.ends[number]]
    }

    fn grow(&mut self) {
        let slots = self.slots.len() * 2;
        self.slots.clear();
        self.slots.resize(slots, (0, NONE));
        for (number, &hash) in self.hashes.iter().enumerate() {
            let mut place = hash as usize & (slots - 1);
            while self.slots[place].1 != NONE {
                place = (place + 1) & (slots - 1);
            }
            self.slots[place] = ((hash >> 32) as u32, number as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    fn batch(values: Vec<i64>) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("k", DataType::Int64, true)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(values))]).unwrap()
    }

    #[test]
    fn groups_are_numbered_as_they_come() {
        let groups = Groups::of(&[batch(vec![7, 8, 7]), batch(vec![9, 8])], &[0]).unwrap();
        assert_eq!(groups.rows, [vec![0, 1, 0], vec![2, 1]]);
        assert_eq!(groups.firsts, [(0, 0), (0, 1), (1, 0)]);
    }

    #[test]
    fn many_groups_are_kept_apart() {
        let batches: Vec<_> = (0..5).map(|part| batch((part * 500..part * 500 + 1000).collect())).collect();
        let groups = Groups::of(&batches, &[0]).unwrap();
        assert_eq!(groups.count(), 3000);
        assert_eq!(groups.rows[1][..500], groups.rows[0][500..]);
    }

    #[test]
    fn rows_without_keys_are_one_group() {
        assert_eq!(Groups::of(&[batch(vec![1, 2]), batch(vec![3])], &[]).unwrap().count(), 1);
    }
}
