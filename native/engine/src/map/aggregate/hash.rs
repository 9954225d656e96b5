//! Hashes as DuckDB makes them: what its approximate counts are registered by.

use super::class::Class;

const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;
const SEED: u64 = 0xe17a_1465;
const LENGTH_FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

/// The hash of 64 bits.
#[inline(always)]
#[must_use]
pub fn of_bits(bits: u64) -> u64 {
    let mixed = (bits ^ bits >> 32).wrapping_mul(FACTOR);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(FACTOR);
    mixed ^ mixed >> 32
}

/// The hash of a text.
#[inline]
#[must_use]
pub fn of_text(text: &[u8]) -> u64 {
    let mut hash = SEED ^ (text.len() as u64).wrapping_mul(LENGTH_FACTOR);
    for part in text.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        hash = (hash ^ u64::from_le_bytes(bytes)).wrapping_mul(FACTOR);
    }
    of_bits(hash)
}

/// In what form values of a type are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Of at most 32 bits.
    Narrow,
    /// Of 64 bits.
    Plain,
    /// Of 128 bits.
    Wide,
    Float,
    Double,
}

/// The hash of a value.
#[inline(always)]
#[must_use]
pub fn of_value<C: Class>(value: C, form: Form) -> u64 {
    let mut words = [0; 2];
    value.write(&mut words);
    match form {
        Form::Narrow => of_bits(u64::from(words[0] as u32)),
        Form::Plain => of_bits(words[0]),
        Form::Wide => of_bits(words[0]) ^ of_bits(words[1]),
        Form::Float => of_bits(u64::from((one_of_equals(f64::from_bits(words[0])) as f32).to_bits())),
        Form::Double => of_bits(one_of_equals(f64::from_bits(words[0])).to_bits()),
    }
}

/// Of 0 and -0, and of all that are no number, always the same.
fn one_of_equals(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_hash() {
        assert_eq!(of_value(0.0, Form::Double), of_value(-0.0, Form::Double));
        assert_eq!(of_value(f64::NAN, Form::Float), of_value(-f64::NAN, Form::Float));
        assert_eq!(of_value(-1_i64, Form::Narrow), of_bits(u64::from(u32::MAX)));
    }

    #[test]
    fn the_length_of_a_text_counts() {
        assert_ne!(of_text(b"a"), of_text(b"a\0"));
        assert_ne!(of_text(b""), of_text(b"\0"));
    }
}
