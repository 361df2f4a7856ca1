//! Shares and their changes from scores: the roots of one quadratic equation each. Without
//! errors of the classifier the interval of a share is [Wilson's](crate::stats::wilson), which
//! a test holds.

use crate::stats::wilson::TWO_SIDED_95 as Z;

/// How the scores of a classifier's decisions vary. Posts of the label score 1 in the
/// mean, others 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    /// The variance of the score of a post of the label.
    pub(super) hit: f64,
    /// The variance of the score of another post.
    pub(super) miss: f64,
    /// The variance of the mean score of the label's posts in validation, for they
    /// are finitely many.
    pub(super) of_hit: f64,
    /// The same of the others.
    pub(super) of_miss: f64,
}

/// The scores of a period's posts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Posts.
    pub(super) posts: f64,
    /// Their mean score; beyond 0 and 1 if errors were rarer or more frequent than in validation.
    pub(super) mean: f64,
    /// The same with two decisions more, in equal parts.
    pub(super) pulled: f64,
    /// What sampling adds to the variance: 0 for all posts there are, 1 for a sample of
    /// what never ends.
    pub(super) sampling: f64,
}

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Spread {
    /// Whether validation distinguishes the label from the rest beyond chance.
    pub(super) fn tells(&self) -> bool {
        // Otherwise the quadratic has no positive square: every share is within the interval.
        Z * Z * (self.of_hit + self.of_miss) < 1.0
    }
}

impl Sample {
    /// The correction for a finite population: (N − n) / (N − 1) for `posts` out of `from`, which
    /// counts as at least `posts`.
    pub(super) fn sampling(posts: u64, from: Option<u64>) -> f64 {
        let all = from.map_or(posts, |all| all.max(posts));
        if all > 1 {
            (all - posts) as f64 / (all - 1) as f64
        } else {
            0.0
        }
    }

    /// The variance of the mean score if the share were this.
    fn variance(&self, spread: &Spread, share: f64) -> f64 {
        let rest = 1.0 - share;
        (share * spread.hit + rest * spread.miss + self.sampling * share * rest) / self.posts
    }
}

/// The share and its interval; none without posts, or where the label can't be distinguished.
pub(super) fn share(spread: &Spread, sample: &Sample) -> Option<(f64, Between)> {
    if sample.posts == 0.0 || !spread.tells() {
        return None;
    }
    // A score beyond 0 and 1 counts as one of exactly 0 or 1, so that the interval is never empty.
    let mean = sample.mean.clamp(0.0, 1.0);
    let (hit, miss, drawn) = (
        spread.hit / sample.posts,
        spread.miss / sample.posts,
        sample.sampling / sample.posts,
    );
    // (mean − p)² ≤ Z² (p·hit + (1−p)·miss + p(1−p)·drawn + p²·of_hit + (1−p)²·of_miss)
    let square = 1.0 + Z * Z * (drawn - spread.of_hit - spread.of_miss);
    let linear = -2.0 * mean - Z * Z * (hit - miss + drawn - 2.0 * spread.of_miss);
    let constant = mean * mean - Z * Z * (miss + spread.of_miss);
    Some((mean, roots(square, linear, constant, 0.0)))
}

/// Whether the scores are beyond what they could be if none of the posts had the label, or all.
pub(super) fn is_impossible(spread: &Spread, sample: &Sample) -> bool {
    let beyond = |far: f64, variance: f64| far > 0.0 && far * far > Z * Z * variance;
    sample.posts > 0.0
        && (beyond(-sample.mean, spread.miss / sample.posts + spread.of_miss)
            || beyond(sample.mean - 1.0, spread.hit / sample.posts + spread.of_hit))
}

