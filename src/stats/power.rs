//! The exponential, the natural logarithm and powers, the same bits on every machine.
//!
//! The C library of each platform rounds them in its own way, and a call of it costs more than all
//! that is computed here. Only sums, products and quotients are used: IEEE 754 rounds those in one
//! way everywhere. No step is fused, and compilers fuse none by themselves.

use std::f64::consts::{LOG2_E, SQRT_2};

/// The natural logarithm of 2, cut after 32 bits, so that its product with an exponent is exact;
/// and what is left of it (W. J. Cody and W. Waite, 1980).
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// What rounds a number below 2⁵¹ to a whole one when it is added, and puts that into the lowest
/// bits: 1.5 · 2⁵².
const ROUNDING: f64 = 6_755_399_441_055_744.0;
/// What the exponent of a double is stored with, and where it stands in the bits.
const BIAS: u64 = 1023;
const EXPONENT_AT: u32 = 52;

/// Beyond e^±708.39 doubles lose precision; up to here two to any whole power is one of them.
const MOST: f64 = 708.0;

/// 1/n! from n = 2 on. What follows the last adds less than 2⁻⁵³ where the argument is at most half
/// of ln 2.
const FACTORIALS: [f64; 12] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// e to the power of `x`, with a relative error below 10⁻¹⁴: 0 below −708 and infinite above 708,
/// where doubles of full precision end.
///
/// Without a branch, so that a loop over lanes becomes one over vectors.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    let cut = x.clamp(-MOST, MOST);
    // e^x = 2^k · e^r, where r is at most half of ln 2.
    let shifted = cut * LOG2_E + ROUNDING;
    let k = shifted - ROUNDING;
    let r = (cut - k * LN_2_HIGH) - k * LN_2_LOW;
    let [c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13] = FACTORIALS;
    // In pairs (Estrin), so that few steps wait for one another.
    let square = r * r;
    let fourth = square * square;
    let low = (c2 + r * c3) + square * (c4 + r * c5);
    let middle = (c6 + r * c7) + square * (c8 + r * c9);
    let high = (c10 + r * c11) + square * (c12 + r * c13);
    let rest = square * (low + fourth * (middle + fourth * high));
    let scale = f64::from_bits(((shifted.to_bits()).wrapping_add(BIAS)) << EXPONENT_AT);
    let value = (1.0 + (r + rest)) * scale;
    let value = if x > MOST { f64::INFINITY } else { value };
    if x < -MOST { 0.0 } else { value }
}

/// The natural logarithm of `x`, with an error below 10⁻¹⁴ of it: NaN below 0, −∞ at 0.
#[inline]
pub(crate) fn ln(x: f64) -> f64 {
    /// Makes the smallest doubles such as have all bits of precision: 2⁵⁴, and its logarithm.
    const LIFT: f64 = 18_014_398_509_481_984.0;
    const LIFTED: f64 = 37.429_947_750_237_05;
    match x {
        f64::MIN_POSITIVE..=f64::MAX => ln_of_usual(x),
        0.0 => f64::NEG_INFINITY,
        f64::INFINITY => x,
        0.0..f64::MIN_POSITIVE => ln_of_usual(x * LIFT) - LIFTED,
        _ => f64::NAN,
    }
}

/// The natural logarithm of a positive number that is neither infinite nor below the usual
/// doubles; without a branch. Of infinity it is that of 2¹⁰²⁴.
#[inline]
pub(crate) fn ln_of_usual(x: f64) -> f64 {
    const FRACTION: u64 = (1 << EXPONENT_AT) - 1;
    /// 2⁵², in whose lowest bits a small whole number may be written.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let bits = x.to_bits();
    // x = 2^k · m, where m lies between the root of one half and that of 2.
    let k = f64::from_bits(bits >> EXPONENT_AT | WHOLE.to_bits()) - (WHOLE + BIAS as f64);
    let m = f64::from_bits(bits & FRACTION | BIAS << EXPONENT_AT);
    let is_large = m > SQRT_2;
    let m = if is_large { m * 0.5 } else { m };
    let k = if is_large { k + 1.0 } else { k };
    // ln m = 2 · artanh s, whose series has odd powers only; s is at most 0.172.
    let f = m - 1.0;
    let s = f / (m + 1.0);
    let square = s * s;
    let fourth = square * square;
    let eighth = fourth * fourth;
    let low = (1.0 / 3.0 + square * (1.0 / 5.0)) + fourth * (1.0 / 7.0 + square * (1.0 / 9.0));
    let high = (1.0 / 11.0 + square * (1.0 / 13.0)) + fourth * (1.0 / 15.0 + square * (1.0 / 17.0));
    let last = 1.0 / 19.0 + square * (1.0 / 21.0);
    let series = 2.0 * square * (low + eighth * (high + eighth * last));
    // 2s = f − s·f: f is exact, and what is taken from it small.
    k * LN_2_HIGH + (f - (s * (f - series) - k * LN_2_LOW))
}

