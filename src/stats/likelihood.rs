//! Whether two shares are one: the likelihood ratio of Dunning (Computational Linguistics 19(1),
//! 1993, section 4).

/// −2 ln λ of the assumption that `k1` of `n1` and `k2` of `n2` are draws at one rate, with the
/// sign of the difference of the shares: above 0 where the first share is the larger. 0 where
/// nothing was drawn.
///
/// Without a difference it is distributed as χ² with one degree of freedom, also for
/// counts as small as words have; χ² itself is not. Counts may be fractions, so that a
/// caller can smooth them.
pub(crate) fn likelihood_ratio((k1, n1): (f64, f64), (k2, n2): (f64, f64)) -> f64 {
    if n1 == 0.0 || n2 == 0.0 {
        return 0.0;
    }
    // 0 · ln 0 is 0: a word that all texts have, or none, must not give NaN.
    let part = |count: f64, share: f64| {
        if count > 0.0 {
            count * share.max(1e-300).ln()
        } else {
            0.0
        }
    };
    let likelihood = |k: f64, n: f64, p: f64| part(k, p) + part(n - k, 1.0 - p);
    let (p1, p2, p) = (k1 / n1, k2 / n2, (k1 + k2) / (n1 + n2));
    let ratio = 2.0
        * (likelihood(k1, n1, p1) + likelihood(k2, n2, p2)
            - likelihood(k1, n1, p)
            - likelihood(k2, n2, p));
    // Rounding may leave equal shares a little below 0.
    if p1 >= p2 {
        ratio.max(0.0)
    } else {
        -ratio.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::likelihood_ratio;

    #[test]
    fn it_equals_the_paper() {
        // Dunning 1993, table 1: "the swiss", 110 + 2442 and 111 + 29114.
        let (first, second) = ((110.0, 110.0 + 2442.0), (111.0, 111.0 + 29114.0));
        let found = likelihood_ratio(first, second);
        assert!((found - 270.72).abs() < 0.01, "{found}");
        assert!((likelihood_ratio(second, first) + 270.72).abs() < 0.01);
    }

    #[test]
    fn equal_shares_and_no_draws_give_nothing() {
        assert_eq!(likelihood_ratio((0.0, 0.0), (5.0, 10.0)), 0.0);
        assert!(likelihood_ratio((5.0, 10.0), (50.0, 100.0)).abs() < 1e-9);
        assert!(likelihood_ratio((7.0, 7.0), (0.5, 90.0)) > 6.0);
    }
}
