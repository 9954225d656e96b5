//! Places in packed files: a member, and a byte of the text from there on.

/// Bits of the text's byte. A record has at most 64 MiB, so it ends less than 128 MiB after a member's start.
const BITS: u32 = 27;

/// A byte of the text that is unpacked from a member on; as one number it keeps the order of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where the member starts in the file.
    pub member: u64,
    /// Byte of the text from the member's first byte on.
    pub byte: u64,
}

impl Place {
    /// Bytes of the largest file whose places are numbers.
    pub const LARGEST_FILE: u64 = 1 << (64 - BITS - 1);

    /// As one number; `None` where it is too large.
    #[must_use]
    pub fn packed(self) -> Option<u64> {
        let fits = self.member <= Self::LARGEST_FILE && self.byte < 1 << BITS;
        fits.then_some(self.member << BITS | self.byte)
    }

    /// From one number.
    #[must_use]
    pub fn unpacked(number: u64) -> Self {
        Self { member: number >> BITS, byte: number & ((1 << BITS) - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbers_in_the_order_of_the_file() {
        let places = [(0, 0), (0, 70 << 20), (1, 0), (Place::LARGEST_FILE, 5)];
        let numbers = places.map(|(member, byte)| Place { member, byte }.packed().unwrap());
        assert!(numbers.is_sorted());
        assert_eq!(numbers.map(Place::unpacked).map(|place| (place.member, place.byte)), places);
        assert_eq!(Place { member: 1 << 40, byte: 0 }.packed(), None);
        assert_eq!(Place { member: 0, byte: 1 << 27 }.packed(), None);
    }
}
