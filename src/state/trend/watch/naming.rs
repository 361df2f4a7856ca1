//! Which of the keys of one rise names its alert.

use std::collections::BTreeMap;

use super::{Step, Watched};
use crate::series::burst::Excess;
use crate::state::trend::alert::Alert;
use crate::state::trend::key::Key;
use crate::time::HOUR;

/// The share of a rise from which on a segment (one brand, say) names it: what many brands have
/// together is a rise of none of them. Chosen by hand; not tuned.
const MOST: f64 = 0.75;

/// Whether `key`, which rises by `evidence`, names the rise better than the key of its alert: it
/// says more about the cause, or it is of the one segment that has most of the rise.
pub(super) fn names_better(
    series: &BTreeMap<Key, Watched>,
    step: &Step<'_>,
    (key, evidence): (&Key, &Excess),
    alert: &Alert,
) -> bool {
    let named = &alert.key;
    let (one, other) = (key.breadth(), named.breadth());
    match (key.segment(), named.segment()) {
        (Some(_), None) => {
            let span = alert.horizon.milliseconds(step.pane_length);
            one <= other && has_most(series, step, (key, named), span)
        }
        (None, Some(_)) => {
            let span = evidence.horizon.milliseconds(step.pane_length);
            one < other || !has_most(series, step, (named, key), span)
        }
        _ => one < other,
    }
}

/// Whether two keys are of two values of one field: what rises in one is not the rise of the other,
/// though the whole rises with both.
pub(super) fn are_apart(key: &Key, other: &Key) -> bool {
    let segments = key.segment().zip(other.segment());
    segments.is_some_and(|(one, other)| one.field() == other.field() && one != other)
}

/// Whether most of what the whole has beyond expectation is of a part of it, in the span before the
/// end of the pane.
fn has_most(
    series: &BTreeMap<Key, Watched>,
    step: &Step<'_>,
    (part, whole): (&Key, &Key),
    span: i64,
) -> bool {
    let excess = |key: &Key| {
        let rate = series
            .get(key)
            .map_or(0.0, |watched| watched.series.expected_rate());
        let count = step.cell(key, step.end - span).count(step.measure);
        count as f64 - rate * span as f64 / HOUR as f64
    };
    excess(part) >= MOST * excess(whole)
}
