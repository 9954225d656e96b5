//! The digest that vouches for bytes that we stored: XXH3 in 128 bits, at the speed of memory.

use xxhash_rust::xxh3::Xxh3;

/// A digest in the making.
#[derive(Clone, Default)]
pub struct Digest(Xxh3);

impl Digest {
    /// Take more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes that were taken.
    #[must_use]
    pub fn finish(&self) -> [u8; 16] {
        self.0.digest128().to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_bytes_however_they_come() {
        let bytes: Vec<u8> = (0..100_000).map(|place| (place % 251) as u8).collect();
        let mut whole = Digest::default();
        whole.update(&bytes);
        let mut parts = Digest::default();
        bytes.chunks(997).for_each(|part| parts.update(part));
        assert_eq!(whole.finish(), parts.finish());
        let mut other = Digest::default();
        other.update(&bytes[1..]);
        assert_ne!(whole.finish(), other.finish());
    }
}
