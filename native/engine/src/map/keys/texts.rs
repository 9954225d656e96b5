//! Different texts and their numbers.

use xxhash_rust::xxh3::xxh3_64;

use super::NONE;

/// Longest text that lies in a view itself.
const INLINE: usize = 12;

/// How many texts are looked up at a time: they wait for memory together.
pub const TOGETHER: usize = 32;

/// What tells texts apart: as in a view the length and first bytes, then the other bytes of a short text, or a
/// hash of a long one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    low: u64,
    high: u64,
}

impl Key {
    /// The key of a text by its view; the text itself is asked for only where it is long.
    #[inline(always)]
    pub fn of_view<'a>(view: u128, text: impl FnOnce() -> &'a [u8]) -> Self {
        let (low, high) = (view as u64, (view >> 64) as u64);
        if low as u32 as usize <= INLINE { Self { low, high } } else { Self { low, high: xxh3_64(text()) } }
    }

    /// The key of a text.
    pub fn of(text: &[u8]) -> Self {
        let (first, other) = text.split_at(text.len().min(4));
        let low = word(first) << 32 | text.len() as u32 as u64;
        Self { low, high: if text.len() <= INLINE { word(other) } else { xxh3_64(text) } }
    }

    fn is_whole(self) -> bool {
        self.low as u32 as usize <= INLINE
    }

    #[inline(always)]
    fn hash(self) -> u64 {
        (self.low ^ self.high.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Up to eight bytes, the first one lowest.
#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // Where both overlap they are the same.
        (Some(first), Some(last)) => four(first) | four(last) << (8 * (bytes.len() - 4)),
        _ => bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// Texts by number, and numbers by text: open addressing, at most half full.
#[derive(Debug, Default)]
pub struct TextNumbers {
    slots: Vec<(Key, u32)>,
    /// Bits of a hash that are not the slot's place.
    shift: u32,
    bytes: Vec<u8>,
    /// Where each text ends in `bytes`.
    ends: Vec<usize>,
}

impl TextNumbers {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Bytes that they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.slots.capacity() * size_of::<(Key, u32)>()
    }

    /// A text by its number.
    #[must_use]
    pub fn text(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    /// Number a row that has no text.
    pub fn add_other(&mut self) -> u32 {
        self.ends.push(self.bytes.len());
        self.ends.len() as u32 - 1
    }

    /// The number of a text; a new one if it is new.
    #[inline(always)]
    pub fn number<'a>(&mut self, key: Key, text: impl Fn() -> &'a [u8]) -> u32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (key.hash().wrapping_shr(self.shift)) as usize;
        while let Some(&(known, number)) = self.slots.get(at & mask) {
            if number == NONE {
                break;
            }
            if known == key && (key.is_whole() || self.text(number as usize) == text()) {
                return number;
            }
            at += 1;
        }
        self.add(key, text())
    }

    /// Add the numbers of some texts, at most [`TOGETHER`], by their keys.
    #[inline(always)]
    pub fn each_number<'a>(&mut self, keys: &[Key], text: impl Fn(usize) -> &'a [u8], numbers: &mut Vec<u32>) {
        let mut found = [(Key::default(), NONE); TOGETHER];
        let mask = self.slots.len().wrapping_sub(1);
        for (found, key) in found.iter_mut().zip(keys) {
            if let Some(&slot) = self.slots.get(key.hash().wrapping_shr(self.shift) as usize & mask) {
                *found = slot;
            }
        }
        for (place, (&key, &(known, number))) in keys.iter().zip(&found).enumerate() {
            let hit = known == key && number != NONE && (key.is_whole() || self.text(number as usize) == text(place));
            numbers.push(if hit { number } else { self.number(key, || text(place)) });
        }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, key: Key, text: &[u8]) -> u32 {
        self.bytes.extend_from_slice(text);
        let number = self.add_other();
        if 2 * self.ends.len() > self.slots.len() {
            let size = (4 * self.slots.len()).max(1024);
            self.shift = u64::BITS - size.trailing_zeros();
            let old = std::mem::replace(&mut self.slots, vec![(Key::default(), NONE); size]);
            for entry in old.into_iter().filter(|&(_, number)| number != NONE) {
                self.put(entry);
            }
        }
        self.put((key, number));
        number
    }

    fn put(&mut self, entry: (Key, u32)) {
        let mask = self.slots.len() - 1;
        let mut at = (entry.0.hash() >> self.shift) as usize;
        while self.slots[at & mask].1 != NONE {
            at += 1;
        }
        self.slots[at & mask] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_as_they_come() {
        let mut numbers = TextNumbers::default();
        let texts: Vec<String> = (0..5000).map(|number| format!("{number:>width$}", width = number % 40)).collect();
        for round in 0..2 {
            for (number, text) in texts.iter().enumerate() {
                let key = Key::of(text.as_bytes());
                assert_eq!(numbers.number(key, || text.as_bytes()), number as u32, "round {round}");
                assert_eq!(numbers.text(number), text.as_bytes());
            }
        }
        assert_eq!(numbers.count(), 5000);
    }

    #[test]
    fn zeros_at_the_end_count() {
        assert_ne!(Key::of(b"a"), Key::of(b"a\0"));
        assert_ne!(Key::of(b""), Key::of(b"\0"));
    }
}
