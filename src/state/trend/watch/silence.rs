//! What a series within a segment had before it was watched.

use super::Step;
use crate::series::burst::Series;
use crate::state::trend::key::Key;

/// Hours of silence below which a series expects as much as it can before it has learnt anything:
/// a pane of five minutes. By convention.
const SHORTEST: f64 = 1.0 / 12.0;

/// The hours of silence that a series of `key` begins with, of the `hours` before the pane.
///
/// A brand's complaints about one topic may come each day and yet never from several people within
/// an hour. Taken for silence, its past would make the first such hour a rise. So the silence is
/// halved until the series expects what the key had an hour in the week before.
pub(super) fn silence(step: &Step<'_>, key: &Key, mut hours: f64) -> f64 {
    if key.segment().is_none() {
        return hours;
    }
    let (past, _) = step.trends.past(key, step.hour());
    let expected = |hours: f64| Series::new(step.start, step.pane_length, hours, 0).expected_rate();
    while hours > SHORTEST && expected(hours) < past {
        hours /= 2.0;
    }
    hours
}
