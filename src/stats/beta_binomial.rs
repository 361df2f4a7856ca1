//! The upper tail of a binomial distribution.

/// The natural logarithm of the probability that at least `with` of `posts` independent posts have
/// what each has with the probability `usual`; 0 where so many are expected.
pub(crate) fn ln_at_least(with: u64, posts: u64, usual: f64) -> f64 {
    let with = with.min(posts);
    let (k, n) = (with as f64, posts as f64);
    if with == 0 || k <= usual * n || !(usual > 0.0 && usual < 1.0) {
        return 0.0;
    }
    let ln_choices = libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let ln_first = ln_choices + k * libm::log(usual) + (n - k) * libm::log1p(-usual);
    // Above the mean each further term is smaller than the one before.
    let odds = usual / (1.0 - usual);
    let (mut term, mut sum) = (1.0, 1.0);
    for more in with..posts {
        term *= (posts - more) as f64 / (more + 1) as f64 * odds;
        sum += term;
    }
    (ln_first + libm::log(sum)).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_summed_probabilities() {
        // By hand: 6 × 0.01² × 0.99² + 4 × 0.01³ × 0.99 + 0.01⁴.
        for (with, posts, usual, tail) in [
            (2, 4, 0.01, 5.920_3e-4),
            (4, 4, 0.1, 1e-4),
            (1, 3, 0.1, 0.271),
            (0, 3, 0.1, 1.0),
            (2, 4, 0.9, 1.0),
        ] {
            let ours = ln_at_least(with, posts, usual).exp();
            assert!(
                (ours / tail - 1.0).abs() < 1e-5,
                "{with} {posts} {usual}: {ours}"
            );
        }
    }

    #[test]
    fn any_number_gives_one() {
        for with in [0, 1, 500] {
            for usual in [f64::NAN, -1.0, 0.0, 1e-300, 0.999_999, 1.0] {
                let tail = ln_at_least(with, 500, usual);
                assert!(tail <= 0.0, "{with} {usual}: {tail}");
            }
        }
    }
}
