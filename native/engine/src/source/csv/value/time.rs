//! DATE and TIMESTAMP, ISO 8601, years 0001 to 9999.

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of `YYYY-M-D`, one or two digits for month and day.
#[must_use]
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = date_prefix(text)?;
    rest.is_empty().then_some(days)
}

/// Microseconds since 1970-01-01 of `date[ T]H:MM[:SS[.f]]`, up to six digits of fraction.
///
/// A date alone is midnight where the reading is not strict.
#[must_use]
pub fn parse_timestamp(text: &[u8], strict: bool) -> Option<i64> {
    let (days, rest) = date_prefix(text)?;
    match rest {
        [] if !strict => timestamp_value(days, 0, 0, 0),
        [b' ' | b'T', time @ ..] => at_time(days, time),
        _ => None,
    }
}

fn date_prefix(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = year.iter().try_fold(0, |sum, &byte| Some(sum * 10 + digit(byte)?))?;
    let (month, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    let (day, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    Some((date_value(year, month, day)?, rest))
}

/// Days since 1970-01-01 of a day that there is.
#[inline]
#[must_use]
pub fn date_value(year: i32, month: i32, day: i32) -> Option<i32> {
    (year >= 1 && (1..=12).contains(&month) && day >= 1 && (day <= 28 || day <= days_in_month(year, month)))
        .then(|| days_from_civil(year, month, day))
}

/// Microseconds since 1970-01-01 of a second that there is.
#[inline]
#[must_use]
pub fn timestamp_value(days: i32, hour: i32, minute: i32, second: i32) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60)
        .then(|| i64::from(days) * MICROS_PER_DAY + i64::from((hour * 60 + minute) * 60 + second) * 1_000_000)
}

fn at_time(days: i32, text: &[u8]) -> Option<i64> {
    let (hour, rest) = one_or_two(text)?;
    let (minute, rest) = two(rest.strip_prefix(b":")?)?;
    let (second, rest) = match rest {
        [] => (0, rest),
        [b':', rest @ ..] => two(rest)?,
        _ => return None,
    };
    let micros = match rest {
        [] => 0,
        [b'.', fraction @ ..] => micros(fraction)?,
        _ => return None,
    };
    Some(timestamp_value(days, hour, minute, second)? + i64::from(micros))
}

fn micros(fraction: &[u8]) -> Option<i32> {
    if fraction.is_empty() || fraction.len() > 6 {
        return None;
    }
    let value = fraction.iter().try_fold(0, |sum, &byte| Some(sum * 10 + digit(byte)?))?;
    Some(value * 10i32.pow(6 - fraction.len() as u32))
}

fn digit(byte: u8) -> Option<i32> {
    byte.is_ascii_digit().then(|| i32::from(byte - b'0'))
}

fn one_or_two(text: &[u8]) -> Option<(i32, &[u8])> {
    let first = digit(*text.first()?)?;
    match text.get(1).and_then(|&byte| digit(byte)) {
        Some(second) => Some((first * 10 + second, &text[2..])),
        None => Some((first, &text[1..])),
    }
}

fn two(text: &[u8]) -> Option<(i32, &[u8])> {
    let (pair, rest) = text.split_at_checked(2)?;
    Some((digit(pair[0])? * 10 + digit(pair[1])?, rest))
}

fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (years from March, 400-year eras).
fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_count_from_1970() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2024-02-29", Some(19_782)),
            ("2024-2-9", Some(19_762)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2000-02-29", Some(11_016)),
            ("0000-01-01", None),
            ("2024-13-01", None),
            ("2024-00-01", None),
            ("2024-01-00", None),
            ("2024-04-31", None),
            ("24-01-01", None),
            ("2024-01-01 ", None),
            ("2024-001-01", None),
            ("2024/01/01", None),
            ("20240101", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_date(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn timestamps_count_microseconds() {
        let day = 19_782 * MICROS_PER_DAY;
        let cases = [
            ("2024-02-29 00:00", Some(day)),
            ("2024-02-29T01:02:03", Some(day + 3_723_000_000)),
            ("2024-02-29 1:02:03.5", Some(day + 3_723_500_000)),
            ("2024-02-29 23:59:59.999999", Some(day + MICROS_PER_DAY - 1)),
            ("1969-12-31 23:59:59.999999", Some(-1)),
            ("2024-02-29 01:02:03.1234567", None),
            ("2024-02-29 01:02:03.", None),
            ("2024-02-29 24:00", None),
            ("2024-02-29 01:60", None),
            ("2024-02-29 01:02:60", None),
            ("2024-02-29 01:02:03Z", None),
            ("2024-02-29 01", None),
            ("2024-02-29", None),
            ("2024-02-29  01:02", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_timestamp(text.as_bytes(), true), expected, "{text}");
        }
        assert_eq!(parse_timestamp(b"2024-02-29", false), Some(day));
    }
}