/// `base` to the power of `exponent`, for a base that is not negative. Its relative error is below
/// 10⁻¹⁵ and that part of the result's logarithm.
#[inline]
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    // Whatever it stands on: not what 0 · ∞ would be.
    if exponent == 0.0 {
        return 1.0;
    }
    exp(exponent * ln(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most that a value may differ, as a part of it.
    const NEAR: f64 = 1e-14;

    fn is_near(found: f64, expected: f64) -> bool {
        found == expected || (found - expected).abs() <= NEAR * expected.abs()
    }

    #[test]
    fn exponentials_are_those_of_the_library() {
        // Steps that are no binary fractions, over all that a double holds, and small ones near 0.
        let far = (-70_800..70_800).map(|step| f64::from(step) * 0.009_999);
        let near = (-20_000..20_000).map(|step| f64::from(step) * 0.000_173);
        let tiny = (1..300).map(|power| 10f64.powi(-power));
        for x in far.chain(near).chain(tiny) {
            assert!(is_near(exp(x), x.exp()), "{x}: {} {}", exp(x), x.exp());
        }
        assert_eq!([exp(0.0), exp(-0.0)], [1.0, 1.0]);
        assert_eq!(
            [
                exp(710.0),
                exp(f64::INFINITY),
                exp(-709.0),
                exp(f64::NEG_INFINITY)
            ],
            [f64::INFINITY, f64::INFINITY, 0.0, 0.0]
        );
        assert!(is_near(exp(MOST), MOST.exp()) && exp(f64::NAN).is_nan());
    }

    #[test]
    fn logarithms_are_those_of_the_library() {
        let wide = (-1073..1023).flat_map(|power| {
            (0..16).map(move |part| 2f64.powi(power) * (1.0 + f64::from(part) * 0.061))
        });
        let near_one = (1..40_000).map(|step| f64::from(step) * 0.000_097);
        let beside_one = (1..16).flat_map(|power| {
            let step = 10f64.powi(-power);
            [1.0 + step, 1.0 - step]
        });
        for x in wide.chain(near_one).chain(beside_one) {
            assert!(is_near(ln(x), x.ln()), "{x}: {} {}", ln(x), x.ln());
        }
        assert_eq!(
            [ln(1.0), ln(0.0), ln(f64::INFINITY)],
            [0.0, f64::NEG_INFINITY, f64::INFINITY]
        );
        assert!(ln(-1.0).is_nan() && ln(f64::NAN).is_nan());
    }

    #[test]
    fn powers_are_those_of_the_library() {
        for base in [1e-30, 1e-7, 0.3, 0.999_999, 1.0, 7.5, 400.0] {
            for exponent in [-2.0, -0.35, 0.0, 0.1, 0.98, 1.7] {
                let (found, expected) = (power(base, exponent), f64::powf(base, exponent));
                // Seventy nats of exponent carry seventy times the error.
                assert!(
                    (found - expected).abs() <= 1e-13 * expected,
                    "{base}^{exponent}"
                );
            }
        }
        assert_eq!(power(0.0, 2.0), 0.0);
        assert_eq!(power(0.0, 0.0), 1.0);
    }

    /// These very bits, on every machine.
    #[test]
    fn golden() {
        let found = [
            exp(1.0),
            exp(-12.34),
            exp(300.5),
            ln(10.0),
            ln(1e-9),
            ln(0.75),
        ];
        assert_eq!(
            found.map(f64::to_bits),
            GOLDEN,
            "{:#x?}",
            found.map(f64::to_bits)
        );
    }

    const GOLDEN: [u64; 6] = [
        0x4005_bf0a_8b14_576a,
        0x3ed2_57c2_c1ce_3704,
        0x5b07_19c2_5b8f_5b4a,
        0x4002_6bb1_bbb5_5516,
        0xc034_b927_f32b_ffb8,
        0xbfd2_6962_1134_db92,
    ];
}
