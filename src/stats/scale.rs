//! Arithmetic of the ledger in whole numbers: thousandths of shares and of points, and a logarithm
//! that never falls.

/// One, in thousandths.
pub(crate) const ONE: i64 = 1000;

/// A share or probability in whole thousandths, 0 to 1000: three decimals, as answers show it.
/// NaN is 0.
pub(crate) fn thousandths(share: f32) -> i64 {
    whole(f64::from(share.clamp(0.0, 1.0) * ONE as f32))
}

/// The nearest whole number, halves away from zero; NaN is 0, and what is too large for 64 bits the
/// largest there is.
///
/// It is `value.round() as i64`, without the call of a library that baseline x86-64 makes of it: a
/// post rounds some forty times.
#[inline]
pub(crate) fn whole(value: f64) -> i64 {
    let cut = value as i64;
    // Exact: where there is a fraction, a float holds the whole number too.
    let rest = value - cut as f64;
    cut.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

/// Thousandths of points as points, rounded.
pub(crate) fn rounded(thousandths: i64) -> i64 {
    (thousandths + ONE / 2).div_euclid(ONE)
}

/// The binary logarithm of `count` (at least 1) in units of 2⁻¹⁶: exact at powers of two,
/// straight lines between. Unlike a logarithm in floating point it is the same on every machine,
/// and never falls.
fn log2(count: u128) -> u64 {
    let count = count.max(1);
    let power = count.ilog2();
    let beyond = count - (1 << power);
    // At most 2⁻¹⁶ of precision is needed: the shift keeps large counts within their bits.
    let fraction = if power >= 16 {
        beyond >> (power - 16)
    } else {
        beyond << (16 - power)
    };
    u64::from(power) * 65_536 + fraction as u64
}

/// Thousandths of points of `count` on a log scale: none for 0, `points` from `full` on. Both
/// counts are in thousandths.
pub(crate) fn logarithmic(count: u128, full: u128, points: i64) -> i64 {
    let log = |count: u128| log2(count.saturating_add(ONE as u128)) - log2(ONE as u128);
    let (count, full) = (log(count), log(full).max(1));
    // A logarithm has at most 23 bits, so the product stays within 64.
    points * ONE * count.min(full) as i64 / full as i64
}

/// Points at `at` on straight lines through `steps`, which ascend in both; flat beyond their ends.
pub(crate) fn between(steps: &[(i64, i64)], at: i64) -> i64 {
    let next = steps.partition_point(|&(from, _)| from <= at);
    match (
        next.checked_sub(1).and_then(|before| steps.get(before)),
        steps.get(next),
    ) {
        (Some(&(from, low)), Some(&(to, high))) => {
            rounded(low * ONE + (high - low) * ONE * (at - from) / (to - from).max(1))
        }
        (Some(&(_, last)), None) => last,
        (None, first) => first.map_or(0, |&(_, points)| points),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whole_numbers_are_those_of_the_library(value in any::<f64>(), near in -1e6..1e6) {
            for value in [value, near, near.trunc() + 0.5, near.trunc() - 0.5, near * 1e13] {
                prop_assert_eq!(whole(value), value.round() as i64);
            }
        }
    }

    #[test]
    fn odd_numbers_are_rounded_as_by_the_library() {
        let beside_half = f64::from_bits(0.5f64.to_bits() - 1);
        let odd = [
            0.5,
            -0.5,
            beside_half,
            -beside_half,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            -1e300,
        ];
        for value in odd {
            assert_eq!(whole(value), value.round() as i64, "{value}");
        }
    }

    #[test]
    fn the_logarithm_never_falls_and_is_near_the_real_one() {
        let mut counts: Vec<u128> = (0..5000).collect();
        counts.extend(
            (12..100).flat_map(|power| [-1, 0, 1].map(|off| ((1_i128 << power) + off) as u128)),
        );
        counts.push(u128::MAX);
        counts.sort_unstable();
        assert!(counts.iter().map(|&count| log2(count)).is_sorted());
        for count in [1_u128, 3, 10, 1000, 123_456_789] {
            let real = (count as f64).log2() * 65_536.0;
            assert!(
                (log2(count) as f64 - real).abs() < 0.09 * 65_536.0,
                "{count}"
            );
        }
        assert_eq!(logarithmic(0, 1_000_000, 7), 0);
        assert_eq!(logarithmic(1_000_000, 1_000_000, 7), 7000);
        assert_eq!(logarithmic(u128::MAX, 1_000_000, 7), 7000);
    }

    #[test]
    fn lines_go_through_their_steps() {
        let steps = [(0, 0), (1000, 6), (2000, 10)];
        let at = |at| between(&steps, at);
        assert_eq!(
            [at(-1), at(0), at(500), at(1000), at(1500), at(9999)],
            [0, 0, 3, 6, 8, 10]
        );
        assert!((0..3000).map(at).is_sorted());
    }

    #[test]
    fn shares_have_three_decimals() {
        assert_eq!(
            [0.1234, -1.0, 2.0, f32::NAN].map(thousandths),
            [123, 0, 1000, 0]
        );
        assert_eq!([1499, 1500, -500].map(rounded), [1, 2, 0]);
    }
}
