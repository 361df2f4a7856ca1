//! The upper tail of a count, as a natural logarithm: Poisson and negative binomial exactly, far
//! beyond by a variance-stabilised residual.

use std::f64::consts::PI;

/// From this expectation on the variance-stabilised residual is used: it errs by less than the
/// estimate of the mean does.
const LARGE: f64 = 20_000.0;
/// Less dispersion than this is Poisson, for any count below [`LARGE`].
const LEAST_DISPERSION: f64 = 1e-5;
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
            * (count / (50.0 * LARGE)).ln().mul_add(0.1, 1.0);
    }
    let size = 1.0 / dispersion.max(LEAST_DISPERSION);
    // P(X ≥ c) = I(c, size) at mean / (mean + size), the regularised incomplete beta function.
    let at = mean / (mean + size);
    let front = count * at.ln() - size * (mean / size).ln_1p() - ln_beta(count, size) - count.ln();
    (front + fraction(count, size, at).ln()).min(0.0)
}

/// How many standard deviations a count stands above its mean, on the scale where its
/// variance is 1.
fn residual(count: f64, mean: f64, dispersion: f64) -> f64 {
    let root = dispersion.max(LEAST_DISPERSION).sqrt();
    let scaled = |value: f64| (value.max(0.0).sqrt() * root).asinh();
    (scaled(count) - scaled(mean)) * 2.0 / root
}

/// ln P(Z ≥ `z`) of a standard normal, for z > 0 (Abramowitz and Stegun 26.2.17 below 5, the
/// asymptotic series beyond).
fn ln_normal_tail(z: f64) -> f64 {
    if z <= 0.0 {
        return 0.0;
    }
    let ln_density = -0.5 * z * z - 0.5 * (2.0 * PI).ln();
    if z > 5.0 {
        let square = z * z;
        return ln_density - z.ln() + (1.0 - 1.0 / square + 3.0 / (square * square)).ln();
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    ln_density + series.ln()
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// ln Γ(x) for x > 0 (Lanczos 1964, g = 7).
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Γ(x) Γ(1 − x) = π / sin πx
        return PI.ln() - (PI * x).sin().ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum = COEFFICIENTS
        .iter()
        .zip(1..)
        .fold(0.999_999_999_999_809_9, |sum, (c, at)| {
            sum + c / (x + f64::from(at))
        });
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
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
            ln_gamma(k + size) - ln_gamma(size) - ln_gamma(k + 1.0)
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
        // Normal: 0.158655, 2.8665e-7.
        assert!((ln_normal_tail(1.0).exp() - 0.158_655).abs() < 1e-5);
        assert!((ln_normal_tail(5.0001) - 2.865e-7_f64.ln()).abs() < 1e-2);
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
