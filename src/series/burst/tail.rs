//! The upper tail of a count, as a natural logarithm: Poisson and negative binomial exactly, far
//! beyond by a variance-stabilised residual. Logarithms, ln Γ and erfc are those of libm, so that a
//! tail has the same bits on every machine.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::stats::beta_binomial::ln_beta;

/// From this expectation on the variance-stabilised residual is used: it errs by less than the
/// estimate of the mean does.
const LARGE: f64 = 20_000.0;
/// Less dispersion than this is Poisson, for any count below [`LARGE`]; by hand.
const MIN_DISPERSION: f64 = 1e-5;
/// Beyond this many standard deviations the normal tail is below 10⁻²⁶⁷ and its asymptotic series
/// errs by less than 10⁻⁸; erfc becomes subnormal at 37.5.
const SERIES_FROM: f64 = 35.0;
/// Steps of a continued fraction at most; it needs about the root of its largest parameter.
const STEPS: usize = 400;

/// ln P(X ≥ `count`) where X has this mean and the variance mean + `dispersion` × mean² (a negative
/// binomial; Poisson without dispersion). 0 for a count that is not above the mean.
pub(crate) fn ln_tail(count: f64, mean: f64, dispersion: f64) -> f64 {
    if count <= mean || count < 1.0 {
        return 0.0;
    }
    if mean <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if mean > LARGE {
        // Relative to its mean, a large count with dispersion is distributed as a smaller one.
        let spare = dispersion + 1.0 / mean - 1.0 / LARGE;
        return match spare > 1.0 / LARGE {
            true => ln_tail(count / mean * LARGE, LARGE, spare),
            false => ln_normal_tail(residual(count - 0.5, mean, dispersion)),
        };
    }
    if count > 50.0 * LARGE {
        // So far beyond any mean that only the order matters.
        return ln_tail(50.0 * LARGE, mean, dispersion)
            * libm::log(count / (50.0 * LARGE)).mul_add(0.1, 1.0);
    }
    let size = 1.0 / dispersion.max(MIN_DISPERSION);
    // P(X ≥ c) = I(c, size) at mean / (mean + size), the regularised incomplete beta function.
    let at = mean / (mean + size);
    let front = count * libm::log(at)
        - size * libm::log1p(mean / size)
        - ln_beta(count, size)
        - libm::log(count);
    (front + libm::log(fraction(count, size, at))).min(0.0)
}

/// How many standard deviations a count stands above its mean, on the scale where its
/// variance is 1.
fn residual(count: f64, mean: f64, dispersion: f64) -> f64 {
    let root = dispersion.max(MIN_DISPERSION).sqrt();
    let scaled = |value: f64| libm::asinh(value.max(0.0).sqrt() * root);
    (scaled(count) - scaled(mean)) * 2.0 / root
}

/// ln P(Z ≥ `z`) of a standard normal, for z > 0: by erfc, and by the asymptotic series (Abramowitz
/// and Stegun 26.2.12) where erfc comes near the smallest number that is there.
fn ln_normal_tail(z: f64) -> f64 {
    if z <= 0.0 {
        return 0.0;
    }
    if z <= SERIES_FROM {
        return libm::log(0.5 * libm::erfc(z * FRAC_1_SQRT_2));
    }
    let square = z * z;
    let series = 1.0 - 1.0 / square + 3.0 / (square * square);
    -0.5 * square - 0.5 * libm::log(2.0 * PI) - libm::log(z) + libm::log(series)
}

/// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8) by
/// Lentz's method; it converges fast where `at` is below the mean a / (a + b), which it is for
/// counts above their mean.
fn fraction(a: f64, b: f64, at: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let near = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / near(1.0 - (a + b) * at / (a + 1.0));
    let mut product = d;
    for step in 1..=STEPS {
        let m = step as f64;
        let even = m * (b - m) * at / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / near(1.0 + even * d);
        c = near(1.0 + even / c);
        product *= d * c;
        let odd = -(a + m) * (a + b + m) * at / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / near(1.0 + odd * d);
        c = near(1.0 + odd / c);
        let change = d * c;
        product *= change;
        if (change - 1.0).abs() < 1e-10 {
            break;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ln P(X ≥ count) by summing probabilities.
    fn summed(count: u32, mean: f64, dispersion: f64) -> f64 {
        let size = 1.0 / dispersion;
        let ln_probability = |k: f64| {
            libm::lgamma(k + size) - libm::lgamma(size) - libm::lgamma(k + 1.0)
                + size * (size / (size + mean)).ln()
                + k * (mean / (size + mean)).ln()
        };
        (count..count + 4000)
            .map(|k| ln_probability(f64::from(k)).exp())
            .sum::<f64>()
            .ln()
    }

    #[test]
    fn the_tail_is_that_of_summed_probabilities() {
        for (count, mean, dispersion) in [
            (3, 0.04, 0.1),
            (1, 0.5, 2.3),
            (12, 4.0, 0.05),
            (60, 20.0, 0.3),
            (400, 200.0, 0.01),
            (30, 0.3, 0.5),
        ] {
            let (ours, exact) = (
                ln_tail(f64::from(count), mean, dispersion),
                summed(count, mean, dispersion),
            );
            assert!(
                (ours - exact).abs() < 1e-6 * exact.abs().max(1.0),
                "{count} {mean}: {ours} {exact}"
            );
        }
        // Poisson, from tables: P(X ≥ 10) at 3 is 0.0011025.
        assert!((ln_tail(10.0, 3.0, 0.0).exp() - 0.001_102_5).abs() < 2e-6);
    }

    #[test]
    fn the_normal_tail_is_that_of_arithmetic_with_forty_digits() {
        for (z, ln) in [
            (1.0, -1.841_021_645_009_263_5),
            (5.0, -15.064_998_393_988_726),
            (30.0, -454.321_243_956_343_2),
            (37.0, -689.030_585_576_890_6),
            (100.0, -5_005.524_208_694_205),
        ] {
            let ours = ln_normal_tail(z);
            assert!((ours / ln - 1.0_f64).abs() < 1e-10, "{z}: {ours} {ln}");
        }
        let (erfc, series) = (
            ln_normal_tail(SERIES_FROM),
            ln_normal_tail(SERIES_FROM + 1e-12),
        );
        assert!((erfc - series).abs() < 1e-7, "{erfc} {series}");
    }

    #[test]
    fn the_residual_goes_on_where_the_exact_tail_ends() {
        for dispersion in [0.0, 0.01, 0.1] {
            let mean = LARGE;
            let count = mean + 6.0 * (mean + dispersion * mean * mean).sqrt();
            let (below, above) = (
                ln_tail(count, mean, dispersion),
                ln_tail(count + 6.0, mean + 6.0, dispersion),
            );
            assert!(
                below < 0.0 && (below / above - 1.0).abs() < 0.05,
                "{dispersion}: {below} {above}"
            );
        }
    }

    #[test]
    fn any_number_gives_one() {
        for count in [0.0, 1.0, 1e9, u64::MAX as f64] {
            for mean in [0.0, 1e-300, 1.0, 1e18] {
                for dispersion in [0.0, 1e-9, 1.0, 1e9] {
                    let tail = ln_tail(count, mean, dispersion);
                    assert!(tail <= 0.0, "{count} {mean} {dispersion}: {tail}");
                }
            }
        }
    }
}
