//! The interval of a rate (Wilson, JASA 22, 1927).

/// The 97.5 % quantile of the standard normal distribution: intervals of 95 %.
pub const TWO_SIDED_95: f64 = 1.959_963_984_540_054;
/// Its 95 % quantile: one bound that holds in 95 of 100.
pub(crate) const ONE_SIDED_95: f64 = 1.644_853_626_951_472_2;

/// Between which rates `count` of `posts` are at most `z` standard deviations from what is
/// expected, each from 0 to 1. Without posts the count is taken to be 0 of 1.
///
/// Unlike the rate ± z standard deviations (Wald) it has a width where the count is 0.
pub fn wilson(count: f64, posts: f64, z: f64) -> (f64, f64) {
    let posts = posts.max(1.0);
    let rate = count / posts;
    let square = z * z / posts;
    // Sums, products, a quotient and a root: the same on every machine.
    let root = (square * (rate * (1.0 - rate) + square / 4.0)).sqrt();
    let middle = rate + square / 2.0;
    (
        (middle - root) / (1.0 + square),
        (middle + root) / (1.0 + square),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_a_hundred() {
        let (low, high) = wilson(10.0, 100.0, TWO_SIDED_95);
        assert!((low - 0.055_23).abs() < 1e-4 && (high - 0.174_37).abs() < 1e-4);
        let (low, high) = wilson(0.0, 100.0, ONE_SIDED_95);
        assert!(
            low.abs() < 1e-15 && (high - 0.026_34).abs() < 1e-4,
            "{low} {high}"
        );
    }
}
