//! Intervals of shares and of changes where nothing is known of the classifier's errors.

use hearken::internals::{TWO_SIDED_95, wilson};

use crate::number::share;

/// The interval of 95 % of the rate behind `part` of `whole` (Wilson, JASA 22, 1927).
pub(crate) fn of_share(part: u64, whole: u64) -> (f64, f64) {
    wilson(part as f64, whole as f64, TWO_SIDED_95)
}

/// The change from one share to another and its interval of 95 %, from those of the two shares
/// (Newcombe, Statistics in Medicine 17, 1998, method 10). None without posts in both.
pub(crate) fn of_change(before: (u64, u64), after: (u64, u64)) -> Option<(f64, f64, f64)> {
    if before.1 == 0 || after.1 == 0 {
        return None;
    }
    let (from, to) = (share(before.0, before.1), share(after.0, after.1));
    let (from_low, from_high) = of_share(before.0, before.1);
    let (to_low, to_high) = of_share(after.0, after.1);
    let change = to - from;
    let below = (to - to_low).powi(2) + (from_high - from).powi(2);
    let above = (to_high - to).powi(2) + (from - from_low).powi(2);
    Some((change, change - below.sqrt(), change + above.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_of_newcombes_table() {
        // 56 of 70 against 48 of 80: 0.2000, 0.0524 to 0.3339.
        let (change, low, high) = of_change((48, 80), (56, 70)).unwrap();
        assert!((change - 0.2).abs() < 1e-9);
        assert!((low - 0.0524).abs() < 1e-4 && (high - 0.3339).abs() < 1e-4);
        assert_eq!(of_change((0, 0), (1, 2)), None);
    }
}
