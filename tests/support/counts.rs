//! Series of counts by chance, for the tests of the detector and of `hearken series`.

use hearken::internals::Random;

/// Evenly spread numbers from 0 to 1, the same in each run.
fn draws(seed: u64) -> impl Iterator<Item = f64> {
    let mut random = Random::new(seed);
    std::iter::repeat_with(move || random.unit())
}

/// A count by chance with this mean (Knuth's product of draws).
fn count(mean: f64, draws: &mut impl Iterator<Item = f64>) -> f64 {
    let mut product = draws.next().unwrap();
    let mut count = 0.0;
    while product > (-mean).exp() {
        product *= draws.next().unwrap();
        count += 1.0;
    }
    count
}

/// Three weeks of counts with a rhythm of days; `burst` rows from `at` on have `times` as many.
pub(crate) fn counts(
    step: i64,
    mean: f64,
    seed: u64,
    at: usize,
    burst: usize,
    times: f64,
) -> Vec<(i64, f64)> {
    let mut draws = draws(seed);
    let rows = 21 * 86_400_000 / step;
    (0..rows)
        .map(|row| {
            let day = (row * step) as f64 / 86_400_000.0 * std::f64::consts::TAU;
            let rhythm = 1.0 + 0.5 * day.sin();
            let factor = if (at..at + burst).contains(&(row as usize)) {
                times
            } else {
                1.0
            };
            (row * step, count(mean * rhythm * factor, &mut draws))
        })
        .collect()
}