/// The change from one sample to another and its interval; none as for [`share`]. `known` is what
/// the other labels add to the variance where their shares change by more than the label's own
/// change makes them.
///
/// Where the false positives of both are the same, they fall out. The variances are taken with two
/// decisions more (Agresti and Caffo, The American Statistician 2000).
pub(super) fn change(
    spread: &Spread,
    before: &Sample,
    after: &Sample,
    known: f64,
) -> Option<(f64, Between)> {
    if before.posts == 0.0 || after.posts == 0.0 || !spread.tells() {
        return None;
    }
    let variance = |sample: &Sample| sample.variance(spread, sample.pulled.clamp(0.0, 1.0));
    let pulled = (after.pulled - before.pulled).clamp(-1.0, 1.0);
    let square = 1.0 - Z * Z * (spread.of_hit + spread.of_miss);
    let constant = pulled * pulled - Z * Z * (variance(before) + variance(after) + known);
    let between = roots(square, -2.0 * pulled, constant, -1.0);
    // The interval is around the pulled difference and can miss the plain one, which is reported.
    let plain = (after.mean - before.mean).clamp(-1.0, 1.0);
    Some((
        plain,
        Between {
            low: between.low.min(plain),
            high: between.high.max(plain),
        },
    ))
}

/// Between which values, from `least` to 1, `square·x² + linear·x + constant ≤ 0`, for
/// a positive `square`.
fn roots(square: f64, linear: f64, constant: f64, least: f64) -> Between {
    let half = -linear / 2.0;
    let spread = (half * half - square * constant).max(0.0).sqrt();
    Between {
        low: ((half - spread) / square).clamp(least, 1.0),
        high: ((half + spread) / square).clamp(least, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Spread = Spread {
        hit: 0.0,
        miss: 0.0,
        of_hit: 0.0,
        of_miss: 0.0,
    };

    fn sample(posts: f64, mean: f64, sampling: f64) -> Sample {
        Sample {
            posts,
            mean,
            pulled: (mean * posts + 1.0) / (posts + 2.0),
            sampling,
        }
    }

    #[test]
    fn without_errors_it_is_wilsons_interval() {
        let (found, between) = share(&EXACT, &sample(100.0, 0.1, 1.0)).expect("it tells");
        assert_eq!(found, 0.1);
        // Wilson 1927, for 10 of 100.
        assert!(
            (between.low - 0.055_23).abs() < 1e-4 && (between.high - 0.174_37).abs() < 1e-4,
            "{between:?}"
        );
        // Without errors a census leaves no doubt.
        let (_, census) = share(&EXACT, &sample(100.0, 0.1, 0.0)).expect("it tells");
        assert!(
            (census.low - 0.1).abs() < 1e-9 && (census.high - 0.1).abs() < 1e-9,
            "{census:?}"
        );
    }

    #[test]
    fn the_ends_are_where_the_distance_is_that_of_the_quantile() {
        let spread = Spread {
            hit: 0.3,
            miss: 0.08,
            of_hit: 0.002,
            of_miss: 0.0001,
        };
        let sample = sample(300.0, 0.2, 0.7);
        let (_, Between { low, high }) = share(&spread, &sample).expect("it tells");
        for end in [low, high] {
            let known = end * end * spread.of_hit + (1.0 - end).powi(2) * spread.of_miss;
            let deviations = (end - 0.2) / (sample.variance(&spread, end) + known).sqrt();
            assert!((deviations.abs() - Z).abs() < 1e-9, "{end}: {deviations}");
        }
        assert!(low < 0.2 && 0.2 < high);
    }

    #[test]
    fn a_sample_of_all_has_no_error_of_sampling() {
        assert_eq!(Sample::sampling(10, None), 0.0);
        assert_eq!(Sample::sampling(10, Some(3)), 0.0);
        assert_eq!(Sample::sampling(10, Some(19)), 0.5);
        assert!(Sample::sampling(10, Some(u64::MAX)) > 0.999_999);
        assert_eq!(
            Sample::sampling(0, Some(0)) + Sample::sampling(1, None),
            0.0
        );
    }
}
