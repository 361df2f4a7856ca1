//! Shares and their changes from counts: the roots of one quadratic equation each.

/// The 97.5 % quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// How often a classifier decides for a label, of those that have it and of the rest, with the variance of each estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    pub(super) sensitivity: f64,
    pub(super) of_sensitivity: f64,
    pub(super) false_positives: f64,
    pub(super) of_false_positives: f64,
}

/// Posts of which some were given the label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    posts: f64,
    given: f64,
    /// What sampling adds to the variance: 0 for all posts there are, 1 for a sample of what never ends.
    correction: f64,
}

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A rate pulled towards ½ by a success and a failure, and the variance of its estimate; of nothing, nothing is known.
pub(super) fn rate(successes: u64, of: u64) -> (f64, f64) {
    let rate = (successes as f64 + 1.0) / (of as f64 + 2.0);
    (rate, rate * (1.0 - rate) / of as f64)
}

impl Rates {
    fn gap(&self) -> f64 {
        self.sensitivity - self.false_positives
    }

    /// The variance of the gap.
    fn of_gap(&self) -> f64 {
        self.of_sensitivity + self.of_false_positives
    }

    /// Whether the label is told from the rest, beyond chance in validation.
    pub(super) fn tell(&self) -> bool {
        self.gap() > 0.0 && self.gap().powi(2) > Z * Z * self.of_gap()
    }
}

impl Sample {
    /// `posts` out of `sampled_from` (none: out of as many), of which `given` were given the label.
    pub(super) fn new(posts: u64, given: u64, sampled_from: Option<u64>) -> Sample {
        let all = sampled_from.map_or(posts, |all| all.max(posts));
        let correction = if all > 1 { (all - posts) as f64 / (all - 1) as f64 } else { 0.0 };
        Sample { posts: posts as f64, given: given as f64, correction }
    }

    pub(super) fn raw(&self) -> f64 {
        if self.posts > 0.0 { self.given / self.posts } else { 0.0 }
    }
}

/// The share and its interval; none where nothing can be said.
pub(super) fn share(rates: &Rates, sample: &Sample) -> Option<(f64, Between)> {
    if sample.posts == 0.0 || !rates.tell() {
        return None;
    }
    let (se, fp, gap) = (rates.sensitivity, rates.false_positives, rates.gap());
    // A count beyond what errors alone would give says no more than one of just that: the interval is never empty.
    let excess = (sample.raw() - fp).clamp(0.0, gap);
    let (hit, miss, drawn) =
        (se * (1.0 - se) / sample.posts, fp * (1.0 - fp) / sample.posts, sample.correction * gap * gap / sample.posts);
    // (excess − p·gap)² ≤ Z² (p·hit + (1−p)·miss + p(1−p)·drawn + p²·of_sensitivity + (1−p)²·of_false_positives)
    let square = gap * gap + Z * Z * (drawn - rates.of_gap());
    let linear = -2.0 * excess * gap - Z * Z * (hit - miss + drawn - 2.0 * rates.of_false_positives);
    let constant = excess * excess - Z * Z * (miss + rates.of_false_positives);
    Some((excess / gap, roots(square, linear, constant, 0.0)))
}

/// Whether the count is beyond what it could be if none of the posts had the label, or all.
pub(super) fn is_impossible(rates: &Rates, sample: &Sample) -> bool {
    let beyond =
        |far: f64, rate: f64, known: f64| far > 0.0 && far * far > Z * Z * (rate * (1.0 - rate) / sample.posts + known);
    let raw = sample.raw();
    sample.posts > 0.0
        && (beyond(rates.false_positives - raw, rates.false_positives, rates.of_false_positives)
            || beyond(raw - rates.sensitivity, rates.sensitivity, rates.of_sensitivity))
}

/// The change from one sample to another and its interval; none where nothing can be said.
///
/// `after − before = change · gap`, in which the false positives of both have fallen out (Fieller 1954). The variances of the counts
/// are taken at counts with a success and a failure more (Agresti and Caffo, The American Statistician 2000).
pub(super) fn change(rates: &Rates, before: &Sample, after: &Sample) -> Option<(f64, Between)> {
    if before.posts == 0.0 || after.posts == 0.0 || !rates.tell() {
        return None;
    }
    let (se, fp, gap) = (rates.sensitivity, rates.false_positives, rates.gap());
    let pulled = |sample: &Sample| (sample.given + 1.0) / (sample.posts + 2.0);
    let variance = |sample: &Sample| {
        let share = ((pulled(sample) - fp) / gap).clamp(0.0, 1.0);
        let errors = share * se * (1.0 - se) + (1.0 - share) * fp * (1.0 - fp);
        (errors + sample.correction * share * (1.0 - share) * gap * gap) / sample.posts
    };
    let excess = (pulled(after) - pulled(before)).clamp(-gap, gap);
    let square = gap * gap - Z * Z * rates.of_gap();
    let constant = excess * excess - Z * Z * (variance(before) + variance(after));
    let plain = ((after.raw() - before.raw()) / gap).clamp(-1.0, 1.0);
    let between = roots(square, -2.0 * excess * gap, constant, -1.0);
    Some((plain, Between { low: between.low.min(plain), high: between.high.max(plain) }))
}

/// Between which values, from `least` to 1, `square·x² + linear·x + constant ≤ 0`, for a positive `square`.
fn roots(square: f64, linear: f64, constant: f64, least: f64) -> Between {
    let half = -linear / 2.0;
    let spread = (half * half - square * constant).max(0.0).sqrt();
    Between { low: ((half - spread) / square).clamp(least, 1.0), high: ((half + spread) / square).clamp(least, 1.0) }
}
