//! Different integers and their numbers.

use super::NONE;

/// Most places of a table that is indexed by the integers themselves.
const DIRECT: i128 = 1 << 20;

/// Integers by number, and numbers by integer.
#[derive(Debug)]
pub struct Ints {
    values: Vec<i64>,
    table: Table,
}

#[derive(Debug)]
enum Table {
    /// Numbers of the integers from `base` on.
    Direct { base: i64, numbers: Vec<u32> },
    /// Open addressing, at most half full.
    Hashed { slots: Vec<(i64, u32)>, shift: u32 },
}

impl Default for Ints {
    fn default() -> Self {
        Self { values: Vec::new(), table: Table::Direct { base: 0, numbers: Vec::new() } }
    }
}

impl Ints {
    /// Integers, by number.
    #[must_use]
    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        let table = match &self.table {
            Table::Direct { numbers, .. } => numbers.capacity() * size_of::<u32>(),
            Table::Hashed { slots, .. } => slots.capacity() * size_of::<(i64, u32)>(),
        };
        table + self.values.capacity() * size_of::<i64>()
    }

    /// Number a row that has no integer.
    pub fn add_other(&mut self) -> u32 {
        self.values.push(0);
        self.values.len() as u32 - 1
    }

    /// Let integers from `low` to `high` be numbered fast, if they are not too far from each other.
    pub fn expect(&mut self, low: i64, high: i64) {
        let Table::Direct { base, numbers } = &mut self.table else { return };
        let (mut first, mut end) = (i128::from(low), i128::from(high) + 1);
        if !numbers.is_empty() {
            first = first.min(i128::from(*base));
            end = end.max(i128::from(*base) + numbers.len() as i128);
        }
        let known = numbers.len() as i128;
        let span = end - first;
        if span <= known {
            return;
        }
        if span > DIRECT {
            self.hash();
            return;
        }
        // Room to grow where it grew.
        let span = span.max((2 * known).min(DIRECT));
        if known > 0 && first < i128::from(*base) {
            first = (end - span).max(i128::from(i64::MIN));
        }
        let mut grown = vec![NONE; span as usize];
        if known > 0 {
            let before = (i128::from(*base) - first) as usize;
            grown[before..before + numbers.len()].copy_from_slice(numbers);
        }
        (*base, *numbers) = (first as i64, grown);
    }

    /// The number of an integer; a new one if it is new.
    #[inline(always)]
    pub fn number(&mut self, value: i64) -> u32 {
        match &mut self.table {
            Table::Direct { base, numbers } => {
                let place = value.wrapping_sub(*base) as u64 as usize;
                match numbers.get_mut(place) {
                    Some(number) => {
                        if *number == NONE {
                            *number = self.values.len() as u32;
                            self.values.push(value);
                        }
                        *number
                    }
                    None => self.number_outside(value),
                }
            }
            Table::Hashed { slots, shift } => {
                let mask = slots.len() - 1;
                let mut at = place(value, *shift);
                loop {
                    let (known, number) = slots[at & mask];
                    if number == NONE {
                        return self.add(value);
                    }
                    if known == value {
                        return number;
                    }
                    at += 1;
                }
            }
        }
    }

    #[cold]
    fn number_outside(&mut self, value: i64) -> u32 {
        self.expect(value, value);
        self.number(value)
    }

    #[cold]
    fn hash(&mut self) {
        let size = (4 * self.values.len()).next_power_of_two().max(1024);
        let old = std::mem::replace(&mut self.table, hashed(size));
        if let (Table::Direct { base, numbers }, Table::Hashed { slots, shift }) = (old, &mut self.table) {
            for (at, &number) in numbers.iter().enumerate().filter(|&(_, &number)| number != NONE) {
                put(slots, *shift, (base + at as i64, number));
            }
        }
    }

    fn add(&mut self, value: i64) -> u32 {
        let number = self.values.len() as u32;
        self.values.push(value);
        if let Table::Hashed { slots, shift } = &mut self.table {
            if 2 * self.values.len() > slots.len() {
                let Table::Hashed { slots: mut grown, shift: fresh } = hashed(4 * slots.len()) else { return number };
                for &entry in slots.iter().filter(|&&(_, number)| number != NONE) {
                    put(&mut grown, fresh, entry);
                }
                (*slots, *shift) = (grown, fresh);
            }
            put(slots, *shift, (value, number));
        }
        number
    }
}

fn hashed(size: usize) -> Table {
    Table::Hashed { slots: vec![(0, NONE); size], shift: u64::BITS - size.trailing_zeros() }
}

/// Where the search for an integer begins.
///
/// Two multiplications: the halves of an integer are often equal, as those of two keys that go together are.
#[inline(always)]
fn place(value: i64, shift: u32) -> usize {
    let once = (value as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (once ^ once >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> shift) as usize
}

fn put(slots: &mut [(i64, u32)], shift: u32, entry: (i64, u32)) {
    let mask = slots.len() - 1;
    let mut at = place(entry.0, shift);
    while slots[at & mask].1 != NONE {
        at += 1;
    }
    slots[at & mask] = entry;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[i64], expected: bool) -> Vec<u32> {
        let mut ints = Ints::default();
        if expected && let (Some(&low), Some(&high)) = (values.iter().min(), values.iter().max()) {
            ints.expect(low, high);
        }
        let numbers = values.iter().map(|&value| ints.number(value)).collect();
        for (number, &value) in ints.values().to_vec().iter().enumerate() {
            assert_eq!(ints.number(value), number as u32);
        }
        numbers
    }

    #[test]
    fn integers_are_numbered_as_they_come() {
        for expected in [true, false] {
            assert_eq!(numbers(&[7, 5, 7, 9, 5], expected), [0, 1, 0, 2, 1]);
            assert_eq!(numbers(&[i64::MIN, i64::MAX, 0, i64::MAX], expected), [0, 1, 2, 1]);
            assert_eq!(numbers(&[i64::MIN, i64::MIN + 1, i64::MIN], expected), [0, 1, 0]);
            assert_eq!(numbers(&[i64::MAX, i64::MAX - 1, i64::MAX], expected), [0, 1, 0]);
            assert_eq!(numbers(&[-1, 0, -2, 1, -3], expected), [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn regular_integers_begin_apart() {
        let regular: [fn(i64) -> i64; 6] =
            [|at| at, |at| (at << 32) | at, |at| at << 32, |at| at << 40, |at| ((at / 64) << 32) | (at % 64), |at| -at];
        for make in regular {
            let mut places: Vec<usize> = (0..4096).map(|at| place(make(at), u64::BITS - 13)).collect();
            places.sort_unstable();
            places.dedup();
            // At random there would be 3,223 of them.
            assert!(places.len() > 3000, "{}", places.len());
        }
    }

    #[test]
    fn many_are_numbered_too() {
        for step in [1, 3, 1 << 40, -7] {
            let values: Vec<i64> = (0..50_000).map(|at| i64::wrapping_mul(at, step)).collect();
            assert_eq!(numbers(&values, false), (0..50_000).collect::<Vec<u32>>());
        }
    }
}
