//! Fast readings of common texts, eight bytes in a word. `None` means: ask the slow reading.
//!
//! What they return is what the strict reading of the same text returns.

use super::cell::Cell;

/// Eight ASCII zeros.
const ZEROS: u64 = 0x3030_3030_3030_3030;
const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const DOTS: u64 = LOW * b'.' as u64;
const DASHES: u64 = 0x2d00_002d_0000_0000;
const DASHES_AT: u64 = 0xff00_00ff_0000_0000;
const COLONS: u64 = 0x0000_3a00_003a_0000;
const COLONS_AT: u64 = 0x0000_ff00_00ff_0000;

/// Powers of ten that are exact doubles; 15 digits need no more.
const TENS: [f64; 17] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/// The double whose last bits count ones.
const TWO_TO_52: f64 = 4_503_599_627_370_496.0;

/// A number without exponent: `mantissa / 10^fraction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    pub negative: bool,
    pub mantissa: u64,
    pub fraction: usize,
}

#[inline(always)]
fn all_digits(word: u64) -> bool {
    let carried = word.wrapping_add(0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0;
    (word & 0xf0f0_f0f0_f0f0_f0f0) | carried >> 4 == 0x3333_3333_3333_3333
}

/// Value of eight digits, the first one in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    let word = word.wrapping_sub(ZEROS);
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let high = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let low = (pairs >> 16 & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// `word`'s first `count` (1 to 8) bytes moved to the end, zeros before them.
#[inline(always)]
fn right_aligned(word: u64, count: usize) -> u64 {
    word << (8 * (8 - count)) | ZEROS.checked_shr(8 * count as u32).unwrap_or(0)
}

/// An integer of up to 16 digits.
#[inline(always)]
pub fn integer(cell: Cell<'_>) -> Option<i64> {
    let (negative, cell) = cell.after_minus();
    let (count, first) = (cell.size(), cell.word::<0>());
    if count > 1 && first & 0xff == u64::from(b'0') {
        return None;
    }
    let magnitude = match count {
        1..=8 => {
            let word = right_aligned(first, count);
            if !all_digits(word) {
                return None;
            }
            eight_digits(word)
        }
        9..=16 => {
            let high = right_aligned(first, count - 8);
            let low = cell.last_word();
            if !all_digits(high) || !all_digits(low) {
                return None;
            }
            eight_digits(high) * 100_000_000 + eight_digits(low)
        }
        _ => return None,
    }
    .cast_signed();
    Some(if negative { -magnitude } else { magnitude })
}

/// Bit place of the first dot of a word, 64 where there is none.
#[inline(always)]
fn dot(word: u64) -> u32 {
    let word = word ^ DOTS;
    let found = word.wrapping_sub(LOW) & !word & HIGH;
    if found == 0 { 64 } else { found.trailing_zeros() & !7 }
}

/// A number of at most 15 digits in 16 bytes, without exponent.
#[inline(always)]
pub fn plain(cell: Cell<'_>) -> Option<Plain> {
    let (negative, cell) = cell.after_minus();
    let (count, first) = (cell.size(), cell.word::<0>());
    if count > 1 && first & 0xff == u64::from(b'0') && first >> 8 & 0xff != u64::from(b'.') {
        return None;
    }
    match count {
        1..=8 => {
            let word = first << (8 * (8 - count));
            let place = dot(word);
            if place == 64 {
                let word = right_aligned(first, count);
                return all_digits(word).then(|| Plain { negative, mantissa: eight_digits(word), fraction: 0 });
            }
            let before = word & ((1 << place) - 1);
            let after = word & (!0xffu64 << place);
            let digits = count - 1;
            let keep = u64::MAX.checked_shl(8 * (8 - digits) as u32).unwrap_or(0);
            let word = (after | before << 8) & keep | ZEROS.checked_shr(8 * digits as u32).unwrap_or(0);
            let fraction = 7 - place as usize / 8;
            (digits > 0 && all_digits(word)).then(|| Plain { negative, mantissa: eight_digits(word), fraction })
        }
        9..=16 => long_plain(cell, negative),
        _ => None,
    }
}

#[inline(always)]
fn long_plain(cell: Cell<'_>, negative: bool) -> Option<Plain> {
    let count = cell.size();
    let words = u128::from(cell.word::<0>()) | u128::from(cell.word::<8>()) << 64;
    let words = words << (8 * (16 - count));
    let place = match dot(words as u64) {
        64 => 64 + dot((words >> 64) as u64),
        place => place,
    };
    let (words, digits, fraction) = if place == 128 {
        (words, count, 0)
    } else {
        let before = words & ((1 << place) - 1);
        let after = words & (!0xffu128 << place);
        (after | before << 8, count - 1, 15 - place as usize / 8)
    };
    if digits > 15 {
        return None;
    }
    let zeros = u128::from(ZEROS) << 64 | u128::from(ZEROS);
    let words = words & u128::MAX << (8 * (16 - digits)) | zeros >> (8 * digits);
    let (high, low) = (words as u64, (words >> 64) as u64);
    let mantissa = || eight_digits(high) * 100_000_000 + eight_digits(low);
    (all_digits(high) && all_digits(low)).then(|| Plain { negative, mantissa: mantissa(), fraction })
}

/// A double: one exact division.
#[inline(always)]
pub fn double(cell: Cell<'_>) -> Option<f64> {
    let Plain { negative, mantissa, fraction } = plain(cell)?;
    // Not `mantissa as f64`: that instruction waits for the division of the row before.
    let whole = f64::from_bits(mantissa | TWO_TO_52.to_bits()) - TWO_TO_52;
    let value = whole / TENS[fraction];
    Some(f64::from_bits(value.to_bits() | u64::from(negative) << 63))
}

/// `YYYY-MM-DD` at the cell's start as year, month, day; the ranges are not checked.
#[inline(always)]
pub fn date(cell: Cell<'_>) -> Option<(i32, i32, i32)> {
    let word = cell.word::<0>();
    let digits = word & !DASHES_AT | ZEROS & DASHES_AT;
    let day = cell.word::<8>() & 0xffff | ZEROS << 16;
    let fits = word & DASHES_AT == DASHES && all_digits(digits) && all_digits(day);
    fits.then(|| {
        let number = eight_digits(digits) as i32;
        let day = ((day & 0xf) * 10 + (day >> 8 & 0xf)) as i32;
        (number / 10_000, number / 10 % 100, day)
    })
}

/// `HH:MM:SS` eleven bytes into the cell as hour, minute, second; the ranges are not checked.
#[inline(always)]
pub fn time(cell: Cell<'_>) -> Option<(i32, i32, i32)> {
    let word = cell.word::<11>();
    let digits = word & !COLONS_AT | ZEROS & COLONS_AT;
    (word & COLONS_AT == COLONS && all_digits(digits)).then(|| {
        let number = eight_digits(digits) as i32;
        (number / 1_000_000, number / 1000 % 100, number % 100)
    })
}

#[cfg(test)]
pub mod tests {
    use super::{
        super::{float::parse_f64, integer::parse_i64},
        *,
    };

    /// The text between others, as in a file.
    fn placed<T>(text: &str, read: impl Fn(Cell<'_>) -> T) -> T {
        let data = format!("9,{text},7.5,1.\n{}", "8".repeat(64));
        read(Cell::new(data.as_bytes(), 2, 2 + text.len()).unwrap())
    }

    /// Numbers and what is none.
    pub fn texts() -> Vec<String> {
        let pieces =
            ["", "-", "0", "1", "9", "12", "00", "4567", "123456", "99999999", ".", "5.", ".05", "e5", " ", "x", "+"];
        let mut texts = Vec::new();
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    texts.push(format!("{a}{b}{c}"));
                }
            }
        }
        texts.extend((1..=20).map(|count| "1234567890123456789012"[..count].to_owned()));
        texts
    }

    #[test]
    fn a_fast_number_is_the_slow_one() {
        for text in texts() {
            if let Some(value) = placed(&text, integer) {
                assert_eq!(Some(value), parse_i64(text.as_bytes(), true), "{text}");
            }
            if let Some(value) = placed(&text, double) {
                assert_eq!(Some(value.to_bits()), parse_f64(text.as_bytes(), true).map(f64::to_bits), "{text}");
            }
        }
    }

    #[test]
    fn common_numbers_are_fast() {
        for text in ["0", "7", "-7", "12345678", "123456789", "-1234567890123456"] {
            assert!(placed(text, integer).is_some(), "{text}");
        }
        for text in ["0", "-0.5", "98.136991", "1234567.8", "123456789.123456", "-12345678.1234567", ".5", "5."] {
            assert!(placed(text, double).is_some(), "{text}");
        }
    }

    #[test]
    fn fast_dates_and_times_are_cut_right() {
        assert_eq!(placed("2024-02-29 23:59:58", date), Some((2024, 2, 29)));
        assert_eq!(placed("2024-02-29 23:59:58", time), Some((23, 59, 58)));
        for text in ["2024/02-29", "2024-02/29", "2024-2-290", "202x-02-29", "2024-02-2x"] {
            assert_eq!(placed(text, date), None, "{text}");
        }
    }
}
