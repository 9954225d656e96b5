//! Integers of every width.

/// Greatest magnitude of a HUGEINT here: 38 digits, as Arrow's `decimal128(38, 0)`.
const HUGE_LIMIT: u128 = 10u128.pow(38) - 1;

/// Sign and magnitude of an integer of at most 38 digits.
///
/// Strict: `-?(0|[1-9][0-9]*)`; else a plus and leading zeros are taken too.
#[must_use]
pub fn parse_signed(text: &[u8], strict: bool) -> Option<(bool, u128)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] if !strict => (false, rest),
        _ => (false, text),
    };
    let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
    if digits.is_empty() || (strict && zeros > 0 && digits.len() > 1) {
        return None;
    }
    let significant = &digits[zeros..];
    if significant.len() > 38 || !significant.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let magnitude = significant.iter().fold(0u128, |sum, &byte| sum * 10 + u128::from(byte - b'0'));
    Some((negative, magnitude))
}

/// An integer of any narrower type, range checked.
#[must_use]
pub fn parse_integer<T: TryFrom<i128>>(text: &[u8], strict: bool) -> Option<T> {
    parse_hugeint(text, strict).and_then(|value| T::try_from(value).ok())
}

/// A BIGINT.
#[must_use]
pub fn parse_i64(text: &[u8], strict: bool) -> Option<i64> {
    parse_integer(text, strict)
}

/// A HUGEINT of at most 38 digits.
#[must_use]
pub fn parse_hugeint(text: &[u8], strict: bool) -> Option<i128> {
    let (negative, magnitude) = parse_signed(text, strict)?;
    debug_assert!(magnitude <= HUGE_LIMIT);
    let value = i128::try_from(magnitude).ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_takes_its_limits_and_nothing_more() {
        let read = |text: &str| {
            let bytes = text.as_bytes();
            [
                parse_integer::<i8>(bytes, true).is_some(),
                parse_integer::<i16>(bytes, true).is_some(),
                parse_integer::<i32>(bytes, true).is_some(),
                parse_integer::<i64>(bytes, true).is_some(),
                parse_integer::<u8>(bytes, true).is_some(),
                parse_integer::<u16>(bytes, true).is_some(),
                parse_integer::<u32>(bytes, true).is_some(),
                parse_integer::<u64>(bytes, true).is_some(),
                parse_hugeint(bytes, true).is_some(),
            ]
        };
        let (yes, no) = (true, false);
        assert_eq!(read("127"), [yes; 9]);
        assert_eq!(read("-128"), [yes, yes, yes, yes, no, no, no, no, yes]);
        assert_eq!(read("255"), [no, yes, yes, yes, yes, yes, yes, yes, yes]);
        assert_eq!(read("256"), [no, yes, yes, yes, no, yes, yes, yes, yes]);
        assert_eq!(read("65535"), [no, no, yes, yes, no, yes, yes, yes, yes]);
        assert_eq!(read("4294967295"), [no, no, no, yes, no, no, yes, yes, yes]);
        assert_eq!(read("9223372036854775807"), [no, no, no, yes, no, no, no, yes, yes]);
        assert_eq!(read("9223372036854775808"), [no, no, no, no, no, no, no, yes, yes]);
        assert_eq!(read("-9223372036854775808"), [no, no, no, yes, no, no, no, no, yes]);
        assert_eq!(read("18446744073709551615"), [no, no, no, no, no, no, no, yes, yes]);
        assert_eq!(read("18446744073709551616"), [no, no, no, no, no, no, no, no, yes]);
        assert_eq!(read("99999999999999999999999999999999999999"), [no, no, no, no, no, no, no, no, yes]);
        assert_eq!(read("100000000000000000000000000000000000000"), [no; 9]);
    }

    #[test]
    fn strict_reading_keeps_what_text_would_lose() {
        for text in ["007", "+1", "00", "-01", "1_000", "0x10", "1.0", "1e3", "", "-", "--1", "1-"] {
            assert_eq!(parse_i64(text.as_bytes(), true), None, "{text}");
        }
        assert_eq!(parse_i64(b"007", false), Some(7));
        assert_eq!(parse_i64(b"+1", false), Some(1));
        assert_eq!(parse_i64(b"+-1", false), None);
        assert_eq!(parse_i64(b"-0", true), Some(0));
    }
}
