//! FLOAT and DOUBLE: the nearest value of the text, never infinity for a number too big.

use super::integer::parse_hugeint;

/// A DOUBLE. Strict: no plus, no leading zeros, no integer that is another one as a double.
#[must_use]
pub fn parse_f64(text: &[u8], strict: bool) -> Option<f64> {
    match shape(text, strict)? {
        Shape::Number(number) => fast_float2::parse::<f64, _>(number).ok().filter(|value| value.is_finite()),
        Shape::Special(value) => Some(value),
    }
}

/// A FLOAT.
#[must_use]
pub fn parse_f32(text: &[u8], strict: bool) -> Option<f32> {
    match shape(text, strict)? {
        Shape::Number(number) => fast_float2::parse::<f32, _>(number).ok().filter(|value| value.is_finite()),
        Shape::Special(value) => Some(value as f32),
    }
}

enum Shape<'a> {
    Number(&'a [u8]),
    Special(f64),
}

fn shape(text: &[u8], strict: bool) -> Option<Shape<'_>> {
    let (negative, number) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] if !strict => (false, rest),
        _ => (false, text),
    };
    match number.first()? {
        b'0'..=b'9' | b'.' => {
            let kept = if negative { text } else { number };
            is_number(number, strict).then_some(Shape::Number(kept))
        }
        _ => special(number).map(|value| Shape::Special(if negative { -value } else { value })),
    }
}

fn special(word: &[u8]) -> Option<f64> {
    if word.eq_ignore_ascii_case(b"nan") {
        Some(f64::NAN)
    } else if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity") {
        Some(f64::INFINITY)
    } else {
        None
    }
}

/// `digits [. digits] [e [sign] digits]`, at least one digit before the exponent.
fn is_number(text: &[u8], strict: bool) -> bool {
    let (whole, rest) = digits(text);
    let (fraction, rest, point) = match rest {
        [b'.', rest @ ..] => {
            let (fraction, rest) = digits(rest);
            (fraction, rest, true)
        }
        _ => (&rest[..0], rest, false),
    };
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    if strict && (whole.len() > 1 && whole[0] == b'0' || rest.is_empty() && !point && !is_kept(whole)) {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            let (digits, rest) = digits(exponent);
            !digits.is_empty() && rest.is_empty()
        }
        _ => false,
    }
}

/// Whether an integer is the same as a double.
fn is_kept(digits: &[u8]) -> bool {
    digits.len() <= 15 || parse_hugeint(digits, true).is_some_and(|value| (value as f64) as i128 == value)
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in ["0", "-0.0", "1.5", "0.1", ".5", "5.", "1e5", "1E-7", "1e+5", "123456789.123456789", "4.9e-324"] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(parse_f64(text.as_bytes(), true).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x1", "1_0", "na", "infinit", "1e400", "--1", "1 2"] {
            assert_eq!(parse_f64(text.as_bytes(), false), None, "{text}");
        }
    }

    #[test]
    fn strict_reading_keeps_what_text_would_lose() {
        for text in ["00.5", "+1.5", "007", "1".repeat(39).as_str(), "9007199254740993", "-9223372036854775807"] {
            assert_eq!(parse_f64(text.as_bytes(), true), None, "{text}");
            assert!(parse_f64(text.as_bytes(), false).is_some(), "{text}");
        }
    }

    #[test]
    fn integers_that_a_double_keeps_are_doubles() {
        for text in ["9007199254740993.0", "9007199254740992", "100000000000000000", "-9223372036854775808"] {
            assert!(parse_f64(text.as_bytes(), true).is_some(), "{text}");
        }
    }

    #[test]
    fn words_for_no_number_and_infinity() {
        assert!(parse_f64(b"NaN", true).is_some_and(f64::is_nan));
        assert_eq!(parse_f64(b"-Infinity", true), Some(f64::NEG_INFINITY));
        assert_eq!(parse_f64(b"INF", true), Some(f64::INFINITY));
        assert_eq!(parse_f32(b"1e39", true), None);
    }
}
