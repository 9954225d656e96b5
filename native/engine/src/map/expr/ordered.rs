//! Doubles as integers of the same order.

/// An integer that orders as DuckDB orders doubles: 0 and -0 are equal, every NaN is the greatest.
#[inline(always)]
#[must_use]
pub fn double_key(value: f64) -> i64 {
    if value.is_nan() {
        return i64::MAX;
    }
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The double of a key.
#[must_use]
pub fn from_double_key(key: i64) -> f64 {
    if key == i64::MAX {
        return f64::NAN;
    }
    f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_doubles_do() {
        let ordered = [f64::NEG_INFINITY, -1e300, -1.5, -f64::MIN_POSITIVE, 0.0, 5e-324, 1.0, 1e300, f64::INFINITY];
        let keys: Vec<i64> = ordered.iter().map(|&value| double_key(value)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        assert_eq!(keys.iter().map(|&key| from_double_key(key)).collect::<Vec<_>>(), ordered);
        assert_eq!(double_key(-0.0), double_key(0.0));
        assert_eq!(double_key(-f64::NAN), double_key(f64::NAN));
        assert!(double_key(f64::NAN) > double_key(f64::INFINITY));
        assert!(from_double_key(double_key(f64::NAN)).is_nan());
    }
}
