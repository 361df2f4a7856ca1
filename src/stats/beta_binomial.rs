//! The upper tail of a beta-binomial distribution: a binomial one whose probability is itself
//! estimated, and in doubt.

/// The natural logarithm of the probability that at least `with` of `posts` posts have a property
/// that `seen` earlier posts had and `unseen` earlier posts had not; 0 where so many are expected.
/// The two counts are the parameters of a beta distribution, which the probability of a post is
/// drawn from. They may be fractions, and the caller adds to them what is assumed beforehand.
pub(crate) fn ln_at_least(with: u64, posts: u64, (seen, unseen): (f64, f64)) -> f64 {
    let with = with.min(posts);
    let (k, n) = (with as f64, posts as f64);
    let is_number = |count: f64| count > 0.0 && count.is_finite();
    if with == 0 || !is_number(seen) || !is_number(unseen) || k <= seen / (seen + unseen) * n {
        return 0.0;
    }
    let ln_choices = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let ln_first = ln_choices + ln_beta(k + seen, n - k + unseen) - ln_beta(seen, unseen);
    // Each further term is a known part of the one before.
    let (mut term, mut sum) = (1.0, 1.0);
    for more in with..posts {
        let k = more as f64;
        term *= (n - k) / (k + 1.0) * (k + seen) / (n - k - 1.0 + unseen);
        sum += term;
    }
    (ln_first + libm::log(sum)).min(0.0)
}

/// The natural logarithm of the beta function.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_summed_probabilities() {
        for (with, posts, counts, tail) in [
            // With one post of each kind each number is equally probable (Laplace).
            (3, 3, (1.0, 1.0), 0.25),
            (6, 9, (1.0, 1.0), 0.4),
            // By hand: 3 · 2/12 · 3/13 · 10/14 + 2/12 · 3/13 · 4/14.
            (2, 3, (2.0, 10.0), 0.093_406_6),
            (0, 3, (1.0, 9.0), 1.0),
            (2, 4, (9.0, 1.0), 1.0),
            // Of many earlier posts the doubt is small: the binomial tail, 5.920 3e-4.
            (2, 4, (1e6, 99e6), 5.920_3e-4),
        ] {
            let ours = ln_at_least(with, posts, counts).exp();
            assert!(
                (ours / tail - 1.0).abs() < 1e-4,
                "{with} {posts} {counts:?}: {ours}"
            );
        }
    }

    #[test]
    fn any_number_gives_one() {
        for with in [0, 1, 500] {
            for count in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1.0, 1e300] {
                for counts in [(count, 1.0), (1.0, count), (count, count)] {
                    let tail = ln_at_least(with, 500, counts);
                    assert!(tail <= 0.0, "{with} {counts:?}: {tail}");
                }
            }
        }
    }
}
