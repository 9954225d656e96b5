//! DECIMAL: digits scaled, rounded half away from zero as DuckDB's cast does.

/// The unscaled value of a `DECIMAL(precision, scale)`; `None` where it has too many digits.
#[must_use]
pub fn parse_decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, number) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mantissa, exponent) = split_exponent(number)?;
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let fraction = mantissa.get(point + 1..).unwrap_or_default();
    let whole = &mantissa[..point];
    if whole.is_empty() && fraction.is_empty() || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let kept = point as i64 + i64::from(exponent) + i64::from(scale);
    let magnitude = scaled(whole.iter().chain(fraction).map(|byte| byte - b'0'), kept)?;
    let limit = 10u128.pow(u32::from(precision));
    let value = i128::try_from(magnitude).ok().filter(|_| magnitude < limit)?;
    Some(if negative { -value } else { value })
}

fn split_exponent(number: &[u8]) -> Option<(&[u8], i32)> {
    let Some(at) = number.iter().position(|byte| matches!(byte, b'e' | b'E')) else {
        return Some((number, 0));
    };
    let text = std::str::from_utf8(&number[at + 1..]).ok()?;
    let exponent: i32 = text.parse().ok()?;
    (exponent.abs() <= 10_000).then_some((&number[..at], exponent))
}

/// The first `kept` digits as a number, zeros appended where there are fewer, rounded by the next digit.
fn scaled(mut digits: impl Iterator<Item = u8>, kept: i64) -> Option<u128> {
    if kept < 0 {
        return Some(0);
    }
    let mut value = 0u128;
    for place in 0..kept {
        let Some(digit) = digits.next() else {
            let zeros = u32::try_from(kept - place).ok()?;
            return if value == 0 { Some(0) } else { value.checked_mul(10u128.checked_pow(zeros)?) };
        };
        value = value.checked_mul(10)?.checked_add(u128::from(digit))?;
    }
    let up = digits.next().is_some_and(|digit| digit >= 5);
    value.checked_add(u128::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_half_away_from_zero() {
        let cases = [
            ("0.125", Some(13)),
            ("-0.125", Some(-13)),
            ("0.124999", Some(12)),
            ("1e1", Some(1000)),
            ("99.99", Some(9999)),
            ("99.995", None),
            ("100", None),
            ("000000000000000000000000000000000000000001", Some(100)),
            ("+1", Some(100)),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("12e-3", Some(1)),
            ("1.25e1", Some(1250)),
            ("0.004", Some(0)),
            ("0.005", Some(1)),
            ("5e-3", Some(1)),
            ("9e-4", Some(0)),
            ("0e999", Some(0)),
            ("1e999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_decimal(text.as_bytes(), 4, 2), expected, "{text}");
        }
    }

    #[test]
    fn the_widest_decimal_holds_38_digits() {
        let nines = "9".repeat(38);
        assert_eq!(parse_decimal(nines.as_bytes(), 38, 0), Some(10i128.pow(38) - 1));
        assert_eq!(parse_decimal(format!("{nines}.5").as_bytes(), 38, 0), None);
        assert_eq!(parse_decimal(format!("0.{nines}").as_bytes(), 38, 38), Some(10i128.pow(38) - 1));
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1_0", "e1", "1e", "nan", "1,5", "--1", "1e1.5"] {
            assert_eq!(parse_decimal(text.as_bytes(), 10, 2), None, "{text}");
        }
    }
}
